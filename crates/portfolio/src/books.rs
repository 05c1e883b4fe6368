//! A ledger replayed: positions, cash and what crossed the portfolio's border, as of a day.

mod cash;
mod cash_sums;
mod cost;
mod day_order;
mod dividends;
mod event_effect;
mod families;
mod faults;
mod from_ledger;
mod holding_price;
mod holding_value;
mod income;
mod lot_shelves;
mod passage;
mod position;
mod replay;
mod replays;
#[cfg(test)]
mod tests;
mod together;

use bellwether_domain::{
    Booking, CostMethod, Currency, DividendPolicy, Portfolio, Symbol, Transaction, TransactionId, epoch_day,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

pub use cash::{CashBalance, CashBook, CashEntry, CashKind};
pub use cash_sums::{CashOf, CashSums};
pub use cost::Cost;
pub(crate) use cost::{
    Booked, BookedRates, CashByValue, CostOrigin, EventCash, EventPart, OpeningShares, Relisting,
    share as cost_share,
};
pub(crate) use event_effect::EventEffect;
pub(crate) use families::TickerChanges;
pub use holding_price::{HoldingPrice, PriceOrigin};
pub use income::{Charge, ChargeKind, Income, IncomeKind};
pub(crate) use lot_shelves::{SPLIT_DECIMALS, restated};
pub(crate) use passage::{Brought, Passage, Step};
pub use position::{
    BookedPrice, ClosedLot, Lot, Position, PositionFlow, PositionFlowKind, QuantityChange, Sale,
    ShareTransfer,
};

pub(crate) use self::replays::Replays;
use crate::Figure;

/// Fewer instruments than these are worked out sooner than another thread begins.
pub(crate) const ENOUGH_FOR_A_THREAD: usize = 16;

/// How a ledger is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The currency of totals.
    pub base: Currency,
    /// How the cost of sold shares is found.
    pub method: CostMethod,
    /// Whether known dividends that the ledger does not record are counted.
    pub dividends: DividendPolicy,
    /// Whether more may be sold than is held.
    pub shorts: Shorts,
}

/// Whether more may be sold than is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shorts {
    /// Such a sale is a fault of the ledger: a purchase is missing.
    #[default]
    Refused,
    /// It opens a lot of negative quantity, whose cost is less what the sale brought. Later purchases of the account
    /// cover the oldest such lots first, and realise what the sale brought less what they cost.
    Allowed,
}

impl Options {
    /// First in, first out, dividends inferred and short sales refused.
    pub const fn new(base: Currency) -> Self {
        Self { base, method: CostMethod::Fifo, dividends: DividendPolicy::Infer, shorts: Shorts::Refused }
    }

    /// A portfolio's own settings.
    pub fn of(portfolio: &Portfolio) -> Self {
        Self {
            method: portfolio.cost_method,
            dividends: portfolio.dividends,
            ..Self::new(portfolio.base_currency)
        }
    }
}

/// How something crossed the portfolio's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalKind {
    /// Cash paid in.
    Deposit {
        /// Not recorded: it covers what the day's payments lacked.
        inferred: bool,
    },
    /// Cash paid out.
    Withdrawal,
    /// Shares from elsewhere, at market value.
    TransferIn,
    /// Shares to elsewhere, at market value.
    TransferOut,
}

/// Something that came into the portfolio (positive) or left it (negative).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalFlow {
    /// The day.
    pub date: NaiveDate,
    /// How.
    pub kind: ExternalKind,
    /// The transaction; `None` for an inferred deposit.
    pub transaction: Option<TransactionId>,
    /// In the base currency, at the rate of its booking.
    pub amount: Figure<Decimal>,
}

/// A booking whose currency had no known rate by its day, so that the first one known was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaterRate {
    /// The transaction.
    pub transaction: TransactionId,
    /// Its currency.
    pub currency: Currency,
    /// Its day.
    pub date: NaiveDate,
    /// The day of the rate.
    pub quoted: NaiveDate,
}

/// A ledger replayed up to the close of a day.
///
/// Quantities are in the units of that day: later splits are not applied, later bookings not read.
#[derive(Debug, Clone)]
pub struct Books {
    as_of: NaiveDate,
    options: Options,
    first_day: Option<NaiveDate>,
    positions: Vec<Position>,
    cash: CashBook,
    interest: Vec<Income>,
    charges: Vec<Charge>,
    external: Vec<ExternalFlow>,
    later_rates: Vec<LaterRate>,
    /// Ticker changes in order: the day, the old symbol and the new one.
    renamed: Vec<(NaiveDate, Symbol, Symbol)>,
}

impl Books {
    /// The day of the books: everything is as of its close.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// How the ledger was read; of several portfolios [together](Books::together) that of the first.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The day of the first transaction; `None` for an empty ledger.
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.first_day
    }

    /// All positions there ever were, by symbol.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// One position.
    pub fn position(&self, symbol: &Symbol) -> Option<&Position> {
        let index = self.positions.binary_search_by(|position| position.symbol.cmp(symbol)).ok()?;
        self.positions.get(index)
    }

    /// The symbol under which the books have the instrument of one of their ledger's bookings: its newest, whatever it
    /// was called on the day. `None` for a booking that names no instrument.
    pub fn symbol_of<'b>(&'b self, booking: &'b Transaction) -> Option<&'b Symbol> {
        let mut changes = self.renamed.iter().map(|(date, old, new)| (*date, old, new));
        if let Booking::TickerChange { symbol, into } = &booking.booking {
            // Later changes of the same day follow it, earlier ones do not.
            changes.find(|change| *change == (booking.date, symbol, into));
            return Some(changes.fold(into, |name, (_, old, new)| if old == name { new } else { name }));
        }
        Some(families::last_name(changes, booking.booking.symbol()?, booking.date))
    }

    /// Cash, with every movement.
    pub fn cash(&self) -> &CashBook {
        &self.cash
    }

    /// Interest, oldest first.
    pub fn interest(&self) -> &[Income] {
        &self.interest
    }

    /// Fees and taxes that name no instrument.
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// All income, dividends and interest, by date.
    pub fn income(&self) -> Vec<&Income> {
        let dividends = self.positions.iter().flat_map(|position| &position.income);
        let income: Vec<_> = dividends.chain(&self.interest).collect();
        // Days with places are sorted sooner than what lies elsewhere, and keep the order within a day.
        let mut places: Vec<_> = income.iter().map(|paid| epoch_day(paid.date)).zip(0_usize..).collect();
        places.sort_unstable();
        places.into_iter().filter_map(|(_, place)| income.get(place).copied()).collect()
    }

    /// What crossed the portfolio's border, oldest first: deposits, withdrawals and transfers.
    pub fn external_flows(&self) -> &[ExternalFlow] {
        &self.external
    }

    /// Bookings that were converted at a rate of a later day, because none was known yet.
    pub fn later_rates(&self) -> &[LaterRate] {
        &self.later_rates
    }
}
