//! Returns by period, from values and from series with holes.

use crate::figure::finite;
use crate::{Figure, Reason};

/// The simple return from each value to the next.
///
/// # Errors
/// [`Reason::TooFewReturns`] for fewer than two values, [`Reason::NoCapital`] when one that something follows is not
/// positive.
pub fn returns_of(values: &[f64]) -> Figure<Vec<f64>> {
    if values.len() < 2 {
        return Err(Reason::TooFewReturns { known: 0, needed: 1 });
    }
    let mut returns = Vec::with_capacity(values.len() - 1);
    for (before, after) in values.iter().zip(values.iter().skip(1)) {
        if before.is_nan() || *before <= 0.0 {
            return Err(Reason::NoCapital);
        }
        returns.push(finite(after / before - 1.0)?);
    }
    Ok(returns)
}

/// The periods for which all series have a value, in order: what a statistic of several series is taken on. A series
/// that ends earlier ends all of them.
pub fn common_periods<const N: usize>(series: [&[Option<f64>]; N]) -> [Vec<f64>; N] {
    let length = series.iter().map(|values| values.len()).min().unwrap_or(0);
    let mut common = std::array::from_fn(|_| Vec::with_capacity(length));
    for period in 0..length {
        let of_period = series.map(|values| values.get(period).copied().flatten());
        if of_period.iter().all(Option::is_some) {
            common
                .iter_mut()
                .zip(of_period)
                .for_each(|(values, value): (&mut Vec<f64>, _)| values.extend(value));
        }
    }
    common
}
