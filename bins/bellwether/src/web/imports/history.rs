//! The files that came, that wait and that were taken back, and what became of one; and how a file arrives.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_texts::Sentence;
use bellwether_tracker::{ImportRecord, TrackerError};
use serde::{Deserialize, Serialize};

use super::rows::form_words;
use super::{frame, place_of, trouble};
use crate::web::State;
use crate::web::api::imports::uploaded;
use crate::web::caller::Caller;
use crate::web::pages::{Answer, html, see_other};
use crate::web::problem::Problem;
use crate::web::view::page::Page;
use crate::web::view::refusal;

#[derive(Serialize)]
struct HistoryPage {
    page: Page,
    notice: Option<String>,
    problem: Option<refusal::Said>,
    may_change: bool,
    upload: String,
    drafts: Vec<DraftLine>,
    imports: Vec<ImportLine>,
    mappings: Vec<MappingLine>,
    proposals: String,
}

#[derive(Serialize)]
struct DraftLine {
    address: String,
    file: String,
    came: String,
    goes: String,
}

#[derive(Serialize)]
struct ImportLine {
    address: String,
    file: String,
    came: String,
    format: String,
    transactions: String,
    known: String,
    rejected: String,
    has_rejects: bool,
    undone: String,
    /// What happened, in a sentence.
    words: String,
    beside: String,
}

impl ImportLine {
    fn of(portfolio: PortfolioId, name: &str, import: &ImportRecord, caller: &Caller) -> Self {
        let locale = caller.locale;
        let came = caller.moment(import.created_at);
        let undone = import.undone_at.map(|at| caller.moment(at)).unwrap_or_default();
        let words = if undone.is_empty() {
            Sentence::new("imports.came")
                .with("count", import.inserted)
                .with("portfolio", name)
                .with("at", came.as_str())
        } else {
            Sentence::new("imports.undone").with("at", undone.as_str())
        };
        let format = match import.format.as_str() {
            "proposals" => locale.text("imports.form.proposals"),
            word => word.parse().map_or_else(|_| word.to_owned(), |form| form_words(form, locale)),
        };
        let beside = Sentence::new("imports.beside")
            .with("form", format.as_str())
            .with("known", locale.count(import.duplicates.into()))
            .with("rejected", locale.count(import.rejected.into()));
        Self {
            address: place_of(portfolio, import.id),
            file: import.file_name.clone(),
            came,
            format,
            transactions: locale.count(import.inserted.into()),
            known: locale.count(import.duplicates.into()),
            rejected: locale.count(import.rejected.into()),
            has_rejects: import.rejected > 0,
            undone,
            words: locale.say(&words),
            beside: locale.say(&beside),
        }
    }
}

#[derive(Serialize)]
struct MappingLine {
    key: String,
    columns: String,
    used: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    said: Option<String>,
}

pub(super) async fn history(
    state: web::Data<State>,
    caller: Caller,
    portfolio: web::Path<PortfolioId>,
    said: web::Query<Said>,
) -> Answer {
    let notice = (said.said.as_deref() == Some("discarded")).then(|| caller.locale.text("imports.discarded"));
    Ok(history_page(&state, &caller, *portfolio, notice, None).await?)
}

async fn history_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    notice: Option<String>,
    problem: Option<refusal::Said>,
) -> Result<HttpResponse, Problem> {
    let page = frame(state, caller, portfolio, "imports.title").await?;
    let drafts = caller.tracker.drafts(portfolio).await?;
    let imports = caller.tracker.imports(portfolio).await?;
    let mappings = caller.tracker.import_mappings().await?;
    let refused = problem.is_some();
    let page = HistoryPage {
        page,
        notice,
        problem,
        may_change: caller.who.may_change(),
        upload: format!("/portfolio/{portfolio}/import"),
        drafts: drafts
            .into_iter()
            .map(|draft| DraftLine {
                address: place_of(portfolio, draft.id),
                file: draft.file_name,
                came: caller.moment(draft.created_at),
                goes: caller.locale.day(draft.expires_at.date_naive()),
            })
            .collect(),
        imports: imports.iter().map(|import| ImportLine::of(portfolio, "", import, caller)).collect(),
        mappings: mappings
            .into_iter()
            .map(|known| MappingLine {
                key: known.key,
                columns: known.header.join(", "),
                used: caller.locale.day(known.used_at.date_naive()),
            })
            .collect(),
        proposals: format!("/portfolio/{portfolio}/proposals"),
    };
    let mut answer = html(state.templates.render_in(caller.locale, "imports.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

pub(super) async fn begin(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    portfolio: web::Path<PortfolioId>,
    payload: web::Payload,
) -> Answer {
    let file = uploaded(&request, payload).await?;
    match caller.tracker.begin_import(*portfolio, file).await {
        Ok(draft) => Ok(see_other(&place_of(*portfolio, draft.id))),
        Err(error) => match trouble(&error, caller.locale) {
            Some(trouble) => Ok(history_page(&state, &caller, *portfolio, None, Some(trouble)).await?),
            None => Err(error.into()),
        },
    }
}

#[derive(Serialize)]
struct ResultPage {
    page: Page,
    problem: Option<refusal::Said>,
    may_change: bool,
    import: ImportLine,
    history: String,
    activity: String,
    dashboard: String,
    transactions: String,
    rejects: String,
    reconciliation: String,
}

pub(super) async fn result_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
    problem: Option<refusal::Said>,
) -> Result<HttpResponse, Problem> {
    let import = caller.tracker.import_record(portfolio, id).await?;
    let name = caller.tracker.portfolio(portfolio).await?.name;
    let refused = problem.is_some();
    let page = ResultPage {
        page: frame(state, caller, portfolio, "page.import").await?,
        problem,
        may_change: caller.who.may_change(),
        import: ImportLine::of(portfolio, &name, &import, caller),
        history: format!("/portfolio/{portfolio}/imports"),
        activity: format!("/portfolio/{portfolio}/activity"),
        dashboard: format!("/dashboard/{portfolio}"),
        transactions: format!("/portfolio/{portfolio}/transactions"),
        rejects: format!("/api/v1/portfolios/{portfolio}/imports/{id}/rejects.csv"),
        reconciliation: format!("{}/reconciliation", place_of(portfolio, id)),
    };
    let mut answer = html(state.templates.render_in(caller.locale, "import-result.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::CONFLICT;
    }
    Ok(answer)
}

/// Takes an import back; what stands against that is told on its page.
pub(super) async fn undo(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.undo_import(portfolio, id).await {
        Ok(_) => Ok(see_other(&place_of(portfolio, id))),
        Err(error @ TrackerError::Conflict(_)) if caller.tracker.draft(portfolio, id).await.is_err() => {
            let trouble = trouble(&error, caller.locale);
            Ok(result_page(&state, &caller, portfolio, id, trouble).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn forget_mapping(caller: Caller, key: web::Path<String>) -> Answer {
    caller.tracker.forget_import_mapping(&key).await?;
    Ok(see_other("/portfolio/import-csv"))
}
