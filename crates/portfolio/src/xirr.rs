//! Money-weighted return: XIRR, the rate at which all dated payments are worth nothing today.

mod brent;
mod discount;
mod npv;
mod periodic;
mod roots;

use bellwether_domain::epoch_day;
use chrono::NaiveDate;
use serde::Serialize;

use self::roots::Payments;
use crate::{Figure, Reason};

pub use npv::npv;
pub use periodic::{PeriodicRate, irr};

/// A payment from the investor's view: money put in is negative, money taken out positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flow {
    /// The day.
    pub date: NaiveDate,
    /// The amount.
    pub amount: f64,
}

/// A money-weighted rate of return.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// A year, of 365 days; 0.1 is 10 %.
    pub annual: f64,
    /// Over the whole time from the first to the last payment.
    pub period: f64,
    /// Days from the first to the last payment.
    pub days: i64,
    /// Other rates solve the equation too: this is the one nearest to zero.
    pub ambiguous: bool,
}

impl Rate {
    /// Whether a yearly rate may be shown: from one year on.
    pub fn is_annual(&self) -> bool {
        self.days >= 365
    }

    /// The rate to show: a year from one year on, before that of the whole time.
    pub fn headline(&self) -> f64 {
        if self.is_annual() { self.annual } else { self.period }
    }
}

/// Days of a year, as spreadsheets count.
const YEAR: f64 = 365.0;

/// The rate `r` with `sum of amount x (1 + r)^(-days / 365) = 0`.
///
/// Payments of one day are netted first. Nothing depends on a guess: where the payments prove that one rate at most
/// solves the equation, Newton's method finds it from 0 %. Otherwise the equation is followed outwards from 0 % and
/// the bracketed roots are refined by Brent's method; where the payments change sign so often that several rates solve
/// it, the nearest to zero on the side of their sum is returned and marked [`Rate::ambiguous`].
///
/// When money only went in and the last payment is a zero, which is a closing value of nothing, the rate is -100 %.
///
/// # Errors
/// [`Reason::TooShort`] for fewer than two days, [`Reason::OneSided`] when all payments go in one direction,
/// [`Reason::NoCapital`] when all are zero, [`Reason::NoSolution`], and [`Reason::OutOfRange`] for amounts or rates
/// that no number holds.
pub fn xirr(flows: &[Flow]) -> Figure<Rate> {
    rate_of(&netted(flows)?)
}

/// The rate of amounts by day, one a day and in order.
fn rate_of(netted: &[(i32, f64)]) -> Figure<Rate> {
    let mut nonzero = Vec::with_capacity(netted.len());
    nonzero.extend(netted.iter().copied().filter(|(_, amount)| *amount != 0.0));
    let (Some(first), Some(last)) = (nonzero.first(), nonzero.last()) else { return Err(Reason::NoCapital) };
    let all_in = nonzero.iter().all(|(_, amount)| *amount < 0.0);
    let closing = netted.last().filter(|(day, amount)| *amount == 0.0 && *day > first.0);
    if let Some((closing, _)) = closing.filter(|_| all_in) {
        let days = i64::from(*closing) - i64::from(first.0);
        return Ok(Rate { annual: -1.0, period: -1.0, days, ambiguous: false });
    }
    if nonzero.len() < 2 {
        return Err(Reason::TooShort);
    }
    if all_in || nonzero.iter().all(|(_, amount)| *amount > 0.0) {
        return Err(Reason::OneSided);
    }

    let days = i64::from(last.0) - i64::from(first.0);
    let found = Payments::new(&nonzero).rate()?;
    let (annual, period) = (found.log_rate.exp_m1(), (found.log_rate * days as f64 / YEAR).exp_m1());
    if !annual.is_finite() || !period.is_finite() {
        return Err(Reason::OutOfRange);
    }
    Ok(Rate { annual, period, days, ambiguous: found.ambiguous })
}

/// One amount per day, in order.
fn netted(flows: &[Flow]) -> Figure<Vec<(i32, f64)>> {
    if flows.iter().any(|flow| !flow.amount.is_finite()) {
        return Err(Reason::OutOfRange);
    }
    let dated = |flow: &Flow| (epoch_day(flow.date), flow.amount);
    if flows.is_sorted_by_key(|flow| flow.date) {
        return Ok(joined(flows.iter().map(dated)));
    }
    let mut days: Vec<_> = flows.iter().map(dated).collect();
    days.sort_by_key(|(day, _)| *day);
    Ok(joined(days.into_iter()))
}

/// Joins amounts of one day, which follow each other. What rounding alone leaves of a day is nothing, else a day that
/// came to nothing would be a payment in one unit of money and none in another.
fn joined(amounts: impl ExactSizeIterator<Item = (i32, f64)>) -> Vec<(i32, f64)> {
    let mut days: Vec<(i32, f64)> = Vec::with_capacity(amounts.len());
    let mut size = 0.0;
    for (day, amount) in amounts {
        match days.last_mut() {
            Some((last, sum)) if *last == day => {
                *sum += amount;
                size += amount.abs();
                if sum.abs() <= f64::EPSILON * size {
                    *sum = 0.0;
                }
            }
            _ => {
                days.push((day, amount));
                size = amount.abs();
            }
        }
    }
    days
}

#[cfg(test)]
mod tests;
