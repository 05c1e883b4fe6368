//! Figures by calendar day on one dense axis.

mod fill;
mod portfolio_series;
mod position_series;
#[cfg(test)]
mod tests;
mod valuation;

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::NaiveDate;
use serde::Serialize;

pub(crate) use fill::{fill_forward, fill_prices};
pub use portfolio_series::PortfolioSeries;
pub use position_series::PositionSeries;

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

    /// The last value.
    pub fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }
}
