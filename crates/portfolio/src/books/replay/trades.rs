//! Purchases and sales: lots that open and close.

use std::sync::Arc;

use bellwether_domain::{Booking, LotChoice, Trade};
use rust_decimal::Decimal;

use super::Replay;
use super::notes::Posted;
use crate::Reason;
use crate::books::cash::CashKind;
use crate::books::cost::Booked;
use crate::books::lot_shelves::DUST;
use crate::books::{ClosedLot, Cost, Lot, PositionFlowKind, Sale};
use crate::exact::Exact;

impl Replay<'_> {
    pub(super) fn buy(&mut self, posted: &Posted<'_>, trade: &Trade) -> Result<(), Reason> {
        let quantity = trade.quantity.get();
        let paid = quantity.times(trade.price)?.plus(trade.fee)?.plus(trade.tax)?;
        let cost = self.booked(posted, Booked { net: paid, fee: trade.fee, tax: trade.tax });
        self.note_trade(posted, trade);
        self.flow(posted, PositionFlowKind::Purchase, cost.base.clone(), trade.fee, trade.tax);
        self.moved(posted, CashKind::Purchase, -paid);
        let lot = self.lot(posted, quantity, cost);
        self.acquire(posted, lot)
    }

    pub(super) fn sell(
        &mut self,
        posted: &Posted<'_>,
        trade: &Trade,
        chosen: &[LotChoice],
    ) -> Result<(), Reason> {
        let quantity = trade.quantity.get();
        let received = quantity.times(trade.price)?.minus(trade.fee)?.minus(trade.tax)?;
        let proceeds = self.booked(posted, Booked { net: received, fee: -trade.fee, tax: -trade.tax });
        self.note_trade(posted, trade);
        let amount = proceeds.base.clone().map(|amount| -amount);
        self.flow(posted, PositionFlowKind::Sale, amount, trade.fee, trade.tax);
        self.moved(posted, CashKind::Sale, received);

        let account = &posted.transaction.account;
        if self.shelves.covers(account, quantity) {
            return self.close(posted, account, quantity, proceeds, chosen);
        }
        // The replay lets only a short sale come here.
        let held = self.shelves.held(account);
        let closing = proceeds.share(held, quantity);
        let opening = self.lot(posted, held.minus(quantity)?, closing.minus(&proceeds));
        if !held.is_zero() {
            self.close(posted, account, held, closing, &[])?;
        }
        self.put(opening)
    }

    /// A lot of a booking's own day and account.
    pub(super) fn lot(&mut self, posted: &Posted<'_>, quantity: Decimal, cost: Cost) -> Lot {
        let account = self.shelves.account(&posted.transaction.account);
        let (transaction, acquired) = (posted.transaction.id, posted.date);
        Lot { transaction, account, acquired, arrived: acquired, quantity, cost, passage: None }
    }

    /// Shares that come in cover what their account owes, the oldest first; the rest is held. Shares to be owed are
    /// taken from what is held first.
    pub(super) fn acquire(&mut self, posted: &Posted<'_>, mut lot: Lot) -> Result<(), Reason> {
        let opposite = self.shelves.opposite(&lot);
        if !opposite.is_zero() {
            let account = Arc::clone(&lot.account);
            if lot.quantity.abs().minus(opposite.abs())? < DUST {
                return self.close(posted, &account, -lot.quantity, lot.cost.negated(), &[]);
            }
            let covering = lot.split_off(-opposite)?;
            self.close(posted, &account, opposite, covering.cost.negated(), &[])?;
        }
        self.put(lot)
    }

    fn put(&mut self, lot: Lot) -> Result<(), Reason> {
        self.position.opened.push(lot.clone());
        self.shelves.put(lot)?;
        self.position.quantity = self.shelves.quantity()?;
        Ok(())
    }

    /// Closes lots, or with a negative quantity covers owed ones, and realises their gain.
    fn close(
        &mut self,
        posted: &Posted<'_>,
        account: &str,
        quantity: Decimal,
        proceeds: Cost,
        chosen: &[LotChoice],
    ) -> Result<(), Reason> {
        let lots = self.shelves.take(account, quantity, chosen)?;
        self.position.quantity = self.shelves.quantity()?;
        let whole = lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
        let by_shares = matches!(
            posted.transaction.booking,
            Booking::TransferIn { .. } | Booking::SpinOff { .. } | Booking::Merger { .. }
        );
        let lots = lots.into_iter().map(|lot| (lot.quantity, lot));
        self.realise(posted, quantity, proceeds, (whole, lots), by_shares)
    }

    /// Notes a sale of these lots; each has its part of the proceeds by the shares that stand beside it, which are as
    /// many as `whole` together. `by_shares` that came without money, or for money.
    pub(super) fn realise(
        &mut self,
        posted: &Posted<'_>,
        quantity: Decimal,
        proceeds: Cost,
        (whole, lots): (Decimal, impl IntoIterator<Item = (Decimal, Lot)>),
        by_shares: bool,
    ) -> Result<(), Reason> {
        let rate = posted.rates.listed_to_base();
        let (transaction, date) = (posted.transaction.id, posted.date);
        let first = self.position.closed_lots.len();
        let (mut left, mut unassigned, mut cost) = (whole, proceeds.clone(), Cost::ZERO);
        for (shares, lot) in lots {
            let part = unassigned.share(shares, left);
            (unassigned, left) = (unassigned.minus(&part), left.minus(shares)?);
            cost = cost.plus(&lot.cost);
            self.position.closed_lots.push(ClosedLot {
                opened_by: lot.transaction,
                acquired: lot.acquired,
                arrived: lot.arrived,
                closed_by: transaction,
                sold: date,
                quantity: lot.quantity,
                cost: lot.cost,
                proceeds: part,
                rate: rate.clone(),
                by_shares,
                passage: lot.passage,
            });
        }
        let closed = first..self.position.closed_lots.len();
        self.position.sales.push(Sale { transaction, date, quantity, proceeds, cost, rate, closed });
        Ok(())
    }
}
