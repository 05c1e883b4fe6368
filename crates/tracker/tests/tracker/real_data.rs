//! Thirteen real years against figures that were worked out by other means: see `tests/realdata/README.md`.

use std::path::Path;

use bellwether_domain::{CostMethod, Currency, PriceBasis, Symbol};
use bellwether_portfolio::{ExternalKind, Figure};
use bellwether_tracker::{
    Dashboard, ImportFile, ImportTarget, PortfolioSettings, Range, Tracker, Upstream, View,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::database::{TestDatabase, clock, on_both};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/realdata").join(name)).unwrap()
}

fn expected() -> Value {
    serde_json::from_slice(&file("expected.json")).unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn date(value: &Value) -> NaiveDate {
    value.as_str().unwrap().parse().unwrap()
}

/// Amounts agree to 1e-9: only what a division left open may differ at all.
#[track_caller]
fn same(what: &str, ours: Decimal, theirs: &Value) {
    let theirs = decimal(theirs);
    assert!((ours - theirs).abs() <= Decimal::new(1, 9), "{what}: {ours} instead of {theirs}");
}

#[track_caller]
fn known(what: &str, ours: &Figure<Decimal>, theirs: &Value) {
    same(what, *ours.as_ref().unwrap_or_else(|reason| panic!("{what}: {reason}")), theirs);
}

#[track_caller]
fn close(what: &str, ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = number(theirs);
    assert!((ours - theirs).abs() <= tolerance, "{what}: {ours} instead of {theirs}");
}

/// Everything imported, into one portfolio for each cost method.
async fn imported(database: &TestDatabase) -> Tracker {
    let tracker = database.tracker(Upstream::Nobody, &clock("2013-03-02T12:00:00Z")).await;
    let prices =
        tracker.import_prices(file("prices.csv"), Some(PriceBasis::AsTraded), Currency::USD).await.unwrap();
    assert_eq!((prices.stored, prices.rejected.len()), (12_154, 0));
    for (name, stored) in [("splits.csv", 3), ("dividends.csv", 92)] {
        let actions = tracker.import_actions(file(name), PriceBasis::AsTraded).await.unwrap();
        assert_eq!((actions.stored, actions.rejected.len()), (stored, 0), "{name}");
    }
    for cost_method in [CostMethod::Fifo, CostMethod::Average] {
        let settings = PortfolioSettings {
            cost_method,
            benchmarks: vec!["IBM".parse().unwrap()],
            ..PortfolioSettings::named(cost_method.as_str())
        };
        let trades = ImportFile { name: "trades.csv".to_owned(), bytes: file("trades.csv"), currency: None };
        let report = tracker.import(ImportTarget::Named(settings), trades, false).await.unwrap();
        assert_eq!((report.imported, &report.rejected), (65, &Vec::new()), "{:?}", report.notes);
    }
    tracker
}

async fn dashboard(tracker: &Tracker, portfolio: &str, as_of: &str) -> Dashboard {
    let id = tracker.portfolio_named(portfolio).await.unwrap().id;
    let view = View { as_of: Some(as_of.parse().unwrap()), range: Range::Max, benchmarks: Vec::new() };
    tracker.dashboard(id, &view).await.unwrap()
}

fn holdings_agree(dashboard: &Dashboard, method: &str, expected: &Value) {
    let report = &dashboard.figures.as_ref().unwrap().report;
    let theirs = expected["holdings"].as_array().unwrap();
    assert_eq!(report.holdings.len(), theirs.len(), "closed holdings are among them");
    for theirs in theirs {
        let symbol: Symbol = theirs["symbol"].as_str().unwrap().parse().unwrap();
        let ours = report.holding(&symbol).unwrap();
        let what = |figure: &str| format!("{} {symbol} {figure}", dashboard.as_of);
        assert_eq!(ours.quantity, decimal(&theirs["quantity"]), "{}", what("quantity"));
        known(&what("cost"), &ours.cost, &theirs[format!("cost_{method}")]);
        known(&what("realised"), &ours.realised, &theirs[format!("realised_{method}")]);
        known(&what("unrealised"), &ours.unrealised, &theirs[format!("unrealised_{method}")]);
        known(&what("value"), &ours.value, &theirs["value"]);
        known(&what("dividends"), &ours.income, &theirs["dividends"]);
        if ours.is_open() {
            assert_eq!(ours.price.as_ref().unwrap().price, decimal(&theirs["close"]), "{}", what("close"));
            close(&what("weight"), *ours.weight.as_ref().unwrap(), &theirs["weight"], 1e-9);
        }
        if theirs.get("day_change").is_some() {
            let day = ours.day_change.as_ref().unwrap();
            same(&what("day change"), day.amount, &theirs["day_change"]);
            close(&what("day change"), *day.rate.as_ref().unwrap(), &theirs["day_change_rate"], 1e-9);
        }
    }
}

fn totals_agree(dashboard: &Dashboard, method: &str, expected: &Value) {
    let figures = dashboard.figures.as_ref().unwrap();
    let (totals, returns) = (&figures.report.totals, &figures.report.returns);
    let what = |figure: &str| format!("{} {figure}", dashboard.as_of);
    let sums = &expected["holdings_total"];
    known(&what("cost"), &totals.cost, &sums[format!("cost_{method}")]);
    known(&what("realised"), &totals.realised, &sums[format!("realised_{method}")]);
    known(&what("unrealised"), &totals.unrealised, &sums[format!("unrealised_{method}")]);
    known(&what("holdings"), &totals.holdings_value, &sums["value"]);
    known(&what("dividends"), &totals.income, &sums["dividends"]);
    known(&what("cash"), &totals.cash, &expected["cash"]);
    known(&what("value"), &totals.value, &expected["value"]);
    known(&what("deposits"), &totals.deposits, &expected["deposits"]);
    known(&what("total gain"), &totals.total_gain, &expected["total_gain"]);
    if sums.get("day_change").is_some() {
        let day = totals.day_change.as_ref().unwrap();
        same(&what("day change"), day.amount, &sums["day_change"]);
        close(&what("day"), *day.rate.as_ref().unwrap(), &expected["time_weighted"]["last_day"], 1e-9);
    }

    close(&what("xirr"), returns.xirr.as_ref().unwrap().annual, &expected["xirr"], 1e-9);
    let (linked, theirs) = (returns.time_weighted.as_ref().unwrap(), &expected["time_weighted"]);
    close(&what("time-weighted"), linked.total, &theirs["total"], 1e-9);
    close(&what("annualised"), *linked.annualised.as_ref().unwrap(), &theirs["annualised"], 1e-9);
    close(&what("last day"), linked.last_day, &theirs["last_day"], 1e-9);
    assert_eq!(Some(linked.days), theirs["days"].as_i64());
    let (fall, theirs) = (returns.max_drawdown.as_ref().unwrap(), &theirs["max_drawdown"]);
    close(&what("drawdown"), fall.depth, &theirs["rate"], 1e-9);
    assert_eq!((fall.peak, fall.trough), (date(&theirs["peak"]), date(&theirs["trough"])));
    assert_eq!(fall.recovered, Some(date(&theirs["recovery"])));
}

fn benchmark_agrees(dashboard: &Dashboard, expected: &Value) {
    let comparison = dashboard.figures.as_ref().unwrap().first_comparison().unwrap();
    let (what, theirs) = (format!("{} in IBM", dashboard.as_of), &expected["benchmark"]);
    assert_eq!(comparison.symbol.as_str(), theirs["symbol"]);
    close(&what, comparison.value, &theirs["value"], 1e-6);
    close(&what, comparison.units, &theirs["units"], 1e-9);
    close(&what, comparison.gain, &theirs["gain"], 1e-6);
    close(&what, comparison.ahead_by, &theirs["portfolio_ahead_by"], 1e-6);
    close(&what, comparison.xirr.as_ref().unwrap().annual, &theirs["xirr"], 1e-9);
}

async fn every_figure_is_that_of_the_reference(database: &TestDatabase) {
    let (tracker, expected) = (imported(database).await, expected());
    for (day, theirs) in expected["reports"].as_object().unwrap() {
        for method in ["fifo", "average"] {
            let dashboard = dashboard(&tracker, method, day).await;
            assert_eq!(dashboard.as_of.to_string(), *day);
            holdings_agree(&dashboard, method, theirs);
            totals_agree(&dashboard, method, theirs);
            benchmark_agrees(&dashboard, theirs);
        }
    }
}

async fn every_inferred_deposit_and_dividend_is_that_of_the_reference(database: &TestDatabase) {
    let (tracker, expected) = (imported(database).await, expected());
    let dashboard = dashboard(&tracker, "fifo", "2013-03-01").await;
    let books = &dashboard.figures.as_ref().unwrap().books;

    let deposits = books.external_flows();
    let theirs = expected["deposits"].as_array().unwrap();
    assert_eq!(deposits.len(), theirs.len());
    for (ours, theirs) in deposits.iter().zip(theirs) {
        assert_eq!(ours.kind, ExternalKind::Deposit { inferred: true });
        assert_eq!(ours.date, date(&theirs["date"]));
        known(&format!("deposit of {}", ours.date), &ours.amount, &theirs["amount"]);
    }

    let income = books.income();
    let mut paid: Vec<_> = income.iter().collect();
    paid.sort_by_key(|income| (income.date, income.symbol.clone()));
    let mut theirs: Vec<_> = expected["dividends"].as_array().unwrap().iter().collect();
    theirs.sort_by_key(|told| (date(&told["ex_date"]), told["symbol"].as_str().unwrap()));
    assert_eq!(paid.len(), theirs.len());
    for (ours, theirs) in paid.into_iter().zip(theirs) {
        let symbol = ours.symbol.as_ref().unwrap();
        assert!(ours.is_inferred());
        assert_eq!(
            (ours.date, symbol.as_str()),
            (date(&theirs["ex_date"]), theirs["symbol"].as_str().unwrap())
        );
        same(&format!("{} units of {symbol}", ours.date), ours.units.unwrap(), &theirs["units"]);
        known(&format!("{} of {symbol}", ours.date), &ours.net(), &theirs["amount"]);
    }
}

async fn the_chart_shows_the_reference_to_the_cent(database: &TestDatabase) {
    let (tracker, expected) = (imported(database).await, expected());
    let dashboard = dashboard(&tracker, "fifo", "2013-03-01").await;
    let figures = dashboard.figures.as_ref().unwrap();
    assert_eq!(figures.series.gap, None);
    let contributed = figures.series.net_contributions.as_ref().unwrap();
    let benchmark = &figures.first_comparison().unwrap().series;
    let columns = [
        ("value", &figures.series.value),
        ("cash", &figures.series.cash),
        ("deposits", contributed),
        ("benchmark", benchmark),
    ];
    for theirs in expected["series"].as_array().unwrap() {
        let day = date(&theirs["date"]);
        for (name, ours) in columns {
            close(&format!("{name} on {day}"), ours.at(day).unwrap(), &theirs[name], 0.005);
        }
    }
}

on_both!(
    every_figure_is_that_of_the_reference,
    every_inferred_deposit_and_dividend_is_that_of_the_reference,
    the_chart_shows_the_reference_to_the_cent,
);
