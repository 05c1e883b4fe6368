//! All holdings of a portfolio, held or closed.

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::Sentence;
use bellwether_tracker::Tracker;
use bellwether_tracker::View;
use bellwether_tracker::views::{FreshnessShown, HoldingRow, Holdings, Summary, Viewed};
use serde::{Deserialize, Serialize};

use super::frame::{Asked, What};
use crate::charts::sparkline;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told};

/// Which holdings are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Listed {
    #[default]
    Open,
    Closed,
    All,
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    show: Listed,
}

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (Filled(query), Filled(list)): (Filled<ViewQuery>, Filled<ListQuery>),
) -> Answer {
    let listed = list.show;
    let what = What {
        kind: "holdings-page",
        template: "holdings.html",
        place: Place::Holdings,
        within: "holdings".to_owned(),
        title: None,
        about: format!("{listed:?}"),
    };
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        let holdings = tracker.holdings(id, &view).await?;
        let validity = holdings.dashboard.words_validity();
        Ok((holdings.viewed(), validity))
    };
    let tell =
        move |viewed: Viewed<Holdings>, reader: &Reader| HoldingsPage::new(&viewed.shown, listed, reader);
    Asked { state, request, caller, id, query, beside: Vec::new() }.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct HoldingsPage {
    rows: Vec<Row>,
    total: Sums,
    benchmarks: Vec<String>,
    open_count: usize,
    closed_count: usize,
    listed: &'static str,
    freshness: Freshness,
}

#[derive(Serialize)]
struct Row {
    symbol: String,
    name: String,
    address: String,
    is_open: bool,
    spark: String,
    fresh: Option<Freshness>,
    price: Told,
    day: Told,
    day_amount: Told,
    quantity: Told,
    average_cost: Told,
    cost: Told,
    value: Told,
    weight: Told,
    /// The bar's length, of 100.
    bar: f64,
    /// Of those that make up half of the value together.
    is_half: bool,
    unrealised: Told,
    unrealised_rate: Told,
    realised: Told,
    income: Told,
    total_gain: Told,
    xirr: Told,
    against: Vec<Told>,
}

#[derive(Serialize)]
struct Freshness {
    state: &'static str,
    words: String,
    explained: String,
}

#[derive(Serialize)]
struct Sums {
    value: Told,
    cash: Told,
    holdings_value: Told,
    cost: Told,
    day: Told,
    unrealised: Told,
    unrealised_rate: Told,
    realised: Told,
    income: Told,
    total_gain: Told,
    xirr: Told,
    against: Vec<Told>,
}

impl HoldingsPage {
    fn new(holdings: &Holdings, listed: Listed, reader: &Reader) -> Self {
        let rows = &holdings.rows;
        let open_count = rows.iter().filter(|row| row.is_open).count();
        let value = |row: &HoldingRow| row.value.number();
        let mut chosen: Vec<&HoldingRow> = rows
            .iter()
            .filter(|row| match listed {
                Listed::Open => row.is_open,
                Listed::Closed => !row.is_open,
                Listed::All => true,
            })
            .collect();
        chosen.sort_by(|one, other| {
            let by_value = value(other).unwrap_or(-1.0).total_cmp(&value(one).unwrap_or(-1.0));
            by_value.then_with(|| one.symbol.cmp(&other.symbol))
        });
        let heaviest = chosen.iter().filter_map(|row| row.weight.number()).fold(0.0, f64::max);
        let whole: f64 = chosen.iter().filter_map(|row| value(row)).sum();
        let mut before = 0.0;
        let told = chosen.iter().map(|row| {
            let is_half = row.is_open && before < whole / 2.0;
            before += value(row).unwrap_or(0.0);
            Row::new(row, heaviest, is_half, reader)
        });
        let prices = &holdings.dashboard.prices;
        Self {
            rows: told.collect(),
            total: Sums::new(&holdings.total, reader),
            benchmarks: holdings
                .total
                .benchmarks
                .iter()
                .map(|with| with.benchmark_name.clone().unwrap_or_else(|| with.benchmark.to_string()))
                .collect(),
            open_count,
            closed_count: rows.len() - open_count,
            listed: match listed {
                Listed::Open => "open",
                Listed::Closed => "closed",
                Listed::All => "all",
            },
            freshness: Freshness {
                state: prices.worst.as_str(),
                words: reader.locale.say(&prices.sentence),
                explained: prices
                    .stale_words
                    .as_ref()
                    .map(|words| reader.locale.say(words))
                    .unwrap_or_default(),
            },
        }
    }
}

impl Freshness {
    fn of(shown: &FreshnessShown, reader: &Reader) -> Self {
        Self {
            state: shown.state.as_str(),
            words: reader.locale.say(&shown.words),
            explained: reader.locale.say(&shown.explained),
        }
    }
}

impl Row {
    fn new(row: &HoldingRow, heaviest: f64, is_half: bool, reader: &Reader) -> Self {
        let weight = row.weight.number().filter(|_| heaviest > 0.0);
        Self {
            symbol: row.symbol.to_string(),
            name: row.name.clone().unwrap_or_else(|| row.symbol.to_string()),
            address: reader.within(&format!("holdings/{}", segment(row.symbol.as_str()))),
            is_open: row.is_open,
            spark: sparkline(
                &row.sparkline.iter().map(|close| close.unwrap_or(f64::NAN)).collect::<Vec<_>>(),
            ),
            fresh: row.freshness.as_ref().map(|shown| Freshness::of(shown, reader)),
            price: reader.figure(&row.price),
            day: reader.change(&row.day_return),
            day_amount: reader.change(&row.day_change),
            quantity: reader.figure(&row.quantity),
            average_cost: reader.figure(&row.average_cost),
            cost: reader.figure(&row.cost),
            value: reader.figure(&row.value),
            weight: reader.figure(&row.weight),
            bar: weight.map_or(0.0, |weight| (1000.0 * weight / heaviest).round() / 10.0),
            is_half,
            unrealised: reader.change(&row.unrealised),
            unrealised_rate: reader.change(&row.unrealised_rate),
            realised: reader.change(&row.realised),
            income: reader.figure(&row.income),
            total_gain: reader.change(&row.total_gain),
            xirr: reader.change(&row.xirr),
            against: row.against.iter().map(|with| reader.beside(with)).collect(),
        }
    }
}

impl Sums {
    fn new(total: &Summary, reader: &Reader) -> Self {
        Self {
            value: reader.figure(&total.value),
            cash: reader.figure(&total.cash),
            holdings_value: reader.figure(&total.holdings_value),
            cost: reader.figure(&total.cost),
            day: reader.change(&total.day_return),
            unrealised: reader.change(&total.unrealised),
            unrealised_rate: reader.change(&total.unrealised_rate),
            realised: reader.change(&total.realised),
            income: reader.figure(&total.income),
            total_gain: reader.change(&total.total_gain),
            xirr: reader.change(&total.xirr),
            against: total.benchmarks.iter().map(|with| reader.change(&with.ahead_by)).collect(),
        }
    }
}

impl Reader {
    /// How far a holding is ahead of a benchmark, with what that would be worth on hover.
    fn beside(&self, with: &bellwether_tracker::views::BesideBenchmark) -> Told {
        let mut told = self.change(&with.ahead_by);
        if told.is_known {
            let words = Sentence::new("holdings.worth_in")
                .with("benchmark", with.benchmark_name.clone().unwrap_or_else(|| with.benchmark.to_string()))
                .with("worth", self.alone(&with.value).shown);
            told.title = format!("{} · {}", self.locale.say(&words), told.title);
        }
        told
    }
}
