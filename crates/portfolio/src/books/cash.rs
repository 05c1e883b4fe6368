//! Cash by currency: every movement with the balance after it, deposits inferred where purchases are not covered.

use bellwether_domain::{Currency, Symbol, Transaction, TransactionId, epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{ExternalFlow, ExternalKind};
use crate::exact::Exact;
use crate::figure::add;
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
fn in_order(mut movements: Vec<&mut Movement>) -> Vec<&mut Movement> {
    let by_place = |a: &&mut Movement, b: &&mut Movement| {
        a.place().cmp(&b.place()).then_with(|| a.symbol.cmp(&b.symbol))
    };
    let days: Vec<i32> = movements.iter().map(|movement| epoch_day(movement.date)).collect();
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else { return movements };
    let length = usize::try_from(last - first).unwrap_or(0) + 1;
    if length > 16 * movements.len() + DAYS_OF_A_FEW_YEARS {
        movements.sort_by(by_place);
        return movements;
    }
    // Into their days at once; what is left to sort is short.
    let offset = |day: &i32| usize::try_from(day - first).unwrap_or(0);
    let mut places = vec![0_usize; length + 1];
    for day in &days {
        places[offset(day) + 1] += 1;
    }
    for next in 1..places.len() {
        places[next] += places[next - 1];
    }
    let mut by_day: Vec<Option<&mut Movement>> = movements.iter().map(|_| None).collect();
    for (movement, day) in movements.into_iter().zip(&days) {
        let place = &mut places[offset(day)];
        by_day[*place] = Some(movement);
        *place += 1;
    }
    let mut ordered: Vec<_> = by_day.into_iter().flatten().collect();
    ordered
        .chunk_by_mut(|a, b| a.date == b.date)
        .filter(|day| day.len() > 1)
        .for_each(|day| day.sort_by(by_place));
    ordered
}

fn is_overdrawn(balance: Decimal) -> bool {
    balance.is_sign_negative() && !balance.is_zero()
}

impl CashBook {
    /// Settles all movements, which come in several parts, day by day.
    ///
    /// A foreign currency that lacks cash is bought with base cash at the booking's rate, or paid in where no rate is
    /// known. What the base currency lacks is an inferred deposit, one a day.
    pub(super) fn settle(mut movements: Vec<Vec<Movement>>, base: Currency) -> Figure<Self> {
        let mut moving = Vec::with_capacity(movements.iter().map(Vec::len).sum());
        moving.extend(movements.iter_mut().flatten().filter(|movement| !movement.amount.is_zero()));
        let mut ordered = in_order(moving);
        let mut book = Self::default();
        // Few days need more than one inferred deposit.
        book.entries.reserve(ordered.len() + ordered.chunk_by(|a, b| a.date == b.date).count());
        for day in ordered.chunk_by_mut(|a, b| a.date == b.date) {
            book.settle_day(day, base)?;
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

    fn settle_day(&mut self, day: &mut [&mut Movement], base: Currency) -> Result<(), Reason> {
        if day.iter().all(|movement| movement.currency == base) {
            return self.settle_currency(base, day, None);
        }
        let in_base = day.iter().filter(|movement| movement.currency == base);
        let mut in_base: Vec<Movement> = in_base.map(|movement| Movement::clone(movement)).collect();
        let foreign = day.iter().map(|movement| movement.currency).filter(|currency| *currency != base);
        let mut currencies: Vec<_> = foreign.collect();
        currencies.sort();
        currencies.dedup();
        for currency in currencies {
            let of_currency = day.iter_mut().filter(|movement| movement.currency == currency);
            let mut of_currency: Vec<_> = of_currency.map(|movement| &mut **movement).collect();
            self.settle_currency(currency, &mut of_currency, Some((base, &mut in_base)))?;
        }
        in_base.sort_by_key(Movement::place);
        self.settle_currency(base, &mut in_base.iter_mut().collect::<Vec<_>>(), None)
    }

    /// Posts a day's movements of one currency in order; later inflows of the day come forward where a payment would
    /// overdraw, and what then lacks is exchanged or inferred.
    fn settle_currency(
        &mut self,
        currency: Currency,
        day: &mut [&mut Movement],
        mut exchange: Option<(Currency, &mut Vec<Movement>)>,
    ) -> Result<(), Reason> {
        if day.is_empty() {
            return Ok(());
        }
        let account = self.account(currency);
        // What comes in first needs no other: on most days that is all.
        let mut settled = 0;
        while let Some(first) = day.get_mut(settled) {
            let balance = self.balances[account].balance.plus(first.amount)?;
            if is_overdrawn(balance) {
                break;
            }
            self.post(account, first, balance);
            settled += 1;
        }
        let day = day.get_mut(settled..).unwrap_or_default();
        let mut posted = vec![false; day.len()];
        let mut inflow = 0;
        for index in 0..day.len() {
            if posted[index] {
                continue;
            }
            let amount = day[index].amount;
            let mut balance = self.balances[account].balance.plus(amount)?;
            while is_overdrawn(balance) && inflow < day.len() {
                if !posted[inflow] && day[inflow].amount > Decimal::ZERO {
                    let with_inflow = self.balances[account].balance.plus(day[inflow].amount)?;
                    self.post(account, day[inflow], with_inflow);
                    posted[inflow] = true;
                    balance = with_inflow.plus(amount)?;
                }
                inflow += 1;
            }
            let lacking = -balance;
            if lacking > Decimal::ZERO {
                let movement = &*day[index];
                if let (Some((base, in_base)), Ok(rate)) = (&mut exchange, &movement.rate) {
                    let kind = CashKind::Exchange;
                    let (paid, rate) = (-lacking.times(*rate)?, Ok(Decimal::ONE));
                    in_base.push(Movement { kind, currency: *base, amount: paid, rate, ..movement.clone() });
                    let mut bought = Movement { kind, amount: lacking, ..movement.clone() };
                    let with_bought = self.balances[account].balance.plus(lacking)?;
                    self.post(account, &mut bought, with_bought);
                } else {
                    let left = day.iter().zip(&posted).filter(|(_, posted)| !**posted);
                    self.infer_deposit(account, left.map(|(movement, _)| &**movement))?;
                }
                balance = self.balances[account].balance.plus(amount)?;
            }
            self.post(account, day[index], balance);
            posted[index] = true;
        }
        Ok(())
    }

    /// A deposit of exactly what the day's remaining payments lack. All inflows of the day are posted by now.
    fn infer_deposit<'a>(
        &mut self,
        account: usize,
        unpaid: impl Iterator<Item = &'a Movement>,
    ) -> Result<(), Reason> {
        let (mut deposit, mut payments, mut funds) = (None, Decimal::ZERO, Vec::new());
        for movement in unpaid {
            payments = payments.plus(movement.amount)?;
            if let Some(transaction) = movement.transaction.filter(|paid| funds.last() != Some(paid)) {
                funds.push(transaction);
            }
            deposit.get_or_insert_with(|| Movement {
                date: movement.date,
                sequence: movement.sequence,
                kind: CashKind::Deposit,
                symbol: None,
                transaction: None,
                currency: movement.currency,
                amount: Decimal::ZERO,
                rate: movement.rate.clone(),
            });
        }
        let Some(mut deposit) = deposit else { return Ok(()) };
        let before = self.balances[account].balance;
        deposit.amount = -before.plus(payments)?;
        let balance = before.plus(deposit.amount)?;
        self.post(account, &mut deposit, balance);
        if let Some(entry) = self.entries.last_mut() {
            entry.funds = funds;
        }
        Ok(())
    }

    /// Notes a movement and the balance that it leaves. The entry takes its symbol.
    fn post(&mut self, account: usize, movement: &mut Movement, balance: Decimal) {
        let base = match &movement.rate {
            Ok(rate) => movement.amount.times(*rate),
            Err(reason) => Err(reason.clone()),
        };
        let account = &mut self.balances[account];
        account.balance = balance;
        account.booked = add(std::mem::replace(&mut account.booked, Ok(Decimal::ZERO)), &base);
        match account.changes.last_mut().filter(|(date, _)| *date == movement.date) {
            Some((_, at_close)) => *at_close = balance,
            None => account.changes.push((movement.date, balance)),
        }
        self.entries.push(CashEntry {
            date: movement.date,
            kind: movement.kind,
            symbol: movement.symbol.take(),
            transaction: movement.transaction,
            currency: movement.currency,
            amount: movement.amount,
            base,
            balance,
            inferred: movement.transaction.is_none(),
            funds: Vec::new(),
        });
    }

    /// The place of a currency's balance.
    fn account(&mut self, currency: Currency) -> usize {
        self.balances.iter().position(|balance| balance.currency == currency).unwrap_or_else(|| {
            let (balance, booked) = (Decimal::ZERO, Ok(Decimal::ZERO));
            self.balances.push(CashBalance { currency, balance, changes: Vec::new(), booked });
            self.balances.len() - 1
        })
    }
}
