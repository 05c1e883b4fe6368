//! Hostile closes and rates: what is no price is left out, and what is left is a number.

use bellwether_domain::{Currency, PriceBasis, PriceColumns, PriceSource, QuoteUnit, epoch_day};
use bellwether_portfolio::{PriceSeries, Rates, Reason, SourcePrices};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::world::{columns, currency, day, ratio, split};

const HOSTILE: [f64; 9] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -1.0, -0.0, 0.0, 1e-320];

fn assert_prices(series: &PriceSeries, may_be_zero: bool) {
    for close in &series.columns().closes {
        assert!(close.is_finite() && (*close > 0.0 || (may_be_zero && *close == 0.0)), "{close}");
    }
}

#[test]
fn closes_of_any_source_and_basis_are_prices() {
    let closes: Vec<f64> = HOSTILE.into_iter().chain([1.0, 1e15, 1e-12]).collect();
    let start = epoch_day(day("2023-01-02"));
    let days = (0..closes.len()).map(|at| start + i32::try_from(at).unwrap()).collect();
    let columns = PriceColumns { days, closes };
    let mut splits =
        vec![split("2023-01-05", "79228162514264337593543950335", "0.0000000000000000000000000001")];
    splits.push(split("2023-01-08", "0.0000000000000000000000000001", "79228162514264337593543950335"));
    splits.push(split("2023-01-08", "1", "1000000"));
    for source in [PriceSource::manual(), PriceSource::yahoo(), PriceSource::file(PriceBasis::SplitAdjusted)]
    {
        for known_up_to in [NaiveDate::MIN, day("2023-01-07"), NaiveDate::MAX] {
            let history = SourcePrices { source: &source, columns: &columns, known_up_to };
            let series = PriceSeries::new(&[history, history], &splits);
            assert_prices(&series, source != PriceSource::yahoo());
        }
    }
    assert!(PriceSeries::new(&[], &splits).is_empty());
}

#[test]
fn a_provider_s_zero_is_no_price() {
    let zeros = columns(&[("2023-01-02", 0.0), ("2023-01-03", -0.0)]);
    let source = PriceSource::yahoo();
    let history = SourcePrices { source: &source, columns: &zeros, known_up_to: day("2024-01-02") };
    assert!(PriceSeries::new(&[history], &[split("2023-06-01", "2", "1")]).is_empty());
    assert_eq!(ratio("2", "1").factor(), Decimal::TWO);
}

#[test]
fn a_unit_of_no_pence_has_no_price() {
    for units_in_one in [0, 1, 100, u32::MAX] {
        let unit = QuoteUnit { currency: Currency::GBP, units_in_one };
        let closes = columns(&[("2023-01-02", f64::MAX), ("2023-01-03", 1e-12), ("2023-01-04", 1e15)]);
        assert_prices(&PriceSeries::quoted_in(unit, closes), false);
    }
}

#[test]
fn a_rate_is_positive_or_unknown() {
    let mut rates = Rates::new();
    let none: Vec<_> = HOSTILE.iter().map(|rate| ("2023-01-02", *rate)).collect();
    rates.insert(Currency::EUR, Currency::GBP, &columns(&none));
    rates.insert(currency("JPY"), Currency::USD, &columns(&[("2023-01-02", 1e-12), ("2023-01-09", 1e12)]));
    rates.insert(Currency::USD, currency("CHF"), &columns(&[("2023-01-02", 1e-12), ("2023-01-09", 1e12)]));
    for on in [NaiveDate::MIN, day("2023-01-02"), day("2023-01-12"), NaiveDate::MAX] {
        let unknown = Reason::NoExchangeRate { from: Currency::EUR, to: Currency::GBP, on };
        assert_eq!(rates.on(Currency::EUR, Currency::GBP, on), Err(unknown), "Rates::on");
        for (from, to) in [("JPY", "USD"), ("USD", "JPY"), ("JPY", "CHF"), ("CHF", "JPY")] {
            let rate = rates.on(currency(from), currency(to), on).unwrap().rate;
            assert!(rate > Decimal::ZERO, "{from} in {to} on {on}: {rate}");
        }
    }
}
