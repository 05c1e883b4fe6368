//! Replays of single families of instruments, kept for ledgers that differ from this one in few of them.

use std::collections::BTreeMap;

use bellwether_domain::{Symbol, Transaction};
use chrono::NaiveDate;

use super::Options;
use super::families::Family;
use super::replay::Replayed;

/// What the replay of each family of a ledger gave. It depends on nothing but the bookings of its instruments, so that
/// it holds for every ledger that has the same.
#[derive(Debug)]
pub(crate) struct Replays {
    options: Options,
    as_of: NaiveDate,
    by_first_symbol: BTreeMap<Symbol, Kept>,
}

#[derive(Debug)]
struct Kept {
    members: Vec<(Symbol, Vec<Transaction>)>,
    replayed: Vec<Replayed>,
}

impl Replays {
    pub(super) fn new(options: Options, as_of: NaiveDate) -> Self {
        Self { options, as_of, by_first_symbol: BTreeMap::new() }
    }

    pub(super) fn keep(&mut self, family: &Family<'_>, replayed: &[Replayed]) {
        let Some(first) = family.members.first() else { return };
        let bookings = |bookings: &[&Transaction]| bookings.iter().copied().cloned().collect();
        let members = family.members.iter().map(|member| (member.symbol.clone(), bookings(&member.bookings)));
        let kept = Kept { members: members.collect(), replayed: replayed.to_vec() };
        self.by_first_symbol.insert(first.symbol.clone(), kept);
    }

    /// What the replay of this family gives, when it is known.
    pub(super) fn known(&self, family: &Family<'_>, options: Options) -> Option<Vec<Replayed>> {
        let first = family.members.first()?;
        let kept = self.by_first_symbol.get(first.symbol).filter(|_| options == self.options)?;
        let same = kept.members.len() == family.members.len()
            && kept.members.iter().zip(&family.members).all(|((symbol, bookings), member)| {
                symbol == member.symbol && bookings.iter().eq(member.bookings.iter().copied())
            });
        same.then(|| kept.replayed.clone())
    }

    /// The day up to which they reach.
    pub(super) fn as_of(&self) -> NaiveDate {
        self.as_of
    }
}
