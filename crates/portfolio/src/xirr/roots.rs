//! Roots of the present value as a function of the logarithmic rate `x = ln(1 + r)`.
//!
//! In `x` the present value is a sum of exponentials, for which a rule like Descartes' holds: beyond any `x` it has at
//! most as many roots as the running sums of its terms at `x` change sign, first payment first for larger `x`, last
//! payment first for smaller. That tells when a root is the only one, which is the usual case and is solved by a few
//! steps of Newton's method. Where there may be several, they are walked up to from zero, and the rule tells when to
//! stop.

mod newton;

use super::YEAR;
use super::discount::Discount;
use crate::{Figure, Reason};

/// Dated amounts, none zero, scaled to at most 1.
pub(super) struct Payments {
    amounts: Vec<f64>,
    /// Days after the first payment, ascending.
    days: Vec<u32>,
    /// Years from the first payment to the last.
    span: f64,
}

/// A solution.
pub(super) struct Found {
    /// `ln(1 + r)` of the root nearest to zero on the side of the net sum.
    pub(super) log_rate: f64,
    /// There are others.
    pub(super) ambiguous: bool,
}

/// A direction from 0 %.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Gain,
    Loss,
}

/// The first step outwards, in units of one over the payments' span, and its growth where several roots may follow.
const STEP: f64 = 0.05;
const GROWTH: f64 = 1.03;
/// A logarithm that takes 1 beyond the digits of an `f64`.
const RUIN: f64 = 36.0;
/// Beyond it, the growth of a day would not fit into a number.
const FAR: f64 = 250_000.0;

impl Payments {
    pub(super) fn new(nonzero: &[(i32, f64)]) -> Self {
        let largest = nonzero.iter().fold(0.0, |largest: f64, (_, amount)| largest.max(amount.abs()));
        let first = nonzero.first().map_or(0, |(day, _)| *day);
        let days: Vec<_> = nonzero.iter().map(|(day, _)| day.abs_diff(first)).collect();
        let span = f64::from(days.last().copied().unwrap_or_default()) / YEAR;
        Self { amounts: nonzero.iter().map(|(_, amount)| amount / largest).collect(), days, span }
    }

    /// The root nearest to zero, on the side that the net sum demands if there is one.
    pub(super) fn rate(&self) -> Figure<Found> {
        match self.only_root() {
            Some(log_rate) => Ok(Found { log_rate, ambiguous: false }),
            None => self.nearest_root(),
        }
    }

    /// The root that is nearest on the side of the net sum, whatever others there are.
    pub(super) fn nearest_root(&self) -> Figure<Found> {
        let sum = self.net_sum();
        let (near, far) = if sum >= 0.0 { (Side::Gain, Side::Loss) } else { (Side::Loss, Side::Gain) };
        let near = self.brackets(near);
        let far = self.brackets(far);
        let told_apart = near.iter().chain(&far).filter(|bracket| self.is_told_apart(**bracket)).count();
        let roots = told_apart + usize::from(sum == 0.0);
        let log_rate = if sum == 0.0 {
            0.0
        } else {
            let &(side, inner, outer) = near.first().or(far.first()).ok_or(Reason::NoSolution)?;
            let distance = super::brent::root(|distance| self.value(side, distance), inner, outer);
            if side == Side::Gain { distance } else { -distance }
        };
        Ok(Found { log_rate, ambiguous: roots > 1 })
    }

    /// All that came out less all that went in; what is left by rounding alone is nothing, else its sign would depend
    /// on the unit of money and on the order of the terms.
    fn net_sum(&self) -> f64 {
        let sum: f64 = self.amounts.iter().sum();
        let size: f64 = self.amounts.iter().map(|amount| amount.abs()).sum();
        if sum.abs() <= f64::EPSILON * size { 0.0 } else { sum }
    }

    /// Whether the root in a bracket could be meant: neither a loss of -100 % a year nor a yearly growth to more than
    /// an `f64` has digits.
    fn is_told_apart(&self, (side, inner, outer): (Side, f64, f64)) -> bool {
        let is_before = || (self.value(side, RUIN) < 0.0) != (self.value(side, inner) < 0.0);
        outer <= RUIN || (inner < RUIN && is_before())
    }

    /// Where the present value changes sign on one side, walking outwards until no root can follow.
    fn brackets(&self, side: Side) -> Vec<(Side, f64, f64)> {
        let mut found = Vec::new();
        // A root at zero itself is known already.
        let mut at = if self.net_sum() == 0.0 { STEP / self.span * 1e-6 } else { 0.0 };
        let mut here = self.present_value(side, at);
        let mut step = STEP / self.span;
        while here.roots_beyond > 0 && at < FAR {
            let next = at + step;
            let there = self.present_value(side, next);
            if (here.value < 0.0) != (there.value < 0.0) {
                found.push((side, at, next));
            }
            step *= if here.roots_beyond == 1 { 2.0 } else { GROWTH };
            (at, here) = (next, there);
        }
        found
    }

    /// The present value at a distance from 0 %: its sign and its roots count.
    fn present_value(&self, side: Side, distance: f64) -> PresentValue {
        let mut running = Running::default();
        match side {
            Side::Gain => self.discounted(distance).for_each(|term| running.add(term)),
            Side::Loss => self.discounted(-distance).rev().for_each(|term| running.add(term)),
        }
        PresentValue { value: running.sum, roots_beyond: running.changes }
    }

    fn value(&self, side: Side, distance: f64) -> f64 {
        self.discounted(if side == Side::Gain { distance } else { -distance }).sum()
    }

    /// The terms of the present value at a logarithmic rate, in their order, scaled so that none exceeds 1: gains are
    /// counted from the first payment, losses from the last.
    fn discounted(&self, log_rate: f64) -> impl DoubleEndedIterator<Item = f64> {
        let last = self.days.last().copied().unwrap_or_default();
        let discount = Discount::new(log_rate.abs() / YEAR, last, self.days.len());
        let is_gain = log_rate >= 0.0;
        self.amounts
            .iter()
            .zip(&self.days)
            .map(move |(amount, day)| amount * discount.after(if is_gain { *day } else { last - *day }))
    }
}

/// The present value at one rate, and the most roots that can lie further out.
struct PresentValue {
    value: f64,
    roots_beyond: usize,
}

/// Running sums, and how often they changed sign.
#[derive(Default)]
struct Running {
    sum: f64,
    sign: f64,
    changes: usize,
}

impl Running {
    fn add(&mut self, term: f64) {
        self.sum += term;
        if self.sum == 0.0 {
            return;
        }
        let sign = if self.sum < 0.0 { -1.0 } else { 1.0 };
        self.changes += usize::from(self.sign * sign < 0.0);
        self.sign = sign;
    }
}
