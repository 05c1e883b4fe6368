//! One holding: its lots, trades and dividends, its price with its sources.

use bellwether_domain::{Currency, PortfolioId, Symbol, TransactionId};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    Benchmark, Decisions, Figure, FigureName, HeldLot, Income, LotFigure, Position, PositionSeries,
    PurchaseEffect, PurchaseFigure, SaleEffect, SaleEffectFigure,
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::figure::FigureShown;
use super::holdings::HoldingRow;
use super::scene::{Scene, Viewed};
use crate::{Tracker, TrackerError, View};

/// One holding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoldingShown {
    /// Its row among all holdings.
    pub row: HoldingRow,
    /// Time-weighted return of the whole time.
    pub time_weighted: FigureShown,
    /// What is held of each purchase.
    pub lots: Vec<LotShown>,
    /// What each purchase did.
    pub purchases: Vec<PurchaseShown>,
    /// What each sale did.
    pub sales: Vec<SaleShown>,
    /// Dividends, oldest first.
    pub dividends: Vec<DividendShown>,
    /// Closes of the range, as traded.
    pub prices: PricesOfRange,
    /// Who told its closes, and how far they reach.
    pub coverage: Vec<CoverageShown>,
    /// When its history was last fetched.
    pub history_fetched_at: Option<DateTime<Utc>>,
}

/// What is held of a lot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LotShown {
    /// What opened it.
    pub opened_by: TransactionId,
    /// The day it was acquired.
    pub acquired: NaiveDate,
    /// Shares that are left.
    pub quantity: FigureShown,
    /// Their cost.
    pub cost: FigureShown,
    /// Their market value.
    pub value: FigureShown,
    /// Value less cost.
    pub unrealised: FigureShown,
}

/// What a purchase did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PurchaseShown {
    /// The purchase or reinvestment.
    pub transaction: TransactionId,
    /// The day.
    pub date: NaiveDate,
    /// Cost with fee and tax.
    pub cost: FigureShown,
    /// Value of the shares that are left of it.
    pub value: FigureShown,
    /// What its sold shares brought.
    pub proceeds: FigureShown,
    /// Its share of the dividends.
    pub dividends: FigureShown,
    /// Value, proceeds and dividends less cost.
    pub effect: FigureShown,
    /// Against the same money in each benchmark since then.
    pub against: Vec<DecisionBeside>,
}

/// What a sale did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaleShown {
    /// The sale.
    pub transaction: TransactionId,
    /// The day.
    pub date: NaiveDate,
    /// What it brought.
    pub proceeds: FigureShown,
    /// What the shares would be worth now.
    pub kept_value: FigureShown,
    /// Dividends that they would have been paid since.
    pub dividends_missed: FigureShown,
    /// Proceeds less both.
    pub effect: FigureShown,
    /// With the proceeds in each benchmark.
    pub against: Vec<DecisionBeside>,
}

/// What a purchase or a sale did, against a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionBeside {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// Positive when it was better.
    pub effect: FigureShown,
}

/// A dividend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DividendShown {
    /// The day it was paid; of an inferred one the ex-date.
    pub date: NaiveDate,
    /// The ex-date, where it is known.
    pub ex_date: Option<NaiveDate>,
    /// The transaction; `None` for an inferred one.
    pub transaction: Option<TransactionId>,
    /// Before tax and fee, in its own currency.
    pub gross: FigureShown,
    /// Withheld.
    pub tax: FigureShown,
    /// As it arrived, in the base currency.
    pub net: FigureShown,
}

/// Closes of the range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PricesOfRange {
    /// Their currency.
    pub currency: Currency,
    /// The days.
    pub days: Vec<NaiveDate>,
    /// The closes, in units of their own days.
    pub closes: Vec<f64>,
    /// Own trades in the range: the day, and whether shares were bought or transferred in.
    pub trades: Vec<TradeOnChart>,
    /// Splits in the range.
    pub splits: Vec<NaiveDate>,
}

/// Own trades of a day on the chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeOnChart {
    /// The day.
    pub date: NaiveDate,
    /// Shares at the close before.
    pub before: FigureShown,
    /// Shares at the close.
    pub after: FigureShown,
}

/// A source of closes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageShown {
    /// Its name.
    pub source: String,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// How many days.
    pub days: usize,
}

impl Tracker {
    /// One holding of a portfolio, held or closed, under its newest symbol.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio or it never held that, [`TrackerError::Refused`] for a
    /// day to come, [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn holding_shown(
        &self,
        id: PortfolioId,
        symbol: &Symbol,
        view: &View,
    ) -> Result<Viewed<HoldingShown>, TrackerError> {
        let of = symbol.clone();
        let mut holdings = self.holdings(id, view).await?;
        let Some(place) = holdings.rows.iter().position(|row| row.symbol == *symbol) else {
            return Err(TrackerError::NotFound("such holding".to_owned()));
        };
        let row = holdings.rows.swap_remove(place);
        let make = move |scene: &Scene| {
            let instrument = scene.stored.instruments.get(&of).map(|known| known.id);
            scene.books.position(&of).map(|position| (instrument, HoldingShown::of(scene, position, row)))
        };
        let mut viewed = self.viewed(id, view, make).await?;
        let Some((instrument, mut shown)) = viewed.shown.take() else {
            return Err(TrackerError::NotFound("such holding".to_owned()));
        };
        if let Some(instrument) = instrument {
            let told = self.storage().coverage(instrument).await?;
            shown.coverage = told
                .into_iter()
                .map(|told| CoverageShown {
                    source: told.source.name.to_string(),
                    first: told.first,
                    last: told.last,
                    days: told.days,
                })
                .collect();
        }
        Ok(viewed.map(|_| shown))
    }
}

impl HoldingShown {
    fn of(scene: &Scene, position: &Position, row: HoldingRow) -> Self {
        let (books, market, base) = (&scene.books, scene.market(), scene.books.options().base);
        let symbol = &position.symbol;
        let benchmarks: Vec<Benchmark> = scene
            .benchmarks
            .iter()
            .filter_map(|benchmark| Benchmark::new(benchmark, market, base, scene.as_of).ok())
            .collect();
        let decisions = Decisions::new(books, market, &benchmarks);
        let named: Vec<Named> = decisions
            .benchmarks
            .iter()
            .map(|benchmark| (benchmark.clone(), scene.stored.index_name(benchmark)))
            .collect();
        let of_this = |other: &Symbol| other == symbol;
        let linked = PositionSeries::new(position, books, market).time_weighted;
        let known = scene.stored.instruments.get(symbol);
        Self {
            row,
            time_weighted: FigureShown::rate(
                linked.map(|linked| linked.total),
                FigureName::Holding {
                    symbol: symbol.clone(),
                    figure: bellwether_portfolio::HoldingFigure::TimeWeighted,
                },
            ),
            lots: HeldLot::of_position(position, books, market)
                .iter()
                .map(|lot| LotShown::of(lot, symbol, base))
                .collect(),
            purchases: decisions
                .purchases
                .iter()
                .filter(|purchase| of_this(&purchase.symbol))
                .map(|purchase| PurchaseShown::of(purchase, &named, base))
                .collect(),
            sales: decisions
                .sales
                .iter()
                .filter(|sale| of_this(&sale.symbol))
                .map(|sale| SaleShown::of(sale, &named, base))
                .collect(),
            dividends: position.income.iter().map(|paid| DividendShown::of(paid, base)).collect(),
            prices: PricesOfRange::of(scene, position),
            coverage: Vec::new(),
            history_fetched_at: known.and_then(|known| known.history_fetched_at),
        }
    }
}

impl LotShown {
    fn of(lot: &HeldLot, symbol: &Symbol, base: Currency) -> Self {
        let name = |figure| FigureName::Lot { symbol: symbol.clone(), opened_by: lot.opened_by, figure };
        Self {
            opened_by: lot.opened_by,
            acquired: lot.acquired,
            quantity: FigureShown::exact(&lot.quantity, Unit::Shares, None),
            cost: FigureShown::money(&lot.cost, base, name(LotFigure::Cost)),
            value: FigureShown::money(&lot.value, base, name(LotFigure::Value)),
            unrealised: FigureShown::money(&lot.unrealised, base, name(LotFigure::Unrealised)),
        }
    }
}

/// A benchmark, and what the owner calls an index of their own.
type Named = (Symbol, Option<String>);

fn beside(
    transaction: TransactionId,
    benchmarks: &[Named],
    against: &[Figure<f64>],
    base: Currency,
) -> Vec<DecisionBeside> {
    let shown = |((benchmark, name), effect): (&Named, &Figure<f64>)| {
        let benchmark_name = name.clone();
        let name = FigureName::AgainstBenchmark { transaction, benchmark: benchmark.clone() };
        DecisionBeside {
            benchmark: benchmark.clone(),
            benchmark_name,
            effect: FigureShown::float(effect.clone(), Unit::Money(base), name),
        }
    };
    benchmarks.iter().zip(against).map(shown).collect()
}

impl PurchaseShown {
    fn of(purchase: &PurchaseEffect, benchmarks: &[Named], base: Currency) -> Self {
        let transaction = purchase.transaction;
        let money = |value: &Figure<Decimal>, figure| {
            FigureShown::money(value, base, FigureName::Purchase { transaction, figure })
        };
        Self {
            transaction,
            date: purchase.date,
            cost: money(&purchase.cost, PurchaseFigure::Cost),
            value: money(&purchase.value, PurchaseFigure::Value),
            proceeds: money(&purchase.proceeds, PurchaseFigure::Proceeds),
            dividends: money(&purchase.dividends, PurchaseFigure::Dividends),
            effect: money(&purchase.effect, PurchaseFigure::Effect),
            against: beside(transaction, benchmarks, &purchase.against, base),
        }
    }
}

impl SaleShown {
    fn of(sale: &SaleEffect, benchmarks: &[Named], base: Currency) -> Self {
        let transaction = sale.transaction;
        let money = |value: &Figure<Decimal>, figure| {
            FigureShown::money(value, base, FigureName::SaleEffect { transaction, figure })
        };
        Self {
            transaction,
            date: sale.date,
            proceeds: money(&sale.proceeds, SaleEffectFigure::Proceeds),
            kept_value: money(&sale.kept_value, SaleEffectFigure::KeptValue),
            dividends_missed: money(&sale.dividends_missed, SaleEffectFigure::DividendsMissed),
            effect: money(&sale.effect, SaleEffectFigure::Effect),
            against: beside(transaction, benchmarks, &sale.against, base),
        }
    }
}

impl DividendShown {
    fn of(paid: &Income, base: Currency) -> Self {
        Self {
            date: paid.date,
            ex_date: paid.ex_date,
            transaction: paid.transaction,
            gross: FigureShown::money(&Ok(paid.gross), paid.currency, None),
            tax: FigureShown::money(&Ok(paid.tax), paid.currency, None),
            net: FigureShown::money(&paid.net_in_base(), base, None),
        }
    }
}

impl PricesOfRange {
    fn of(scene: &Scene, position: &Position) -> Self {
        let is_in_range = |day: NaiveDate| scene.since <= day && day <= scene.as_of;
        let known = scene.market().instrument(&position.symbol);
        let columns = known.map(|known| known.prices().columns());
        let closes = columns.into_iter().flat_map(|columns| columns.days.iter().zip(&columns.closes));
        let closes = closes.map(|(day, close)| (bellwether_domain::from_epoch_day(*day), *close));
        let (days, closes) = closes.filter(|(day, _)| is_in_range(*day)).unzip();
        let shares = |quantity| FigureShown::exact(&Ok(quantity), Unit::Shares, None);
        let trade = |change: &bellwether_portfolio::QuantityChange| TradeOnChart {
            date: change.date,
            before: shares(change.before),
            after: shares(change.after),
        };
        Self {
            currency: position.currency,
            days,
            closes,
            trades: position.changes.iter().filter(|change| is_in_range(change.date)).map(trade).collect(),
            splits: position
                .splits
                .iter()
                .map(|split| split.ex_date)
                .filter(|day| is_in_range(*day))
                .collect(),
        }
    }
}
