//! How it begins: the first portfolio, in three steps.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_domain::{CostMethod, Currency, Portfolio};
use bellwether_texts::Locale;
use bellwether_tracker::EnteredSettings;
use serde::{Deserialize, Serialize};

use super::State;
use super::caller::Caller;
use super::ledger::Refused;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::pages::{Answer, html, see_other};
use super::view::page::{Page, Place};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/", READ).route(reading().to(start)))
        .service(address("/dashboard", READ).route(reading().to(start)))
        .service(address("/portfolios", "POST").route(web::post().to(create_portfolio)));
}

/// The first portfolio's dashboard, or how to begin.
async fn start(state: web::Data<State>, request: HttpRequest, caller: Caller) -> Answer {
    let portfolios = caller.tracker.portfolios().await?;
    if let Some(portfolio) = portfolios.first() {
        return Ok(see_other(&format!("/dashboard/{}", portfolio.id)));
    }
    let locale = locale_of(&request);
    first_run_page(&state, locale, &caller, &portfolios, None, NewPortfolio::default()).await
}

#[derive(Serialize)]
struct FirstRunPage {
    page: Page,
    problem: Option<String>,
    typed: NewPortfolio,
    cost_methods: Vec<Method>,
    deleted: Vec<DeletedRow>,
}

/// A way to tell the cost of what is sold.
#[derive(Serialize)]
pub(super) struct Method {
    word: &'static str,
    name: String,
}

/// All ways to tell the cost of what is sold.
pub(super) fn cost_methods(locale: Locale) -> Vec<Method> {
    let named = |method: CostMethod| {
        let name = locale.text(match method {
            CostMethod::Fifo => "method.fifo",
            CostMethod::Lifo => "method.lifo",
            CostMethod::HighestCost => "method.highest_cost",
            CostMethod::Average => "method.average",
        });
        Method { word: method.as_str(), name }
    };
    CostMethod::ALL.map(named).into()
}

/// A portfolio that can be put back.
#[derive(Serialize)]
struct DeletedRow {
    name: String,
    on: String,
    undo: String,
}

async fn first_run_page(
    state: &State,
    locale: Locale,
    caller: &Caller,
    portfolios: &[Portfolio],
    problem: Option<String>,
    typed: NewPortfolio,
) -> Answer {
    let refused = problem.is_some();
    let deleted = caller.tracker.deleted_portfolios().await?.into_iter().map(|gone| DeletedRow {
        undo: format!("/portfolio/{}/changes/{}/undo", gone.portfolio.id, gone.change),
        on: locale.day(gone.at.date_naive()),
        name: gone.portfolio.name,
    });
    let page = FirstRunPage {
        page: Page::new(state, locale.text("start.title"), portfolios, None, Place::Elsewhere)
            .said_in(locale),
        problem,
        typed,
        cost_methods: cost_methods(locale),
        deleted: deleted.collect(),
    };
    let mut answer = html(state.templates.render_in(locale, "first-run.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

/// How a portfolio begins.
pub(super) async fn first_run(state: &State, locale: Locale, caller: &Caller) -> Answer {
    let portfolios = caller.tracker.portfolios().await?;
    first_run_page(state, locale, caller, &portfolios, None, NewPortfolio::default()).await
}

#[derive(Serialize, Deserialize)]
struct NewPortfolio {
    name: String,
    currency: String,
    cost_method: String,
    /// Where it goes on at once: then a name may be missing.
    #[serde(default)]
    then: Option<String>,
}

impl Default for NewPortfolio {
    fn default() -> Self {
        Self {
            name: String::new(),
            currency: Currency::USD.to_string(),
            cost_method: CostMethod::default().as_str().to_owned(),
            then: None,
        }
    }
}

async fn create_portfolio(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<NewPortfolio>,
) -> Answer {
    let typed = form.into_inner();
    let locale = locale_of(&request);
    let is_unnamed = typed.then.is_some() && typed.name.trim().is_empty();
    let entered = EnteredSettings {
        name: Some(if is_unnamed { locale.text("start.unnamed") } else { typed.name.clone() }),
        base_currency: Some(typed.currency.clone()),
        cost_method: Some(typed.cost_method.clone()),
        ..EnteredSettings::default()
    };
    match caller.tracker.make_portfolio(&entered).await {
        Ok(portfolio) => Ok(see_other(&format!("/portfolio/{}/import", portfolio.id))),
        Err(error) => {
            let why = Refused::of(error)?;
            let faults = why.by_field(locale).into_values();
            let problem = why.problem(locale).map(|said| said.words);
            let sentences: Vec<_> = problem.into_iter().chain(faults).collect();
            let portfolios = caller.tracker.portfolios().await?;
            first_run_page(&state, locale, &caller, &portfolios, Some(sentences.join(" ")), typed).await
        }
    }
}
