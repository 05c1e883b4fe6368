//! The way of a file into the ledger, step by step: choose it, say what its columns hold, look at each row, commit, undo.

mod choices;
mod columns;
mod history;
pub(super) mod reconciliation;
mod rows;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_tracker::TrackerError;
use serde::Deserialize;

use self::choices::{choose_symbols, correct_row};
use self::columns::{MappingPage, map_columns};
use self::history::{begin, forget_mapping, history, result_page};
use self::rows::{RowsPage, in_words};
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::{Answer, failed, html, see_other};
use super::problem::Problem;
use super::view::page::{Page, Place};
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
    .configure(reconciliation::routes);
}

type Fields = web::Form<Vec<(String, String)>>;

fn place_of(portfolio: PortfolioId, id: ImportId) -> String {
    format!("/portfolio/{portfolio}/imports/{id}")
}

async fn frame(state: &State, caller: &Caller, portfolio: PortfolioId, title: &str) -> Result<Page, Problem> {
    let portfolios = caller.tracker.portfolios().await?;
    if portfolios.iter().any(|known| known.id == portfolio) {
        Ok(Page::new(state, title, &portfolios, Some(portfolio), Place::Import))
    } else {
        Err(Problem::NotFound("There is no such portfolio.".to_owned()))
    }
}

/// A failure as a page.
async fn told(state: &State, caller: &Caller, problem: Problem) -> Answer {
    let portfolios = caller.tracker.portfolios().await.unwrap_or_default();
    Ok(failed(state, &portfolios, problem))
}

/// A page, or its failure as one.
async fn answered(state: &State, caller: &Caller, answer: Result<HttpResponse, Problem>) -> Answer {
    match answer {
        Ok(answer) => Ok(answer),
        Err(problem) => told(state, caller, problem).await,
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
}

async fn show(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    seen: web::Query<Seen>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let answer = shown(&state, &caller, portfolio, id, &seen, None).await;
    answered(&state, &caller, answer).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
    seen: &Seen,
    problem: Option<String>,
) -> Result<HttpResponse, Problem> {
    let tracker = &caller.tracker;
    let draft = match tracker.draft(portfolio, id).await {
        Err(TrackerError::NotFound(_)) => return result_page(state, caller, portfolio, id).await,
        found => found?,
    };
    let refused = problem.is_some();
    let (preview, problem) = match tracker.preview(portfolio, id).await {
        Ok(preview) => (preview, problem),
        Err(TrackerError::File(error)) => {
            (None, Some(problem.unwrap_or_else(|| format!("As it is to be read, {error}."))))
        }
        Err(error) => return Err(error.into()),
    };
    let page = frame(state, caller, portfolio, "Import").await?;
    let mut answer = if let Some(preview) = preview {
        let rows = RowsPage::of(page, &draft, &preview, seen, problem)?;
        html(state.templates.render("import-rows.html", &rows)?)
    } else {
        let guess = tracker.suggested_mapping(portfolio, id).await?;
        let columns = MappingPage::of(page, &draft, guess, problem);
        html(state.templates.render("import-mapping.html", &columns)?)
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
        Err(TrackerError::Conflict(words)) => {
            let answer = shown(&state, &caller, portfolio, id, &Seen::default(), Some(words)).await;
            answered(&state, &caller, answer).await
        }
        Err(error) => told(&state, &caller, error.into()).await,
    }
}

async fn discard(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.discard_draft(portfolio, id, None).await {
        Ok(()) => Ok(see_other(&format!("/portfolio/{portfolio}/imports"))),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}

async fn undo(state: web::Data<State>, caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.undo_import(portfolio, id).await {
        Ok(_) => Ok(see_other(&place_of(portfolio, id))),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}
