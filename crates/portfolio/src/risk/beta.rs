//! Beta: how much of the benchmark's movement is taken along.

use super::PeriodRate;
use super::period_rate::paired;
use super::spread::{Spread, covariance};
use crate::figure::finite;
use crate::{Figure, Reason};

/// The slope of the returns on the benchmark's, both above the risk-free rate: `cov(r - rf, b - rf) / var(b - rf)`.
///
/// Source: W. F. Sharpe, "Capital Asset Prices", Journal of Finance, 1964.
///
/// # Errors
/// [`Reason::FlatBenchmark`] when the benchmark's returns are all the same, [`Reason::UnequalPeriods`] unless both have
/// the same periods, [`Reason::TooFewReturns`] for fewer than two.
pub fn beta(returns: &[f64], benchmark: &[f64], risk_free: PeriodRate<'_>) -> Figure<f64> {
    paired(returns, benchmark)?;
    slope(&risk_free.excess(returns)?, &risk_free.excess(benchmark)?)
}

/// The slope of some returns on as many others.
pub(super) fn slope(own: &[f64], market: &[f64]) -> Figure<f64> {
    let spread = Spread::of(market)?;
    if spread.deviation <= 0.0 {
        return Err(Reason::FlatBenchmark);
    }
    finite(covariance(own, market)? / spread.deviation.powi(2))
}
