//! What upkeep does about corporate actions.

use bellwether_domain::Symbol;
use bellwether_prices::upkeep::{Allowance, ChartReason, next_round};
use bellwether_prices::{LoadBudget, Overlap, Provider};
use bellwether_yahoo_sim::Route;
use chrono::{DateTime, TimeDelta, Utc};

use super::measured::{Household, in_session};
use super::{date, symbol};

/// Half an hour after New York's close, that of the others long past.
const EVENING: &str = "2026-03-02T21:31:00Z";

/// A book of whole histories.
async fn household(symbols: Vec<Symbol>) -> Household {
    let mut home = Household::cold(symbols, EVENING);
    home.book.from = date("2025-06-02");
    let (now, unlimited) = (home.now(), home.unlimited());
    let all: Vec<Symbol> = home.book.lines.keys().cloned().collect();
    for symbol in &all {
        let told = unlimited.history(symbol, home.book.from, &LoadBudget::background(3)).await;
        home.book.take_history(symbol, told, now);
    }
    home.sim.reset();
    home
}

/// Rounds until nothing is left to be done this evening.
async fn an_evening(home: &mut Household) -> Vec<(Symbol, ChartReason)> {
    let mut charts = Vec::new();
    for _ in 0..10 {
        let now = home.now();
        let round = next_round(&home.book.kept(), Allowance { per_hour: 200, left: 200 }, now);
        if round.is_empty() {
            break;
        }
        charts.extend(round.charts.clone());
        home.book.carry_out(&home.yahoo, &round, now).await;
    }
    charts
}

fn next_evening(home: &Household) {
    let today = home.now().date_naive();
    let evening: DateTime<Utc> = EVENING.parse().unwrap();
    let next = today.and_time(evening.time()).and_utc() + TimeDelta::days(1);
    home.clock.set(next);
}

#[tokio::test]
async fn a_split_restates_what_is_stored_by_one_refetch() {
    let mut symbols = in_session(30);
    symbols.push(symbol("ZZSPLIT1"));
    let mut home = household(symbols).await;
    let split = symbol("ZZSPLIT1");
    // The others are older, so that verification does not come by chance to the one that matters.
    for (_, line) in home.book.lines.iter_mut().filter(|(symbol, _)| **symbol != split) {
        line.verified_at = line.verified_at.map(|at| at - TimeDelta::days(20));
        line.closes_fetched_at = Some(EVENING.parse().unwrap());
    }
    let mut asked = Vec::new();
    // The split comes with the fifth session after the day on which the simulator began.
    for _ in 0..10 {
        next_evening(&home);
        asked.extend(an_evening(&mut home).await);
    }
    let because: Vec<_> = asked.iter().filter(|(symbol, _)| *symbol == split).map(|(_, why)| *why).collect();
    assert_eq!(because, [ChartReason::Doubt]);
    let log = home.sim.log_since(0);
    let refetches: Vec<_> =
        log.iter().filter(|call| call.route == Route::Chart && call.url.contains("ZZSPLIT1")).collect();
    assert_eq!(refetches.len(), 1, "{refetches:?}");
    assert_eq!(refetches[0].at.date_naive(), date("2026-03-09"));

    let line = &home.book.lines[&split];
    assert_eq!(line.overlap, Some(Overlap::Append), "the days after it continue what was fetched");
    let refetched = refetches[0].at.date_naive();
    let truth = home.sim.truth(&split, home.book.from, refetched, home.now().date_naive()).unwrap();
    let stored: Vec<_> = line.closes.iter().filter(|(day, _)| *day < refetched).copied().collect();
    let told: Vec<_> = truth.bars.iter().map(|bar| (bar.bar.date, bar.bar.close)).collect();
    assert!(stored.len() > 150);
    assert_eq!(stored, told[..stored.len()], "as of the new date, to the last digit");
    let last = line.closes.last().unwrap();
    assert!(last.0 > refetched, "and it goes on");
}

#[tokio::test]
async fn without_corporate_actions_an_evening_costs_its_closes_and_one_verification() {
    let mut home = household(in_session(30)).await;
    for line in home.book.lines.values_mut() {
        line.verified_at = line.verified_at.map(|at| at - TimeDelta::days(20));
        line.ex_date = None;
    }
    next_evening(&home);
    home.sim.mark("evening");
    let charts = an_evening(&mut home).await;
    assert_eq!(charts.len(), 1);
    assert_eq!(home.sim.calls_since("evening"), Some(2 + 1));
    assert!(
        home.book.lines.values().all(|line| line.overlap.is_none_or(|verdict| verdict == Overlap::Append))
    );
}

#[tokio::test]
async fn a_dividend_is_known_on_the_evening_of_its_day() {
    let mut home = household(vec![symbol("ZZDIV1")]).await;
    let expected = home.book.kept()[0].ex_date.expect("a payer's next date");
    let known = home.book.lines[&symbol("ZZDIV1")].ex_dates.len();
    // The look on that day, or the second one a week later.
    let mut charts = Vec::new();
    for days in [0, 7] {
        let at = expected + TimeDelta::days(days);
        home.clock.set(at.and_time("21:31:00".parse().unwrap()).and_utc());
        charts.extend(an_evening(&mut home).await);
    }
    assert!(charts.iter().any(|(_, why)| *why == ChartReason::ExDate), "{charts:?}");
    assert!(home.book.lines[&symbol("ZZDIV1")].ex_dates.len() > known);
}
