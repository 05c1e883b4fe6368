//! Files on their way into a ledger, for programs: draft, preview, corrections, commit, undo.

mod choices;
mod mappings;
mod rows;
mod shown;
mod told;
mod upload;

use actix_web::{HttpRequest, web};
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_tracker::{Tracker, TrackerError};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

pub(in crate::web) use self::rows::status_of;
use self::shown::{Import, tag};
pub(in crate::web) use self::upload::uploaded;
use self::upload::{UploadForm, UploadQuery};
use super::Answer;
use super::answer::{fresh, made};
use super::conditions::Conditions;
use super::paging::{Page, PageQuery, Paging};
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};
use crate::web::problem::Problem;

/// A file of a portfolio.
type OneImport = web::Path<(PortfolioId, ImportId)>;

#[derive(OpenApi)]
#[openapi(paths(
    history,
    begin,
    one,
    choices::change,
    choices::discard,
    rows::rows,
    commit,
    undo,
    rows::rejects,
    mappings::mappings,
    mappings::forget_mapping
))]
pub(in crate::web) struct Operations;

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios/{portfolio}/imports", "GET, HEAD, POST")
            .route(reading().to(history))
            .route(web::post().to(begin)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}", "GET, HEAD, PATCH, DELETE")
            .route(reading().to(one))
            .route(web::patch().to(choices::change))
            .route(web::delete().to(choices::discard)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/rows", READ).route(reading().to(rows::rows)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/commit", "POST")
            .route(web::post().to(commit)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/undo", "POST").route(web::post().to(undo)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/rejects.csv", READ)
            .route(reading().to(rows::rejects)),
    )
    .service(address("/api/v1/import-mappings", READ).route(reading().to(mappings::mappings)))
    .service(
        address("/api/v1/import-mappings/{key}", "DELETE").route(web::delete().to(mappings::forget_mapping)),
    );
}

async fn found(tracker: &Tracker, portfolio: PortfolioId, id: ImportId) -> Result<Import, Problem> {
    match tracker.draft(portfolio, id).await {
        Ok(draft) => Ok(Import::of_draft_in_full(tracker, draft).await?),
        Err(TrackerError::NotFound(_)) => Ok(Import::of_record(tracker.import_record(portfolio, id).await?)),
        Err(error) => Err(error.into()),
    }
}

/// The draft's version, where the request holds for what is there now.
async fn version_for(
    conditions: &Conditions,
    tracker: &Tracker,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<Option<i64>, Problem> {
    if !conditions.name_a_version() {
        return Ok(None);
    }
    let draft = tracker.draft(portfolio, id).await?;
    let version = draft.version;
    let import = Import::of_draft_in_full(tracker, draft).await?;
    conditions.allow_change_of(&tag(&import)?)?;
    Ok(Some(version))
}

/// Files that wait and files that were imported, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/imports",
    params(("portfolio" = uuid::Uuid, Path), PageQuery<ImportId>),
    responses((status = 200, description = "A page of them.", body = Page<Import>))
)]
async fn history(caller: Caller, portfolio: web::Path<PortfolioId>, paging: Paging) -> Answer {
    let tracker = &caller.tracker;
    let after: Option<ImportId> = paging.after()?;
    let mut all: Vec<Import> = tracker.drafts(*portfolio).await?.iter().map(Import::of_draft).collect();
    all.extend(tracker.imports(*portfolio).await?.into_iter().map(Import::of_record));
    all.retain(|import| after.is_none_or(|after| import.id < after));
    // Identifiers rise with time.
    all.sort_by_key(|import| std::cmp::Reverse(import.id));
    all.truncate(paging.limit + 1);
    Ok(fresh(&paging.page(all, |last| last.id)))
}

/// Keeps a file as a draft, to be looked at. Nothing of it is in the ledger yet.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/imports",
    params(("portfolio" = uuid::Uuid, Path), UploadQuery),
    request_body(
        content(
            (Value = "text/csv"), (Value = "text/plain"), (Value = "application/json"), (Value = "application/xml"),
            (Value = "text/xml"), (Value = "application/x-ofx"), (Value = "application/vnd.ms-excel"),
            (Value = "application/octet-stream"), (UploadForm = "multipart/form-data")
        ),
        description = "The file as it was downloaded, whatever is in it; or a form with it as its field `file`."
    ),
    responses(
        (status = 201, description = "The draft.", body = Import, headers(("Location" = String))),
        (status = 409, description = "There are too many drafts."),
    )
)]
async fn begin(
    caller: Caller,
    request: HttpRequest,
    portfolio: web::Path<PortfolioId>,
    payload: web::Payload,
) -> Answer {
    let file = uploaded(&request, payload).await?;
    let draft = caller.tracker.begin_import(*portfolio, file).await?;
    let location = format!("/api/v1/portfolios/{portfolio}/imports/{}", draft.id);
    let import = match Import::of_draft_in_full(&caller.tracker, draft.clone()).await {
        Ok(import) => import,
        // What was remembered does not fit this file: it waits to be told otherwise.
        Err(TrackerError::File(_)) => Import::of_draft(&draft),
        Err(error) => return Err(error.into()),
    };
    Ok(made(location, &tag(&import)?, &import))
}

/// One file: how it is read and what it would do, or what became of it.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The import.", body = Import),
        (status = 304, description = "You have it."),
        (status = 400, description = "The file gives no rows as it is to be read."),
    )
)]
async fn one(caller: Caller, path: OneImport, conditions: Conditions) -> Answer {
    let (portfolio, id) = path.into_inner();
    let import = found(&caller.tracker, portfolio, id).await?;
    Ok(conditions.answer(&tag(&import)?, &import))
}

/// What became of a draft.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Outcome {
    /// The import; null when there was nothing new in the file, and nothing was changed.
    import: Option<Import>,
    imported: usize,
    already_there: usize,
    rejected: usize,
    notes: Vec<String>,
}

/// Brings the good rows of a draft into the ledger, in one database transaction. They are judged anew.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}/commit",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "What became of it.", body = Outcome),
        (status = 400, description = "The file gives no rows as it is to be read."),
        (status = 409, description = "It needs a mapping, was changed at the same time, or is imported already."),
        (status = 412, description = "It is no longer what If-Match says."),
    )
)]
async fn commit(caller: Caller, path: OneImport, conditions: Conditions) -> Answer {
    let (portfolio, id) = path.into_inner();
    let expected = version_for(&conditions, &caller.tracker, portfolio, id).await?;
    let outcome = caller.tracker.commit_draft(portfolio, id, expected).await?;
    Ok(fresh(&Outcome {
        import: outcome.import.map(Import::of_record),
        imported: outcome.report.imported,
        already_there: outcome.report.already_there,
        rejected: outcome.report.rejected_rows,
        notes: outcome.report.notes,
    }))
}

/// Takes an import back: what is left of its transactions goes.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}/undo",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The import as it is now.", body = Import),
        (status = 409, description = "It was undone already."),
    )
)]
async fn undo(caller: Caller, path: OneImport) -> Answer {
    let (portfolio, id) = path.into_inner();
    let record = caller.tracker.undo_import(portfolio, id).await?;
    Ok(fresh(&Import::of_record(record)))
}
