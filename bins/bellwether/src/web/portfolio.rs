//! Pages that show a portfolio's figures, each in a file of its own. All of them are views: they change nothing, wait for
//! no provider, and are kept until the ledger or the prices are others.

mod allocation;
mod cash_flows;
mod derivation;
pub(super) mod frame;
mod holding;
mod holdings;
mod income;
mod overview;
mod performance;
mod picks;

use actix_web::web;

pub(super) use allocation::Typed;

use super::methods::{READ, address, reading};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/portfolio/{portfolio}/holdings", READ).route(reading().to(holdings::page)))
        .service(address("/portfolio/{portfolio}/holdings.json", READ).route(reading().to(holdings::columns)))
        .service(address("/portfolio/{portfolio}/holdings/{symbol}", READ).route(reading().to(holding::page)))
        .service(address("/portfolio/{portfolio}/income", READ).route(reading().to(income::page)))
        .service(address("/portfolio/{portfolio}/cash-flows", READ).route(reading().to(cash_flows::page)))
        .service(address("/portfolio/{portfolio}/allocation", READ).route(reading().to(allocation::page)))
        .service(address("/portfolio/{portfolio}/overview", READ).route(reading().to(overview::part)))
        .service(address("/portfolio/{portfolio}/performance", READ).route(reading().to(performance::page)))
        .service(address("/portfolio/{portfolio}/picks", READ).route(reading().to(picks::page)))
        .service(
            address("/portfolio/{portfolio}/derivations/{figure}", READ)
                .route(reading().to(derivation::page)),
        );
}
