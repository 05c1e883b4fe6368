//! The files that came, that wait and that were taken back, and what became of one; and how a file arrives.

use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_tracker::ImportRecord;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{answered, frame, place_of, told};
use crate::web::State;
use crate::web::api::imports::uploaded;
use crate::web::caller::Caller;
use crate::web::pages::{Answer, html, see_other};
use crate::web::problem::Problem;
use crate::web::view::page::Page;

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[derive(Serialize)]
struct HistoryPage {
    page: Page,
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
    transactions: u32,
    known: u32,
    rejected: u32,
    undone: String,
}

impl ImportLine {
    fn of(portfolio: PortfolioId, import: &ImportRecord) -> Self {
        Self {
            address: place_of(portfolio, import.id),
            file: import.file_name.clone(),
            came: time(import.created_at),
            format: import.format.parse().map_or_else(
                |_| import.format.clone(),
                |known: bellwether_tracker::StatementFormat| known.to_string(),
            ),
            transactions: import.inserted,
            known: import.duplicates,
            rejected: import.rejected,
            undone: import.undone_at.map(time).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
struct MappingLine {
    key: String,
    columns: String,
    used: String,
}

pub(super) async fn history(
    state: web::Data<State>,
    caller: Caller,
    portfolio: web::Path<PortfolioId>,
) -> Answer {
    let answer = history_page(&state, &caller, *portfolio).await;
    answered(&state, &caller, answer).await
}

async fn history_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
) -> Result<HttpResponse, Problem> {
    let page = frame(state, caller, portfolio, "Imports").await?;
    let drafts = caller.tracker.drafts(portfolio).await?;
    let imports = caller.tracker.imports(portfolio).await?;
    let mappings = caller.tracker.import_mappings().await?;
    let page = HistoryPage {
        page,
        upload: format!("/portfolio/{portfolio}/import"),
        drafts: drafts
            .into_iter()
            .map(|draft| DraftLine {
                address: place_of(portfolio, draft.id),
                file: draft.file_name,
                came: time(draft.created_at),
                goes: time(draft.expires_at),
            })
            .collect(),
        imports: imports.iter().map(|import| ImportLine::of(portfolio, import)).collect(),
        mappings: mappings
            .into_iter()
            .map(|known| MappingLine {
                key: known.key,
                columns: known.header.join(", "),
                used: time(known.used_at),
            })
            .collect(),
        proposals: format!("/portfolio/{portfolio}/proposals"),
    };
    Ok(html(state.templates.render("imports.html", &page)?))
}

pub(super) async fn begin(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    portfolio: web::Path<PortfolioId>,
    payload: web::Payload,
) -> Answer {
    let kept = async {
        let file = uploaded(&request, payload).await?;
        Ok::<_, Problem>(caller.tracker.begin_import(*portfolio, file).await?)
    };
    match kept.await {
        Ok(draft) => Ok(see_other(&place_of(*portfolio, draft.id))),
        Err(problem) => told(&state, &caller, problem).await,
    }
}

#[derive(Serialize)]
struct ResultPage {
    page: Page,
    import: ImportLine,
    history: String,
    dashboard: String,
    rejects: String,
    reconciliation: String,
}

pub(super) async fn result_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<HttpResponse, Problem> {
    let import = caller.tracker.import_record(portfolio, id).await?;
    let page = ResultPage {
        page: frame(state, caller, portfolio, "Import").await?,
        import: ImportLine::of(portfolio, &import),
        history: format!("/portfolio/{portfolio}/imports"),
        dashboard: format!("/dashboard/{portfolio}"),
        rejects: format!("/api/v1/portfolios/{portfolio}/imports/{id}/rejects.csv"),
        reconciliation: format!("{}/reconciliation", place_of(portfolio, id)),
    };
    Ok(html(state.templates.render("import-result.html", &page)?))
}

pub(super) async fn forget_mapping(
    state: web::Data<State>,
    caller: Caller,
    key: web::Path<String>,
) -> Answer {
    match caller.tracker.forget_import_mapping(&key).await {
        Ok(()) => Ok(see_other("/portfolio/import-csv")),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}
