//! Tracking error: how far returns stray from the benchmark's.

use super::period_rate::differences;
use super::volatility;
use crate::Figure;

/// The annualised standard deviation of the differences to the benchmark: `s(r - b) x sqrt(periods_per_year)`.
///
/// Source: R. C. Grinold and R. N. Kahn, "Active Portfolio Management", 1999 (active risk).
///
/// # Errors
/// [`Reason::UnequalPeriods`](crate::Reason::UnequalPeriods) unless both have the same periods,
/// [`Reason::TooFewReturns`](crate::Reason::TooFewReturns) for fewer than two.
pub fn tracking_error(returns: &[f64], benchmark: &[f64], periods_per_year: f64) -> Figure<f64> {
    volatility(&differences(returns, benchmark)?, periods_per_year)
}
