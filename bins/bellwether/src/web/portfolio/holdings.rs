//! All holdings of a portfolio, held or closed.

mod columns;

use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::Answer as Finished;
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
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::problem::Problem;
use crate::web::snapshot;
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told};

/// Which holdings are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Listed {
    #[default]
    Open,
    Closed,
    All,
}

/// More rows than this are on several pages; a script has them all in one.
const FEW: usize = 200;
/// Rows on a page of several.
const ON_A_PAGE: usize = 100;

/// Which rows of which page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    show: Listed,
    /// With these letters in name or symbol.
    q: String,
    /// How many rows stand on the pages before.
    after: usize,
}

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (Filled(query), Filled(list)): (Filled<ViewQuery>, Filled<ListQuery>),
) -> Answer {
    let what = What { about: format!("{list:?}"), ..What::new("holdings.html", Place::Holdings, "holdings") };
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        let holdings = tracker.holdings(id, &view).await?;
        let validity = holdings.dashboard.words_validity();
        Ok((holdings.viewed(), validity))
    };
    let tell =
        move |viewed: Viewed<Holdings>, reader: &Reader| HoldingsPage::new(&viewed.shown, &list, reader);
    Asked { state, request, caller, id, query, beside: Vec::new() }.answer(what, ask, tell).await
}

/// Everything about them as columns, for the script that scrolls, sorts and filters them in the browser.
pub(super) async fn columns(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (Filled(query), Filled(list)): (Filled<ViewQuery>, Filled<ListQuery>),
) -> Result<HttpResponse, Problem> {
    let (view, locale, id, listed) = (query.view()?, locale_of(&request), *id, list.show);
    let (tracker, seen) = (caller.tracker.clone(), view.clone());
    let about = format!("{} {listed:?}", locale.tag());
    let build = move || {
        let (tracker, view) = (tracker.clone(), seen.clone());
        async move {
            let holdings = tracker.holdings(id, &view).await?;
            let validity = holdings.dashboard.words_validity();
            let body = tracker
                .compute(move || {
                    let reader = Reader::new(locale, id, &view);
                    columns::written(&rows(&holdings, listed, &reader))
                })
                .await;
            Ok(Finished::new("application/json", body.into_bytes()).valid(validity))
        }
    };
    snapshot::answer_about(&state, &request, id, ("holdings-columns", &about), &view, build).await
}

#[derive(Serialize)]
struct HoldingsPage {
    portfolio_id: String,
    rows: Vec<Row>,
    /// From which others are made.
    row: Row,
    /// How many there are in all.
    count: usize,
    /// The address of the rest.
    next: String,
    /// Where the columns of all of it are.
    columns: String,
    query: String,
    range: Option<String>,
    total: Sums,
    benchmarks: Vec<String>,
    open_count: usize,
    closed_count: usize,
    listed: &'static str,
    freshness: Freshness,
}

#[derive(Clone, Default, Serialize)]
struct Row {
    /// Its place in the table, from 1, which is the head's.
    place: usize,
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

#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
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
    fn new(holdings: &Holdings, list: &ListQuery, reader: &Reader) -> Self {
        let listed = list.show;
        let open_count = holdings.rows.iter().filter(|row| row.is_open).count();
        let mut rows = rows(holdings, listed, reader);
        let words = list.q.trim().to_lowercase();
        rows.retain(|row| {
            row.name.to_lowercase().contains(&words) || row.symbol.to_lowercase().contains(&words)
        });
        let count = rows.len();
        for (at, row) in rows.iter_mut().enumerate() {
            row.place = at + 2;
        }
        let mut next = String::new();
        if count > FEW {
            rows = rows.into_iter().skip(list.after).take(ON_A_PAGE).collect();
            let after = list.after + ON_A_PAGE;
            if after < count {
                next = format!(
                    "{}&show={}&q={}&after={after}",
                    reader.query(),
                    listed.as_str(),
                    segment(&list.q)
                );
            }
        }
        let against = holdings.total.benchmarks.iter().map(|_| Told::default()).collect();
        let prices = &holdings.dashboard.prices;
        Self {
            portfolio_id: holdings.dashboard.portfolio.id.to_string(),
            rows,
            row: Row { against, ..Row::default() },
            count,
            next,
            columns: format!("{}&show={}", reader.within("holdings.json"), listed.as_str()),
            query: list.q.clone(),
            range: reader
                .query()
                .split('&')
                .next()
                .and_then(|first| first.strip_prefix("?range="))
                .map(str::to_owned),
            total: Sums::new(&holdings.total, reader),
            benchmarks: holdings
                .total
                .benchmarks
                .iter()
                .map(|with| with.benchmark_name.clone().unwrap_or_else(|| with.benchmark.to_string()))
                .collect(),
            open_count,
            closed_count: holdings.rows.len() - open_count,
            listed: listed.as_str(),
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

impl Listed {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }
}

/// The rows, those of most value first.
fn rows(holdings: &Holdings, listed: Listed, reader: &Reader) -> Vec<Row> {
    let value = |row: &HoldingRow| row.value.number();
    let is_listed = |row: &&HoldingRow| match listed {
        Listed::Open => row.is_open,
        Listed::Closed => !row.is_open,
        Listed::All => true,
    };
    let mut chosen: Vec<&HoldingRow> = holdings.rows.iter().filter(is_listed).collect();
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
    told.collect()
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
        // A closed holding is compared with nothing, and its row has the same cells.
        Self {
            place: 0,
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
