//! Prices are kept fresh by themselves: rounds of the upkeep, led by a clock of the test's own.

use bellwether_domain::{Clock, FixedClock, Freshness, Symbol};
use bellwether_tracker::{Event, Tracker, WorkerPlan};
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

on_both!(
    what_nobody_knows_is_soon_left_alone,
    what_is_held_is_live_all_day_without_anybody_looking,
    a_price_that_somebody_looks_at_is_fetched_and_kept_for_a_while,
);
