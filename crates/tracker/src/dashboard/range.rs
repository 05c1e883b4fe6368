//! The span of days that a page looks at.

use std::fmt;
use std::str::FromStr;

use bellwether_portfolio::{Books, DailySeries, Figure, Market, Period, PeriodGain, Subject, underwater};
use chrono::{Datelike, Days, Months, NaiveDate};
use rust_decimal::Decimal;

/// A span that ends on the day of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Range {
    /// Since the close of the day before.
    Day,
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// Since the last day of the year before.
    YearToDate,
    /// A year.
    #[default]
    Year,
    /// Three years.
    ThreeYears,
    /// Five years.
    FiveYears,
    /// Since the first booking.
    Max,
    /// Since the close of a day that the reader chose.
    Since(NaiveDate),
}

/// The text names no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no range: use 1D, 1W, 1M, 3M, YTD, 1Y, 3Y, 5Y, Max, or a day such as 2025-12-31 to begin at"
)]
pub struct InvalidRange(String);

impl InvalidRange {
    /// What was given, or how it begins.
    pub fn given(&self) -> &str {
        &self.0
    }
}

impl Range {
    /// All ranges that have a name, shortest first.
    pub const NAMED: [Self; 9] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::YearToDate,
        Self::Year,
        Self::ThreeYears,
        Self::FiveYears,
        Self::Max,
    ];

    /// Its short name, as in addresses; `None` for one that begins on a chosen day, which the address names.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Day => "1D",
            Self::Week => "1W",
            Self::Month => "1M",
            Self::Quarter => "3M",
            Self::YearToDate => "YTD",
            Self::Year => "1Y",
            Self::ThreeYears => "3Y",
            Self::FiveYears => "5Y",
            Self::Max => "Max",
            Self::Since(_) => return None,
        })
    }

    /// The day at whose close it begins; never before `first`, the day before the first booking.
    pub fn begins(self, last: NaiveDate, first: NaiveDate) -> NaiveDate {
        let months = |count| last.checked_sub_months(Months::new(count));
        let begins = match self {
            Self::Day => last.pred_opt(),
            Self::Week => last.checked_sub_days(Days::new(7)),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::YearToDate => NaiveDate::from_ymd_opt(last.year() - 1, 12, 31),
            Self::Year => months(12),
            Self::ThreeYears => months(36),
            Self::FiveYears => months(60),
            Self::Max => None,
            // A day to come has not closed yet.
            Self::Since(day) => Some(day.min(last)),
        };
        begins.unwrap_or(first).max(first)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Since(day) => write!(f, "{day}"),
            named => f.pad(named.name().unwrap_or_default()),
        }
    }
}

impl FromStr for Range {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let text = text.trim();
        let is_meant = |range: &Self| range.name().is_some_and(|name| name.eq_ignore_ascii_case(text));
        let named = Self::NAMED.into_iter().find(is_meant);
        let chosen = || text.parse().ok().map(Self::Since);
        named.or_else(chosen).ok_or_else(|| InvalidRange(text.chars().take(20).collect()))
    }
}

/// What happened to a portfolio in a range.
#[derive(Debug, Clone)]
pub struct RangeChange {
    /// The range begins at the close of this day.
    pub since: NaiveDate,
    /// Value at the end less value at the beginning less what was paid in between, in the base currency.
    pub amount: Figure<Decimal>,
    /// Time-weighted return.
    pub rate: Figure<f64>,
    /// Growth of 1 by day, deposits and withdrawals aside.
    pub growth: Figure<DailySeries>,
    /// How far each day is below the high of the range so far: zero or negative.
    pub drawdown: Figure<DailySeries>,
}

impl RangeChange {
    /// The change from the close of `since` to the books' day.
    pub fn of(books: &Books, market: &Market, since: NaiveDate) -> Self {
        let period = Period::new(since, books.as_of());
        let change = period.map(|period| PeriodGain::new(&Subject::portfolio(books), market, period));
        match change {
            Ok(change) => {
                let rate = change.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone);
                let growth = change.time_weighted.map(|linked| linked.index);
                let drawdown = growth.as_ref().map_err(Clone::clone).and_then(underwater);
                Self { since, amount: change.gain, rate, growth, drawdown }
            }
            Err(reason) => Self {
                since,
                amount: Err(reason.clone()),
                rate: Err(reason.clone()),
                growth: Err(reason.clone()),
                drawdown: Err(reason),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn ranges_begin_at_a_close_before_their_first_day() {
        let (last, first) = (day("2026-11-20"), day("2020-01-01"));
        assert_eq!(Range::Day.begins(last, first), day("2026-11-19"));
        assert_eq!(Range::YearToDate.begins(last, first), day("2025-12-31"));
        assert_eq!(Range::Year.begins(last, first), day("2025-11-20"));
        assert_eq!(Range::Max.begins(last, first), first);
    }

    #[test]
    fn no_range_begins_before_the_portfolio() {
        assert_eq!(Range::FiveYears.begins(day("2026-11-20"), day("2025-06-01")), day("2025-06-01"));
    }

    #[test]
    fn names_go_both_ways_in_any_case() {
        for range in Range::NAMED {
            assert_eq!(range.to_string().to_ascii_lowercase().parse(), Ok(range));
        }
        let chosen = Range::Since(day("2025-02-28"));
        assert_eq!((chosen.to_string().as_str(), "2025-02-28".parse()), ("2025-02-28", Ok(chosen)));
        for text in ["2Y", "2025-02-29", ""] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_chosen_day_is_the_close_at_which_the_range_begins() {
        let (last, first) = (day("2026-11-20"), day("2020-01-01"));
        let since = |text| Range::Since(day(text)).begins(last, first);
        assert_eq!(since("2025-03-01"), day("2025-03-01"));
        assert_eq!(since("1999-03-01"), first);
        assert_eq!(since("2030-03-01"), last);
    }
}
