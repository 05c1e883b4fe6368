//! The transactions of a portfolio, for programs.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::{PortfolioId, TransactionId};
use bellwether_tracker::{
    DeletedTransaction, EditedTransaction, EnteredLot, EnteredTransaction, FieldFault, LedgerChange,
    LedgerChanged, LedgerEntry, LedgerFilter, LedgerOrder, LedgerPlace, NewTransaction, Origin, Part,
    TrackerError,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, OpenApi, ToSchema};
use uuid::Uuid;

use super::Answer;
use super::body::read;
use super::conditions::{Conditions, Tag};
use super::fields::{FieldsQuery, Wanted};
use super::paging::{Page, PageQuery, Paging};
use super::schema::{Amount, AnyAmount, CurrencyCode, Instant, Ticker};
use crate::web::caller::Caller;
use crate::web::methods::{address, reading};
use crate::web::problem::{Fault, Problem};

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios/{portfolio}/transactions", "GET, HEAD, POST")
            .route(reading().to(list))
            .route(web::post().to(create)),
    )
    .service(address("/api/v1/portfolios/{portfolio}/transactions/bulk", "POST").route(web::post().to(bulk)))
    .service(
        address("/api/v1/portfolios/{portfolio}/transactions/{transaction}", "GET, HEAD, PUT, DELETE")
            .route(reading().to(one))
            .route(web::put().to(edit))
            .route(web::delete().to(remove)),
    );
}

#[derive(OpenApi)]
#[openapi(paths(list, create, bulk, one, edit, remove))]
pub(in crate::web) struct Operations;

/// A text as it is, a number as it is written, nothing as the empty text.
fn text<'de, D: Deserializer<'de>>(told: D) -> Result<String, D::Error> {
    match Value::deserialize(told)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("give a text or a number")),
    }
}

/// A transaction as it is to be. What its kind does not need is left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct TransactionBody {
    /// `buy`, `sell`, `dividend`, `reinvestment`, `deposit`, `withdrawal`, `fee`, `tax`, `interest`, `split`,
    /// `spin-off`, `merger`, `ticker-change`, `transfer-in` or `transfer-out`.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String, required = true)]
    kind: String,
    /// The day, at the latest today.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String, format = Date, required = true)]
    date: String,
    /// The instrument.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<Ticker>)]
    symbol: String,
    /// What comes out of a spin-off, merger or ticker change.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<Ticker>)]
    other_symbol: String,
    /// Shares, in the units of the day.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    quantity: String,
    /// Per share.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    price: String,
    /// In all, before fee and tax.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    amount: String,
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    fee: String,
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    tax: String,
    /// New to old shares, such as `4:1`.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>)]
    ratio: String,
    /// Part of the cost, 0 to 1.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    cost_share: String,
    /// Paid for the fraction of a share.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    cash_in_lieu: String,
    /// The lots that leave; none: those of the portfolio's cost method.
    lots: Option<Vec<LotBody>>,
    /// The day on which transferred shares were first acquired.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, format = Date)]
    acquired: String,
    /// Of the amounts; the portfolio's where none is said.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<CurrencyCode>)]
    currency: String,
    /// The portfolio's currency per unit of this one.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<AnyAmount>)]
    fx_rate: String,
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, max_length = 200)]
    account: String,
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, max_length = 4000)]
    note: String,
    /// Record it although the same transaction is there already.
    #[serde(default)]
    accept_duplicate: bool,
    /// Its symbols are your own, which no source of prices knows.
    #[serde(default)]
    custom: bool,
}

/// A chosen lot.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct LotBody {
    /// The transaction that opened it.
    #[schema(value_type = Uuid)]
    opened_by: String,
    /// How many of its shares.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = AnyAmount)]
    quantity: String,
}

impl From<TransactionBody> for NewTransaction {
    fn from(body: TransactionBody) -> Self {
        let lot = |lot: LotBody| EnteredLot { opened_by: lot.opened_by, quantity: lot.quantity };
        let entered = EnteredTransaction {
            kind: body.kind,
            date: body.date,
            symbol: body.symbol,
            other_symbol: body.other_symbol,
            quantity: body.quantity,
            price: body.price,
            amount: body.amount,
            fee: body.fee,
            tax: body.tax,
            ratio: body.ratio,
            cost_share: body.cost_share,
            cash_in_lieu: body.cash_in_lieu,
            lots: body.lots.unwrap_or_default().into_iter().map(lot).collect(),
            acquired: body.acquired,
            currency: body.currency,
            fx_rate: body.fx_rate,
            account: body.account,
            note: body.note,
        };
        Self { entered, accept_duplicate: body.accept_duplicate, custom: body.custom }
    }
}

/// A transaction.
#[derive(Serialize, ToSchema)]
struct TransactionShown {
    id: Uuid,
    kind: String,
    #[schema(value_type = String, format = Date)]
    date: String,
    #[schema(value_type = Option<Ticker>)]
    symbol: Option<String>,
    #[schema(value_type = Option<Ticker>)]
    other_symbol: Option<String>,
    #[schema(value_type = Option<Amount>)]
    quantity: Option<String>,
    #[schema(value_type = Option<Amount>)]
    price: Option<String>,
    #[schema(value_type = Option<Amount>)]
    amount: Option<String>,
    #[schema(value_type = Option<Amount>)]
    fee: Option<String>,
    #[schema(value_type = Option<Amount>)]
    tax: Option<String>,
    ratio: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cost_share: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cash_in_lieu: Option<String>,
    lots: Vec<LotShown>,
    #[schema(value_type = Option<String>, format = Date)]
    acquired: Option<String>,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = Option<Amount>)]
    fx_rate: Option<String>,
    account: Option<String>,
    note: Option<String>,
    /// The import that it came with.
    import_id: Option<Uuid>,
    #[schema(value_type = Instant)]
    created_at: String,
}

/// A chosen lot.
#[derive(Serialize, ToSchema)]
struct LotShown {
    opened_by: String,
    #[schema(value_type = Amount)]
    quantity: String,
}

impl TransactionShown {
    fn of(entry: &LedgerEntry) -> Self {
        let told = |text: String| (!text.is_empty()).then_some(text);
        let entered = EnteredTransaction::of(&entry.transaction);
        let lot = |lot: EnteredLot| LotShown { opened_by: lot.opened_by, quantity: lot.quantity };
        Self {
            id: entry.transaction.id.uuid(),
            kind: entered.kind,
            date: entered.date,
            symbol: told(entered.symbol),
            other_symbol: told(entered.other_symbol),
            quantity: told(entered.quantity),
            price: told(entered.price),
            amount: told(entered.amount),
            fee: told(entered.fee),
            tax: told(entered.tax),
            ratio: told(entered.ratio),
            cost_share: told(entered.cost_share),
            cash_in_lieu: told(entered.cash_in_lieu),
            lots: entered.lots.into_iter().map(lot).collect(),
            acquired: told(entered.acquired),
            currency: entered.currency,
            fx_rate: told(entered.fx_rate),
            account: told(entered.account),
            note: told(entered.note),
            import_id: entry.import.map(bellwether_domain::ImportId::uuid),
            created_at: instant(entry.created_at),
        }
    }
}

pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The twin of a transaction that was not recorded, for its refusal.
pub(in crate::web) fn twin(entry: &LedgerEntry) -> Value {
    serde_json::to_value(TransactionShown::of(entry)).unwrap_or_default()
}

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

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::web) struct TransactionQuery {
    /// Of this instrument.
    #[param(value_type = Option<String>)]
    pub(in crate::web) symbol: String,
    /// Of this kind.
    #[param(value_type = Option<String>)]
    pub(in crate::web) kind: String,
    /// Not before this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::web) from: String,
    /// Not after this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::web) to: String,
    /// With these words in note or symbol.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(in crate::web) q: String,
    /// `import` or `manual`.
    #[param(value_type = Option<String>)]
    pub(in crate::web) source: String,
    /// `-date` (the latest first, as always), `date`, `-entered` or `entered`.
    #[param(value_type = Option<String>)]
    pub(in crate::web) sort: String,
}

impl TransactionQuery {
    /// What the texts say, or all that is wrong with them.
    pub(in crate::web) fn read(&self) -> Result<(LedgerFilter, LedgerOrder), Problem> {
        let mut faults = Vec::new();
        let mut filter = LedgerFilter::default();
        let mut fault = |field: &str, reason: String| faults.push(Fault::new(field, reason));
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = given(&self.symbol) {
            match text.parse() {
                Ok(symbol) => filter.symbol = Some(symbol),
                Err(error) => fault("symbol", format!("{error}")),
            }
        }
        if let Some(text) = given(&self.kind) {
            match text.parse() {
                Ok(kind) => filter.kind = Some(kind),
                Err(error) => fault("kind", format!("{error}")),
            }
        }
        for (field, text, day) in [("from", &self.from, &mut filter.from), ("to", &self.to, &mut filter.to)] {
            if let Some(text) = given(text) {
                match text.parse() {
                    Ok(read) => *day = Some(read),
                    Err(_) => fault(field, "give a day like 2024-03-05".to_owned()),
                }
            }
        }
        if let Some(text) = given(&self.q) {
            if text.chars().count() > 200 || text.chars().any(char::is_control) {
                fault("q", "give 200 characters at most that can be printed".to_owned());
            }
            filter.text = Some(text);
        }
        match self.source.trim() {
            "" => {}
            "import" => filter.origin = Some(Origin::Import),
            "manual" => filter.origin = Some(Origin::Manual),
            _ => fault("source", "say import or manual".to_owned()),
        }
        let order = match self.sort.trim() {
            "" | "-date" => LedgerOrder::Newest,
            "date" => LedgerOrder::Oldest,
            "-entered" => LedgerOrder::LastEntered,
            "entered" => LedgerOrder::FirstEntered,
            _ => {
                fault("sort", "say date, -date, entered or -entered".to_owned());
                LedgerOrder::Newest
            }
        };
        if faults.is_empty() { Ok((filter, order)) } else { Err(Problem::Invalid(faults)) }
    }
}

/// What is needed to go on behind a transaction.
pub(in crate::web) type Cursor = (chrono::NaiveDate, i64, DateTime<Utc>, TransactionId);

pub(in crate::web) fn place((date, sequence, created_at, id): Cursor) -> LedgerPlace {
    LedgerPlace { date, sequence, created_at, id }
}

pub(in crate::web) fn cursor(entry: &LedgerEntry) -> Cursor {
    let LedgerPlace { date, sequence, created_at, id } = LedgerPlace::of(entry);
    (date, sequence, created_at, id)
}

/// The transactions of a portfolio.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/transactions",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), TransactionQuery, PageQuery, FieldsQuery),
    responses((status = 200, description = "A page of them.", body = Page<TransactionShown>))
)]
async fn list(
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<TransactionQuery>,
    paging: Paging,
    wanted: Wanted,
) -> Answer {
    let fields = wanted.fields::<TransactionShown>()?;
    let (filter, order) = query.read()?;
    let after = paging.after()?.map(place);
    let found = caller.tracker.transactions(*id, filter, order, after, paging.limit + 1).await?;
    let page = paging.page(found.entries, cursor);
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|entry| fields.of(&TransactionShown::of(entry)))
        .collect::<Result<_, Problem>>()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(Page { items, next: page.next }))
}

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
struct TrialQuery {
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
async fn create(
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
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/v1/portfolios/{id}/transactions/{created}")))
        .insert_header((header::ETAG, tag(&entry).to_string()))
        .json(recorded(&entry, changed)))
}

fn recorded(entry: &LedgerEntry, changed: LedgerChanged) -> Recorded {
    let transaction = TransactionShown::of(entry);
    let change_id = changed.change.map(bellwether_domain::ChangeId::uuid);
    Recorded { transaction, change_id, warnings: changed.warnings }
}

fn tag(entry: &LedgerEntry) -> Tag {
    Tag::of_bytes(&serde_json::to_vec(entry).unwrap_or_default())
}

type OneOf = web::Path<(PortfolioId, TransactionId)>;

/// A transaction.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/transactions/{transaction}",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio."),
        ("transaction" = Uuid, Path, description = "The transaction."),
        FieldsQuery
    ),
    responses(
        (status = 200, description = "The transaction.", body = TransactionShown, headers(("ETag" = String))),
        (status = 304, description = "You have it.")
    )
)]
async fn one(caller: Caller, ids: OneOf, wanted: Wanted, conditions: Conditions) -> Answer {
    let fields = wanted.fields::<TransactionShown>()?;
    let entry = caller.tracker.transaction(ids.0, ids.1).await?;
    Ok(conditions.answer(&tag(&entry), &fields.of(&TransactionShown::of(&entry))?))
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
async fn edit(caller: Caller, ids: OneOf, conditions: Conditions, body: web::Bytes) -> Answer {
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
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, tag(&entry).to_string()))
        .json(recorded(&entry, changed)))
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
async fn remove(caller: Caller, ids: OneOf, conditions: Conditions) -> Answer {
    let (portfolio, id) = *ids;
    let seen = seen(&caller, (portfolio, id), &conditions).await?;
    let deletes = vec![DeletedTransaction { id, seen }];
    let change = LedgerChange { deletes, ..LedgerChange::default() };
    match caller.tracker.change_ledger(portfolio, change, false).await {
        Ok(_) => Ok(HttpResponse::NoContent().finish()),
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
async fn bulk(
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
