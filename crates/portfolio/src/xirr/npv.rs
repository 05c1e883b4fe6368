//! Net present value of dated payments.

use super::{Flow, YEAR};
use crate::{Figure, Reason};

/// What dated payments are worth on the day of the first of them at a yearly `rate`: `sum of amount x (1 + rate)^(-days /
/// 365)`. Zero at the rate that [`xirr`](super::xirr) gives.
///
/// # Errors
/// [`Reason::NoCapital`] without any payment, [`Reason::OutOfRange`] for a rate of -100 % or less and for values that no
/// number holds.
pub fn npv(flows: &[Flow], rate: f64) -> Figure<f64> {
    let first = flows.iter().map(|flow| flow.date).min().ok_or(Reason::NoCapital)?;
    if rate.is_nan() || rate <= -1.0 {
        return Err(Reason::OutOfRange);
    }
    let value: f64 = flows
        .iter()
        .map(|flow| {
            let days = flow.date.signed_duration_since(first).num_days();
            flow.amount * (1.0 + rate).powf(-(days as f64) / YEAR)
        })
        .sum();
    if value.is_finite() { Ok(value) } else { Err(Reason::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::date;
    use crate::xirr;

    fn flow(day: &str, amount: f64) -> Flow {
        Flow { date: date(day), amount }
    }

    #[test]
    fn a_payment_of_next_year_is_discounted_once() {
        // -100 + 121 / 1.1 = 10; 2023 has 365 days. The order does not matter.
        let flows = [flow("2024-01-01", 121.0), flow("2023-01-01", -100.0)];
        assert!(npv(&flows, 0.1).is_ok_and(|value| (value - 10.0).abs() < 1e-12));
    }

    #[test]
    fn at_the_money_weighted_rate_payments_are_worth_nothing() {
        let flows = [flow("2023-01-01", -100.0), flow("2023-07-01", -50.0), flow("2024-05-06", 170.0)];
        let rate = xirr(&flows).expect("a rate").annual;
        assert!(npv(&flows, rate).is_ok_and(|value| value.abs() < 1e-9));
    }

    #[test]
    fn what_has_no_present_value_says_why() {
        assert_eq!(npv(&[], 0.1), Err(Reason::NoCapital));
        assert_eq!(npv(&[flow("2023-01-01", 1.0)], -1.0), Err(Reason::OutOfRange));
        assert_eq!(npv(&[flow("2023-01-01", f64::INFINITY)], 0.1), Err(Reason::OutOfRange));
    }
}
