//! The table of holdings with its total.

mod columns;

use bellwether_portfolio::{Figure, Holding};
use bellwether_tracker::{Against, Dashboard, Figures, PriceShown};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

pub(crate) use self::columns::HoldingColumns;
use super::figure::{Cell, exact_money};
use crate::charts::sparkline;
use crate::number;

/// The width of a full bar in the weight column.
const BAR: f64 = 56.0;

#[derive(Debug, Serialize)]
pub(crate) struct HoldingRow {
    symbol: String,
    name: String,
    spark: String,
    price: Cell,
    fresh: Fresh,
    day: Cell,
    quantity: Cell,
    average: Cell,
    value: Cell,
    weight: Weight,
    gain: Cell,
    income: Cell,
    against: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Fresh {
    state: &'static str,
    words: String,
    explained: String,
}

#[derive(Debug, Serialize)]
struct Weight {
    shown: String,
    sort: String,
    /// The bar's length, or nothing.
    bar: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TotalRow {
    cash: Option<String>,
    day: Cell,
    value: String,
    weight: String,
    gain: Cell,
    income: String,
    against: Vec<Cell>,
}

/// Rows of what is held, the largest value first; what has no value comes last.
pub(crate) fn rows(dashboard: &Dashboard, figures: &Figures) -> Vec<HoldingRow> {
    let mut held: Vec<&Holding> = figures.report.open_holdings().collect();
    held.sort_by_key(|holding| std::cmp::Reverse(holding.value.as_ref().ok().copied()));
    let heaviest =
        held.iter().filter_map(|holding| holding.weight.as_ref().ok().copied()).fold(0.0, f64::max);
    held.into_iter().map(|holding| row(dashboard, figures, holding, heaviest)).collect()
}

fn row(dashboard: &Dashboard, figures: &Figures, holding: &Holding, heaviest: f64) -> HoldingRow {
    let base = figures.report.base;
    let shown = figures.instrument(&holding.symbol);
    let day_rate = holding.day_change.clone().and_then(|change| change.rate);
    HoldingRow {
        name: shown.name.unwrap_or_else(|| holding.symbol.to_string()),
        symbol: holding.symbol.to_string(),
        spark: sparkline(&shown.sparkline),
        price: Cell::of(&holding.price, |on| {
            Cell::plain(number::price(on.price, holding.currency), on.price)
        }),
        fresh: Fresh::of(dashboard.prices.of(&holding.symbol)),
        day: match &holding.day_change {
            Ok(change) => Cell { title: exact_money(change.amount, base), ..Cell::rate(&day_rate) },
            Err(reason) => Cell::unknown(reason),
        },
        quantity: Cell::plain(number::quantity(holding.quantity), holding.quantity),
        average: Cell::of(&holding.unit_cost, |cost| {
            Cell::plain(number::price(cost.round_dp(4), base), *cost)
        }),
        value: Cell::amount(&holding.value, base),
        weight: Weight::of(&holding.weight, heaviest),
        gain: Cell::gain(&holding.unrealised, &holding.unrealised_rate, base),
        income: Cell::amount(&holding.income, base),
        against: figures.benchmarks.iter().map(|against| beside(holding, against)).collect(),
    }
}

/// How far a holding is ahead of the benchmark that got its money, in points of the money paid in.
fn beside(holding: &Holding, against: &Against) -> Cell {
    let Some(Ok(comparison)) = against.holdings.get(&holding.symbol) else {
        let reason = against.holdings.get(&holding.symbol).and_then(|c| c.as_ref().err());
        return Cell::unknown(&reason.map_or_else(|| "not compared".to_owned(), ToString::to_string));
    };
    if comparison.paid_in <= 0.0 {
        return Cell::unknown("nothing was paid in");
    }
    let points = comparison.ahead_by / comparison.paid_in;
    Cell {
        shown: number::percent_change(points).replace('%', "\u{a0}pt"),
        sort: points.to_string(),
        direction: number::direction(points),
        title: format!(
            "The same money in {} would be worth {:.2}, {:.2} {} than this holding with what it paid out.",
            against.symbol,
            comparison.value,
            comparison.ahead_by.abs(),
            if comparison.ahead_by < 0.0 { "more" } else { "less" },
        ),
        more: String::new(),
    }
}

/// The sums under the table. Weights are of the whole, cash included.
pub(crate) fn total(figures: &Figures) -> TotalRow {
    let (report, totals) = (&figures.report, &figures.report.totals);
    let shown = |figure: &Figure<Decimal>| {
        figure
            .as_ref()
            .map_or_else(|_| number::UNKNOWN.to_owned(), |amount| number::amount(*amount, report.base))
    };
    let weight = match (&totals.holdings_value, &totals.value) {
        (Ok(held), Ok(whole)) if *whole > Decimal::ZERO => (*held / *whole).to_f64().map(number::percent),
        _ => None,
    };
    TotalRow {
        cash: totals.cash.as_ref().ok().filter(|cash| !cash.is_zero()).map(|_| shown(&totals.value)),
        day: match &totals.day_change {
            Ok(change) => Cell::rate(&change.rate),
            Err(reason) => Cell::unknown(reason),
        },
        value: shown(&totals.holdings_value),
        weight: weight.unwrap_or_else(|| number::UNKNOWN.to_owned()),
        gain: Cell::gain(&totals.unrealised, &totals.unrealised_rate, report.base),
        income: shown(&totals.income),
        against: figures.benchmarks.iter().map(total_beside).collect(),
    }
}

fn total_beside(against: &Against) -> Cell {
    match &against.portfolio {
        Ok(comparison) if comparison.paid_in > 0.0 => {
            let points = comparison.ahead_by / comparison.paid_in;
            Cell {
                shown: number::percent_change(points).replace('%', "\u{a0}pt"),
                direction: number::direction(points),
                ..Cell::rate(&Ok(points))
            }
        }
        Ok(_) => Cell::unknown("nothing was paid in"),
        Err(reason) => Cell::unknown(reason),
    }
}

impl Fresh {
    fn of(price: Option<&PriceShown>) -> Self {
        match price {
            Some(price) => Self {
                state: price.freshness.as_str(),
                words: price.words.clone(),
                explained: price.explained.clone(),
            },
            None => Self { state: "missing", words: "no price".to_owned(), explained: String::new() },
        }
    }
}

impl Weight {
    fn of(weight: &Figure<f64>, heaviest: f64) -> Self {
        match weight {
            Ok(weight) => Self {
                shown: number::percent(*weight),
                sort: weight.to_string(),
                bar: (heaviest > 0.0).then(|| format!("{:.1}", (weight / heaviest).clamp(0.0, 1.0) * BAR)),
            },
            Err(_) => Self { shown: number::UNKNOWN.to_owned(), sort: String::new(), bar: None },
        }
    }
}
