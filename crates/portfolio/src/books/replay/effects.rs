//! What each kind of booking does to a position.

use bellwether_domain::{Booking, LotChoice, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Replay;
use super::notes::Posted;
use crate::books::cash::{CashKind, Movement};
use crate::books::cost::Booked;
use crate::books::{
    Charge, ChargeKind, ExternalKind, HoldingPrice, Income, IncomeKind, Lot, PositionFlow, PositionFlowKind,
    ShareTransfer,
};
use crate::exact::Exact;
use crate::{Figure, Reason};

impl Replay<'_> {
    pub(super) fn apply(
        &mut self,
        transaction: &Transaction,
        arrival: Option<&Transaction>,
    ) -> Result<(), Reason> {
        let posted = self.posted(transaction);
        match &transaction.booking {
            Booking::Buy(trade) => self.buy(&posted, trade),
            Booking::Sell { trade, lots } => self.sell(&posted, trade, lots),
            Booking::Dividend { gross, tax, fee, .. } => {
                self.receive(self.dividend(&posted, *gross, *tax, *fee), transaction.sequence)
            }
            Booking::Reinvestment { purchase, gross, withheld } => {
                let income = self.dividend(&posted, *gross, *withheld, Decimal::ZERO);
                self.receive(income, transaction.sequence)?;
                self.buy(&posted, purchase)
            }
            Booking::Fee { amount, .. } => {
                self.charge(&posted, ChargeKind::Fee, *amount);
                Ok(())
            }
            Booking::Tax { amount, .. } => {
                self.charge(&posted, ChargeKind::Tax, *amount);
                Ok(())
            }
            Booking::TransferIn { quantity, unit_cost, fee, acquired, .. } => {
                self.transfer_in(&posted, quantity.get(), *unit_cost, *fee, *acquired)
            }
            Booking::TransferOut { quantity, fee, lots, .. } => {
                self.charge(&posted, ChargeKind::Fee, *fee);
                match arrival {
                    Some(arrival) => self.relocate(&posted, quantity.get(), lots, arrival),
                    None => self.transfer_out(&posted, quantity.get(), lots),
                }
            }
            // Events took effect before the day's bookings; cash bookings name no instrument.
            Booking::Split { .. }
            | Booking::Deposit { .. }
            | Booking::Withdrawal { .. }
            | Booking::Interest { .. }
            | Booking::SpinOff { .. }
            | Booking::Merger { .. }
            | Booking::TickerChange { .. } => Ok(()),
        }
    }

    fn dividend(&self, posted: &Posted<'_>, gross: Decimal, tax: Decimal, fee: Decimal) -> Income {
        Income {
            date: posted.date,
            kind: IncomeKind::Dividend,
            ex_date: self.ex_dates.get(&posted.transaction.id).copied(),
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

    /// A fee or tax of its own; none where there is none.
    fn charge(&mut self, posted: &Posted<'_>, kind: ChargeKind, amount: Decimal) {
        if amount.is_zero() {
            return;
        }
        let base = posted.in_base(amount);
        let (fee, tax, cash) = match kind {
            ChargeKind::Fee => (amount, Decimal::ZERO, CashKind::Fee),
            ChargeKind::Tax => (Decimal::ZERO, amount, CashKind::Tax),
        };
        self.flow(posted, PositionFlowKind::Fee, base.clone(), fee, tax);
        self.moved(posted, cash, -amount);
        self.position.charges.push(Charge {
            date: posted.date,
            kind,
            symbol: Some(self.position.symbol.clone()),
            transaction: posted.transaction.id,
            currency: posted.transaction.currency,
            amount,
            base,
        });
    }

    /// The fee is part of the cost, and flows into the position beside the market value.
    fn transfer_in(
        &mut self,
        posted: &Posted<'_>,
        quantity: Decimal,
        unit_cost: Decimal,
        fee: Decimal,
        acquired: Option<NaiveDate>,
    ) -> Result<(), Reason> {
        self.note_price(posted, unit_cost);
        let price = self.price_of_moved(posted.date);
        let worth = self.worth(posted.date, quantity, &price);
        let amount = worth.clone().and_then(|worth| worth.plus(posted.in_base(fee)?));
        self.flow(posted, PositionFlowKind::TransferIn, amount, fee, Decimal::ZERO);
        self.external(posted, ExternalKind::TransferIn, worth);
        self.note_charges(posted, fee, Decimal::ZERO);
        self.moved(posted, CashKind::Fee, -fee);
        let cost = Booked { net: quantity.times(unit_cost)?.plus(fee)?, fee, tax: Decimal::ZERO };
        let mut lot = self.lot(posted, quantity, self.booked(posted, cost));
        lot.acquired = acquired.unwrap_or(lot.acquired);
        self.transferred(posted, true, vec![lot.clone()], price);
        self.acquire(posted, lot)
    }

    fn transfer_out(
        &mut self,
        posted: &Posted<'_>,
        quantity: Decimal,
        chosen: &[LotChoice],
    ) -> Result<(), Reason> {
        let price = self.price_of_moved(posted.date);
        let worth = self.worth(posted.date, quantity, &price).map(|worth| -worth);
        self.flow(posted, PositionFlowKind::TransferOut, worth.clone(), Decimal::ZERO, Decimal::ZERO);
        self.external(posted, ExternalKind::TransferOut, worth);
        let lots = self.shelves.take(&posted.transaction.account, quantity, chosen)?;
        self.position.quantity = self.shelves.quantity()?;
        self.transferred(posted, false, lots, price);
        Ok(())
    }

    /// Shares that go to another own account keep their age, their cost and their share of its fees. What the arrival
    /// cost is a fee of its own.
    fn relocate(
        &mut self,
        posted: &Posted<'_>,
        quantity: Decimal,
        chosen: &[LotChoice],
        arrival: &Transaction,
    ) -> Result<(), Reason> {
        if let Booking::TransferIn { fee, .. } = &arrival.booking {
            self.charge(&self.posted(arrival), ChargeKind::Fee, *fee);
        }
        self.shelves.relocate(&posted.transaction.account, &arrival.account, quantity, chosen)
    }

    fn transferred(
        &mut self,
        posted: &Posted<'_>,
        arrives: bool,
        lots: Vec<Lot>,
        price: Figure<HoldingPrice>,
    ) {
        let (date, transaction, kept) = (posted.date, posted.transaction.id, Vec::new());
        let cost_share = Ok(Decimal::ONE);
        let transfer = ShareTransfer { date, transaction, arrives, lots, kept, cost_share, price };
        self.position.transfers.push(transfer);
    }
}
