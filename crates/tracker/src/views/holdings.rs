//! All holdings, held and closed.

use bellwether_domain::{Currency, Freshness, PortfolioId, Symbol};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    BenchmarkFigure, Comparison, Figure, FigureName, Holding, HoldingFigure, PriceOrigin, Reason,
};
use bellwether_texts::Sentence;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::summary::headline;
use super::{FigureShown, Summary, Viewed};
use crate::{Against, Dashboard, Figures, PriceShown, Tracker, TrackerError, View};

/// The holdings of a portfolio with the sums below them.
#[derive(Debug)]
pub struct Holdings {
    /// What they were made of.
    pub dashboard: Dashboard,
    /// By symbol; closed ones are among them.
    pub rows: Vec<HoldingRow>,
    /// The portfolio as a whole.
    pub total: Summary,
}

/// One holding. Money is in the base currency, but for the price.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoldingRow {
    /// The instrument.
    pub symbol: Symbol,
    /// Its name, where a source told it.
    pub name: Option<String>,
    /// Whether shares are held.
    pub is_open: bool,
    /// The currency of its price.
    pub currency: Currency,
    /// The price that values it.
    pub price: FigureShown,
    /// The day that the price is of.
    pub price_day: Option<NaiveDate>,
    /// Whether that is a close, a quote or a booked price.
    pub price_origin: Option<PriceOrigin>,
    /// How far the price can be relied on; `None` for what is not held.
    pub freshness: Option<FreshnessShown>,
    /// The last session's change in money.
    pub day_change: FigureShown,
    /// The last session's return.
    pub day_return: FigureShown,
    /// Shares held.
    pub quantity: FigureShown,
    /// Cost per share.
    pub average_cost: FigureShown,
    /// Cost of what is held.
    pub cost: FigureShown,
    /// Market value.
    pub value: FigureShown,
    /// Share of the portfolio's value.
    pub weight: FigureShown,
    /// Value less cost.
    pub unrealised: FigureShown,
    /// The same in relation to the cost.
    pub unrealised_rate: FigureShown,
    /// The part of the unrealised gain that the exchange rate made.
    pub currency_effect: FigureShown,
    /// Gains of its sales.
    pub realised: FigureShown,
    /// Dividends after tax and fee.
    pub income: FigureShown,
    /// Unrealised and realised gain and income, less charges.
    pub total_gain: FigureShown,
    /// Money-weighted return, dividends included.
    pub xirr: FigureShown,
    /// Beside the same money in each benchmark.
    pub against: Vec<BesideBenchmark>,
    /// Closes of the last days in the units of the view's day.
    pub sparkline: Vec<Option<f64>>,
}

/// How far a price can be relied on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FreshnessShown {
    /// In a word.
    pub state: Freshness,
    /// Beside the dot.
    pub words: Sentence,
    /// In a sentence.
    pub explained: Sentence,
    /// The market's time of the price.
    pub as_of: Option<DateTime<Utc>>,
}

/// A holding beside the same money in a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BesideBenchmark {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// The holding's value less the benchmark's.
    pub ahead_by: FigureShown,
    /// What the same money would be worth.
    pub value: FigureShown,
    /// The benchmark's gain in relation to what was paid in.
    pub gain_rate: FigureShown,
    /// The benchmark's money-weighted return.
    pub xirr: FigureShown,
    /// What was paid in.
    pub paid_in: FigureShown,
}

impl Tracker {
    /// All holdings of a portfolio.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn holdings(&self, id: PortfolioId, view: &View) -> Result<Holdings, TrackerError> {
        let dashboard = self.dashboard(id, view).await?;
        self.compute(move || Holdings::of(dashboard)).await
    }
}

impl Holdings {
    /// Those of a dashboard.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] for a ledger that cannot be read.
    pub fn of(dashboard: Dashboard) -> Result<Self, TrackerError> {
        let figures = dashboard.figures.as_ref().map_err(TrackerError::contradiction)?;
        let row = |holding| HoldingRow::of(holding, &dashboard, figures);
        let rows = figures.report.holdings.iter().map(row).collect();
        let total = Summary::of(figures);
        Ok(Self { dashboard, rows, total })
    }
}

impl Holdings {
    /// The same as other views come.
    pub fn viewed(self) -> Viewed<Self> {
        let dashboard = &self.dashboard;
        let since = dashboard.figures.as_ref().map_or(dashboard.as_of, |figures| figures.range.since);
        Viewed {
            portfolio: dashboard.portfolio.clone(),
            as_of: dashboard.as_of,
            since,
            computed_at: dashboard.computed_at,
            today: dashboard.today,
            first_booked: dashboard.transactions.iter().map(|booked| booked.date).min(),
            day_ends: dashboard.day_ends,
            shown: self,
        }
    }
}

impl HoldingRow {
    pub(super) fn of(holding: &Holding, dashboard: &Dashboard, figures: &Figures) -> Self {
        let base = figures.report.base;
        let name = |figure| FigureName::Holding { symbol: holding.symbol.clone(), figure };
        let money = |value: &Figure<Decimal>, figure| FigureShown::money(value, base, name(figure));
        let rate = |value: Figure<f64>, figure| FigureShown::rate(value, name(figure));
        let price = holding.price.as_ref();
        let day = holding.day_change.as_ref().map_err(Clone::clone);
        let shown = figures.instrument(&holding.symbol);
        let beside = figures.benchmarks.iter().filter(|_| holding.is_open());
        Self {
            symbol: holding.symbol.clone(),
            name: shown.name,
            is_open: holding.is_open(),
            currency: holding.currency,
            price: FigureShown::exact(
                &price.map(|on| on.price).map_err(Clone::clone),
                Unit::PerShare(holding.currency),
                name(HoldingFigure::Price),
            ),
            price_day: price.ok().map(|on| on.day),
            price_origin: price.ok().map(|on| on.origin),
            freshness: dashboard.prices.of(&holding.symbol).map(FreshnessShown::of),
            day_change: money(&day.clone().map(|day| day.amount), HoldingFigure::DayChange),
            day_return: rate(day.and_then(|day| day.rate.clone()), HoldingFigure::DayReturn),
            quantity: FigureShown::exact(&Ok(holding.quantity), Unit::Shares, name(HoldingFigure::Quantity)),
            average_cost: FigureShown::exact(
                &holding.unit_cost,
                Unit::PerShare(base),
                name(HoldingFigure::UnitCost),
            ),
            cost: money(&holding.cost, HoldingFigure::Cost),
            value: money(&holding.value, HoldingFigure::Value),
            weight: rate(holding.weight.clone(), HoldingFigure::Weight),
            unrealised: money(&holding.unrealised, HoldingFigure::Unrealised),
            unrealised_rate: rate(holding.unrealised_rate.clone(), HoldingFigure::UnrealisedRate),
            currency_effect: money(&holding.currency_effect, HoldingFigure::CurrencyEffect),
            realised: money(&holding.realised, HoldingFigure::Realised),
            income: money(&holding.income, HoldingFigure::Income),
            total_gain: money(&holding.total_gain, HoldingFigure::TotalGain),
            xirr: rate(headline(&holding.xirr), HoldingFigure::Xirr),
            against: beside
                .map(|against| {
                    let compared = against.holdings.get(&holding.symbol);
                    BesideBenchmark::of(against, &holding.symbol, compared, base)
                })
                .collect(),
            sparkline: shown.sparkline.iter().map(|close| close.is_finite().then_some(*close)).collect(),
        }
    }
}

impl FreshnessShown {
    fn of(price: &PriceShown) -> Self {
        Self {
            state: price.freshness,
            words: price.words.clone(),
            explained: price.explained.clone(),
            as_of: price.as_of,
        }
    }
}

impl BesideBenchmark {
    fn of(against: &Against, of: &Symbol, compared: Option<&Figure<Comparison>>, base: Currency) -> Self {
        let benchmark = &against.symbol;
        let compared = match compared {
            Some(compared) => compared.as_ref().map_err(Clone::clone),
            None => Err(Reason::NotHeld),
        };
        let name = |figure| FigureName::Benchmark { symbol: benchmark.clone(), of: Some(of.clone()), figure };
        let money = |pick: fn(&Comparison) -> f64, figure| {
            FigureShown::float(compared.clone().map(pick), Unit::Money(base), name(figure))
        };
        let rate = |pick: fn(&Comparison) -> Figure<f64>, figure| {
            FigureShown::rate(compared.clone().and_then(pick), name(figure))
        };
        Self {
            benchmark: benchmark.clone(),
            benchmark_name: against.name.clone(),
            ahead_by: money(|with| with.ahead_by, BenchmarkFigure::AheadBy),
            value: money(|with| with.value, BenchmarkFigure::Value),
            gain_rate: rate(|with| with.gain_rate.clone(), BenchmarkFigure::GainRate),
            xirr: rate(|with| headline(&with.xirr), BenchmarkFigure::Xirr),
            paid_in: money(|with| with.paid_in, BenchmarkFigure::PaidIn),
        }
    }
}
