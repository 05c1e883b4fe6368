//! What loads of many symbols cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_domain::Clock;
use bellwether_prices::{
    Gateway, HttpTransport, Limits, LoadBudget, Outcome, Plan, Provider, Yahoo, calls_of_a_load, plan,
};
use bellwether_yahoo_sim::{ClockMode, FaultAction, FaultRule, Route, SimConfig, Simulator, Totals};
use chrono::{DateTime, TimeDelta, Utc};

use super::measured::{
    self, CLOSED, Household, Load, OPEN, around_a_refusal, cold_load, in_session, warm_load,
};
use super::{date, desk, symbol, symbols};

/// What holds of everything that was asked.
fn assert_modest(totals: &Totals) {
    let spark = totals.route(Route::SparkV7);
    assert!(spark.max_symbols <= 20, "{spark:?}");
    assert!(totals.route(Route::Quote).max_symbols <= 99);
    assert!(totals.total.peak_in_flight <= 4 && totals.total.max_url_bytes <= 1_800, "{:?}", totals.total);
}

fn assert_all_served(load: &Load) {
    let reads = load.reads;
    assert_eq!((reads.errors, reads.waited), (0, 0), "{reads:?}");
}

#[tokio::test]
async fn a_cold_load_makes_a_call_for_every_twenty_symbols_and_twenty_for_histories() {
    for (symbols, calls) in [(50, 23), (500, 45)] {
        let load = cold_load(symbols).await;
        assert_eq!((load.calls, load.retries), (calls, 0), "{symbols} symbols");
        assert_all_served(&load);
        assert_modest(&load.totals);
    }
}

#[tokio::test]
async fn a_cold_load_of_five_thousand_symbols_brings_the_first_screen_in_forty_calls() {
    let load = cold_load(5_000).await;
    assert_eq!(load.calls, 40);
    assert_eq!((load.reads.fresh, load.reads.waited), (400, 4_600));
    assert_modest(&load.totals);
}

#[tokio::test]
async fn what_a_first_screen_leaves_out_follows_in_the_background() {
    let mut home = Household::cold(in_session(2_000), OPEN);
    let plan = Plan::of_load(&home.book.wanted(home.now()));
    assert_eq!(plan.left_out.len(), 1_600);
    home.load().await;
    for (symbol, quote) in home.unlimited().quotes(&plan.left_out, &LoadBudget::background(80)).await {
        let now = home.now();
        home.book.take_quote(&symbol, quote, now);
    }
    assert_eq!(home.book.read_all(home.now()).waited, 0);
}

#[tokio::test]
async fn a_warm_load_makes_a_call_for_every_twenty_symbols_while_the_market_is_open() {
    for (symbols, calls) in [(50, 3), (500, 25), (5_000, 0)] {
        let load = warm_load(symbols, OPEN).await;
        assert_eq!(load.calls, calls, "{symbols} symbols");
        assert_all_served(&load);
        assert_modest(&load.totals);
    }
}

#[tokio::test]
async fn a_warm_load_makes_no_call_while_the_market_is_closed() {
    for symbols in [50, 500, 5_000] {
        let load = warm_load(symbols, CLOSED).await;
        assert_eq!((load.calls, load.reads.fresh), (0, symbols as u64));
    }
}

/// A load of an empty book by somebody with a login: twenty histories, and quotes fifty at a time.
async fn load_with_a_login(count: usize) -> (u64, Totals) {
    let mut home = Household::cold(in_session(count), OPEN);
    home.yahoo =
        Yahoo::through(measured::gateway(&home.sim, &home.clock, Limits::default())).with_login(None);
    let mut plan = plan(&home.book.wanted(home.now()), calls_of_a_load(count) - 1);
    plan.batches.iter_mut().for_each(|batch| batch.recent_closes = false);
    let load = home.load_by(&plan, calls_of_a_load(count)).await;
    assert_all_served(&load);
    (load.calls, load.totals)
}

#[tokio::test]
async fn a_login_makes_large_loads_cheaper() {
    for (symbols, calls) in [(50, 22), (500, 32)] {
        let (made, totals) = load_with_a_login(symbols).await;
        assert_eq!(made, calls, "{symbols} symbols");
        assert_modest(&totals);
    }
    let (made, totals) = load_with_a_login(400).await;
    assert_eq!(made, 30, "the first screen of five thousand");
    assert_modest(&totals);
}

#[tokio::test]
async fn after_a_refusal_loads_cost_nothing_until_its_rest_is_over() {
    for (symbols, calls) in [(50, 3), (500, 25)] {
        let around = around_a_refusal(symbols).await;
        assert!((1..=4).contains(&around.met.calls), "the refused one and those under way: {around:?}");
        assert_eq!(around.resting.calls, 0);
        assert!((1..=calls).contains(&around.after.calls), "{around:?}");
        for load in [&around.met, &around.resting, &around.after] {
            assert_all_served(load);
        }
        assert!(around.resting.reads.stale > 0);
    }
}

#[tokio::test]
async fn an_hour_in_which_three_in_ten_calls_fail_is_hardly_noticed() {
    for symbols in [50, 500] {
        let loads = measured::an_hour_of_errors(symbols).await;
        assert_eq!(loads.len(), 12);
        let (mut served, mut all) = (0, 0);
        for load in &loads {
            let first = load.calls - u64::from(load.retries);
            assert!(first <= load.planned as u64, "{load:?}");
            assert!(load.calls as f64 <= load.planned as f64 * 1.1 + 3.0, "{load:?}");
            served += load.reads.fresh + load.reads.stale;
            all += load.reads.all();
            assert_modest(&load.totals);
        }
        assert!(loads.iter().any(|load| load.retries > 0 && load.reads.fresh > 0));
        assert!(served * 100 >= all * 99, "{served} of {all}");
    }
}

/// A clock that runs, from a given instant on.
struct RunningClock {
    from: DateTime<Utc>,
    since: Instant,
}

impl Clock for RunningClock {
    fn now(&self) -> DateTime<Utc> {
        self.from + TimeDelta::from_std(self.since.elapsed()).unwrap()
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_answered_for_by_the_book_within_the_deadline() {
    let clock = Arc::new(RunningClock { from: OPEN.parse().unwrap(), since: Instant::now() });
    let config = SimConfig { clock: ClockMode::Shared(clock.clone()), ..SimConfig::default() };
    let sim = Simulator::spawn(config).unwrap();
    let transport = HttpTransport::new(&sim.base_url()).unwrap();
    let yahoo = Yahoo::through(Gateway::with(transport, clock.clone(), Limits::default()));
    let mut home = Household::warm(in_session(60), OPEN).await;
    home.book.lines.values_mut().for_each(|line| line.good_until = DateTime::UNIX_EPOCH);
    sim.set_faults(vec![FaultRule::on(Route::SparkV7, FaultAction::Hang)]);

    let now = clock.now();
    let plan = Plan::of_load(&home.book.wanted(now));
    assert_eq!(plan.calls(), 3);
    let budget = LoadBudget::foreground(23, now + TimeDelta::milliseconds(2_500));
    let load = home.book.load(&yahoo, &plan, &budget, now);
    // Without a deadline each call would wait for ten seconds, and be made again.
    tokio::time::timeout(Duration::from_secs(8), load).await.expect("an answer in time");
    let reads = home.book.read_all(clock.now());
    assert_eq!((reads.stale, reads.all()), (60, 60), "old prices, marked as such");
    assert!(sim.calls() <= 3, "no retry would have been in time");
}

#[tokio::test]
async fn quotes_of_five_hundred_symbols_take_25_calls() {
    let desk = desk(Limits::generous(), Vec::new());
    let quotes = desk.yahoo.quotes(&symbols(500), &desk.budget(100)).await;
    assert!(quotes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answered(_))));
    assert_eq!(desk.total().calls, 25);
}

#[tokio::test]
async fn every_kind_of_symbol_gets_the_outcome_that_it_deserves() {
    let desk = desk(Limits::generous(), Vec::new());
    let asked =
        ["AAPL", "ZZUNKNOWN1", "ZZDEAD1", "USDEUR=X", "ZZHALT1", "VOD.L", "BTC-USD", "^GSPC", "ZZNEW1"];
    let quotes = desk.yahoo.quotes(&asked.map(symbol), &desk.budget(10)).await;
    for (asked, outcome) in &quotes {
        match asked.as_str() {
            "ZZUNKNOWN1" => assert!(matches!(outcome, Outcome::NotAnswered(_)), "{outcome:?}"),
            "ZZDEAD1" => assert!(!matches!(outcome, Outcome::Answered(_)), "{outcome:?}"),
            "ZZHALT1" => {
                let quote = outcome.as_answer().expect("the last price");
                assert!(quote.as_of < desk.now() - chrono::TimeDelta::days(90), "and how old it is");
            }
            _ => assert_eq!(&outcome.as_answer().unwrap().symbol, asked),
        }
    }
    assert_eq!(quotes[5].1.as_answer().unwrap().currency.as_str(), "GBP");
    let history =
        async |text: &str| desk.yahoo.history(&symbol(text), date("2025-01-01"), &desk.budget(3)).await;
    assert_eq!(history("ZZUNKNOWN1").await, Outcome::Unknown);
    assert_eq!(history("ZZDEAD1").await, Outcome::Delisted);
    assert_eq!(history("ZZNEW1").await.answer().unwrap().bars.len(), 30 + 1);
    assert_eq!(history("USDEUR=X").await.answer().unwrap().listing.symbol, symbol("USDEUR=X"));
}

#[tokio::test]
async fn names_are_found() {
    let desk = desk(Limits::generous(), Vec::new());
    let found = desk.yahoo.search("AAPL", &desk.budget(1)).await.unwrap();
    assert_eq!(found.first().unwrap().symbol, symbol("AAPL"));
    assert!(desk.yahoo.search("  ", &desk.budget(1)).await.unwrap().is_empty());
    assert_eq!(desk.total().calls, 1);
}
