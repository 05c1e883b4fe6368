//! How well the owner picked: purchases beside the index by age, multi-baggers, and the whole beside the same money in each
//! benchmark. A page of its own, whose content the page of transactions brings in when a reader comes near.

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::views::{
    AgeShown, BenchmarkPicks, FigureShown, MoneyBeside, MultipleShown, PicksShown, Viewed,
};
use bellwether_tracker::{Tracker, View};
use rust_decimal::Decimal;
use serde::Serialize;

use super::frame::{Asked, What, for_the_day};
use crate::charts::{Bar, ChartCell, ChartRow, ChartTable, Part, bars};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told};

/// So many holdings stand among the multi-baggers.
const FURTHEST: usize = 10;

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    Filled(query): Filled<ViewQuery>,
) -> Answer {
    let what = What {
        title: Some(locale_of(&request).text("picks.title")),
        ..What::new("picks.html", Place::Transactions, "picks")
    };
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        Ok(for_the_day(tracker.picks_shown(id, &view).await?))
    };
    let tell = |viewed: Viewed<PicksShown>, reader: &Reader| PicksPage::new(&viewed.shown, reader);
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct PicksPage {
    beside: Vec<Money>,
    beside_chart: Drawing,
    benchmarks: Vec<Picks>,
    /// How many holdings have become a multiple of their cost, in words.
    reached: String,
    multiples: Vec<Grown>,
    multiples_chart: Drawing,
}

#[derive(Serialize)]
struct Drawing {
    svg: String,
    summary: String,
    table: ChartTable,
}

/// The portfolio or a benchmark, with the same money.
#[derive(Serialize)]
struct Money {
    name: String,
    invested: Told,
    /// Nothing of a benchmark, whose dividends are reinvested.
    income: Option<Told>,
    gain: Told,
    value: Told,
}

/// Purchases beside a benchmark.
#[derive(Serialize)]
struct Picks {
    name: String,
    chart: Drawing,
    ages: Vec<Age>,
}

#[derive(Serialize)]
struct Age {
    name: String,
    /// How many were better, of how many.
    counted: String,
    /// How many are not decided, in words; empty for none.
    undecided: String,
    share: Told,
    share_of_money: Told,
}

/// What a holding has become of its cost.
#[derive(Serialize)]
struct Grown {
    name: String,
    symbol: String,
    address: String,
    cost: Told,
    returned: Told,
    multiple: Told,
}

impl PicksPage {
    fn new(shown: &PicksShown, reader: &Reader) -> Self {
        let furthest: Vec<&MultipleShown> =
            shown.multiples.iter().filter(|of| of.multiple.number().is_some()).take(FURTHEST).collect();
        Self {
            beside: shown.beside.iter().map(|of| Money::new(of, reader)).collect(),
            beside_chart: beside_chart(&shown.beside, reader),
            benchmarks: shown.benchmarks.iter().map(|of| Picks::new(of, reader.locale, reader)).collect(),
            reached: reached(shown, reader.locale),
            multiples_chart: multiples_chart(&furthest, reader),
            multiples: furthest.into_iter().map(|of| Grown::new(of, reader)).collect(),
        }
    }
}

fn name_of(beside: &MoneyBeside, locale: Locale) -> String {
    let benchmark = || beside.benchmark.as_ref().map(ToString::to_string);
    beside.benchmark_name.clone().or_else(benchmark).unwrap_or_else(|| locale.text("picks.own"))
}

impl Money {
    fn new(beside: &MoneyBeside, reader: &Reader) -> Self {
        Self {
            name: name_of(beside, reader.locale),
            invested: reader.figure(&beside.invested),
            income: beside.income.as_ref().map(|income| reader.figure(income)),
            gain: reader.change(&beside.gain),
            value: reader.figure(&beside.value),
        }
    }
}

/// What was invested, with income and gains on top of it.
fn beside_chart(shown: &[MoneyBeside], reader: &Reader) -> Drawing {
    let locale = reader.locale;
    let mut drawn = Vec::new();
    let mut rows = Vec::new();
    for of in shown {
        let (Some(invested), Some(gain)) = (of.invested.number(), of.gain.number()) else { continue };
        let income = of.income.as_ref().and_then(FigureShown::number);
        let rest = gain - income.unwrap_or(0.0);
        let name = name_of(of, locale);
        let words = |figure: &FigureShown| reader.figure(figure).shown;
        let title = Sentence::new("picks.bar")
            .with("name", name.as_str())
            .with("invested", words(&of.invested))
            .with("gain", reader.change(&of.gain).shown)
            .with("value", words(&of.value));
        let part = |amount, fill| Part { amount, fill };
        let mut parts = vec![part(invested, "b-paid")];
        parts.extend(income.map(|income| part(income, "b-income")));
        parts.push(part(rest, if rest < 0.0 { "b-out" } else { "b-in" }));
        let amount = |amount| ChartCell::amount(locale, amount);
        let cells = vec![amount(Some(invested)), amount(income), amount(Some(rest))];
        rows.push(ChartRow { name: name.clone(), cells });
        drawn.push(Bar { name, parts, title: locale.say(&title) });
    }
    let head = ["column.name", "picks.invested", "picks.income", "picks.gains"].map(|key| locale.text(key));
    let summary = locale.text("picks.beside_summary");
    Drawing { svg: bars(locale, &drawn, &summary), summary, table: ChartTable { head: head.into(), rows } }
}

impl Picks {
    fn new(picks: &BenchmarkPicks, locale: Locale, reader: &Reader) -> Self {
        let name = picks.benchmark_name.clone().unwrap_or_else(|| picks.benchmark.to_string());
        let head = ["picks.bought", "picks.ahead", "picks.behind", "picks.undecided"];
        let summary = locale.say(&Sentence::new("picks.ages_summary").with("benchmark", name.as_str()));
        let drawn: Vec<Bar> = picks.ages.iter().map(|age| bar_of(age, locale)).collect();
        let rows = picks.ages.iter().map(|age| {
            let counts = [age.ahead, age.decided - age.ahead, age.undecided];
            let cells = counts.map(|count| ChartCell::count(locale, count)).into();
            ChartRow { name: age_name(age, locale), cells }
        });
        let table = ChartTable { head: head.map(|key| locale.text(key)).into(), rows: rows.collect() };
        let chart = Drawing { svg: bars(locale, &drawn, &summary), summary, table };
        Self { name, chart, ages: picks.ages.iter().map(|age| Age::new(age, reader)).collect() }
    }
}

/// The same in few letters, for beneath a bar.
fn short_age_name(age: &AgeShown, locale: Locale) -> String {
    let from = || age.from_years.to_string();
    let sentence = match age.to_years {
        Some(to) if age.from_years == 0 => Sentence::new("picks.under_short").with("to", to.to_string()),
        Some(to) => Sentence::new("picks.between_short").with("from", from()).with("to", to.to_string()),
        None => Sentence::new("picks.over_short").with("from", from()),
    };
    locale.say(&sentence)
}

fn age_name(age: &AgeShown, locale: Locale) -> String {
    let from = || age.from_years.to_string();
    let sentence = match age.to_years {
        Some(to) if age.from_years == 0 => Sentence::new("picks.under").with("count", to),
        Some(to) => Sentence::new("picks.between").with("from", from()).with("to", to.to_string()),
        None => Sentence::new("picks.over").with("count", age.from_years),
    };
    locale.say(&sentence)
}

fn counted(age: &AgeShown, locale: Locale) -> String {
    let sentence = Sentence::new("picks.counted").with("ahead", age.ahead.to_string());
    locale.say(&sentence.with("decided", age.decided.to_string()))
}

/// Those ahead up from nought, those behind down.
fn bar_of(age: &AgeShown, locale: Locale) -> Bar {
    let count = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    Bar {
        title: format!("{}: {}", age_name(age, locale), counted(age, locale)),
        name: short_age_name(age, locale),
        parts: vec![
            Part { amount: count(age.ahead), fill: "b-income" },
            Part { amount: -count(age.decided - age.ahead), fill: "b-out" },
        ],
    }
}

impl Age {
    fn new(age: &AgeShown, reader: &Reader) -> Self {
        let locale = reader.locale;
        let undecided = Sentence::new("picks.not_decided").with("count", age.undecided);
        Self {
            name: age_name(age, locale),
            counted: if age.decided > 0 { counted(age, locale) } else { String::new() },
            undecided: if age.undecided > 0 { locale.say(&undecided) } else { String::new() },
            share: reader.figure(&age.share),
            share_of_money: reader.figure(&age.share_of_money),
        }
    }
}

/// `5 of 20 holdings have doubled, 2 have become 3 times, 1 5 times their cost.`
fn reached(shown: &PicksShown, locale: Locale) -> String {
    let reached: Vec<String> = shown
        .reached
        .iter()
        .filter(|of| of.holdings > 0)
        .map(|of| {
            let sentence = Sentence::new("picks.reached_times").with("number", of.holdings.to_string());
            locale.say(&sentence.with("times", Value::Number(of.times, 0)))
        })
        .collect();
    if reached.is_empty() {
        return locale.text("picks.none_doubled");
    }
    let sentence = Sentence::new("picks.reached").with("number", shown.multiples.len().to_string());
    locale.say(&sentence.with("reached", Value::Several(reached)))
}

fn times(of: &MultipleShown, reader: &Reader) -> Told {
    let mut told = reader.figure(&of.multiple);
    if told.is_known {
        told.shown = reader.locale.say(&Sentence::new("picks.times").with("number", told.shown));
    }
    told
}

/// The cost as one, and what became of it above.
fn multiples_chart(furthest: &[&MultipleShown], reader: &Reader) -> Drawing {
    let locale = reader.locale;
    let known = furthest.iter().filter_map(|of| Some((of, of.multiple.number()?)));
    let bar = |(of, multiple): (&&MultipleShown, f64)| Bar {
        name: of.symbol.to_string(),
        title: format!("{}: {}", of.name.as_deref().unwrap_or(of.symbol.as_str()), times(of, reader).shown),
        parts: vec![
            Part { amount: multiple.min(1.0), fill: "b-paid" },
            Part { amount: (multiple - 1.0).max(0.0), fill: "b-income" },
        ],
    };
    let drawn: Vec<Bar> = known.clone().map(bar).collect();
    let row = |(of, multiple): (&&MultipleShown, f64)| ChartRow {
        name: of.symbol.to_string(),
        cells: vec![ChartCell::number(locale, Decimal::from_f64_retain(multiple))],
    };
    let head = ["column.name", "picks.multiple"].map(|key| locale.text(key)).into();
    let summary = locale.text("picks.multiples_summary");
    let table = ChartTable { head, rows: known.map(row).collect() };
    Drawing { svg: bars(locale, &drawn, &summary), summary, table }
}

impl Grown {
    fn new(of: &MultipleShown, reader: &Reader) -> Self {
        Self {
            name: of.name.clone().unwrap_or_else(|| of.symbol.to_string()),
            symbol: of.symbol.to_string(),
            address: reader.within(&format!("holdings/{}", segment(of.symbol.as_str()))),
            cost: reader.figure(&of.cost),
            returned: reader.figure(&of.returned),
            multiple: times(of, reader),
        }
    }
}
