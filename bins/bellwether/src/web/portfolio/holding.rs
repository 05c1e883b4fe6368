//! One holding: its price with own trades, lots, decisions, income, and who told its prices.

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::{Sentence, Value};
use bellwether_tracker::views::{
    DecisionBeside, DividendShown, FigureShown, HoldingShown, LotShown, PricesOfRange, PurchaseShown,
    SaleShown, TradeOnChart, Viewed,
};
use bellwether_tracker::{Tracker, View};
use serde::Serialize;

use super::frame::{Asked, What, for_the_day};
use crate::charts::{Axis, Line, LineChart, Shape, TradeDot};
use crate::web::State;
use crate::web::api::symbol_of;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery, failed};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told};

/// Over so many days without a close the line goes on; a longer gap is drawn as one.
const CLOSED_FOR: i64 = 7;

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    of: web::Path<(PortfolioId, String)>,
    Filled(query): Filled<ViewQuery>,
) -> Answer {
    let (id, text) = of.into_inner();
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    let symbol = match symbol_of(&text) {
        Ok(symbol) => symbol,
        Err(problem) => return Ok(failed(problem)),
    };
    let what = What {
        title: Some(symbol.to_string()),
        about: symbol.to_string(),
        ..What::new("holding.html", Place::Holdings, format!("holdings/{}", segment(symbol.as_str())))
    };
    let ask = move |tracker: Tracker, view: View| {
        let symbol = symbol.clone();
        async move { Ok(for_the_day(tracker.holding_shown(id, &symbol, &view).await?)) }
    };
    let tell = |viewed: Viewed<HoldingShown>, reader: &Reader| HoldingPage::new(&viewed.shown, reader);
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct HoldingPage {
    symbol: String,
    name: String,
    is_open: bool,
    price: Told,
    currency: String,
    fresh: Option<Fresh>,
    day: Told,
    day_amount: Told,
    facts: Vec<Fact>,
    chart: String,
    chart_summary: String,
    /// Where the chart's columns are.
    columns: String,
    benchmarks: Vec<String>,
    lots: Vec<Lot>,
    purchases: Vec<Purchase>,
    sales: Vec<Sale>,
    dividends: Vec<Dividend>,
    coverage: Vec<Coverage>,
    transactions: String,
}

#[derive(Serialize)]
struct Fresh {
    state: &'static str,
    words: String,
    explained: String,
}

#[derive(Serialize)]
struct Fact {
    name: String,
    explained: String,
    figure: Told,
    /// The same as a rate, or what it is beside.
    more: Option<Told>,
}

#[derive(Serialize)]
struct Lot {
    day: String,
    quantity: Told,
    cost: Told,
    value: Told,
    unrealised: Told,
}

#[derive(Serialize)]
struct Purchase {
    day: String,
    cost: Told,
    value: Told,
    proceeds: Told,
    dividends: Told,
    effect: Told,
    against: Vec<Told>,
}

#[derive(Serialize)]
struct Sale {
    day: String,
    proceeds: Told,
    kept_value: Told,
    dividends_missed: Told,
    effect: Told,
    against: Vec<Told>,
}

#[derive(Serialize)]
struct Dividend {
    day: String,
    ex_date: String,
    gross: Told,
    tax: Told,
    net: Told,
    is_inferred: bool,
}

#[derive(Serialize)]
struct Coverage {
    source: String,
    first: String,
    last: String,
    days: usize,
}

impl HoldingPage {
    fn new(shown: &HoldingShown, reader: &Reader) -> Self {
        let (row, locale) = (&shown.row, reader.locale);
        let fact = |key, explained, figure: Told, more: Option<Told>| Fact {
            name: locale.text(key),
            explained: locale.text(explained),
            figure,
            more,
        };
        let mut facts = vec![
            fact(
                "holding.value",
                "holding.value_explained",
                reader.alone(&row.value),
                Some(reader.figure(&row.weight)),
            ),
            fact(
                "holding.unrealised",
                "holding.unrealised_explained",
                reader.change_alone(&row.unrealised),
                Some(reader.change(&row.unrealised_rate)),
            ),
            fact(
                "holding.total_gain",
                "holding.total_gain_explained",
                reader.change_alone(&row.total_gain),
                None,
            ),
            fact("holding.quantity", "holding.quantity_explained", reader.figure(&row.quantity), None),
            fact(
                "holding.cost",
                "holding.cost_explained",
                reader.alone(&row.cost),
                Some(reader.figure(&row.average_cost)),
            ),
            fact("holding.realised", "holding.realised_explained", reader.change_alone(&row.realised), None),
            fact("holding.income", "holding.income_explained", reader.alone(&row.income), None),
            fact("holding.xirr", "holding.xirr_explained", reader.change(&row.xirr), None),
            fact(
                "holding.time_weighted",
                "holding.time_weighted_explained",
                reader.change(&shown.time_weighted),
                None,
            ),
            fact(
                "holding.currency",
                "holding.currency_explained",
                reader.change_alone(&row.currency_effect),
                None,
            ),
        ];
        for with in &row.against {
            let name = Sentence::new("column.against")
                .with("benchmark", with.benchmark_name.clone().unwrap_or_else(|| with.benchmark.to_string()));
            facts.push(Fact {
                name: locale.say(&name),
                explained: locale.text("holding.against_explained"),
                figure: reader.change_alone(&with.ahead_by),
                more: Some(reader.alone(&with.value)),
            });
        }
        let against = |of: &[DecisionBeside]| of.iter().map(|with| reader.change(&with.effect)).collect();
        let (chart, chart_summary) = drawn(&shown.prices, reader);
        let decisions =
            shown.purchases.first().map(|of| &of.against).or(shown.sales.first().map(|of| &of.against));
        Self {
            symbol: row.symbol.to_string(),
            name: row.name.clone().unwrap_or_else(|| row.symbol.to_string()),
            is_open: row.is_open,
            price: reader.figure(&row.price),
            currency: row.currency.to_string(),
            fresh: row.freshness.as_ref().map(|fresh| Fresh {
                state: fresh.state.as_str(),
                words: locale.say(&fresh.words),
                explained: locale.say(&fresh.explained),
            }),
            day: reader.change(&row.day_return),
            day_amount: reader.change(&row.day_change),
            facts,
            chart,
            chart_summary,
            columns: format!(
                "{}&fields=prices",
                reader.for_programs(&format!("holdings/{}", segment(row.symbol.as_str())))
            ),
            benchmarks: decisions
                .map(|of| {
                    of.iter()
                        .map(|with| with.benchmark_name.clone().unwrap_or_else(|| with.benchmark.to_string()))
                        .collect()
                })
                .unwrap_or_default(),
            lots: shown.lots.iter().map(|lot| Lot::new(lot, reader)).collect(),
            purchases: shown
                .purchases
                .iter()
                .rev()
                .map(|of| Purchase::new(of, against(&of.against), reader))
                .collect(),
            sales: shown.sales.iter().rev().map(|of| Sale::new(of, against(&of.against), reader)).collect(),
            dividends: shown.dividends.iter().rev().map(|of| Dividend::new(of, reader)).collect(),
            coverage: shown
                .coverage
                .iter()
                .map(|of| Coverage {
                    source: of.source.clone(),
                    first: locale.day(of.first),
                    last: locale.day(of.last),
                    days: of.days,
                })
                .collect(),
            transactions: reader
                .alone_within(&format!("transactions?symbol={}", segment(row.symbol.as_str()))),
        }
    }
}

/// The closes of the range by day, with own trades.
fn drawn(prices: &PricesOfRange, reader: &Reader) -> (String, String) {
    let locale = reader.locale;
    let (Some(first), Some(last)) = (prices.days.first().copied(), prices.days.last().copied()) else {
        return (String::new(), locale.text("chart.unknown"));
    };
    let mut closes = Vec::new();
    let mut next = prices.days.iter().zip(&prices.closes).peekable();
    let mut known = None;
    for day in first.iter_days().take_while(|day| *day <= last) {
        if let Some((of, close)) = next.next_if(|(of, _)| **of == day) {
            known = Some((*of, *close));
        }
        let fresh = known.filter(|(of, _)| (day - *of).num_days() <= CLOSED_FOR);
        closes.push(fresh.map_or(f64::NAN, |(_, close)| close));
    }
    let dot = |trade: &TradeOnChart| {
        let number = |figure: &FigureShown| figure.number().unwrap_or(0.0);
        let sale = number(&trade.after) < number(&trade.before);
        let words = Sentence::new(if sale { "holding.fewer" } else { "holding.more" })
            .with("day", trade.date)
            .with("before", reader.figure(&trade.before).shown)
            .with("after", reader.figure(&trade.after).shown);
        TradeDot { date: trade.date, sale, title: locale.say(&words) }
    };
    let trades: Vec<TradeDot> = prices.trades.iter().map(dot).collect();
    let price = |value: Option<&f64>| {
        let amount = value.and_then(|value| rust_decimal::prelude::FromPrimitive::from_f64(*value));
        amount.map_or_else(|| "".into(), |amount: rust_decimal::Decimal| Value::Number(amount.round_dp(2), 2))
    };
    let summary = Sentence::new("holding.chart_summary")
        .with("first", price(prices.closes.first()))
        .with("from", first)
        .with("last", price(prices.closes.last()))
        .with("to", last);
    let summary = locale.say(&summary);
    let lines = [Line { values: &closes, stroke: "s-value", shape: Shape::Area }];
    let svg =
        LineChart { locale, first, axis: Axis::Amount, lines: &lines, trades: &trades, summary: &summary }
            .svg();
    (svg, summary)
}

impl Lot {
    fn new(of: &LotShown, reader: &Reader) -> Self {
        Self {
            day: reader.locale.day(of.acquired),
            quantity: reader.figure(&of.quantity),
            cost: reader.figure(&of.cost),
            value: reader.figure(&of.value),
            unrealised: reader.change(&of.unrealised),
        }
    }
}

impl Purchase {
    fn new(of: &PurchaseShown, against: Vec<Told>, reader: &Reader) -> Self {
        Self {
            day: reader.locale.day(of.date),
            cost: reader.figure(&of.cost),
            value: reader.figure(&of.value),
            proceeds: reader.figure(&of.proceeds),
            dividends: reader.figure(&of.dividends),
            effect: reader.change(&of.effect),
            against,
        }
    }
}

impl Sale {
    fn new(of: &SaleShown, against: Vec<Told>, reader: &Reader) -> Self {
        Self {
            day: reader.locale.day(of.date),
            proceeds: reader.figure(&of.proceeds),
            kept_value: reader.figure(&of.kept_value),
            dividends_missed: reader.figure(&of.dividends_missed),
            effect: reader.change(&of.effect),
            against,
        }
    }
}

impl Dividend {
    fn new(of: &DividendShown, reader: &Reader) -> Self {
        Self {
            day: reader.locale.day(of.date),
            ex_date: of.ex_date.map(|day| reader.locale.day(day)).unwrap_or_default(),
            gross: reader.figure(&of.gross),
            tax: reader.figure(&of.tax),
            net: reader.figure(&of.net),
            is_inferred: of.transaction.is_none(),
        }
    }
}
