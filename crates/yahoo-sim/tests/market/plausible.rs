//! A chart of it looks like a stock.

use bellwether_yahoo_sim::Market;

use crate::{day, symbol};

/// Daily log returns of ten years.
fn returns(seed: u64, ticker: &str) -> Vec<f64> {
    let as_of = day(2026, 1, 5);
    let truth = Market::new(seed, as_of).truth(&symbol(ticker), day(2016, 1, 4), as_of, as_of).unwrap();
    truth.bars.windows(2).map(|pair| (pair[1].adjusted_close / pair[0].adjusted_close).ln()).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let cov: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let var = |x: &[f64], m: f64| x.iter().map(|v| (v - m) * (v - m)).sum::<f64>();
    cov / (var(a, ma) * var(b, mb)).sqrt()
}

#[test]
fn returns_are_unpredictable_from_the_day_before() {
    for ticker in ["AAPL", "KO", "VOO", "QQQQQ"] {
        let returns = returns(1, ticker);
        let memory = correlation(&returns[1..], &returns[..returns.len() - 1]);
        assert!(memory.abs() < 0.08, "{ticker} {memory}");
    }
}

#[test]
fn shares_move_with_their_market_and_funds_almost_exactly() {
    let voo = returns(1, "VOO");
    assert!(correlation(&returns(1, "SPY"), &voo) > 0.99);
    assert!((0.7..0.95).contains(&correlation(&returns(1, "QQQ"), &voo)));
    for ticker in ["AAPL", "JPM", "HD"] {
        let beta = correlation(&returns(1, ticker), &voo);
        assert!((0.3..0.85).contains(&beta), "{ticker} {beta}");
    }
}

#[test]
fn a_day_moves_by_about_one_in_a_hundred_and_never_by_a_third() {
    for ticker in ["AAPL", "MSFT", "NVDA", "JNJ", "VOO"] {
        let returns = returns(1, ticker);
        let spread = (returns.iter().map(|r| r * r).sum::<f64>() / returns.len() as f64).sqrt();
        assert!((0.006..0.035).contains(&spread), "{ticker} {spread}");
        assert!(returns.iter().all(|r| r.abs() < 0.3), "{ticker}");
    }
}

#[test]
fn known_instruments_start_from_their_known_prices() {
    let as_of = day(2026, 1, 5);
    let market = Market::new(9, as_of);
    let start = day(2021, 1, 4);
    for (ticker, price) in [("AAPL", 129.41), ("NVDA", 524.54), ("GOOGL", 1726.13), ("VOO", 338.3)] {
        let truth = market.truth(&symbol(ticker), start, start, as_of).unwrap();
        assert!((truth.bars[0].as_traded_close - price).abs() < 0.005, "{ticker}");
    }
}

#[test]
fn dividends_come_four_times_a_year_and_are_modest() {
    let as_of = day(2026, 1, 5);
    let market = Market::new(2025, as_of);
    for ticker in ["KO", "JNJ", "PG", "MSFT", "VTI"] {
        let truth = market.truth(&symbol(ticker), day(2021, 1, 4), as_of, as_of).unwrap();
        assert!((19..=21).contains(&truth.dividends.len()), "{ticker}");
        let amounts: f64 =
            truth.dividends.iter().map(|paid| bellwether_domain::price_of_decimal(paid.amount)).sum();
        let price = truth.bars.last().unwrap().bar.close;
        assert!((0.003..0.06).contains(&(amounts / 5.0 / price)), "{ticker}");
    }
}
