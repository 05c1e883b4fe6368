//! What a provider tells about an instrument: what it is, its bars and its corporate actions.

use bellwether_domain::{
    CashDividend, Currency, DailyBar, InstrumentKind, PriceSource, Quote, QuoteUnit, Split, Symbol,
    price_of_decimal,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::SuspectBar;

/// What a provider says an instrument is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// As it was asked for, whatever alias the provider answered under.
    pub symbol: Symbol,
    /// The unit the venue quotes in. All prices here are already in its major currency.
    pub unit: QuoteUnit,
    /// The zone that the venue's dates follow.
    pub zone: Tz,
    /// What it is.
    pub kind: InstrumentKind,
    /// Its name.
    pub name: Option<String>,
    /// The provider's code for the venue, `NMS` or `LSE`.
    pub venue: Option<String>,
    /// Decimals that prices in the major currency are rounded to for display.
    pub price_decimals: u32,
    /// The first day it traded, as far as the provider knows.
    pub first_traded: Option<NaiveDate>,
}

impl Listing {
    /// The major currency of all prices.
    pub fn currency(&self) -> Currency {
        self.unit.currency
    }

    /// Half of the last digit that displayed prices have: how far a rounded close may be from the true one.
    pub fn rounding(&self) -> f64 {
        0.5 * 10_f64.powi(-(self.price_decimals as i32))
    }
}

/// Daily history with events. Bars, and amounts per share, are in the units that the source's basis names: with a
/// split-adjusted one, all later splits are already in them.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Who tells it, and in which units: what its bars are to be stored under.
    pub source: PriceSource,
    /// What it is.
    pub listing: Listing,
    /// Days ascending and unique, without suspect ones. Today's bar is marked provisional.
    pub bars: Vec<DailyBar>,
    /// The provider's own close adjusted for dividends, one for each bar, `NaN` where it gives none. Only to check
    /// our own adjustment against.
    pub adjusted_closes: Vec<f64>,
    /// Splits by ex-date.
    pub splits: Vec<Split>,
    /// Dividends by ex-date, in the source's units; see [`dividend_as_paid`].
    pub dividends: Vec<CashDividend>,
    /// Capital gains that a fund paid out, by ex-date, in the source's units.
    pub capital_gains: Vec<CashDividend>,
    /// The current price, which comes with the history.
    pub quote: Option<Quote>,
    /// Bars that were left out, and why.
    pub suspects: Vec<SuspectBar>,
    /// When this was fetched.
    pub fetched_at: DateTime<Utc>,
}

impl History {
    /// The closes with all dividends taken out: walking back from the newest day, each dividend takes its share of
    /// the close before its ex-date. One for each bar.
    ///
    /// `newest` is what the newest close is multiplied by: 1, unless dividends after it are to be taken out too.
    ///
    /// ```
    /// # use bellwether_domain::{CashDividend, DailyBar, InstrumentKind, PriceSource, QuoteUnit};
    /// # use bellwether_prices::{History, Listing};
    /// # let day = |day| chrono::NaiveDate::from_ymd_opt(2024, 6, day).unwrap();
    /// # let listing = Listing {
    /// #     symbol: "KO".parse().unwrap(), unit: "USD".parse().unwrap(), zone: chrono_tz::UTC,
    /// #     kind: InstrumentKind::Equity, name: None, venue: None, price_decimals: 2, first_traded: None,
    /// # };
    /// let history = History {
    ///     bars: vec![DailyBar::close_only(day(3), 50.0), DailyBar::close_only(day(4), 49.5)],
    ///     dividends: vec![CashDividend { ex_date: day(4), amount: 1.into(), currency: None }],
    ///     // ...
    /// #   source: PriceSource::yahoo(), listing, adjusted_closes: vec![], splits: vec![], capital_gains: vec![],
    /// #   quote: None, suspects: vec![], fetched_at: chrono::DateTime::UNIX_EPOCH,
    /// };
    /// assert_eq!(history.closes_without_dividends(1.0), [49.0, 49.5]);
    /// ```
    pub fn closes_without_dividends(&self, newest: f64) -> Vec<f64> {
        let mut factor = newest;
        let mut paid = self.dividends.iter().rev().peekable();
        let mut adjusted: Vec<f64> = Vec::with_capacity(self.bars.len());
        for bar in self.bars.iter().rev() {
            while let Some(dividend) = paid.next_if(|dividend| dividend.ex_date > bar.date) {
                // Nothing that was paid before is in a close after it; what is larger than the close is no dividend.
                let share = price_of_decimal(dividend.amount) / bar.close;
                factor *= if adjusted.is_empty() || share >= 1.0 { 1.0 } else { 1.0 - share };
            }
            adjusted.push(bar.close * factor);
        }
        adjusted.reverse();
        adjusted
    }
}

/// Closes of up to a year, rounded for display, and the current price.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentCloses {
    /// Who tells it, and in which units: what its bars are to be stored under.
    pub source: PriceSource,
    /// What it is.
    pub listing: Listing,
    /// Days ascending and unique, with closes only, without suspect ones.
    pub bars: Vec<DailyBar>,
    /// The current price.
    pub quote: Option<Quote>,
    /// Bars that were left out, and why.
    pub suspects: Vec<SuspectBar>,
    /// When this was fetched.
    pub fetched_at: DateTime<Utc>,
}

/// A dividend as the holder received it, from one stated in the newest day's units: multiplied by every split after
/// its ex-date.
///
/// Providers round the restated amount to six decimals, so the product is off by up to half of that times the
/// splits; the shortest decimal within that error is the amount that was declared.
///
/// ```
/// use bellwether_domain::{CashDividend, Split, SplitRatio};
/// use bellwether_prices::dividend_as_paid;
/// use chrono::NaiveDate;
/// use rust_decimal::Decimal;
///
/// let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// let split = |date, new: i64| Split { ex_date: date, ratio: SplitRatio::new(new.into(), Decimal::ONE).unwrap() };
/// let splits = [split(day(2014, 6, 9), 7), split(day(2020, 8, 31), 4)];
/// let restated =
///     CashDividend { ex_date: day(2014, 2, 6), amount: Decimal::new(108_929, 6), currency: None };
///
/// assert_eq!(dividend_as_paid(&restated, &splits).amount, Decimal::new(305, 2));
/// ```
pub fn dividend_as_paid(dividend: &CashDividend, splits: &[Split]) -> CashDividend {
    let later = splits.iter().filter(|split| split.ex_date > dividend.ex_date);
    let restated = later.clone().try_fold((dividend.amount, Decimal::new(5, 7)), |(amount, error), split| {
        let times = |value: Decimal| value.checked_mul(split.ratio.new)?.checked_div(split.ratio.old);
        Some((times(amount)?, times(error)?))
    });
    let amount = match restated {
        Some((amount, error)) if later.count() > 0 => shortest_within(amount, error),
        _ => dividend.amount,
    };
    CashDividend { amount, ..*dividend }
}

fn shortest_within(amount: Decimal, error: Decimal) -> Decimal {
    (0..amount.scale())
        .map(|digits| amount.round_dp(digits))
        .find(|candidate| !candidate.is_zero() && (candidate - amount).abs() <= error)
        .unwrap_or(amount)
        .normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::SplitRatio;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    fn split(date: NaiveDate, new: i64, old: i64) -> Split {
        Split { ex_date: date, ratio: SplitRatio::new(new.into(), old.into()).expect("a ratio") }
    }

    fn dividend(date: NaiveDate, amount: Decimal) -> CashDividend {
        CashDividend { ex_date: date, amount, currency: None }
    }

    #[test]
    fn only_later_splits_count() {
        let restated = dividend(day(2020, 11, 6), Decimal::new(205, 3));
        let splits = [split(day(2020, 8, 31), 4, 1)];
        assert_eq!(dividend_as_paid(&restated, &splits), restated);
    }

    #[test]
    fn an_exact_amount_stays_exact() {
        let splits = [split(day(2020, 8, 31), 4, 1)];
        for (restated, paid) in [((205, 3), (82, 2)), ((203_125, 6), (8_125, 4)), ((2, 1), (8, 1))] {
            let restated = dividend(day(2020, 5, 8), Decimal::new(restated.0, restated.1));
            assert_eq!(dividend_as_paid(&restated, &splits).amount, Decimal::new(paid.0, paid.1));
        }
    }

    #[test]
    fn a_reverse_split_divides() {
        let restated = dividend(day(2020, 5, 8), Decimal::from(2));
        assert_eq!(dividend_as_paid(&restated, &[split(day(2021, 1, 4), 1, 10)]).amount, Decimal::new(2, 1));
    }
}
