//! What leaves as files, and the installation's backups.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::PortfolioId;
use bytes::Bytes;
use futures::stream;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::Answer;
use super::schema::{Amount, CurrencyCode};
use crate::web::MAX_UPLOAD;
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};
use crate::web::problem::Problem;

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/export", READ).route(reading().to(export)))
        .service(
            address("/api/v1/export/restore", "POST")
                .app_data(web::PayloadConfig::new(MAX_UPLOAD))
                .route(web::post().to(restore)),
        )
        .service(
            address("/api/v1/portfolios/{portfolio}/transactions.csv", READ)
                .route(reading().to(transactions_csv)),
        )
        .service(
            address("/api/v1/portfolios/{portfolio}/cash-flows.csv", READ)
                .route(reading().to(cash_flows_csv)),
        )
        .service(
            address("/api/v1/portfolios/{portfolio}/tax-years/{year}.csv", READ)
                .route(reading().to(tax_year_csv)),
        )
        .service(
            address("/api/v1/portfolios/{portfolio}/tax-years/{year}", READ).route(reading().to(tax_year)),
        )
        .service(
            address("/api/v1/backups", "GET, HEAD, POST")
                .route(reading().to(backups))
                .route(web::post().to(back_up)),
        );
}

#[derive(OpenApi)]
#[openapi(paths(
    export,
    restore,
    transactions_csv,
    cash_flows_csv,
    tax_year_csv,
    tax_year,
    backups,
    back_up
))]
pub(in crate::web) struct Operations;

/// All that you entered: portfolios with settings, transactions, imports, targets and history, indices, rules. It restores
/// exactly where there is nothing yet.
#[utoipa::path(get, path = "/api/v1/export", responses((status = 200, description = "The document.", body = Object)))]
async fn export(caller: Caller) -> Answer {
    let document = caller.tracker.export().await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(header::ContentDisposition::attachment("bellwether.json"))
        .content_type("application/json")
        .body(document))
}

/// Puts an export back, for somebody who has nothing yet: all of it or nothing. It is one of 32 MiB at most; the command
/// line takes any. What could not be entered here is refused.
#[utoipa::path(
    post,
    path = "/api/v1/export/restore",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 204, description = "It is restored."),
        (status = 400),
        (status = 409, description = "What it tells of is there already, or another one is being restored."),
        (status = 413)
    )
)]
async fn restore(caller: Caller, body: Bytes) -> Answer {
    caller.tracker.restore_export(body.to_vec()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A table that is sent piece by piece.
fn table(name: &str, pieces: Vec<String>) -> HttpResponse {
    let pieces = pieces.into_iter().map(|piece| Ok::<_, std::convert::Infallible>(Bytes::from(piece)));
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(header::ContentDisposition::attachment(name))
        .content_type("text/csv; charset=utf-8")
        .streaming(stream::iter(pieces))
}

/// The transactions as CSV, which can be imported again. Texts that a spreadsheet would run begin with an apostrophe.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/transactions.csv",
    params(("portfolio" = String, Path, format = Uuid)),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv"), (status = 404))
)]
async fn transactions_csv(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    Ok(table("transactions.csv", caller.tracker.transactions_csv(*id).await?))
}

/// Every movement of cash as CSV; `Inferred` says which no transaction records.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/cash-flows.csv",
    params(("portfolio" = String, Path, format = Uuid)),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = 404),
        (status = 409, description = "The ledger contradicts itself.")
    )
)]
async fn cash_flows_csv(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    Ok(table("cash-flows.csv", caller.tracker.cash_flows_csv(*id).await?))
}

fn year_of(text: &str) -> Result<i32, Problem> {
    text.parse().map_err(|_no_number| {
        Problem::bad_request(format!("{text:?} is no year of a report: give one such as 2025."))
    })
}

/// The lots that were sold in a calendar year, with their gains, as CSV.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/tax-years/{year}.csv",
    params(("portfolio" = String, Path, format = Uuid), ("year" = i32, Path, minimum = 1900, maximum = 9998)),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = 400),
        (status = 404),
        (status = 409, description = "The ledger contradicts itself.")
    )
)]
async fn tax_year_csv(caller: Caller, path: web::Path<(PortfolioId, String)>) -> Answer {
    let (id, year) = path.into_inner();
    // What is not theirs is not there, whatever the year.
    caller.tracker.portfolio(id).await?;
    let year = year_of(&year)?;
    let csv = caller.tracker.tax_year_csv(id, year).await?;
    Ok(table(&format!("tax-year-{year}.csv"), vec![csv]))
}

/// The year of a tax return. An amount that is not known is null, with its reason under the same key in `unknown`.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "what the answer looks like, for the documentation")]
struct TaxYear {
    /// Whose.
    #[schema(value_type = String, format = Uuid)]
    portfolio: PortfolioId,
    /// Which.
    year: i32,
    /// The last day that is in it.
    until: chrono::NaiveDate,
    /// Of all amounts.
    #[schema(value_type = CurrencyCode)]
    currency: String,
    /// Every lot that was closed.
    lots: Vec<ClosedLot>,
    /// Sums of all lots.
    #[schema(value_type = Object)]
    realised: serde_json::Value,
    /// Of those held for a year or less.
    #[schema(value_type = Object)]
    short_term: serde_json::Value,
    /// Of those held for longer.
    #[schema(value_type = Object)]
    long_term: serde_json::Value,
    /// Dividends and interest.
    #[schema(value_type = Object)]
    income: serde_json::Value,
    /// Taxes that belong to no trade and no payment.
    #[schema(value_type = Object)]
    taxes: serde_json::Value,
}

/// A lot, or a part of one, that was sold.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "what the answer looks like, for the documentation")]
struct ClosedLot {
    symbol: String,
    acquired: chrono::NaiveDate,
    sold: chrono::NaiveDate,
    #[schema(value_type = Amount)]
    quantity: String,
    #[schema(value_type = Option<Amount>)]
    proceeds: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cost: Option<String>,
    #[schema(value_type = Option<Amount>)]
    gain: Option<String>,
    #[schema(value_type = Option<Amount>)]
    fees: Option<String>,
    #[schema(value_type = Option<Amount>)]
    taxes: Option<String>,
    days_held: i64,
    /// `short` or `long`.
    term: String,
    /// The transaction that opened it.
    #[schema(format = Uuid)]
    opened_by: String,
    /// The one that closed it.
    #[schema(format = Uuid)]
    closed_by: String,
    /// Why amounts are null.
    #[schema(value_type = Object)]
    unknown: serde_json::Value,
}

/// The gains by lot and the income of a calendar year. It is arithmetic, not advice.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/tax-years/{year}",
    params(("portfolio" = String, Path, format = Uuid), ("year" = i32, Path, minimum = 1900, maximum = 9998)),
    responses(
        (status = 200, description = "The year.", body = TaxYear),
        (status = 400),
        (status = 404),
        (status = 409, description = "The ledger contradicts itself.")
    )
)]
async fn tax_year(caller: Caller, path: web::Path<(PortfolioId, String)>) -> Answer {
    let (id, year) = path.into_inner();
    caller.tracker.portfolio(id).await?;
    let told = caller.tracker.tax_year(id, year_of(&year)?).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

/// The last backups.
#[derive(Serialize, ToSchema)]
struct Backups {
    /// Newest first.
    items: Vec<Backup>,
    /// There is one page.
    #[schema(value_type = Option<String>)]
    next: Option<()>,
}

/// How a backup went.
#[derive(Serialize, ToSchema)]
struct Backup {
    /// When it was begun.
    at: chrono::DateTime<chrono::Utc>,
    /// The file's name in the folder of backups; null when there is none.
    file: Option<String>,
    /// Its size in bytes.
    size: Option<u64>,
    /// The hash of all that owners had entered.
    ledger: Option<String>,
    /// Why there is none.
    error: Option<String>,
}

/// How the last backups went, newest first.
#[utoipa::path(get, path = "/api/v1/backups", responses((status = 200, description = "The list.", body = Backups)))]
async fn backups(caller: Caller) -> Answer {
    let told = caller.tracker.backups().await?.into_iter();
    let items = told
        .map(|made| Backup {
            at: made.at,
            file: made.file,
            size: made.size,
            ledger: made.ledger,
            error: made.error,
        })
        .collect();
    let list = Backups { items, next: None };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(list))
}

/// A backup that a worker makes.
#[derive(Serialize, ToSchema)]
struct BackupBegun {
    /// The job that makes it.
    #[schema(format = Uuid)]
    job: String,
    /// Where to see how far it came.
    progress: String,
}

/// Has a backup made, where the server was given a folder for backups.
#[utoipa::path(
    post,
    path = "/api/v1/backups",
    responses((status = 202, description = "A worker makes it.", body = BackupBegun), (status = 409, description = "There is no folder for backups."))
)]
async fn back_up(caller: Caller) -> Answer {
    let job = caller.tracker.request_backup().await?;
    let progress = format!("/api/v1/jobs/{job}");
    let begun = BackupBegun { job: job.to_string(), progress: progress.clone() };
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, progress)).json(begun))
}
