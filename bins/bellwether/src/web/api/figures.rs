//! What pages show of a portfolio as JSON, and how each of its figures came about.
//!
//! A figure is `{"value": "170.12", "unit": "USD", "figure": "portfolio:value"}`, or has a `reason` where there is no
//! value; `figure` is the name by which its derivation is asked for.

mod derivation;
mod figure;

use actix_web::web;
use utoipa::OpenApi;

use crate::web::methods::{READ, address, reading};

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    let path = |rest: &str| format!("/api/v1/portfolios/{{portfolio}}/{rest}");
    app.service(address(&path("derivations/{figure}"), READ).route(reading().to(derivation::derivation)));
}

#[derive(OpenApi)]
#[openapi(paths(derivation::derivation))]
pub(in crate::web) struct Operations;
