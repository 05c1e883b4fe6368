//! Calendar and rolling returns, from growth of 1 by day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::calculation::fraction;
use super::figure_name::CalendarFigure;
use super::record::Record;
use super::{Label, Operation, Source};
use crate::twr::from_opening;
use crate::{
    CalendarUnit, DailySeries, Figure, Period, Reason, ReturnSummary, RollingWindow, Subject,
    calendar_returns, performance, rolling_returns,
};

/// The figures of rolling returns; [`RollingReturns`](crate::RollingReturns) defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollingFigure {
    /// Of the stretch that ends on a day.
    EndingOn(NaiveDate),
    /// The best.
    Best,
    /// The worst.
    Worst,
    /// Their mean.
    Average,
}

/// One cell of a calendar.
pub(super) fn cell(index: &DailySeries, unit: CalendarUnit, year: i32, number: u32) -> Figure<f64> {
    let returns = calendar_returns(&from_opening(index), unit)?;
    let cell = returns.into_iter().find(|cell| cell.year == year && cell.number == number);
    Ok(cell.ok_or(Reason::TooShort)?.rate)
}

/// A figure of all whole cells.
pub(super) fn together(index: &DailySeries, unit: CalendarUnit, figure: CalendarFigure) -> Figure<f64> {
    let summary = ReturnSummary::of(&calendar_returns(&from_opening(index), unit)?)?;
    Ok(match figure {
        CalendarFigure::Best => summary.best.rate,
        CalendarFigure::Worst => summary.worst.rate,
        CalendarFigure::Average => summary.average,
    })
}

impl RollingFigure {
    pub(super) fn of(self, index: &DailySeries, window: RollingWindow) -> Figure<f64> {
        let rolling = rolling_returns(&from_opening(index), window)?;
        match self {
            Self::EndingOn(day) => rolling.rates.at(day).ok_or(Reason::TooShort),
            Self::Best => Ok(rolling.best.rate),
            Self::Worst => Ok(rolling.worst.rate),
            Self::Average => Ok(rolling.average),
        }
    }
}

impl Record<'_> {
    /// A figure of growth of 1 by day over a period.
    pub(super) fn of_growth(
        &mut self,
        subject: Figure<Subject<'_>>,
        period: Period,
        operation: Operation,
    ) -> usize {
        let label = label(&operation);
        let growth = subject.and_then(|subject| {
            performance(&subject, self.market, period).returns.time_weighted?;
            self.growth_by_day(&subject, period)
        });
        match growth {
            Ok(growth) => self.computed(label, operation, vec![growth]),
            Err(reason) => self.given(label, Err(reason), Source::Unknown),
        }
    }
}

fn label(operation: &Operation) -> Label {
    let of_calendar = |unit: &CalendarUnit| match unit {
        CalendarUnit::Month => "Return of the month",
        CalendarUnit::Quarter => "Return of the quarter",
        CalendarUnit::Year => "Return of the year",
    };
    match operation {
        Operation::CalendarReturn { unit, .. } => {
            fraction(of_calendar(unit), "growth at its end / growth at its opening - 1")
        }
        Operation::CalendarReturns { unit, figure } => fraction(
            of_calendar(unit),
            match figure {
                CalendarFigure::Best => "the best of all",
                CalendarFigure::Worst => "the worst of all",
                CalendarFigure::Average => "mean of all",
            },
        ),
        Operation::RollingReturn { figure, .. } => fraction(
            "Rolling return",
            match figure {
                RollingFigure::EndingOn(_) => {
                    "growth at the end / growth at the opening - 1, a year from one year on"
                }
                RollingFigure::Best => "the best of all stretches, a year from one year on",
                RollingFigure::Worst => "the worst of all stretches, a year from one year on",
                RollingFigure::Average => "mean of all stretches, a year from one year on",
            },
        ),
        _ => fraction("Return", ""),
    }
}
