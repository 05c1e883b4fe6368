//! Internal rate of return of equally spaced payments.

use serde::Serialize;

use super::rate_of;
use crate::{Figure, Reason};

/// A rate of return per period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PeriodicRate {
    /// Per period, of whatever length; 0.1 is 10 %.
    pub rate: f64,
    /// Other rates solve the equation too: this is the one nearest to zero.
    pub ambiguous: bool,
}

/// A period of the equation's length: what comes out a year is then a rate per period.
const PERIOD: usize = super::YEAR as usize;

/// The rate `r` with `sum of amount x (1 + r)^-n = 0`, where `n` counts the periods: payments from the investor's view,
/// one at the start of each period, zero where there was none.
///
/// Solved as [`xirr`](super::xirr) is, with the same rules for several rates and for a total loss.
///
/// # Errors
/// As those of [`xirr`](super::xirr).
pub fn irr(payments: &[f64]) -> Figure<PeriodicRate> {
    if payments.iter().any(|amount| !amount.is_finite()) {
        return Err(Reason::OutOfRange);
    }
    let dated: Figure<Vec<(i32, f64)>> = payments
        .iter()
        .enumerate()
        .map(|(period, amount)| {
            let day = period.checked_mul(PERIOD).and_then(|day| i32::try_from(day).ok());
            Ok((day.ok_or(Reason::OutOfRange)?, *amount))
        })
        .collect();
    let rate = rate_of(&dated?)?;
    Ok(PeriodicRate { rate: rate.annual, ambiguous: rate.ambiguous })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_per_period_needs_no_dates() {
        // 100 become 121 in two periods of 10 %.
        let found = irr(&[-100.0, 0.0, 121.0]).expect("a rate");
        assert!((found.rate - 0.1).abs() < 1e-12 && !found.ambiguous);
    }

    #[test]
    fn a_coupon_bond_at_par_yields_its_coupon() {
        let found = irr(&[-1000.0, 50.0, 50.0, 1050.0]).expect("a rate");
        assert!((found.rate - 0.05).abs() < 1e-12);
    }

    #[test]
    fn several_rates_are_told() {
        // (1 - 1.1 v)(1 - 1.2 v) = 1 - 2.3 v + 1.32 v^2, which both 10 % and 20 % solve.
        let found = irr(&[-100.0, 230.0, -132.0]).expect("a rate");
        assert!(found.ambiguous && ((found.rate - 0.1).abs() < 1e-9 || (found.rate - 0.2).abs() < 1e-9));
    }

    #[test]
    fn a_closing_value_of_nothing_is_a_total_loss() {
        assert_eq!(irr(&[-100.0, -100.0, 0.0]), Ok(PeriodicRate { rate: -1.0, ambiguous: false }));
    }

    #[test]
    fn payments_that_have_no_rate_say_why() {
        assert_eq!(irr(&[]), Err(Reason::NoCapital));
        assert_eq!(irr(&[0.0, 0.0]), Err(Reason::NoCapital));
        assert_eq!(irr(&[-100.0, -50.0]), Err(Reason::OneSided));
        assert_eq!(irr(&[-100.0, f64::NAN]), Err(Reason::OutOfRange));
    }
}
