//! Rates that returns are measured against, period by period.

use crate::figure::{all_finite, finite};
use crate::{Figure, Reason};

/// What each period's return is measured against: the risk-free rate, or the least that is acceptable (MAR).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PeriodRate<'a> {
    /// The same in every period.
    Constant(f64),
    /// Each period's own, in the order of the returns.
    ByPeriod(&'a [f64]),
}

impl PeriodRate<'_> {
    /// Nothing: returns as they are.
    pub const ZERO: Self = Self::Constant(0.0);

    /// Each return less its period's rate.
    ///
    /// # Errors
    /// [`Reason::UnequalPeriods`] unless there are as many rates as returns, [`Reason::OutOfRange`] for what is no number.
    pub fn excess(&self, returns: &[f64]) -> Figure<Vec<f64>> {
        match self {
            Self::Constant(rate) => all_finite(returns.iter().map(|value| value - rate).collect()),
            Self::ByPeriod(rates) => differences(returns, rates),
        }
    }
}

/// The rate of one period that compounds to a yearly one: `(1 + annual)^(1 / periods_per_year) - 1`.
///
/// # Errors
/// [`Reason::OutOfRange`] for -100 % or less, and for a number of periods that is not positive.
pub fn per_period(annual: f64, periods_per_year: f64) -> Figure<f64> {
    if annual <= -1.0 || periods_per_year <= 0.0 {
        return Err(Reason::OutOfRange);
    }
    finite((annual.ln_1p() / periods_per_year).exp_m1())
}

/// The differences of pairs.
pub(super) fn differences(left: &[f64], right: &[f64]) -> Figure<Vec<f64>> {
    paired(left, right)?;
    all_finite(left.iter().zip(right).map(|(left, right)| left - right).collect())
}

/// That both have the same periods.
pub(super) fn paired(left: &[f64], right: &[f64]) -> Figure<()> {
    if left.len() == right.len() {
        return Ok(());
    }
    Err(Reason::UnequalPeriods { returns: left.len(), others: right.len() })
}
