//! Drawdown: the deepest fall from a peak.

use chrono::NaiveDate;

use crate::{DailySeries, Figure, Reason};

/// A fall of a return index from a peak to a trough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawdown {
    /// How deep, as a negative number: -0.25 is a quarter lost. Zero when it never fell.
    pub depth: f64,
    /// The last day at the peak before it.
    pub peak: NaiveDate,
    /// The deepest day.
    pub trough: NaiveDate,
    /// The first day on which the peak was reached again; `None` while it is not.
    pub recovered: Option<NaiveDate>,
}

/// The deepest fall of a return index: growth of 1 by day, where the start at 1 is a peak too.
///
/// To be taken on a time-weighted index, never on a portfolio's value, in which deposits hide the losses.
///
/// # Errors
/// [`Reason::TooShort`] for an index of fewer than two days.
pub fn max_drawdown(index: &DailySeries) -> Figure<Drawdown> {
    if index.len() < 2 {
        return Err(Reason::TooShort);
    }
    let (mut peak, mut peak_day) = (1.0, 0);
    let (mut depth, mut fall) = (0.0, (0, 0, 1.0));
    for (day, &growth) in index.values.iter().enumerate() {
        if growth > peak {
            (peak, peak_day) = (growth, day);
        }
        let below = growth / peak - 1.0;
        if below < depth {
            (depth, fall) = (below, (peak_day, day, peak));
        }
    }
    let (peak_day, trough, height) = fall;
    let recovered = index.values.iter().skip(trough).position(|growth| *growth >= height);
    Ok(Drawdown {
        depth,
        peak: index.day(peak_day),
        trough: index.day(trough),
        recovered: recovered.map(|days| index.day(trough + days)),
    })
}

/// How far the index is below its highest point at the end: zero or negative.
///
/// # Errors
/// [`Reason::TooShort`] for an index of fewer than two days.
pub fn current_drawdown(index: &DailySeries) -> Figure<f64> {
    let last = index.last().filter(|_| index.len() > 1).ok_or(Reason::TooShort)?;
    Ok(last / index.values.iter().fold(1.0, |peak: f64, growth| peak.max(*growth)) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::date;

    fn index(values: &[f64]) -> DailySeries {
        DailySeries { first_day: date("2024-01-01"), values: values.to_vec() }
    }

    #[test]
    fn the_deepest_fall_has_its_dates() {
        let fall = max_drawdown(&index(&[1.0, 1.25, 1.0, 1.1, 1.3, 0.65, 1.2, 1.3])).expect("a fall");
        assert!((fall.depth + 0.5).abs() < 1e-15);
        assert_eq!((fall.peak, fall.trough), (date("2024-01-05"), date("2024-01-06")));
        assert_eq!(fall.recovered, Some(date("2024-01-08")));
    }

    #[test]
    fn a_loss_on_the_first_day_falls_from_the_start() {
        let fall = max_drawdown(&index(&[0.9, 0.95])).expect("a fall");
        assert!((fall.depth + 0.1).abs() < 1e-15);
        assert_eq!((fall.peak, fall.trough, fall.recovered), (date("2024-01-01"), date("2024-01-01"), None));
    }

    #[test]
    fn what_never_falls_has_depth_zero() {
        assert!(max_drawdown(&index(&[1.0, 1.0, 1.1])).is_ok_and(|fall| fall.depth.abs() < f64::EPSILON));
    }

    #[test]
    fn one_day_has_no_drawdown() {
        assert_eq!(max_drawdown(&index(&[0.5])), Err(Reason::TooShort));
    }

    #[test]
    fn the_current_drawdown_is_measured_from_the_highest_day() {
        assert!(current_drawdown(&index(&[1.0, 2.0, 1.5])).is_ok_and(|depth| (depth + 0.25).abs() < 1e-15));
    }
}
