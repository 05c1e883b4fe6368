//! Whether the shares that leave are there.

use bellwether_domain::{Booking, LotChoice, Transaction};
use rust_decimal::Decimal;

use super::Replay;
use crate::books::day_order::DayOrder;
use crate::books::lot_shelves::DUST;
use crate::exact::Exact;
use crate::{Figure, LedgerError, Shorts};

impl<'a> Replay<'a> {
    /// Sees to it that the shares, and the lots chosen among them, are in the account: inflows of the day go first
    /// where they are needed.
    pub(super) fn make_available(
        &mut self,
        transaction: &Transaction,
        wanted: Decimal,
        chosen: &[LotChoice],
        (index, order): (usize, &mut DayOrder<'a, '_>),
    ) -> Result<(), LedgerError> {
        while !self.shelves.covers(&transaction.account, wanted) {
            let Some(inflow) = order.next_inflow(index, &transaction.account) else {
                let goes_short = self.terms.options.shorts == Shorts::Allowed
                    && chosen.is_empty()
                    && matches!(transaction.booking, Booking::Sell { .. });
                return if goes_short { Ok(()) } else { Err(self.not_enough(transaction, wanted)) };
            };
            self.book(inflow, order)?;
        }
        if !chosen.is_empty() {
            self.check_sum(transaction, wanted, chosen)?;
        }
        for choice in chosen {
            while let Some(fault) = self.fault(transaction, choice) {
                let Some(inflow) = order.next_inflow(index, &transaction.account) else { return Err(fault) };
                self.book(inflow, order)?;
            }
        }
        Ok(())
    }

    fn check_sum(
        &self,
        transaction: &Transaction,
        wanted: Decimal,
        chosen: &[LotChoice],
    ) -> Result<(), LedgerError> {
        let sum: Figure<Decimal> =
            chosen.iter().try_fold(Decimal::ZERO, |sum, choice| sum.plus(choice.quantity.get()));
        if sum == Ok(wanted) {
            return Ok(());
        }
        Err(LedgerError::LotsOfAnotherSum {
            transaction: transaction.id,
            symbol: self.position.symbol.clone(),
            date: transaction.date,
            wanted,
        })
    }

    fn fault(&self, transaction: &Transaction, choice: &LotChoice) -> Option<LedgerError> {
        let held = self.shelves.held_of(&transaction.account, choice.opened_by).unwrap_or_default();
        let wanted = choice.quantity.get();
        let is_short = wanted.minus(held).is_ok_and(|missing| missing >= DUST);
        is_short.then(|| LedgerError::LotNotHeld {
            transaction: transaction.id,
            symbol: self.position.symbol.clone(),
            account: transaction.account.clone(),
            date: transaction.date,
            opened_by: choice.opened_by,
            held: held.normalize(),
            wanted,
        })
    }

    fn not_enough(&self, transaction: &Transaction, wanted: Decimal) -> LedgerError {
        LedgerError::NotEnoughShares {
            transaction: transaction.id,
            symbol: self.position.symbol.clone(),
            account: transaction.account.clone(),
            date: transaction.date,
            held: self.shelves.held(&transaction.account).normalize(),
            wanted,
        }
    }
}
