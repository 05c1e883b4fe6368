//! What can be derived.

mod derived;
mod figures;
mod text;

use bellwether_domain::{Currency, Symbol, TransactionId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use figures::{
    AgeGroupFigure, AllocationFigure, BenchmarkFigure, CalendarFigure, CapitalGainsFigure, CashFigure,
    ContributionFigure, DecisionsFigure, DividendYearFigure, GainPartFigure, HoldingFigure, LotFigure,
    MultipleFigure, PeriodFigure, PortfolioFigure, PortfolioYieldFigure, PurchaseFigure, RiskFigure,
    SaleEffectFigure, TaxYearFigure, TaxYearIncomeFigure, YieldFigure,
};

pub use text::{InvalidFigureName, Omitted};

use super::allocation::{DriftFigure, RebalancingFigure, RebalancingPlan};
use super::calendar::RollingFigure;
use super::risk::RiskBasis;
use crate::{
    Basis, CalendarUnit, Class, ContributionSource, Division, HoldingPeriod, Period, RollingWindow, Targets,
    Term, TradeCosts,
};

/// A figure that can be derived.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureName {
    /// Of the whole portfolio.
    Portfolio(PortfolioFigure),
    /// Of a holding.
    Holding {
        /// Which.
        symbol: Symbol,
        /// Its figure.
        figure: HoldingFigure,
    },
    /// Of cash in a currency.
    Cash {
        /// The currency.
        currency: Currency,
        /// Its figure.
        figure: CashFigure,
    },
    /// The realised gain of what a transaction sold of an instrument.
    Sale {
        /// Which: a corporate event may sell shares of two.
        symbol: Symbol,
        /// The sale.
        transaction: TransactionId,
    },
    /// Of what is held of a lot, in all accounts.
    Lot {
        /// The instrument: a spin-off leaves the lot in two.
        symbol: Symbol,
        /// What opened it.
        opened_by: TransactionId,
        /// Its figure.
        figure: LotFigure,
    },
    /// Of the same money in a benchmark.
    Benchmark {
        /// The benchmark.
        symbol: Symbol,
        /// What it is compared with: a holding, or the portfolio.
        of: Option<Symbol>,
        /// Its figure.
        figure: BenchmarkFigure,
    },
    /// Value at the close of a day up to the books'.
    ValueOn {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The day.
        day: NaiveDate,
    },
    /// Of a period.
    Period {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// Its figure.
        figure: PeriodFigure,
    },
    /// Of what a source contributed to a period.
    Contribution {
        /// What contributed.
        source: ContributionSource,
        /// The days that count.
        period: Period,
        /// Its figure.
        figure: ContributionFigure,
    },
    /// Of the dividend yield of a holding.
    DividendYield {
        /// Which.
        symbol: Symbol,
        /// Its figure.
        figure: YieldFigure,
    },
    /// Of the dividend yield of all that is held.
    PortfolioYield(PortfolioYieldFigure),
    /// Of a calendar year's dividends of a holding.
    DividendYear {
        /// Which holding.
        symbol: Symbol,
        /// Which year.
        year: i32,
        /// Its figure.
        figure: DividendYearFigure,
    },
    /// The growth a year of a holding's dividends.
    DividendGrowth {
        /// Which holding.
        symbol: Symbol,
    },
    /// Of what a purchase did, against the same money left as cash.
    Purchase {
        /// The purchase or reinvestment.
        transaction: TransactionId,
        /// Its figure.
        figure: PurchaseFigure,
    },
    /// Of what a sale did, against having kept the shares.
    SaleEffect {
        /// The sale.
        transaction: TransactionId,
        /// Its figure.
        figure: SaleEffectFigure,
    },
    /// What a purchase or sale did, against the same money in a benchmark.
    AgainstBenchmark {
        /// The purchase or sale.
        transaction: TransactionId,
        /// The benchmark.
        benchmark: Symbol,
    },
    /// What all purchases, or all sales, of an instrument did.
    Decisions {
        /// The instrument.
        symbol: Symbol,
        /// Against a benchmark; else against cash, or having kept the shares.
        benchmark: Option<Symbol>,
        /// Which of them.
        figure: DecisionsFigure,
    },
    /// Of what a holding has become of its cost.
    Multiple {
        /// Which.
        symbol: Symbol,
        /// Its figure.
        figure: MultipleFigure,
    },
    /// Of the purchases of an age that were better than a benchmark.
    AgeGroup {
        /// The benchmark.
        benchmark: Symbol,
        /// At least so many years ago.
        from_years: u32,
        /// Less than so many years ago.
        to_years: Option<u32>,
        /// Its figure.
        figure: AgeGroupFigure,
    },
    /// Of a class of an allocation.
    Allocation {
        /// How it is divided.
        by: Division,
        /// The class.
        class: Class,
        /// Its figure.
        figure: AllocationFigure,
    },
    /// Of the distance of a class, or of all, to targets.
    Drift {
        /// How it is divided.
        by: Division,
        /// What the classes should be.
        targets: Targets,
        /// Its figure.
        figure: DriftFigure,
    },
    /// Of what to trade to come to targets.
    Rebalancing {
        /// How it is divided.
        by: Division,
        /// What the classes should be, and how the trades must be.
        plan: RebalancingPlan,
        /// Its figure.
        figure: RebalancingFigure,
    },
    /// Of the capital gains of a period.
    CapitalGains {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// What a share is compared with.
        basis: Basis,
        /// Whether the fees and taxes of trades count.
        costs: TradeCosts,
        /// Its figure.
        figure: CapitalGainsFigure,
    },
    /// Of the other parts of a period's gain.
    GainPart {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// Its figure.
        figure: GainPartFigure,
    },
    /// Of the lots that a tax year closed.
    TaxYear {
        /// The year.
        year: Period,
        /// What counts as long.
        rule: HoldingPeriod,
        /// Those of an instrument; else all.
        of: Option<Symbol>,
        /// Those held for a long or a short time; else all.
        term: Option<Term>,
        /// Its figure.
        figure: TaxYearFigure,
    },
    /// Of the income of a tax year.
    TaxYearIncome {
        /// The year.
        year: Period,
        /// That of an instrument; else all.
        of: Option<Symbol>,
        /// Its figure.
        figure: TaxYearIncomeFigure,
    },
    /// What a benchmark returned over a period.
    BenchmarkReturn {
        /// The benchmark.
        symbol: Symbol,
        /// The days that count.
        period: Period,
    },
    /// The time-weighted return of a calendar month, quarter or year.
    CalendarReturn {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// Which length.
        unit: CalendarUnit,
        /// The year.
        year: i32,
        /// Which of the year, from 1 on.
        number: u32,
    },
    /// Of the calendar returns of a period together.
    CalendarReturns {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// Which length.
        unit: CalendarUnit,
        /// The figure.
        figure: CalendarFigure,
    },
    /// Of the returns of all stretches of one length.
    RollingReturn {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// Which length.
        window: RollingWindow,
        /// The figure.
        figure: RollingFigure,
    },
    /// Of the risk of a period.
    Risk {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// What it is measured against.
        basis: RiskBasis,
        /// Its figure.
        figure: RiskFigure,
    },
}
