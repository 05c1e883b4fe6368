//! Replays of single instruments, kept for ledgers that differ from this one in few of them.

use std::collections::BTreeMap;

use bellwether_domain::{Symbol, Transaction};
use chrono::NaiveDate;

use super::Options;
use super::replay::Replayed;

/// What the replay of each instrument of a ledger gave. It depends on nothing but the instrument's bookings, so that
/// it holds for every ledger that has the same.
#[derive(Debug)]
pub(crate) struct Replays {
    options: Options,
    as_of: NaiveDate,
    by_symbol: BTreeMap<Symbol, (Vec<Transaction>, Replayed)>,
}

impl Replays {
    pub(super) fn new(options: Options, as_of: NaiveDate) -> Self {
        Self { options, as_of, by_symbol: BTreeMap::new() }
    }

    pub(super) fn keep(&mut self, symbol: &Symbol, bookings: &[&Transaction], replayed: &Replayed) {
        let bookings = bookings.iter().copied().cloned().collect();
        self.by_symbol.insert(symbol.clone(), (bookings, replayed.clone()));
    }

    /// What the replay of these bookings gives, when it is known.
    pub(super) fn known(
        &self,
        symbol: &Symbol,
        bookings: &[&Transaction],
        options: Options,
    ) -> Option<Replayed> {
        let (known, replayed) = self.by_symbol.get(symbol).filter(|_| options == self.options)?;
        known.iter().eq(bookings.iter().copied()).then(|| replayed.clone())
    }

    /// The day up to which they reach.
    pub(super) fn as_of(&self) -> NaiveDate {
        self.as_of
    }
}
