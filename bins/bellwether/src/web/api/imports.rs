//! Files on their way into a ledger, for programs: draft, preview, corrections, commit, undo.

use std::collections::BTreeMap;

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes as UploadedFile;
use actix_multipart::form::text::Text;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use bellwether_domain::{Currency, ImportId, PortfolioId, Symbol, TransactionDraft};
use bellwether_tracker::{
    ColumnMapping, Correction, Detected, Draft, DraftChange, ImportFile, ImportRecord, Mapping, Preview,
    PreviewCounts, PreviewRow, RowStatus, StatementFormat, Tracker, TrackerError,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::Answer;
use super::body::read;
use super::conditions::{Conditions, Tag};
use super::paging::{Page, PageQuery, Paging};
use crate::web::MAX_UPLOAD;
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};
use crate::web::problem::{Fault, Problem};

#[derive(OpenApi)]
#[openapi(paths(
    history,
    begin,
    one,
    change,
    discard,
    rows,
    commit,
    undo,
    rejects,
    mappings,
    forget_mapping
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
            .route(web::patch().to(change))
            .route(web::delete().to(discard)),
    )
    .service(address("/api/v1/portfolios/{portfolio}/imports/{import}/rows", READ).route(reading().to(rows)))
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/commit", "POST")
            .route(web::post().to(commit)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/undo", "POST").route(web::post().to(undo)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/rejects.csv", READ)
            .route(reading().to(rejects)),
    )
    .service(address("/api/v1/import-mappings", READ).route(reading().to(mappings)))
    .service(address("/api/v1/import-mappings/{key}", "DELETE").route(web::delete().to(forget_mapping)));
}

/// A file, before or after it came into the ledger.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Import {
    #[schema(value_type = uuid::Uuid)]
    id: ImportId,
    /// Whether it waits, is in the ledger, or was taken back.
    state: ImportState,
    file_name: String,
    /// The form that it is read in; null as long as nobody can tell.
    format: Option<String>,
    created_at: DateTime<Utc>,
    /// When a draft goes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<DateTime<Utc>>,
    /// How many transactions came into the ledger, or would.
    transactions: u32,
    /// What a draft waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<DraftState>,
    /// What became of the rows of an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<ImportedRows>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ImportState {
    Draft,
    Committed,
    Undone,
}

/// What became of the rows of an import.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ImportedRows {
    imported: u32,
    already_there: u32,
    rejected: u32,
}

/// How a draft is read, and what it would do.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct DraftState {
    /// Whether somebody has to say what the columns hold.
    needs_mapping: bool,
    /// The forms that the file may have, the surest first.
    #[schema(value_type = Vec<Object>)]
    detected: Vec<Detected>,
    /// The mapping that is used, or null.
    #[schema(value_type = Option<Object>)]
    mapping: Option<ColumnMapping>,
    /// Whether the mapping was remembered from an earlier file.
    remembered: bool,
    /// A guess at the mapping, where one is needed.
    suggestion: Option<Suggestion>,
    /// The currency of rows that name none; null for the portfolio's.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// The symbols that were chosen.
    #[schema(value_type = BTreeMap<String, String>)]
    symbols: BTreeMap<String, Symbol>,
    /// The places of the rows that were corrected.
    corrected: Vec<usize>,
    /// What the rows are; null as long as a mapping is needed.
    preview: Option<PreviewState>,
}

/// A guess at what the columns hold.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Suggestion {
    header: Vec<String>,
    #[schema(value_type = Object)]
    mapping: ColumnMapping,
    /// How sure that is, in per cent.
    confidence: u8,
    /// The words in the column of kinds with what each usually means.
    #[schema(value_type = Vec<Object>)]
    kind_words: Vec<Value>,
}

/// What a draft would do to the ledger.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct PreviewState {
    confidence: u8,
    header: Vec<String>,
    counts: Counts,
    notes: Vec<String>,
    /// Instruments whose symbols have to be chosen.
    #[schema(value_type = Vec<Object>)]
    which_symbol: Vec<Value>,
    /// Whether the file states positions or cash to compare with.
    can_be_reconciled: bool,
}

/// How many rows have each status.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Counts {
    new: usize,
    duplicate: usize,
    attention: usize,
    error: usize,
    ignored: usize,
}

impl From<PreviewCounts> for Counts {
    fn from(counts: PreviewCounts) -> Self {
        let PreviewCounts { new, duplicate, attention, error, ignored } = counts;
        Self { new, duplicate, attention, error, ignored }
    }
}

impl Import {
    fn of_record(record: ImportRecord) -> Self {
        Self {
            id: record.id,
            state: if record.undone_at.is_some() { ImportState::Undone } else { ImportState::Committed },
            file_name: record.file_name,
            format: Some(record.format),
            created_at: record.created_at,
            expires_at: None,
            undone_at: record.undone_at,
            transactions: record.inserted,
            draft: None,
            rows: Some(ImportedRows {
                imported: record.inserted,
                already_there: record.duplicates,
                rejected: record.rejected,
            }),
        }
    }

    fn of_draft(draft: &Draft) -> Self {
        let surest = draft.choices.format.or(draft.choices.detected.first().map(|found| found.format));
        let mapped = draft.choices.mapping.is_some().then_some(StatementFormat::Mapped);
        Self {
            id: draft.id,
            state: ImportState::Draft,
            file_name: draft.file_name.clone(),
            format: mapped.or(surest).map(|format| format.as_str().to_owned()),
            created_at: draft.created_at,
            expires_at: Some(draft.expires_at),
            undone_at: None,
            transactions: 0,
            draft: None,
            rows: None,
        }
    }

    async fn of_draft_in_full(tracker: &Tracker, draft: Draft) -> Result<Self, TrackerError> {
        let (portfolio, id) = (draft.portfolio, draft.id);
        let preview = tracker.preview(portfolio, id).await?;
        let needs_mapping = preview.is_none();
        let suggestion = if needs_mapping { tracker.suggested_mapping(portfolio, id).await? } else { None };
        let mut import = Self::of_draft(&draft);
        let transactions = preview.as_ref().map_or(0, |preview| preview.transactions);
        import.transactions = u32::try_from(transactions).unwrap_or(u32::MAX);
        import.draft = Some(DraftState {
            needs_mapping,
            detected: draft.choices.detected,
            mapping: draft.choices.mapping,
            remembered: draft.choices.remembered,
            suggestion: suggestion.map(|guess| Suggestion {
                header: guess.header,
                mapping: guess.mapping,
                confidence: guess.confidence,
                kind_words: guess
                    .kind_words
                    .into_iter()
                    .map(|(word, kind)| json!({ "word": word, "kind": kind }))
                    .collect(),
            }),
            currency: draft.choices.currency,
            symbols: draft.choices.symbols,
            corrected: draft.choices.corrections.into_keys().collect(),
            preview: preview.as_deref().map(PreviewState::of),
        });
        Ok(import)
    }
}

impl PreviewState {
    fn of(preview: &Preview) -> Self {
        Self {
            confidence: preview.confidence(),
            header: preview.header().to_vec(),
            counts: preview.counts.into(),
            notes: preview.notes.clone(),
            which_symbol: preview
                .asked
                .iter()
                .map(|asked| {
                    json!({ "instrument": asked.instrument, "known_as": asked.known_as, "rows": asked.rows })
                })
                .collect(),
            can_be_reconciled: preview.can_be_reconciled(),
        }
    }
}

fn tag(import: &Import) -> Result<Tag, Problem> {
    let bytes = serde_json::to_vec(import).map_err(|error| {
        tracing::error!(%error, "answer.not_written");
        Problem::Internal
    })?;
    Ok(Tag::of_bytes(&bytes))
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
    params(("portfolio" = uuid::Uuid, Path), PageQuery),
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

fn fresh(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

#[derive(MultipartForm)]
struct Upload {
    file: UploadedFile,
    currency: Option<Text<String>>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UploadQuery {
    /// The name of a file that is sent as it is.
    name: Option<String>,
    /// The currency of rows that name none; the portfolio's unless told.
    #[param(value_type = Option<String>)]
    currency: Option<String>,
}

fn currency_of(text: Option<&str>) -> Result<Option<Currency>, Problem> {
    let parse = |text: &str| text.trim().parse();
    text.map(parse).transpose().map_err(|error| Fault::new("currency", format!("{error}")).into())
}

/// A file that somebody sends: as a form's field `file`, or as it is.
pub(in crate::web) async fn uploaded(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<ImportFile, Problem> {
    let query = web::Query::<UploadQuery>::from_query(request.query_string())
        .map_err(|error| Problem::BadRequest(format!("That address cannot be read: {error}.")))?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/")) {
        let mut payload = payload.into_inner();
        let form = MultipartForm::<Upload>::from_request(request, &mut payload).await.map_err(|error| {
            if error.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
                Problem::TooLarge { limit: MAX_UPLOAD }
            } else {
                Problem::BadRequest(format!(
                    "The form cannot be read: {error}. Send the file as its field \"file\"."
                ))
            }
        })?;
        let Upload { file, currency } = form.into_inner();
        return Ok(ImportFile {
            name: file.file_name.unwrap_or_else(|| "upload".to_owned()),
            bytes: file.data.to_vec(),
            currency: currency_of(
                currency.as_ref().map(|text| text.0.as_str()).filter(|text| !text.is_empty()),
            )?,
        });
    }
    let bytes = match payload.to_bytes_limited(MAX_UPLOAD).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(Problem::BadRequest(format!("The body broke off: {error}."))),
        Err(_limit) => return Err(Problem::TooLarge { limit: MAX_UPLOAD }),
    };
    let UploadQuery { name, currency } = query.into_inner();
    Ok(ImportFile {
        name: name.unwrap_or_else(|| "upload".to_owned()),
        bytes: bytes.to_vec(),
        currency: currency_of(currency.as_deref())?,
    })
}

/// Keeps a file as a draft, to be looked at. Nothing of it is in the ledger yet.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/imports",
    params(("portfolio" = uuid::Uuid, Path), UploadQuery),
    request_body(
        content(
            (String = "text/csv"), (String = "text/plain"), (String = "application/json"), (String = "application/xml"),
            (String = "text/xml"), (String = "application/x-ofx"), (String = "application/vnd.ms-excel"),
            (String = "application/octet-stream"), (String = "multipart/form-data")
        ),
        description = "The file as it was downloaded; or a form with it as its field `file`."
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
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .insert_header((header::ETAG, tag(&import)?.to_string()))
        .json(import))
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
async fn one(caller: Caller, path: web::Path<(PortfolioId, ImportId)>, conditions: Conditions) -> Answer {
    let (portfolio, id) = path.into_inner();
    let import = found(&caller.tracker, portfolio, id).await?;
    Ok(conditions.answer(&tag(&import)?, &import))
}

/// Tells null from nothing.
#[expect(clippy::option_option, reason = "null takes a choice back, nothing leaves it")]
fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is to be chosen otherwise. What is left out stays; null takes a choice back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "null takes a choice back, nothing leaves it")]
struct Change {
    /// The currency of rows that name none.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    currency: Option<Option<Currency>>,
    /// The form of the file.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    format: Option<Option<StatementFormat>>,
    /// What the columns hold.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<Object>)]
    mapping: Option<Option<ColumnMapping>>,
    /// Whether to use the mapping for later files with these columns too.
    #[serde(default)]
    remember: bool,
    /// Corrections by the place of the row: `{"cells": {"2": "2024-03-05"}}`, `{"transaction": {...}}` or `"leave-out"`.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Object>)]
    corrections: BTreeMap<usize, Option<Correction>>,
    /// Symbols by what the file calls the instruments.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    symbols: BTreeMap<String, Option<Symbol>>,
}

/// Chooses otherwise for a draft: mapping, corrections of rows, symbols.
#[utoipa::path(
    patch,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    request_body = Change,
    responses(
        (status = 200, description = "The draft as it is now.", body = Import),
        (status = 409, description = "It was changed at the same time."),
        (status = 412, description = "It is no longer what If-Match says."),
    )
)]
async fn change(
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    conditions: Conditions,
    body: web::Bytes,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let Change { currency, format, mapping, remember, corrections, symbols } =
        read(&body, "choices, such as {\"symbols\": {\"US0378331005\": \"AAPL\"}}")?;
    let expected = version_for(&conditions, &caller.tracker, portfolio, id).await?;
    let change = DraftChange { currency, format, mapping, remember, corrections, symbols };
    let draft = caller.tracker.change_draft(portfolio, id, expected, change).await?;
    let import = Import::of_draft_in_full(&caller.tracker, draft).await?;
    Ok(Conditions::default().answer(&tag(&import)?, &import))
}

/// Discards a draft with its file.
#[utoipa::path(
    delete,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It was changed at the same time."),
        (status = 412, description = "It is no longer what If-Match says."),
    )
)]
async fn discard(caller: Caller, path: web::Path<(PortfolioId, ImportId)>, conditions: Conditions) -> Answer {
    let (portfolio, id) = path.into_inner();
    let expected = version_for(&conditions, &caller.tracker, portfolio, id).await?;
    caller.tracker.discard_draft(portfolio, id, expected).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A row of a draft.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct RowShown {
    /// Its place in the file, from 0: corrections name it.
    row: usize,
    /// The line on which it begins, from 1.
    line: usize,
    cells: Vec<String>,
    /// `new`, `duplicate`, `attention`, `error` or `ignored`.
    status: &'static str,
    reasons: Vec<RowReason>,
    /// The transactions that it is.
    #[schema(value_type = Vec<Object>)]
    transactions: Vec<TransactionDraft>,
}

/// Why a row has its status.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct RowReason {
    /// The column at fault, where one is.
    column: Option<String>,
    reason: String,
}

impl From<PreviewRow> for RowShown {
    fn from(row: PreviewRow) -> Self {
        let reason =
            |why: bellwether_tracker::PreviewReason| RowReason { column: why.column, reason: why.reason };
        Self {
            row: row.place,
            line: row.line,
            cells: row.cells,
            status: row.status.as_str(),
            reasons: row.reasons.into_iter().map(reason).collect(),
            transactions: row.transactions,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RowsQuery {
    /// Only rows of this status: `new`, `duplicate`, `attention`, `error` or `ignored`.
    status: Option<String>,
}

pub(in crate::web) fn status_of(word: Option<&str>) -> Result<Option<RowStatus>, Problem> {
    let Some(word) = word.filter(|word| !word.is_empty()) else { return Ok(None) };
    let known = RowStatus::ALL.into_iter().find(|status| status.as_str() == word);
    let words = || Fault::new("status", "use new, duplicate, attention, error or ignored".to_owned());
    known.map(Some).ok_or_else(|| words().into())
}

/// The rows of a draft in the order of the file, each with what would become of it.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}/rows",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path), RowsQuery, PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = Page<RowShown>),
        (status = 409, description = "Nobody said yet what the columns hold."),
    )
)]
async fn rows(
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    query: web::Query<RowsQuery>,
    paging: Paging,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let status = status_of(query.status.as_deref())?;
    let from: usize = paging.after()?.unwrap_or(0);
    let preview = caller.tracker.preview(portfolio, id).await?.ok_or_else(|| {
        Problem::Conflict("The form of the file is not known: say first what its columns hold.".to_owned())
    })?;
    let rows = preview.rows(status, from, paging.limit + 1);
    Ok(fresh(&paging.page(rows, |last| last.place + 1).map(RowShown::from)))
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
async fn commit(caller: Caller, path: web::Path<(PortfolioId, ImportId)>, conditions: Conditions) -> Answer {
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
async fn undo(caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    let record = caller.tracker.undo_import(portfolio, id).await?;
    Ok(fresh(&Import::of_record(record)))
}

/// The rows that could not be used, as CSV with the reasons in a last column. Corrected, it can be imported.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}/rejects.csv",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "text/csv"),
        (status = 400, description = "The file gives no rows as it is to be read."),
    )
)]
async fn rejects(caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    let file = caller.tracker.import_rejects(portfolio, id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(header::ContentDisposition::attachment("rejects.csv"))
        .content_type("text/csv; charset=utf-8")
        .body(file))
}

/// A mapping that is remembered.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct MappingShown {
    key: String,
    header: Vec<String>,
    #[schema(value_type = Object)]
    mapping: ColumnMapping,
    created_at: DateTime<Utc>,
    used_at: DateTime<Utc>,
}

impl From<Mapping> for MappingShown {
    fn from(mapping: Mapping) -> Self {
        let Mapping { key, header, mapping, created_at, used_at } = mapping;
        Self { key, header, mapping, created_at, used_at }
    }
}

/// The mappings that are remembered, the one that was used last first.
#[utoipa::path(
    get,
    path = "/api/v1/import-mappings",
    params(PageQuery),
    responses((status = 200, description = "A page of them.", body = Page<MappingShown>))
)]
async fn mappings(caller: Caller, paging: Paging) -> Answer {
    let from: usize = paging.after()?.unwrap_or(0);
    let all = caller.tracker.import_mappings().await?;
    let numbered: Vec<(usize, Mapping)> =
        all.into_iter().enumerate().skip(from).take(paging.limit + 1).collect();
    Ok(fresh(&paging.page(numbered, |(place, _)| place + 1).map(|(_, mapping)| MappingShown::from(mapping))))
}

/// Forgets a mapping: files with those columns are asked about again.
#[utoipa::path(
    delete,
    path = "/api/v1/import-mappings/{key}",
    params(("key" = String, Path)),
    responses((status = 204, description = "It is forgotten."))
)]
async fn forget_mapping(caller: Caller, key: web::Path<String>) -> Answer {
    caller.tracker.forget_import_mapping(&key).await?;
    Ok(HttpResponse::NoContent().finish())
}
