//! Prices are kept fresh by themselves: rounds of the upkeep, led by a clock of the test's own.

use bellwether_domain::{Clock, FixedClock, Freshness, Symbol};
use bellwether_portfolio::{Comparison, Figure};
use bellwether_scheduler::{Job, JobFilter, JobState};
use bellwether_tracker::{Dashboard, Event, Tracker, View, WorkerPlan};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast::error::TryRecvError;

use crate::database::{TestDatabase, clock, on_both};
use crate::refresh::{look, many, portfolio, simulator, upstream, value};

/// Carries out what is due until then, a quarter of a minute after the other.
async fn lead(tracker: &Tracker, clock: &FixedClock, until: DateTime<Utc>) {
    let mut worker = tracker.worker(WorkerPlan::default());
    while clock.now() < until {
        worker.run_due().await.unwrap();
        clock.set((clock.now() + TimeDelta::seconds(15)).min(until));
    }
    worker.run_due().await.unwrap();
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn what_is_held_is_live_all_day_without_anybody_looking(database: &TestDatabase) {
    // A Monday; New York opens at 14:30 and closes at 21:00.
    let clock = clock("2026-11-23T14:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "PEP", "MSFT"]).await;
    lead(&tracker, &clock, at("2026-11-23T14:20:00Z")).await;
    let mut told = tracker.bus().listen();

    simulator.mark("before the opening");
    lead(&tracker, &clock, at("2026-11-23T14:30:00Z")).await;
    assert_eq!(simulator.calls_since("before the opening"), Some(0));
    for minute in [35, 55, 180, 385] {
        lead(&tracker, &clock, at("2026-11-23T14:30:00Z") + TimeDelta::minutes(minute)).await;
        let page = look(&tracker, id).await;
        assert_eq!(page.prices.worst, Freshness::Live, "{minute}: {}", page.prices.sentence);
        assert!(!tracker.refresh_if_due(id).await.unwrap());
    }
    let mut changed = Vec::new();
    loop {
        let event = match told.coming.try_recv() {
            Ok(event) => event,
            Err(TryRecvError::Lagged(_)) => continue,
            Err(_) => break,
        };
        if let Event::PricesChanged { symbols } = &event.event {
            changed.extend(symbols.clone());
        }
    }
    let ko: Symbol = "KO".parse().unwrap();
    assert!(changed.contains(&ko), "whoever listens hears of it");

    lead(&tracker, &clock, at("2026-11-23T21:06:00Z")).await;
    let evening = look(&tracker, id).await;
    assert_eq!(evening.prices.worst, Freshness::Closed, "{}", evening.prices.sentence);
    lead(&tracker, &clock, at("2026-11-23T21:35:00Z")).await;
    simulator.mark("night");

    // Another process goes on where this one was.
    drop(tracker);
    let other = database.tracker(upstream(&simulator), &clock).await;
    lead(&other, &clock, at("2026-11-24T14:30:00Z")).await;
    assert_eq!(simulator.calls_since("night"), Some(0));
    assert_eq!(value(&look(&other, id).await), value(&evening));
    lead(&other, &clock, at("2026-11-24T14:40:00Z")).await;
    assert_eq!(look(&other, id).await.prices.worst, Freshness::Live);
}

async fn a_price_that_somebody_looks_at_is_fetched_and_kept_for_a_while(database: &TestDatabase) {
    let clock = clock("2026-11-23T16:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let nvidia: Symbol = "NVDA".parse().unwrap();
    assert!(tracker.current_price(&nvidia).await.unwrap().is_none());
    assert_eq!(simulator.calls(), 0, "nobody waits");
    lead(&tracker, &clock, at("2026-11-23T16:00:05Z")).await;
    let price = tracker.current_price(&nvidia).await.unwrap().expect("a price");
    assert_eq!(price.shown.freshness, Freshness::Live);
    lead(&tracker, &clock, at("2026-11-23T16:09:30Z")).await;
    let so_far = simulator.calls();
    assert!((9..=14).contains(&so_far), "{so_far} calls");
    lead(&tracker, &clock, at("2026-11-23T17:00:00Z")).await;
    assert!(simulator.calls() <= so_far + 2, "and then nobody is asked any more");
    assert_eq!(simulator.counters().since_start.spark_calls(), simulator.calls(), "nor for its history");
}

async fn what_nobody_knows_is_soon_left_alone(database: &TestDatabase) {
    let clock = clock("2026-11-23T15:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker_led(upstream(&simulator), &clock).await;
    // More than a load asks histories of, and in order of their names the last is the unknown one.
    let mut symbols = many(30);
    symbols.push("ZZUNKNOWN1".to_owned());
    portfolio(&tracker, &symbols.iter().map(String::as_str).collect::<Vec<_>>()).await;
    lead(&tracker, &clock, at("2026-11-23T15:30:00Z")).await;
    let so_far = simulator.calls();
    lead(&tracker, &clock, at("2026-11-23T16:30:00Z")).await;
    let calls = simulator.log_since(so_far);
    let asked = calls.iter().filter(|call| call.symbols.iter().any(|symbol| symbol == "ZZUNKNOWN1"));
    assert_eq!(asked.map(|call| (call.at, &call.url)).collect::<Vec<_>>(), []);
}

fn beside(symbol: &str) -> View {
    View { benchmarks: vec![symbol.parse().unwrap()], ..View::default() }
}

/// What a portfolio is compared with, once only.
fn comparison(page: &Dashboard) -> Figure<&Comparison> {
    page.figures.as_ref().unwrap().first_comparison()
}

/// When the round comes that waits.
async fn next_round(tracker: &Tracker) -> DateTime<Utc> {
    waiting(tracker, "keep-prices").await.pop().expect("a round waits").run_at
}

async fn waiting(tracker: &Tracker, kind: &str) -> Vec<Job> {
    let (kind, state) = (Some(kind.to_owned()), Some(JobState::Queued));
    tracker.jobs(&JobFilter { kind, state, ..JobFilter::default() }, 100).await.unwrap()
}

async fn a_benchmark_that_was_chosen_gets_its_history_within_seconds(database: &TestDatabase) {
    // A Saturday: the next round would come hours later.
    let clock = clock("2026-11-21T12:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO"]).await;
    lead(&tracker, &clock, at("2026-11-21T12:10:00Z")).await;
    assert!(next_round(&tracker).await > clock.now() + TimeDelta::minutes(10));
    simulator.mark("chosen");

    let page = tracker.dashboard(id, &beside("SPY")).await.unwrap();
    assert!(comparison(&page).is_err(), "nobody waits");
    assert!(next_round(&tracker).await <= clock.now());
    lead(&tracker, &clock, at("2026-11-21T12:10:10Z")).await;
    let page = tracker.dashboard(id, &beside("SPY")).await.unwrap();
    assert!(comparison(&page).is_ok(), "{:?}", comparison(&page));
    assert!(!page.warnings.iter().any(|warning| warning.to_string().contains("SPY")), "{:?}", page.warnings);
    assert_eq!(simulator.calls_since("chosen"), Some(2), "its price, then its history");

    // The next one comes as soon, though somebody hurried just before.
    let page = tracker.dashboard(id, &beside("DIA")).await.unwrap();
    assert!(comparison(&page).is_err());
    lead(&tracker, &clock, at("2026-11-21T12:10:20Z")).await;
    assert!(comparison(&tracker.dashboard(id, &beside("DIA")).await.unwrap()).is_ok());

    // And what is there is not asked for again.
    simulator.mark("there");
    for minute in 11..15 {
        lead(&tracker, &clock, at("2026-11-21T12:00:00Z") + TimeDelta::minutes(minute)).await;
        tracker.dashboard(id, &beside("SPY")).await.unwrap();
        assert!(next_round(&tracker).await > clock.now());
    }
    assert_eq!(simulator.calls_since("there"), Some(0));
}

async fn what_one_process_looks_at_another_fetches(database: &TestDatabase) {
    let clock = clock("2026-11-23T16:00:00Z");
    let simulator = simulator(&clock);
    let web = database.tracker(upstream(&simulator), &clock).await;
    let worker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&web, &["KO"]).await;
    lead(&worker, &clock, at("2026-11-23T16:01:00Z")).await;

    let nvidia: Symbol = "NVDA".parse().unwrap();
    assert!(web.current_price(&nvidia).await.unwrap().is_none());
    assert!(comparison(&web.dashboard(id, &beside("SPY")).await.unwrap()).is_err());
    lead(&worker, &clock, at("2026-11-23T16:01:15Z")).await;
    let price = web.current_price(&nvidia).await.unwrap().expect("a price");
    assert_eq!(price.shown.freshness, Freshness::Live);
    assert!(comparison(&web.dashboard(id, &beside("SPY")).await.unwrap()).is_ok());
    lead(&worker, &clock, at("2026-11-23T16:12:00Z")).await;
    lead(&worker, &clock, at("2026-11-23T16:32:00Z")).await;
    let price = web.current_price(&nvidia).await.unwrap().unwrap();
    assert_ne!(price.shown.freshness, Freshness::Live);
}

async fn a_process_that_asks_nobody_knows_who_is_unknown_elsewhere(database: &TestDatabase) {
    let clock = clock("2026-11-21T12:00:00Z");
    let simulator = simulator(&clock);
    let web = database.tracker(upstream(&simulator), &clock).await;
    let worker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&web, &["KO", "ZZUNKNOWN1", "ZZDEAD1"]).await;
    let unknown: Symbol = "ZZUNKNOWN2".parse().unwrap();
    web.current_price(&unknown).await.unwrap();
    lead(&worker, &clock, at("2026-11-21T12:10:00Z")).await;
    simulator.mark("known");
    for minute in 11..25 {
        lead(&worker, &clock, at("2026-11-21T12:00:00Z") + TimeDelta::minutes(minute)).await;
        assert!(!web.refresh_if_due(id).await.unwrap(), "at minute {minute}");
        assert!(web.current_price(&unknown).await.unwrap().is_none());
        assert_eq!(waiting(&web, "refresh-prices").await.len(), 0);
        assert!(next_round(&web).await > clock.now() + TimeDelta::seconds(15), "at minute {minute}");
    }
    assert_eq!(simulator.calls_since("known"), Some(0));
}

async fn a_process_that_asks_nobody_knows_who_rests_elsewhere(database: &TestDatabase) {
    let clock = clock("2026-11-21T12:00:00Z");
    let simulator = simulator(&clock);
    let web = database.tracker(upstream(&simulator), &clock).await;
    let worker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&web, &["KO"]).await;
    simulator.set_faults(vec![FaultRule::always(FaultAction::Status { code: 429, body: FaultBody::Usual })]);
    worker.refresh_now(id).await.unwrap();
    let until = worker.upstream_health().sources[0].rests_until(clock.now()).expect("a rest");
    simulator.set_faults(Vec::new());

    // What the import asked for found the source at rest.
    worker.worker(WorkerPlan::default()).run_due().await.unwrap();
    clock.advance(TimeDelta::seconds(5));
    assert!(clock.now() < until);
    assert!(!web.refresh_if_due(id).await.unwrap());
    web.current_price(&"NVDA".parse().unwrap()).await.unwrap();
    assert!(next_round(&web).await > clock.now());
    clock.set(until);
    assert!(web.refresh_if_due(id).await.unwrap(), "its rest is over");
}

on_both!(
    what_nobody_knows_is_soon_left_alone,
    what_is_held_is_live_all_day_without_anybody_looking,
    a_price_that_somebody_looks_at_is_fetched_and_kept_for_a_while,
    a_benchmark_that_was_chosen_gets_its_history_within_seconds,
    what_one_process_looks_at_another_fetches,
    a_process_that_asks_nobody_knows_who_is_unknown_elsewhere,
    a_process_that_asks_nobody_knows_who_rests_elsewhere,
);
