//! Reports that a worker makes and keeps.

use bellwether_domain::Currency;
use bellwether_tracker::{JobState, Tracker, TrackerError, Upstream, WantedReport, WorkerPlan};
use serde_json::{Value, json};

use crate::database::{TestDatabase, clock, import, on_both};

const TRADES: &str = "Ticker,Type,Date,Price,Shares\n\
    KO,Buy,2024-01-02,100,10\nKO,Sell,2025-03-05,150,4\nKO,Sell,2025-06-05,120,3\nKO,Sell,2026-02-02,120,1\n";

on_both!(
    a_tax_year_lists_each_lot_that_was_sold_in_it,
    a_period_is_told_with_its_figures_or_why_there_are_none,
    a_report_that_cannot_be_is_refused_at_once,
);

async fn tracker(database: &TestDatabase) -> Tracker {
    let clock = clock("2026-11-20T22:00:00Z");
    let tracker = database.tracker(Upstream::Nobody, &clock).await;
    import(&tracker, TRADES, false).await;
    tracker
}

/// Asks for a report of the portfolio and has it made.
async fn made(tracker: &Tracker, wanted: WantedReport) -> (String, String) {
    let id = tracker.portfolio_named("Main").await.unwrap().id;
    let job = tracker.request_report(id, wanted).await.unwrap();
    assert_eq!(tracker.request_report(id, wanted).await.unwrap(), job, "the one that waits serves");
    tracker.worker(WorkerPlan::default()).run_due().await.unwrap();
    let ended = tracker.job(job).await.unwrap();
    assert_eq!((ended.state, ended.error), (JobState::Succeeded, None));
    let file = tracker.job_result(job).await.unwrap();
    (file.name, String::from_utf8(file.content).unwrap())
}

async fn a_tax_year_lists_each_lot_that_was_sold_in_it(database: &TestDatabase) {
    let tracker = tracker(database).await;
    let (name, csv) = made(&tracker, WantedReport::TaxYear { year: 2025 }).await;
    assert_eq!(name, "tax-year-2025.csv");
    // 4 x 150 less 4 x 100, and 3 x 120 less 3 x 100.
    let expected = "\
        symbol,acquired,sold,quantity,proceeds,cost,gain,fees,taxes,days_held,term,currency,unknown\n\
        KO,2024-01-02,2025-03-05,4,600,400,200,0,0,428,long,USD,\n\
        KO,2024-01-02,2025-06-05,3,360,300,60,0,0,520,long,USD,\n";
    assert_eq!(csv, expected);
    let (_, nothing) = made(&tracker, WantedReport::TaxYear { year: 2024 }).await;
    assert_eq!(nothing.lines().count(), 1);
}

async fn a_period_is_told_with_its_figures_or_why_there_are_none(database: &TestDatabase) {
    let tracker = tracker(database).await;
    for (date, price) in [("2024-12-31", "110"), ("2025-12-31", "130")] {
        let (symbol, date, price) = ("KO".parse().unwrap(), date.parse().unwrap(), price.parse().unwrap());
        tracker.record_price(symbol, Some(date), price, Some(Currency::USD)).await.unwrap();
    }
    let period = |from: &str, to: &str| WantedReport::Performance {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    let (name, text) = made(&tracker, period("2024-12-31", "2025-12-31")).await;
    assert_eq!(name, "performance-2024-12-31-2025-12-31.json");
    let told: Value = serde_json::from_str(&text).unwrap();
    let figures = &told["figures"];
    // Ten shares at 110; three at 130 and 960 of cash.
    let amounts = ["opening", "closing", "paid_in", "gain"].map(|name| figures[name].clone());
    assert_eq!(amounts, [json!("1100"), json!("1350"), json!("0"), json!("250")]);
    let rate = figures["time_weighted"].as_f64().unwrap();
    assert!((rate - 250.0 / 1100.0).abs() < 1e-9, "{rate}");
    assert_eq!(told["unknown"], json!({}));

    let (_, text) = made(&tracker, period("2023-06-01", "2023-12-31")).await;
    let told: Value = serde_json::from_str(&text).unwrap();
    let before = &told["figures"]["time_weighted"];
    assert!(before.is_null() && told["unknown"]["time_weighted"].is_string(), "{told}");
}

async fn a_report_that_cannot_be_is_refused_at_once(database: &TestDatabase) {
    let tracker = tracker(database).await;
    let id = tracker.portfolio_named("Main").await.unwrap().id;
    let day = |text: &str| text.parse().unwrap();
    let backwards = WantedReport::Performance { from: day("2025-12-31"), to: day("2025-12-31") };
    for wanted in [backwards, WantedReport::TaxYear { year: 0 }] {
        let refused = tracker.request_report(id, wanted).await.unwrap_err();
        assert!(matches!(refused, TrackerError::Refused(_)), "{refused:?}");
    }
}
