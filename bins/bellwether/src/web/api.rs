//! JSON for programs, at the addresses that scripts know.

pub(super) mod accounts;
mod ages;
mod allocations;
pub(super) mod answer;
pub(super) mod body;
pub(super) mod changes;
pub(super) mod conditions;
pub(super) mod docs;
pub(super) mod envelope;
pub(super) mod exports;
pub(super) mod fields;
pub(super) mod figures;
pub(super) mod idempotency;
pub(super) mod imports;
pub(super) mod indices;
pub(super) mod openapi;
pub(super) mod paging;
pub(super) mod place;
mod portfolio;
pub(super) mod portfolios;
pub(super) mod reconciliation;
mod report;
pub(super) mod schema;
mod single_purchase;
mod told;
pub(super) mod transactions;

use std::sync::LazyLock;

use actix_web::error::ErrorNotFound;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::{Answer as Finished, Validity};
use bellwether_domain::{Currency, Freshness, PortfolioId, Symbol};
use bellwether_tracker::{JobId, Tracker, View, no_symbol};
use chrono::{NaiveDate, SecondsFormat};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use self::schema::{Amount, AnyAmount, CurrencyCode, Instant, Ticker};
use self::told::{ChartTold, HoldingsData, InitialData};
use super::State;
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::ViewQuery;
use super::problem::Problem;
use super::snapshot::{self, Kind};
use super::view::{dashboard_json, metrics_json};

type Answer = Result<HttpResponse, Problem>;

#[derive(OpenApi)]
#[openapi(paths(
    initial_data,
    holdings_data,
    chart_data,
    current_price,
    single_purchase::etf_performance,
    update_progress,
    upstream,
    record_price,
    remove_price,
    refresh_holdings,
    refresh_all_prices
))]
struct KnownNames;

#[derive(OpenApi)]
#[openapi(paths(
    portfolio::portfolio,
    portfolio::metrics,
    report::report,
    allocations::get,
    allocations::put
))]
struct Portfolios;

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
        .service(read("/api/v1/portfolios/{portfolio}/report").route(reading().to(report::report)))
        .service(
            address("/api/v1/allocations", "GET, HEAD, PUT")
                .route(reading().to(allocations::get))
                .route(web::put().to(allocations::put)),
        )
        .configure(exports::routes)
        .configure(figures::routes)
        .service(address("/api/prices", "POST").route(web::post().to(record_price)))
        .service(address("/api/prices/{ticker}/{date}", "DELETE").route(web::delete().to(remove_price)))
        .service(address("/api/refresh-holdings/{portfolio}", "POST").route(web::post().to(refresh_holdings)))
        .service(
            address("/api/refresh-all-prices/{portfolio}", "POST").route(web::post().to(refresh_all_prices)),
        );
}

/// What is wrong with a part of an address, or behind its question mark, for programs.
pub(super) fn explain(app: &mut web::ServiceConfig) {
    let words = |error: &dyn std::fmt::Display| format!("That address cannot be read: {error}.");
    app.app_data(web::PayloadConfig::new(envelope::LONGEST_BODY))
        .app_data(web::PathConfig::default().error_handler(move |error, request| {
            if is_for_programs(request) {
                Problem::NotFound(words(&error)).into()
            } else {
                ErrorNotFound(error)
            }
        }))
        .app_data(web::QueryConfig::default().error_handler(move |error, request| {
            if is_for_programs(request) { Problem::bad_request(words(&error)).into() } else { error.into() }
        }));
}

fn is_for_programs(request: &HttpRequest) -> bool {
    request.match_info().as_str().starts_with("/api/")
}

pub(in crate::web) fn symbol_of(text: &str) -> Result<Symbol, Problem> {
    text.parse().map_err(|error| Problem::bad_request(no_symbol(&error).whole()))
}

/// A number as it was written, from JSON's number or from a text where every digit counts.
fn decimal_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::from_str_exact(text.trim()).ok(),
        Value::Number(number) => exact(&number.to_string()),
        _ => None,
    }
}

/// A number of JSON, which may have a power of ten.
fn exact(number: &str) -> Option<Decimal> {
    let Some((digits, power)) = number.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(number).ok();
    };
    let mut read = Decimal::from_str_exact(digits).ok()?.normalize();
    let scale = i32::try_from(read.scale()).ok()?.checked_sub(power.parse().ok()?)?;
    match u32::try_from(scale) {
        Ok(scale) => read.set_scale(scale).ok().map(|()| read),
        Err(_) if scale < -28 => None,
        Err(_) => {
            read.set_scale(0).ok()?;
            (scale..0).try_fold(read, |read, _| read.checked_mul(Decimal::TEN))
        }
    }
}

/// A text as it is, a number with every digit that it has, for whoever reads texts.
fn written(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => decimal_of(&value).map_or_else(|| value.to_string(), |exact| exact.to_string()),
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
            Kind::InitialData | Kind::DashboardPage(_) | Kind::PortfolioMetrics | Kind::SharedPage(_) => {
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

/// What a dashboard shows first.
#[utoipa::path(
    get,
    path = "/api/dashboard-initial-data/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery),
    responses((status = 200, description = "The figures.", body = InitialData), (status = 304, description = "You have it."))
)]
async fn initial_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = with_known_benchmarks(&query.view()?);
    dashboard_json(state, request, *id, Kind::InitialData, view).await
}

/// What is held.
#[utoipa::path(
    get,
    path = "/api/dashboard-holdings-data/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery),
    responses((status = 200, description = "The holdings.", body = HoldingsData), (status = 304, description = "You have it."))
)]
async fn holdings_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = with_known_benchmarks(&query.view()?);
    dashboard_json(state, request, *id, Kind::HoldingsData, view).await
}

/// The value by day, beside what was paid in and the benchmarks.
#[utoipa::path(
    get,
    path = "/api/dashboard-chart-data/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery),
    responses((status = 200, description = "The columns.", body = ChartTold), (status = 304, description = "You have it."))
)]
async fn chart_data(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    dashboard_json(state, request, *id, Kind::ChartData, query.view()?).await
}

/// A price and how far it can be relied on.
#[derive(Serialize, ToSchema)]
struct CurrentPrice {
    success: bool,
    #[schema(value_type = Ticker)]
    ticker: Symbol,
    price: Option<f64>,
    #[schema(value_type = CurrencyCode)]
    currency: Currency,
    #[schema(value_type = Option<Instant>)]
    as_of: Option<String>,
    data_age_minutes: Option<i64>,
    #[schema(value_type = String)]
    freshness: Freshness,
    is_stale: bool,
    /// Who told it.
    #[schema(value_type = Option<String>)]
    source: Value,
}

/// The last known price. Asks nobody: what is not stored is not known.
#[utoipa::path(
    get,
    path = "/api/current-price/{ticker}",
    params(("ticker" = Ticker, Path, description = "The symbol.")),
    responses((status = 200, description = "The price.", body = CurrentPrice), (status = 400, description = "That is no symbol."))
)]
async fn current_price(caller: Caller, ticker: web::Path<String>) -> Answer {
    let symbol = symbol_of(&ticker)?;
    let Some(price) = caller.tracker.current_price(&symbol).await? else {
        return Err(Problem::NotFound(format!("No price of {symbol} is known here.")));
    };
    Ok(HttpResponse::Ok().json(CurrentPrice {
        success: true,
        ticker: symbol,
        price: price.price.to_f64(),
        currency: price.currency,
        as_of: price.shown.as_of.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, false)),
        data_age_minutes: price.shown.age_minutes,
        freshness: price.shown.freshness,
        is_stale: price.shown.freshness.is_stale(),
        source: serde_json::json!(price.source),
    }))
}

/// A price that somebody typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TypedPrice {
    #[schema(value_type = Ticker)]
    ticker: Symbol,
    /// More than nothing.
    #[schema(value_type = AnyAmount)]
    price: Value,
    /// Today, where none is told.
    date: Option<NaiveDate>,
    /// That of the instrument, where none is told.
    #[schema(value_type = Option<CurrencyCode>)]
    currency: Option<Currency>,
}

/// A price that is kept.
#[derive(Serialize, ToSchema)]
struct RecordedPrice {
    success: bool,
    #[schema(value_type = Ticker)]
    ticker: Symbol,
    date: NaiveDate,
    #[schema(value_type = Amount)]
    price: Decimal,
    #[schema(value_type = CurrencyCode)]
    currency: Currency,
}

/// It was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    pub(super) success: bool,
}

/// Records a price of one day, which counts before any other of that day.
#[utoipa::path(
    post,
    path = "/api/prices",
    request_body = TypedPrice,
    responses((status = 200, description = "It is kept.", body = RecordedPrice), (status = 404, description = "Nobody has that instrument."), (status = 409, description = "It cannot be as things are."))
)]
async fn record_price(caller: Caller, body: web::Bytes) -> Answer {
    let typed: TypedPrice = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body is no JSON of a price: {error}.")))?;
    let Some(price) = decimal_of(&typed.price) else {
        return Err(Problem::bad_request(format!("{} is no price: give it as \"120.50\".", typed.price)));
    };
    let recorded = caller.tracker.record_price(typed.ticker, typed.date, price, typed.currency).await?;
    Ok(HttpResponse::Ok().json(RecordedPrice {
        success: true,
        ticker: recorded.symbol,
        date: recorded.date,
        price: recorded.price,
        currency: recorded.currency,
    }))
}

/// Takes back a price that was typed.
#[utoipa::path(
    delete,
    path = "/api/prices/{ticker}/{date}",
    params(("ticker" = Ticker, Path, description = "The symbol."), ("date" = NaiveDate, Path, description = "The day, as 2024-03-05.")),
    responses((status = 200, description = "It is gone.", body = Done), (status = 400, description = "That is no symbol or no day."))
)]
async fn remove_price(caller: Caller, of: web::Path<(String, String)>) -> Answer {
    let (ticker, date) = of.into_inner();
    let symbol = symbol_of(&ticker)?;
    let Ok(date) = date.parse() else {
        return Err(Problem::bad_request(format!("{date:?} is no day: write it as 2024-03-05.")));
    };
    caller.tracker.remove_price(&symbol, date).await?;
    Ok(HttpResponse::Ok().json(Done { success: true }))
}

/// How far the fetching of prices came.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands for the tracker's type in the documentation")]
struct UpdateProgress {
    /// `idle`, `queued`, `updating`, `completed` or `error`.
    status: String,
    current: u64,
    total: u64,
    updated_count: u64,
    failed_count: u64,
    stale_data: Vec<Ticker>,
    last_updated: Option<Instant>,
    /// Attempts that the last one made upstream.
    upstream_calls: u32,
}

/// How far the fetching of prices came.
#[utoipa::path(
    get,
    path = "/api/price-update-progress",
    responses((status = 200, description = "So far.", body = UpdateProgress))
)]
async fn update_progress(state: web::Data<State>) -> Answer {
    state.tracker.look_elsewhere().await?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(state.tracker.refresh_progress()))
}

/// How the sources of prices fare. Asks nobody.
#[utoipa::path(
    get,
    path = "/api/upstream",
    responses((status = 200, description = "Each source: whether it is asked, what is left of its limits, since when.", body = Object))
)]
async fn upstream(state: web::Data<State>) -> Answer {
    let health = state.tracker.upstream_health_of_all().await;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(health))
}

/// A refresh that was begun.
#[derive(Serialize, ToSchema)]
struct RefreshBegun {
    success: bool,
    #[schema(value_type = Uuid)]
    job: JobId,
    /// Where to see how far it came.
    #[schema(value_type = String)]
    progress: &'static str,
}

/// Asks for fresh prices of a portfolio's holdings.
#[utoipa::path(
    post,
    path = "/api/refresh-holdings/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    responses((status = 202, description = "They are being fetched.", body = RefreshBegun))
)]
async fn refresh_holdings(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    refresh(&caller, *id).await
}

/// Asks for fresh prices of all that a portfolio shows.
#[utoipa::path(
    post,
    path = "/api/refresh-all-prices/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    responses((status = 202, description = "They are being fetched.", body = RefreshBegun))
)]
async fn refresh_all_prices(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    refresh(&caller, *id).await
}

/// Answers at once with where to see the progress.
async fn refresh(caller: &Caller, id: PortfolioId) -> Answer {
    let job = caller.tracker.request_refresh(id).await?;
    let progress = "/api/price-update-progress";
    Ok(HttpResponse::Accepted().cookie(snapshot::asked()).json(RefreshBegun { success: true, job, progress }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_every_digit_whatever_its_power_of_ten() {
        for (number, told) in [
            ("1.50", "1.50"),
            ("1e-7", "0.0000001"),
            ("1.25E+3", "1250"),
            ("-12.5e-2", "-0.125"),
            ("0e400", ""),
            ("7e28", "70000000000000000000000000000"),
            ("8e28", ""),
            ("1e29", ""),
            ("1e-29", ""),
            ("1e99999999999", ""),
        ] {
            let read = exact(number).map(|read| read.to_string()).unwrap_or_default();
            assert_eq!(read, told, "{number}");
        }
    }
}
