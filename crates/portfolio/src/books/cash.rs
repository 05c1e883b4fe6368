//! Cash by currency: every movement with the balance after it, deposits inferred where purchases are not covered.

use bellwether_domain::{Currency, Symbol, Transaction, TransactionId, epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{ExternalFlow, ExternalKind};
use crate::exact::Exact;
use crate::figure::total;
use crate::{Figure, Reason};

/// So many days are sorted by counting, however few movements they have.
const DAYS_OF_A_FEW_YEARS: usize = 2000;

/// Why cash moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CashKind {
    /// Paid in; inferred where [`CashEntry::inferred`] says so.
    Deposit,
    /// Paid out.
    Withdrawal,
    /// Paid for shares.
    Purchase,
    /// Received for shares.
    Sale,
    /// A dividend, after tax and fee.
    Dividend,
    /// Interest, after tax.
    Interest,
    /// A fee that belongs to no trade, or that of a transfer; positive when it came back.
    Fee,
    /// A tax that belongs to no trade; positive when it came back.
    Tax,
    /// Changed into another currency to settle a booking in it.
    Exchange,
}

/// One movement of cash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashEntry {
    /// The day.
    pub date: NaiveDate,
    /// Why.
    pub kind: CashKind,
    /// The instrument, if one caused it.
    pub symbol: Option<Symbol>,
    /// The transaction that records or causes it; `None` for what is inferred.
    pub transaction: Option<TransactionId>,
    /// The currency.
    pub currency: Currency,
    /// Positive when cash came in.
    pub amount: Decimal,
    /// The amount in the base currency, at the rate of its booking.
    pub base: Figure<Decimal>,
    /// Balance of the currency afterwards; never negative.
    pub balance: Decimal,
    /// Not recorded, but inferred: a deposit of exactly what the day's payments lack, or a known dividend.
    pub inferred: bool,
    /// The transactions that an inferred deposit pays for.
    pub funds: Vec<TransactionId>,
}

/// The balance of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashBalance {
    /// The currency.
    pub currency: Currency,
    /// What is left.
    pub balance: Decimal,
    /// The balance at the close of each day on which it changed.
    pub changes: Vec<(NaiveDate, Decimal)>,
    /// What is left, in the base currency at the rates of the bookings: the difference to today's rate is currency
    /// gain.
    pub booked: Figure<Decimal>,
}

impl CashBalance {
    /// The balance at the close of a day.
    pub fn on(&self, day: NaiveDate) -> Decimal {
        let past = self.changes.partition_point(|(date, _)| *date <= day);
        past.checked_sub(1)
            .and_then(|index| self.changes.get(index))
            .map_or(Decimal::ZERO, |(_, balance)| *balance)
    }
}

/// All cash of a portfolio.
#[derive(Debug, Clone, Default)]
pub struct CashBook {
    /// Every movement, in the order of the running balances.
    pub entries: Vec<CashEntry>,
    /// The currencies that moved, the base currency first.
    pub balances: Vec<CashBalance>,
}

/// A movement before it has its place in the day.
#[derive(Debug, Clone)]
pub(super) struct Movement {
    pub(super) date: NaiveDate,
    pub(super) sequence: i64,
    pub(super) kind: CashKind,
    pub(super) symbol: Option<Symbol>,
    pub(super) transaction: Option<TransactionId>,
    pub(super) currency: Currency,
    pub(super) amount: Decimal,
    /// Base currency per unit.
    pub(super) rate: Figure<Decimal>,
}

impl Movement {
    pub(super) fn of(
        transaction: &Transaction,
        kind: CashKind,
        amount: Decimal,
        rate: Figure<Decimal>,
    ) -> Self {
        Self {
            date: transaction.date,
            sequence: transaction.sequence,
            kind,
            symbol: None,
            transaction: Some(transaction.id),
            currency: transaction.currency,
            amount,
            rate,
        }
    }

    /// Recorded order, what is inferred first.
    fn place(&self) -> (NaiveDate, i64, Option<TransactionId>) {
        (self.date, self.sequence, self.transaction)
    }
}

/// Movements by day, and within a day in recorded order.
fn in_order(movements: Vec<&Movement>) -> Vec<&Movement> {
    let day = |movement: &Movement| epoch_day(movement.date);
    let by_place =
        |a: &&Movement, b: &&Movement| a.place().cmp(&b.place()).then_with(|| a.symbol.cmp(&b.symbol));
    let (Some(&any), Some(first), Some(last)) =
        (movements.first(), movements.iter().map(|a| day(a)).min(), movements.iter().map(|a| day(a)).max())
    else {
        return movements;
    };
    let days = usize::try_from(last - first).unwrap_or(0) + 1;
    let mut ordered = movements;
    if days <= 16 * ordered.len() + DAYS_OF_A_FEW_YEARS {
        // Into their days at once; what is left to sort is short.
        let offset = |movement: &Movement| usize::try_from(day(movement) - first).unwrap_or(0);
        let mut places = vec![0_usize; days + 1];
        for movement in &ordered {
            places[offset(movement) + 1] += 1;
        }
        for next in 1..places.len() {
            places[next] += places[next - 1];
        }
        let mut by_day = vec![any; ordered.len()];
        for movement in ordered {
            let place = &mut places[offset(movement)];
            by_day[*place] = movement;
            *place += 1;
        }
        by_day.chunk_by_mut(|a, b| a.date == b.date).for_each(|day| day.sort_by(by_place));
        return by_day;
    }
    ordered.sort_by(by_place);
    ordered
}

impl CashBook {
    /// Settles all movements, which come in several parts, day by day.
    ///
    /// A foreign currency that lacks cash is bought with base cash at the booking's rate, or paid in where no rate is
    /// known. What the base currency lacks is an inferred deposit, one a day.
    pub(super) fn settle(movements: &[Vec<Movement>], base: Currency) -> Figure<Self> {
        let mut moving = Vec::with_capacity(movements.iter().map(Vec::len).sum());
        moving.extend(movements.iter().flatten().filter(|movement| !movement.amount.is_zero()));
        let ordered = in_order(moving);
        let days = || ordered.chunk_by(|a, b| a.date == b.date);
        let mut book = Self::default();
        // Few days need more than one inferred deposit.
        book.entries.reserve(ordered.len() + days().count());
        for day in days() {
            book.settle_day(day, base)?;
        }
        for balance in &mut book.balances {
            let of_currency = book.entries.iter().filter(|entry| entry.currency == balance.currency);
            balance.booked = total(of_currency.map(|entry| &entry.base));
        }
        Ok(book)
    }

    /// What the movements alone would have left of a currency, without inferred deposits and the exchanges that pay for
    /// bookings: negative where cash was never recorded.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`] for amounts that no ledger has.
    pub fn recorded_balance(&self, currency: Currency) -> Figure<Decimal> {
        let is_covering = |entry: &&CashEntry| {
            entry.kind == CashKind::Exchange || (entry.kind == CashKind::Deposit && entry.inferred)
        };
        let entries = self.entries.iter().filter(|entry| entry.currency == currency && !is_covering(entry));
        entries.map(|entry| entry.amount).try_fold(Decimal::ZERO, Exact::plus)
    }

    /// Deposits and withdrawals, recorded and inferred.
    pub fn external_flows(&self) -> impl Iterator<Item = ExternalFlow> {
        self.entries.iter().filter_map(|entry| {
            let kind = match entry.kind {
                CashKind::Deposit => ExternalKind::Deposit { inferred: entry.inferred },
                CashKind::Withdrawal => ExternalKind::Withdrawal,
                _ => return None,
            };
            let (date, transaction) = (entry.date, entry.transaction);
            Some(ExternalFlow { date, kind, transaction, amount: entry.base.clone() })
        })
    }

    fn settle_day(&mut self, day: &[&Movement], base: Currency) -> Result<(), Reason> {
        if day.iter().all(|movement| movement.currency == base) {
            return self.settle_currency(base, day, None);
        }
        let (in_base, foreign): (Vec<_>, Vec<_>) =
            day.iter().copied().partition(|movement| movement.currency == base);
        let mut in_base: Vec<Movement> = in_base.into_iter().cloned().collect();
        let mut currencies: Vec<_> = foreign.iter().map(|movement| movement.currency).collect();
        currencies.sort();
        currencies.dedup();
        for currency in currencies {
            let of_currency: Vec<_> =
                foreign.iter().copied().filter(|movement| movement.currency == currency).collect();
            self.settle_currency(currency, &of_currency, Some((base, &mut in_base)))?;
        }
        in_base.sort_by_key(Movement::place);
        self.settle_currency(base, &in_base.iter().collect::<Vec<_>>(), None)
    }

    /// Posts a day's movements of one currency in order; later inflows of the day come forward where a payment would
    /// overdraw, and what then lacks is exchanged or inferred.
    fn settle_currency(
        &mut self,
        currency: Currency,
        day: &[&Movement],
        mut exchange: Option<(Currency, &mut Vec<Movement>)>,
    ) -> Result<(), Reason> {
        // What comes in first needs no other: on most days that is all.
        let overdraws = |balance: Decimal| balance.is_sign_negative() && !balance.is_zero();
        let mut day = day;
        while let [first, later @ ..] = day
            && !overdraws(self.balance(currency).plus(first.amount)?)
        {
            self.post(first)?;
            day = later;
        }
        let mut posted = vec![false; day.len()];
        let mut inflow = 0;
        for index in 0..day.len() {
            let Some(movement) = day.get(index).copied().filter(|_| !posted[index]) else { continue };
            while overdraws(self.balance(currency).plus(movement.amount)?) && inflow < day.len() {
                if let Some(later) =
                    day.get(inflow).copied().filter(|later| !posted[inflow] && later.amount > Decimal::ZERO)
                {
                    self.post(later)?;
                    posted[inflow] = true;
                }
                inflow += 1;
            }
            let lacking = -self.balance(currency).plus(movement.amount)?;
            if lacking > Decimal::ZERO {
                if let (Some((base, in_base)), Ok(rate)) = (&mut exchange, &movement.rate) {
                    let kind = CashKind::Exchange;
                    self.post(&Movement { kind, amount: lacking, ..movement.clone() })?;
                    let (amount, rate) = (-lacking.times(*rate)?, Ok(Decimal::ONE));
                    in_base.push(Movement { kind, currency: *base, amount, rate, ..movement.clone() });
                } else {
                    let left = day.iter().zip(&posted).filter(|(_, posted)| !**posted);
                    let unpaid: Vec<_> = left.map(|(movement, _)| *movement).collect();
                    self.infer_deposit(currency, &unpaid)?;
                }
            }
            self.post(movement)?;
            posted[index] = true;
        }
        Ok(())
    }

    /// A deposit of exactly what the day's remaining payments lack. All inflows of the day are posted by now.
    fn infer_deposit(&mut self, currency: Currency, unpaid: &[&Movement]) -> Result<(), Reason> {
        let payments = unpaid.iter().try_fold(Decimal::ZERO, |sum, movement| sum.plus(movement.amount))?;
        let amount = -self.balance(currency).plus(payments)?;
        let mut funds: Vec<_> = unpaid.iter().filter_map(|movement| movement.transaction).collect();
        funds.dedup();
        let Some(first) = unpaid.first() else { return Ok(()) };
        let deposit = Movement {
            kind: CashKind::Deposit,
            symbol: None,
            transaction: None,
            currency,
            amount,
            ..(*first).clone()
        };
        self.post(&deposit)?;
        if let Some(entry) = self.entries.last_mut() {
            entry.funds = funds;
        }
        Ok(())
    }

    fn post(&mut self, movement: &Movement) -> Result<(), Reason> {
        let known = self.balances.iter().position(|balance| balance.currency == movement.currency);
        let index = known.unwrap_or_else(|| {
            let currency = movement.currency;
            let booked = Ok(Decimal::ZERO);
            self.balances.push(CashBalance { currency, balance: Decimal::ZERO, changes: Vec::new(), booked });
            self.balances.len() - 1
        });
        let account = &mut self.balances[index];
        account.balance = account.balance.plus(movement.amount)?;
        match account.changes.last_mut().filter(|(date, _)| *date == movement.date) {
            Some((_, balance)) => *balance = account.balance,
            None => account.changes.push((movement.date, account.balance)),
        }
        let balance = account.balance;
        self.entries.push(CashEntry {
            date: movement.date,
            kind: movement.kind,
            symbol: movement.symbol.clone(),
            transaction: movement.transaction,
            currency: movement.currency,
            amount: movement.amount,
            base: movement.rate.clone().and_then(|rate| movement.amount.times(rate)),
            balance,
            inferred: movement.transaction.is_none(),
            funds: Vec::new(),
        });
        Ok(())
    }

    fn balance(&self, currency: Currency) -> Decimal {
        let known = self.balances.iter().find(|balance| balance.currency == currency);
        known.map_or(Decimal::ZERO, |balance| balance.balance)
    }
}
