//! What was changed in a portfolio, and taking it back, for programs.

use actix_web::{HttpResponse, web};
use bellwether_domain::{ChangeId, PortfolioId, UserId};
use bellwether_tracker::{AuditRecord, ChangeShown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::Answer;
use super::answer::{instant, listed};
use super::body::{read, whole};
use super::fields::{FieldsQuery, Wanted};
use super::paging::{Page, PageQuery, Paging};
use super::schema::Instant;
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/portfolios/{portfolio}/changes", READ).route(reading().to(list)))
        .service(
            address("/api/v1/portfolios/{portfolio}/changes/{change}/undo", "POST")
                .route(web::post().to(undo)),
        )
        .service(address("/api/v1/portfolios/{portfolio}/restore", "POST").route(web::post().to(restore)))
        .service(address("/api/v1/portfolios/{portfolio}/audit", READ).route(reading().to(audit)));
}

#[derive(OpenApi)]
#[openapi(paths(list, undo, restore, audit))]
pub(in crate::web) struct Operations;

/// What somebody did at once.
#[derive(Serialize, ToSchema)]
struct ChangeTold {
    /// By which it is undone.
    id: Uuid,
    #[schema(value_type = Instant)]
    at: String,
    /// Its last audit record: restoring that gives the state just after it.
    record: i64,
    /// What was done, in words.
    words: String,
}

impl ChangeTold {
    fn of(change: &ChangeShown) -> Self {
        Self {
            id: change.id.uuid(),
            at: instant(change.at),
            record: change.record,
            words: change.words.clone(),
        }
    }
}

/// The changes of a portfolio, newest first. They outlive the portfolio.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/changes",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), PageQuery<i64>, FieldsQuery<ChangeTold>),
    responses((status = 200, description = "A page of them.", body = Page<ChangeTold>))
)]
async fn list(caller: Caller, id: web::Path<PortfolioId>, paging: Paging, wanted: Wanted) -> Answer {
    let fields = wanted.fields::<ChangeTold>()?;
    let changes = caller.tracker.changes(*id, paging.after()?, paging.limit + 1).await?;
    listed(paging.page(changes, |change| change.record), |change| fields.of(&ChangeTold::of(change)))
}

/// The change that taking back is.
#[derive(Serialize, ToSchema)]
struct TakenBack {
    /// Undoing that one does it again; null when all was so already.
    change_id: Option<Uuid>,
}

/// Takes back all that was done in one change, where nothing of it was changed again since.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/changes/{change}/undo",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio, which may be deleted."),
        ("change" = Uuid, Path, description = "The change.")
    ),
    responses(
        (status = 200, description = "It is taken back.", body = TakenBack),
        (status = 409, description = "Some of it was changed again since, or a sale would be left without shares.")
    )
)]
async fn undo(caller: Caller, ids: web::Path<(PortfolioId, ChangeId)>) -> Answer {
    let change = caller.tracker.undo(ids.0, ids.1).await?;
    Ok(HttpResponse::Ok().json(TakenBack { change_id: Some(change.uuid()) }))
}

/// A state of a portfolio.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StateBody {
    /// The audit record after which the portfolio was so.
    #[serde(deserialize_with = "whole")]
    record: i64,
}

/// Gives a portfolio the state that it had after an audit record. That is a change, which can be undone.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/restore",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    request_body = StateBody,
    responses(
        (status = 200, description = "It has that state.", body = TakenBack),
        (status = 409, description = "It cannot have that state as things are.")
    )
)]
async fn restore(caller: Caller, id: web::Path<PortfolioId>, body: web::Bytes) -> Answer {
    let StateBody { record } = read(&body, "a state, such as {\"record\": 12}")?;
    let change = caller.tracker.restore(*id, record).await?;
    Ok(HttpResponse::Ok().json(TakenBack { change_id: change.map(ChangeId::uuid) }))
}

/// A record of the audit log.
#[derive(Serialize, ToSchema)]
struct RecordTold {
    id: i64,
    #[schema(value_type = Instant)]
    at: String,
    /// `created`, `changed` or `deleted`.
    #[schema(value_type = String)]
    action: &'static str,
    /// `transaction`, `portfolio`, `import` or `target-allocation`.
    #[schema(value_type = String)]
    subject: &'static str,
    subject_id: Uuid,
    /// Who did it.
    user_id: Option<Uuid>,
    /// What was done together with it.
    change_id: Option<Uuid>,
    /// How it was.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// How it is since.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

impl RecordTold {
    fn of(record: &AuditRecord) -> Self {
        Self {
            id: record.id,
            at: instant(record.at),
            action: record.action.as_str(),
            subject: record.subject.as_str(),
            subject_id: record.subject_id,
            user_id: record.user.map(UserId::uuid),
            change_id: record.change.map(ChangeId::uuid),
            before: record.before.clone(),
            after: record.after.clone(),
        }
    }
}

/// The audit log of a portfolio, newest first. It outlives the portfolio.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/audit",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), PageQuery<i64>, FieldsQuery<RecordTold>),
    responses((status = 200, description = "A page of it.", body = Page<RecordTold>))
)]
async fn audit(caller: Caller, id: web::Path<PortfolioId>, paging: Paging, wanted: Wanted) -> Answer {
    let fields = wanted.fields::<RecordTold>()?;
    let records = caller.tracker.audit_records(*id, paging.after()?, paging.limit + 1).await?;
    listed(paging.page(records, |record| record.id), |record| fields.of(&RecordTold::of(record)))
}
