//! One instrument's history in a portfolio: lots, sales, income and quantities by day.

use std::sync::Arc;

use bellwether_domain::{CostMethod, Currency, Split, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Cost;
use super::income::{Charge, Income};
use crate::Figure;
use crate::figure::total;

/// Shares of one purchase that are still held, in the units of the books' day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// The purchase, reinvestment or transfer.
    pub transaction: TransactionId,
    /// The account it lies in; empty for the portfolio's only one.
    pub account: Arc<str>,
    /// The day it was acquired.
    pub acquired: NaiveDate,
    /// The day it came into this position: later than `acquired` for shares that were bought elsewhere.
    pub arrived: NaiveDate,
    /// How many shares are left.
    pub quantity: Decimal,
    /// Their cost with fee and tax.
    pub cost: Cost,
}

/// Part of a sale that came from one lot (first in, first out).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLot {
    /// What opened the lot.
    pub opened_by: TransactionId,
    /// The day it was acquired.
    pub acquired: NaiveDate,
    /// The day it came into this position.
    pub arrived: NaiveDate,
    /// The sale.
    pub closed_by: TransactionId,
    /// The day of the sale.
    pub sold: NaiveDate,
    /// Shares, in the units of the day of the sale.
    pub quantity: Decimal,
    /// Their cost with fee and tax.
    pub cost: Cost,
    /// Their share of the proceeds, after fee and tax.
    pub proceeds: Cost,
}

impl ClosedLot {
    /// Proceeds less cost, in the base currency.
    pub fn gain(&self) -> Figure<Decimal> {
        self.proceeds.minus(&self.cost).base
    }
}

/// A sale under both cost methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The transaction.
    pub transaction: TransactionId,
    /// The day.
    pub date: NaiveDate,
    /// Shares, in the units of the day.
    pub quantity: Decimal,
    /// What it brought, after fee and tax.
    pub proceeds: Cost,
    /// Cost of the shares sold, first in, first out.
    pub fifo_cost: Cost,
    /// Cost of the shares sold, at the moving average.
    pub average_cost: Cost,
}

impl Sale {
    /// Cost of the shares sold.
    pub fn cost(&self, method: CostMethod) -> &Cost {
        match method {
            CostMethod::Fifo => &self.fifo_cost,
            CostMethod::Average => &self.average_cost,
        }
    }

    /// Realised gain: proceeds less cost, in the base currency.
    pub fn gain(&self, method: CostMethod) -> Figure<Decimal> {
        self.proceeds.minus(self.cost(method)).base
    }
}

/// A day on which the number of shares changed, in the units of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantityChange {
    /// The day.
    pub date: NaiveDate,
    /// Shares held at the close before, after the day's split.
    pub before: Decimal,
    /// Shares held at the close.
    pub after: Decimal,
}

/// Why money or shares went into a position or came out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionFlowKind {
    /// A purchase, or the purchase of a reinvestment.
    Purchase,
    /// A sale.
    Sale,
    /// A dividend paid out of the position, recorded or inferred.
    Dividend,
    /// A fee that names the instrument.
    Fee,
    /// Shares from elsewhere, at market value.
    TransferIn,
    /// Shares to elsewhere, at market value.
    TransferOut,
}

/// Money that went into a position (positive) or came out of it (negative).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionFlow {
    /// The day.
    pub date: NaiveDate,
    /// Why.
    pub kind: PositionFlowKind,
    /// The transaction; `None` for an inferred dividend.
    pub transaction: Option<TransactionId>,
    /// In the base currency.
    pub amount: Figure<Decimal>,
    /// The fee in it, in the base currency: without fee and tax the flow is `amount - fee - tax`.
    pub fee: Figure<Decimal>,
    /// The tax in it, in the base currency.
    pub tax: Figure<Decimal>,
}

/// Shares that came or left with their cost instead of being bought or sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareTransfer {
    /// The day.
    pub date: NaiveDate,
    /// The transaction.
    pub transaction: TransactionId,
    /// Whether they came; else they left.
    pub arrives: bool,
    /// The lots, or parts of them, in the units of the day, with the cost that moved.
    pub lots: Vec<Lot>,
    /// The cost that moved at the moving average.
    pub average_cost: Cost,
}

/// A price at which shares were booked, in the currency of the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookedPrice {
    /// The day.
    pub date: NaiveDate,
    /// Per unit of that day.
    pub price: Decimal,
}

/// One instrument's history in a portfolio up to the books' day, in the units of that day where not said otherwise.
#[derive(Debug, Clone)]
pub struct Position {
    /// The instrument.
    pub symbol: Symbol,
    /// The currency of its prices; of its first booking when the market does not know it.
    pub currency: Currency,
    /// Shares held.
    pub quantity: Decimal,
    /// Lots held, by account, oldest first. Their quantities sum to `quantity`.
    pub lots: Vec<Lot>,
    /// Cost of the shares held at the moving average.
    pub average_cost: Cost,
    /// Sales, oldest first.
    pub sales: Vec<Sale>,
    /// The lots that the sales closed, first in, first out.
    pub closed_lots: Vec<ClosedLot>,
    /// Dividends, recorded and inferred, oldest first.
    pub income: Vec<Income>,
    /// Fees that name the instrument and belong to no trade.
    pub charges: Vec<Charge>,
    /// Fees of its trades, in the base currency: contained in cost and proceeds.
    pub trade_fees: Figure<Decimal>,
    /// Taxes of its trades, in the base currency: contained in cost and proceeds.
    pub trade_taxes: Figure<Decimal>,
    /// What went in and came out, oldest first.
    pub flows: Vec<PositionFlow>,
    /// Shares that came from elsewhere or went there, oldest first.
    pub transfers: Vec<ShareTransfer>,
    /// The days on which the quantity changed.
    pub changes: Vec<QuantityChange>,
    /// Prices of purchases, sales and transfers, oldest first.
    pub booked_prices: Vec<BookedPrice>,
    /// Splits of the instrument, from upstream and from the ledger, up to the books' day.
    pub splits: Vec<Split>,
}

impl Position {
    pub(super) fn new(symbol: Symbol, currency: Currency, splits: Vec<Split>) -> Self {
        Self {
            symbol,
            currency,
            quantity: Decimal::ZERO,
            lots: Vec::new(),
            average_cost: Cost::ZERO,
            sales: Vec::new(),
            closed_lots: Vec::new(),
            income: Vec::new(),
            charges: Vec::new(),
            trade_fees: Ok(Decimal::ZERO),
            trade_taxes: Ok(Decimal::ZERO),
            flows: Vec::new(),
            transfers: Vec::new(),
            changes: Vec::new(),
            booked_prices: Vec::new(),
            splits,
        }
    }

    /// Whether shares are held on the books' day.
    pub fn is_open(&self) -> bool {
        !self.quantity.is_zero()
    }

    /// Cost of the shares held.
    pub fn cost(&self, method: CostMethod) -> Cost {
        match method {
            CostMethod::Fifo => self.lots.iter().fold(Cost::ZERO, |sum, lot| sum.plus(&lot.cost)),
            CostMethod::Average => self.average_cost.clone(),
        }
    }

    /// Realised gain of the sales after `since` (all of them when `None`), in the base currency.
    pub fn realised(&self, method: CostMethod, since: Option<NaiveDate>) -> Figure<Decimal> {
        let first = since.map_or(0, |since| self.sales.partition_point(|sale| sale.date <= since));
        let gains: Vec<_> = self.sales.iter().skip(first).map(|sale| sale.gain(method)).collect();
        total(&gains)
    }

    /// Shares held at the close of a day up to the books' day, in the units of that day.
    pub fn quantity_on(&self, day: NaiveDate) -> Decimal {
        let past = self.changes.partition_point(|change| change.date <= day);
        let last = past.checked_sub(1).and_then(|index| self.changes.get(index));
        last.map_or(Decimal::ZERO, |change| change.after)
    }

    /// Shares held at the close before a day, in the units of the day itself: its split is applied.
    pub fn quantity_before(&self, day: NaiveDate) -> Decimal {
        let past = self.changes.partition_point(|change| change.date < day);
        if let Some(change) = self.changes.get(past).filter(|change| change.date == day) {
            return change.before;
        }
        let last = past.checked_sub(1).and_then(|index| self.changes.get(index));
        last.map_or(Decimal::ZERO, |change| change.after)
    }
}
