//! JSON for programs, at the addresses that scripts know.

pub(super) mod accounts;
mod ages;
mod allocations;
pub(super) mod body;
pub(super) mod changes;
pub(super) mod conditions;
pub(super) mod fields;
pub(super) mod indices;
pub(super) mod openapi;
pub(super) mod paging;
mod portfolio;
pub(super) mod portfolios;
pub(super) mod schema;
mod single_purchase;
pub(super) mod transactions;

use std::sync::LazyLock;

use actix_web::error::ErrorNotFound;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::{Answer as Finished, Validity};
use bellwether_domain::{Currency, PortfolioId, Symbol};
use bellwether_tracker::{Tracker, View};
use chrono::{NaiveDate, SecondsFormat};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::{Value, json};

use super::State;
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::ViewQuery;
use super::problem::Problem;
use super::snapshot::{self, Kind};
use super::view::{dashboard_json, metrics_json};

type Answer = Result<HttpResponse, Problem>;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let read = |path| address(path, READ);
    app.service(read("/api/dashboard-initial-data/{portfolio}").route(reading().to(initial_data)))
        .service(read("/api/dashboard-holdings-data/{portfolio}").route(reading().to(holdings_data)))
        .service(read("/api/dashboard-chart-data/{portfolio}").route(reading().to(chart_data)))
        .service(read("/api/current-price/{ticker}").route(reading().to(current_price)))
        .service(
            read("/api/etf-performance/{ticker}/{date}")
                .route(reading().to(single_purchase::etf_performance)),
        )
        .service(read("/api/price-update-progress").route(reading().to(update_progress)))
        .service(read("/api/upstream").route(reading().to(upstream)))
        .service(read("/api/v1/portfolio").route(reading().to(portfolio::portfolio)))
        .service(read("/api/v1/calculations/portfolio-metrics").route(reading().to(portfolio::metrics)))
        .service(
            address("/api/v1/allocations", "GET, HEAD, PUT")
                .route(reading().to(allocations::get))
                .route(web::put().to(allocations::put)),
        )
        .service(address("/api/prices", "POST").route(web::post().to(record_price)))
        .service(address("/api/prices/{ticker}/{date}", "DELETE").route(web::delete().to(remove_price)))
        .service(address("/api/refresh-holdings/{portfolio}", "POST").route(web::post().to(refresh)))
        .service(address("/api/refresh-all-prices/{portfolio}", "POST").route(web::post().to(refresh)));
}

/// What is wrong with a part of an address, or behind its question mark, for programs.
pub(super) fn explain(app: &mut web::ServiceConfig) {
    let words = |error: &dyn std::fmt::Display| format!("That address cannot be read: {error}.");
    app.app_data(web::PathConfig::default().error_handler(move |error, request| {
        if is_for_programs(request) { Problem::NotFound(words(&error)).into() } else { ErrorNotFound(error) }
    }))
    .app_data(web::QueryConfig::default().error_handler(move |error, request| {
        if is_for_programs(request) { Problem::BadRequest(words(&error)).into() } else { error.into() }
    }));
}

fn is_for_programs(request: &HttpRequest) -> bool {
    request.match_info().as_str().starts_with("/api/")
}

fn symbol_of(text: &str) -> Result<Symbol, Problem> {
    text.parse().map_err(|error| Problem::BadRequest(format!("{error}.")))
}

/// A number as it was written, from JSON's number or from a text where every digit counts.
fn decimal_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::from_str_exact(text.trim()).ok(),
        Value::Number(number) => Decimal::from_str_exact(&number.to_string()).ok(),
        _ => None,
    }
}

/// The benchmarks whose figures have keys of their own.
static KNOWN_BENCHMARKS: LazyLock<Vec<Symbol>> =
    LazyLock::new(|| ["VOO", "QQQ"].iter().filter_map(|symbol| symbol.parse().ok()).collect());

async fn dashboard_json(
    state: web::Data<State>,
    request: HttpRequest,
    id: PortfolioId,
    kind: Kind,
    view: View,
) -> Answer {
    let (shared, seen) = (Caller::of(&request)?.tracker, view.clone());
    let build = move || {
        let (shared, seen) = (shared.clone(), seen.clone());
        async move { body(&shared, id, &seen, kind).await }
    };
    snapshot::answer(&state, &request, id, kind, &view, build).await
}

/// An answer about a dashboard as JSON.
pub(super) async fn body(
    tracker: &Tracker,
    id: PortfolioId,
    view: &View,
    kind: Kind,
) -> Result<Finished, Problem> {
    let finish: Box<dyn FnOnce() -> Finished + Send> = if kind == Kind::PortfolioMetrics {
        let metrics = tracker.metrics(id, view.as_of).await?;
        let validity = Validity { changes_at: metrics.day_ends, refreshing: None };
        Box::new(move || finished(&metrics_json::metrics(&metrics)).valid(validity))
    } else {
        let dashboard = tracker.dashboard(id, view).await?;
        Box::new(move || match kind {
            Kind::ChartData => {
                finished(&dashboard_json::chart(&dashboard)).valid(dashboard.figures_validity())
            }
            Kind::HoldingsData => ages::finished(&dashboard, &dashboard_json::holdings_answer(&dashboard)),
            Kind::Portfolio => ages::finished(&dashboard, &dashboard_json::portfolio(&dashboard)),
            Kind::InitialData | Kind::DashboardPage | Kind::PortfolioMetrics | Kind::SharedPage => {
                ages::finished(&dashboard, &dashboard_json::initial(&dashboard))
            }
        })
    };
    Ok(tracker.compute(finish).await)
}

fn finished(json: &Value) -> Finished {
    Finished::new("application/json", json.to_string().into_bytes())
}

/// With the benchmarks whose figures have keys of their own.
pub(super) fn with_known_benchmarks(view: &View) -> View {
    View { benchmarks: KNOWN_BENCHMARKS.clone(), ..view.clone() }
}

async fn initial_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = with_known_benchmarks(&query.view()?);
    dashboard_json(state, request, *id, Kind::InitialData, view).await
}

async fn holdings_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = with_known_benchmarks(&query.view()?);
    dashboard_json(state, request, *id, Kind::HoldingsData, view).await
}

async fn chart_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    dashboard_json(state, request, *id, Kind::ChartData, query.view()?).await
}

/// The last known price. Asks nobody: what is not stored is not known.
async fn current_price(caller: Caller, ticker: web::Path<String>) -> Answer {
    let symbol = symbol_of(&ticker)?;
    let Some(price) = caller.tracker.current_price(&symbol).await? else {
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

/// A price that somebody typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedPrice {
    ticker: Symbol,
    /// A number, or a text where every digit counts.
    price: Value,
    date: Option<NaiveDate>,
    currency: Option<Currency>,
}

/// Records a price of one day, which counts before any other of that day.
async fn record_price(caller: Caller, body: web::Bytes) -> Answer {
    let typed: TypedPrice = serde_json::from_slice(&body)
        .map_err(|error| Problem::BadRequest(format!("The body is no JSON of a price: {error}.")))?;
    let Some(price) = decimal_of(&typed.price) else {
        return Err(Problem::BadRequest(format!("{} is no price: give it as \"120.50\".", typed.price)));
    };
    let recorded = caller.tracker.record_price(typed.ticker, typed.date, price, typed.currency).await?;
    Ok(HttpResponse::Ok().json(json!({
        "success": true,
        "ticker": recorded.symbol,
        "date": recorded.date,
        "price": recorded.price,
        "currency": recorded.currency,
    })))
}

/// Takes back a price that was typed.
async fn remove_price(caller: Caller, of: web::Path<(String, String)>) -> Answer {
    let (ticker, date) = of.into_inner();
    let symbol: Symbol = ticker.parse().map_err(|error| Problem::BadRequest(format!("{error}.")))?;
    let Ok(date) = date.parse() else {
        return Err(Problem::BadRequest(format!("{date:?} is no day: write it as 2024-03-05.")));
    };
    caller.tracker.remove_price(&symbol, date).await?;
    Ok(HttpResponse::Ok().json(json!({ "success": true })))
}

async fn update_progress(state: web::Data<State>) -> Answer {
    state.tracker.look_elsewhere().await?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(state.tracker.refresh_progress()))
}

/// How the sources of prices fare. Asks nobody.
async fn upstream(state: web::Data<State>) -> Answer {
    let health = state.tracker.upstream_health_of_all().await;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(health))
}

/// Asks for fresh prices of a portfolio; answers at once with where to see the progress.
async fn refresh(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    let job = caller.tracker.request_refresh(*id).await?;
    Ok(HttpResponse::Accepted().cookie(snapshot::asked()).json(json!({
        "success": true,
        "job": job,
        "progress": "/api/price-update-progress",
    })))
}
