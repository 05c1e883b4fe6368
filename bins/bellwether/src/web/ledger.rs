//! A portfolio's transactions, what was changed, and its settings, as pages.

mod activity;
mod columns;
mod facts;
mod fields;
mod list;
mod rows;
mod settings;
mod targets;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_domain::{ChangeId, Portfolio, PortfolioId, TransactionId};
use bellwether_texts::{Language, Locale, Sentence};
use bellwether_tracker::{
    ChangeShown, DeletedTransaction, EditedTransaction, EnteredTransaction, FieldFault, LedgerChange,
    LedgerChanged, NewTransaction, TrackerError,
};
use serde::Serialize;

use super::State;
use super::api::transactions::tag;
use super::caller::Caller;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::pages::{Answer, html, see_other};
use super::problem::Problem;
use super::view::page::{Page, Place};
use super::view::refusal::{Said, refused, said};
use fields::{FieldShown, TransactionForm, fields_of};
use list::Asking;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    app.service(
        address("/portfolio/{portfolio}/transactions", "GET, HEAD, POST")
            .route(reading().to(list::page))
            .route(web::post().to(add)),
    )
    .service(address("/portfolio/{portfolio}/transactions.json", READ).route(reading().to(columns::columns)))
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
#[derive(Debug, Clone, Serialize)]
struct Done {
    words: String,
    undo: String,
}

/// What was done by a change that the address names.
async fn done(caller: &Caller, id: PortfolioId, change: Option<ChangeId>) -> Result<Option<Done>, Problem> {
    let Some(change) = change else { return Ok(None) };
    let last = caller.tracker.changes(id, None, 20).await?;
    let found = last.into_iter().find(|known| known.id == change);
    let locale = caller.locale;
    let words = |known: &ChangeShown| match locale.language() {
        Language::English => known.words.clone(),
        Language::German => activity::of_change(known, locale),
    };
    Ok(found.map(|known| Done {
        words: locale.say(&Sentence::new("activity.done").with("words", words(&known))),
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
#[derive(Debug, Clone, Default)]
pub(super) struct Refused {
    faults: Vec<FieldFault>,
    problem: Option<Sentence>,
    is_twin: bool,
}

impl Refused {
    /// What a person can do something about.
    pub(super) fn of(error: TrackerError) -> Result<Self, Problem> {
        match error {
            TrackerError::Invalid(faults) => Ok(Self { faults, ..Self::default() }),
            TrackerError::Twin(_) => {
                Ok(Self { problem: Some(error.said()), is_twin: true, ..Self::default() })
            }
            TrackerError::Refused(_) | TrackerError::Conflict(_) | TrackerError::Overtaken => {
                Ok(Self { problem: Some(error.said()), ..Self::default() })
            }
            error => Err(error.into()),
        }
    }

    /// What belongs to no field that is on the page.
    pub(super) fn problem(&self, locale: Locale) -> Option<Said> {
        let beside = self.faults.iter().filter(|fault| fault.field.is_empty()).map(FieldFault::said);
        let all = self.problem.iter().cloned().chain(beside);
        Said::joined(all.map(|sentence| said(locale, &sentence)).collect())
    }

    /// What is wrong with each field.
    pub(super) fn by_field(&self, locale: Locale) -> BTreeMap<&'static str, String> {
        let fields = self.faults.iter().filter(|fault| !fault.field.is_empty());
        fields.map(|fault| (fault.field, refused(locale, &fault.said()))).collect()
    }

    pub(super) fn is_any(&self) -> bool {
        self.problem.is_some() || !self.faults.is_empty()
    }
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
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    form: web::Form<TransactionForm>,
) -> Answer {
    let typed = form.into_inner();
    let change = LedgerChange { creates: vec![typed.new_transaction()], ..LedgerChange::default() };
    match caller.tracker.change_ledger(*id, change, false).await {
        Ok(changed) => Ok(after(*id, &changed)),
        Err(error) => {
            let refused = Refused::of(error)?;
            Asking { state, caller, request, id: *id }.refused(typed, refused).await
        }
    }
}

/// The list, with why nothing was done.
async fn refuse(asking: Asking, error: TrackerError) -> Answer {
    let refused = Refused::of(error)?;
    let empty = TransactionForm::new(asking.caller.tracker.today());
    asking.refused(empty, refused).await
}

async fn remove(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    ids: web::Path<(PortfolioId, TransactionId)>,
) -> Answer {
    let (portfolio, id) = *ids;
    let deletes = vec![DeletedTransaction { id, seen: None }];
    let change = LedgerChange { deletes, ..LedgerChange::default() };
    match caller.tracker.change_ledger(portfolio, change, false).await {
        Ok(changed) => Ok(after(portfolio, &changed)),
        Err(error) => refuse(Asking { state, caller, request, id: portfolio }, error).await,
    }
}

async fn remove_some(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    form: web::Form<Vec<(String, String)>>,
) -> Answer {
    let ticked = form.iter().filter(|(name, _)| name == "id");
    let ids: Result<Vec<TransactionId>, _> = ticked.map(|(_, id)| id.parse()).collect();
    let ids =
        ids.map_err(|_unreadable| Problem::bad_request(Sentence::new("refused.asked.no_transaction")))?;
    let deletes = ids.into_iter().map(|id| DeletedTransaction { id, seen: None }).collect();
    let change = LedgerChange { deletes, ..LedgerChange::default() };
    match caller.tracker.change_ledger(*id, change, false).await {
        Ok(changed) => Ok(after(*id, &changed)),
        Err(error) => refuse(Asking { state, caller, request, id: *id }, error).await,
    }
}

#[derive(Serialize)]
struct EditPage {
    page: Page,
    id: String,
    base: String,
    transaction: TransactionId,
    /// The tag of the transaction that is edited.
    seen: String,
    problem: Option<Said>,
    fields: Vec<FieldShown>,
    is_twin: bool,
    is_custom: bool,
}

async fn edit_form(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    ids: web::Path<(PortfolioId, TransactionId)>,
) -> Answer {
    let entry = caller.tracker.transaction(ids.0, ids.1).await?;
    let mut typed = TransactionForm::of(&EnteredTransaction::of(&entry.transaction));
    typed.seen = tag(&entry).to_string();
    edit_page(&state, (&caller, &request), *ids, &typed, Refused::default()).await
}

async fn edit_page(
    state: &State,
    (caller, request): (&Caller, &HttpRequest),
    (portfolio, transaction): (PortfolioId, TransactionId),
    typed: &TransactionForm,
    refused: Refused,
) -> Answer {
    let (all, found) = portfolios(caller, portfolio).await?;
    let locale = locale_of(request);
    let title = locale.text("transactions.edit");
    let page = EditPage {
        page: Page::new(state, title, &all, Some(portfolio), Place::Transactions).said_in(locale),
        id: portfolio.to_string(),
        base: found.base_currency.to_string(),
        transaction,
        seen: typed.seen.clone(),
        problem: refused.problem(locale),
        fields: fields_of(locale, typed, &refused.faults, found.base_currency),
        is_twin: refused.is_twin,
        is_custom: typed.is_custom(),
    };
    let mut answer = html(state.templates.render_in(locale, "transaction.html", &page)?);
    if refused.is_any() {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

async fn edit(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
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
            edit_page(&state, (&caller, &request), *ids, &typed, Refused::of(error)?).await
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
