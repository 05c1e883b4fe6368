//! The lots of one account, in the order in which they are taken.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::Figure;
use crate::books::Lot;
use crate::exact::Exact;

/// Lots held, or lots owed: an account never has both.
#[derive(Debug, Default)]
pub(super) struct Lots {
    /// The oldest first.
    by_age: VecDeque<Lot>,
}

impl Lots {
    /// Puts a lot where its age belongs.
    pub(super) fn put(&mut self, lot: Lot) {
        let is_newest = self.by_age.back().is_none_or(|last| last.acquired <= lot.acquired);
        if is_newest {
            self.by_age.push_back(lot);
        } else {
            let place = self.by_age.partition_point(|other| other.acquired <= lot.acquired);
            self.by_age.insert(place, lot);
        }
    }

    /// The lot that is to be taken next.
    pub(super) fn next_mut(&mut self) -> Option<&mut Lot> {
        self.by_age.front_mut()
    }

    pub(super) fn take_next(&mut self) -> Option<Lot> {
        self.by_age.pop_front()
    }

    /// Gives every lot a new quantity, and tells their sum.
    pub(super) fn restate(&mut self, quantity: impl Fn(Decimal) -> Figure<Decimal>) -> Figure<Decimal> {
        self.by_age.iter_mut().try_fold(Decimal::ZERO, |sum, lot| {
            lot.quantity = quantity(lot.quantity)?;
            sum.plus(lot.quantity)
        })
    }

    /// The oldest first.
    pub(super) fn into_iter(self) -> impl Iterator<Item = Lot> {
        self.by_age.into_iter()
    }
}
