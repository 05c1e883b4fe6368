//! Pages that show a portfolio's figures, each in a file of its own. All of them are views: they change nothing, wait for
//! no provider, and are kept until the ledger or the prices are others.

mod derivation;
mod frame;
mod holdings;
mod performance;

use actix_web::web;

use super::methods::{READ, address, reading};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/portfolio/{portfolio}/holdings", READ).route(reading().to(holdings::page)))
        .service(address("/portfolio/{portfolio}/performance", READ).route(reading().to(performance::page)))
        .service(
            address("/portfolio/{portfolio}/derivations/{figure}", READ)
                .route(reading().to(derivation::page)),
        );
}
