//! What a booking leaves in the position's history and in cash.

use bellwether_domain::{Trade, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Replay;
use crate::Figure;
use crate::books::cash::{CashKind, Movement};
use crate::books::cost::{Booked, BookedRates};
use crate::books::{
    BookedPrice, Cost, ExternalFlow, ExternalKind, HoldingPrice, PositionFlow, PositionFlowKind,
    QuantityChange,
};
use crate::exact::Exact;

/// A booking with its rates, and the day on which it takes effect.
pub(super) struct Posted<'t> {
    pub(super) date: NaiveDate,
    pub(super) transaction: &'t Transaction,
    pub(super) rates: BookedRates,
}

impl Posted<'_> {
    /// An amount of the booking in the base currency; nothing is nothing at any rate.
    pub(super) fn in_base(&self, amount: Decimal) -> Figure<Decimal> {
        if amount.is_zero() {
            return Ok(amount);
        }
        self.rates.to_base.clone().and_then(|rate| amount.times(rate))
    }
}

impl Replay<'_> {
    pub(super) fn posted<'t>(&self, transaction: &'t Transaction) -> Posted<'t> {
        let to_base = self.terms.booked_rate(transaction);
        let to_listed = (self.position.currency != self.terms.options.base)
            .then(|| self.terms.rate(transaction.currency, self.position.currency, transaction.date));
        Posted { date: transaction.date, transaction, rates: BookedRates { to_base, to_listed } }
    }

    /// An amount of the booking at its rates.
    pub(super) fn booked(&self, posted: &Posted<'_>, amount: Booked) -> Cost {
        let cost = Cost::booked(amount, &posted.rates);
        if self.terms.explained { cost.booked_by(posted.transaction.id) } else { cost }
    }

    /// What values shares that come or leave on the day; the price booked last by now where no quote is known yet.
    pub(super) fn price_of_moved(&self, date: NaiveDate) -> Figure<HoldingPrice> {
        let quoted = self.position.price_on(self.instrument, date);
        quoted.or_else(|reason| self.position.booked_price_on(date).unwrap_or(Err(reason)))
    }

    /// What shares are worth on the day at a price, in the base currency.
    pub(super) fn worth(
        &self,
        date: NaiveDate,
        quantity: Decimal,
        price: &Figure<HoldingPrice>,
    ) -> Figure<Decimal> {
        let price = price.as_ref().map_err(Clone::clone)?.price;
        let rate = self.terms.rate(self.position.currency, self.terms.options.base, date)?;
        quantity.times(price)?.times(rate)
    }

    pub(super) fn note_trade(&mut self, posted: &Posted<'_>, trade: &Trade) {
        self.note_price(posted, trade.price);
        self.note_charges(posted, trade.fee, trade.tax);
    }

    pub(super) fn note_charges(&mut self, posted: &Posted<'_>, fee: Decimal, tax: Decimal) {
        for (amount, sum) in [(fee, &mut self.position.trade_fees), (tax, &mut self.position.trade_taxes)] {
            if !amount.is_zero() {
                let base = posted.in_base(amount);
                *sum = sum.clone().and_then(|sum| sum.plus(base?));
            }
        }
    }

    pub(super) fn note_price(&mut self, posted: &Posted<'_>, price: Decimal) {
        let price = posted.rates.listed().clone().and_then(|rate| price.times(rate));
        // Shares received for nothing say nothing about their price.
        if let Ok(price) = price
            && !price.is_zero()
        {
            self.position.booked_prices.push(BookedPrice { date: posted.date, price });
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
    pub(super) fn flow(
        &mut self,
        posted: &Posted<'_>,
        kind: PositionFlowKind,
        amount: Figure<Decimal>,
        fee: Decimal,
        tax: Decimal,
    ) {
        let (fee, tax) = (posted.in_base(fee), posted.in_base(tax));
        let (date, transaction) = (posted.date, Some(posted.transaction.id));
        self.position.flows.push(PositionFlow { date, kind, transaction, amount, fee, tax });
    }

    pub(super) fn external(&mut self, posted: &Posted<'_>, kind: ExternalKind, amount: Figure<Decimal>) {
        let (date, transaction) = (posted.date, Some(posted.transaction.id));
        self.transfers.push(ExternalFlow { date, kind, transaction, amount });
    }

    pub(super) fn moved(&mut self, posted: &Posted<'_>, kind: CashKind, amount: Decimal) {
        let symbol = Some(self.position.symbol.clone());
        let rate = posted.rates.to_base.clone();
        self.movements.push(Movement {
            date: posted.date,
            symbol,
            ..Movement::of(posted.transaction, kind, amount, rate)
        });
    }
}
