//! The weekly look at whole histories: led by a clock of the test's own to a Saturday's 06:00 in New York, 11:00 UTC.

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_domain::{DailyBar, FixedClock, PriceSource, Symbol};
use bellwether_storage::Storage;
use bellwether_storage::prices::{PriceBatch, WriteMode};
use bellwether_tracker::{Event, Job, JobFilter, JobState, Tracker, WorkerPlan};
use bellwether_yahoo_sim::{Route, SimHandle};
use chrono::{NaiveDate, TimeDelta};

use crate::database::{TestDatabase, clock, import, on_both};
use crate::refresh::{SATURDAY, many, portfolio, simulator, upstream};

const KIND: &str = "verify-history";

/// Runs what is due on a Saturday shortly before 06:00 and at 06:00; gives whose whole histories were asked for.
async fn saturday(
    tracker: &Tracker,
    simulator: &SimHandle,
    clock: &FixedClock,
    day: &str,
) -> BTreeSet<String> {
    let mut worker = tracker.worker(WorkerPlan::default());
    let at = |time: &str| format!("{day}T{time}Z").parse().unwrap();
    let before = simulator.calls();
    clock.set(at("10:30:00"));
    worker.run_due().await.unwrap();
    clock.set(at("11:00:00"));
    worker.run_due().await.unwrap();
    let charts = simulator.log_since(before).into_iter().filter(|call| call.route == Route::Chart);
    charts.flat_map(|call| call.symbols).collect()
}

/// The stored bars of days that are over.
async fn bars(storage: &Storage, symbol: &str) -> Vec<DailyBar> {
    let symbol: Symbol = symbol.parse().unwrap();
    let known = storage.instruments_by_symbol(vec![symbol.clone()]).await.unwrap();
    let told = storage.read_bars(known[&symbol].id, NaiveDate::MIN, NaiveDate::MAX).await.unwrap();
    let mut bars = told.into_iter().find(|told| told.source == PriceSource::yahoo()).unwrap().bars;
    bars.retain(|bar| !bar.provisional);
    bars
}

async fn jobs_of(tracker: &Tracker, state: JobState) -> Vec<Job> {
    let filter = JobFilter { kind: Some(KIND.to_owned()), state: Some(state), ..JobFilter::default() };
    tracker.jobs(&filter, 10).await.unwrap()
}

async fn what_differs_from_the_source_is_replaced_and_told(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker_led(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "PEP"]).await;
    // Bought and sold: nothing else looks at its history any more.
    import(
        &tracker,
        "Ticker,Type,Date,Price,Shares\nMSFT,Buy,2025-03-05,100,10\nMSFT,Sell,2025-04-02,100,10\n",
        false,
    )
    .await;
    tracker.refresh_now(id).await.unwrap();
    let storage = database.storage(&clock).await;
    let right = bars(&storage, "MSFT").await;
    let middle = right.len() / 2;
    let wrong = right.iter().skip(middle).take(3).map(|bar| DailyBar { close: bar.close * 1.05, ..*bar });
    let msft: Symbol = "MSFT".parse().unwrap();
    let batch = PriceBatch {
        instrument: storage.instruments_by_symbol(vec![msft.clone()]).await.unwrap()[&msft].id,
        source: PriceSource::yahoo(),
        bars: wrong.collect(),
        mode: WriteMode::Merge,
    };
    storage.write_prices(vec![batch]).await.unwrap();
    assert!(bars(&storage, "MSFT").await[middle] != right[middle]);

    let mut told = tracker.bus().listen();
    let asked = saturday(&tracker, &simulator, &clock, "2026-11-28").await;
    assert!(!asked.contains("MSFT"), "it was told less than a week ago");
    let asked = saturday(&tracker, &simulator, &clock, "2026-12-05").await;
    assert!(asked.contains("MSFT"), "{asked:?}");
    let mended = bars(&storage, "MSFT").await;
    assert!(mended[..right.len()] == right[..], "all as the source tells it");
    assert_eq!(jobs_of(&tracker, JobState::Succeeded).await.len(), 2);
    let mut changed = Vec::new();
    while let Ok(event) = told.coming.try_recv() {
        if let Event::PricesChanged { symbols } = &event.event {
            changed.extend(symbols.clone());
        }
    }
    assert!(changed.contains(&msft), "{changed:?}");
}

async fn a_few_a_week_and_those_first_that_were_verified_longest_ago(database: &TestDatabase) {
    let clock = clock("2026-11-14T12:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker_led(upstream(&simulator), &clock).await;
    let symbols = many(50);
    let (old, new) = symbols.split_at(30);
    let id = portfolio(&tracker, &old.iter().map(String::as_str).collect::<Vec<_>>()).await;
    tracker.refresh_now(id).await.unwrap();
    clock.set(SATURDAY.parse().unwrap());
    portfolio(&tracker, &new.iter().map(String::as_str).collect::<Vec<_>>()).await;
    tracker.refresh_now(id).await.unwrap();

    let first = saturday(&tracker, &simulator, &clock, "2026-12-05").await;
    let runs = jobs_of(&tracker, JobState::Succeeded).await;
    assert_eq!(runs.iter().map(|run| run.progress.done).collect::<Vec<_>>(), [20]);
    // The upkeep looks at some, too, such as those that should have paid a dividend.
    assert!(first.iter().filter(|symbol| old.contains(symbol)).count() >= 20, "{first:?}");
    assert!(first.iter().filter(|symbol| new.contains(symbol)).count() <= 5, "{first:?}");
    let second = saturday(&tracker, &simulator, &clock, "2026-12-12").await;
    assert!(old.iter().all(|symbol| first.contains(symbol) || second.contains(symbol)));
    assert!(second.iter().any(|symbol| new.contains(symbol)), "{second:?}");
}

async fn a_source_that_does_not_answer_is_asked_when_it_has_rested(database: &TestDatabase) {
    let clock: Arc<FixedClock> = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker_led(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "PEP", "MSFT"]).await;
    tracker.refresh_now(id).await.unwrap();
    let mut worker = tracker.worker(WorkerPlan::default());
    clock.set("2026-12-05T10:30:00Z".parse().unwrap());
    worker.run_due().await.unwrap();
    simulator.pause().await;
    clock.set("2026-12-05T11:00:00Z".parse().unwrap());
    worker.run_due().await.unwrap();
    assert_eq!(jobs_of(&tracker, JobState::Queued).await.len(), 1, "it is to be tried again");

    simulator.resume().unwrap();
    for _ in 0..12 {
        clock.advance(TimeDelta::minutes(10));
        worker.run_due().await.unwrap();
    }
    assert_eq!(jobs_of(&tracker, JobState::Succeeded).await.len(), 1);
    let log = simulator.log_since(0);
    let today = "2026-12-05".parse::<NaiveDate>().unwrap();
    for symbol in ["KO", "PEP", "MSFT"] {
        let whole = log.iter().any(|call| {
            call.route == Route::Chart && call.at.date_naive() == today && call.symbols == [symbol]
        });
        assert!(whole, "{symbol}");
    }
}

on_both!(
    what_differs_from_the_source_is_replaced_and_told,
    a_few_a_week_and_those_first_that_were_verified_longest_ago,
    a_source_that_does_not_answer_is_asked_when_it_has_rested,
);
