//! What a ledger seems to lack, for programs: reconciliation with a file, and proposals to accept.

use std::collections::BTreeSet;

use actix_web::web;
use bellwether_domain::{ImportId, PortfolioId, TransactionDraft};
use bellwether_tracker::{Compared, Proposal, Reconciliation, ReconciliationLine};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::Answer;
use super::answer::fresh;
use super::body::read;
use super::paging::{Page, PageQuery, Paging};
use super::schema::Amount;
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};
use crate::web::problem::{Fault, Problem};

#[derive(OpenApi)]
#[openapi(paths(reconcile, proposals, accept))]
pub(in crate::web) struct Operations;

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios/{portfolio}/imports/{import}/reconciliation", READ)
            .route(reading().to(reconcile)),
    )
    .service(address("/api/v1/portfolios/{portfolio}/proposals", READ).route(reading().to(proposals)))
    .service(
        address("/api/v1/portfolios/{portfolio}/proposals/accept", "POST").route(web::post().to(accept)),
    );
}

/// A transaction that the ledger seems to lack.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ProposalShown {
    /// By which it is accepted.
    id: String,
    #[schema(value_type = Object)]
    transaction: TransactionDraft,
    /// Why it is proposed.
    reason: String,
}

impl From<Proposal> for ProposalShown {
    fn from(proposal: Proposal) -> Self {
        let Proposal { id, transaction, reason } = proposal;
        Self { id, transaction, reason: reason.to_string() }
    }
}

/// A position or balance: what the file states beside what the ledger comes to.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct LineShown {
    /// The symbol, of a position.
    symbol: Option<String>,
    /// The currency, of a balance of cash.
    currency: Option<String>,
    /// The account; empty for all of the portfolio.
    account: String,
    day: chrono::NaiveDate,
    #[schema(value_type = Amount)]
    stated: rust_decimal::Decimal,
    #[schema(value_type = Amount)]
    ours: rust_decimal::Decimal,
    #[schema(value_type = Amount)]
    difference: rust_decimal::Decimal,
    /// What may be behind a difference.
    explanations: Vec<String>,
    /// Transactions that would remove it.
    proposals: Vec<ProposalShown>,
}

impl From<ReconciliationLine> for LineShown {
    fn from(line: ReconciliationLine) -> Self {
        let (symbol, currency) = match line.of {
            Compared::Shares(symbol) => (Some(symbol.to_string()), None),
            Compared::Cash(currency) => (None, Some(currency.to_string())),
        };
        Self {
            symbol,
            currency,
            account: line.account,
            day: line.day,
            stated: line.stated,
            ours: line.ours,
            difference: line.difference,
            explanations: line.explanations.iter().map(ToString::to_string).collect(),
            proposals: line.proposals.into_iter().map(ProposalShown::from).collect(),
        }
    }
}

/// A file beside the ledger.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ReconciliationShown {
    /// Positions and balances by account and day; none where the file states none.
    lines: Vec<LineShown>,
    /// What had to be assumed.
    notes: Vec<String>,
}

/// What a file states that should come out, beside what the ledger comes to, with the differences explained.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}/reconciliation",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The comparison.", body = ReconciliationShown),
        (status = 400, description = "The file gives no rows as it is to be read."),
        (status = 409, description = "The ledger cannot be computed."),
    )
)]
async fn reconcile(caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    let Reconciliation { lines, notes } = caller.tracker.reconciliation(portfolio, id).await?;
    let notes = notes.iter().map(ToString::to_string).collect();
    Ok(fresh(&ReconciliationShown { lines: lines.into_iter().map(LineShown::from).collect(), notes }))
}

/// Splits and dividends that are known and that the ledger does not record, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/proposals",
    params(("portfolio" = uuid::Uuid, Path), PageQuery<(chrono::NaiveDate, String)>),
    responses(
        (status = 200, description = "A page of them.", body = Page<ProposalShown>),
        (status = 409, description = "The ledger cannot be computed."),
    )
)]
async fn proposals(caller: Caller, portfolio: web::Path<PortfolioId>, paging: Paging) -> Answer {
    let after: Option<(chrono::NaiveDate, String)> = paging.after()?;
    let key = |proposal: &Proposal| (proposal.transaction.date, proposal.id.clone());
    let mut all = caller.tracker.proposals(*portfolio).await?;
    all.retain(|proposal| after.as_ref().is_none_or(|after| key(proposal) > *after));
    all.truncate(paging.limit + 1);
    Ok(fresh(&paging.page(all, key).map(ProposalShown::from)))
}

/// Which proposals are to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// Their identifiers.
    #[schema(min_items = 1)]
    ids: Vec<String>,
    /// The file whose reconciliation proposed them; null for splits and dividends.
    #[schema(value_type = Option<uuid::Uuid>)]
    import: Option<ImportId>,
}

/// How much was recorded.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AcceptedProposals {
    /// How many transactions the ledger has more.
    recorded: usize,
}

/// Records proposals, all that are named or none, as one change.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/proposals/accept",
    params(("portfolio" = uuid::Uuid, Path)),
    request_body = Accepted,
    responses(
        (status = 200, description = "How much was recorded.", body = AcceptedProposals),
        (status = 409, description = "One of them is proposed no longer."),
    )
)]
async fn accept(caller: Caller, portfolio: web::Path<PortfolioId>, body: web::Bytes) -> Answer {
    let Accepted { ids, import } = read(&body, "identifiers of proposals, such as {\"ids\": [\"...\"]}")?;
    if ids.is_empty() {
        return Err(Problem::from(Fault::new("ids", "name at least one proposal".to_owned())));
    }
    let ids: BTreeSet<String> = ids.into_iter().collect();
    let recorded = caller.tracker.accept_proposals(*portfolio, import, &ids).await?;
    Ok(fresh(&AcceptedProposals { recorded }))
}
