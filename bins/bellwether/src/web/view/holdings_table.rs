//! The table of holdings with its total.

mod columns;

use bellwether_portfolio::{Comparison, Figure, Holding};
use bellwether_texts::{Locale, Sentence, UNKNOWN, Value};
use bellwether_tracker::{Against, Dashboard, Figures, PriceShown};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::Serialize;

pub(crate) use self::columns::HoldingColumns;
use super::figure::{Cell, exact_money};
use crate::charts::sparkline;

/// The width of a full bar in the weight column.
const BAR: f64 = 56.0;

#[derive(Debug, Serialize)]
pub(crate) struct HoldingRow {
    symbol: String,
    name: String,
    spark: String,
    price: Cell,
    /// The age of the price; its direction is the state of the dot.
    fresh: Cell,
    day: Cell,
    quantity: Cell,
    average: Cell,
    value: Cell,
    weight: Weight,
    gain: Cell,
    income: Cell,
    against: Vec<Cell>,
}

/// The share of the whole, with a bar.
#[derive(Debug, Serialize)]
struct Weight {
    #[serde(flatten)]
    share: Cell,
    /// The bar's length.
    bar: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct TotalRow {
    cash: Option<Cell>,
    day: Cell,
    value: Cell,
    weight: Cell,
    gain: Cell,
    income: Cell,
    against: Vec<Cell>,
}

/// Rows of what is held, the largest value first; what has no value comes last.
pub(crate) fn rows(locale: Locale, dashboard: &Dashboard, figures: &Figures) -> Vec<HoldingRow> {
    let mut held: Vec<&Holding> = figures.report.open_holdings().collect();
    held.sort_by_key(|holding| std::cmp::Reverse(holding.value.as_ref().ok().copied()));
    let heaviest =
        held.iter().filter_map(|holding| holding.weight.as_ref().ok().copied()).fold(0.0, f64::max);
    held.into_iter().map(|holding| row(locale, dashboard, figures, holding, heaviest)).collect()
}

fn row(
    locale: Locale,
    dashboard: &Dashboard,
    figures: &Figures,
    holding: &Holding,
    heaviest: f64,
) -> HoldingRow {
    let base = figures.report.base;
    let shown = figures.instrument(&holding.symbol);
    let day_rate = holding.day_change.clone().and_then(|change| change.rate);
    let named = |cell: Cell, column: &str| cell.named(format!("holding:{}:{column}", holding.symbol));
    let price = Cell::of(locale, &holding.price, |on| {
        Cell::plain(locale.price(on.price, holding.currency), on.price)
    });
    let day = match &holding.day_change {
        Ok(change) => Cell { title: exact_money(change.amount, base), ..Cell::rate(locale, &day_rate) },
        Err(reason) => Cell::unknown(locale, reason),
    };
    let average =
        Cell::of(locale, &holding.unit_cost, |cost| Cell::plain(locale.price(cost.round_dp(4), base), *cost));
    let gain = Cell::gain(locale, &holding.unrealised, &holding.unrealised_rate, base);
    let mut weight = Weight::of(locale, &holding.weight, heaviest);
    weight.share = named(weight.share, "weight");
    let beside = figures
        .benchmarks
        .iter()
        .map(|against| named(beside(locale, holding, against), &format!("against:{}", against.symbol)));
    HoldingRow {
        name: shown.name.unwrap_or_else(|| holding.symbol.to_string()),
        symbol: holding.symbol.to_string(),
        spark: sparkline(&shown.sparkline),
        price: named(price, "price"),
        fresh: named(fresh(locale, dashboard.prices.of(&holding.symbol)), "fresh"),
        day: named(day, "day"),
        quantity: named(Cell::plain(locale.quantity(holding.quantity), holding.quantity), "quantity"),
        average: named(average, "average"),
        value: named(Cell::amount(locale, &holding.value, base), "value"),
        weight,
        gain: named(gain, "gain"),
        income: named(Cell::amount(locale, &holding.income, base), "income"),
        against: beside.collect(),
    }
}

/// How far a holding is ahead of the benchmark that got its money, in points of the money paid in.
fn beside(locale: Locale, holding: &Holding, against: &Against) -> Cell {
    let comparison = match against.holdings.get(&holding.symbol) {
        Some(Ok(comparison)) => comparison,
        Some(Err(reason)) => return Cell::unknown(locale, reason),
        None => return Cell::unknown_as(locale.text("reason.not_compared")),
    };
    let points = match comparison.ahead_rate() {
        Ok(points) => points,
        Err(reason) => return Cell::unknown(locale, &reason),
    };
    let amount = |amount: f64| {
        Decimal::from_f64(amount).map_or_else(|| UNKNOWN.into(), |a| Value::Number(a.round_dp(2), 2))
    };
    let words = Sentence::new(if comparison.ahead_by < 0.0 { "comparison.more" } else { "comparison.less" })
        .with("benchmark", against.title())
        .with("worth", amount(comparison.value))
        .with("difference", amount(comparison.ahead_by.abs()));
    Cell { title: locale.say(&words), ..Cell::points(locale, points) }
}

/// The sums under the table. Weights are of the whole, cash included.
pub(crate) fn total(locale: Locale, figures: &Figures) -> TotalRow {
    let (report, totals) = (&figures.report, &figures.report.totals);
    let named = |cell: Cell, column: &str| cell.named(format!("total:{column}"));
    let amount = |figure: &Figure<Decimal>| Cell::amount(locale, figure, report.base);
    let weight = match (&totals.holdings_value, &totals.value) {
        (Ok(held), Ok(whole)) if *whole > Decimal::ZERO => (*held / *whole).to_f64(),
        _ => None,
    };
    let weight = match weight {
        Some(weight) => Cell { shown: locale.percent(weight), title: weight.to_string(), ..Cell::default() },
        None => Cell::unknown_as(locale.text("reason.whole_unknown")),
    };
    let day = match &totals.day_change {
        Ok(change) => Cell::rate(locale, &change.rate),
        Err(reason) => Cell::unknown(locale, reason),
    };
    let gain = Cell::gain(locale, &totals.unrealised, &totals.unrealised_rate, report.base);
    let against = figures.benchmarks.iter();
    let has_cash = totals.cash.as_ref().is_ok_and(|cash| !cash.is_zero());
    TotalRow {
        cash: has_cash.then(|| named(amount(&totals.value), "with-cash")),
        day: named(day, "day"),
        value: named(amount(&totals.holdings_value), "value"),
        weight: named(weight, "weight"),
        gain: named(gain, "gain"),
        income: named(amount(&totals.income), "income"),
        against: against
            .map(|against| named(total_beside(locale, against), &format!("against:{}", against.symbol)))
            .collect(),
    }
}

fn total_beside(locale: Locale, against: &Against) -> Cell {
    match against.portfolio.as_ref().map_err(Clone::clone).and_then(Comparison::ahead_rate) {
        Ok(points) => Cell::points(locale, points),
        Err(reason) => Cell::unknown(locale, &reason),
    }
}

fn fresh(locale: Locale, price: Option<&PriceShown>) -> Cell {
    match price {
        Some(price) => Cell {
            direction: price.freshness.as_str(),
            shown: locale.say(&price.words),
            title: locale.say(&price.explained),
            ..Cell::default()
        },
        None => Cell { direction: "missing", shown: locale.text("prices.missing"), ..Cell::default() },
    }
}

impl Weight {
    fn of(locale: Locale, weight: &Figure<f64>, heaviest: f64) -> Self {
        let share = Cell::of(locale, weight, |weight| Cell {
            shown: locale.percent(*weight),
            sort: weight.to_string(),
            title: weight.to_string(),
            ..Cell::default()
        });
        let length = weight.as_ref().ok().filter(|_| heaviest > 0.0);
        let length = length.map_or(0.0, |weight| (weight / heaviest).clamp(0.0, 1.0) * BAR);
        Self { share, bar: format!("{length:.1}") }
    }
}
