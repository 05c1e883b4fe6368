//! The lots of one account, in the order in which they are taken.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use bellwether_domain::{CostMethod, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Figure;
use crate::books::Lot;
use crate::exact::Exact;

/// Lots that are all held or all owed. Owed ones are taken oldest first, whatever the method.
#[derive(Debug)]
pub(super) enum Lots {
    /// Kept with the oldest first.
    ByAge { lots: VecDeque<Lot>, newest_first: bool },
    /// The highest cost per share in the base currency first, of equal ones the oldest.
    ByCost { lots: BTreeMap<Rank, Lot>, arrivals: u64 },
}

/// Where a lot is.
enum Place {
    At(usize),
    Ranked(Rank),
}

/// A lot whose cost is not known comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    unit_cost: Reverse<Option<Decimal>>,
    acquired: NaiveDate,
    arrival: u64,
}

impl Rank {
    fn of(lot: &Lot, arrival: u64) -> Self {
        let held = lot.quantity.is_sign_positive();
        let unit_cost = lot.cost.base.clone().and_then(|cost| cost.over(lot.quantity));
        Self { unit_cost: Reverse(unit_cost.ok().filter(|_| held)), acquired: lot.acquired, arrival }
    }
}

impl Lots {
    pub(super) fn new(method: CostMethod) -> Self {
        match method {
            CostMethod::Fifo | CostMethod::Average => {
                Self::ByAge { lots: VecDeque::new(), newest_first: false }
            }
            CostMethod::Lifo => Self::ByAge { lots: VecDeque::new(), newest_first: true },
            CostMethod::HighestCost => Self::ByCost { lots: BTreeMap::new(), arrivals: 0 },
        }
    }

    pub(super) fn put(&mut self, lot: Lot) {
        match self {
            Self::ByAge { lots, .. } => {
                let is_newest = lots.back().is_none_or(|last| last.acquired <= lot.acquired);
                if is_newest {
                    lots.push_back(lot);
                } else {
                    let place = lots.partition_point(|other| other.acquired <= lot.acquired);
                    lots.insert(place, lot);
                }
            }
            Self::ByCost { lots, arrivals } => {
                *arrivals += 1;
                lots.insert(Rank::of(&lot, *arrivals), lot);
            }
        }
    }

    /// The lot that is to be taken next; of a chosen one its oldest part.
    pub(super) fn next_mut(&mut self, chosen: Option<TransactionId>) -> Option<&mut Lot> {
        let place = self.place(chosen)?;
        match (self, place) {
            (Self::ByAge { lots, .. }, Place::At(index)) => lots.get_mut(index),
            (Self::ByCost { lots, .. }, Place::Ranked(rank)) => lots.get_mut(&rank),
            _ => None,
        }
    }

    /// Takes that lot as a whole.
    pub(super) fn take_next(&mut self, chosen: Option<TransactionId>) -> Option<Lot> {
        let place = self.place(chosen)?;
        match (self, place) {
            (Self::ByAge { lots, .. }, Place::At(index)) => lots.remove(index),
            (Self::ByCost { lots, .. }, Place::Ranked(rank)) => lots.remove(&rank),
            _ => None,
        }
    }

    fn place(&self, chosen: Option<TransactionId>) -> Option<Place> {
        match (self, chosen) {
            (Self::ByAge { lots, .. }, Some(chosen)) => {
                lots.iter().position(|lot| lot.transaction == chosen).map(Place::At)
            }
            (Self::ByAge { lots, newest_first }, None) => {
                let is_held = lots.front()?.quantity.is_sign_positive();
                Some(Place::At(if *newest_first && is_held { lots.len() - 1 } else { 0 }))
            }
            (Self::ByCost { lots, .. }, Some(chosen)) => {
                let is_chosen = |entry: &(&Rank, &Lot)| entry.1.transaction == chosen;
                lots.iter().find(is_chosen).map(|(rank, _)| Place::Ranked(*rank))
            }
            (Self::ByCost { lots, .. }, None) => lots.keys().next().copied().map(Place::Ranked),
        }
    }

    /// The shares that one transaction brought and that are left.
    pub(super) fn opened_by(&self, transaction: TransactionId) -> Figure<Decimal> {
        let quantity = |lot: &Lot| (lot.transaction == transaction).then_some(lot.quantity);
        match self {
            Self::ByAge { lots, .. } => lots.iter().filter_map(quantity).try_fold(Decimal::ZERO, Exact::plus),
            Self::ByCost { lots, .. } => {
                lots.values().filter_map(quantity).try_fold(Decimal::ZERO, Exact::plus)
            }
        }
    }

    /// All of them as they lie.
    pub(super) fn all(&self) -> Vec<&Lot> {
        match self {
            Self::ByAge { lots, .. } => lots.iter().collect(),
            Self::ByCost { lots, .. } => lots.values().collect(),
        }
    }

    /// Takes them all, the oldest first.
    pub(super) fn take_all(&mut self) -> Vec<Lot> {
        match self {
            Self::ByAge { lots, .. } => std::mem::take(lots).into(),
            Self::ByCost { lots, .. } => {
                let mut ranked: Vec<_> = std::mem::take(lots).into_iter().collect();
                ranked.sort_by_key(|(rank, _)| (rank.acquired, rank.arrival));
                ranked.into_iter().map(|(_, lot)| lot).collect()
            }
        }
    }
}
