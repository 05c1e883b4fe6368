//! Portfolios, their settings and their targets, for programs.

use actix_web::web;
use bellwether_domain::{Portfolio, PortfolioId, Symbol};
use bellwether_tracker::{EnteredSettings, TargetWeights, TrackerError};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{OpenApi, PartialSchema, ToSchema};
use uuid::Uuid;

use super::answer::{gone, listed, made, resource};
use super::body::read;
use super::conditions::{Conditions, Tag};
use super::fields::{FieldsQuery, Wanted};
use super::paging::{Page, PageQuery, Paging};
use super::schema::{
    AnyPart, Benchmark, CostMethodName, CurrencyCode, DividendPolicyName, Name, NamedBenchmark, Part, Ticker,
};
use super::transactions::invalid;
use super::{Answer, decimal_of};
use crate::web::caller::Caller;
use crate::web::methods::{address, reading};
use crate::web::problem::{Fault, Problem};

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios", "GET, HEAD, POST")
            .route(reading().to(list))
            .route(web::post().to(create)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}", "GET, HEAD, PATCH, DELETE")
            .route(reading().to(one))
            .route(web::patch().to(change))
            .route(web::delete().to(remove)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/targets", "GET, HEAD, PUT")
            .route(reading().to(targets))
            .route(web::put().to(set_targets)),
    );
}

#[derive(OpenApi)]
#[openapi(paths(list, create, one, change, remove, targets, set_targets))]
pub(in crate::web) struct Operations;

/// A portfolio.
#[derive(Serialize, ToSchema)]
struct PortfolioShown {
    id: Uuid,
    name: String,
    description: Option<String>,
    #[schema(value_type = CurrencyCode)]
    base_currency: String,
    #[schema(value_type = CostMethodName)]
    cost_method: &'static str,
    #[schema(value_type = DividendPolicyName)]
    dividends: &'static str,
    /// What it is compared with, in order.
    #[schema(value_type = Vec<Benchmark>)]
    benchmarks: Vec<String>,
    demo: bool,
    /// Rises with every change of its ledger or its settings.
    version: i64,
}

impl PortfolioShown {
    fn of(portfolio: &Portfolio) -> Self {
        Self {
            id: portfolio.id.uuid(),
            name: portfolio.name.clone(),
            description: Some(portfolio.description.clone()).filter(|words| !words.is_empty()),
            base_currency: portfolio.base_currency.to_string(),
            cost_method: portfolio.cost_method.as_str(),
            dividends: portfolio.dividends.as_str(),
            benchmarks: portfolio.benchmarks.iter().map(ToString::to_string).collect(),
            demo: portfolio.demo,
            version: portfolio.ledger_version,
        }
    }
}

fn tag(portfolio: &Portfolio) -> Tag {
    Tag::of(&format!("{} {}", portfolio.id, portfolio.ledger_version))
}

/// Settings; what is left out is as it was, or as new portfolios have it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    #[schema(value_type = Option<Name>)]
    name: Option<String>,
    #[schema(max_length = 2000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    description: Option<String>,
    #[schema(value_type = Option<CurrencyCode>)]
    base_currency: Option<String>,
    #[schema(value_type = Option<CostMethodName>)]
    cost_method: Option<String>,
    #[schema(value_type = Option<DividendPolicyName>)]
    dividends: Option<String>,
    /// What it is compared with, in order: symbols, and indices of your own as `=` and their name or identifier.
    #[schema(value_type = Option<Vec<NamedBenchmark>>, max_items = 20)]
    benchmarks: Option<Vec<String>>,
}

/// The same of a portfolio that is to be, which needs a name.
enum NewPortfolio {}

impl PartialSchema for NewPortfolio {
    fn schema() -> RefOr<Schema> {
        let mut schema = SettingsBody::schema();
        if let RefOr::T(Schema::Object(settings)) = &mut schema {
            settings.properties.insert("name".to_owned(), Name::schema());
            settings.required.push("name".to_owned());
        }
        schema
    }
}

impl ToSchema for NewPortfolio {}

impl From<SettingsBody> for EnteredSettings {
    fn from(body: SettingsBody) -> Self {
        let SettingsBody { name, description, base_currency, cost_method, dividends, benchmarks } = body;
        Self { name, description, base_currency, cost_method, dividends, benchmarks }
    }
}

/// Your portfolios, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios",
    params(PageQuery<PortfolioId>, FieldsQuery<PortfolioShown>),
    responses((status = 200, description = "A page of them.", body = Page<PortfolioShown>))
)]
async fn list(caller: Caller, paging: Paging, wanted: Wanted) -> Answer {
    let fields = wanted.fields::<PortfolioShown>()?;
    let after: Option<PortfolioId> = paging.after()?;
    let mut all = caller.tracker.portfolios().await?;
    all.retain(|portfolio| after.is_none_or(|after| portfolio.id > after));
    let page = paging.page(all, |portfolio| portfolio.id);
    listed(page, |portfolio| fields.of(&PortfolioShown::of(portfolio)))
}

/// Makes a portfolio.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios",
    request_body = NewPortfolio,
    responses(
        (status = 201, description = "It is there.", body = PortfolioShown, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "There is one of that name.")
    )
)]
async fn create(caller: Caller, body: web::Bytes) -> Answer {
    let settings: SettingsBody = read(&body, "a portfolio, such as {\"name\": \"Main\"}")?;
    let portfolio = caller.tracker.make_portfolio(&settings.into()).await?;
    let address = format!("/api/v1/portfolios/{}", portfolio.id);
    Ok(made(address, &tag(&portfolio), &PortfolioShown::of(&portfolio)))
}

/// A portfolio.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), FieldsQuery<PortfolioShown>),
    responses(
        (status = 200, description = "The portfolio.", body = PortfolioShown, headers(("ETag" = String))),
        (status = 304, description = "You have it.")
    )
)]
async fn one(caller: Caller, id: web::Path<PortfolioId>, wanted: Wanted, conditions: Conditions) -> Answer {
    let fields = wanted.fields::<PortfolioShown>()?;
    let portfolio = caller.tracker.portfolio(*id).await?;
    Ok(conditions.answer(&tag(&portfolio), &fields.of(&PortfolioShown::of(&portfolio))?))
}

/// The version that a change is meant for; none where it is meant for any.
async fn seen(caller: &Caller, id: PortfolioId, conditions: &Conditions) -> Result<Option<i64>, Problem> {
    let present = caller.tracker.portfolio(id).await?;
    conditions.allow_change_of(&tag(&present))?;
    Ok(conditions.name_a_version().then_some(present.ledger_version))
}

async fn of_change(caller: &Caller, id: PortfolioId, error: TrackerError) -> Problem {
    match error {
        TrackerError::Overtaken => match caller.tracker.portfolio(id).await {
            Ok(present) => Problem::Changed { present: tag(&present).to_string() },
            Err(error) => error.into(),
        },
        TrackerError::Invalid(faults) => invalid(&faults, true),
        error => error.into(),
    }
}

/// Changes settings of a portfolio: those that are named.
#[utoipa::path(
    patch,
    path = "/api/v1/portfolios/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    request_body = SettingsBody,
    responses(
        (status = 200, description = "The portfolio as it is now.", body = PortfolioShown, headers(("ETag" = String))),
        (status = 409, description = "There is another one of that name."),
        (status = 412, description = "It has changed since.", headers(("ETag" = String)))
    )
)]
async fn change(
    caller: Caller,
    id: web::Path<PortfolioId>,
    conditions: Conditions,
    body: web::Bytes,
) -> Answer {
    let settings: SettingsBody = read(&body, "settings, such as {\"name\": \"Main\"}")?;
    let seen = seen(&caller, *id, &conditions).await?;
    match caller.tracker.change_portfolio(*id, &settings.into(), seen).await {
        Ok(changed) => Ok(resource(&tag(&changed), &PortfolioShown::of(&changed))),
        Err(error) => Err(of_change(&caller, *id, error).await),
    }
}

/// Deletes a portfolio with all that hangs on it. Its last change puts it back.
#[utoipa::path(
    delete,
    path = "/api/v1/portfolios/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    responses(
        (status = 204, description = "It is deleted; the last of its changes undoes that."),
        (status = 412, description = "It has changed since.", headers(("ETag" = String)))
    )
)]
async fn remove(caller: Caller, id: web::Path<PortfolioId>, conditions: Conditions) -> Answer {
    let seen = seen(&caller, *id, &conditions).await?;
    match caller.tracker.delete_portfolio(*id, seen).await {
        Ok(_) => Ok(gone()),
        Err(error) => Err(of_change(&caller, *id, error).await),
    }
}

/// The weights that holdings are to have.
#[derive(Serialize, ToSchema)]
struct TargetsShown {
    portfolio_id: Uuid,
    /// The day since which they are in force; null when there are none.
    #[schema(value_type = Option<String>, format = Date)]
    since: Option<chrono::NaiveDate>,
    weights: Vec<WeightShown>,
    /// What they leave for cash.
    #[schema(value_type = Part)]
    cash: String,
}

/// A target.
#[derive(Serialize, ToSchema)]
struct WeightShown {
    #[schema(value_type = Ticker)]
    symbol: String,
    #[schema(value_type = Part)]
    weight: String,
}

impl TargetsShown {
    fn of(targets: &TargetWeights) -> Self {
        let weight = |(symbol, weight): (&Symbol, &Decimal)| WeightShown {
            symbol: symbol.to_string(),
            weight: weight.to_string(),
        };
        Self {
            portfolio_id: targets.portfolio.uuid(),
            since: targets.since,
            weights: targets.weights.iter().map(weight).collect(),
            cash: targets.cash().normalize().to_string(),
        }
    }
}

/// The tag of targets.
pub(in crate::web) fn targets_tag(targets: &TargetWeights) -> Tag {
    tag_of(&TargetsShown::of(targets))
}

fn tag_of(targets: &TargetsShown) -> Tag {
    Tag::of_bytes(&serde_json::to_vec(targets).unwrap_or_default())
}

/// The weights that holdings are to have.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/targets",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    responses(
        (status = 200, description = "The targets.", body = TargetsShown, headers(("ETag" = String))),
        (status = 304, description = "You have them.")
    )
)]
async fn targets(caller: Caller, id: web::Path<PortfolioId>, conditions: Conditions) -> Answer {
    let shown = TargetsShown::of(&caller.tracker.targets(*id).await?);
    Ok(conditions.answer(&tag_of(&shown), &shown))
}

/// Targets as they are to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TargetsBody {
    /// What they leave of the whole is to be cash; none: there are no targets any more.
    #[schema(max_items = 1000)]
    weights: Vec<WeightBody>,
}

/// A target.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WeightBody {
    #[schema(value_type = Ticker)]
    symbol: Symbol,
    #[schema(value_type = AnyPart)]
    weight: Value,
}

/// Sets the weights that holdings are to have: all of them.
#[utoipa::path(
    put,
    path = "/api/v1/portfolios/{portfolio}/targets",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    request_body = TargetsBody,
    responses(
        (status = 200, description = "The targets as they are now.", body = TargetsShown, headers(("ETag" = String))),
        (status = 412, description = "They have changed since.", headers(("ETag" = String)))
    )
)]
async fn set_targets(
    caller: Caller,
    id: web::Path<PortfolioId>,
    conditions: Conditions,
    body: web::Bytes,
) -> Answer {
    let TargetsBody { weights } = read(&body, "targets, with \"weights\"")?;
    let present = caller.tracker.targets(*id).await?;
    conditions.allow_change_of(&targets_tag(&present))?;
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (at, wanted) in weights.into_iter().enumerate() {
        match decimal_of(&wanted.weight) {
            Some(weight) => read.push((wanted.symbol, weight)),
            None => faults.push(Fault::new(format!("weights[{at}].weight"), "give a number like 0.6")),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::Invalid(faults));
    }
    let seen = conditions.name_a_version().then_some(present);
    let set = match caller.tracker.set_targets(*id, read, seen).await {
        Err(TrackerError::Overtaken) => {
            let present = targets_tag(&caller.tracker.targets(*id).await?).to_string();
            return Err(Problem::Changed { present });
        }
        set => set?,
    };
    let shown = TargetsShown::of(&set);
    Ok(resource(&tag_of(&shown), &shown))
}
