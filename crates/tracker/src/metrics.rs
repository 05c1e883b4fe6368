//! A portfolio's rates of return side by side, and its risk.

use bellwether_domain::{Portfolio, PortfolioId, Symbol, Transaction};
use bellwether_portfolio::risk::{RiskFree, RiskReport, RiskTerms, TradingDays, trading_days};
use bellwether_portfolio::{
    Benchmark, Figure, LedgerError, Options, Period, PeriodReturns, PortfolioSeries, Reason, Report, Subject,
    performance,
};
use chrono::{DateTime, NaiveDate, Utc};

use crate::compute::replay;
use crate::import::HOME_EXCHANGE;
use crate::refusals::day_to_come;
use crate::stored_market::StoredMarket;
use crate::{Tracker, TrackerError};

/// What is taken for free of risk, a year.
const RISK_FREE: f64 = 0.0;

/// Figures of a portfolio since its first day.
#[derive(Debug)]
pub struct Metrics {
    /// The portfolio.
    pub portfolio: Portfolio,
    /// The day at whose end the figures are.
    pub as_of: NaiveDate,
    /// When this was computed.
    pub computed_at: DateTime<Utc>,
    /// When the day that it shows ends; `None` where that is over.
    pub day_ends: Option<DateTime<Utc>>,
    /// The figures, or what is wrong with the ledger.
    pub figures: Result<MetricFigures, LedgerError>,
}

/// What can be computed from a sound ledger.
#[derive(Debug)]
pub struct MetricFigures {
    /// Sums.
    pub report: Report,
    /// Rates of return since the first day.
    pub returns: Figure<PeriodReturns>,
    /// Risk since then, with nothing taken for free of it.
    pub risk: Figure<RiskReport>,
    /// What risk is measured beside: the portfolio's first benchmark, where its prices are known.
    pub benchmark: Option<Symbol>,
    /// What the owner calls it, where it is an index of their own.
    pub benchmark_name: Option<String>,
}

impl Tracker {
    /// A portfolio's metrics. Never waits for a provider and writes nothing.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come, and
    /// the database's.
    pub async fn metrics(&self, id: PortfolioId, as_of: Option<NaiveDate>) -> Result<Metrics, TrackerError> {
        let as_of = self.past_day(as_of)?;
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let market = self.stored_market(&portfolio, &transactions, &portfolio.benchmarks, as_of).await?;
        let computed_at = self.clock().now();
        let day_ends = day_ends(as_of, computed_at);
        let compute = move || {
            let figures = MetricFigures::of(&portfolio, &transactions, &market, as_of);
            Metrics { portfolio, as_of, computed_at, day_ends, figures }
        };
        Ok(self.compute(compute).await)
    }

    /// The day that is asked for; today when none is.
    pub(crate) fn past_day(&self, as_of: Option<NaiveDate>) -> Result<NaiveDate, TrackerError> {
        let today = self.today();
        match as_of {
            Some(day) if day > today => Err(TrackerError::refused(day_to_come(day, today))),
            as_of => Ok(as_of.unwrap_or(today)),
        }
    }
}

/// When a day ends that is not over at `now`.
pub(crate) fn day_ends(day: NaiveDate, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    HOME_EXCHANGE.day_begins(day.succ_opt()?).filter(|end| *end > now)
}

impl MetricFigures {
    fn of(
        portfolio: &Portfolio,
        transactions: &[Transaction],
        stored: &StoredMarket,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let market = &stored.market;
        let books = replay(transactions, market, Options::of(portfolio), as_of)?;
        let series = PortfolioSeries::new(&books, market);
        let report = Report::new(&books, market, &series);
        let subject = Subject::portfolio(&books);
        let period = if series.value.is_empty() {
            Err(Reason::NotHeld)
        } else {
            Period::since(series.value.first_day, as_of)
        };
        let returns = period.map(|period| performance(&subject, market, period).returns);
        let beside = portfolio
            .benchmarks
            .first()
            .and_then(|symbol| Benchmark::new(symbol, market, portfolio.base_currency, as_of).ok());
        let days = trading_days(&subject, market);
        let days = beside.as_ref().map_or(TradingDays::On(&days), TradingDays::Of);
        let terms = RiskTerms { risk_free: RiskFree::Annual(RISK_FREE), minimum_acceptable: None };
        let linked = returns.as_ref().map_err(Clone::clone).and_then(|returns| returns.time_weighted.clone());
        let risk = linked.and_then(|linked| RiskReport::new(&linked, days, terms));
        let benchmark = beside.map(|beside| beside.symbol().clone());
        let benchmark_name = benchmark.as_ref().and_then(|symbol| stored.index_name(symbol));
        Ok(Self { report, returns, risk, benchmark, benchmark_name })
    }
}
