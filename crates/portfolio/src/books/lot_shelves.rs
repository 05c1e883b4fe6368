//! Lots by account, taken in the order of the cost method.

mod lots;
mod pool;

use std::sync::Arc;

use bellwether_domain::{CostMethod, LotChoice, SplitRatio, TransactionId};
use rust_decimal::Decimal;

use self::lots::Lots;
use self::pool::Pool;
use super::{Cost, Lot};
use crate::exact::Exact;
use crate::{Figure, Reason};

/// What is left in an account below this is rounding, not shares.
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

/// What an account holds, and what it owes. It has both only where shares come over from another own account, which
/// closes nothing; all other shares that come cover what is owed.
#[derive(Debug)]
struct Shelf {
    account: Arc<str>,
    held: Side,
    owed: Side,
}

/// Lots that are all held or all owed.
#[derive(Debug)]
struct Side {
    lots: Lots,
    /// The lots' sum.
    quantity: Decimal,
}

impl Shelf {
    fn side(&mut self, quantity: Decimal) -> &mut Side {
        if quantity.is_sign_positive() { &mut self.held } else { &mut self.owed }
    }

    fn sides(&self) -> [&Side; 2] {
        [&self.held, &self.owed]
    }

    fn sides_mut(&mut self) -> [&mut Side; 2] {
        [&mut self.held, &mut self.owed]
    }
}

impl Side {
    fn new(method: CostMethod) -> Self {
        Self { lots: Lots::new(method), quantity: Decimal::ZERO }
    }

    fn put(&mut self, lot: Lot) -> Result<(), Reason> {
        self.quantity = self.quantity.plus(lot.quantity)?;
        self.lots.put(lot);
        Ok(())
    }

    fn take_all(&mut self) -> Vec<Lot> {
        self.quantity = Decimal::ZERO;
        self.lots.take_all()
    }

    /// Takes shares of the chosen lot, or of those whose turn it is: exactly as many as wanted while others remain,
    /// since a lot's own fraction below the dust is still part of what the account holds.
    fn remove(
        &mut self,
        wanted: Decimal,
        chosen: Option<TransactionId>,
        taken: &mut Vec<Lot>,
    ) -> Result<(), Reason> {
        let mut missing = wanted;
        while !missing.is_zero() && missing.is_sign_positive() == wanted.is_sign_positive() {
            let Some(next) = self.lots.next_mut(chosen) else { break };
            let rest_of_lot = next.quantity.abs().minus(missing.abs())?;
            let rest = self.quantity.abs().minus(missing.abs())?;
            if rest_of_lot > Decimal::ZERO && rest.max(rest_of_lot) >= DUST {
                self.quantity = self.quantity.minus(missing)?;
                taken.push(next.split_off(missing)?);
                break;
            }
            let Some(whole) = self.lots.take_next(chosen) else { break };
            missing = missing.minus(whole.quantity)?;
            self.quantity = self.quantity.minus(whole.quantity)?;
            taken.push(whole);
        }
        Ok(())
    }

    /// Takes the lots along that only hold dust together.
    fn sweep(&mut self, taken: &mut Vec<Lot>) {
        if self.quantity.abs() < DUST {
            taken.append(&mut self.take_all());
        }
    }
}

impl LotShelves {
    pub(super) fn new(method: CostMethod) -> Self {
        Self { method, shelves: Vec::new(), held_pool: Pool::default(), owed_pool: Pool::default() }
    }

    /// The account's name as its lots share it.
    pub(super) fn account(&mut self, name: &str) -> Arc<str> {
        Arc::clone(&self.shelf(name).account)
    }

    /// Shares that an account holds, whatever it owes beside them.
    pub(super) fn held(&self, account: &str) -> Decimal {
        self.find(account).map_or(Decimal::ZERO, |shelf| shelf.held.quantity)
    }

    /// Shares that an account owes where some come, or holds where some are to be owed: of the other sign.
    pub(super) fn opposite(&self, lot: &Lot) -> Decimal {
        let opposite = |shelf: &Shelf| {
            if lot.quantity.is_sign_positive() { shelf.owed.quantity } else { shelf.held.quantity }
        };
        self.find(&lot.account).map_or(Decimal::ZERO, opposite)
    }

    /// Shares that an account holds less those that it owes.
    pub(super) fn net(&self, account: &str) -> Figure<Decimal> {
        self.find(account).map_or(Ok(Decimal::ZERO), |shelf| shelf.held.quantity.plus(shelf.owed.quantity))
    }

    /// Whether an account has enough shares, but for dust.
    pub(super) fn covers(&self, account: &str, wanted: Decimal) -> bool {
        wanted.minus(self.held(account)).is_ok_and(|missing| missing < DUST)
    }

    /// Shares in all accounts.
    pub(super) fn quantity(&self) -> Figure<Decimal> {
        let sides = self.shelves.iter().flat_map(Shelf::sides);
        sides.map(|side| side.quantity).try_fold(Decimal::ZERO, Exact::plus)
    }

    /// Puts a lot where it belongs; a negative one is owed.
    pub(super) fn put(&mut self, mut lot: Lot) -> Result<(), Reason> {
        if self.method == CostMethod::Average {
            let cost = std::mem::replace(&mut lot.cost, Cost::ZERO);
            self.pool(lot.quantity).add(lot.quantity, &cost)?;
        }
        self.shelve(lot)
    }

    /// Takes shares that an account holds: the chosen lots, else in the order of the method. A negative quantity covers
    /// the oldest that it owes. What remains in the account as dust goes with them.
    pub(super) fn take(&mut self, account: &str, wanted: Decimal, chosen: &[LotChoice]) -> Figure<Vec<Lot>> {
        let mut lots = self.remove(account, wanted, chosen)?;
        self.price(&mut lots)?;
        Ok(lots)
    }

    /// Shares left in an account of those that one transaction brought.
    pub(super) fn held_of(&self, account: &str, opened_by: TransactionId) -> Figure<Decimal> {
        self.find(account).map_or(Ok(Decimal::ZERO), |shelf| shelf.held.lots.opened_by(opened_by))
    }

    /// Moves shares to another account: they keep their age and cost, and cover nothing that it owes.
    pub(super) fn relocate(
        &mut self,
        from: &str,
        to: &str,
        quantity: Decimal,
        chosen: &[LotChoice],
    ) -> Result<(), Reason> {
        let account = self.account(to);
        for lot in self.remove(from, quantity, chosen)? {
            self.shelve(Lot { account: Arc::clone(&account), ..lot })?;
        }
        Ok(())
    }

    /// Restates all lots in new units.
    pub(super) fn split(&mut self, ratio: SplitRatio) -> Result<(), Reason> {
        let (mut held, mut owed) = (Decimal::ZERO, Decimal::ZERO);
        for shelf in &mut self.shelves {
            for side in shelf.sides_mut() {
                for mut lot in side.take_all() {
                    lot.quantity = restated(lot.quantity, ratio)?;
                    side.put(lot)?;
                }
            }
            held = held.plus(shelf.held.quantity)?;
            owed = owed.plus(shelf.owed.quantity)?;
        }
        (self.held_pool.quantity, self.owed_pool.quantity) = (held, owed);
        Ok(())
    }

    /// Takes all lots of an account, or of all accounts, the oldest first.
    pub(super) fn take_all(&mut self, account: Option<&str>) -> Figure<Vec<Lot>> {
        let of_account = |shelf: &&mut Shelf| account.is_none_or(|account| shelf.account.as_ref() == account);
        let mut lots = Vec::new();
        for side in self.shelves.iter_mut().filter(of_account).flat_map(Shelf::sides_mut) {
            lots.append(&mut side.take_all());
        }
        self.price(&mut lots)?;
        Ok(lots)
    }

    /// The lots of an account, or of all accounts, as they lie there: at the average without their cost.
    pub(super) fn lots(&self, account: Option<&str>) -> Vec<Lot> {
        let of_account = |shelf: &&Shelf| account.is_none_or(|account| shelf.account.as_ref() == account);
        let sides = self.shelves.iter().filter(of_account).flat_map(Shelf::sides);
        sides.flat_map(|side| side.lots.all()).cloned().collect()
    }

    /// All lots, account by account, oldest first.
    pub(super) fn into_lots(mut self) -> Figure<Vec<Lot>> {
        self.shelves.sort_by(|a, b| a.account.cmp(&b.account));
        self.take_all(None)
    }

    /// Gives lots their share of the pool, where there is one.
    fn price(&mut self, lots: &mut [Lot]) -> Result<(), Reason> {
        if self.method == CostMethod::Average {
            for lot in lots {
                lot.cost = self.pool(lot.quantity).take(lot.quantity)?;
            }
        }
        Ok(())
    }

    fn pool(&mut self, quantity: Decimal) -> &mut Pool {
        if quantity.is_sign_positive() { &mut self.held_pool } else { &mut self.owed_pool }
    }

    fn remove(&mut self, account: &str, wanted: Decimal, chosen: &[LotChoice]) -> Figure<Vec<Lot>> {
        let side = self.shelf(account).side(wanted);
        let mut taken = Vec::with_capacity(chosen.len().max(1));
        for choice in chosen {
            side.remove(choice.quantity.get(), Some(choice.opened_by), &mut taken)?;
        }
        if chosen.is_empty() {
            side.remove(wanted, None, &mut taken)?;
        }
        side.sweep(&mut taken);
        Ok(taken)
    }

    fn shelve(&mut self, lot: Lot) -> Result<(), Reason> {
        self.shelf(&lot.account).side(lot.quantity).put(lot)
    }

    fn find(&self, account: &str) -> Option<&Shelf> {
        self.shelves.iter().find(|shelf| shelf.account.as_ref() == account)
    }

    fn shelf(&mut self, account: &str) -> &mut Shelf {
        let known = self.shelves.iter().position(|shelf| shelf.account.as_ref() == account);
        let index = known.unwrap_or_else(|| {
            let [held, owed] = [Side::new(self.method), Side::new(self.method)];
            self.shelves.push(Shelf { account: account.into(), held, owed });
            self.shelves.len() - 1
        });
        &mut self.shelves[index]
    }
}

/// A quantity in the units after a split.
pub(crate) fn restated(quantity: Decimal, ratio: SplitRatio) -> Figure<Decimal> {
    Ok(super::cost::share(quantity, ratio.new, ratio.old)?.round_dp(SPLIT_DECIMALS))
}
