//! How a portfolio did in a range: its returns side by side, its risk, its falls, its months and what made it.

use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::risk::{RiskReport, TradingDays, trading_days};
use bellwether_portfolio::{
    Benchmark, CalendarFigure, CalendarReturn, CalendarUnit, Contribution, ContributionFigure,
    ContributionSource, Contributions, DailySeries, Drawdown, Explanation, Figure, FigureName, LinkedReturn,
    Performance, Period, PeriodFigure, Reason, ReturnSummary, RiskBasis, RiskFigure, RollingFigure,
    RollingReturns, RollingWindow, Subject, calendar_returns, calendar_years, drawdowns, performance,
    rolling_returns, underwater,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::FigureShown;
use super::scene::{Scene, Viewed};
use super::summary::headline;
use crate::{Tracker, TrackerError, View};

/// Lengths of rolling returns, in months.
const WINDOWS: [u32; 4] = [1, 12, 36, 60];

/// A portfolio over a range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerformanceShown {
    /// Value at the close of the opening day.
    pub opening: FigureShown,
    /// Value at the close of the last day.
    pub closing: FigureShown,
    /// What came in.
    pub paid_in: FigureShown,
    /// What went out.
    pub paid_out: FigureShown,
    /// What crossed the border in between.
    pub net_flows: FigureShown,
    /// Closing less opening less net flows.
    pub gain: FigureShown,
    /// Rates of return, side by side.
    pub returns: ReturnsShown,
    /// Risk.
    pub risk: RiskShown,
    /// Falls from a high, the deepest first.
    pub drawdowns: Vec<DrawdownShown>,
    /// Returns by month and year, oldest first.
    pub years: Vec<YearShown>,
    /// The months of the range together; `None` without a whole one.
    pub months: Option<MonthsShown>,
    /// Returns of all stretches of a length.
    pub rolling: Vec<RollingShown>,
    /// What made the gain.
    pub contributions: Vec<ContributionShown>,
    /// What each benchmark returned.
    pub benchmarks: Vec<BenchmarkReturnShown>,
    /// By day.
    pub series: SeriesShown,
}

/// Rates of return, side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReturnsShown {
    /// Of the money: a year from one year on, else of the range.
    pub money_weighted: FigureShown,
    /// Whether that is a yearly rate.
    pub money_weighted_is_annual: bool,
    /// Of the investments, whenever money came and went.
    pub time_weighted: FigureShown,
    /// The same a year.
    pub annualised_time_weighted: FigureShown,
    /// Gain in relation to the capital at work, by days.
    pub modified_dietz: FigureShown,
    /// Gain in relation to the opening value and what was paid in.
    pub simple: FigureShown,
    /// Gain in relation to what was held and bought.
    pub on_purchases: FigureShown,
    /// Why they differ, or do not.
    pub explanation: Option<Explanation>,
}

/// Risk of the range, with nothing taken for free of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskShown {
    /// What it is measured beside.
    pub benchmark: Option<Symbol>,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// How many daily returns there are.
    pub returns: Option<usize>,
    /// Standard deviation a year.
    pub volatility: FigureShown,
    /// Reward for each unit of deviation.
    pub sharpe_ratio: FigureShown,
    /// Deviation of the losses a year.
    pub downside_deviation: FigureShown,
    /// Reward for each unit of downside deviation.
    pub sortino_ratio: FigureShown,
    /// The deepest fall.
    pub max_drawdown: FigureShown,
    /// How far the end is below the high.
    pub current_drawdown: FigureShown,
    /// Root mean square of the drawdowns.
    pub ulcer_index: FigureShown,
    /// Annualised return for the deepest fall.
    pub calmar_ratio: FigureShown,
    /// Slope on the benchmark's returns.
    pub beta: FigureShown,
    /// Return a year beyond what beta explains.
    pub alpha: FigureShown,
    /// Pearson's correlation with the benchmark.
    pub correlation: FigureShown,
    /// Deviation of the differences a year.
    pub tracking_error: FigureShown,
}

/// A fall from a high.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrawdownShown {
    /// How deep; only the deepest has a name.
    pub depth: FigureShown,
    /// The day of the high.
    pub peak: NaiveDate,
    /// The deepest day.
    pub trough: NaiveDate,
    /// The day on which the high was reached again; `None` while it is not.
    pub recovered: Option<NaiveDate>,
    /// Days from the high to the deepest day.
    pub days_down: i64,
    /// Days from there until the high was reached again.
    pub days_recovering: Option<i64>,
}

/// A year of monthly returns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YearShown {
    /// The year.
    pub year: i32,
    /// January to December; `None` outside the range.
    pub months: [Option<CalendarReturnShown>; 12],
    /// The year as a whole.
    pub total: CalendarReturnShown,
}

/// The return of a month or a year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalendarReturnShown {
    /// The rate.
    pub rate: FigureShown,
    /// Whether only a part of it lies in the range.
    pub partial: bool,
}

/// All whole months of the range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthsShown {
    /// The best.
    pub best: FigureShown,
    /// The worst.
    pub worst: FigureShown,
    /// Their mean.
    pub average: FigureShown,
    /// How many gained.
    pub gaining: usize,
    /// How many there are.
    pub count: usize,
}

/// Returns of all stretches of a length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RollingShown {
    /// The length.
    pub months: u32,
    /// Whether the rates are yearly ones.
    pub annualised: bool,
    /// The best.
    pub best: FigureShown,
    /// The worst.
    pub worst: FigureShown,
    /// Their mean.
    pub average: FigureShown,
    /// The day on which the first stretch ends.
    pub first_day: NaiveDate,
    /// The return of the stretch that ends on each day.
    pub rates: Vec<f64>,
}

/// A source of the gain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContributionShown {
    /// What contributed.
    pub source: ContributionSource,
    /// Money gained.
    pub gain: FigureShown,
    /// Its part of the time-weighted return.
    pub time_weighted: FigureShown,
    /// Its part of the simple return.
    pub simple: FigureShown,
}

/// What a benchmark returned over the range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkReturnShown {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// With dividends reinvested.
    pub total_return: FigureShown,
}

/// The range by day, from the close at which it begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesShown {
    /// The first day.
    pub first_day: NaiveDate,
    /// Holdings and cash; empty where a price is missing.
    pub value: Vec<f64>,
    /// Net deposits and transfers so far.
    pub contributed: Vec<f64>,
    /// The same deposits in each benchmark.
    pub benchmarks: Vec<BenchmarkSeriesShown>,
    /// The day of the first growth and drawdown.
    pub growth_first_day: Option<NaiveDate>,
    /// Growth of 1.
    pub growth: Vec<f64>,
    /// How far each day is below the high so far.
    pub drawdown: Vec<f64>,
}

/// A benchmark by day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkSeriesShown {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// The day of the first value.
    pub first_day: Option<NaiveDate>,
    /// The same deposits in it.
    pub value: Vec<f64>,
    /// Growth of 1 with dividends reinvested, on the days of the portfolio's growth; empty where it has no price for one.
    pub growth: Vec<f64>,
}

impl Tracker {
    /// How a portfolio did in a range.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn performance_shown(
        &self,
        id: PortfolioId,
        view: &View,
    ) -> Result<Viewed<PerformanceShown>, TrackerError> {
        self.viewed(id, view, PerformanceShown::of).await
    }
}

impl PerformanceShown {
    fn of(scene: &Scene) -> Self {
        let subject = Subject::portfolio(&scene.books);
        let found = scene.period.clone().map(|period| performance(&subject, scene.market(), period));
        let base = scene.books.options().base;
        let money = |pick: fn(&Performance) -> &Figure<Decimal>, figure| {
            let value = found.as_ref().map_err(Clone::clone).and_then(|found| pick(found).clone());
            FigureShown::money(&value, base, scene.of_period(figure))
        };
        let linked =
            found.as_ref().map_err(Clone::clone).and_then(|found| found.returns.time_weighted.clone());
        let benchmarks: Vec<(Symbol, Figure<Benchmark>)> = scene
            .benchmarks
            .iter()
            .map(|symbol| (symbol.clone(), Benchmark::new(symbol, scene.market(), base, scene.as_of)))
            .collect();
        let months = linked.as_ref().map_err(Clone::clone).map(LinkedReturn::from_opening);
        Self {
            opening: money(|of| &of.opening, PeriodFigure::Opening),
            closing: money(|of| &of.closing, PeriodFigure::Closing),
            paid_in: money(|of| &of.flows.paid_in, PeriodFigure::PaidIn),
            paid_out: money(|of| &of.flows.paid_out, PeriodFigure::PaidOut),
            net_flows: money(|of| &of.flows.net, PeriodFigure::NetFlows),
            gain: money(|of| &of.gain, PeriodFigure::Gain),
            returns: ReturnsShown::of(scene, &found),
            risk: RiskShown::of(scene, &linked, &benchmarks),
            drawdowns: falls(scene, &linked),
            years: months.as_ref().map_or_else(|_| Vec::new(), |months| years(scene, months)),
            months: months.as_ref().ok().and_then(|months| MonthsShown::of(scene, months)),
            rolling: months.as_ref().map_or_else(|_| Vec::new(), |months| rolling(scene, months)),
            contributions: contributions(scene),
            benchmarks: benchmarks.iter().map(|(symbol, of)| returned(scene, symbol, of)).collect(),
            series: SeriesShown::of(scene, &linked, &benchmarks),
        }
    }
}

impl ReturnsShown {
    fn of(scene: &Scene, found: &Figure<Performance>) -> Self {
        let rate = |pick: fn(&Performance) -> Figure<f64>, figure| {
            let value = found.as_ref().map_err(Clone::clone).and_then(pick);
            FigureShown::rate(value, scene.of_period(figure))
        };
        let known = found.as_ref().ok();
        Self {
            money_weighted: rate(|of| headline(&of.returns.money_weighted), PeriodFigure::MoneyWeighted),
            money_weighted_is_annual: known
                .and_then(|of| of.returns.money_weighted.as_ref().ok())
                .is_some_and(bellwether_portfolio::Rate::is_annual),
            time_weighted: rate(
                |of| of.returns.time_weighted.clone().map(|linked| linked.total),
                PeriodFigure::TimeWeighted,
            ),
            annualised_time_weighted: rate(
                |of| of.returns.time_weighted.clone().and_then(|linked| linked.annualised),
                PeriodFigure::AnnualisedTimeWeighted,
            ),
            modified_dietz: rate(|of| of.returns.modified_dietz.clone(), PeriodFigure::ModifiedDietz),
            simple: rate(|of| of.returns.simple.clone(), PeriodFigure::Simple),
            on_purchases: rate(|of| of.returns.on_purchases.clone(), PeriodFigure::OnPurchases),
            explanation: known.map(|of| of.explanation.clone()),
        }
    }
}

fn basis(benchmark: Option<&Symbol>) -> RiskBasis {
    RiskBasis { benchmark: benchmark.cloned(), risk_free: Decimal::ZERO, minimum_acceptable: None }
}

impl RiskShown {
    fn of(scene: &Scene, linked: &Figure<LinkedReturn>, benchmarks: &[(Symbol, Figure<Benchmark>)]) -> Self {
        let beside = benchmarks.first().and_then(|(_, benchmark)| benchmark.as_ref().ok());
        let basis = basis(beside.map(Benchmark::symbol));
        let own_days = trading_days(&Subject::portfolio(&scene.books), scene.market());
        let days = beside.map_or(TradingDays::On(&own_days), TradingDays::Of);
        let risk = linked
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|linked| RiskReport::new(linked, days, basis.terms()));
        let name = |figure| {
            let period = scene.period.clone().ok()?;
            Some(FigureName::Risk { of: None, period, basis: basis.clone(), figure })
        };
        let shown = |pick: fn(&RiskReport) -> Figure<f64>, unit, figure| {
            let value = risk.as_ref().map_err(Clone::clone).and_then(pick);
            FigureShown::float(value, unit, name(figure))
        };
        let against =
            |pick: fn(&bellwether_portfolio::risk::AgainstBenchmark) -> Figure<f64>, unit, figure| {
                let value = risk
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(|risk| pick(risk.against.as_ref().ok_or(Reason::NotHeld)?));
                FigureShown::float(value, unit, name(figure))
            };
        Self {
            benchmark: beside.map(|beside| beside.symbol().clone()),
            benchmark_name: beside.and_then(|beside| scene.stored.index_name(beside.symbol())),
            returns: risk.as_ref().ok().map(|risk| risk.returns),
            volatility: shown(|risk| risk.volatility.clone(), Unit::Fraction, RiskFigure::Volatility),
            sharpe_ratio: shown(|risk| risk.sharpe_ratio.clone(), Unit::Number, RiskFigure::SharpeRatio),
            downside_deviation: shown(
                |risk| risk.downside_deviation.clone(),
                Unit::Fraction,
                RiskFigure::DownsideDeviation,
            ),
            sortino_ratio: shown(|risk| risk.sortino_ratio.clone(), Unit::Number, RiskFigure::SortinoRatio),
            max_drawdown: shown(
                |risk| risk.max_drawdown.clone().map(|fall| fall.depth),
                Unit::Fraction,
                RiskFigure::MaxDrawdown,
            ),
            current_drawdown: shown(
                |risk| risk.current_drawdown.clone(),
                Unit::Fraction,
                RiskFigure::CurrentDrawdown,
            ),
            ulcer_index: shown(|risk| risk.ulcer_index.clone(), Unit::Fraction, RiskFigure::UlcerIndex),
            calmar_ratio: shown(|risk| risk.calmar_ratio.clone(), Unit::Number, RiskFigure::CalmarRatio),
            beta: against(|of| of.beta.clone(), Unit::Number, RiskFigure::Beta),
            alpha: against(|of| of.alpha.clone(), Unit::Fraction, RiskFigure::Alpha),
            correlation: against(|of| of.correlation.clone(), Unit::Number, RiskFigure::Correlation),
            tracking_error: against(
                |of| of.tracking_error.clone(),
                Unit::Fraction,
                RiskFigure::TrackingError,
            ),
        }
    }
}

fn falls(scene: &Scene, linked: &Figure<LinkedReturn>) -> Vec<DrawdownShown> {
    let mut falls = linked.as_ref().ok().and_then(|linked| drawdowns(&linked.index).ok()).unwrap_or_default();
    falls.sort_by(|one, other| one.depth.total_cmp(&other.depth).then(one.peak.cmp(&other.peak)));
    let name = |place: usize| {
        let period = scene.period.clone().ok().filter(|_| place == 0)?;
        Some(FigureName::Risk { of: None, period, basis: basis(None), figure: RiskFigure::MaxDrawdown })
    };
    let shown = |(place, fall): (usize, &Drawdown)| DrawdownShown {
        depth: FigureShown::rate(Ok(fall.depth), name(place)),
        peak: fall.peak,
        trough: fall.trough,
        recovered: fall.recovered,
        days_down: fall.days_down(),
        days_recovering: fall.days_recovering(),
    };
    falls.iter().enumerate().map(shown).collect()
}

fn years(scene: &Scene, growth: &DailySeries) -> Vec<YearShown> {
    let Ok(period) = scene.period.clone() else { return Vec::new() };
    let shown = |of: &CalendarReturn, unit| CalendarReturnShown {
        rate: FigureShown::rate(
            Ok(of.rate),
            FigureName::CalendarReturn { of: None, period, unit, year: of.year, number: of.number },
        ),
        partial: of.partial,
    };
    let year = |year: &bellwether_portfolio::CalendarYear| YearShown {
        year: year.total.year,
        months: year.months.map(|month| month.map(|month| shown(&month, CalendarUnit::Month))),
        total: shown(&year.total, CalendarUnit::Year),
    };
    calendar_years(growth).map_or_else(|_| Vec::new(), |years| years.iter().map(year).collect())
}

impl MonthsShown {
    fn of(scene: &Scene, growth: &DailySeries) -> Option<Self> {
        let period = scene.period.clone().ok()?;
        let unit = CalendarUnit::Month;
        let months = calendar_returns(growth, unit).ok()?;
        let summary = ReturnSummary::of(&months).ok()?;
        let rate = |rate, figure| {
            FigureShown::rate(Ok(rate), FigureName::CalendarReturns { of: None, period, unit, figure })
        };
        Some(Self {
            best: rate(summary.best.rate, CalendarFigure::Best),
            worst: rate(summary.worst.rate, CalendarFigure::Worst),
            average: rate(summary.average, CalendarFigure::Average),
            gaining: summary.gaining,
            count: summary.count,
        })
    }
}

fn rolling(scene: &Scene, growth: &DailySeries) -> Vec<RollingShown> {
    let Ok(period) = scene.period.clone() else { return Vec::new() };
    let shown = |months: u32| {
        let window = RollingWindow::Months(months);
        let found: RollingReturns = rolling_returns(growth, window).ok()?;
        let rate = |rate, figure| {
            FigureShown::rate(Ok(rate), FigureName::RollingReturn { of: None, period, window, figure })
        };
        Some(RollingShown {
            months,
            annualised: found.annualised,
            best: rate(found.best.rate, RollingFigure::Best),
            worst: rate(found.worst.rate, RollingFigure::Worst),
            average: rate(found.average, RollingFigure::Average),
            first_day: found.rates.first_day,
            rates: found.rates.values,
        })
    };
    // A window that is longer than the range has no stretch.
    WINDOWS.into_iter().filter_map(shown).collect()
}

fn contributions(scene: &Scene) -> Vec<ContributionShown> {
    let Ok(period) = scene.period.clone() else { return Vec::new() };
    let base = scene.books.options().base;
    let found = Contributions::new(&scene.books, scene.market(), &scene.series, period);
    let shown = |line: &Contribution| {
        let name = |figure| FigureName::Contribution { source: line.source.clone(), period, figure };
        ContributionShown {
            source: line.source.clone(),
            gain: FigureShown::money(&line.gain, base, name(ContributionFigure::Gain)),
            time_weighted: FigureShown::rate(
                line.time_weighted.clone(),
                name(ContributionFigure::TimeWeighted),
            ),
            simple: FigureShown::rate(line.simple.clone(), name(ContributionFigure::Simple)),
        }
    };
    found.lines.iter().map(shown).collect()
}

fn returned(scene: &Scene, symbol: &Symbol, benchmark: &Figure<Benchmark>) -> BenchmarkReturnShown {
    let returned = |period: Period| benchmark.as_ref().map_err(Clone::clone)?.return_over(period);
    let period = scene.period.clone();
    let name =
        period.clone().ok().map(|period| FigureName::BenchmarkReturn { symbol: symbol.clone(), period });
    BenchmarkReturnShown {
        benchmark: symbol.clone(),
        benchmark_name: scene.stored.index_name(symbol),
        total_return: FigureShown::rate(period.and_then(returned), name),
    }
}

impl SeriesShown {
    fn of(scene: &Scene, linked: &Figure<LinkedReturn>, benchmarks: &[(Symbol, Figure<Benchmark>)]) -> Self {
        let series = &scene.series;
        let of_range = |column: &DailySeries| {
            let period = scene.period.clone().ok()?;
            column.within(period).ok()
        };
        let value = of_range(&series.value);
        let contributed = series.net_contributions.as_ref().ok().and_then(of_range);
        let growth = linked.as_ref().ok().map(|linked| &linked.index);
        let beside = |(symbol, benchmark): &(Symbol, Figure<Benchmark>)| {
            let compared =
                benchmark.as_ref().ok().and_then(|of| of.against_portfolio(&scene.books, series).ok());
            let column = compared.and_then(|compared| of_range(&compared.series));
            let growth_by_day = benchmark.as_ref().ok().zip(growth).and_then(|(of, growth)| {
                let of_range = of.growth_over(scene.period.clone().ok()?).ok()?;
                let later = usize::try_from((growth.first_day - of_range.first_day).num_days()).ok()?;
                of_range.values.get(later..).map(<[f64]>::to_vec)
            });
            BenchmarkSeriesShown {
                benchmark: symbol.clone(),
                benchmark_name: scene.stored.index_name(symbol),
                first_day: column.as_ref().map(|column| column.first_day),
                value: column.map(|column| column.values).unwrap_or_default(),
                growth: growth_by_day.unwrap_or_default(),
            }
        };
        let fallen = growth.and_then(|growth| underwater(growth).ok());
        Self {
            first_day: value.as_ref().map_or(scene.since, |value| value.first_day),
            // A value that lacks a holding would look like a loss.
            value: value.filter(|_| series.gap.is_none()).map(|value| value.values).unwrap_or_default(),
            contributed: contributed.map(|column| column.values).unwrap_or_default(),
            benchmarks: benchmarks.iter().map(beside).collect(),
            growth_first_day: growth.map(|growth| growth.first_day),
            growth: growth.map(|growth| growth.values.clone()).unwrap_or_default(),
            drawdown: fallen.map(|fallen| fallen.values).unwrap_or_default(),
        }
    }
}
