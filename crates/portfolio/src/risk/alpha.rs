//! Jensen's alpha: what was earned beyond the pay for beta.

use super::PeriodRate;
use super::beta::slope;
use super::period_rate::paired;
use super::spread::mean;
use crate::Figure;
use crate::figure::finite;

/// Mean return above what beta explains, annualised by multiplication: `(mean(r - rf) - beta x mean(b - rf)) x
/// periods_per_year`.
///
/// Packages that compound instead give `(1 + a)^periods_per_year - 1` for `a` this alpha of one period.
///
/// Source: M. C. Jensen, "The Performance of Mutual Funds in the Period 1945-1964", Journal of Finance, 1968.
///
/// # Errors
/// As [`beta()`](crate::risk::beta).
pub fn alpha(
    returns: &[f64],
    benchmark: &[f64],
    risk_free: PeriodRate<'_>,
    periods_per_year: f64,
) -> Figure<f64> {
    paired(returns, benchmark)?;
    let (own, market) = (risk_free.excess(returns)?, risk_free.excess(benchmark)?);
    let beta = slope(&own, &market)?;
    finite((mean(&own)? - beta * mean(&market)?) * periods_per_year)
}
