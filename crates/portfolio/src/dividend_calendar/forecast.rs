//! What the dividends of the past lead to expect.

use bellwether_domain::Currency;
use chrono::{Days, Months, NaiveDate};
use rust_decimal::Decimal;

use super::DividendFrequency;
use crate::income::DividendHistory;
use crate::{Figure, Reason};

/// A dividend that nobody declared yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) ex_date: NaiveDate,
    pub(super) earliest: NaiveDate,
    pub(super) latest: NaiveDate,
    pub(super) per_unit: Decimal,
    pub(super) currency: Currency,
    /// Half the time to the next one: nearer than that, a declared dividend is this one.
    reach: i64,
}

impl Expected {
    /// Whether one of the days is so near that it can only be this dividend.
    pub(super) fn is_among(&self, declared: &[NaiveDate]) -> bool {
        declared.iter().any(|day| day.signed_duration_since(self.ex_date).num_days().abs() <= self.reach)
    }
}

/// The regular dividends to be expected after the history's day up to another: each a year after the one of a year
/// before, with the newest amount.
///
/// # Errors
/// [`Reason::NoDividends`] without any, [`Reason::NoDividendPattern`] when they come at no steady pace, or have stopped.
pub(super) fn expected(history: &DividendHistory, until: NaiveDate) -> Figure<Vec<Expected>> {
    let last = history.regular().next_back().ok_or(Reason::NoDividends)?;
    let mut ex_dates: Vec<NaiveDate> = history.regular().map(|paid| paid.ex_date).collect();
    ex_dates.dedup();
    let pace = DividendFrequency::of(&ex_dates).ok_or(Reason::NoDividendPattern)?;
    let tolerance = Days::new(pace.tolerance());
    let mut expected = Vec::new();
    loop {
        let next = pace.following(&ex_dates).ok_or(Reason::OutOfRange)?;
        let (earliest, latest) = next
            .checked_sub_days(tolerance)
            .zip(next.checked_add_days(tolerance))
            .ok_or(Reason::OutOfRange)?;
        if latest <= history.as_of {
            // One was left out: they have stopped, or come at another pace now.
            return Err(Reason::NoDividendPattern);
        }
        if next > until {
            return Ok(expected);
        }
        let tomorrow = history.as_of.succ_opt().ok_or(Reason::OutOfRange)?;
        let ex_date = next.max(tomorrow);
        expected.push(Expected {
            ex_date,
            earliest: earliest.max(tomorrow),
            latest,
            per_unit: last.per_unit,
            currency: last.currency,
            reach: 182 / pace.a_year() as i64,
        });
        ex_dates.push(next);
    }
}

impl DividendFrequency {
    /// The ex-date after the newest: a year after the one that is a year's payments back where that fits the pace, else
    /// one pace after the newest.
    fn following(self, ex_dates: &[NaiveDate]) -> Option<NaiveDate> {
        let paced = self.after(*ex_dates.last()?)?;
        let a_year_back = ex_dates.len().checked_sub(self.a_year()).and_then(|index| ex_dates.get(index));
        let repeated = a_year_back.and_then(|day| match self {
            Self::Weekly => None,
            _ => day.checked_add_months(Months::new(12)),
        });
        let fits = |day: &NaiveDate| {
            let apart = day.signed_duration_since(paced).num_days().unsigned_abs();
            apart <= 2 * self.tolerance()
        };
        Some(repeated.filter(fits).unwrap_or(paced))
    }
}
