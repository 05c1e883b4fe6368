//! The root of payments that have but one.
//!
//! With `gains(x)` and `losses(x)` the present values of what came out and of what went in, `ln(gains / losses)` has
//! the roots of the present value and is nearly a straight line, whose slope is how much later money came out than it
//! went in: Newton's method is there in a few steps from 0 %.

use super::{FAR, Payments, Running};
use crate::xirr::YEAR;

/// Steps until the walk from zero takes over.
const MOST_STEPS: usize = 20;
/// A step of so little growth over the payments' span is the last: the next would be its square.
const LAST_STEP: f64 = 1e-8;
/// The largest growth over the span, as a logarithm, that a step may go beyond where the present value was seen.
const LONGEST_STEP: f64 = 20.0;

impl Payments {
    /// The logarithmic rate of the only root; `None` when there may be none or several, or it was not found.
    pub(in crate::xirr) fn only_root(&self) -> Option<f64> {
        let (mut below, mut above) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut log_rate = 0.0;
        let mut is_only = false;
        let mut terms = self.amounts.clone();
        for _ in 0..MOST_STEPS {
            is_only = is_only || has_one_root(&terms);
            let sides = Sides::of(&terms, &self.days);
            // For larger rates the first payment decides, so until then the value has the sign of the others.
            if sides.value == 0.0 {
                return (is_only && log_rate != 0.0).then_some(log_rate);
            }
            let is_above = (sides.value > 0.0) == (*self.amounts.first()? > 0.0);
            *(if is_above { &mut above } else { &mut below }) = log_rate;
            let longest = LONGEST_STEP / self.span;
            let step = sides.step().filter(|step| step.is_finite())?.clamp(-longest, longest);
            if step.abs() * self.span <= LAST_STEP {
                return is_only.then_some(log_rate + step);
            }
            let next = log_rate + step;
            log_rate = if below < next && next < above { next } else { f64::midpoint(below, above) };
            if !log_rate.is_finite() || log_rate.abs() > FAR {
                return None;
            }
            terms.clear();
            terms.extend(self.discounted(log_rate));
        }
        None
    }
}

/// Whether at most one root can lie above and below the rate at which the payments have these values. Running sums that
/// rounding could give another sign prove nothing: at a root itself one direction's whole sum may be above zero, and the
/// other's below.
fn has_one_root(terms: &[f64]) -> bool {
    let above = proven_changes(terms.iter());
    let below = proven_changes(terms.iter().rev());
    above.zip(below).is_some_and(|(above, below)| above + below == 1)
}

/// How often running sums change sign; `None` where one of them is nothing but rounding.
fn proven_changes<'a>(terms: impl ExactSizeIterator<Item = &'a f64>) -> Option<usize> {
    let rounding = f64::EPSILON * terms.len() as f64;
    let (mut running, mut size) = (Running::default(), 0.0);
    for term in terms {
        running.add(*term);
        size += term.abs();
        if running.sum.abs() <= rounding * size {
            return None;
        }
    }
    Some(running.changes)
}

/// Present values of both directions, with their sums weighed by time.
#[derive(Default)]
struct Sides {
    value: f64,
    gains: f64,
    losses: f64,
    gain_years: f64,
    loss_years: f64,
}

impl Sides {
    fn of(terms: &[f64], days: &[u32]) -> Self {
        let mut sides = Self::default();
        for (term, day) in terms.iter().zip(days) {
            let (gain, loss, years) = (term.max(0.0), (-term).max(0.0), f64::from(*day) / YEAR);
            sides.value += term;
            sides.gains += gain;
            sides.losses += loss;
            sides.gain_years += gain * years;
            sides.loss_years += loss * years;
        }
        sides
    }

    /// From here to the root, if `ln(gains / losses)` were a straight line.
    fn step(&self) -> Option<f64> {
        let later = self.gain_years / self.gains - self.loss_years / self.losses;
        (later != 0.0).then(|| (self.value / self.losses).ln_1p() / later)
    }
}
