//! The replay of one instrument: splits, dividends and bookings, day by day.

mod availability;
mod effects;
mod events;
mod notes;
mod together;
mod trades;

use std::collections::HashMap;
use std::iter::Peekable;
use std::sync::{Mutex, PoisonError};
use std::vec::IntoIter;

use bellwether_domain::{Booking, CashDividend, Currency, DividendPolicy, Split, Transaction, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::cash::Movement;
use super::day_order::DayOrder;
use super::families::Member;
use super::lot_shelves::LotShelves;
use super::{ExternalFlow, Income, IncomeKind, Position, QuantityChange, dividends};
use crate::exact::Exact;
use crate::market::{InstrumentData, Rates, splits};
use crate::{Figure, LedgerError, Options, Reason};

pub(super) use self::together::replay;

/// What the replay of one instrument gives.
#[derive(Debug, Clone)]
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
    /// Costs keep how they came about.
    pub(super) explained: bool,
    /// Where sales and transfers that lack their shares are noted while the replay goes on without them; `None` when
    /// the first one ends it.
    pub(super) left_out: Option<&'a Mutex<Vec<LedgerError>>>,
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
    /// Splits and inferred dividends that are still to come.
    splits: Peekable<IntoIter<Split>>,
    dividends: Peekable<IntoIter<CashDividend>>,
    /// The ex-dates of recorded dividends.
    ex_dates: HashMap<TransactionId, NaiveDate>,
}

impl<'a> Replay<'a> {
    fn new(member: &Member<'a>, booked_currency: Currency, terms: Terms<'a>) -> Self {
        let (instrument, bookings) = (member.instrument, &member.bookings[..]);
        let listed_in = instrument.map_or(booked_currency, InstrumentData::currency);
        let splits = all_splits(instrument, bookings, terms.as_of);
        let known = instrument.map(InstrumentData::dividends).unwrap_or_default();
        let ex_dates = dividends::ex_dates(known, bookings);
        let unrecorded: Vec<CashDividend> = match terms.options.dividends {
            DividendPolicy::Infer => dividends::unrecorded(known, &ex_dates)
                .filter(|dividend| dividend.ex_date <= terms.as_of)
                .copied()
                .collect(),
            DividendPolicy::RecordedOnly => Vec::new(),
        };
        let mut replay = Self {
            terms,
            instrument,
            position: Position::new(member.symbol.clone(), listed_in, splits.clone()),
            shelves: LotShelves::new(terms.options.method),
            movements: Vec::new(),
            transfers: Vec::new(),
            splits: splits.into_iter().peekable(),
            dividends: Vec::new().into_iter().peekable(),
            ex_dates,
        };
        replay.make_room(bookings, &unrecorded);
        replay.dividends = unrecorded.into_iter().peekable();
        replay
    }

    /// Room for all that these bookings and dividends leave, so that no history grows piece by piece.
    fn make_room(&mut self, bookings: &[&Transaction], dividends: &[CashDividend]) {
        let count = |kinds: fn(&Booking) -> bool| bookings.iter().filter(|a| kinds(&a.booking)).count();
        let bought = |booking: &Booking| matches!(booking, Booking::Buy(_) | Booking::Reinvestment { .. });
        let (opened, sold) = (count(bought), count(|booking| matches!(booking, Booking::Sell { .. })));
        let first = bookings.first().map(|first| first.date);
        let earned = dividends.iter().filter(|dividend| first < Some(dividend.ex_date)).count();
        self.movements.reserve_exact(bookings.len() + earned);
        self.position.flows.reserve_exact(bookings.len() + earned);
        self.position.income.reserve_exact(earned);
        self.position.opened.reserve_exact(opened);
        self.position.sales.reserve_exact(sold);
        self.position.changes.reserve_exact(bookings.len());
        self.position.booked_prices.reserve_exact(opened + sold);
    }

    /// Applies splits and infers dividends with an ex-date up to `until`, in the order of their days.
    fn actions_until(&mut self, until: NaiveDate) -> Result<(), LedgerError> {
        loop {
            let split = self.splits.peek().map(|split| split.ex_date).filter(|day| *day <= until);
            let dividend = self.dividends.peek().map(|dividend| dividend.ex_date).filter(|day| *day <= until);
            if split.is_some_and(|split| dividend.is_none_or(|dividend| split <= dividend)) {
                if let Some(split) = self.splits.next() {
                    self.split(&split).map_err(|_too_large| self.told_too_large(split.ex_date))?;
                }
            } else if dividend.is_some() {
                if let Some(dividend) = self.dividends.next() {
                    self.infer(&dividend).map_err(|_too_large| self.told_too_large(dividend.ex_date))?;
                }
            } else {
                return Ok(());
            }
        }
    }

    /// What is wrong when a split or dividend of the market, or a recorded split, is beyond what can be counted.
    fn told_too_large(&self, ex_date: NaiveDate) -> LedgerError {
        LedgerError::ActionOutOfRange { symbol: self.position.symbol.clone(), date: ex_date }
    }

    fn split(&mut self, split: &Split) -> Result<(), Reason> {
        // What one account holds and another owes may be nothing together.
        self.shelves.split(split.ratio)?;
        self.position.quantity = self.shelves.quantity()?;
        let (date, quantity) = (split.ex_date, self.position.quantity);
        if quantity.is_zero() {
            return Ok(());
        }
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
            ex_date: Some(dividend.ex_date),
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
        match bookings {
            // On most days there is nothing to put in order.
            [only] if !DayOrder::takes_shares(only) => self.take_effect(only, None)?,
            _ => {
                let mut order = DayOrder::new(bookings);
                for index in 0..bookings.len() {
                    self.book(index, &mut order)?;
                }
            }
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
            Booking::Sell { trade, lots } => Some((trade.quantity.get(), lots)),
            Booking::TransferOut { quantity, lots, .. } => Some((quantity.get(), lots)),
            _ => None,
        };
        if let Some((wanted, chosen)) = leaving
            && let Err(fault) = self.make_available(transaction, wanted, chosen, (index, order))
        {
            return self.leave_out(fault, transaction, (index, order));
        }
        let arrival = order.take_partner(index);
        self.take_effect(transaction, arrival)
    }

    /// Notes that shares for a booking are not there, where the replay is to go on without it.
    fn leave_out(
        &mut self,
        fault: LedgerError,
        booking: &Transaction,
        (index, order): (usize, &mut DayOrder<'a, '_>),
    ) -> Result<(), LedgerError> {
        // A purchase that was called forward may be at fault itself, and has taken effect in part.
        let Some(left_out) = self.terms.left_out.filter(|_| fault.transaction() == Some(booking.id)) else {
            return Err(fault);
        };
        left_out.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        // What was to arrive in another account comes from elsewhere then.
        match order.separate(index).filter(|arrival| *arrival < index) {
            Some(passed) => self.book(passed, order),
            None => Ok(()),
        }
    }

    fn take_effect(
        &mut self,
        transaction: &Transaction,
        arrival: Option<&Transaction>,
    ) -> Result<(), LedgerError> {
        self.apply(transaction, arrival)
            .map_err(|_too_large| out_of_range(Some(transaction.id), transaction.date))
    }

    fn finished(mut self) -> Result<Replayed, LedgerError> {
        let as_of = self.terms.as_of;
        self.position.lots = self.shelves.into_lots().map_err(|_too_large| out_of_range(None, as_of))?;
        Ok(Replayed { position: self.position, movements: self.movements, transfers: self.transfers })
    }
}

fn out_of_range(transaction: Option<TransactionId>, date: NaiveDate) -> LedgerError {
    LedgerError::OutOfRange { transaction, date }
}
