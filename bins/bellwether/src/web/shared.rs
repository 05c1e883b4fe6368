//! A portfolio as whoever has its link sees it: percentages, never an amount, a number of shares or a price.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::Answer as Finished;
use bellwether_portfolio::{Figure, Rate};
use bellwether_texts::{Locale, Sentence, UNKNOWN};
use bellwether_tracker::{Dashboard, View};
use serde::Serialize;

use super::State;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::pages::{Answer, failed};
use super::problem::Problem;
use super::snapshot::{self, Kind};
use super::view::figure::Cell;
use super::view::page::Page;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/shared/{token}", READ).route(reading().to(shared)));
}

#[derive(Serialize)]
struct SharedPage {
    page: Page,
    name: String,
    as_of: String,
    problem: Option<String>,
    facts: Vec<Percentage>,
    holdings: Vec<Row>,
}

#[derive(Serialize)]
struct Percentage {
    name: String,
    figure: Cell,
}

#[derive(Serialize)]
struct Row {
    symbol: String,
    /// The weight's bar, of 100.
    length: f64,
    weight: Cell,
    gain: Cell,
    day: Cell,
}

async fn shared(state: web::Data<State>, request: HttpRequest, token: web::Path<String>) -> Answer {
    let Some(shown) = state.tracker.shared(&token).await? else {
        let words = locale_of(&request).text("shared.nothing");
        return Ok(failed(Problem::NotFound(words)));
    };
    let (tracker, id, view) = (shown.tracker, shown.portfolio, View::default());
    let locale = locale_of(&request);
    let (maker, known) = (state.clone(), tracker.clone());
    let build = move || {
        let (state, tracker) = (maker.clone(), known.clone());
        async move {
            let dashboard = tracker.dashboard(id, &View::default()).await?;
            let validity = dashboard.figures_validity();
            let render = move || {
                let page = Page::outside(&state, dashboard.portfolio.name.clone()).said_in(locale);
                state.templates.render_in(locale, "shared.html", &SharedPage::new(locale, page, &dashboard))
            };
            let page = tracker.compute(render).await?;
            let page = Finished::new("text/html; charset=utf-8", page.into_bytes());
            Ok::<Finished, Problem>(page.valid(validity))
        }
    };
    let mut answer: HttpResponse =
        snapshot::answer_by(&state, &tracker, &request, id, Kind::SharedPage(locale), &view, build).await?;
    // Whose address is the secret is not to be found by a search.
    answer
        .headers_mut()
        .insert(header::HeaderName::from_static("x-robots-tag"), header::HeaderValue::from_static("noindex"));
    answer.headers_mut().insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
    Ok(answer)
}

impl SharedPage {
    fn new(locale: Locale, page: Page, dashboard: &Dashboard) -> Self {
        let mut made = Self {
            page,
            name: dashboard.portfolio.name.clone(),
            as_of: locale.day(dashboard.as_of),
            problem: None,
            facts: Vec::new(),
            holdings: Vec::new(),
        };
        let Ok(figures) = &dashboard.figures else {
            // What is wrong with a ledger may name amounts.
            made.problem = Some(locale.text("shared.problem"));
            return made;
        };
        let (report, returns) = (&figures.report, &figures.report.returns);
        let linked = returns.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone);
        let day = report.totals.day_change.clone().and_then(|change| change.rate);
        let money_weighted = returns.xirr.as_ref().map(Rate::headline).map_err(Clone::clone);
        let deepest = returns.max_drawdown.as_ref().map(|fall| fall.depth).map_err(Clone::clone);
        let mut fact = |name: String, rate: &Figure<f64>| {
            made.facts.push(Percentage { name, figure: percent(locale, rate) });
        };
        fact(locale.text("shared.day"), &day);
        fact(locale.text("shared.since_start"), &linked);
        fact(locale.text("shared.money_weighted"), &money_weighted);
        fact(locale.text("shared.deepest_fall"), &deepest);
        for against in &figures.benchmarks {
            let other = against.portfolio.as_ref().map(|other| other.total_return).map_err(Clone::clone);
            let name = Sentence::new("shared.same_deposits").with("benchmark", against.title());
            fact(locale.say(&name), &other);
        }
        let mut held: Vec<_> = report.open_holdings().collect();
        held.sort_by_key(|holding| std::cmp::Reverse(holding.value.as_ref().ok().copied()));
        let known = held.iter().filter_map(|holding| holding.weight.as_ref().ok().copied());
        let heaviest = known.fold(0.0, f64::max);
        let length = |weight: &Figure<f64>| match weight {
            Ok(weight) if heaviest > 0.0 => (weight.max(0.0) / heaviest * 100.0).round(),
            _ => 0.0,
        };
        made.holdings = held
            .into_iter()
            .map(|holding| Row {
                symbol: holding.symbol.to_string(),
                length: length(&holding.weight),
                weight: part(locale, &holding.weight),
                gain: percent(locale, &holding.unrealised_rate),
                day: percent(locale, &holding.day_change.clone().and_then(|change| change.rate)),
            })
            .collect();
        made
    }
}

fn part(locale: Locale, weight: &Figure<f64>) -> Cell {
    match weight {
        Ok(weight) => Cell { shown: locale.percent(*weight), ..Cell::default() },
        // Reasons may name amounts.
        Err(_) => Cell { shown: UNKNOWN.to_owned(), ..Cell::default() },
    }
}

/// Without the exact figure on hover: with enough digits a rate tells amounts.
fn percent(locale: Locale, rate: &Figure<f64>) -> Cell {
    match rate {
        Ok(rate) => {
            let direction = bellwether_texts::direction(*rate);
            Cell { shown: locale.percent_change(*rate), direction, ..Cell::default() }
        }
        // Reasons may name amounts.
        Err(_) => Cell { shown: UNKNOWN.to_owned(), ..Cell::default() },
    }
}
