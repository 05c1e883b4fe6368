//! Lots by account, taken first in, first out.

use std::collections::VecDeque;
use std::sync::Arc;

use bellwether_domain::SplitRatio;
use rust_decimal::Decimal;

use super::Lot;
use crate::exact::Exact;
use crate::{Figure, Reason};

/// What is left of a holding below this is rounding, not shares.
const DUST: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

/// Decimals that are kept of a split that leaves fractions: so many that sums of lots stay exact.
const SPLIT_DECIMALS: u32 = 15;

/// The lots of one instrument. An account sells its own oldest lot first.
#[derive(Debug, Default)]
pub(super) struct LotShelves {
    shelves: Vec<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    account: Arc<str>,
    lots: VecDeque<Lot>,
    /// The lots' sum.
    held: Decimal,
}

impl LotShelves {
    /// The account's name as its lots share it.
    pub(super) fn account(&mut self, name: &str) -> Arc<str> {
        Arc::clone(&self.shelf(name).account)
    }

    /// Shares in an account.
    pub(super) fn held(&self, account: &str) -> Decimal {
        let shelf = self.shelves.iter().find(|shelf| shelf.account.as_ref() == account);
        shelf.map_or(Decimal::ZERO, |shelf| shelf.held)
    }

    /// Whether an account has enough shares, but for dust.
    pub(super) fn covers(&self, account: &str, wanted: Decimal) -> bool {
        wanted.minus(self.held(account)).is_ok_and(|missing| missing < DUST)
    }

    /// Shares in all accounts.
    pub(super) fn quantity(&self) -> Figure<Decimal> {
        self.shelves.iter().try_fold(Decimal::ZERO, |sum, shelf| sum.plus(shelf.held))
    }

    /// Puts a lot where its age belongs.
    pub(super) fn put(&mut self, lot: Lot) -> Result<(), Reason> {
        let shelf = self.shelf(&Arc::clone(&lot.account));
        shelf.held = shelf.held.plus(lot.quantity)?;
        let is_newest = shelf.lots.back().is_none_or(|last| last.acquired <= lot.acquired);
        if is_newest {
            shelf.lots.push_back(lot);
        } else {
            let place = shelf.lots.partition_point(|other| other.acquired <= lot.acquired);
            shelf.lots.insert(place, lot);
        }
        Ok(())
    }

    /// Takes shares out of the oldest lots of an account. What remains of a lot as dust goes with it.
    pub(super) fn take(&mut self, account: &str, wanted: Decimal) -> Figure<Vec<Lot>> {
        let shelf = self.shelf(account);
        let mut taken = Vec::new();
        let mut missing = wanted;
        while missing > Decimal::ZERO {
            let Some(mut oldest) = shelf.lots.pop_front() else { break };
            let left = oldest.quantity.minus(missing)?;
            if left >= DUST {
                let cost = oldest.cost.share(missing, oldest.quantity);
                shelf.held -= missing;
                taken.push(Lot { quantity: missing, cost: cost.clone(), ..oldest.clone() });
                oldest.cost = oldest.cost.minus(&cost);
                oldest.quantity = left;
                shelf.lots.push_front(oldest);
                break;
            }
            missing -= oldest.quantity;
            shelf.held -= oldest.quantity;
            taken.push(oldest);
        }
        Ok(taken)
    }

    /// Restates all lots in new units.
    pub(super) fn split(&mut self, ratio: SplitRatio) -> Result<(), Reason> {
        for shelf in &mut self.shelves {
            shelf.held = Decimal::ZERO;
            for lot in &mut shelf.lots {
                lot.quantity =
                    super::cost::share(lot.quantity, ratio.new, ratio.old)?.round_dp(SPLIT_DECIMALS);
                shelf.held = shelf.held.plus(lot.quantity)?;
            }
        }
        Ok(())
    }

    /// All lots, account by account.
    pub(super) fn into_lots(mut self) -> Vec<Lot> {
        self.shelves.sort_by(|a, b| a.account.cmp(&b.account));
        self.shelves.into_iter().flat_map(|shelf| shelf.lots).collect()
    }

    fn shelf(&mut self, account: &str) -> &mut Shelf {
        let known = self.shelves.iter().position(|shelf| shelf.account.as_ref() == account);
        let index = known.unwrap_or_else(|| {
            self.shelves.push(Shelf { account: account.into(), lots: VecDeque::new(), held: Decimal::ZERO });
            self.shelves.len() - 1
        });
        &mut self.shelves[index]
    }
}
