//! Time-weighted return: what the investments returned, whenever money came and went.

mod linked;

use chrono::NaiveDate;

use crate::{DailySeries, Figure, Reason};

pub use linked::{linked, linked_sub_periods};

/// A portfolio by day: what daily linking needs to know. All three columns are of the same length.
#[derive(Debug, Clone, Copy)]
pub struct HoldThenTrade<'a> {
    /// Value at the close, after the day's bookings.
    pub value: &'a [f64],
    /// What was held at the close before, at the day's prices: before any booking of the day.
    pub held: &'a [f64],
    /// Net external flow of the day, positive when money came in.
    pub flow: &'a [f64],
}

/// A time-weighted return.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeWeighted {
    /// Over the whole time; 0.1 is 10 %.
    pub total: f64,
    /// A year; unknown for less than one.
    pub annualised: Figure<f64>,
    /// Days from the first to the last.
    pub days: i64,
    /// The day on which everything was lost: the chain ends there, at -100 %.
    pub ended: Option<NaiveDate>,
    /// Growth of 1 by day.
    pub index: DailySeries,
    /// The return of the last day.
    pub last_day: f64,
}

/// Links the daily returns `held / value before x (value + out) / (held + in) - 1`.
///
/// "Hold, then trade": first what was held moves to the day's prices, then the day's money is at work from those
/// prices on. A portfolio of one instrument bought at closes returns exactly what the instrument does, and no deposit
/// however large dilutes or inflates the day.
///
/// # Errors
/// [`Reason::NoCapital`] when there never was any value.
pub fn time_weighted(first_day: NaiveDate, days: HoldThenTrade<'_>) -> Figure<TimeWeighted> {
    let mut chain = Chain { growth: 1.0, before: 0.0, last_day: 0.0, ended: None };
    let mut index = Vec::with_capacity(days.value.len());
    let mut had_value = false;
    for (day, ((&value, &held), &flow)) in days.value.iter().zip(days.held).zip(days.flow).enumerate() {
        had_value |= value > 0.0 || flow > 0.0;
        chain.link(day, value, held, flow);
        index.push(chain.growth);
    }
    if !had_value {
        return Err(Reason::NoCapital);
    }
    let index = DailySeries { first_day, values: index };
    let days = i64::try_from(index.len()).unwrap_or(i64::MAX) - 1;
    let total = chain.growth - 1.0;
    if !total.is_finite() {
        return Err(Reason::OutOfRange);
    }
    Ok(TimeWeighted {
        total,
        annualised: annualised(total, days),
        days,
        ended: chain.ended.map(|day| index.day(day)),
        last_day: chain.last_day,
        index,
    })
}

/// The yearly rate of a return over some days: `(1 + total)^(365 / days) - 1`.
///
/// # Errors
/// [`Reason::UnderAYear`] for less than 365 days.
pub fn annualised(total: f64, days: i64) -> Figure<f64> {
    if days < 365 {
        return Err(Reason::UnderAYear);
    }
    Ok((1.0 + total).powf(365.0 / days as f64) - 1.0)
}

/// The return of one day, hold then trade, from the value at the close before; `None` when there was no capital.
pub(crate) fn day_return(before: f64, held: f64, value: f64, flow: f64) -> Option<f64> {
    let (paid_in, paid_out) = (flow.max(0.0), (-flow).max(0.0));
    let at_work = held + paid_in;
    if at_work <= 0.0 {
        return (before > 0.0).then_some(-1.0);
    }
    let holding = if before > 0.0 { held / before } else { 1.0 };
    Some(holding * (value + paid_out) / at_work - 1.0)
}

struct Chain {
    growth: f64,
    before: f64,
    last_day: f64,
    ended: Option<usize>,
}

impl Chain {
    fn link(&mut self, day: usize, value: f64, held: f64, flow: f64) {
        if self.ended.is_none() {
            self.last_day = day_return(self.before, held, value, flow).unwrap_or(0.0);
            self.growth *= 1.0 + self.last_day;
            if self.last_day <= -1.0 {
                self.growth = 0.0;
                self.ended = Some(day);
            }
        }
        self.before = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::date;

    fn linked(value: &[f64], held: &[f64], flow: &[f64]) -> TimeWeighted {
        time_weighted(date("2024-01-01"), HoldThenTrade { value, held, flow }).expect("a return")
    }

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-12
    }

    #[test]
    fn a_large_deposit_does_not_dilute_the_day_s_return() {
        // 100 grow to 110, then 1,000 come in at the close: the day returned 10 %.
        let result = linked(&[100.0, 1110.0], &[0.0, 110.0], &[100.0, 1000.0]);
        assert!(close(result.total, 0.1) && close(result.last_day, 0.1));
    }

    #[test]
    fn a_fee_on_the_first_day_is_a_loss() {
        let result = linked(&[99.0, 99.0], &[0.0, 99.0], &[100.0, 0.0]);
        assert!(close(result.total, -0.01));
    }

    #[test]
    fn withdrawing_everything_is_no_loss_and_the_chain_goes_on() {
        let result = linked(
            &[100.0, 0.0, 0.0, 50.0, 55.0],
            &[0.0, 120.0, 0.0, 0.0, 55.0],
            &[100.0, -120.0, 0.0, 50.0, 0.0],
        );
        assert!(close(result.total, 1.2 * 1.1 - 1.0), "{}", result.total);
        assert_eq!(result.ended, None);
    }

    #[test]
    fn a_total_loss_ends_the_chain_at_minus_one() {
        let result = linked(&[100.0, 0.0, 500.0], &[0.0, 0.0, 0.0], &[100.0, 0.0, 500.0]);
        assert!(close(result.total, -1.0));
        assert_eq!(result.ended, Some(date("2024-01-02")));
    }

    #[test]
    fn nothing_ever_held_has_no_return() {
        let none =
            time_weighted(date("2024-01-01"), HoldThenTrade { value: &[0.0], held: &[0.0], flow: &[0.0] });
        assert_eq!(none, Err(Reason::NoCapital));
    }

    #[test]
    fn only_a_year_or_more_is_annualised() {
        assert_eq!(annualised(0.1, 364), Err(Reason::UnderAYear));
        assert!(annualised(0.21, 730).is_ok_and(|rate| close(rate, 0.1)));
    }
}
