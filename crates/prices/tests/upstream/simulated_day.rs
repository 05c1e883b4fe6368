//! A day of many readers and of the upkeep behind them.

use bellwether_domain::Symbol;
use bellwether_prices::upkeep::{Allowance, next_round};
use bellwether_prices::{Limits, LoadBudget, Provider, Yahoo};
use bellwether_yahoo_sim::{LogEntry, Route};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::book::Reads;
use super::measured::{Household, gateway, on_four_venues};

/// The evening before a Wednesday.
const EVE: &str = "2026-03-03T23:00:00Z";
const MIDNIGHT: &str = "2026-03-04T00:00:00Z";

/// What came of a day.
#[derive(Debug)]
pub(crate) struct Day {
    pub symbols: usize,
    pub reads: Reads,
    /// Calls for quotes, by the simulator's log.
    pub quote_calls: usize,
    /// Calls for closes of the day.
    pub close_calls: usize,
    /// Calls for whole histories.
    pub charts: usize,
    /// The most calls of any hour, and what it was allowed when the last of them went out.
    pub busiest_hour: (usize, u32),
    /// Calls that went out while the hour before already had as many as it was allowed.
    pub beyond_the_budget: usize,
    pub most_symbols: usize,
    pub peak_in_flight: u32,
    pub longest_url: usize,
    /// Attempts that were not answered with success.
    pub failures: u64,
}

impl Day {
    pub(crate) fn outside_the_quote_cycles(&self) -> usize {
        self.close_calls + self.charts
    }
}

/// A book of symbols on four venues, three of them troublesome, that has been kept for a month.
async fn settled(count: usize, limits: Limits) -> Household {
    let mut symbols = on_four_venues(count - 3);
    symbols.extend(["ZZUNKNOWN1", "ZZDEAD1", "ZZHALT1"].map(|name| name.parse().unwrap()));
    let mut home = Household::cold(symbols, EVE);
    let (now, from) = (home.now(), home.book.from);
    let all: Vec<Symbol> = home.book.lines.keys().cloned().collect();
    let unlimited = home.unlimited();
    let budget = LoadBudget::background(10_000);
    for some in all.chunks(100) {
        let told = join_all(some.iter().map(|symbol| unlimited.history(symbol, from, &budget))).await;
        for (symbol, outcome) in some.iter().zip(told) {
            home.book.take_history(symbol, outcome, now);
        }
    }
    for (n, line) in home.book.lines.values_mut().filter(|line| line.verified_at.is_some()).enumerate() {
        line.closes_fetched_at = line.verified_at;
        line.verified_at = Some(now - TimeDelta::minutes((n as i64 * 2_731) % (30 * 24 * 60)));
    }
    home.yahoo = Yahoo::through(gateway(&home.sim, &home.clock, limits));
    home.sim.reset();
    home.clock.set(MIDNIGHT.parse().unwrap());
    home
}

/// Twenty-four hours.
pub(crate) async fn simulate(symbols: usize, limits: Limits) -> Day {
    let mut home = settled(symbols, limits).await;
    let all: Vec<Symbol> = home.book.lines.keys().cloned().collect();
    let end = home.now() + TimeDelta::days(1);
    let mut chance = StdRng::seed_from_u64(11);
    let mut reads = Reads::default();
    let (mut next_reader, mut next_plan) = (home.now(), home.now());
    let (mut log, mut limits): (Vec<LogEntry>, Vec<(DateTime<Utc>, u32)>) = (Vec::new(), Vec::new());
    while home.now() < end {
        while next_reader <= home.now() {
            let (first, page) = (chance.random_range(0..all.len()), chance.random_range(5..60));
            for symbol in all.iter().cycle().skip(first).take(page) {
                reads.count(home.book.read(symbol, home.now()));
            }
            next_reader += TimeDelta::seconds(chance.random_range(5..85));
        }
        if next_plan <= home.now() {
            let counters = home.yahoo.gateway().counters();
            // A third is for those who look at a page.
            let per_hour = counters.hourly_limit * 2 / 3;
            let left = per_hour.saturating_sub(counters.calls_last_hour);
            limits.push((home.now(), counters.hourly_limit));
            let round = next_round(&home.book.kept(), Allowance { per_hour, left }, home.now());
            next_plan = round.next;
            if !round.is_empty() {
                let now = home.now();
                home.book.carry_out(&home.yahoo, &round, now).await;
                log.extend(home.sim.log_since(log.last().map_or(0, |entry| entry.sequence)));
            }
        }
        home.clock.set(next_plan.min(next_reader).min(end).max(home.now()));
    }

    let total = home.sim.counters().since_start.total;
    assert_eq!(total.calls, log.len() as u64, "every call is in the log");
    let calls = |wanted: &dyn Fn(&LogEntry) -> bool| log.iter().filter(|entry| wanted(entry)).count();
    let is_closes = |entry: &LogEntry| entry.route == Route::SparkV7 && entry.url.contains("range=1y");
    let is_quotes = |entry: &LogEntry| entry.route == Route::SparkV7 && entry.url.contains("range=5d");
    let allowed = |at: DateTime<Utc>| {
        let known = limits.partition_point(|(from, _)| *from <= at);
        limits.get(known.saturating_sub(1)).map_or(0, |(_, limit)| *limit)
    };
    let mut times: Vec<DateTime<Utc>> = log.iter().map(|entry| entry.at).collect();
    times.sort_unstable();
    let hours: Vec<(usize, u32)> = times
        .iter()
        .enumerate()
        .map(|(index, at)| {
            let before = times.partition_point(|other| *other <= *at - TimeDelta::hours(1));
            (index + 1 - before, allowed(*at))
        })
        .collect();
    Day {
        symbols,
        reads,
        quote_calls: calls(&is_quotes),
        close_calls: calls(&is_closes),
        charts: calls(&|entry| entry.route == Route::Chart),
        busiest_hour: hours.iter().copied().max().unwrap_or_default(),
        beyond_the_budget: hours.iter().filter(|(calls, limit)| *calls > *limit as usize).count(),
        most_symbols: total.max_symbols,
        peak_in_flight: total.peak_in_flight,
        longest_url: total.max_url_bytes,
        failures: total.calls - total.status(200),
    }
}
