//! Downside deviation: how far returns fall short.

use super::PeriodRate;
use super::spread::{annual_scale, is_rounding};
use crate::figure::finite;
use crate::{Figure, Reason};

/// The root of the mean square of the shortfalls below the minimum acceptable return, annualised:
/// `sqrt(sum min(r - MAR, 0)^2 / n) x sqrt(periods_per_year)`. `n` counts all returns, not only those that fell short.
///
/// Source: F. A. Sortino and R. van der Meer, "Downside Risk", Journal of Portfolio Management, 1991.
///
/// # Errors
/// [`Reason::TooFewReturns`] for fewer than two returns.
pub fn downside_deviation(
    returns: &[f64],
    minimum_acceptable: PeriodRate<'_>,
    periods_per_year: f64,
) -> Figure<f64> {
    if returns.len() < 2 {
        return Err(Reason::TooFewReturns { known: returns.len(), needed: 2 });
    }
    let excess = minimum_acceptable.excess(returns)?;
    let squares: f64 = excess.iter().map(|excess| excess.min(0.0).powi(2)).sum();
    let deviation = (squares / excess.len() as f64).sqrt();
    let deviation = if is_rounding(deviation, returns) { 0.0 } else { deviation };
    finite(deviation * annual_scale(periods_per_year)?)
}
