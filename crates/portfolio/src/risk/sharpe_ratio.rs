//! Sharpe ratio: reward for risk taken.

use super::PeriodRate;
use super::spread::{Spread, annual_scale};
use crate::figure::finite;
use crate::{Figure, Reason};

/// Mean return above the risk-free rate for each unit of its deviation: `mean(r - rf) / s(r - rf) x
/// sqrt(periods_per_year)`.
///
/// Source: W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994 (ex post form).
///
/// # Errors
/// [`Reason::NoVariation`] when the differences are all the same, [`Reason::TooFewReturns`] for fewer than two.
pub fn sharpe_ratio(returns: &[f64], risk_free: PeriodRate<'_>, periods_per_year: f64) -> Figure<f64> {
    let spread = Spread::of(&risk_free.excess(returns)?)?;
    if spread.deviation <= 0.0 {
        return Err(Reason::NoVariation);
    }
    finite(spread.mean / spread.deviation * annual_scale(periods_per_year)?)
}
