//! Indices of one's own, for programs.

use actix_web::{HttpResponse, web};
use bellwether_tracker::{EnteredIndex, IndexShown, TrackerError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::answer::{gone, listed, made, resource};
use super::body::read;
use super::conditions::{Conditions, Tag};
use super::fields::{FieldsQuery, Wanted};
use super::paging::{Page, PageQuery, Paging};
use super::schema::{AnyPart, Benchmark, CurrencyCode, Name, Part, RebalancingRule, Ticker};
use super::transactions::{fact, invalid};
use super::{Answer, written};
use crate::web::caller::Caller;
use crate::web::methods::{address, reading};
use crate::web::problem::Problem;

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/indices", "GET, HEAD, POST").route(reading().to(list)).route(web::post().to(create)),
    )
    .service(
        address("/api/v1/indices/{index}", "GET, HEAD, PUT, DELETE")
            .route(reading().to(one))
            .route(web::put().to(change))
            .route(web::delete().to(remove)),
    )
    .service(address("/api/v1/indices/{index}/undo", "POST").route(web::post().to(undo)));
}

#[derive(OpenApi)]
#[openapi(paths(list, create, one, change, remove, undo))]
pub(in crate::web) struct Operations;

/// An index of your own.
#[derive(Serialize, ToSchema)]
struct IndexTold {
    id: Uuid,
    /// By which portfolios are compared with it, and `benchmark=` names it.
    #[schema(value_type = Benchmark)]
    symbol: String,
    name: String,
    #[schema(value_type = CurrencyCode)]
    base_currency: String,
    /// When its weights are restored: `never`, `daily`, `monthly`, `quarterly`, `yearly`, or `drift:0.05` for a limit
    /// of five percentage points.
    rebalancing: String,
    components: Vec<ComponentTold>,
}

/// An instrument in an index.
#[derive(Serialize, ToSchema)]
struct ComponentTold {
    #[schema(value_type = Ticker)]
    symbol: String,
    #[schema(value_type = Part)]
    weight: String,
}

impl IndexTold {
    fn of(index: &IndexShown) -> Self {
        let components = index
            .components
            .iter()
            .map(|(symbol, weight)| ComponentTold { symbol: symbol.to_string(), weight: weight.to_string() });
        Self {
            id: index.id,
            symbol: index.symbol().to_string(),
            name: index.name.clone(),
            base_currency: index.base_currency.to_string(),
            rebalancing: index.rebalancing.clone(),
            components: components.collect(),
        }
    }
}

pub(in crate::web) fn tag(index: &IndexShown) -> Tag {
    Tag::of_bytes(&serde_json::to_vec(&IndexTold::of(index)).unwrap_or_default())
}

/// An index as it is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IndexBody {
    #[schema(value_type = Name)]
    name: String,
    /// Dollars where none is said.
    #[schema(value_type = Option<CurrencyCode>)]
    #[serde(default, deserialize_with = "fact")]
    base_currency: String,
    #[schema(value_type = RebalancingRule)]
    rebalancing: String,
    /// Their weights sum to 1.
    #[schema(min_items = 1, max_items = 100)]
    components: Vec<ComponentBody>,
}

/// An instrument in an index.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComponentBody {
    #[schema(value_type = Ticker)]
    symbol: String,
    #[schema(value_type = AnyPart)]
    weight: Value,
}

impl From<IndexBody> for EnteredIndex {
    fn from(body: IndexBody) -> Self {
        let component = |part: ComponentBody| (part.symbol, written(part.weight));
        Self {
            name: body.name,
            base_currency: body.base_currency,
            rebalancing: body.rebalancing,
            components: body.components.into_iter().map(component).collect(),
        }
    }
}

/// Your indices, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/indices",
    params(PageQuery<Uuid>, FieldsQuery<IndexTold>),
    responses((status = 200, description = "A page of them.", body = Page<IndexTold>))
)]
async fn list(caller: Caller, paging: Paging, wanted: Wanted) -> Answer {
    let fields = wanted.fields::<IndexTold>()?;
    let after: Option<Uuid> = paging.after()?;
    let mut all = caller.tracker.indices().await?;
    all.retain(|index| after.is_none_or(|after| index.id > after));
    listed(paging.page(all, |index| index.id), |index| fields.of(&IndexTold::of(index)))
}

/// Makes an index.
#[utoipa::path(
    post,
    path = "/api/v1/indices",
    request_body = IndexBody,
    responses(
        (status = 201, description = "It is there.", body = IndexTold, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "There is one of that name.")
    )
)]
async fn create(caller: Caller, body: web::Bytes) -> Answer {
    let wanted: IndexBody = read(&body, "an index, with \"name\", \"rebalancing\" and \"components\"")?;
    let index = match caller.tracker.create_index(&wanted.into()).await {
        Ok(index) => index,
        Err(TrackerError::Invalid(faults)) => return Err(invalid(&faults, true)),
        Err(error) => return Err(error.into()),
    };
    Ok(made(format!("/api/v1/indices/{}", index.id), &tag(&index), &IndexTold::of(&index)))
}

/// An index.
#[utoipa::path(
    get,
    path = "/api/v1/indices/{index}",
    params(("index" = Uuid, Path, description = "The index."), FieldsQuery<IndexTold>),
    responses(
        (status = 200, description = "The index.", body = IndexTold, headers(("ETag" = String))),
        (status = 304, description = "You have it.")
    )
)]
async fn one(caller: Caller, id: web::Path<Uuid>, wanted: Wanted, conditions: Conditions) -> Answer {
    let fields = wanted.fields::<IndexTold>()?;
    let index = caller.tracker.index(*id).await?;
    Ok(conditions.answer(&tag(&index), &fields.of(&IndexTold::of(&index))?))
}

async fn seen(caller: &Caller, id: Uuid, conditions: &Conditions) -> Result<Option<IndexShown>, Problem> {
    let present = caller.tracker.index(id).await?;
    conditions.allow_change_of(&tag(&present))?;
    Ok(conditions.name_a_version().then_some(present))
}

async fn of_change(caller: &Caller, id: Uuid, error: TrackerError) -> Problem {
    match error {
        TrackerError::Overtaken => match caller.tracker.index(id).await {
            Ok(present) => Problem::Changed { present: tag(&present).to_string() },
            Err(error) => error.into(),
        },
        TrackerError::Invalid(faults) => invalid(&faults, true),
        error => error.into(),
    }
}

/// Gives an index other settings: all of them.
#[utoipa::path(
    put,
    path = "/api/v1/indices/{index}",
    params(("index" = Uuid, Path, description = "The index.")),
    request_body = IndexBody,
    responses(
        (status = 200, description = "The index as it is now.", body = IndexTold, headers(("ETag" = String))),
        (status = 409, description = "There is another one of that name."),
        (status = 412, description = "It has changed since.", headers(("ETag" = String)))
    )
)]
async fn change(caller: Caller, id: web::Path<Uuid>, conditions: Conditions, body: web::Bytes) -> Answer {
    let wanted: IndexBody = read(&body, "an index, with \"name\", \"rebalancing\" and \"components\"")?;
    let seen = seen(&caller, *id, &conditions).await?;
    match caller.tracker.change_index(*id, &wanted.into(), seen.as_ref()).await {
        Ok(changed) => Ok(resource(&tag(&changed), &IndexTold::of(&changed))),
        Err(error) => Err(of_change(&caller, *id, error).await),
    }
}

/// Deletes an index. It can be put back by undoing its last change.
#[utoipa::path(
    delete,
    path = "/api/v1/indices/{index}",
    params(("index" = Uuid, Path, description = "The index.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 409, description = "Portfolios are compared with it."),
        (status = 412, description = "It has changed since.", headers(("ETag" = String)))
    )
)]
async fn remove(caller: Caller, id: web::Path<Uuid>, conditions: Conditions) -> Answer {
    let seen = seen(&caller, *id, &conditions).await?;
    match caller.tracker.delete_index(*id, seen.as_ref()).await {
        Ok(()) => Ok(gone()),
        Err(error) => Err(of_change(&caller, *id, error).await),
    }
}

/// Takes back the last change of an index, which may be deleted. Doing that again does the change again.
#[utoipa::path(
    post,
    path = "/api/v1/indices/{index}/undo",
    params(("index" = Uuid, Path, description = "The index, which may be deleted.")),
    responses(
        (status = 200, description = "The index as it is now.", body = IndexTold),
        (status = 204, description = "It was made by that change, and is not there any more."),
        (status = 409, description = "Its name is another one's by now, or it would go and portfolios are compared with it.")
    )
)]
async fn undo(caller: Caller, id: web::Path<Uuid>) -> Answer {
    Ok(match caller.tracker.undo_index(*id).await? {
        Some(index) => HttpResponse::Ok().json(IndexTold::of(&index)),
        None => gone(),
    })
}
