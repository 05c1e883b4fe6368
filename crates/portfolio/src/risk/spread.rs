//! Mean and standard deviation: what most statistics of risk are made of.

use crate::figure::finite;
use crate::{Figure, Reason};

/// Returns come out of a division of values near each other: differences this small are its rounding.
const ROUNDING: f64 = 1e-14;

/// Mean and sample standard deviation of returns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) mean: f64,
    /// Exactly zero when nothing but rounding differs.
    pub(super) deviation: f64,
}

impl Spread {
    pub(super) fn of(values: &[f64]) -> Figure<Self> {
        let mean = mean(values)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (values.len() as f64 - 1.0)).sqrt();
        let deviation = if is_rounding(deviation, values) { 0.0 } else { finite(deviation)? };
        Ok(Self { mean, deviation })
    }
}

/// The sample standard deviation (divisor n - 1) of one period's returns, not annualised. Zero when they are all equal.
///
/// # Errors
/// [`Reason::TooFewReturns`] for fewer than two.
pub fn standard_deviation(returns: &[f64]) -> Figure<f64> {
    Spread::of(returns).map(|spread| spread.deviation)
}

/// The arithmetic mean of two returns or more.
pub(super) fn mean(values: &[f64]) -> Figure<f64> {
    if values.len() < 2 {
        return Err(Reason::TooFewReturns { known: values.len(), needed: 2 });
    }
    finite(values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample covariance of pairs.
pub(super) fn covariance(left: &[f64], right: &[f64]) -> Figure<f64> {
    let (left_mean, right_mean) = (mean(left)?, mean(right)?);
    let products = left.iter().zip(right).map(|(left, right)| (left - left_mean) * (right - right_mean));
    finite(products.sum::<f64>() / (left.len() as f64 - 1.0))
}

/// Whether a deviation of these values is but their rounding.
pub(super) fn is_rounding(deviation: f64, values: &[f64]) -> bool {
    let size = values.iter().fold(1.0, |size: f64, value| size.max(value.abs()));
    deviation <= ROUNDING * size
}

/// The square root of the number of periods a year.
pub(super) fn annual_scale(periods_per_year: f64) -> Figure<f64> {
    if periods_per_year > 0.0 { finite(periods_per_year.sqrt()) } else { Err(Reason::OutOfRange) }
}
