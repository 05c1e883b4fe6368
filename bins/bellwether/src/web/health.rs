//! Whether the process lives, and whether it can do its work.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::State;
use super::methods::{READ, address, reading};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/healthz", READ).route(reading().to(alive)))
        .service(address("/readyz", READ).route(reading().to(ready)));
}

/// The process answers. Touches nothing, so that no slow database makes a living process look dead.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// The database answers too.
async fn ready(state: web::Data<State>) -> HttpResponse {
    match state.tracker.ping().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ready" })),
        Err(error) => {
            tracing::warn!(%error, "readiness.failed");
            HttpResponse::ServiceUnavailable().json(json!({ "status": "the database does not answer" }))
        }
    }
}
