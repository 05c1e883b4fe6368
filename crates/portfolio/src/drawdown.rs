//! Drawdowns: the falls of a return index from its peaks.

use chrono::NaiveDate;
use serde::Serialize;

use crate::figure::{all_finite, finite};
use crate::{DailySeries, Figure, Reason};

/// A product of many returns comes back to its peak but for rounding: so small a difference is no fall.
const ROUNDING: f64 = 1e-12;

/// A fall of a return index from a peak to a trough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drawdown {
    /// How deep, as a negative number: -0.25 is a quarter lost. Zero when it never fell.
    pub depth: f64,
    /// The first day at the height from which it fell.
    pub peak: NaiveDate,
    /// The first of the deepest days.
    pub trough: NaiveDate,
    /// The first day on which the peak was reached again; `None` while it is not.
    pub recovered: Option<NaiveDate>,
}

impl Drawdown {
    /// Calendar days from the peak to the trough.
    pub fn days_down(&self) -> i64 {
        self.trough.signed_duration_since(self.peak).num_days()
    }

    /// Calendar days from the trough until the peak was reached again; `None` while it is not.
    pub fn days_recovering(&self) -> Option<i64> {
        self.recovered.map(|day| day.signed_duration_since(self.trough).num_days())
    }
}

/// All falls of a return index, oldest first; one that still lasts is the last. The index is growth of 1 by day, where
/// the start at 1 is a peak too.
///
/// To be taken on a time-weighted index, never on a portfolio's value, in which deposits hide the losses.
///
/// # Errors
/// [`Reason::TooShort`] for an index of fewer than two days, [`Reason::OutOfRange`] when it holds what is no number.
pub fn drawdowns(index: &DailySeries) -> Figure<Vec<Drawdown>> {
    let mut falls = Vec::new();
    each_fall(index, |fall| falls.push(fall.dated(index)))?;
    Ok(falls)
}

/// A fall by places of the index.
struct Fall {
    depth: f64,
    peak: usize,
    trough: usize,
    recovered: Option<usize>,
}

impl Fall {
    fn dated(&self, index: &DailySeries) -> Drawdown {
        Drawdown {
            depth: self.depth,
            peak: index.day(self.peak),
            trough: index.day(self.trough),
            recovered: self.recovered.map(|day| index.day(day)),
        }
    }
}

/// Tells of each fall when it has ended, and of one that still lasts at last.
fn each_fall(index: &DailySeries, mut ended: impl FnMut(&Fall)) -> Figure<()> {
    if index.len() < 2 {
        return Err(Reason::TooShort);
    }
    let (mut high, mut peak) = (1.0, 0);
    let mut lasting: Option<Fall> = None;
    for (day, &growth) in index.values.iter().enumerate() {
        let depth = below(finite(growth)?, if growth > high { growth } else { high });
        match &mut lasting {
            None if depth < 0.0 => lasting = Some(Fall { depth, peak, trough: day, recovered: None }),
            Some(fall) if depth >= 0.0 => {
                fall.recovered = Some(day);
                ended(fall);
                lasting = None;
            }
            Some(fall) if depth < fall.depth => (fall.depth, fall.trough) = (depth, day),
            _ => {}
        }
        if growth > high {
            (high, peak) = (growth, day);
        }
    }
    lasting.iter().for_each(ended);
    Ok(())
}

/// The deepest of all falls, the first where two are equal. Of depth zero, on the first day, where there is none.
///
/// # Errors
/// As [`drawdowns`].
pub fn max_drawdown(index: &DailySeries) -> Figure<Drawdown> {
    let mut deepest = Fall { depth: 0.0, peak: 0, trough: 0, recovered: Some(0) };
    each_fall(index, |fall| {
        if fall.depth < deepest.depth {
            deepest = Fall { ..*fall };
        }
    })?;
    Ok(deepest.dated(index))
}

/// How far the index is below its highest point at the end: zero or negative.
///
/// # Errors
/// As [`drawdowns`].
pub fn current_drawdown(index: &DailySeries) -> Figure<f64> {
    if index.len() < 2 {
        return Err(Reason::TooShort);
    }
    let mut high = 1.0;
    for growth in &index.values {
        high = f64::max(high, finite(*growth)?);
    }
    index.last().map(|last| below(last, high)).ok_or(Reason::TooShort)
}

/// How far each day is below the highest point so far: zero or negative.
///
/// # Errors
/// As [`drawdowns`].
pub fn underwater(index: &DailySeries) -> Figure<DailySeries> {
    if index.len() < 2 {
        return Err(Reason::TooShort);
    }
    let mut high = 1.0_f64;
    let below = |growth: &f64| {
        // What is no number must not pass for none.
        high = if *growth <= high { high } else { *growth };
        below(*growth, high)
    };
    let values = all_finite(index.values.iter().map(below).collect())?;
    Ok(DailySeries { first_day: index.first_day, values })
}

/// The deepest fall of what grows by the given returns, as a negative number or zero; the start is a peak too.
///
/// # Errors
/// [`Reason::TooFewReturns`] without any return, [`Reason::OutOfRange`] when one is no number.
pub fn max_drawdown_of_returns(returns: &[f64]) -> Figure<f64> {
    if returns.is_empty() {
        return Err(Reason::TooFewReturns { known: 0, needed: 1 });
    }
    let (mut growth, mut high, mut deepest) = (1.0_f64, 1.0_f64, 0.0_f64);
    for value in returns {
        growth = finite(growth * (1.0 + value))?.max(0.0);
        high = high.max(growth);
        deepest = deepest.min(below(growth, high));
    }
    Ok(deepest)
}

fn below(growth: f64, high: f64) -> f64 {
    let below = growth / high - 1.0;
    if below > -ROUNDING { 0.0 } else { below }
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
    fn every_fall_is_listed_with_its_days_down_and_up_again() {
        let index = index(&[1.0, 1.25, 1.0, 1.1, 1.25, 1.3, 1.17, 0.65, 0.78]);
        let falls = drawdowns(&index).expect("falls");
        let spans: Vec<_> = falls.iter().map(|fall| (fall.days_down(), fall.days_recovering())).collect();
        assert_eq!(spans, [(1, Some(2)), (2, None)]);
        assert!((falls[0].depth + 0.2).abs() < 1e-15 && (falls[1].depth + 0.5).abs() < 1e-15);
        assert_eq!(max_drawdown(&index), Ok(falls[1]));
        let below = underwater(&index).expect("depths").values;
        assert!((below[3] + 0.12).abs() < 1e-15 && below[5].abs() < 1e-15 && (below[8] + 0.4).abs() < 1e-15);
    }

    #[test]
    fn a_peak_is_its_first_day_and_rounding_no_fall() {
        let falls =
            drawdowns(&index(&[1.0, 1.2, 1.2 - 1e-16, 1.2 - 2e-16, 0.6, 1.2 - 2e-16])).expect("falls");
        assert_eq!(falls.len(), 1);
        assert_eq!((falls[0].peak, falls[0].recovered), (date("2024-01-02"), Some(date("2024-01-06"))));
    }

    #[test]
    fn returns_fall_from_the_start_and_from_every_peak() {
        let of = |returns: &[f64]| max_drawdown_of_returns(returns).expect("a fall");
        // 0.8, 1.2, 0.9: a fifth below the start, then a quarter below the peak.
        assert!((of(&[-0.2, 0.5, -0.25]) + 0.25).abs() < 1e-15);
        assert!((of(&[-0.2, 0.5]) + 0.2).abs() < 1e-15);
        assert!(of(&[0.1]).abs() < 1e-15);
        assert!((of(&[0.1, -1.0, 5.0]) + 1.0).abs() < 1e-15);
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
