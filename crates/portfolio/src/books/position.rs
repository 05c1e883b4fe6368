//! One instrument's history in a portfolio: lots, sales, income and quantities by day.

use std::ops::Range;
use std::sync::Arc;

use bellwether_domain::{Currency, Split, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::income::{Charge, Income};
use super::{Brought, Cost, HoldingPrice, Passage, Step};
use crate::Figure;
use crate::exact::Exact;
use crate::figure::total;

/// Shares of one purchase that are still held, in the units of the books' day; shares owed since a short sale when the
/// quantity is negative.
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
    /// Their cost with fee and tax; at the average cost their share of the pool. Of shares owed less what their sale
    /// brought.
    pub cost: Cost,
    /// The events that it came through in this position.
    pub(crate) passage: Option<Arc<Passage>>,
}

impl Lot {
    /// Whether the shares are known to have cost nothing, such as a gift: shown with a mark.
    pub fn is_free(&self) -> bool {
        self.cost.base.as_ref().is_ok_and(Decimal::is_zero)
    }

    /// Splits some of the shares off, with their part of the cost.
    pub(super) fn split_off(&mut self, quantity: Decimal) -> Figure<Self> {
        let cost = self.cost.share(quantity, self.quantity);
        self.quantity = self.quantity.minus(quantity)?;
        self.cost = self.cost.minus(&cost);
        let (transaction, account, passage) =
            (self.transaction, Arc::clone(&self.account), self.passage.clone());
        let (acquired, arrived) = (self.acquired, self.arrived);
        Ok(Self { transaction, account, acquired, arrived, quantity, cost, passage })
    }

    /// What it came for, where an event brought it.
    pub(crate) fn brought(&self) -> Option<Brought> {
        Passage::backwards(self.passage.as_deref()).find_map(|passage| match passage.step {
            Step::Came(brought) => Some(brought),
            Step::Gave(_) => None,
        })
    }

    /// What brought it into this position.
    pub(crate) fn brought_by(&self) -> TransactionId {
        self.brought().map_or(self.transaction, |brought| brought.event)
    }
}

/// Part of a sale that came from one lot, or part of a purchase that covered shares owed.
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
    /// Shares, in the units of the day of the sale; negative for shares that had been owed.
    pub quantity: Decimal,
    /// Their cost with fee and tax. Of shares owed less what their sale brought.
    pub cost: Cost,
    /// Their share of the proceeds, after fee and tax. Of shares owed less what was paid for them.
    pub proceeds: Cost,
    /// Base currency per unit of the listing's, as the sale was booked.
    pub rate: Figure<Decimal>,
    /// Whether shares closed it that came without money, by a transfer or an event.
    pub(crate) by_shares: bool,
    /// The events that it came through in this position.
    pub(crate) passage: Option<Arc<Passage>>,
}

impl ClosedLot {
    /// Proceeds less cost, in the base currency.
    ///
    /// # Errors
    /// When a rate of the purchase or the sale is not known.
    pub fn gain(&self) -> Figure<Decimal> {
        self.proceeds.minus(&self.cost).base
    }

    /// The gain before the fees and taxes of purchase and sale, in the base currency.
    ///
    /// # Errors
    /// When a rate of the purchase or the sale is not known.
    pub fn gain_before_fees(&self) -> Figure<Decimal> {
        self.proceeds.minus(&self.cost).before_fees().base
    }

    /// The part of the gain that the exchange rate made: `cost in the listing's currency x rate of the sale - cost`.
    ///
    /// # Errors
    /// When a rate is not known.
    pub fn currency_effect(&self) -> Figure<Decimal> {
        self.cost.currency_effect(&self.rate)
    }

    /// The part of the gain that the price made: the rest.
    ///
    /// # Errors
    /// When a rate is not known.
    pub fn price_effect(&self) -> Figure<Decimal> {
        self.gain()?.minus(self.currency_effect()?)
    }
}

/// Shares that were sold, or covered when they had been owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The transaction.
    pub transaction: TransactionId,
    /// The day.
    pub date: NaiveDate,
    /// Shares, in the units of the day; negative for shares that had been owed.
    pub quantity: Decimal,
    /// What it brought, after fee and tax. Of shares owed less what was paid for them.
    pub proceeds: Cost,
    /// Cost of the shares sold, by the books' method. Of shares owed less what their sale brought.
    pub cost: Cost,
    /// Base currency per unit of the listing's, as the sale was booked.
    pub rate: Figure<Decimal>,
    /// Which of the position's closed lots are its own.
    pub(crate) closed: Range<usize>,
}

impl Sale {
    /// Realised gain: proceeds less cost, in the base currency.
    ///
    /// # Errors
    /// When a rate of a purchase or the sale is not known.
    pub fn gain(&self) -> Figure<Decimal> {
        self.proceeds.minus(&self.cost).base
    }

    /// The gain before the fees and taxes of purchase and sale, in the base currency.
    ///
    /// # Errors
    /// When a rate of the purchase or the sale is not known.
    pub fn gain_before_fees(&self) -> Figure<Decimal> {
        self.proceeds.minus(&self.cost).before_fees().base
    }

    /// The part of the gain that the exchange rate made: `cost in the listing's currency x rate of the sale - cost`.
    ///
    /// # Errors
    /// When a rate is not known.
    pub fn currency_effect(&self) -> Figure<Decimal> {
        self.cost.currency_effect(&self.rate)
    }

    /// The part of the gain that the price made: the rest.
    ///
    /// # Errors
    /// When a rate is not known.
    pub fn price_effect(&self) -> Figure<Decimal> {
        self.gain()?.minus(self.currency_effect()?)
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
    /// A fee or tax that names the instrument and belongs to no trade.
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
    /// The lots, or parts of them, in the units of the day, with the cost that moved by the books' method.
    pub lots: Vec<Lot>,
    /// Of a spin-off the lots as they stay, in the same order: it takes cost, but no shares.
    pub kept: Vec<Lot>,
    /// Which share of the cost of the lots concerned moved: of a spin-off its cost share, else all. Not known where it
    /// is not known what part of a merger is cash.
    pub cost_share: Figure<Decimal>,
    /// The price that valued what moved, as it was known then; of a spin-off or merger that of what came.
    pub price: Figure<HoldingPrice>,
}

impl ShareTransfer {
    /// The cost that moved.
    pub fn cost(&self) -> Cost {
        sum_of_costs(&self.lots)
    }

    /// The lots by whose quantities its market value and its cost are divided.
    pub(crate) fn concerned(&self) -> &[Lot] {
        if self.kept.is_empty() { &self.lots } else { &self.kept }
    }
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
    /// Every lot as it was opened, in the units of its day, oldest first.
    pub opened: Vec<Lot>,
    /// Sales, oldest first.
    pub sales: Vec<Sale>,
    /// The lots that the sales closed, in the order of the sales.
    pub closed_lots: Vec<ClosedLot>,
    /// Dividends, recorded and inferred, oldest first.
    pub income: Vec<Income>,
    /// Fees and taxes that name the instrument and belong to no trade.
    pub charges: Vec<Charge>,
    /// Fees of its trades and of shares transferred in, in the base currency: contained in cost and proceeds.
    pub trade_fees: Figure<Decimal>,
    /// Taxes of its trades, in the base currency: contained in cost and proceeds.
    pub trade_taxes: Figure<Decimal>,
    /// What went in and came out, oldest first.
    pub flows: Vec<PositionFlow>,
    /// Shares that came from elsewhere or went there, oldest first.
    pub transfers: Vec<ShareTransfer>,
    /// The corporate events that exchanged shares for others or for cash, oldest first. Their flows, sales and transfers
    /// nobody decided.
    pub events: Vec<TransactionId>,
    /// The days on which the quantity changed.
    pub changes: Vec<QuantityChange>,
    /// Prices of purchases, sales and transfers, oldest first.
    pub booked_prices: Vec<BookedPrice>,
    /// Splits of the instrument, from upstream and from the ledger, up to the books' day.
    pub splits: Vec<Split>,
}

impl Position {
    pub(crate) fn new(symbol: Symbol, currency: Currency, splits: Vec<Split>) -> Self {
        Self {
            symbol,
            currency,
            quantity: Decimal::ZERO,
            lots: Vec::new(),
            opened: Vec::new(),
            sales: Vec::new(),
            closed_lots: Vec::new(),
            income: Vec::new(),
            charges: Vec::new(),
            trade_fees: Ok(Decimal::ZERO),
            trade_taxes: Ok(Decimal::ZERO),
            flows: Vec::new(),
            transfers: Vec::new(),
            events: Vec::new(),
            changes: Vec::new(),
            booked_prices: Vec::new(),
            splits,
        }
    }

    /// Whether shares are held on the books' day.
    pub fn is_open(&self) -> bool {
        !self.quantity.is_zero()
    }

    /// Cost of the shares held, by the books' method: the sum of the lots' costs.
    pub fn cost(&self) -> Cost {
        sum_of_costs(&self.lots)
    }

    /// Realised gain of the sales after `since` (all of them when `None`), in the base currency.
    ///
    /// # Errors
    /// When a rate of a purchase or a sale is not known.
    pub fn realised(&self, since: Option<NaiveDate>) -> Figure<Decimal> {
        let first = since.map_or(0, |since| self.sales.partition_point(|sale| sale.date <= since));
        let gains: Vec<_> = self.sales.iter().skip(first).map(Sale::gain).collect();
        total(&gains)
    }

    /// The lots, or parts of them, that a sale closed. At the average cost they are the account's oldest, each at its
    /// share of the pool's cost.
    pub fn closed_by(&self, sale: &Sale) -> &[ClosedLot] {
        self.closed_lots.get(sale.closed.clone()).unwrap_or_default()
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

fn sum_of_costs(lots: &[Lot]) -> Cost {
    lots.iter().fold(Cost::ZERO, |sum, lot| sum.plus(&lot.cost))
}
