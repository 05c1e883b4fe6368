//! What the owner wants the holdings' weights to be.

use actix_web::{HttpResponse, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::{Class, ClassDrift};
use bellwether_tracker::{AllocationShown, TargetWeights};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::portfolio::chosen;
use super::schema::{Amount, AnyPercentage, Ticker};
use super::{Answer, decimal_of};
use crate::web::caller::Caller;
use crate::web::problem::Problem;
use crate::web::weights::{part, percent};

/// The weights that holdings are to have; what is left is cash.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedAllocations {
    /// The first one where none is named.
    #[schema(value_type = Option<Uuid>)]
    portfolio: Option<PortfolioId>,
    #[schema(max_items = 1000)]
    allocations: Vec<WantedAllocation>,
}

/// The weight that one is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedAllocation {
    #[schema(value_type = Ticker)]
    ticker: Symbol,
    /// 100 at most together.
    #[schema(value_type = AnyPercentage)]
    percentage: Value,
}

/// The targets, and beside them what there is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
struct AllocationsTold {
    success: bool,
    portfolio_id: Uuid,
    /// Since when they hold.
    since: Option<String>,
    allocations: Vec<AllocationTold>,
    cash_percentage: Amount,
    current_cash_percentage: Option<f64>,
    /// What of the portfolio is not where it should be.
    misplaced_percentage: Option<f64>,
    /// Why what there is is not known.
    reason: Option<String>,
}

/// One of them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
struct AllocationTold {
    ticker: Ticker,
    percentage: Amount,
    current_percentage: Option<f64>,
    drift_percentage: Option<f64>,
    drift_amount: Option<f64>,
}

/// Replaces all targets.
#[utoipa::path(
    put,
    path = "/api/v1/allocations",
    request_body = WantedAllocations,
    responses((status = 200, description = "The targets.", body = AllocationsTold), (status = 404, description = "There is no such portfolio."), (status = 409, description = "Not as things are."))
)]
pub(super) async fn put(caller: Caller, body: web::Bytes) -> Answer {
    let wanted: WantedAllocations = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body is no JSON of allocations: {error}.")))?;
    let weight = |wanted: WantedAllocation| {
        let percent = decimal_of(&wanted.percentage);
        let weight = percent.and_then(part).ok_or_else(|| {
            let words = format!("{} is no percentage: give it as \"12.5\".", wanted.percentage);
            Problem::bad_request(words)
        })?;
        Ok((wanted.ticker, weight))
    };
    let weights: Vec<_> = wanted.allocations.into_iter().map(weight).collect::<Result<_, Problem>>()?;
    let id = chosen(&caller, wanted.portfolio).await?;
    let targets = caller.tracker.set_targets(id, weights, None).await?;
    let allocations: Vec<Value> = targets
        .weights
        .iter()
        .map(|(symbol, weight)| json!({ "ticker": symbol, "percentage": percent(*weight) }))
        .collect();
    Ok(HttpResponse::Ok().json(answer(&targets, &allocations)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AllocationQuery {
    /// The first one where none is named.
    #[param(value_type = Option<Uuid>)]
    portfolio: Option<PortfolioId>,
}

/// The targets beside what there is.
#[utoipa::path(
    get,
    path = "/api/v1/allocations",
    params(AllocationQuery),
    responses((status = 200, description = "The targets.", body = AllocationsTold), (status = 404, description = "There is no such portfolio."))
)]
pub(super) async fn get(caller: Caller, query: web::Query<AllocationQuery>) -> Answer {
    let id = chosen(&caller, query.portfolio).await?;
    let AllocationShown { targets, drift } = caller.tracker.allocation(id).await?;
    let (drift, reason) = match drift {
        None => (None, None),
        Some(Ok(Ok(drift))) => (Some(drift), None),
        Some(Ok(Err(reason))) => (None, Some(reason.to_string())),
        Some(Err(fault)) => (None, Some(fault.to_string())),
    };
    let beside = |class: &Class| drift.as_ref().and_then(|drift| drift.class(class));
    let mut allocations: Vec<Value> = targets
        .weights
        .iter()
        .map(|(symbol, weight)| one(symbol, *weight, beside(&Class::named(symbol.as_str()))))
        .collect();
    // What is held without a target should not be.
    let others = drift.iter().flat_map(|drift| &drift.classes).filter_map(|class| {
        let Class::Named(name) = &class.class else { return None };
        let symbol: Symbol = name.parse().ok().filter(|symbol| !targets.weights.contains_key(symbol))?;
        Some(one(&symbol, Decimal::ZERO, Some(class)))
    });
    allocations.extend(others);
    let mut told = answer(&targets, &allocations);
    told["current_cash_percentage"] = json!(beside(&Class::Cash).and_then(current));
    told["misplaced_percentage"] = json!(drift.as_ref().and_then(|drift| float_percent(drift.misplaced)));
    told["reason"] = json!(reason);
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(told))
}

fn answer(targets: &TargetWeights, allocations: &[Value]) -> Value {
    json!({
        "success": true,
        "portfolio_id": targets.portfolio,
        "since": targets.since,
        "allocations": allocations,
        "cash_percentage": percent(targets.cash()),
    })
}

fn one(symbol: &Symbol, weight: Decimal, beside: Option<&ClassDrift>) -> Value {
    json!({
        "ticker": symbol,
        "percentage": percent(weight),
        "current_percentage": beside.and_then(current),
        "drift_percentage": beside.and_then(|class| float_percent(class.points)),
        "drift_amount": beside.and_then(|class| class.money.to_f64()),
    })
}

fn current(class: &ClassDrift) -> Option<f64> {
    float_percent(class.weight)
}

fn float_percent(part: Decimal) -> Option<f64> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.to_f64()
}
