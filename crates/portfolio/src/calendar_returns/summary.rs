//! The best, the worst and the average of calendar returns.

use serde::Serialize;

use super::CalendarReturn;
use crate::figure::finite;
use crate::{Figure, Reason};

/// What many months, quarters or years have in common. Partial ones do not count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReturnSummary {
    /// The highest, the first of equal ones.
    pub best: CalendarReturn,
    /// The lowest, the first of equal ones.
    pub worst: CalendarReturn,
    /// Arithmetic mean of the rates.
    pub average: f64,
    /// How many gained.
    pub gaining: usize,
    /// How many there are.
    pub count: usize,
}

impl ReturnSummary {
    /// Of the whole ones among some returns.
    ///
    /// # Errors
    /// [`Reason::TooFewReturns`] when all are partial.
    pub fn of(returns: &[CalendarReturn]) -> Figure<Self> {
        let mut whole = returns.iter().copied().filter(|part| !part.partial);
        let first = whole.next().ok_or(Reason::TooFewReturns { known: 0, needed: 1 })?;
        let gains = |part: &CalendarReturn| usize::from(part.rate > 0.0);
        let (mut best, mut worst) = (first, first);
        let (mut sum, mut gaining, mut count) = (first.rate, gains(&first), 1);
        for part in whole {
            best = if part.rate > best.rate { part } else { best };
            worst = if part.rate < worst.rate { part } else { worst };
            sum += part.rate;
            gaining += gains(&part);
            count += 1;
        }
        Ok(Self { best, worst, average: finite(sum / count as f64)?, gaining, count })
    }
}
