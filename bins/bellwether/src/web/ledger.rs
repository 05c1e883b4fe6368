//! A portfolio's transactions, what was changed, and its settings, as pages.

mod activity;
mod fields;
mod settings;
mod targets;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web;
use bellwether_domain::{ChangeId, Portfolio, PortfolioId, TransactionId, TransactionKind};
use bellwether_tracker::{
    DeletedTransaction, EditedTransaction, EnteredTransaction, FieldFault, LedgerChange, LedgerChanged,
    LedgerEntry, NewTransaction, TrackerError,
};
use serde::{Deserialize, Serialize};

use super::State;
use super::api::place::Place as _;
use super::api::transactions::{Cursor, TransactionQuery, cursor, place, tag};
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::{Answer, html, see_other};
use super::problem::Problem;
use super::view::page::{Page, Place};
use fields::{FieldShown, TransactionForm, fields_of};

/// Transactions on a page.
const ON_A_PAGE: usize = 50;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    app.service(
        address("/portfolio/{portfolio}/transactions", "GET, HEAD, POST")
            .route(reading().to(list))
            .route(web::post().to(add)),
    )
    .service(post("/portfolio/{portfolio}/transactions/delete").route(web::post().to(remove_some)))
    .service(
        address("/portfolio/{portfolio}/transactions/{transaction}", "GET, HEAD, POST")
            .route(reading().to(edit_form))
            .route(web::post().to(edit)),
    )
    .service(post("/portfolio/{portfolio}/transactions/{transaction}/delete").route(web::post().to(remove)))
    .service(address("/portfolio/{portfolio}/activity", READ).route(reading().to(activity::activity)))
    .service(post("/portfolio/{portfolio}/changes/{change}/undo").route(web::post().to(activity::undo)))
    .service(post("/portfolio/{portfolio}/restore").route(web::post().to(activity::restore)))
    .service(
        address("/portfolio/{portfolio}/settings", "GET, HEAD, POST")
            .route(reading().to(settings::form))
            .route(web::post().to(settings::change)),
    )
    .service(
        address("/portfolio/{portfolio}/targets", "GET, HEAD, POST")
            .route(reading().to(targets::form))
            .route(web::post().to(targets::set)),
    )
    .service(post("/portfolio/{portfolio}/delete").route(web::post().to(settings::remove)));
}

/// What was done, and the change by which it is undone.
#[derive(Serialize)]
struct Done {
    words: String,
    undo: String,
}

/// What was done by a change that the address names.
async fn done(caller: &Caller, id: PortfolioId, change: Option<ChangeId>) -> Result<Option<Done>, Problem> {
    let Some(change) = change else { return Ok(None) };
    let last = caller.tracker.changes(id, None, 20).await?;
    let found = last.into_iter().find(|known| known.id == change);
    Ok(found.map(|known| Done {
        words: format!("{}.", known.words),
        undo: format!("/portfolio/{id}/changes/{change}/undo"),
    }))
}

/// The user's portfolios, of which one is meant.
async fn portfolios(caller: &Caller, id: PortfolioId) -> Result<(Vec<Portfolio>, Portfolio), Problem> {
    let all = caller.tracker.portfolios().await?;
    let found = all.iter().find(|portfolio| portfolio.id == id).cloned();
    let found = found.ok_or_else(|| Problem::NotFound("There is no such portfolio.".to_owned()))?;
    Ok((all, found))
}

/// What is wrong with an entry: with its fields, and otherwise.
#[derive(Debug, Default)]
pub(super) struct Refused {
    faults: Vec<FieldFault>,
    problem: Option<String>,
    is_twin: bool,
}

impl Refused {
    /// What a person can do something about.
    pub(super) fn of(error: TrackerError) -> Result<Self, Problem> {
        match error {
            TrackerError::Invalid(faults) => Ok(Self { faults, ..Self::default() }),
            TrackerError::Twin(_) => {
                Ok(Self { problem: Some(error.to_string()), is_twin: true, ..Self::default() })
            }
            TrackerError::Refused(_) | TrackerError::Conflict(_) | TrackerError::Overtaken => {
                Ok(Self { problem: Some(error.to_string()), ..Self::default() })
            }
            error => Err(error.into()),
        }
    }

    /// What belongs to no field that is on the page.
    pub(super) fn problem(&self) -> Option<String> {
        let beside = self.faults.iter().filter(|fault| fault.field.is_empty());
        let words: Vec<String> =
            self.problem.iter().cloned().chain(beside.map(ToString::to_string)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// What is wrong with each field.
    pub(super) fn by_field(&self) -> BTreeMap<&'static str, String> {
        self.faults.iter().map(|fault| (fault.field, fault.to_string())).collect()
    }

    pub(super) fn is_any(&self) -> bool {
        self.problem.is_some() || !self.faults.is_empty()
    }
}

#[derive(Serialize)]
struct TransactionsPage {
    page: Page,
    id: String,
    may_change: bool,
    done: Option<Done>,
    warnings: Vec<String>,
    problem: Option<String>,
    filter: TransactionQuery,
    kinds: Vec<&'static str>,
    rows: Vec<TransactionRow>,
    /// The cursor of the next page.
    next: Option<String>,
    fields: Vec<FieldShown>,
    /// Whether the entry was refused for its twin.
    is_twin: bool,
    is_custom: bool,
}

#[derive(Serialize)]
struct TransactionRow {
    id: TransactionId,
    date: String,
    kind: String,
    symbol: String,
    is_unverified: bool,
    quantity: String,
    price: String,
    amount: String,
    costs: String,
    currency: String,
    note: String,
    words: String,
    source: &'static str,
}

impl TransactionRow {
    fn of(entry: &LedgerEntry, is_unverified: bool) -> Self {
        let entered = EnteredTransaction::of(&entry.transaction);
        let costs = [&entered.fee, &entered.tax].map(String::as_str);
        let other = Some(entered.other_symbol).filter(|other| !other.is_empty());
        let symbol = match other {
            Some(other) => format!("{} → {other}", entered.symbol),
            None => entered.symbol,
        };
        let words = format!("{} {symbol} {}", entered.kind, entered.date);
        Self {
            id: entry.transaction.id,
            date: entered.date,
            kind: entered.kind,
            symbol,
            is_unverified,
            quantity: if entered.ratio.is_empty() { entered.quantity } else { entered.ratio },
            price: entered.price,
            amount: entered.amount,
            costs: costs.into_iter().filter(|cost| !cost.is_empty()).collect::<Vec<_>>().join(" + "),
            currency: entered.currency,
            note: entered.note,
            words,
            source: if entry.import.is_some() { "file" } else { "by hand" },
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct ListQuery {
    cursor: Option<String>,
    done: Option<ChangeId>,
}

async fn list(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    filter: web::Query<TransactionQuery>,
    query: web::Query<ListQuery>,
) -> Answer {
    let empty = TransactionForm::new(caller.tracker.today());
    transactions_page(&state, &caller, *id, filter.into_inner(), &query, &empty, Refused::default()).await
}

async fn transactions_page(
    state: &State,
    caller: &Caller,
    id: PortfolioId,
    filter: TransactionQuery,
    query: &ListQuery,
    typed: &TransactionForm,
    refused: Refused,
) -> Answer {
    let (all, portfolio) = portfolios(caller, id).await?;
    let mut problem = refused.problem();
    let (wanted, order) = filter.read().unwrap_or_else(|error| {
        problem = Some(error.to_string());
        Default::default()
    });
    let after: Option<Cursor> = query.cursor.as_deref().and_then(Cursor::read);
    let found = caller.tracker.transactions(id, wanted, order, after.map(place), ON_A_PAGE).await?;
    let next = found.next.and(found.entries.last()).map(|last| cursor(last).written());
    let is_unverified = |entry: &LedgerEntry| {
        entry.transaction.booking.symbols().any(|symbol| found.unverified.contains(symbol))
    };
    let warnings = if query.done.is_none() || found.unverified.is_empty() {
        Vec::new()
    } else {
        vec!["What is marked unverified is known to no source of prices yet.".to_owned()]
    };
    let status = if problem.is_some() || refused.is_any() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let page = TransactionsPage {
        page: Page::new(state, "Transactions", &all, Some(id), Place::Transactions),
        id: id.to_string(),
        may_change: caller.who.may_change(),
        done: done(caller, id, query.done).await?,
        warnings,
        problem,
        filter,
        kinds: TransactionKind::ALL.map(TransactionKind::as_str).to_vec(),
        rows: found.entries.iter().map(|entry| TransactionRow::of(entry, is_unverified(entry))).collect(),
        next,
        fields: fields_of(typed, &refused.faults, portfolio.base_currency),
        is_twin: refused.is_twin,
        is_custom: typed.is_custom(),
    };
    let mut answer = html(state.templates.render("transactions.html", &page)?);
    *answer.status_mut() = status;
    Ok(answer)
}

/// Back to the list, with what was done.
fn after(id: PortfolioId, changed: &LedgerChanged) -> actix_web::HttpResponse {
    match changed.change {
        Some(change) => see_other(&format!("/portfolio/{id}/transactions?done={change}")),
        None => see_other(&format!("/portfolio/{id}/transactions")),
    }
}

async fn add(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    form: web::Form<TransactionForm>,
) -> Answer {
    let typed = form.into_inner();
    let change = LedgerChange { creates: vec![typed.new_transaction()], ..LedgerChange::default() };
    match caller.tracker.change_ledger(*id, change, false).await {
        Ok(changed) => Ok(after(*id, &changed)),
        Err(error) => {
            let refused = Refused::of(error)?;
            let (filter, query) = Default::default();
            transactions_page(&state, &caller, *id, filter, &query, &typed, refused).await
        }
    }
}

async fn refuse(state: &State, caller: &Caller, id: PortfolioId, error: TrackerError) -> Answer {
    let refused = Refused::of(error)?;
    let (filter, query) = Default::default();
    let empty = TransactionForm::new(caller.tracker.today());
    transactions_page(state, caller, id, filter, &query, &empty, refused).await
}

async fn remove(
    state: web::Data<State>,
    caller: Caller,
    ids: web::Path<(PortfolioId, TransactionId)>,
) -> Answer {
    let (portfolio, id) = *ids;
    let deletes = vec![DeletedTransaction { id, seen: None }];
    let change = LedgerChange { deletes, ..LedgerChange::default() };
    match caller.tracker.change_ledger(portfolio, change, false).await {
        Ok(changed) => Ok(after(portfolio, &changed)),
        Err(error) => refuse(&state, &caller, portfolio, error).await,
    }
}

async fn remove_some(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    form: web::Form<Vec<(String, String)>>,
) -> Answer {
    let ticked = form.iter().filter(|(name, _)| name == "id");
    let ids: Result<Vec<TransactionId>, _> = ticked.map(|(_, id)| id.parse()).collect();
    let ids = ids.map_err(|_unreadable| Problem::BadRequest("That names no transaction.".to_owned()))?;
    let deletes = ids.into_iter().map(|id| DeletedTransaction { id, seen: None }).collect();
    let change = LedgerChange { deletes, ..LedgerChange::default() };
    match caller.tracker.change_ledger(*id, change, false).await {
        Ok(changed) => Ok(after(*id, &changed)),
        Err(error) => refuse(&state, &caller, *id, error).await,
    }
}

#[derive(Serialize)]
struct EditPage {
    page: Page,
    id: String,
    transaction: TransactionId,
    /// The tag of the transaction that is edited.
    seen: String,
    problem: Option<String>,
    fields: Vec<FieldShown>,
    is_twin: bool,
    is_custom: bool,
}

async fn edit_form(
    state: web::Data<State>,
    caller: Caller,
    ids: web::Path<(PortfolioId, TransactionId)>,
) -> Answer {
    let entry = caller.tracker.transaction(ids.0, ids.1).await?;
    let mut typed = TransactionForm::of(&EnteredTransaction::of(&entry.transaction));
    typed.seen = tag(&entry).to_string();
    edit_page(&state, &caller, *ids, &typed, Refused::default()).await
}

async fn edit_page(
    state: &State,
    caller: &Caller,
    (portfolio, transaction): (PortfolioId, TransactionId),
    typed: &TransactionForm,
    refused: Refused,
) -> Answer {
    let (all, found) = portfolios(caller, portfolio).await?;
    let page = EditPage {
        page: Page::new(state, "Edit a transaction", &all, Some(portfolio), Place::Transactions),
        id: portfolio.to_string(),
        transaction,
        seen: typed.seen.clone(),
        problem: refused.problem(),
        fields: fields_of(typed, &refused.faults, found.base_currency),
        is_twin: refused.is_twin,
        is_custom: typed.is_custom(),
    };
    let mut answer = html(state.templates.render("transaction.html", &page)?);
    if refused.is_any() {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

async fn edit(
    state: web::Data<State>,
    caller: Caller,
    ids: web::Path<(PortfolioId, TransactionId)>,
    form: web::Form<TransactionForm>,
) -> Answer {
    let mut typed = form.into_inner();
    let (portfolio, id) = *ids;
    match changed(&caller, *ids, &typed).await {
        Ok(changed) => Ok(after(portfolio, &changed)),
        Err(error) => {
            if matches!(error, TrackerError::Overtaken) {
                // Whoever has read that may save what they typed.
                typed.seen = tag(&caller.tracker.transaction(portfolio, id).await?).to_string();
            }
            edit_page(&state, &caller, *ids, &typed, Refused::of(error)?).await
        }
    }
}

/// Gives a transaction the facts of a form, where it is still the one that the form was made for.
async fn changed(
    caller: &Caller,
    (portfolio, id): (PortfolioId, TransactionId),
    typed: &TransactionForm,
) -> Result<LedgerChanged, TrackerError> {
    let present = caller.tracker.transaction(portfolio, id).await?;
    if !typed.seen.is_empty() && typed.seen != tag(&present).to_string() {
        return Err(TrackerError::Overtaken);
    }
    let facts: NewTransaction = typed.new_transaction();
    let edits = vec![EditedTransaction { id, facts, seen: Some(present) }];
    let change = LedgerChange { edits, ..LedgerChange::default() };
    caller.tracker.change_ledger(portfolio, change, false).await
}
