//! The replay of one instrument: splits, dividends and bookings, day by day.

use std::iter::Peekable;
use std::sync::Arc;

use bellwether_domain::{
    Booking, CashDividend, Currency, DividendPolicy, Split, Symbol, Trade, Transaction, TransactionId,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::cash::{CashKind, Movement};
use super::day_order::DayOrder;
use super::lot_shelves::LotShelves;
use super::{
    BookedPrice, Charge, ClosedLot, Cost, ExternalFlow, ExternalKind, Income, IncomeKind, Lot, Position,
    PositionFlow, PositionFlowKind, QuantityChange, Sale, dividends,
};
use crate::exact::Exact;
use crate::market::{InstrumentData, Rates, splits};
use crate::{Figure, LedgerError, Options, Reason};

/// What the replay of one instrument gives.
pub(super) struct Replayed {
    pub(super) position: Position,
    /// What it did to cash.
    pub(super) movements: Vec<Movement>,
    /// Shares from and to elsewhere.
    pub(super) transfers: Vec<ExternalFlow>,
}

/// What is the same for all instruments.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) options: &'a Options,
    pub(super) rates: &'a Rates,
    pub(super) as_of: NaiveDate,
}

impl Terms<'_> {
    /// Base currency per unit of the booking's currency: as recorded, else the day's rate.
    pub(super) fn booked_rate(&self, booking: &Transaction) -> Figure<Decimal> {
        match booking.fx_rate.filter(|_| booking.currency != self.options.base) {
            Some(rate) => Ok(rate),
            None => self.rate(booking.currency, self.options.base, booking.date),
        }
    }

    pub(super) fn rate(&self, from: Currency, to: Currency, date: NaiveDate) -> Figure<Decimal> {
        if from == to { Ok(Decimal::ONE) } else { self.rates.on(from, to, date).map(|on| on.rate) }
    }
}

/// Replays the bookings of one instrument, which are in order and not after the terms' day.
pub(super) fn replay<'a>(
    symbol: &Symbol,
    bookings: &[&'a Transaction],
    instrument: Option<&'a InstrumentData>,
    terms: Terms<'a>,
) -> Result<Replayed, LedgerError> {
    let booked_currency = bookings.first().map_or(terms.options.base, |first| first.currency);
    let listed_in = instrument.map_or(booked_currency, InstrumentData::currency);
    let splits = all_splits(instrument, bookings, terms.as_of);
    let known = instrument.map(InstrumentData::dividends).unwrap_or_default();
    let unrecorded: Vec<CashDividend> = match terms.options.dividends {
        DividendPolicy::Infer => dividends::unrecorded(known, bookings)
            .filter(|dividend| dividend.ex_date <= terms.as_of)
            .copied()
            .collect(),
        DividendPolicy::RecordedOnly => Vec::new(),
    };

    let mut replay = Replay {
        terms,
        instrument,
        position: Position::new(symbol.clone(), listed_in, splits.clone()),
        shelves: LotShelves::default(),
        movements: Vec::with_capacity(bookings.len()),
        transfers: Vec::new(),
    };
    let mut splits = splits.iter().peekable();
    let mut dividends = unrecorded.iter().peekable();
    let mut rest = bookings;
    while let Some(first) = rest.first() {
        // Without a booking nothing is held yet, or nothing changes but by splits and dividends before the next one.
        replay.actions_until(first.date, &mut splits, &mut dividends)?;
        let (day, later) = rest.split_at(rest.partition_point(|booking| booking.date == first.date));
        replay.day(first.date, day)?;
        rest = later;
    }
    replay.actions_until(NaiveDate::MAX, &mut splits, &mut dividends)?;
    Ok(replay.finished())
}

/// Upstream's splits and those that the ledger records, once each.
fn all_splits(
    instrument: Option<&InstrumentData>,
    bookings: &[&Transaction],
    as_of: NaiveDate,
) -> Vec<Split> {
    let upstream = instrument.map(InstrumentData::splits).unwrap_or_default();
    let recorded: Vec<Split> = bookings
        .iter()
        .filter_map(|transaction| match &transaction.booking {
            Booking::Split { ratio, .. } => Some(Split { ex_date: transaction.date, ratio: *ratio }),
            _ => None,
        })
        .collect();
    let mut splits = splits::merged(upstream.iter().chain(&recorded));
    splits.retain(|split| split.ex_date <= as_of);
    splits
}

struct Replay<'a> {
    terms: Terms<'a>,
    instrument: Option<&'a InstrumentData>,
    position: Position,
    shelves: LotShelves,
    movements: Vec<Movement>,
    transfers: Vec<ExternalFlow>,
}

impl<'a> Replay<'a> {
    /// Applies splits and infers dividends with an ex-date up to `until`, in the order of their days.
    fn actions_until<'s>(
        &mut self,
        until: NaiveDate,
        splits: &mut Peekable<impl Iterator<Item = &'s Split>>,
        dividends: &mut Peekable<impl Iterator<Item = &'s CashDividend>>,
    ) -> Result<(), LedgerError> {
        loop {
            let split = splits.peek().map(|split| split.ex_date).filter(|day| *day <= until);
            let dividend = dividends.peek().map(|dividend| dividend.ex_date).filter(|day| *day <= until);
            if split.is_some_and(|split| dividend.is_none_or(|dividend| split <= dividend)) {
                if let Some(split) = splits.next() {
                    self.split(split).map_err(|_| out_of_range(None, split.ex_date))?;
                }
            } else if dividend.is_some() {
                if let Some(dividend) = dividends.next() {
                    self.infer(dividend).map_err(|_| out_of_range(None, dividend.ex_date))?;
                }
            } else {
                return Ok(());
            }
        }
    }

    fn split(&mut self, split: &Split) -> Result<(), Reason> {
        if self.position.quantity.is_zero() {
            return Ok(());
        }
        self.shelves.split(split.ratio)?;
        self.position.quantity = self.shelves.quantity()?;
        let (date, quantity) = (split.ex_date, self.position.quantity);
        self.position.changes.pop_if(|last| last.date == date);
        self.position.changes.push(QuantityChange { date, before: quantity, after: quantity });
        Ok(())
    }

    /// The dividend of shares held at the close before its ex-date.
    fn infer(&mut self, dividend: &CashDividend) -> Result<(), Reason> {
        let units = self.position.quantity;
        if units.is_zero() {
            return Ok(());
        }
        let currency = dividend.currency.unwrap_or(self.position.currency);
        let income = Income {
            date: dividend.ex_date,
            kind: IncomeKind::Dividend,
            symbol: Some(self.position.symbol.clone()),
            transaction: None,
            units: Some(units),
            currency,
            gross: units.times(dividend.amount)?,
            tax: Decimal::ZERO,
            fee: Decimal::ZERO,
            rate: self.terms.rate(currency, self.terms.options.base, dividend.ex_date),
        };
        // Before everything that is recorded on the day.
        self.receive(income, i64::MIN)
    }

    fn day(&mut self, date: NaiveDate, bookings: &[&'a Transaction]) -> Result<(), LedgerError> {
        let before = self.position.quantity;
        let mut order = DayOrder::new(bookings);
        for index in 0..bookings.len() {
            self.book(index, &mut order)?;
        }
        if self.position.quantity != before {
            self.note_quantity(date, before);
        }
        Ok(())
    }

    /// Lets the booking at a place take effect, after the inflows of the day that it needs.
    fn book(&mut self, index: usize, order: &mut DayOrder<'a, '_>) -> Result<(), LedgerError> {
        if order.arrives_with_partner(index) {
            return Ok(());
        }
        let Some(transaction) = order.take(index) else { return Ok(()) };
        let leaving = match &transaction.booking {
            Booking::Sell(trade) => Some(trade.quantity.get()),
            Booking::TransferOut { quantity, .. } => Some(quantity.get()),
            _ => None,
        };
        if let Some(wanted) = leaving {
            while !self.shelves.covers(&transaction.account, wanted) {
                let Some(inflow) = order.next_inflow(index, &transaction.account) else {
                    return Err(self.not_enough(transaction, wanted));
                };
                self.book(inflow, order)?;
            }
        }
        let arrival = order.take_partner(index);
        self.apply(transaction, arrival).map_err(|_| out_of_range(Some(transaction.id), transaction.date))
    }

    fn apply(&mut self, transaction: &Transaction, arrival: Option<&Transaction>) -> Result<(), Reason> {
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
            Booking::Fee { amount, .. } => self.charge(transaction, *amount),
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
        self.flow(transaction, PositionFlowKind::Purchase, cost.base.clone());
        self.moved(transaction, CashKind::Purchase, -paid);
        self.add_lot(transaction, trade.quantity.get(), cost)
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
                closed_by: transaction.id,
                sold: transaction.date,
                quantity: lot.quantity,
                cost: lot.cost,
                proceeds: part,
            });
        }
        self.note_trade(transaction, trade);
        self.flow(transaction, PositionFlowKind::Sale, negated(&proceeds.base));
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

    fn receive(&mut self, income: Income, sequence: i64) -> Result<(), Reason> {
        let net = income.net()?;
        self.position.flows.push(PositionFlow {
            date: income.date,
            kind: PositionFlowKind::Dividend,
            transaction: income.transaction,
            amount: negated(&income.net_in_base()),
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

    fn charge(&mut self, transaction: &Transaction, amount: Decimal) -> Result<(), Reason> {
        let base = self.in_both(transaction, amount).base;
        self.flow(transaction, PositionFlowKind::Fee, base.clone());
        self.moved(transaction, CashKind::Fee, -amount);
        self.position.charges.push(Charge {
            date: transaction.date,
            symbol: Some(self.position.symbol.clone()),
            transaction: transaction.id,
            currency: transaction.currency,
            amount,
            base,
        });
        Ok(())
    }

    fn transfer_in(
        &mut self,
        transaction: &Transaction,
        quantity: Decimal,
        cost: Decimal,
    ) -> Result<(), Reason> {
        self.note_price(transaction, cost);
        let worth = self.market_value(transaction, quantity);
        self.flow(transaction, PositionFlowKind::TransferIn, worth.clone());
        self.external(transaction, ExternalKind::TransferIn, worth);
        let cost = self.in_both(transaction, quantity.times(cost)?);
        self.add_lot(transaction, quantity, cost)
    }

    fn transfer_out(&mut self, transaction: &Transaction, quantity: Decimal) -> Result<(), Reason> {
        let worth = negated(&self.market_value(transaction, quantity));
        self.flow(transaction, PositionFlowKind::TransferOut, worth.clone());
        self.external(transaction, ExternalKind::TransferOut, worth);
        self.take(transaction, quantity).map(|_| ())
    }

    /// Shares that go to another own account keep their age and cost.
    fn move_lots(&mut self, transaction: &Transaction, quantity: Decimal, to: &str) -> Result<(), Reason> {
        let account = self.shelves.account(to);
        for lot in self.shelves.take(&transaction.account, quantity)? {
            self.shelves.put(Lot { account: Arc::clone(&account), ..lot })?;
        }
        Ok(())
    }

    fn add_lot(&mut self, transaction: &Transaction, quantity: Decimal, cost: Cost) -> Result<(), Reason> {
        self.position.average_cost = self.position.average_cost.plus(&cost);
        let account = self.shelves.account(&transaction.account);
        let (transaction, acquired) = (transaction.id, transaction.date);
        self.shelves.put(Lot { transaction, account, acquired, quantity, cost })?;
        self.position.quantity = self.shelves.quantity()?;
        Ok(())
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
    fn note_quantity(&mut self, date: NaiveDate, before: Decimal) {
        let after = self.position.quantity;
        match self.position.changes.last_mut().filter(|last| last.date == date) {
            Some(last) => last.after = after,
            None => self.position.changes.push(QuantityChange { date, before, after }),
        }
    }

    fn flow(&mut self, transaction: &Transaction, kind: PositionFlowKind, amount: Figure<Decimal>) {
        let (date, transaction) = (transaction.date, Some(transaction.id));
        self.position.flows.push(PositionFlow { date, kind, transaction, amount });
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

    fn finished(mut self) -> Replayed {
        self.position.lots = self.shelves.into_lots();
        Replayed { position: self.position, movements: self.movements, transfers: self.transfers }
    }
}

fn negated(amount: &Figure<Decimal>) -> Figure<Decimal> {
    amount.clone().map(|amount| -amount)
}

fn out_of_range(transaction: Option<TransactionId>, date: NaiveDate) -> LedgerError {
    LedgerError::OutOfRange { transaction, date }
}
