//! What changes a ledger: one transaction, or several at once.

use actix_web::{HttpResponse, web};
use bellwether_domain::{PortfolioId, TransactionId};
use bellwether_tracker::{
    DeletedTransaction, EditedTransaction, LedgerChange, LedgerChanged, LedgerEntry, NewTransaction,
    TrackerError,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::TransactionBody;
use super::shown::TransactionShown;
use super::{OneTransaction, alone, tag};
use crate::web::api::Answer;
use crate::web::api::answer::{gone, made, resource};
use crate::web::api::body::read;
use crate::web::api::conditions::Conditions;
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// What became of a change.
#[derive(Serialize, ToSchema)]
struct Changed {
    /// The change, by which it can be undone; null when all was so already, or of a trial.
    change_id: Option<Uuid>,
    /// The identifiers of what came, in order.
    created: Vec<Uuid>,
    /// What was accepted but needs attention.
    warnings: Vec<String>,
}

impl Changed {
    fn of(changed: LedgerChanged, is_trial: bool) -> Self {
        let created = if is_trial { Vec::new() } else { changed.created };
        Self {
            change_id: changed.change.map(bellwether_domain::ChangeId::uuid),
            created: created.into_iter().map(TransactionId::uuid).collect(),
            warnings: changed.warnings,
        }
    }
}

/// A transaction that was recorded or changed.
#[derive(Serialize, ToSchema)]
struct Recorded {
    #[serde(flatten)]
    transaction: TransactionShown,
    /// The change, by which it can be undone; null when all was so already.
    change_id: Option<Uuid>,
    /// What was accepted but needs attention.
    warnings: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TrialQuery {
    /// Say what would happen, and change nothing.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    dry_run: bool,
}

/// Records a transaction.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/transactions",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), TrialQuery),
    request_body = TransactionBody,
    responses(
        (status = 201, description = "It is recorded.", body = Recorded, headers(("Location" = String), ("ETag" = String))),
        (status = 200, description = "A trial: it would be recorded.", body = Changed),
        (status = 409, description = "The same transaction is there already (`twin`), or a sale would be left without shares.")
    )
)]
pub(super) async fn create(
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<TrialQuery>,
    body: web::Bytes,
) -> Answer {
    let new: TransactionBody = read(&body, "a transaction, with \"kind\" and \"date\"")?;
    let change = LedgerChange { creates: vec![new.into()], ..LedgerChange::default() };
    let mut changed = caller.tracker.change_ledger(*id, change, query.dry_run).await.map_err(alone)?;
    let created = changed.created.pop().filter(|_| !query.dry_run);
    let Some(created) = created else {
        return Ok(HttpResponse::Ok().json(Changed::of(changed, true)));
    };
    let entry = caller.tracker.transaction(*id, created).await?;
    let address = format!("/api/v1/portfolios/{id}/transactions/{created}");
    Ok(made(address, &tag(&entry), &recorded(&entry, changed)))
}

fn recorded(entry: &LedgerEntry, changed: LedgerChanged) -> Recorded {
    let transaction = TransactionShown::of(entry);
    let change_id = changed.change.map(bellwether_domain::ChangeId::uuid);
    Recorded { transaction, change_id, warnings: changed.warnings }
}

/// How the author of a change saw the transaction, where that matters to them.
async fn seen(
    caller: &Caller,
    (portfolio, id): (PortfolioId, TransactionId),
    conditions: &Conditions,
) -> Result<Option<LedgerEntry>, Problem> {
    let entry = caller.tracker.transaction(portfolio, id).await?;
    conditions.allow_change_of(&tag(&entry))?;
    Ok(conditions.name_a_version().then_some(entry))
}

/// The problem of a change of one transaction: of one that was overtaken, with the present tag.
async fn of_change(
    caller: &Caller,
    (portfolio, id): (PortfolioId, TransactionId),
    error: TrackerError,
) -> Problem {
    if !matches!(error, TrackerError::Overtaken) {
        return alone(error);
    }
    match caller.tracker.transaction(portfolio, id).await {
        Ok(entry) => Problem::Changed { present: tag(&entry).to_string() },
        Err(error) => error.into(),
    }
}

/// Gives a transaction other facts: all of them.
#[utoipa::path(
    put,
    path = "/api/v1/portfolios/{portfolio}/transactions/{transaction}",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio."),
        ("transaction" = Uuid, Path, description = "The transaction.")
    ),
    request_body = TransactionBody,
    responses(
        (status = 200, description = "The transaction as it is now.", body = Recorded, headers(("ETag" = String))),
        (status = 409, description = "The same transaction is there already (`twin`), or a sale would be left without shares."),
        (status = 412, description = "It has changed since.", headers(("ETag" = String)))
    )
)]
pub(super) async fn edit(
    caller: Caller,
    ids: OneTransaction,
    conditions: Conditions,
    body: web::Bytes,
) -> Answer {
    let (portfolio, id) = *ids;
    let facts: TransactionBody = read(&body, "a transaction, with \"kind\" and \"date\"")?;
    let seen = seen(&caller, (portfolio, id), &conditions).await?;
    let edits = vec![EditedTransaction { id, facts: facts.into(), seen }];
    let change = LedgerChange { edits, ..LedgerChange::default() };
    let changed = match caller.tracker.change_ledger(portfolio, change, false).await {
        Ok(changed) => changed,
        Err(error) => return Err(of_change(&caller, (portfolio, id), error).await),
    };
    let entry = caller.tracker.transaction(portfolio, id).await?;
    Ok(resource(&tag(&entry), &recorded(&entry, changed)))
}

/// Deletes a transaction.
#[utoipa::path(
    delete,
    path = "/api/v1/portfolios/{portfolio}/transactions/{transaction}",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio."),
        ("transaction" = Uuid, Path, description = "The transaction.")
    ),
    responses(
        (status = 204, description = "It is deleted; the last of the portfolio's changes undoes that."),
        (status = 409, description = "A sale would be left without shares."),
        (status = 412, description = "It has changed since.", headers(("ETag" = String)))
    )
)]
pub(super) async fn remove(caller: Caller, ids: OneTransaction, conditions: Conditions) -> Answer {
    let (portfolio, id) = *ids;
    let seen = seen(&caller, (portfolio, id), &conditions).await?;
    let deletes = vec![DeletedTransaction { id, seen }];
    let change = LedgerChange { deletes, ..LedgerChange::default() };
    match caller.tracker.change_ledger(portfolio, change, false).await {
        Ok(_) => Ok(gone()),
        Err(error) => Err(of_change(&caller, (portfolio, id), error).await),
    }
}

/// What is to be done at once: all of it or nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// What comes.
    #[serde(default)]
    #[schema(max_items = 1000)]
    creates: Vec<TransactionBody>,
    /// What becomes another.
    #[serde(default)]
    #[schema(max_items = 1000)]
    edits: Vec<EditBody>,
    /// What goes.
    #[serde(default)]
    #[schema(max_items = 1000)]
    deletes: Vec<Uuid>,
}

/// A transaction that is to have other facts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    id: Uuid,
    transaction: TransactionBody,
}

/// Records, changes and deletes several transactions as one change.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/transactions/bulk",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), TrialQuery),
    request_body = BulkBody,
    responses(
        (status = 200, description = "All of it is done.", body = Changed),
        (status = 409, description = "The same transaction is there already (`twin`), or a sale would be left without shares.")
    )
)]
pub(super) async fn bulk(
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<TrialQuery>,
    body: web::Bytes,
) -> Answer {
    let BulkBody { creates, edits, deletes } =
        read(&body, "changes, with \"creates\", \"edits\" and \"deletes\"")?;
    let edit = |edit: EditBody| EditedTransaction {
        id: TransactionId::from_uuid(edit.id),
        facts: edit.transaction.into(),
        seen: None,
    };
    let delete = |id: Uuid| DeletedTransaction { id: TransactionId::from_uuid(id), seen: None };
    let change = LedgerChange {
        creates: creates.into_iter().map(NewTransaction::from).collect(),
        edits: edits.into_iter().map(edit).collect(),
        deletes: deletes.into_iter().map(delete).collect(),
    };
    let changed = caller.tracker.change_ledger(*id, change, query.dry_run).await?;
    Ok(HttpResponse::Ok().json(Changed::of(changed, query.dry_run)))
}
