//! Correlation: how alike two series move.

use super::period_rate::paired;
use super::spread::{Spread, covariance};
use crate::figure::finite;
use crate::{Figure, Reason};

/// Pearson's correlation of pairs of returns, from -1 to 1.
///
/// Source: K. Pearson, "Notes on Regression and Inheritance", Proceedings of the Royal Society, 1895.
///
/// # Errors
/// [`Reason::NoVariation`] or [`Reason::FlatBenchmark`] when one side's returns are all the same,
/// [`Reason::UnequalPeriods`] unless both have the same periods, [`Reason::TooFewReturns`] for fewer than two.
pub fn correlation(returns: &[f64], benchmark: &[f64]) -> Figure<f64> {
    paired(returns, benchmark)?;
    let (own, market) = (Spread::of(returns)?.deviation, Spread::of(benchmark)?.deviation);
    if own <= 0.0 {
        return Err(Reason::NoVariation);
    }
    if market <= 0.0 {
        return Err(Reason::FlatBenchmark);
    }
    finite((covariance(returns, benchmark)? / own / market).clamp(-1.0, 1.0))
}
