//! Sortino ratio: reward for the risk of falling short.

use super::spread::mean;
use super::{PeriodRate, downside_deviation};
use crate::figure::finite;
use crate::{Figure, Reason};

/// Mean return above the minimum acceptable one for each unit of downside deviation: `mean(r - MAR) x
/// periods_per_year / downside deviation`.
///
/// Source: F. A. Sortino and L. N. Price, "Performance Measurement in a Downside Risk Framework", Journal of
/// Investing, 1994.
///
/// # Errors
/// [`Reason::NoLoss`] when no return fell short, [`Reason::TooFewReturns`] for fewer than two.
pub fn sortino_ratio(
    returns: &[f64],
    minimum_acceptable: PeriodRate<'_>,
    periods_per_year: f64,
) -> Figure<f64> {
    let downside = downside_deviation(returns, minimum_acceptable, periods_per_year)?;
    if downside <= 0.0 {
        return Err(Reason::NoLoss);
    }
    finite(mean(&minimum_acceptable.excess(returns)?)? * periods_per_year / downside)
}
