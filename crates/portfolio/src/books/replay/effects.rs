//! What each kind of booking does to a position.

use std::sync::Arc;

use bellwether_domain::{Booking, Trade, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Replay;
use crate::books::cash::{CashKind, Movement};
use crate::books::{
    BookedPrice, Charge, ClosedLot, Cost, ExternalFlow, ExternalKind, Income, IncomeKind, Lot, PositionFlow,
    PositionFlowKind, QuantityChange, Sale, ShareTransfer,
};
use crate::exact::Exact;
use crate::{Figure, Reason};

impl Replay<'_> {
    pub(super) fn apply(
        &mut self,
        transaction: &Transaction,
        arrival: Option<&Transaction>,
    ) -> Result<(), Reason> {
        match &transaction.booking {
            Booking::Buy(trade) => self.buy(transaction, trade),
            Booking::Sell(trade) => self.sell(transaction, trade),
            Booking::Dividend { gross, tax, fee, .. } => {
                self.receive(self.dividend(transaction, *gross, *tax, *fee), transaction.sequence)
            }
            Booking::Reinvestment { purchase, gross, withheld } => {
                let income = self.dividend(transaction, *gross, *withheld, Decimal::ZERO);
                self.receive(income, transaction.sequence)?;
                self.buy(transaction, purchase)
            }
            Booking::Fee { amount, .. } => {
                self.charge(transaction, *amount);
                Ok(())
            }
            Booking::TransferIn { quantity, unit_cost, .. } => {
                self.transfer_in(transaction, quantity.get(), *unit_cost)
            }
            Booking::TransferOut { quantity, .. } => match arrival {
                Some(arrival) => self.move_lots(transaction, quantity.get(), &arrival.account),
                None => self.transfer_out(transaction, quantity.get()),
            },
            // Splits took effect before the day's bookings; cash bookings name no instrument.
            Booking::Split { .. }
            | Booking::Deposit { .. }
            | Booking::Withdrawal { .. }
            | Booking::Interest { .. } => Ok(()),
        }
    }

    fn buy(&mut self, transaction: &Transaction, trade: &Trade) -> Result<(), Reason> {
        let paid = trade.quantity.get().times(trade.price)?.plus(trade.fee)?.plus(trade.tax)?;
        let cost = self.in_both(transaction, paid);
        self.note_trade(transaction, trade);
        self.flow(transaction, PositionFlowKind::Purchase, cost.base.clone(), trade.fee, trade.tax);
        self.moved(transaction, CashKind::Purchase, -paid);
        self.add_lot(transaction, trade.quantity.get(), cost).map(|_| ())
    }

    fn sell(&mut self, transaction: &Transaction, trade: &Trade) -> Result<(), Reason> {
        let received = trade.quantity.get().times(trade.price)?.minus(trade.fee)?.minus(trade.tax)?;
        let proceeds = self.in_both(transaction, received);
        let (lots, average_cost) = self.take(transaction, trade.quantity.get())?;
        let sold = lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
        let mut unassigned = proceeds.clone();
        let (mut left, mut fifo_cost) = (sold, Cost::ZERO);
        for lot in lots {
            let part = unassigned.share(lot.quantity, left);
            (unassigned, left) = (unassigned.minus(&part), left - lot.quantity);
            fifo_cost = fifo_cost.plus(&lot.cost);
            self.position.closed_lots.push(ClosedLot {
                opened_by: lot.transaction,
                acquired: lot.acquired,
                arrived: lot.arrived,
                closed_by: transaction.id,
                sold: transaction.date,
                quantity: lot.quantity,
                cost: lot.cost,
                proceeds: part,
            });
        }
        self.note_trade(transaction, trade);
        self.flow(transaction, PositionFlowKind::Sale, negated(&proceeds.base), trade.fee, trade.tax);
        self.moved(transaction, CashKind::Sale, received);
        let quantity = trade.quantity.get();
        let (transaction, date) = (transaction.id, transaction.date);
        self.position.sales.push(Sale { transaction, date, quantity, proceeds, fifo_cost, average_cost });
        Ok(())
    }

    fn dividend(&self, transaction: &Transaction, gross: Decimal, tax: Decimal, fee: Decimal) -> Income {
        Income {
            date: transaction.date,
            kind: IncomeKind::Dividend,
            symbol: Some(self.position.symbol.clone()),
            transaction: Some(transaction.id),
            units: None,
            currency: transaction.currency,
            gross,
            tax,
            fee,
            rate: self.terms.booked_rate(transaction),
        }
    }

    pub(super) fn receive(&mut self, income: Income, sequence: i64) -> Result<(), Reason> {
        let net = income.net()?;
        self.position.flows.push(PositionFlow {
            date: income.date,
            kind: PositionFlowKind::Dividend,
            transaction: income.transaction,
            amount: negated(&income.net_in_base()),
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

    fn charge(&mut self, transaction: &Transaction, amount: Decimal) {
        let base = self.in_both(transaction, amount).base;
        self.flow(transaction, PositionFlowKind::Fee, base.clone(), amount, Decimal::ZERO);
        self.moved(transaction, CashKind::Fee, -amount);
        self.position.charges.push(Charge {
            date: transaction.date,
            symbol: Some(self.position.symbol.clone()),
            transaction: transaction.id,
            currency: transaction.currency,
            amount,
            base,
        });
    }

    fn transfer_in(
        &mut self,
        transaction: &Transaction,
        quantity: Decimal,
        cost: Decimal,
    ) -> Result<(), Reason> {
        self.note_price(transaction, cost);
        let worth = self.market_value(transaction, quantity);
        self.flow(transaction, PositionFlowKind::TransferIn, worth.clone(), Decimal::ZERO, Decimal::ZERO);
        self.external(transaction, ExternalKind::TransferIn, worth);
        let cost = self.in_both(transaction, quantity.times(cost)?);
        let lot = self.add_lot(transaction, quantity, cost.clone())?;
        self.transferred(transaction, true, vec![lot], cost);
        Ok(())
    }

    fn transfer_out(&mut self, transaction: &Transaction, quantity: Decimal) -> Result<(), Reason> {
        let worth = negated(&self.market_value(transaction, quantity));
        self.flow(transaction, PositionFlowKind::TransferOut, worth.clone(), Decimal::ZERO, Decimal::ZERO);
        self.external(transaction, ExternalKind::TransferOut, worth);
        let (lots, average_cost) = self.take(transaction, quantity)?;
        self.transferred(transaction, false, lots, average_cost);
        Ok(())
    }

    /// Shares that go to another own account keep their age and cost.
    fn move_lots(&mut self, transaction: &Transaction, quantity: Decimal, to: &str) -> Result<(), Reason> {
        let account = self.shelves.account(to);
        for lot in self.shelves.take(&transaction.account, quantity)? {
            self.shelves.put(Lot { account: Arc::clone(&account), ..lot })?;
        }
        Ok(())
    }

    fn add_lot(&mut self, transaction: &Transaction, quantity: Decimal, cost: Cost) -> Figure<Lot> {
        self.position.average_cost = self.position.average_cost.plus(&cost);
        let account = self.shelves.account(&transaction.account);
        let (transaction, acquired) = (transaction.id, transaction.date);
        let lot = Lot { transaction, account, acquired, arrived: acquired, quantity, cost };
        self.shelves.put(lot.clone())?;
        self.position.quantity = self.shelves.quantity()?;
        Ok(lot)
    }

    /// Takes shares out of the account's oldest lots, and their share out of the average pool.
    fn take(&mut self, transaction: &Transaction, quantity: Decimal) -> Figure<(Vec<Lot>, Cost)> {
        let held = self.position.quantity;
        let lots = self.shelves.take(&transaction.account, quantity)?;
        self.position.quantity = self.shelves.quantity()?;
        let pool = &self.position.average_cost;
        let cost = pool.share(held.minus(self.position.quantity)?, held);
        self.position.average_cost =
            if self.position.quantity.is_zero() { Cost::ZERO } else { pool.minus(&cost) };
        Ok((lots, cost))
    }

    fn in_both(&self, transaction: &Transaction, amount: Decimal) -> Cost {
        let to_base = self.terms.booked_rate(transaction);
        let to_listed = self.rate_to_listed(transaction, &to_base);
        Cost::booked(amount, &to_base, &to_listed)
    }

    fn rate_to_listed(&self, transaction: &Transaction, to_base: &Figure<Decimal>) -> Figure<Decimal> {
        if self.position.currency == self.terms.options.base {
            return to_base.clone();
        }
        self.terms.rate(transaction.currency, self.position.currency, transaction.date)
    }

    /// What shares are worth on the day, in the base currency; at the booked price where no quote is known yet.
    fn market_value(&self, transaction: &Transaction, quantity: Decimal) -> Figure<Decimal> {
        let quoted = self.position.price_on(self.instrument, transaction.date);
        let price = quoted
            .or_else(|reason| self.position.booked_price_on(transaction.date).unwrap_or(Err(reason)))?
            .price;
        let rate = self.terms.rate(self.position.currency, self.terms.options.base, transaction.date)?;
        quantity.times(price)?.times(rate)
    }

    fn note_trade(&mut self, transaction: &Transaction, trade: &Trade) {
        self.note_price(transaction, trade.price);
        for (amount, sum) in
            [(trade.fee, &mut self.position.trade_fees), (trade.tax, &mut self.position.trade_taxes)]
        {
            if !amount.is_zero() {
                let base = self.terms.booked_rate(transaction).and_then(|rate| amount.times(rate));
                *sum = sum.clone().and_then(|sum| sum.plus(base?));
            }
        }
    }

    fn note_price(&mut self, transaction: &Transaction, price: Decimal) {
        let to_base = self.terms.booked_rate(transaction);
        let price = self.rate_to_listed(transaction, &to_base).and_then(|rate| price.times(rate));
        // Shares received for nothing say nothing about their price.
        if let Ok(price) = price
            && !price.is_zero()
        {
            self.position.booked_prices.push(BookedPrice { date: transaction.date, price });
        }
    }

    /// Notes a change, joining those of one day.
    pub(super) fn note_quantity(&mut self, date: NaiveDate, before: Decimal) {
        let after = self.position.quantity;
        match self.position.changes.last_mut().filter(|last| last.date == date) {
            Some(last) => last.after = after,
            None => self.position.changes.push(QuantityChange { date, before, after }),
        }
    }

    /// Notes a flow; fee and tax are in the booking's currency.
    fn flow(
        &mut self,
        transaction: &Transaction,
        kind: PositionFlowKind,
        amount: Figure<Decimal>,
        fee: Decimal,
        tax: Decimal,
    ) {
        let in_base = |part: Decimal| {
            if part.is_zero() {
                return Ok(part);
            }
            self.terms.booked_rate(transaction).and_then(|rate| part.times(rate))
        };
        let (fee, tax) = (in_base(fee), in_base(tax));
        let (date, transaction) = (transaction.date, Some(transaction.id));
        self.position.flows.push(PositionFlow { date, kind, transaction, amount, fee, tax });
    }

    fn transferred(&mut self, transaction: &Transaction, arrives: bool, lots: Vec<Lot>, average_cost: Cost) {
        let (date, transaction) = (transaction.date, transaction.id);
        self.position.transfers.push(ShareTransfer { date, transaction, arrives, lots, average_cost });
    }

    fn external(&mut self, transaction: &Transaction, kind: ExternalKind, amount: Figure<Decimal>) {
        let (date, transaction) = (transaction.date, Some(transaction.id));
        self.transfers.push(ExternalFlow { date, kind, transaction, amount });
    }

    fn moved(&mut self, transaction: &Transaction, kind: CashKind, amount: Decimal) {
        let rate = self.terms.booked_rate(transaction);
        let symbol = Some(self.position.symbol.clone());
        self.movements.push(Movement { symbol, ..Movement::of(transaction, kind, amount, rate) });
    }
}

fn negated(amount: &Figure<Decimal>) -> Figure<Decimal> {
    amount.clone().map(|amount| -amount)
}
