//! Lots by account, taken in the order of the cost method.

mod lots;
mod pool;

use std::sync::Arc;

use bellwether_domain::{CostMethod, SplitRatio};
use rust_decimal::Decimal;

use self::lots::Lots;
use self::pool::Pool;
use super::{Cost, Lot};
use crate::exact::Exact;
use crate::{Figure, Reason};

/// What is left of a holding below this is rounding, not shares.
pub(super) const DUST: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

/// Decimals that are kept of a split that leaves fractions: so many that sums of lots stay exact.
pub(crate) const SPLIT_DECIMALS: u32 = 15;

/// The lots of one instrument. An account sells its own lots only, in the order of the cost method; at the average the
/// cost is that of a pool of all accounts.
#[derive(Debug)]
pub(super) struct LotShelves {
    method: CostMethod,
    shelves: Vec<Shelf>,
    /// The cost of what is held, and of what is owed; only at the average.
    held_pool: Pool,
    owed_pool: Pool,
}

/// An account either holds shares or owes them.
#[derive(Debug)]
struct Shelf {
    account: Arc<str>,
    lots: Lots,
    /// The lots' sum.
    held: Decimal,
}

impl LotShelves {
    pub(super) fn new(method: CostMethod) -> Self {
        Self { method, shelves: Vec::new(), held_pool: Pool::default(), owed_pool: Pool::default() }
    }

    /// The account's name as its lots share it.
    pub(super) fn account(&mut self, name: &str) -> Arc<str> {
        Arc::clone(&self.shelf(name).account)
    }

    /// Shares in an account, negative when it owes some.
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

    /// Puts a lot where it belongs; a negative one is owed.
    pub(super) fn put(&mut self, mut lot: Lot) -> Result<(), Reason> {
        if self.method == CostMethod::Average {
            let cost = std::mem::replace(&mut lot.cost, Cost::ZERO);
            self.pool(lot.quantity).add(lot.quantity, &cost)?;
        }
        self.shelve(lot)
    }

    /// Takes shares that an account holds, in the order of the method, or covers the oldest that it owes (`wanted` is
    /// negative). What remains of a lot as dust goes with it.
    pub(super) fn take(&mut self, account: &str, wanted: Decimal) -> Figure<Vec<Lot>> {
        let mut lots = self.remove(account, wanted)?;
        if self.method == CostMethod::Average {
            for lot in &mut lots {
                lot.cost = self.pool(lot.quantity).take(lot.quantity);
            }
        }
        Ok(lots)
    }

    /// Moves shares to another account: they keep their age and cost.
    pub(super) fn relocate(&mut self, from: &str, to: &str, quantity: Decimal) -> Result<(), Reason> {
        let account = self.account(to);
        for lot in self.remove(from, quantity)? {
            self.shelve(Lot { account: Arc::clone(&account), ..lot })?;
        }
        Ok(())
    }

    /// Restates all lots in new units.
    pub(super) fn split(&mut self, ratio: SplitRatio) -> Result<(), Reason> {
        for shelf in &mut self.shelves {
            shelf.held = shelf.lots.restate(|quantity| {
                Ok(super::cost::share(quantity, ratio.new, ratio.old)?.round_dp(SPLIT_DECIMALS))
            })?;
        }
        let sum = |positive: bool| {
            let held = self.shelves.iter().map(|shelf| shelf.held);
            held.filter(|held| held.is_sign_positive() == positive).try_fold(Decimal::ZERO, Exact::plus)
        };
        (self.held_pool.quantity, self.owed_pool.quantity) = (sum(true)?, sum(false)?);
        Ok(())
    }

    /// All lots, account by account, oldest first.
    pub(super) fn into_lots(mut self) -> Vec<Lot> {
        self.shelves.sort_by(|a, b| a.account.cmp(&b.account));
        let is_pooled = self.method == CostMethod::Average;
        let mut lots: Vec<Lot> = self.shelves.into_iter().flat_map(|shelf| shelf.lots.into_iter()).collect();
        if is_pooled {
            for lot in &mut lots {
                let pool =
                    if lot.quantity.is_sign_positive() { &mut self.held_pool } else { &mut self.owed_pool };
                lot.cost = pool.take(lot.quantity);
            }
        }
        lots
    }

    fn pool(&mut self, quantity: Decimal) -> &mut Pool {
        if quantity.is_sign_positive() { &mut self.held_pool } else { &mut self.owed_pool }
    }

    fn remove(&mut self, account: &str, wanted: Decimal) -> Figure<Vec<Lot>> {
        let shelf = self.shelf(account);
        let mut taken = Vec::with_capacity(1);
        let mut missing = wanted;
        while !missing.is_zero() && missing.is_sign_positive() == wanted.is_sign_positive() {
            let Some(next) = shelf.lots.next_mut() else { break };
            if next.quantity.abs().minus(missing.abs())? >= DUST {
                shelf.held -= missing;
                taken.push(next.split_off(missing)?);
                break;
            }
            let Some(whole) = shelf.lots.take_next() else { break };
            missing = missing.minus(whole.quantity)?;
            shelf.held -= whole.quantity;
            taken.push(whole);
        }
        Ok(taken)
    }

    fn shelve(&mut self, lot: Lot) -> Result<(), Reason> {
        let shelf = self.shelf(&Arc::clone(&lot.account));
        shelf.held = shelf.held.plus(lot.quantity)?;
        shelf.lots.put(lot);
        Ok(())
    }

    fn shelf(&mut self, account: &str) -> &mut Shelf {
        let known = self.shelves.iter().position(|shelf| shelf.account.as_ref() == account);
        let index = known.unwrap_or_else(|| {
            let lots = Lots::default();
            self.shelves.push(Shelf { account: account.into(), lots, held: Decimal::ZERO });
            self.shelves.len() - 1
        });
        &mut self.shelves[index]
    }
}
