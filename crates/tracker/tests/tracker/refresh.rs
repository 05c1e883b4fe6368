//! How often the price service is asked, counted by the service itself.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{FixedClock, Freshness, PortfolioId, Symbol};
use bellwether_texts::Sentence;
use bellwether_tracker::{
    Dashboard, ImportFile, ImportTarget, PortfolioSettings, RefreshStatus, Tracker, Upstream, View,
    WorkerPlan,
};
use bellwether_yahoo_sim::{ClockMode, SimConfig, SimHandle, Simulator};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::database::{TestDatabase, clock, import, on_both};

/// A Saturday: New York is closed, and Friday's bars are final.
pub(crate) const SATURDAY: &str = "2026-11-21T12:00:00Z";
/// The calls that one load may make.
const CALLS_PER_LOAD: u64 = 23;

pub(crate) fn simulator(clock: &Arc<FixedClock>) -> SimHandle {
    let clock = ClockMode::Shared(Arc::<FixedClock>::clone(clock));
    Simulator::spawn(SimConfig { clock, ..SimConfig::default() }).unwrap()
}

pub(crate) fn upstream(simulator: &SimHandle) -> Upstream {
    Upstream::Simulator(simulator.base_url())
}

/// A portfolio of ten shares of each symbol.
pub(crate) async fn portfolio(tracker: &Tracker, symbols: &[&str]) -> PortfolioId {
    assert_eq!(import(tracker, &ledger(symbols), false).await.imported, symbols.len());
    tracker.portfolio_named("Main").await.unwrap().id
}

fn ledger(symbols: &[&str]) -> String {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for symbol in symbols {
        writeln!(csv, "{symbol},Buy,2025-03-05,100,10").unwrap();
    }
    csv
}

pub(crate) async fn look(tracker: &Tracker, id: PortfolioId) -> Dashboard {
    tracker.dashboard(id, &View::default()).await.unwrap()
}

pub(crate) fn value(dashboard: &Dashboard) -> Decimal {
    *dashboard.figures.as_ref().unwrap().report.totals.value.as_ref().unwrap()
}

fn quantity(dashboard: &Dashboard, symbol: &str) -> Decimal {
    let symbol: Symbol = symbol.parse().unwrap();
    dashboard.figures.as_ref().unwrap().report.holding(&symbol).unwrap().quantity
}

/// Waits until the worker has carried out a load.
async fn load_has_ended(tracker: &Tracker) {
    let ended = async {
        while tracker.refresh_progress().status != RefreshStatus::Completed || tracker.is_refreshing() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the load ends");
}

/// So many symbols.
pub(crate) fn many(count: usize) -> Vec<String> {
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    (0..count).map(|n| format!("H{}{}{}", letter(n / 676), letter(n / 26), letter(n))).collect()
}

async fn fifty_holdings_load_with_few_calls_and_then_with_none(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let symbols = many(50);
    let id = portfolio(&tracker, &symbols.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(simulator.calls(), 0, "neither opening nor importing asks anybody");

    let cold = look(&tracker, id).await;
    assert!(cold.figures.is_ok());
    tracker.refresh_if_due(id).await.unwrap();
    let worker = tracker.start_worker(WorkerPlan::default());
    load_has_ended(&tracker).await;

    let calls = simulator.calls();
    assert!((1..=CALLS_PER_LOAD).contains(&calls), "{calls} calls");
    assert_eq!(u64::from(tracker.refresh_progress().upstream_calls), calls);
    let first = look(&tracker, id).await;
    let report = &first.figures.as_ref().unwrap().report;
    assert_eq!(report.totals.unpriced, []);
    assert_eq!(
        first.prices.worst,
        Freshness::Closed,
        "one load prices everything: {}",
        first.prices.sentence
    );
    worker.stop().await;

    // The rest of the histories, then nothing is left to ask for.
    let sparks = simulator.counters().since_start.spark_calls();
    tracker.refresh_now(id).await.unwrap();
    let full = look(&tracker, id).await;
    assert_eq!(simulator.counters().since_start.spark_calls(), sparks, "prices are good until Monday");
    assert_eq!(simulator.calls(), sparks + 52, "one history for each, and for the benchmarks");
    let says_so = |warnings: &[Sentence]| {
        warnings.iter().any(|warning| warning.to_string().contains("still to be fetched"))
    };
    assert!(says_so(&first.warnings), "splits may be missing before the histories are there");
    assert!(!says_so(&full.warnings));
    simulator.mark("second look");
    assert!(!tracker.refresh_if_due(id).await.unwrap());
    tracker.refresh_now(id).await.unwrap();
    look(&tracker, id).await;
    assert_eq!(simulator.calls_since("second look"), Some(0));

    // The same after a restart, and as time passes on the closed market; the queued rest of the fill finds nothing to do.
    drop(tracker);
    let reopened = database.tracker(upstream(&simulator), &clock).await;
    clock.advance(TimeDelta::hours(20));
    let worker = reopened.start_worker(WorkerPlan::default());
    assert!(!reopened.refresh_if_due(id).await.unwrap());
    assert_eq!(value(&look(&reopened, id).await), value(&full));
    worker.stop().await;
    assert_eq!(simulator.calls_since("second look"), Some(0));
}

async fn five_hundred_holdings_are_priced_by_one_load(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let symbols = many(498);
    let id = portfolio(&tracker, &symbols.iter().map(String::as_str).collect::<Vec<_>>()).await;
    tracker.refresh_if_due(id).await.unwrap();
    let worker = tracker.start_worker(WorkerPlan::default());
    load_has_ended(&tracker).await;

    // With the two benchmarks 500 symbols: 24 batches and 21 histories.
    assert_eq!(simulator.calls(), 45);
    assert_eq!(simulator.counters().since_start.spark_calls(), 24);
    let progress = tracker.refresh_progress();
    assert_eq!((progress.current, progress.total, progress.failed_count), (500, 500, 0));
    let first = look(&tracker, id).await;
    assert_eq!(first.figures.as_ref().unwrap().report.totals.unpriced, []);
    assert_eq!(first.prices.worst, Freshness::Closed, "{}", first.prices.sentence);
    assert!(simulator.counters().since_start.total.peak_in_flight <= 4);
    worker.stop().await;
}

async fn portfolios_of_the_same_holdings_share_their_calls(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let symbols = ["KO", "PEP", "MSFT", "JNJ"];
    let one = portfolio(&tracker, &symbols).await;
    let target = ImportTarget::Named(PortfolioSettings::named("Other"));
    let file = ImportFile { name: "other.csv".to_owned(), bytes: ledger(&symbols).into(), currency: None };
    tracker.import(target, file, false).await.unwrap();
    let other = tracker.portfolio_named("Other").await.unwrap().id;
    // Long enough for both to ask before either is answered.
    simulator.adjust(|behaviour| behaviour.latency.base_ms = 400.0);

    let both = || async { tokio::try_join!(tracker.refresh_now(one), tracker.refresh_now(other)).unwrap() };
    both().await;
    assert_eq!(simulator.calls(), 6, "one history of each, and of the two benchmarks");
    clock.set("2026-11-23T16:00:00Z".parse().unwrap());
    both().await;
    assert_eq!(simulator.calls(), 7, "one batch of prices");

    for id in [one, other] {
        let page = look(&tracker, id).await;
        assert_eq!(page.prices.worst, Freshness::Live, "{}", page.prices.sentence);
    }
    let joined = tracker.upstream_health().coalescing.total();
    assert_eq!((joined.joined, joined.under_way), (12, 0));
}

async fn with_the_service_gone_the_figures_stay_and_say_how_old_they_are(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "PEP", "MSFT"]).await;
    tracker.refresh_now(id).await.unwrap();
    let before = look(&tracker, id).await;
    assert_eq!((before.prices.worst, &before.prices.stale_words), (Freshness::Closed, &None));

    simulator.pause().await;
    assert_eq!(value(&look(&tracker, id).await), value(&before), "the weekend needs nobody");

    // Monday, in the session.
    clock.set("2026-11-23T16:00:00Z".parse().unwrap());
    assert!(tracker.refresh_if_due(id).await.unwrap());
    let worker = tracker.start_worker(WorkerPlan::default());
    load_has_ended(&tracker).await;
    worker.stop().await;
    let after = look(&tracker, id).await;

    assert_eq!(value(&after), value(&before));
    assert!(after.prices.worst.is_stale(), "{:?}", after.prices.worst);
    assert!(after.prices.sentence.to_string().contains("20 Nov"), "{}", after.prices.sentence);
    assert!(after.prices.stale_words.is_some());
    assert!(
        after.warnings.iter().any(|words| words.to_string().contains("old price")),
        "{:?}",
        after.warnings
    );
    assert_eq!(tracker.refresh_progress().updated_count, 0);

    simulator.resume().unwrap();
    clock.advance(TimeDelta::minutes(10));
    tracker.refresh_now(id).await.unwrap();
    let recovered = look(&tracker, id).await;
    assert!(!recovered.prices.worst.is_stale(), "{}", recovered.prices.sentence);
    assert_ne!(value(&recovered), value(&before));
}

async fn an_unknown_symbol_is_not_asked_again_for_a_day(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "ZZUNKNOWN1"]).await;
    tracker.refresh_now(id).await.unwrap();
    let asked = |since: u64| {
        simulator
            .log_since(since)
            .iter()
            .filter(|call| call.symbols.iter().any(|s| s == "ZZUNKNOWN1"))
            .count()
    };
    assert!(asked(0) >= 1);
    let shown = look(&tracker, id).await;
    assert!(
        shown.warnings.iter().any(|words| words.to_string().contains("ZZUNKNOWN1")),
        "{:?}",
        shown.warnings
    );

    let so_far = simulator.calls();
    for _ in 0..3 {
        clock.advance(TimeDelta::hours(7));
        tracker.refresh_now(id).await.unwrap();
    }
    assert_eq!(asked(so_far), 0);

    clock.advance(TimeDelta::hours(4));
    tracker.refresh_now(id).await.unwrap();
    assert!(asked(so_far) >= 1, "25 hours later it may be known");
}

async fn a_split_leaves_the_value_and_fetches_the_history_once(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["ZZSPLIT1"]).await;
    tracker.refresh_now(id).await.unwrap();
    let (friday, before) = (NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(), look(&tracker, id).await);
    assert_eq!(quantity(&before, "ZZSPLIT1"), Decimal::from(10));

    // Five sessions after the epoch: 4 for 1 on Tuesday, 1 December; the evening of it.
    clock.set("2026-12-02T02:00:00Z".parse().unwrap());
    let so_far = simulator.calls();
    tracker.refresh_now(id).await.unwrap();

    let after = look(&tracker, id).await;
    assert_eq!(quantity(&after, "ZZSPLIT1"), Decimal::from(40));
    let symbol: Symbol = "ZZSPLIT1".parse().unwrap();
    let truth = simulator.truth(&symbol, friday, after.as_of, after.as_of).unwrap();
    assert_eq!(truth.splits.len(), 1);
    let (old, new) = (truth.bars.first().unwrap(), truth.bars.last().unwrap());
    let growth = new.bar.close / old.bar.close;
    let before_value = value_of(&before, &symbol);
    assert!((value_of(&after, &symbol) / before_value / growth - 1.0).abs() < 1e-3);

    // Friday's figures are what they were on Friday, in the units of that day, though the source has restated them.
    let view = View { as_of: Some(friday), ..View::default() };
    let friday = tracker.dashboard(id, &view).await.unwrap();
    assert_eq!(quantity(&friday, "ZZSPLIT1"), Decimal::from(10));
    assert!((value_of(&friday, &symbol) / before_value - 1.0).abs() < 1e-6);

    let charts = simulator.log_since(so_far).into_iter().filter(|call| call.symbols == ["ZZSPLIT1"]);
    let charts: Vec<String> = charts.map(|call| call.url).collect();
    assert_eq!(charts.len(), 2, "the missing days, then the restated history: {charts:#?}");
    let so_far = simulator.calls();
    tracker.refresh_now(id).await.unwrap();
    assert_eq!(simulator.calls(), so_far);
}

fn value_of(dashboard: &Dashboard, symbol: &Symbol) -> f64 {
    let holding = dashboard.figures.as_ref().unwrap().report.holding(symbol).unwrap();
    rust_decimal::prelude::ToPrimitive::to_f64(holding.value.as_ref().unwrap()).unwrap()
}

on_both!(
    five_hundred_holdings_are_priced_by_one_load,
    portfolios_of_the_same_holdings_share_their_calls,
    fifty_holdings_load_with_few_calls_and_then_with_none,
    with_the_service_gone_the_figures_stay_and_say_how_old_they_are,
    an_unknown_symbol_is_not_asked_again_for_a_day,
    a_split_leaves_the_value_and_fetches_the_history_once,
);
