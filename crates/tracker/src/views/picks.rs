//! How well the portfolio's owner picked: purchases beside the index by age, what became a multiple of its cost, and the
//! whole beside the same money in each benchmark.

use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    AgeGroup, AgeGroupFigure, Benchmark, BenchmarkFigure, Comparison, Decisions, Figure, FigureName,
    HoldingMultiple, MultipleFigure, Period, PeriodFigure, PortfolioFigure, Report, Subject, performance,
};
use rust_decimal::Decimal;
use serde::Serialize;

use super::FigureShown;
use super::scene::{Scene, Viewed};
use crate::{Tracker, TrackerError, View};

/// Full years that part the ages of purchases.
const AGES: [u32; 4] = [1, 2, 3, 5];

/// Multiples of the cost for which holdings are counted.
const TIMES: [i64; 4] = [2, 3, 5, 10];

/// How well a portfolio's owner picked, since the first booking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PicksShown {
    /// The purchases beside each benchmark.
    pub benchmarks: Vec<BenchmarkPicks>,
    /// How many holdings have reached each multiple of their cost.
    pub reached: Vec<MultipleReached>,
    /// What each holding has become of its cost, the largest multiple first; those whose multiple is unknown come last.
    pub multiples: Vec<MultipleShown>,
    /// The portfolio, and the same money in each benchmark.
    pub beside: Vec<MoneyBeside>,
}

/// Purchases beside a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkPicks {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// By age, the youngest first.
    pub ages: Vec<AgeShown>,
}

/// Purchases of an age beside a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgeShown {
    /// At least so many years ago.
    pub from_years: u32,
    /// Less than so many years ago; `None` for the oldest.
    pub to_years: Option<u32>,
    /// Those that are better or worse than the benchmark.
    pub decided: usize,
    /// Those that are better.
    pub ahead: usize,
    /// Those of the day itself, or of which something is unknown.
    pub undecided: usize,
    /// The better ones of those decided, by number.
    pub share: FigureShown,
    /// The same by cost.
    pub share_of_money: FigureShown,
}

/// How many holdings have reached a multiple of their cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MultipleReached {
    /// The multiple.
    pub times: Decimal,
    /// How many holdings, closed ones included.
    pub holdings: usize,
}

/// What a holding has become of its cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MultipleShown {
    /// The instrument.
    pub symbol: Symbol,
    /// Its name, where that is known.
    pub name: Option<String>,
    /// Cost of all that was ever bought or transferred in.
    pub cost: FigureShown,
    /// Market value and proceeds.
    pub returned: FigureShown,
    /// How many times the cost that is.
    pub multiple: FigureShown,
}

/// Money invested, and what it brought, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoneyBeside {
    /// The benchmark; `None` for the portfolio itself.
    pub benchmark: Option<Symbol>,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// Money in less money out.
    pub invested: FigureShown,
    /// Dividends and interest after tax and fee; `None` for a benchmark, which reinvests its dividends.
    pub income: Option<FigureShown>,
    /// All that was gained, income included.
    pub gain: FigureShown,
    /// What it is worth.
    pub value: FigureShown,
}

impl Tracker {
    /// How well the owner of a portfolio picked, since the first booking.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn picks_shown(
        &self,
        id: PortfolioId,
        view: &View,
    ) -> Result<Viewed<PicksShown>, TrackerError> {
        self.viewed(id, view, PicksShown::of).await
    }
}

impl PicksShown {
    fn of(scene: &Scene) -> Self {
        let (books, market, base) = (&scene.books, scene.market(), scene.books.options().base);
        let benchmarks: Vec<(&Symbol, Figure<Benchmark>)> = scene
            .benchmarks
            .iter()
            .map(|symbol| (symbol, Benchmark::new(symbol, market, base, scene.as_of)))
            .collect();
        let priced: Vec<Benchmark> = benchmarks.iter().filter_map(|(_, of)| of.clone().ok()).collect();
        let decisions = Decisions::new(books, market, &priced);
        let picks = |(at, benchmark): (usize, &Symbol)| BenchmarkPicks {
            benchmark: benchmark.clone(),
            benchmark_name: scene.stored.index_name(benchmark),
            ages: decisions
                .beaten(at, &AGES)
                .map(|ages| ages.iter().map(|age| AgeShown::of(age, benchmark)).collect())
                .unwrap_or_default(),
        };
        let mut multiples: Vec<MultipleShown> =
            decisions.holdings.iter().map(|of| MultipleShown::of(of, scene)).collect();
        let rank = |of: &MultipleShown| of.multiple.number().unwrap_or(f64::NEG_INFINITY);
        multiples.sort_by(|one, other| rank(other).total_cmp(&rank(one)));
        let own = std::iter::once(MoneyBeside::own(scene));
        let others = benchmarks.iter().map(|(symbol, of)| MoneyBeside::in_benchmark(scene, symbol, of));
        Self {
            benchmarks: decisions.benchmarks.iter().enumerate().map(picks).collect(),
            reached: decisions
                .multi_baggers(&TIMES.map(Decimal::from))
                .into_iter()
                .map(|of| MultipleReached { times: of.times, holdings: of.holdings.len() })
                .collect(),
            multiples,
            beside: own.chain(others).collect(),
        }
    }
}

impl AgeShown {
    fn of(age: &AgeGroup, benchmark: &Symbol) -> Self {
        let share = |value: &Figure<f64>, figure| {
            let (benchmark, from_years, to_years) = (benchmark.clone(), age.from_years, age.to_years);
            let name = FigureName::AgeGroup { benchmark, from_years, to_years, figure };
            FigureShown::rate(value.clone(), name)
        };
        Self {
            from_years: age.from_years,
            to_years: age.to_years,
            decided: age.decided,
            ahead: age.ahead,
            undecided: age.undecided,
            share: share(&age.share, AgeGroupFigure::Share),
            share_of_money: share(&age.share_of_money, AgeGroupFigure::ShareOfMoney),
        }
    }
}

impl MultipleShown {
    fn of(holding: &HoldingMultiple, scene: &Scene) -> Self {
        let base = scene.books.options().base;
        let name = |figure| FigureName::Multiple { symbol: holding.symbol.clone(), figure };
        let known = scene.stored.instruments.get(&holding.symbol);
        Self {
            symbol: holding.symbol.clone(),
            name: known.and_then(|known| known.name.clone()),
            cost: FigureShown::money(&holding.cost, base, name(MultipleFigure::Cost)),
            returned: FigureShown::money(&holding.returned, base, name(MultipleFigure::Returned)),
            multiple: FigureShown::float(
                holding.multiple.clone(),
                Unit::Number,
                name(MultipleFigure::Multiple),
            ),
        }
    }
}

impl MoneyBeside {
    fn own(scene: &Scene) -> Self {
        let (books, market) = (&scene.books, scene.market());
        let totals = Report::new(books, market, &scene.series).totals;
        let before_all = scene.series.value.first_day.pred_opt().unwrap_or(scene.series.value.first_day);
        let whole = Period::new(before_all, scene.as_of);
        let flows = whole.clone().map(|whole| performance(&Subject::portfolio(books), market, whole).flows);
        let invested = flows.and_then(|flows| flows.net);
        let base = books.options().base;
        let money =
            |value: &Figure<Decimal>, figure| FigureShown::money(value, base, FigureName::Portfolio(figure));
        let of_period =
            |period: Period| FigureName::Period { of: None, period, figure: PeriodFigure::NetFlows };
        Self {
            benchmark: None,
            benchmark_name: None,
            invested: FigureShown::money(&invested, base, whole.ok().map(of_period)),
            income: Some(money(&totals.income, PortfolioFigure::Income)),
            gain: money(&totals.total_gain, PortfolioFigure::TotalGain),
            value: money(&totals.value, PortfolioFigure::Value),
        }
    }

    fn in_benchmark(scene: &Scene, symbol: &Symbol, benchmark: &Figure<Benchmark>) -> Self {
        let base = scene.books.options().base;
        let compared = benchmark.clone().and_then(|of| of.against_portfolio(&scene.books, &scene.series));
        let money = |pick: fn(&Comparison) -> f64, figure| {
            let name = FigureName::Benchmark { symbol: symbol.clone(), of: None, figure };
            let value = compared.as_ref().map(pick).map_err(Clone::clone);
            FigureShown::float(value, Unit::Money(base), name)
        };
        Self {
            benchmark: Some(symbol.clone()),
            benchmark_name: scene.stored.index_name(symbol),
            invested: money(|with| with.net_invested, BenchmarkFigure::NetInvested),
            income: None,
            gain: money(|with| with.gain, BenchmarkFigure::Gain),
            value: money(|with| with.value, BenchmarkFigure::Value),
        }
    }
}
