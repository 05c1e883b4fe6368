//! The way of a file into the ledger, step by step: choose it, say what its columns hold, look at each row, commit, undo.

mod choices;
mod columns;
mod history;
pub(super) mod reconciliation;
mod rows;
mod upload;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_texts::Locale;
use bellwether_tracker::{ColumnMapping, TrackerError};
use serde::Deserialize;

use self::choices::{choose_symbols, correct_row};
use self::columns::{MappingPage, map_columns};
use self::history::{begin, forget_mapping, history, result_page, undo};
use self::rows::RowsPage;
pub(super) use self::rows::{capital, form_words};
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::{Answer, html, see_other};
use super::problem::Problem;
use super::view::page::{Page, Place};
use super::view::refusal::{Said, said};
use super::{MAX_UPLOAD, State};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    let long = || web::FormConfig::default().limit(MAX_UPLOAD / 32);
    app.service(
        address("/portfolio/{portfolio}/imports", "GET, HEAD, POST")
            .route(reading().to(history))
            .route(web::post().to(begin)),
    )
    .service(post("/import-mappings/{key}/forget").route(web::post().to(forget_mapping)))
    .service(address("/portfolio/{portfolio}/imports/{import}", READ).route(reading().to(show)))
    .service(
        post("/portfolio/{portfolio}/imports/{import}/mapping")
            .app_data(long())
            .route(web::post().to(map_columns)),
    )
    .service(
        post("/portfolio/{portfolio}/imports/{import}/row")
            .app_data(long())
            .route(web::post().to(correct_row)),
    )
    .service(
        post("/portfolio/{portfolio}/imports/{import}/symbols")
            .app_data(long())
            .route(web::post().to(choose_symbols)),
    )
    .service(post("/portfolio/{portfolio}/imports/{import}/commit").route(web::post().to(commit)))
    .service(post("/portfolio/{portfolio}/imports/{import}/discard").route(web::post().to(discard)))
    .service(post("/portfolio/{portfolio}/imports/{import}/undo").route(web::post().to(undo)))
    .configure(reconciliation::routes)
    .configure(upload::routes);
}

type Fields = web::Form<Vec<(String, String)>>;

fn place_of(portfolio: PortfolioId, id: ImportId) -> String {
    format!("/portfolio/{portfolio}/imports/{id}")
}

async fn frame(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    title: &'static str,
) -> Result<Page, Problem> {
    let portfolios = caller.tracker.portfolios().await?;
    if portfolios.iter().any(|known| known.id == portfolio) {
        let title = caller.locale.text(title);
        let page = Page::new(state, title, &portfolios, Some(portfolio), Place::Import);
        Ok(page.said_in(caller.locale))
    } else {
        Err(Problem::NotFound("There is no such portfolio.".to_owned()))
    }
}

/// What is wrong with what was sent, beside it on its page; `None` for what a person can do nothing about.
fn trouble(error: &TrackerError, locale: Locale) -> Option<Said> {
    match error {
        TrackerError::File(_) | TrackerError::Refused(_) | TrackerError::Conflict(_) => {
            Some(said(locale, &error.said()))
        }
        _ => None,
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Seen {
    status: Option<String>,
    /// The place of the first row that is shown.
    from: Option<usize>,
    /// What was just done.
    said: Option<String>,
    /// What was chosen and refused.
    #[serde(skip)]
    mapping: Option<ColumnMapping>,
    /// Symbols that were typed and refused, by their instruments.
    #[serde(skip)]
    symbols: BTreeMap<String, String>,
}

async fn show(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    seen: web::Query<Seen>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    Ok(shown(&state, &caller, portfolio, id, &seen, None).await?)
}

async fn shown(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
    seen: &Seen,
    problem: Option<Said>,
) -> Result<HttpResponse, Problem> {
    let tracker = &caller.tracker;
    let draft = match tracker.draft(portfolio, id).await {
        Err(TrackerError::NotFound(_)) => return result_page(state, caller, portfolio, id, None).await,
        found => found?,
    };
    let refused = problem.is_some();
    let (preview, problem) = match tracker.preview(portfolio, id).await {
        Ok(preview) => (preview, problem),
        Err(TrackerError::File(error)) => {
            (None, problem.or_else(|| trouble(&TrackerError::File(error), caller.locale)))
        }
        Err(error) => return Err(error.into()),
    };
    let (page, locale) = (frame(state, caller, portfolio, "page.import").await?, caller.locale);
    let mut answer = if let Some(preview) = preview {
        let rows = RowsPage::of(page, &draft, &preview, seen, problem, locale)?;
        html(state.templates.render_in(locale, "import-rows.html", &rows)?)
    } else {
        let guess = tracker.suggested_mapping(portfolio, id).await?;
        let columns = MappingPage::of(page, &draft, guess, seen, problem, locale);
        html(state.templates.render_in(locale, "import-mapping.html", &columns)?)
    };
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

async fn commit(state: web::Data<State>, caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.commit_draft(portfolio, id, None).await {
        Ok(outcome) if outcome.import.is_some() => Ok(see_other(&place_of(portfolio, id))),
        Ok(_) => Ok(see_other(&format!("{}?said=nothing-new", place_of(portfolio, id)))),
        Err(error @ TrackerError::Conflict(_)) => {
            let trouble = trouble(&error, caller.locale);
            Ok(shown(&state, &caller, portfolio, id, &Seen::default(), trouble).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn discard(caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    caller.tracker.discard_draft(portfolio, id, None).await?;
    Ok(see_other(&format!("/portfolio/{portfolio}/imports?said=discarded")))
}
