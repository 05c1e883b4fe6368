//! A dashboard from the database to figures: ledger and prices read, replayed, valued, compared with two benchmarks.
//!
//! The baseline multiplies and adds as many `f64` as there are prices, which no way of valuing can avoid.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use bellwether_domain::{Currency, Exchange, PortfolioId, PriceBasis, SystemClock};
use bellwether_tracker::{
    ImportFile, ImportTarget, PortfolioSettings, Range, Tracker, TrackerOptions, Upstream, View,
};
use chrono::NaiveDate;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

const DAYS: usize = 1_260;

fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date")
}

/// Five years of trading days, oldest first.
fn trading_days() -> Vec<NaiveDate> {
    let mut days = vec![last_day()];
    while days.len() < DAYS {
        let earliest = *days.last().expect("not empty");
        days.push(Exchange::NewYork.previous_trading_day(earliest));
    }
    days.reverse();
    days
}

async fn portfolio(holdings: usize) -> (Tracker, PortfolioId) {
    let options = TrackerOptions {
        database: "sqlite::memory:".to_owned(),
        upstream: Upstream::Nobody,
        feeds: Vec::new(),
        redis: None,
        clock: Arc::new(SystemClock),
    };
    let tracker = Tracker::open(options).await.expect("a database");
    let days = trading_days();
    let mut prices = String::from("date,symbol,close\n");
    let symbols = (0..holdings).map(|n| format!("H{n}")).chain(["VOO".to_owned(), "QQQ".to_owned()]);
    for (n, symbol) in symbols.enumerate() {
        for (at, day) in days.iter().enumerate() {
            let close = 100.0 + n as f64 + 20.0 * ((at + n * 37) as f64 / 90.0).sin() + at as f64 * 0.02;
            writeln!(prices, "{day},{symbol},{close:.2}").expect("a String takes all");
        }
    }
    tracker
        .import_prices(prices.into_bytes(), Some(PriceBasis::SplitAdjusted), Currency::USD)
        .await
        .expect("stored");

    let mut trades = String::from("Ticker,Type,Date,Price,Shares\n");
    for trade in 0..holdings * 10 {
        let (holding, day) = (trade % holdings, days[trade / holdings * 120 + trade % 100]);
        let kind = if trade / holdings % 4 == 3 { "Sell" } else { "Buy" };
        writeln!(trades, "H{holding},{kind},{day},{}.25,5", 100 + holding % 50).expect("a String takes all");
    }
    let file = ImportFile { name: "trades.csv".to_owned(), bytes: trades.into_bytes(), currency: None };
    let target = ImportTarget::Named(PortfolioSettings::named("Bench"));
    let report = tracker.import(target, file, false).await.expect("imported");
    (tracker, report.portfolio.expect("created"))
}

fn benchmark(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut group = c.benchmark_group("dashboard");
    for holdings in [50, 500] {
        let closes = vec![101.25_f64; holdings * DAYS];
        let quantities = vec![3.5_f64; holdings];
        group.bench_function(format!("multiply-add of {holdings} holdings"), |b| {
            b.iter(|| {
                let mut value = vec![0.0_f64; DAYS];
                for (closes, quantity) in black_box(&closes).chunks(DAYS).zip(&quantities) {
                    value.iter_mut().zip(closes).for_each(|(sum, close)| *sum += quantity * close);
                }
                value
            });
        });
        let (tracker, id) = runtime.block_on(portfolio(holdings));
        let view = View { as_of: Some(last_day()), range: Range::Max, benchmarks: Vec::new() };
        group.bench_function(format!("{holdings} holdings, {} transactions", holdings * 10), |b| {
            b.to_async(&runtime).iter(|| async {
                let dashboard = tracker.dashboard(id, &view).await.expect("computed");
                dashboard.figures.expect("a sound ledger").report.totals.value.expect("priced")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
