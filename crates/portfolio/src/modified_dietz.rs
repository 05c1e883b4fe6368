//! Modified Dietz return: a money-weighted approximation for short periods.

use chrono::NaiveDate;

use crate::xirr::Flow;
use crate::{Figure, Reason};

/// The gain of a period related to the capital at work in it: `(V1 - V0 - F) / (V0 + sum of w F)`, where a flow at
/// the end of day `d` has the weight `w = (to - d) / (to - from)`. Not annualised.
///
/// `flows` are the investor's: money paid in is negative. Those outside `(from, to]` do not count.
///
/// # Errors
/// [`Reason::TooShort`] for an empty period, [`Reason::NoCapital`] when the capital at work is not positive.
pub fn modified_dietz(
    opening: f64,
    closing: f64,
    flows: &[Flow],
    from: NaiveDate,
    to: NaiveDate,
) -> Figure<f64> {
    let length = to.signed_duration_since(from).num_days();
    if length <= 0 {
        return Err(Reason::TooShort);
    }
    let (mut net, mut weighted) = (0.0, 0.0);
    for flow in flows.iter().filter(|flow| flow.date > from && flow.date <= to) {
        let left = to.signed_duration_since(flow.date).num_days();
        net -= flow.amount;
        weighted -= flow.amount * left as f64 / length as f64;
    }
    let (gain, at_work) = (closing - opening - net, opening + weighted);
    if at_work <= 0.0 {
        return Err(Reason::NoCapital);
    }
    let rate = gain / at_work;
    if rate.is_finite() { Ok(rate) } else { Err(Reason::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::date;

    fn dietz(flows: &[Flow]) -> Figure<f64> {
        modified_dietz(1000.0, 1350.0, flows, date("2023-12-31"), date("2024-01-30"))
    }

    #[test]
    fn a_flow_counts_for_the_days_that_are_left() {
        // 300 after 10 of 30 days: 50 gained on 1,000 + 300 x 2/3.
        let rate = dietz(&[Flow { date: date("2024-01-10"), amount: -300.0 }]).expect("a rate");
        assert!((rate - 50.0 / 1200.0).abs() < 1e-15);
    }

    #[test]
    fn flows_outside_the_period_do_not_count() {
        let rate = dietz(&[Flow { date: date("2023-12-31"), amount: -300.0 }]).expect("a rate");
        assert!((rate - 0.35).abs() < 1e-15);
    }

    #[test]
    fn without_capital_there_is_no_rate() {
        assert_eq!(dietz(&[Flow { date: date("2024-01-01"), amount: 2000.0 }]), Err(Reason::NoCapital));
    }
}
