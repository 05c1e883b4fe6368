//! The transactions of a portfolio, for programs.

mod body;
mod changes;
mod query;
mod shown;

use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, TransactionId};
use bellwether_tracker::{FieldFault, LedgerEntry, Part, TrackerError};
use utoipa::OpenApi;

pub(in crate::web) use self::body::fact;
use self::query::refuse_empty;
pub(in crate::web) use self::query::{Cursor, TransactionQuery, cursor, place};
use self::shown::TransactionShown;
pub(in crate::web) use self::shown::twin;
use super::Answer;
use super::answer::listed;
use super::conditions::{Conditions, Tag};
use super::fields::{FieldsQuery, Wanted};
use super::paging::{Page, PageQuery, Paging};
use crate::web::caller::Caller;
use crate::web::methods::{address, reading};
use crate::web::problem::{Fault, Problem};

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios/{portfolio}/transactions", "GET, HEAD, POST")
            .route(reading().to(list))
            .route(web::post().to(changes::create)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/transactions/bulk", "POST")
            .route(web::post().to(changes::bulk)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/transactions/{transaction}", "GET, HEAD, PUT, DELETE")
            .route(reading().to(one))
            .route(web::put().to(changes::edit))
            .route(web::delete().to(changes::remove)),
    );
}

#[derive(OpenApi)]
#[openapi(paths(list, changes::create, changes::bulk, one, changes::edit, changes::remove))]
pub(in crate::web) struct Operations;

/// Which field of a body that is.
fn place_of(fault: &FieldFault, is_alone: bool) -> String {
    let within = |list: &str, at: usize, deeper: &str| {
        if is_alone {
            fault.field.to_owned()
        } else {
            format!("{list}[{at}]{deeper}.{}", fault.field).trim_end_matches('.').to_owned()
        }
    };
    match fault.part {
        Part::Create(at) => within("creates", at, ""),
        Part::Edit(at) => within("edits", at, ".transaction"),
        Part::Delete(at) => within("deletes", at, ""),
        Part::Whole => fault.field.to_owned(),
    }
}

/// Faults as a problem: of one thing, or of many in lists.
pub(in crate::web) fn invalid(faults: &[FieldFault], is_alone: bool) -> Problem {
    Problem::Invalid(
        faults.iter().map(|fault| Fault::new(place_of(fault, is_alone), fault.reason.clone())).collect(),
    )
}

/// The problem of a change that is about one transaction alone.
fn alone(error: TrackerError) -> Problem {
    match error {
        TrackerError::Invalid(faults) => invalid(&faults, true),
        error => error.into(),
    }
}

type OneTransaction = web::Path<(PortfolioId, TransactionId)>;

/// A transaction.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/transactions/{transaction}",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio."),
        ("transaction" = Uuid, Path, description = "The transaction."),
        FieldsQuery<TransactionShown>
    ),
    responses(
        (status = 200, description = "The transaction.", body = TransactionShown, headers(("ETag" = String))),
        (status = 304, description = "You have it.")
    )
)]
async fn one(caller: Caller, ids: OneTransaction, wanted: Wanted, conditions: Conditions) -> Answer {
    let fields = wanted.fields::<TransactionShown>()?;
    let entry = caller.tracker.transaction(ids.0, ids.1).await?;
    Ok(conditions.answer(&tag(&entry), &fields.of(&TransactionShown::of(&entry))?))
}

/// The transactions of a portfolio.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/transactions",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), TransactionQuery, PageQuery<Cursor>, FieldsQuery<TransactionShown>),
    responses((status = 200, description = "A page of them.", body = Page<TransactionShown>))
)]
async fn list(
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<TransactionQuery>,
    request: HttpRequest,
    paging: Paging,
    wanted: Wanted,
) -> Answer {
    let fields = wanted.fields::<TransactionShown>()?;
    refuse_empty(request.query_string())?;
    let (filter, order) = query.read()?;
    let after = paging.after()?.map(place);
    let found = caller.tracker.transactions(*id, filter, order, after, paging.limit + 1).await?;
    listed(paging.page(found.entries, cursor), |entry| fields.of(&TransactionShown::of(entry)))
}

pub(in crate::web) fn tag(entry: &LedgerEntry) -> Tag {
    Tag::of_bytes(&serde_json::to_vec(entry).unwrap_or_default())
}
