//! Figures by calendar day on one dense axis.

mod fill;
mod portfolio_series;
mod position_series;
mod sessions;
#[cfg(test)]
mod tests;
mod valuation;

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::NaiveDate;
use serde::Serialize;

pub(crate) use fill::{fill_forward, fill_prices};
pub use portfolio_series::PortfolioSeries;
pub use position_series::PositionSeries;
pub(crate) use valuation::Valuation;

use crate::{Figure, Period, Reason};

/// One number for each calendar day from `first_day` on, weekends included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DailySeries {
    /// The day of the first value.
    pub first_day: NaiveDate,
    /// The values, one a day.
    pub values: Vec<f64>,
}

impl DailySeries {
    /// How many days there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no day.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a day; `None` outside the series.
    pub fn at(&self, day: NaiveDate) -> Option<f64> {
        let offset = i64::from(epoch_day(day)) - i64::from(epoch_day(self.first_day));
        self.values.get(usize::try_from(offset).ok()?).copied()
    }

    /// The day of a position on the axis.
    pub fn day(&self, index: usize) -> NaiveDate {
        from_epoch_day(epoch_day(self.first_day).saturating_add(i32::try_from(index).unwrap_or(i32::MAX)))
    }

    /// The values of a period, its opening day's first; days outside the series are left out.
    ///
    /// # Errors
    /// [`Reason::TooShort`] when the series does not reach into the period.
    pub fn within(&self, period: Period) -> Figure<Self> {
        let start = epoch_day(self.first_day);
        let offset = |day: NaiveDate| {
            usize::try_from(i64::from(epoch_day(day)) - i64::from(start)).unwrap_or(0).min(self.len())
        };
        let end = if period.to < self.first_day { 0 } else { (offset(period.to) + 1).min(self.len()) };
        let values = self.values.get(offset(period.from)..end).filter(|values| !values.is_empty());
        let values = values.ok_or(Reason::TooShort)?.to_vec();
        Ok(Self { first_day: self.day(offset(period.from)), values })
    }

    /// The last value.
    pub fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }
}
