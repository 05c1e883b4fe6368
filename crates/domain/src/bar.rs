//! Daily prices, one at a time and as columns.

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// One day's prices of an instrument, per unit, in the currency's major unit.
///
/// Prices are `f64` that name a short decimal exactly: [`decimal_of_price`] gives that decimal back. Open, high and
/// low are `NaN` and volume 0 where the source does not give them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DailyBar {
    /// The exchange's local date.
    pub date: NaiveDate,
    /// First price of the session, or `NaN`.
    pub open: f64,
    /// Highest price, or `NaN`.
    pub high: f64,
    /// Lowest price, or `NaN`.
    pub low: f64,
    /// Last price of the session.
    pub close: f64,
    /// Units traded, 0 when unknown.
    pub volume: u64,
    /// The session was not over when the bar was fetched: the next fetch replaces it.
    pub provisional: bool,
}

impl DailyBar {
    /// A bar of which only the close is known.
    pub fn close_only(date: NaiveDate, close: f64) -> Self {
        Self { date, open: f64::NAN, high: f64::NAN, low: f64::NAN, close, volume: 0, provisional: false }
    }
}

/// Days and closes of one instrument from one source as two columns of equal length, days ascending and unique.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriceColumns {
    /// Days since 1970-01-01.
    pub days: Vec<i32>,
    /// The close of each day.
    pub closes: Vec<f64>,
}

impl PriceColumns {
    /// How many days there are.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is no day.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Appends a day, which must be later than the last.
    pub fn push(&mut self, day: i32, close: f64) {
        debug_assert!(self.days.last().is_none_or(|last| *last < day), "days ascend");
        self.days.push(day);
        self.closes.push(close);
    }

    /// The close on `day`, or else of the last day before it, with the day it is of.
    pub fn at_or_before(&self, day: i32) -> Option<(i32, f64)> {
        let index = self.days.partition_point(|known| *known <= day).checked_sub(1)?;
        Some((*self.days.get(index)?, *self.closes.get(index)?))
    }
}

/// Days since 1970-01-01.
pub fn epoch_day(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

/// The date that is `day` days after 1970-01-01; the calendar's limits where `day` is beyond them.
pub fn from_epoch_day(day: i32) -> NaiveDate {
    let limit = if day < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
    NaiveDate::from_epoch_days(day).unwrap_or(limit)
}

/// The shortest decimal that names this price: 134.39 for the `f64` nearest to it. `None` when it is not finite or
/// beyond a decimal's range.
pub fn decimal_of_price(price: f64) -> Option<Decimal> {
    if let Some(short) = short_decimal(price) {
        return Some(short);
    }
    // Through the text: it is the shortest that names the f64, where `Decimal::from_f64` may add digits.
    let value: Decimal = price.is_finite().then(|| price.to_string())?.parse().ok()?;
    Some(value.normalize())
}

/// The decimal of a price with a few digits after the point and at most 15 in all, as nearly every price has.
///
/// Any two decimals of so many digits have different nearest `f64`, so that the one found with the fewest digits after
/// the point is the shortest name; power and quotient are exact and correctly rounded.
fn short_decimal(price: f64) -> Option<Decimal> {
    POWERS_OF_TEN.iter().zip(0..).find_map(|(power, scale)| {
        let digits = (price * power).round();
        let names_it = digits.abs() < MOST_DIGITS && (digits / power).to_bits() == price.to_bits();
        names_it.then(|| Decimal::new(digits as i64, scale))
    })
}

/// Up to so many decimals a price is read without a detour through its text.
const POWERS_OF_TEN: [f64; 7] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// Decimals below it have at most 15 digits.
const MOST_DIGITS: f64 = 1e15;

/// The `f64` nearest to a decimal price.
pub fn price_of_decimal(price: Decimal) -> f64 {
    let digits = price.mantissa();
    if let Some(power) = POWERS_OF_TEN.get(price.scale() as usize)
        && digits.unsigned_abs() < MOST_DIGITS as u128
    {
        // Both exact, so that the quotient is the nearest.
        return digits as f64 / power;
    }
    // Through the text: correctly rounded, where dividing mantissa by scale would not be.
    price.normalize().to_string().parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn epoch_days_go_both_ways() {
        let date = NaiveDate::from_ymd_opt(2013, 3, 1).expect("a date");
        assert_eq!(epoch_day(date), 15_765);
        assert_eq!(from_epoch_day(15_765), date);
        assert_eq!(from_epoch_day(i32::MAX), NaiveDate::MAX);
    }

    #[test]
    fn a_missing_day_has_the_last_close_before_it() {
        let columns = PriceColumns { days: vec![10, 11, 14], closes: vec![1.0, 2.0, 3.0] };
        assert_eq!(columns.at_or_before(9), None);
        assert_eq!(columns.at_or_before(13), Some((11, 2.0)));
        assert_eq!(columns.at_or_before(99), Some((14, 3.0)));
    }

    #[test]
    fn no_price_is_made_of_infinity() {
        assert_eq!(decimal_of_price(f64::NAN), None);
        assert_eq!(decimal_of_price(f64::INFINITY), None);
        assert_eq!(decimal_of_price(134.39), Some(Decimal::new(13_439, 2)));
        assert_eq!(decimal_of_price(1e300), None);
    }

    #[test]
    fn no_digits_are_added_to_a_price() {
        assert_eq!(decimal_of_price(4294.279), Some(Decimal::new(4_294_279, 3)));
    }

    proptest! {
        #[test]
        fn a_short_price_has_the_decimal_of_its_text(mantissa in -9_999_999_999_999_999_i64..9_999_999_999_999_999, shift in 0..50_u32, scale in 0..9_u32) {
            let price: f64 = Decimal::new(mantissa >> shift, scale).to_string().parse().expect("a number");
            let of_text: Decimal = price.to_string().parse().expect("a number");
            let decimal = decimal_of_price(price).expect("a price");
            prop_assert_eq!(decimal.to_string(), of_text.normalize().to_string());
            prop_assert_eq!(price_of_decimal(decimal).to_bits(), (price + 0.0).to_bits());
        }

        #[test]
        fn prices_survive_the_way_through_binary(mantissa in 1..999_999_999_999_i64, scale in 0..8_u32) {
            let price = Decimal::new(mantissa, scale).normalize();
            prop_assert_eq!(decimal_of_price(price_of_decimal(price)), Some(price));
        }
    }
}
