//! What pages show of a portfolio as JSON, and how each of its figures came about.
//!
//! A figure is `{"value": "170.12", "unit": "USD", "figure": "portfolio:value"}`, or has a `reason` where there is no
//! value; `figure` is the name by which its derivation is asked for.

mod derivation;
mod figure;
mod holdings;
mod told;
mod views;

pub(in crate::web) use derivation::PartQuery;
pub(in crate::web) use views::ProposalQuery;

use actix_web::web;
use bellwether_domain::Portfolio;
use bellwether_tracker::View;
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::web::methods::{READ, address, reading};

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/api/v1/portfolios/{portfolio}/derivations/{figure}", READ)
            .route(reading().to(derivation::derivation)),
    )
    .service(address("/api/v1/portfolios/{portfolio}/holdings", READ).route(reading().to(holdings::holdings)))
    .service(
        address("/api/v1/portfolios/{portfolio}/holdings/{symbol}", READ).route(reading().to(views::holding)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/performance", READ).route(reading().to(views::performance)),
    )
    .service(address("/api/v1/portfolios/{portfolio}/picks", READ).route(reading().to(views::picks)))
    .service(address("/api/v1/portfolios/{portfolio}/income", READ).route(reading().to(views::income)))
    .service(
        address("/api/v1/portfolios/{portfolio}/cash-flows", READ).route(reading().to(views::cash_flows)),
    )
    .service(
        address("/api/v1/portfolios/{portfolio}/allocation", READ).route(reading().to(views::allocation)),
    );
}

#[derive(OpenApi)]
#[openapi(paths(
    derivation::derivation,
    holdings::holdings,
    views::holding,
    views::performance,
    views::picks,
    views::income,
    views::cash_flows,
    views::allocation
))]
pub(in crate::web) struct Operations;

/// The answer with what each begins with.
fn with_head(portfolio: &Portfolio, view: &View, mut told: Value) -> Value {
    told["portfolio_id"] = json!(portfolio.id);
    told["name"] = json!(portfolio.name);
    told["base_currency"] = json!(portfolio.base_currency);
    told["range"] = json!(view.range.to_string());
    told
}
