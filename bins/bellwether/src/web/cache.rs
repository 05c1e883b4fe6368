//! What is known of the kept answers, and a way to drop them.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use utoipa::{OpenApi, ToSchema};

use super::State;
use super::methods::{READ, address, reading};
use super::state::SNAPSHOT_BYTES;

#[derive(OpenApi)]
#[openapi(paths(statistics, clear))]
pub(super) struct Operations;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/cache/stats", READ).route(reading().to(statistics)))
        .service(address("/api/cache/clear", "POST").route(web::post().to(clear)));
}

/// Counts since the start by kind and tier, and how Redis fares now.
#[utoipa::path(
    get,
    path = "/api/cache/stats",
    responses((status = 200, description = "The counts.", body = Object))
)]
async fn statistics(state: web::Data<State>) -> HttpResponse {
    let redis = match state.tracker.redis() {
        None => None,
        Some(redis) => {
            // Its outcome shows in the health.
            let _ = redis.ping().await;
            let health = redis.health();
            Some(json!({
                "state": health.state,
                "answered_at": health.answered_at,
                "failing_since": health.failing_since,
                "resting_until": health.resting_until,
                "calls": health.calls,
                "failures": health.failures,
                "skipped": health.skipped,
            }))
        }
    };
    let statistics = state.snapshots.statistics();
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({
        "success": true,
        "hit_ratio": statistics.all.memory.hit_ratio(),
        "mean_age_millis": statistics.all.memory.mean_age_millis(),
        "limit_bytes": SNAPSHOT_BYTES,
        "snapshots": statistics,
        "redis": redis,
    }))
}

#[derive(Serialize, ToSchema)]
struct Dropped {
    success: bool,
    /// How many there were.
    #[schema(value_type = u64)]
    dropped: serde_json::Value,
}

/// Drops the answers of this process and those in Redis; what the other processes have in memory stays.
#[utoipa::path(
    post,
    path = "/api/cache/clear",
    responses((status = 200, description = "They are gone.", body = Dropped))
)]
async fn clear(state: web::Data<State>) -> HttpResponse {
    let dropped = state.snapshots.statistics().all.entries;
    state.snapshots.clear().await;
    tracing::info!(dropped, "cache.cleared");
    HttpResponse::Ok().json(Dropped { success: true, dropped: json!(dropped) })
}
