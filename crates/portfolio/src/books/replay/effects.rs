//! What each kind of booking does to a position.

use bellwether_domain::{Booking, Transaction};
use rust_decimal::Decimal;

use super::Replay;
use super::notes::Posted;
use crate::Reason;
use crate::books::cash::{CashKind, Movement};
use crate::books::cost::Booked;
use crate::books::{
    Charge, ExternalKind, Income, IncomeKind, Lot, PositionFlow, PositionFlowKind, ShareTransfer,
};
use crate::exact::Exact;

impl Replay<'_> {
    pub(super) fn apply(
        &mut self,
        transaction: &Transaction,
        arrival: Option<&Transaction>,
    ) -> Result<(), Reason> {
        let posted = self.posted(transaction);
        match &transaction.booking {
            Booking::Buy(trade) => self.buy(&posted, trade),
            Booking::Sell { trade, .. } => self.sell(&posted, trade),
            Booking::Dividend { gross, tax, fee, .. } => {
                self.receive(self.dividend(&posted, *gross, *tax, *fee), transaction.sequence)
            }
            Booking::Reinvestment { purchase, gross, withheld } => {
                let income = self.dividend(&posted, *gross, *withheld, Decimal::ZERO);
                self.receive(income, transaction.sequence)?;
                self.buy(&posted, purchase)
            }
            Booking::Fee { amount, .. } => {
                self.charge(&posted, *amount);
                Ok(())
            }
            Booking::TransferIn { quantity, unit_cost, .. } => {
                self.transfer_in(&posted, quantity.get(), *unit_cost)
            }
            Booking::TransferOut { quantity, .. } => match arrival {
                Some(arrival) => {
                    self.shelves.relocate(&transaction.account, &arrival.account, quantity.get())
                }
                None => self.transfer_out(&posted, quantity.get()),
            },
            // Splits took effect before the day's bookings; cash bookings name no instrument; the books refuse the rest.
            Booking::Split { .. }
            | Booking::Deposit { .. }
            | Booking::Withdrawal { .. }
            | Booking::Interest { .. }
            | Booking::Tax { .. }
            | Booking::SpinOff { .. }
            | Booking::Merger { .. }
            | Booking::TickerChange { .. } => Ok(()),
        }
    }

    fn dividend(&self, posted: &Posted<'_>, gross: Decimal, tax: Decimal, fee: Decimal) -> Income {
        Income {
            date: posted.transaction.date,
            kind: IncomeKind::Dividend,
            symbol: Some(self.position.symbol.clone()),
            transaction: Some(posted.transaction.id),
            units: None,
            currency: posted.transaction.currency,
            gross,
            tax,
            fee,
            rate: posted.rates.to_base.clone(),
        }
    }

    pub(super) fn receive(&mut self, income: Income, sequence: i64) -> Result<(), Reason> {
        let net = income.net()?;
        self.position.flows.push(PositionFlow {
            date: income.date,
            kind: PositionFlowKind::Dividend,
            transaction: income.transaction,
            amount: income.net_in_base().map(|amount| -amount),
            fee: income.in_base(income.fee),
            tax: income.in_base(income.tax),
        });
        self.movements.push(Movement {
            date: income.date,
            sequence,
            kind: CashKind::Dividend,
            symbol: income.symbol.clone(),
            transaction: income.transaction,
            currency: income.currency,
            amount: net,
            rate: income.rate.clone(),
        });
        self.position.income.push(income);
        Ok(())
    }

    fn charge(&mut self, posted: &Posted<'_>, amount: Decimal) {
        let base = posted.in_base(amount);
        self.flow(posted, PositionFlowKind::Fee, base.clone(), amount, Decimal::ZERO);
        self.moved(posted, CashKind::Fee, -amount);
        self.position.charges.push(Charge {
            date: posted.transaction.date,
            symbol: Some(self.position.symbol.clone()),
            transaction: posted.transaction.id,
            currency: posted.transaction.currency,
            amount,
            base,
        });
    }

    fn transfer_in(
        &mut self,
        posted: &Posted<'_>,
        quantity: Decimal,
        unit_cost: Decimal,
    ) -> Result<(), Reason> {
        self.note_price(posted, unit_cost);
        let worth = self.market_value(posted.transaction.date, quantity);
        self.flow(posted, PositionFlowKind::TransferIn, worth.clone(), Decimal::ZERO, Decimal::ZERO);
        self.external(posted, ExternalKind::TransferIn, worth);
        let cost = Booked { net: quantity.times(unit_cost)?, fee: Decimal::ZERO, tax: Decimal::ZERO };
        let lot = self.lot(posted, quantity, self.booked(posted, cost));
        self.transferred(posted, true, vec![lot.clone()]);
        self.acquire(posted, lot)
    }

    fn transfer_out(&mut self, posted: &Posted<'_>, quantity: Decimal) -> Result<(), Reason> {
        let worth = self.market_value(posted.transaction.date, quantity).map(|worth| -worth);
        self.flow(posted, PositionFlowKind::TransferOut, worth.clone(), Decimal::ZERO, Decimal::ZERO);
        self.external(posted, ExternalKind::TransferOut, worth);
        let lots = self.shelves.take(&posted.transaction.account, quantity)?;
        self.position.quantity = self.shelves.quantity()?;
        self.transferred(posted, false, lots);
        Ok(())
    }

    fn transferred(&mut self, posted: &Posted<'_>, arrives: bool, lots: Vec<Lot>) {
        let (date, transaction) = (posted.transaction.date, posted.transaction.id);
        self.position.transfers.push(ShareTransfer { date, transaction, arrives, lots });
    }
}
