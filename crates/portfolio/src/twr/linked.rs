//! Geometric linking of returns that are known already.

use crate::{Figure, Reason};

/// The return over consecutive periods, each with its own: `product of (1 + r) - 1`.
///
/// A loss of 100 % ends the chain: nothing after it counts.
///
/// # Errors
/// [`Reason::TooShort`] without any return, [`Reason::OutOfRange`] for what is no number.
pub fn linked(returns: &[f64]) -> Figure<f64> {
    if returns.is_empty() {
        return Err(Reason::TooShort);
    }
    let mut growth = 1.0;
    for factor in returns.iter().map(|rate| 1.0 + rate) {
        if factor <= 0.0 {
            return Ok(-1.0);
        }
        growth *= factor;
        if !f64::is_finite(growth) {
            return Err(Reason::OutOfRange);
        }
    }
    Ok(growth - 1.0)
}

/// The time-weighted return of a portfolio that was valued whenever money came or went: its value at the start of
/// each sub-period, after the flow, and at the end of it, before the next.
///
/// # Errors
/// [`Reason::NoCapital`] where a sub-period starts without value, otherwise as [`linked`].
pub fn linked_sub_periods(values: &[(f64, f64)]) -> Figure<f64> {
    let returns: Figure<Vec<f64>> = values
        .iter()
        .map(|(start, end)| if *start > 0.0 { Ok(end / start - 1.0) } else { Err(Reason::NoCapital) })
        .collect();
    linked(&returns?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_compound() {
        // 1.1 x 0.9 = 0.99
        assert!(linked(&[0.1, -0.1]).is_ok_and(|total| (total + 0.01).abs() < 1e-15));
    }

    #[test]
    fn nothing_grows_out_of_a_total_loss() {
        assert_eq!(linked(&[0.5, -1.0, 3.0]), Ok(-1.0));
    }

    #[test]
    fn money_paid_in_between_is_no_return() {
        // 100 grow to 110; with 90 more, 200 shrink to 190: 1.1 x 0.95 = 1.045.
        let total = linked_sub_periods(&[(100.0, 110.0), (200.0, 190.0)]);
        assert!(total.is_ok_and(|total| (total - 0.045).abs() < 1e-15));
    }

    #[test]
    fn what_cannot_be_linked_says_why() {
        assert_eq!(linked(&[]), Err(Reason::TooShort));
        assert_eq!(linked(&[f64::NAN]), Err(Reason::OutOfRange));
        assert_eq!(linked(&[f64::MAX, f64::MAX]), Err(Reason::OutOfRange));
        assert_eq!(linked_sub_periods(&[(100.0, 110.0), (0.0, 10.0)]), Err(Reason::NoCapital));
    }
}
