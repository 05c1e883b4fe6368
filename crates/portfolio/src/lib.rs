//! Portfolio arithmetic: from a ledger and prices to holdings, gains, returns and a benchmark.
//!
//! Everything here is a function of its arguments: no clock, no file, no network. Amounts of the ledger are exact
//! decimals, rates and daily series are `f64`, and a figure that cannot be known is a [`Reason`], never a zero.
//!
//! What leads to what:
//!
//! * [`Market`] is what may be known of the world; [`Books`] a ledger replayed up to a day; [`PortfolioSeries`] its value
//!   by day; [`Report`] all figures of the day.
//! * [`performance()`] has gain, its parts and rates of any [`Subject`] over any [`Period`]; [`xirr()`], [`time_weighted`],
//!   [`modified_dietz()`], [`irr`] and [`linked()`] are the rates alone, from numbers of whatever origin.
//! * [`risk`], [`drawdowns`], [`calendar_returns()`] and [`rolling_returns`] tell more of a series of returns.
//! * [`Benchmark`] is the same money in an instrument or a [`CustomIndex`]; [`Contributions`] and [`Decisions`] say what
//!   made the result.
//! * [`IncomeReceived`], [`DividendYield`] and [`DividendCalendar`] are dividends; [`Allocation`] classes and trades;
//!   [`TaxYearReport`] the sales and income of a tax year.
//! * [`Derivations`] tell how a figure came about, [`WhatIf`] what it would be in another ledger; [`downsample`] thins a
//!   series for a chart.
//!
//! `docs/FORMULAS.md` states each figure, with an example worked out by hand.
//!
//! ```
//! use bellwether_domain::{Currency, PriceColumns, TransactionDraft, TransactionId, TransactionKind};
//! use bellwether_domain::epoch_day;
//! use bellwether_portfolio::{Benchmark, Books, InstrumentData, Market, Options, PortfolioSeries, PriceSeries, Rates, Report};
//! use chrono::NaiveDate;
//!
//! let day = |text: &str| text.parse::<NaiveDate>();
//! let closes = |first: f64, last: f64| -> Result<PriceSeries, Box<dyn std::error::Error>> {
//!     let days = vec![epoch_day(day("2024-01-02")?), epoch_day(day("2025-01-02")?)];
//!     Ok(PriceSeries::as_traded(PriceColumns { days, closes: vec![first, last] }))
//! };
//! let mut market = Market::new(Rates::new());
//! market.insert("AAPL".parse()?, InstrumentData::new(Currency::USD).with_prices(closes(185.0, 222.0)?));
//! market.insert("VOO".parse()?, InstrumentData::new(Currency::USD).with_prices(closes(400.0, 500.0)?));
//!
//! let mut purchase = TransactionDraft::new(TransactionKind::Buy, day("2024-01-02")?, Currency::USD);
//! purchase.symbol = Some("AAPL".parse()?);
//! purchase.quantity = Some("10".parse()?);
//! purchase.price = Some("185".parse()?);
//! let ledger = [purchase.check(TransactionId::new(), 1, day("2025-01-02")?)?];
//!
//! let options = Options::new(Currency::USD);
//! let books = Books::replay(&ledger, &market, &options, day("2025-01-02")?)?;
//! let series = PortfolioSeries::new(&books, &market);
//! let report = Report::new(&books, &market, &series);
//! assert_eq!(report.totals.total_gain?, "370".parse()?);
//! assert!((report.returns.time_weighted?.total - 0.2).abs() < 1e-12);
//!
//! let voo = Benchmark::new(&"VOO".parse()?, &market, Currency::USD, books.as_of())?;
//! let comparison = voo.against_portfolio(&books, &series)?;
//! assert!((comparison.gain - 462.5).abs() < 1e-9, "the same 1,850 dollars in VOO");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocation;
mod benchmark;
mod books;
mod cagr;
mod calendar_returns;
mod contribution;
mod custom_index;
mod decisions;
pub mod derivation;
mod dividend_calendar;
mod downsampling;
mod drawdown;
mod error;
mod exact;
mod figure;
mod income;
mod market;
mod modified_dietz;
mod performance;
mod period;
mod report;
pub mod risk;
mod series;
mod tax_year;
#[cfg(test)]
mod testing;
mod twr;
mod what_if;
mod xirr;

pub use allocation::{
    Allocation, Asset, Assets, Class, ClassDrift, ClassShare, Classification, ClassificationError, Division,
    Drift, Funding, Negative, ProposedTrade, RebalancingError, RebalancingProposal, RebalancingTerms,
    TargetError, Targets, Vehicle,
};
pub use benchmark::{
    Benchmark, BenchmarkNote, Comparison, ComponentWeight, Investment, LinkedComparison, SessionChange,
    SinglePurchase,
};
pub use books::{
    BookedPrice, Books, CashBalance, CashBook, CashEntry, CashKind, CashOf, CashSums, Charge, ChargeKind,
    ClosedLot, Cost, ExternalFlow, ExternalKind, HoldingPrice, Income, IncomeKind, LaterRate, Lot, Options,
    Position, PositionFlow, PositionFlowKind, PriceOrigin, QuantityChange, Sale, ShareTransfer, Shorts,
};
pub use cagr::cagr;
pub use calendar_returns::{
    CalendarReturn, CalendarUnit, CalendarYear, ReturnSummary, RollingExtreme, RollingReturns, RollingWindow,
    calendar_returns, calendar_years, rolling_returns,
};
pub use contribution::{Contribution, ContributionSource, Contributions};
pub use custom_index::{Component, CustomIndex, CustomIndexError, Rebalancing};
pub use decisions::{
    AgeGroup, Decisions, HoldingMultiple, MultiBaggers, PurchaseEffect, SaleEffect, SymbolEffects,
};
pub use derivation::{
    AgeGroupFigure, AllocationFigure, BenchmarkFigure, CalendarFigure, CapitalGainsFigure, CashFigure,
    ContributionFigure, DecisionsFigure, Derivation, Derivations, DividendYearFigure, DriftFigure,
    FigureName, GainPartFigure, HoldingFigure, InvalidFigureName, LotFigure, MultipleFigure, Omitted,
    PeriodFigure, PortfolioFigure, PortfolioYieldFigure, PurchaseFigure, RebalancingFigure, RebalancingPlan,
    RiskBasis, RiskFigure, RollingFigure, SaleEffectFigure, TaxYearFigure, TaxYearIncomeFigure, YieldFigure,
};
pub use dividend_calendar::{ComingDividend, DividendCalendar, DividendFrequency, declared_dividends};
pub use downsampling::{ChartPoint, downsample};
pub use drawdown::{
    Drawdown, current_drawdown, drawdowns, max_drawdown, max_drawdown_of_returns, underwater,
};
pub use error::LedgerError;
pub use exact::ratio;
pub use figure::{Figure, Reason};
pub use income::{
    DividendGrowth, DividendHistory, DividendYear, DividendYield, IncomeOf, IncomeReceived, IncomeSum,
    PaidDividend, PortfolioYield,
};
pub use market::{DatedQuote, InstrumentData, Market, PriceOn, PriceSeries, RateOn, Rates, SourcePrices};
pub use modified_dietz::modified_dietz;
pub use performance::{
    Basis, CapitalGains, CostParts, Difference, Explanation, GainParts, IncomeParts, LinkedReturn, NetFlows,
    Performance, PeriodGain, PeriodReturns, Subject, SubjectFlow, SubjectFlowKind, TradeCosts, Turn,
    performance,
};
pub use period::Period;
pub use report::{CashHolding, DayChange, HeldLot, Holding, Report, Returns, Totals};
pub use series::{DailySeries, PortfolioSeries, PositionSeries};
pub use tax_year::{
    HoldingPeriod, IncomeSums, RealisedLot, RealisedSums, SymbolSums, TaxYearReport, Term, tax_year,
};
pub use twr::{
    HoldThenTrade, LostSeries, TimeWeighted, annualised, linked, linked_sub_periods, time_weighted,
};
pub use what_if::{
    Change, FeeAfterResize, FeeTerms, Headline, InvalidChange, Outcome, WhatIf, WhatIfError, what_if,
};
pub use xirr::{Flow, PeriodicRate, Rate, irr, npv, xirr};

/// The worked examples of the document, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/FORMULAS.md")]
struct Formulas;
