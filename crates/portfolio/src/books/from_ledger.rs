//! How books come from a ledger: family by family, and then the cash.

use bellwether_domain::{Booking, Currency, Transaction};
use chrono::NaiveDate;
use rayon::prelude::*;
use rust_decimal::Decimal;

use super::cash::Movement;
use super::families::{self, Family};
use super::replay::{self, Replayed, Terms};
use super::{
    Books, CashBook, CashKind, Charge, ChargeKind, ENOUGH_FOR_A_THREAD, Income, IncomeKind, LaterRate,
    Options, Replays, TickerChanges,
};
use crate::exact::Exact;
use crate::{LedgerError, Market, Rates, Reason};

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
        let terms = Terms { options, rates: market.rates(), as_of, explained: false, left_out: None };
        Self::replayed(transactions, terms, market, replay_all)
    }

    /// The same books, whose costs keep how they came about.
    pub(crate) fn replay_explained(
        transactions: &[Transaction],
        market: &Market,
        options: Options,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let terms =
            Terms { options: &options, rates: market.rates(), as_of, explained: true, left_out: None };
        Self::replayed(transactions, terms, market, replay_all)
    }

    /// The same books, with the replays of their instruments for ledgers that differ in few of them.
    pub(crate) fn replay_kept(
        transactions: &[Transaction],
        market: &Market,
        options: Options,
        as_of: NaiveDate,
    ) -> Result<(Self, Replays), LedgerError> {
        let terms =
            Terms { options: &options, rates: market.rates(), as_of, explained: false, left_out: None };
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
        let terms = Terms {
            options: &options,
            rates: market.rates(),
            as_of: replays.as_of(),
            explained: false,
            left_out: None,
        };
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
