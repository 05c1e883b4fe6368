//! "What if I had not sold?": the same figures over a changed copy of the ledger.

mod change;
#[cfg(test)]
mod tests;

use bellwether_domain::{Symbol, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use self::change::{Change, FeeAfterResize, FeeTerms, InvalidChange, what_if};
use crate::books::Replays;
use crate::exact::Exact;
use crate::figure::finite;
use crate::{Benchmark, Books, Figure, LedgerError, Market, Options, PortfolioSeries, Reason, Report};

/// A ledger that can be tried with changes, one set after another, as a slider does.
///
/// What a set of changes does not touch is not replayed again. Deposits that nothing records follow by themselves: a
/// purchase that is left out needs no money.
#[derive(Debug)]
pub struct WhatIf<'a> {
    members: Vec<Member<'a>>,
    market: &'a Market,
    benchmark: Option<Symbol>,
    before: Headline,
}

/// A portfolio of the set.
#[derive(Debug)]
struct Member<'a> {
    transactions: &'a [Transaction],
    options: Options,
    replays: Replays,
    books: Books,
}

/// The figures that a change is judged by, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Headline {
    /// Holdings and cash.
    pub value: Figure<Decimal>,
    /// What was gained in all.
    pub total_gain: Figure<Decimal>,
    /// What was paid in less what was paid out.
    pub net_deposits: Figure<Decimal>,
    /// Money-weighted return: a year from one year on, else of the whole time.
    pub xirr: Figure<f64>,
    /// Time-weighted return of the whole time.
    pub time_weighted: Figure<f64>,
    /// Value less that of the benchmark that received the same money; [`Reason::NotHeld`] without a benchmark.
    pub ahead_of_benchmark: Figure<f64>,
}

/// What changes would have made of a portfolio.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// As it is.
    pub before: Headline,
    /// As it would be.
    pub after: Headline,
    /// What that would be more, or less as a negative number.
    pub difference: Headline,
    /// The changed ledger, replayed.
    pub books: Books,
    /// Its figures in full.
    pub report: Report,
    /// How many instruments had to be replayed.
    pub replayed: usize,
}

/// Why changes cannot be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// A change does not fit the ledger.
    #[error(transparent)]
    Change(#[from] InvalidChange),
    /// The changed ledger is impossible, as when shares are sold whose purchase is left out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The portfolios cannot be one: they have different base currencies, or there are none.
    #[error(transparent)]
    Set(#[from] Reason),
    /// There is no portfolio at this place of the set.
    #[error("there is no portfolio {0} in the set")]
    NoPortfolio(usize),
}

impl<'a> WhatIf<'a> {
    /// Prepares a ledger as of a day, beside a benchmark if one is given.
    ///
    /// # Errors
    /// Those of [`Books::replay`].
    pub fn new(
        transactions: &'a [Transaction],
        market: &'a Market,
        options: &Options,
        benchmark: Option<Symbol>,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let only = Member::new(transactions, market, *options, as_of)?;
        let (_, before) = Headline::of(&only.books, market, benchmark.as_ref());
        Ok(Self { members: vec![only], market, benchmark, before })
    }

    /// Prepares the ledgers of several portfolios, which are looked at as one.
    ///
    /// # Errors
    /// Those of [`Books::replay`] and, as [`WhatIfError::Set`], of [`Books::together`].
    pub fn of_set(
        ledgers: &[(&'a [Transaction], Options)],
        market: &'a Market,
        benchmark: Option<Symbol>,
        as_of: NaiveDate,
    ) -> Result<Self, WhatIfError> {
        let members = ledgers.iter().map(|(ledger, options)| Member::new(ledger, market, *options, as_of));
        let members = members.collect::<Result<Vec<_>, _>>()?;
        let books = Books::together(&members.iter().map(|member| &member.books).collect::<Vec<_>>())?;
        let (_, before) = Headline::of(&books, market, benchmark.as_ref());
        Ok(Self { members, market, benchmark, before })
    }

    /// The figures as they are.
    pub fn before(&self) -> &Headline {
        &self.before
    }

    /// What the portfolio would be with these changes, which take effect one after another; of a set they change the
    /// first.
    ///
    /// # Errors
    /// [`WhatIfError`] when a change does not fit the ledger, or leaves it impossible.
    pub fn with(&self, changes: &[Change]) -> Result<Outcome, WhatIfError> {
        self.with_in(0, changes)
    }

    /// What all portfolios together would be with these changes of the one at a place, counted from 0. The others stay
    /// as they are and are not replayed.
    ///
    /// # Errors
    /// [`WhatIfError`] when there is no such portfolio, a change does not fit its ledger, or leaves it impossible.
    pub fn with_in(&self, place: usize, changes: &[Change]) -> Result<Outcome, WhatIfError> {
        let member = self.members.get(place).ok_or(WhatIfError::NoPortfolio(place))?;
        let transactions = what_if(member.transactions, changes)?;
        let (mut options, mut benchmark) = (member.options, self.benchmark.as_ref());
        for change in changes {
            match change {
                Change::CostMethod(method) => options.method = *method,
                Change::Benchmark(symbol) => benchmark = Some(symbol),
                _ => {}
            }
        }
        let (mut books, replayed) = Books::replay_from(&member.replays, &transactions, self.market, options)?;
        if self.members.len() > 1 {
            let all = self.members.iter().enumerate();
            let all: Vec<&Books> = all.map(|(at, of)| if at == place { &books } else { &of.books }).collect();
            books = Books::together(&all)?;
        }
        let (report, after) = Headline::of(&books, self.market, benchmark);
        let (before, difference) = (self.before.clone(), after.less(&self.before));
        Ok(Outcome { before, after, difference, books, report, replayed })
    }
}

impl<'a> Member<'a> {
    fn new(
        transactions: &'a [Transaction],
        market: &Market,
        options: Options,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let (books, replays) = Books::replay_kept(transactions, market, options, as_of)?;
        Ok(Self { transactions, options, replays, books })
    }
}

impl Headline {
    fn of(books: &Books, market: &Market, benchmark: Option<&Symbol>) -> (Report, Self) {
        let series = PortfolioSeries::new(books, market);
        let report = Report::new(books, market, &series);
        let (totals, returns) = (&report.totals, &report.returns);
        let ahead = || {
            let symbol = benchmark.ok_or(Reason::NotHeld)?;
            let benchmark = Benchmark::new(symbol, market, books.options().base, books.as_of())?;
            Ok(benchmark.against_portfolio(books, &series)?.ahead_by)
        };
        let headline = Self {
            value: totals.value.clone(),
            total_gain: totals.total_gain.clone(),
            net_deposits: totals.net_deposits.clone(),
            xirr: returns.xirr.clone().map(|rate| rate.headline()),
            time_weighted: returns.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone),
            ahead_of_benchmark: ahead(),
        };
        (report, headline)
    }

    fn less(&self, other: &Self) -> Self {
        let exact = |a: &Figure<Decimal>, b: &Figure<Decimal>| a.clone()?.minus(b.clone()?);
        let float = |a: &Figure<f64>, b: &Figure<f64>| finite(a.clone()? - b.clone()?);
        Self {
            value: exact(&self.value, &other.value),
            total_gain: exact(&self.total_gain, &other.total_gain),
            net_deposits: exact(&self.net_deposits, &other.net_deposits),
            xirr: float(&self.xirr, &other.xirr),
            time_weighted: float(&self.time_weighted, &other.time_weighted),
            ahead_of_benchmark: float(&self.ahead_of_benchmark, &other.ahead_of_benchmark),
        }
    }
}
