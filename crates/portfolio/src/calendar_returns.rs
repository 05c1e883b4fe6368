//! Returns by calendar month, quarter and year, from a daily index.

mod rolling;
mod summary;
#[cfg(test)]
mod tests;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::figure::finite;
use crate::{DailySeries, Figure, Period, Reason};

pub use rolling::{RollingExtreme, RollingReturns, RollingWindow, rolling_returns};
pub use summary::ReturnSummary;

/// A division of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalendarUnit {
    /// Months.
    Month,
    /// Quarters from January, April, July and October.
    Quarter,
    /// Years.
    Year,
}

/// The return of one month, quarter or year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalendarReturn {
    /// The year.
    pub year: i32,
    /// Which month (1 to 12) or quarter (1 to 4) of it; 1 for a year.
    pub number: u32,
    /// The days that count: less than the whole when the index begins or ends within it.
    pub period: Period,
    /// 0.1 is 10 %.
    pub rate: f64,
    /// Whether days of it lie before or after the index.
    pub partial: bool,
}

/// A year of monthly returns: a row of the calendar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalendarYear {
    /// January to December; `None` outside the index.
    pub months: [Option<CalendarReturn>; 12],
    /// The year as a whole.
    pub total: CalendarReturn,
}

/// The return of each month, quarter or year, oldest first: the index at its last close by that at the close before
/// it began. The index opens with its first value. It may start at any level; one that falls to zero ends there.
///
/// For a portfolio take [`TimeWeighted::from_opening`](crate::TimeWeighted::from_opening), for a benchmark its
/// [`index`](crate::Benchmark::index).
///
/// # Errors
/// [`Reason::TooShort`] for an index of fewer than two days, [`Reason::NoCapital`] when it starts without value,
/// [`Reason::OutOfRange`] when it holds what is no number.
pub fn calendar_returns(index: &DailySeries, unit: CalendarUnit) -> Figure<Vec<CalendarReturn>> {
    if index.len() < 2 {
        return Err(Reason::TooShort);
    }
    let (opens, closes) = (index.first_day, index.day(index.len() - 1));
    let level = |day| index.at(day).ok_or(Reason::TooShort).and_then(finite);
    let mut returns = Vec::new();
    let mut from = opens;
    let mut opening = level(from)?;
    if opening <= 0.0 {
        return Err(Reason::NoCapital);
    }
    while from < closes && opening > 0.0 {
        let first_day = from.checked_add_days(Days::new(1)).ok_or(Reason::OutOfRange)?;
        let whole = unit.around(first_day).ok_or(Reason::OutOfRange)?;
        let to = whole.to.min(closes);
        let closing = level(to)?;
        returns.push(CalendarReturn {
            year: first_day.year(),
            number: unit.number(first_day),
            period: Period { from, to },
            rate: finite(closing / opening - 1.0)?,
            partial: whole != Period { from, to },
        });
        (from, opening) = (to, closing);
    }
    Ok(returns)
}

/// The monthly returns by year with the years' totals, oldest first.
///
/// # Errors
/// As [`calendar_returns`].
pub fn calendar_years(index: &DailySeries) -> Figure<Vec<CalendarYear>> {
    let months = calendar_returns(index, CalendarUnit::Month)?;
    let mut years: Vec<_> = calendar_returns(index, CalendarUnit::Year)?
        .into_iter()
        .map(|total| CalendarYear { months: [None; 12], total })
        .collect();
    for month in months {
        let row = years.iter_mut().find(|row| row.total.year == month.year);
        let cell = row.and_then(|row| row.months.get_mut(month.number as usize - 1));
        if let Some(cell) = cell {
            *cell = Some(month);
        }
    }
    Ok(years)
}

impl CalendarUnit {
    fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// Which of its year a day is in, from 1.
    pub(crate) fn number(self, day: NaiveDate) -> u32 {
        day.month0() / self.months() + 1
    }

    /// The whole unit that a day is in.
    fn around(self, day: NaiveDate) -> Option<Period> {
        let first = day.with_day(1)?.with_month0(day.month0() / self.months() * self.months())?;
        let next = first.checked_add_months(Months::new(self.months()))?;
        Some(Period { from: first.pred_opt()?, to: next.pred_opt()? })
    }
}
