//! What the owner wants the holdings' weights to be.

use actix_web::{HttpResponse, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::{Class, ClassDrift};
use bellwether_tracker::{AllocationShown, TargetWeights};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::{Value, json};

use super::portfolio::chosen;
use super::{Answer, decimal_of};
use crate::web::caller::Caller;
use crate::web::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedAllocations {
    /// The first one where none is named.
    portfolio: Option<PortfolioId>,
    allocations: Vec<WantedAllocation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedAllocation {
    ticker: Symbol,
    /// A number, or a text where every digit counts.
    percentage: Value,
}

/// Replaces all targets.
pub(super) async fn put(caller: Caller, body: web::Bytes) -> Answer {
    let wanted: WantedAllocations = serde_json::from_slice(&body)
        .map_err(|error| Problem::BadRequest(format!("The body is no JSON of allocations: {error}.")))?;
    let weight = |wanted: WantedAllocation| {
        let percent = decimal_of(&wanted.percentage);
        let weight = percent.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
        // What has too many digits to be divided exactly is not taken for something else.
        let weight = weight.filter(|weight| weight.checked_mul(Decimal::ONE_HUNDRED) == percent);
        let weight = weight.ok_or_else(|| {
            let words = format!("{} is no percentage: give it as \"12.5\".", wanted.percentage);
            Problem::BadRequest(words)
        })?;
        Ok((wanted.ticker, weight))
    };
    let weights: Vec<_> = wanted.allocations.into_iter().map(weight).collect::<Result<_, Problem>>()?;
    let id = chosen(&caller, wanted.portfolio).await?;
    let targets = caller.tracker.set_targets(id, weights).await?;
    let allocations: Vec<Value> = targets
        .weights
        .iter()
        .map(|(symbol, weight)| json!({ "ticker": symbol, "percentage": percent(*weight) }))
        .collect();
    Ok(HttpResponse::Ok().json(answer(&targets, &allocations)))
}

#[derive(Deserialize)]
pub(super) struct AllocationQuery {
    portfolio: Option<PortfolioId>,
}

/// The targets beside what there is.
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

/// Exact, as it was given.
fn percent(weight: Decimal) -> String {
    // At most 18 decimals and at most 1.
    (weight * Decimal::ONE_HUNDRED).normalize().to_string()
}
