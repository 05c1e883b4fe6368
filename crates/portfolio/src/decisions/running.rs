//! Sums over any stretch of a list, each in one step.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::{Figure, Reason};

/// The sums of a list up to each place. What is unknown makes those sums unknown that contain it.
pub(crate) struct Running<T> {
    sums: Vec<T>,
    unknown: BTreeMap<usize, Reason>,
    minus: fn(T, T) -> Figure<T>,
}

impl<T: Copy> Running<T> {
    pub(crate) fn new(
        parts: impl Iterator<Item = Figure<T>>,
        zero: T,
        plus: fn(T, T) -> Figure<T>,
        minus: fn(T, T) -> Figure<T>,
    ) -> Self {
        let (mut sum, mut sums, mut unknown) = (zero, vec![zero], BTreeMap::new());
        for (place, part) in parts.enumerate() {
            match part.and_then(|part| plus(sum, part)) {
                Ok(more) => sum = more,
                Err(reason) => {
                    unknown.insert(place, reason);
                }
            }
            sums.push(sum);
        }
        Self { sums, unknown, minus }
    }

    /// The sum of the parts in a range of the list.
    pub(crate) fn over(&self, range: &Range<usize>) -> Figure<T> {
        if range.is_empty() {
            let first = self.sums.first().ok_or(Reason::OutOfRange)?;
            return Ok(*first);
        }
        if let Some((_, reason)) = self.unknown.range(range.clone()).next() {
            return Err(reason.clone());
        }
        match (self.sums.get(range.start), self.sums.get(range.end)) {
            (Some(before), Some(after)) => (self.minus)(*after, *before),
            _ => Err(Reason::OutOfRange),
        }
    }
}
