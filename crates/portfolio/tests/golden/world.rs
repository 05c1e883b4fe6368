//! A case as the library sees it: a market, a ledger, and the books of it.

use bellwether_domain::{CostMethod, Currency, DividendPolicy, Symbol, Transaction};
use bellwether_portfolio::{
    Books, GainParts, LedgerError, Market, Options, Performance, Period, PortfolioSeries, Report, Shorts,
    Subject, performance,
};
use chrono::NaiveDate;

use crate::answer::Trouble;
use crate::case::{Case, Kind};
use crate::ledger::{Reading, ledger};
use crate::market::{Backfill, base, market};
use crate::params::Scope;

pub(crate) struct World<'a> {
    pub case: &'a Case,
    pub market: Market,
    pub base: Currency,
    pub as_of: NaiveDate,
}

impl<'a> World<'a> {
    pub(crate) fn new(case: &'a Case) -> Result<Self, Trouble> {
        Self::with(case, Backfill::FirstQuoteHolds)
    }

    /// With no price before the first quote, where it matters that there is none.
    pub(crate) fn as_quoted(case: &'a Case) -> Result<Self, Trouble> {
        Self::with(case, Backfill::None)
    }

    fn with(case: &'a Case, backfill: Backfill) -> Result<Self, Trouble> {
        Ok(Self { case, market: market(case, backfill)?, base: base(case)?, as_of: case.day() })
    }

    /// The books at the close of the case's day.
    pub(crate) fn books(&self, method: CostMethod) -> Result<Books, Trouble> {
        self.books_read(method, Reading::default())
    }

    /// The books at the close of another day.
    pub(crate) fn books_on(&self, day: NaiveDate) -> Result<Books, Trouble> {
        self.replayed(CostMethod::Fifo, Reading::default(), day)
    }

    /// The books for rates of return: before tax where the case leaves it out.
    pub(crate) fn books_for_returns(&self, method: CostMethod) -> Result<Books, Trouble> {
        self.books_read(method, Reading { before_tax: self.case.params.is("tax", "exclude") })
    }

    pub(crate) fn books_read(&self, method: CostMethod, reading: Reading) -> Result<Books, Trouble> {
        self.replayed(method, reading, self.as_of)
    }

    fn replayed(&self, method: CostMethod, reading: Reading, day: NaiveDate) -> Result<Books, Trouble> {
        let ledger = ledger(self.case, &self.market, reading)?;
        let options = Options { method, dividends: DividendPolicy::RecordedOnly, ..Options::new(self.base) };
        match Books::replay(&ledger, &self.market, &options, day) {
            Ok(books) => Ok(books),
            Err(LedgerError::NotEnoughShares { transaction, symbol, date, held, wanted, .. }) => {
                let sale = ledger.iter().find(|booked| booked.id == transaction);
                let is_told =
                    sale.is_some_and(|sale| sale.date == date && sale.booking.symbol() == Some(&symbol));
                if !is_told || wanted <= held {
                    return Err(format!("the refusal of more than is held names {symbol} on {date}").into());
                }
                self.with_shorts(&ledger, options, day)
            }
            Err(error) => Err(error.to_string().into()),
        }
    }

    fn with_shorts(
        &self,
        ledger: &[Transaction],
        options: Options,
        day: NaiveDate,
    ) -> Result<Books, Trouble> {
        let options = Options { shorts: Shorts::Allowed, ..options };
        Books::replay(ledger, &self.market, &options, day).map_err(|error| error.to_string().into())
    }

    pub(crate) fn report(&self, books: &Books) -> Report {
        Report::new(books, &self.market, &PortfolioSeries::new(books, &self.market))
    }

    /// What the case measures: with the cash where it books any across the border, unless it says which.
    pub(crate) fn scope(&self) -> Result<Scope, Trouble> {
        let pays = |kind| matches!(kind, Kind::Deposit | Kind::Withdrawal);
        let has_cash = self.case.transactions.iter().any(|entry| pays(entry.kind));
        let told = self.case.params.scope()?;
        Ok(told.unwrap_or(if has_cash { Scope::Portfolio } else { Scope::Holdings }))
    }

    /// A holding, or the whole by the case's scope.
    pub(crate) fn subject<'b>(
        &self,
        books: &'b Books,
        symbol: Option<&Symbol>,
    ) -> Result<Subject<'b>, Trouble> {
        Ok(match (symbol, self.scope()?) {
            (Some(symbol), _) => Subject::holding(&[books], symbol)?,
            (None, Scope::Holdings) => Subject::holdings(books),
            (None, Scope::Portfolio) => Subject::portfolio(books),
        })
    }

    /// The case's period, or everything up to its day.
    pub(crate) fn period(&self, books: &Books) -> Result<Period, Trouble> {
        Ok(match self.case.period {
            Some((from, to)) => Period::new(from, to)?,
            None => Period::since(books.first_day().unwrap_or(self.as_of), self.as_of)?,
        })
    }

    /// What a holding's gain consists of, or that of the whole: all income, fees and taxes there are.
    pub(crate) fn parts(
        &self,
        books: &Books,
        symbol: Option<&Symbol>,
        period: Period,
    ) -> Result<GainParts, Trouble> {
        let subject = match symbol {
            Some(symbol) => Subject::holding(&[books], symbol)?,
            None => Subject::portfolio(books),
        };
        Ok(performance(&subject, &self.market, period).parts)
    }

    /// The case's subject over its period.
    pub(crate) fn performance(&self, books: &Books, symbol: Option<&Symbol>) -> Result<Performance, Trouble> {
        Ok(performance(&self.subject(books, symbol)?, &self.market, self.period(books)?))
    }
}
