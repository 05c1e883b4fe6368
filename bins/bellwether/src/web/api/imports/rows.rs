//! The rows of a draft, and those that could not be used.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::TransactionDraft;
use bellwether_texts::Sentence;
use bellwether_tracker::{PreviewRow, RowStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OneImport;
use crate::web::api::Answer;
use crate::web::api::answer::fresh;
use crate::web::api::paging::{Page, PageQuery, Paging};
use crate::web::api::schema::RowStatusName;
use crate::web::caller::Caller;
use crate::web::problem::{Fault, Problem};

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
pub(super) struct RowsQuery {
    /// Only rows of this status.
    #[param(value_type = Option<RowStatusName>, inline)]
    status: Option<String>,
}

pub(in crate::web) fn status_of(word: Option<&str>) -> Result<Option<RowStatus>, Problem> {
    let Some(word) = word else { return Ok(None) };
    let known = RowStatus::ALL.into_iter().find(|status| status.as_str() == word);
    let words = || Fault::new("status", Sentence::new("refused.asked.row_status"));
    known.map(Some).ok_or_else(|| words().into())
}

/// The rows of a draft in the order of the file, each with what would become of it.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}/rows",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path), RowsQuery, PageQuery<usize>),
    responses(
        (status = 200, description = "A page of them.", body = Page<RowShown>),
        (status = 409, description = "Nobody said yet what the columns hold."),
    )
)]
pub(super) async fn rows(
    caller: Caller,
    path: OneImport,
    query: web::Query<RowsQuery>,
    paging: Paging,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let status = status_of(query.status.as_deref())?;
    let from: usize = paging.after()?.unwrap_or(0);
    let preview = caller.tracker.preview(portfolio, id).await?.ok_or_else(|| {
        Problem::conflict("The form of the file is not known: say first what its columns hold.".to_owned())
    })?;
    let rows = preview.rows(status, from, paging.limit + 1);
    Ok(fresh(&paging.page(rows, |last| last.place + 1).map(RowShown::from)))
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
pub(super) async fn rejects(caller: Caller, path: OneImport) -> Answer {
    let (portfolio, id) = path.into_inner();
    let file = caller.tracker.import_rejects(portfolio, id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(header::ContentDisposition::attachment("rejects.csv"))
        .content_type("text/csv; charset=utf-8")
        .body(file))
}
