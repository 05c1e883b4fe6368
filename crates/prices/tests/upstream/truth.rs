//! What is told is what is true.

use bellwether_domain::QuoteUnit;
use bellwether_prices::{History, Limits, Overlap, Provider, dividend_as_paid, overlap};
use bellwether_yahoo_sim::Truth;
use chrono::{Days, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use super::{Desk, date, desk, symbol};

async fn history(desk: &Desk, name: &str, from: NaiveDate) -> History {
    desk.yahoo.history(&symbol(name), from, &desk.budget(3)).await.answer().expect("a history")
}

/// All days but the running one.
fn assert_same(history: &History, truth: &Truth) {
    let unit: QuoteUnit = truth.currency.parse().unwrap();
    let name = &history.listing.symbol;
    assert_eq!(history.listing.unit, unit, "{name}");
    let settled: Vec<_> = history.bars.iter().filter(|bar| !bar.provisional).collect();
    assert!(history.bars.len() - settled.len() <= 2, "{name}");
    assert!(settled.len() > 20, "{name}");
    for (ours, theirs) in settled.iter().zip(&truth.bars) {
        assert_eq!(ours.date, theirs.bar.date, "{name}");
        let expected = theirs.bar.close / f64::from(unit.units_in_one);
        assert!(
            (ours.close / expected - 1.0).abs() < 1e-12,
            "{name} {}: {} is not {expected}",
            ours.date,
            ours.close
        );
        assert_eq!(ours.volume, theirs.bar.volume, "{name}");
    }
    let events: Vec<_> = history.dividends.iter().map(|dividend| dividend.ex_date).collect();
    assert_eq!(events, truth.dividends.iter().map(|dividend| dividend.ex_date).collect::<Vec<_>>(), "{name}");
    assert_eq!(history.splits, truth.splits, "{name}");
}

#[tokio::test]
async fn histories_of_all_venues_are_the_truth_to_the_last_digit() {
    let desk = desk(Limits::generous(), Vec::new());
    let (from, today) = (date("2024-01-02"), date("2026-03-04"));
    for name in [
        "AAPL",
        "VOD.L",
        "SAP.DE",
        "NPN.JO",
        "TEVA.TA",
        "BHP.AX",
        "7203.T",
        "NOVO-B.CO",
        "BTC-USD",
        "EURUSD=X",
        "GC=F",
        "^GSPC",
        "ZZDIV1",
        "ZZTHIN1",
    ] {
        let fetched = history(&desk, name, from).await;
        let truth = desk.sim.truth(&symbol(name), from, today, today).unwrap();
        assert_same(&fetched, &truth);
    }
}

#[tokio::test]
async fn a_split_is_noticed_in_the_overlap_and_repaired_by_one_call() {
    let desk = desk(Limits::generous(), Vec::new());
    let name = "ZZSPLIT1";
    let stored = history(&desk, name, date("2025-06-02")).await;
    let closes: Vec<(NaiveDate, f64)> =
        stored.bars.iter().filter(|bar| !bar.provisional).map(|bar| (bar.date, bar.close)).collect();
    let recent = closes[closes.len() - 5].0;

    desk.clock.advance(TimeDelta::days(1));
    let next_day = history(&desk, name, recent).await;
    assert_eq!(overlap(&closes, &next_day.bars, 0.0), Overlap::Append);

    desk.clock.advance(TimeDelta::days(13));
    desk.sim.mark("after the split");
    let refreshed = history(&desk, name, recent).await;
    let Overlap::Restated { ratio } = overlap(&closes, &refreshed.bars, 0.0) else { panic!("not noticed") };
    assert!((ratio - 0.25).abs() < 1e-4, "{ratio}");
    assert_eq!(refreshed.suspects, []);
    let whole = history(&desk, name, date("2025-06-02")).await;
    assert_eq!(desk.sim.calls_since("after the split"), Some(2));
    let today = desk.now().date_naive();
    assert_same(&whole, &desk.sim.truth(&symbol(name), date("2025-06-02"), today, today).unwrap());
}

#[tokio::test]
async fn dividends_before_a_split_can_be_told_as_they_were_paid() {
    let desk = desk(Limits::generous(), Vec::new());
    let (name, from) = (symbol("ZZDIV7"), date("2024-01-02"));
    let before = history(&desk, "ZZDIV7", from).await;
    let four_for_one = bellwether_domain::CorporateAction {
        symbol: name,
        ex_date: date("2026-03-06"),
        kind: bellwether_domain::ActionKind::Split(
            bellwether_domain::SplitRatio::new(4.into(), Decimal::ONE).unwrap(),
        ),
    };
    desk.sim.plan(four_for_one);
    desk.clock.advance(TimeDelta::days(7));
    let after = history(&desk, "ZZDIV7", from).await;
    assert_eq!(after.splits.len(), before.splits.len() + 1);
    assert!(before.dividends.len() > 4);
    for (paid, restated) in before.dividends.iter().zip(&after.dividends) {
        assert!(restated.amount < paid.amount);
        let again = dividend_as_paid(restated, &after.splits);
        let off = (again.amount - dividend_as_paid(paid, &before.splits).amount).abs();
        assert!(off <= Decimal::new(3, 6), "{} {}", again.amount, paid.amount);
    }
}

#[tokio::test]
async fn the_running_day_is_provisional_and_final_on_the_next() {
    let desk = desk(Limits::generous(), Vec::new());
    let today = desk.now().date_naive();
    let from = today - Days::new(20);
    let open = history(&desk, "AAPL", from).await;
    let last = open.bars.last().unwrap();
    assert_eq!((last.date, last.provisional), (today, true));
    assert!(open.bars.iter().rev().skip(1).all(|bar| !bar.provisional));
    assert_eq!(open.quote.unwrap().previous_close.unwrap().to_string(), {
        let before = open.bars[open.bars.len() - 2];
        before.close.to_string()
    });

    desk.clock.advance(TimeDelta::days(1));
    let next = history(&desk, "AAPL", from).await;
    let settled = next.bars.iter().find(|bar| bar.date == today).unwrap();
    assert!(!settled.provisional);
    let truth = desk.sim.truth(&symbol("AAPL"), today, today, today).unwrap();
    assert_eq!(settled.close, truth.bars[0].bar.close);
}

#[tokio::test]
async fn quotes_and_closes_agree_with_charts() {
    let desk = desk(Limits::generous(), Vec::new());
    for name in ["AAPL", "VOD.L", "EURUSD=X", "ZZHALT1"] {
        let chart = history(&desk, name, date("2026-01-02")).await.quote;
        let spark = desk.yahoo.quotes(&[symbol(name)], &desk.budget(1)).await.remove(0).1.answer();
        let closes =
            desk.yahoo.recent_closes(&[symbol(name)], &desk.budget(1)).await.remove(0).1.answer().unwrap();
        let (spark, of_closes) = (spark.unwrap(), closes.quote.unwrap());
        assert_eq!((&spark.price, spark.as_of), (&of_closes.price, of_closes.as_of), "{name}");
        assert!(closes.bars.len() > 100, "{name}");
        if let Some(chart) = chart {
            assert_eq!((spark.price, spark.as_of), (chart.price, chart.as_of), "{name}");
        }
    }
}
