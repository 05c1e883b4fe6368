//! A ledger replayed: positions, cash and what crossed the portfolio's border, as of a day.

mod cash;
mod cost;
mod day_order;
mod dividends;
mod event_effect;
mod families;
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
use rayon::prelude::*;
use rust_decimal::Decimal;

pub use cash::{CashBalance, CashBook, CashEntry, CashKind};
pub use cost::Cost;
pub(crate) use cost::{
    Booked, BookedRates, CashByValue, CostOrigin, EventCash, EventPart, Relisting, share as cost_share,
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

use self::cash::Movement;
use self::families::Family;
use self::replay::{Replayed, Terms};
pub(crate) use self::replays::Replays;
use crate::exact::Exact;
use crate::{Figure, LedgerError, Market, Rates, Reason};

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
    /// Replays a ledger. The order in which the transactions are given does not matter: what counts is their date,
    /// within a day their sequence, and last their identifier.
    ///
    /// Within a day splits come first, then inferred dividends, then cash for fractions, spin-offs and mergers, then the
    /// other bookings; a sale that would take more than
    /// there is waits for the day's purchases. Missing exchange rates do not stop the replay: the amounts that need
    /// them say so.
    ///
    /// # Errors
    /// [`LedgerError`] for a sale or transfer of more shares than the account holds, absurd amounts, or a share that
    /// becomes itself; the earliest.
    pub fn replay(
        transactions: &[Transaction],
        market: &Market,
        options: &Options,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let terms = Terms { options, rates: market.rates(), as_of, explained: false };
        Self::replayed(transactions, terms, market, replay_all)
    }

    /// The same books, whose costs keep how they came about.
    pub(crate) fn replay_explained(
        transactions: &[Transaction],
        market: &Market,
        options: Options,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let terms = Terms { options: &options, rates: market.rates(), as_of, explained: true };
        Self::replayed(transactions, terms, market, replay_all)
    }

    /// The same books, with the replays of their instruments for ledgers that differ in few of them.
    pub(crate) fn replay_kept(
        transactions: &[Transaction],
        market: &Market,
        options: Options,
        as_of: NaiveDate,
    ) -> Result<(Self, Replays), LedgerError> {
        let terms = Terms { options: &options, rates: market.rates(), as_of, explained: false };
        let mut replays = Replays::new(options, as_of);
        let books = Self::replayed(transactions, terms, market, |families, terms| {
            let all = replay_all(families, terms);
            for (family, replayed) in families.iter().zip(&all) {
                if let Ok(replayed) = replayed {
                    replays.keep(family, replayed);
                }
            }
            all
        })?;
        Ok((books, replays))
    }

    /// The books of a ledger of which some instruments have been replayed already, and how many had to be replayed.
    pub(crate) fn replay_from(
        replays: &Replays,
        transactions: &[Transaction],
        market: &Market,
        options: Options,
    ) -> Result<(Self, usize), LedgerError> {
        let terms =
            Terms { options: &options, rates: market.rates(), as_of: replays.as_of(), explained: false };
        let mut replayed = 0;
        let books = Self::replayed(transactions, terms, market, |families, terms| {
            let known_or_replayed = |family: &Family<'_>| {
                if let Some(known) = replays.known(family, options) {
                    return Ok(known);
                }
                replayed += family.members.len();
                replay::replay(family, terms)
            };
            families.iter().map(known_or_replayed).collect()
        })?;
        Ok((books, replayed))
    }

    fn replayed<'a>(
        transactions: &'a [Transaction],
        terms: Terms<'a>,
        market: &'a Market,
        replay: impl FnOnce(&[Family<'a>], Terms<'a>) -> Vec<Result<Vec<Replayed>, LedgerError>>,
    ) -> Result<Self, LedgerError> {
        let (options, as_of) = (terms.options, terms.as_of);
        let mut ordered: Vec<_> = transactions.iter().filter(|booking| booking.date <= as_of).collect();
        ordered.sort_by_key(|booking| (booking.date, booking.sequence, booking.id));
        let changes = TickerChanges::new(transactions);
        let families = families::families(&ordered, &changes, market)?;

        let mut books = Self {
            as_of,
            options: *options,
            first_day: ordered.first().map(|booking| booking.date),
            positions: Vec::with_capacity(families.len()),
            cash: CashBook::default(),
            interest: Vec::new(),
            charges: Vec::new(),
            external: Vec::new(),
            later_rates: later_rates(&ordered, market.rates(), options.base),
            renamed: changes.owned(),
        };
        let mut movements = Vec::with_capacity(families.len() + 1);
        let mut earliest: Option<LedgerError> = None;
        for replayed in replay(&families, terms) {
            match replayed {
                Ok(replayed) => {
                    for replayed in replayed {
                        books.add(replayed, &mut movements);
                    }
                }
                Err(error) if earliest.as_ref().is_none_or(|known| error.date() < known.date()) => {
                    earliest = Some(error);
                }
                Err(_) => {}
            }
        }
        if let Some(error) = earliest {
            return Err(error);
        }
        books.positions.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        let mut of_cash_alone = Vec::new();
        for booking in &ordered {
            let out_of_range =
                |_| LedgerError::OutOfRange { transaction: Some(booking.id), date: booking.date };
            books.book_cash(booking, terms, &mut of_cash_alone).map_err(out_of_range)?;
        }
        movements.push(of_cash_alone);
        books.settle(movements)?;
        Ok(books)
    }

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

    fn add(&mut self, replayed: Replayed, movements: &mut Vec<Vec<Movement>>) {
        self.positions.push(replayed.position);
        self.external.extend(replayed.transfers);
        movements.push(replayed.movements);
    }

    /// Bookings that concern cash alone.
    fn book_cash(
        &mut self,
        booking: &Transaction,
        terms: Terms<'_>,
        movements: &mut Vec<Movement>,
    ) -> Result<(), Reason> {
        let rate = terms.booked_rate(booking);
        let (kind, amount) = match &booking.booking {
            Booking::Deposit { amount } => (CashKind::Deposit, *amount),
            Booking::Withdrawal { amount } => (CashKind::Withdrawal, -*amount),
            Booking::Fee { symbol: None, amount } | Booking::Tax { symbol: None, amount } => {
                let (kind, cash) = match &booking.booking {
                    Booking::Tax { .. } => (ChargeKind::Tax, CashKind::Tax),
                    _ => (ChargeKind::Fee, CashKind::Fee),
                };
                let base = rate.clone().and_then(|rate| amount.times(rate));
                self.charges.push(Charge {
                    date: booking.date,
                    kind,
                    symbol: None,
                    transaction: booking.id,
                    currency: booking.currency,
                    amount: *amount,
                    base,
                });
                (cash, -*amount)
            }
            Booking::Interest { gross, tax } => {
                let interest = Income {
                    date: booking.date,
                    kind: IncomeKind::Interest,
                    ex_date: None,
                    symbol: None,
                    transaction: Some(booking.id),
                    units: None,
                    currency: booking.currency,
                    gross: *gross,
                    tax: *tax,
                    fee: Decimal::ZERO,
                    rate: rate.clone(),
                };
                let net = interest.net()?;
                self.interest.push(interest);
                (CashKind::Interest, net)
            }
            _ => return Ok(()),
        };
        movements.push(Movement::of(booking, kind, amount, rate));
        Ok(())
    }

    fn settle(&mut self, movements: Vec<Vec<Movement>>) -> Result<(), LedgerError> {
        let out_of_range = |_| LedgerError::OutOfRange { transaction: None, date: self.as_of };
        self.cash = CashBook::settle(movements, self.options.base).map_err(out_of_range)?;
        self.external.extend(self.cash.external_flows());
        self.external.sort_by_key(|flow| flow.date);
        Ok(())
    }
}

/// Replays families side by side: they have nothing to do with each other.
fn replay_all<'a>(families: &[Family<'a>], terms: Terms<'a>) -> Vec<Result<Vec<Replayed>, LedgerError>> {
    families
        .par_iter()
        .with_min_len(ENOUGH_FOR_A_THREAD)
        .map(|family| replay::replay(family, terms))
        .collect()
}

fn later_rates(bookings: &[&Transaction], rates: &Rates, base: Currency) -> Vec<LaterRate> {
    let later = |booking: &&Transaction| {
        let needs_rate = booking.currency != base && booking.fx_rate.is_none();
        let on = needs_rate.then(|| rates.on(booking.currency, base, booking.date).ok()).flatten()?;
        let (transaction, currency, date) = (booking.id, booking.currency, booking.date);
        (on.quoted > date).then_some(LaterRate { transaction, currency, date, quoted: on.quoted })
    };
    bookings.iter().filter_map(later).collect()
}
