//! Time-weighted return beside the benchmark's total return on the same days.

use chrono::NaiveDate;
use serde::Serialize;

use super::Benchmark;
use crate::{DailySeries, Figure, Reason};

/// What a portfolio and a benchmark returned over the same days, whenever money came and went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkedComparison {
    /// The day at whose close both begin.
    pub from: NaiveDate,
    /// The benchmark's first close, when it is later than the day that was asked for: both begin there.
    pub starts_late: Option<NaiveDate>,
    /// The last day.
    pub to: NaiveDate,
    /// The portfolio's time-weighted return; 0.1 is 10 %.
    pub own: f64,
    /// The benchmark's total return, dividends reinvested.
    pub benchmark: f64,
    /// The portfolio's less the benchmark's.
    pub ahead_by: f64,
}

impl Benchmark {
    /// Compares a time-weighted index, the growth of 1 by day as in
    /// [`TimeWeighted::index`](crate::TimeWeighted::index), with the benchmark. Both begin at the close of the index's
    /// first day; what the portfolio lost or won within that day, such as a fee, counts.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when the benchmark has no close by the last day or was not prepared up to it,
    /// [`Reason::NoCapital`] when it starts late and everything was lost by then.
    pub fn against_index(&self, index: &DailySeries) -> Figure<LinkedComparison> {
        let no_price = || self.no_price();
        let last = index.last().ok_or(Reason::NoCapital)?;
        let (from, to) = (index.first_day, index.day(index.len().saturating_sub(1)));
        let starts_late = self.starts_late(from).filter(|start| *start <= to);
        let (from, before) = match starts_late {
            Some(start) => (start, index.at(start).ok_or_else(no_price)?),
            None => (from, 1.0),
        };
        if before <= 0.0 {
            return Err(Reason::NoCapital);
        }
        let own = last / before - 1.0;
        let benchmark = self.return_between(from.max(self.first_day()), to)?;
        if !own.is_finite() {
            return Err(Reason::OutOfRange);
        }
        Ok(LinkedComparison { from, starts_late, to, own, benchmark, ahead_by: own - benchmark })
    }
}
