use bellwether_domain::Currency;
use rust_decimal::Decimal;

use super::*;
use crate::testing::{
    columns, date, decimal, dividend, market, market_with_rates, quoted, split, symbol, usd,
};
use crate::{Benchmark, Figure, InstrumentData, Market, PriceSeries, Rates, Reason};

fn index(parts: &[(&str, &str)], rebalancing: Rebalancing) -> Result<CustomIndex, CustomIndexError> {
    let component =
        |(name, weight): &(&str, &str)| Component { symbol: symbol(name), weight: decimal(weight) };
    CustomIndex::new(symbol("MIX"), parts.iter().map(component).collect(), rebalancing)
}

fn built(
    market: &Market,
    parts: &[(&str, &str)],
    rebalancing: Rebalancing,
    as_of: &str,
) -> Figure<Benchmark> {
    Benchmark::custom(&index(parts, rebalancing).expect("an index"), market, usd(), date(as_of))
}

#[track_caller]
fn close(values: &[f64], expected: &[f64]) {
    assert_eq!(values.len(), expected.len());
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-10, "{values:?} instead of {expected:?}");
    }
}

fn weights(benchmark: &Benchmark, day: &str) -> Vec<f64> {
    let weights = benchmark.weights_on(date(day)).expect("weights");
    weights.iter().map(|component| component.weight).collect()
}

/// Over two month ends: A doubles in January and halves in February, B stands still. The 29th is January's last
/// trading day.
fn seesaw() -> Market {
    let a = [("2024-01-26", 10.0), ("2024-01-29", 20.0), ("2024-02-01", 10.0), ("2024-02-02", 10.0)];
    let b = [("2024-01-26", 50.0), ("2024-01-29", 50.0), ("2024-02-01", 50.0), ("2024-02-02", 50.0)];
    market([("A", quoted(&a)), ("B", quoted(&b))])
}

const HALVES: [(&str, &str); 2] = [("A", "0.5"), ("B", "0.5")];

#[test]
fn weights_must_sum_to_exactly_a_hundred_percent() {
    let refused = index(&[("VOO", "0.6"), ("BND", "0.39")], Rebalancing::Never).expect_err("99 %");
    assert_eq!(refused.to_string(), "the weights sum to 99 %, not to 100 %");
    let thirds = index(&[("A", "0.333333"), ("B", "0.333333"), ("C", "0.333334")], Rebalancing::Never);
    assert!(thirds.is_ok());
    assert_eq!(index(&[], Rebalancing::Never), Err(CustomIndexError::Empty));
}

#[test]
fn a_weight_that_is_not_positive_or_named_twice_is_refused() {
    let short = index(&[("A", "1.5"), ("B", "-0.5")], Rebalancing::Never);
    assert_eq!(short, Err(CustomIndexError::NotPositive { symbol: symbol("B") }));
    let twice = index(&[("A", "0.5"), ("a", "0.5")], Rebalancing::Never);
    assert_eq!(twice, Err(CustomIndexError::Twice { symbol: symbol("A") }));
    let limit = Rebalancing::Drift { limit: Decimal::ONE };
    assert_eq!(index(&HALVES, limit), Err(CustomIndexError::Limit));
}

#[test]
fn a_single_component_is_the_plain_benchmark_to_the_last_bit() {
    let closes = [("2024-01-30", 13.7), ("2024-01-31", 14.1), ("2024-02-01", 7.3), ("2024-02-06", 7.9)];
    let voo = quoted(&closes)
        .with_splits(&[split("2024-02-01", 2, 1)])
        .with_dividends(&[dividend("2024-01-31", "0.37"), dividend("2024-02-04", "0.21")]);
    let market = market([("VOO", voo)]);
    let as_of = date("2024-02-07");
    let plain = Benchmark::new(&symbol("VOO"), &market, usd(), as_of).expect("a benchmark");
    for rebalancing in [
        Rebalancing::Never,
        Rebalancing::Daily,
        Rebalancing::Monthly,
        Rebalancing::Drift { limit: decimal("0.01") },
    ] {
        let custom = built(&market, &[("VOO", "1")], rebalancing, "2024-02-07").expect("a benchmark");
        assert_eq!(custom.index(), plain.index());
        let flows = vec![(date("2024-01-30"), 1000.0), (date("2024-02-02"), 333.0)];
        let compared =
            |benchmark: &Benchmark| benchmark.compare(flows.clone(), |_| Ok(2000.0)).expect("a comparison");
        let (custom, plain) = (compared(&custom), compared(&plain));
        assert_eq!(custom.value.to_bits(), plain.value.to_bits());
        assert_eq!((custom.xirr, custom.series, custom.ahead_by), (plain.xirr, plain.series, plain.ahead_by));
    }
}

#[test]
fn without_rebalancing_the_weights_drift() {
    let mix = built(&seesaw(), &HALVES, Rebalancing::Never, "2024-02-02").expect("a benchmark");
    // 5 A and 1 B for 100: 5 x 20 + 50, then 5 x 10 + 50.
    close(&mix.index().values, &[100.0, 100.0, 100.0, 150.0, 150.0, 150.0, 100.0, 100.0]);
    close(&weights(&mix, "2024-01-30"), &[2.0 / 3.0, 1.0 / 3.0]);
    let before = mix.weights_on(date("2024-01-25")).expect_err("before its first close");
    assert_eq!(before, Reason::no_price(&symbol("A")).and(&Reason::no_price(&symbol("B"))));
}

#[test]
fn weights_are_restored_at_the_close_of_the_month_s_last_trading_day() {
    let mix = built(&seesaw(), &HALVES, Rebalancing::Monthly, "2024-02-02").expect("a benchmark");
    // 150 on 29 January are split again: 75 in A at 20 (3.75), 75 in B at 50 (1.5). A at 10: 37.5 + 75.
    close(&mix.index().values, &[100.0, 100.0, 100.0, 150.0, 150.0, 150.0, 112.5, 112.5]);
    close(&weights(&mix, "2024-01-28"), &[0.5, 0.5]);
    close(&weights(&mix, "2024-01-29"), &[0.5, 0.5]);
    close(&weights(&mix, "2024-02-02"), &[1.0 / 3.0, 2.0 / 3.0]);
}

#[test]
fn a_quarter_and_a_year_do_not_end_with_january() {
    for rebalancing in [Rebalancing::Quarterly, Rebalancing::Yearly] {
        let mix = built(&seesaw(), &HALVES, rebalancing, "2024-02-02").expect("a benchmark");
        close(&weights(&mix, "2024-01-31"), &[2.0 / 3.0, 1.0 / 3.0]);
    }
    let turn = [("2023-12-28", 10.0), ("2023-12-29", 20.0), ("2024-01-02", 20.0)];
    let still = [("2023-12-28", 50.0), ("2023-12-29", 50.0), ("2024-01-02", 50.0)];
    let market = market([("A", quoted(&turn)), ("B", quoted(&still))]);
    for rebalancing in [Rebalancing::Quarterly, Rebalancing::Yearly] {
        close(
            &weights(&built(&market, &HALVES, rebalancing, "2024-01-02").expect("known"), "2024-01-02"),
            &[0.5; 2],
        );
    }
}

#[test]
fn weights_are_restored_when_one_has_drifted_beyond_the_limit() {
    let drift = |limit| Rebalancing::Drift { limit: decimal(limit) };
    // On 29 January A is 66.7 %: 16.7 points off.
    let near = built(&seesaw(), &HALVES, drift("0.16"), "2024-02-02").expect("a benchmark");
    close(&weights(&near, "2024-01-29"), &[0.5, 0.5]);
    let far = built(&seesaw(), &HALVES, drift("0.17"), "2024-02-02").expect("a benchmark");
    close(&weights(&far, "2024-01-29"), &[2.0 / 3.0, 1.0 / 3.0]);
}

#[test]
fn a_component_s_dividend_buys_of_everything() {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 10.0), ("2024-01-04", 20.0)]);
    let b = quoted(&[("2024-01-02", 50.0), ("2024-01-03", 50.0), ("2024-01-04", 50.0)]);
    let market = market([("A", a.with_dividends(&[dividend("2024-01-03", "1")])), ("B", b)]);
    let mix = built(&market, &HALVES, Rebalancing::Never, "2024-01-04").expect("a benchmark");
    // 5 A and 1 B; 5 are paid, which makes 5 % more of each: 5.25 x 10 + 1.05 x 50, then 5.25 x 20 + 1.05 x 50.
    close(&mix.index().values, &[100.0, 105.0, 157.5]);
    let bought = mix.compare(vec![(date("2024-01-03"), 105.0)], |_| Ok(0.0)).expect("a comparison");
    close(&[bought.value], &[157.5]);
}

#[test]
fn the_index_starts_and_is_bought_when_all_components_have_a_close() {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-04", 20.0), ("2024-01-05", 20.0), ("2024-01-08", 40.0)]);
    let b = quoted(&[("2024-01-03", 7.0), ("2024-01-04", 50.0), ("2024-01-08", 50.0)]);
    let market = market([("A", a), ("B", b)]);
    let mix = built(&market, &HALVES, Rebalancing::Never, "2024-01-08").expect("a benchmark");
    assert_eq!(mix.first_day(), date("2024-01-04"));
    // Money of the 5th, when B has no close, waits for the 8th.
    let flows = vec![(date("2024-01-04"), 100.0), (date("2024-01-05"), 60.0)];
    let result = mix.compare(flows, |_| Ok(0.0)).expect("a comparison");
    close(&result.series.values, &[100.0, 160.0, 160.0, 160.0, 210.0]);
    // 2.1 shares at 100 to begin with, and 150 now.
    close(&[result.units], &[1.4]);
}

#[test]
fn foreign_components_move_with_their_rate() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-03", 1.5)]));
    let euro = PriceSeries::as_traded(columns(&[("2024-01-02", 10.0), ("2024-01-03", 10.0)]));
    let euro = InstrumentData::new(Currency::EUR).with_prices(euro);
    let market =
        market_with_rates(rates, [("E", euro), ("B", quoted(&[("2024-01-02", 5.0), ("2024-01-03", 5.0)]))]);
    let mix = built(&market, &[("E", "0.5"), ("B", "0.5")], Rebalancing::Never, "2024-01-03").expect("known");
    close(&mix.index().values, &[100.0, 110.0]);
}

#[test]
fn components_without_a_price_are_all_named() {
    let market = market([("A", quoted(&[("2024-01-02", 10.0)])), ("B", quoted(&[("2024-02-02", 10.0)]))]);
    let parts = [("A", "0.4"), ("C", "0.3"), ("B", "0.3")];
    let missing = built(&market, &parts, Rebalancing::Never, "2024-01-03").expect_err("no price");
    assert_eq!(missing.to_string(), "no price is known for B, C");
    let apart = built(&market, &HALVES, Rebalancing::Never, "2024-02-03").expect_err("no common day");
    assert_eq!(apart.to_string(), "no price is known for A, B");
}
