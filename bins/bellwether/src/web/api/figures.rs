//! What pages show of a portfolio as JSON, and how each of its figures came about.
//!
//! A figure is `{"value": "170.12", "unit": "USD", "figure": "portfolio:value"}`, or has a `reason` where there is no
//! value; `figure` is the name by which its derivation is asked for.

mod derivation;
mod figure;
mod holdings;
mod told;

use actix_web::web;
use bellwether_domain::Portfolio;
use bellwether_tracker::View;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::web::methods::{READ, address, reading};

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios/{portfolio}/derivations/{figure}", READ)
            .route(reading().to(derivation::derivation)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/holdings", READ).route(reading().to(holdings::holdings)),
    );
}

#[derive(OpenApi)]
#[openapi(paths(derivation::derivation, holdings::holdings))]
pub(in crate::web) struct Operations;

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The answer with what each begins with.
fn with_head(portfolio: &Portfolio, view: &View, mut told: Value) -> Value {
    told["portfolio_id"] = json!(portfolio.id);
    told["name"] = json!(portfolio.name);
    told["base_currency"] = json!(portfolio.base_currency);
    told["range"] = json!(view.range.as_str());
    told
}
