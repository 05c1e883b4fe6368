//! Volatility: how much returns differ from each other.

use super::spread::{annual_scale, standard_deviation};
use crate::Figure;
use crate::figure::finite;

/// The annualised standard deviation of simple returns: `s x sqrt(periods_per_year)` with the sample deviation `s`.
///
/// Source: GIPS standards, three-year annualised ex post standard deviation; the sample form as in Sharpe (1994).
///
/// # Errors
/// [`Reason::TooFewReturns`](crate::Reason::TooFewReturns) for fewer than two returns.
pub fn volatility(returns: &[f64], periods_per_year: f64) -> Figure<f64> {
    finite(standard_deviation(returns)? * annual_scale(periods_per_year)?)
}
