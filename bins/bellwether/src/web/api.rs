//! JSON for programs, at the addresses that scripts know.

use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_tracker::{Dashboard, View};
use chrono::SecondsFormat;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::State;
use super::pages::ViewQuery;
use super::problem::Problem;
use super::snapshot::{self, Kind};
use super::view::dashboard_json;

type Answer = Result<HttpResponse, Problem>;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.route("/api/dashboard-initial-data/{portfolio}", web::get().to(initial_data))
        .route("/api/dashboard-holdings-data/{portfolio}", web::get().to(holdings_data))
        .route("/api/dashboard-chart-data/{portfolio}", web::get().to(chart_data))
        .route("/api/current-price/{ticker}", web::get().to(current_price))
        .route("/api/price-update-progress", web::get().to(update_progress))
        // As resources of their own, so that other methods are answered by 405.
        .service(web::resource("/api/refresh-holdings/{portfolio}").route(web::post().to(refresh)))
        .service(web::resource("/api/refresh-all-prices/{portfolio}").route(web::post().to(refresh)));
}

/// The benchmarks whose figures have keys of their own.
fn known_benchmarks() -> Vec<Symbol> {
    ["VOO", "QQQ"].iter().filter_map(|symbol| symbol.parse().ok()).collect()
}

async fn dashboard_json(
    state: web::Data<State>,
    request: HttpRequest,
    id: PortfolioId,
    kind: Kind,
    view: View,
    shape: fn(&Dashboard) -> Value,
) -> Answer {
    let (shared, seen) = (state.clone(), view.clone());
    snapshot::answer(&state, &request, id, kind, &view, move || async move {
        let dashboard = shared.tracker.dashboard(id, &seen).await?;
        Ok((shape(&dashboard).to_string().into_bytes(), "application/json"))
    })
    .await
}

async fn initial_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = View { benchmarks: known_benchmarks(), ..query.view()? };
    dashboard_json(state, request, *id, Kind::InitialData, view, dashboard_json::initial).await
}

async fn holdings_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = View { benchmarks: known_benchmarks(), ..query.view()? };
    dashboard_json(state, request, *id, Kind::HoldingsData, view, dashboard_json::holdings_answer).await
}

async fn chart_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    dashboard_json(state, request, *id, Kind::ChartData, query.view()?, dashboard_json::chart).await
}

/// The last known price. Asks nobody: what is not stored is not known.
async fn current_price(state: web::Data<State>, ticker: web::Path<String>) -> Answer {
    let symbol: Symbol = ticker.parse().map_err(|error| Problem::BadRequest(format!("{error}.")))?;
    let Some(price) = state.tracker.current_price(&symbol).await? else {
        return Err(Problem::NotFound(format!("No price of {symbol} is known here.")));
    };
    Ok(HttpResponse::Ok().json(json!({
        "success": true,
        "ticker": symbol,
        "price": price.price.to_f64(),
        "currency": price.currency,
        "as_of": price.shown.as_of.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, false)),
        "data_age_minutes": price.shown.age_minutes,
        "freshness": price.shown.freshness,
        "is_stale": price.shown.freshness.is_stale(),
        "source": price.source,
    })))
}

async fn update_progress(state: web::Data<State>) -> Answer {
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(state.tracker.refresh_progress()))
}

/// Asks for fresh prices of a portfolio; answers at once with where to see the progress.
async fn refresh(state: web::Data<State>, id: web::Path<PortfolioId>) -> Answer {
    let job = state.tracker.request_refresh(*id).await?;
    Ok(HttpResponse::Accepted().json(json!({
        "success": true,
        "job": job,
        "progress": "/api/price-update-progress",
    })))
}
