//! `/__sim/*` and `/metrics`: reads and changes the simulator. None of it counts as traffic.

use actix_web::{HttpResponse, web};
use bellwether_domain::{Clock, Symbol, price_of_decimal};
use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{ClockMode, ClockOrder};
use crate::config::{Behaviour, SimError};
use crate::counters::exposition;
use crate::faults::FaultRule;
use crate::latency::LatencyProfile;
use crate::limiter::LimiterPolicy;
use crate::market::Truth;
use crate::service::Service;

type Shared = web::Data<Service>;

pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.service(
        web::scope("/__sim")
            .route("/counters", web::get().to(counters))
            .route("/mark", web::post().to(mark))
            .route("/marks", web::get().to(marks))
            .route("/log", web::get().to(log))
            .route("/reset", web::post().to(reset))
            .route("/config", web::get().to(config))
            .route("/config", web::put().to(change_config))
            .route("/faults", web::put().to(set_faults))
            .route("/clock", web::get().to(clock))
            .route("/clock", web::put().to(change_clock))
            .route("/clock/advance", web::post().to(change_clock))
            .route("/block", web::post().to(block))
            .route("/expire-crumbs", web::post().to(expire_crumbs))
            .route("/truth", web::get().to(truth))
            .default_service(web::to(|| async { refused(404, "no such control") })),
    );
    app.route("/metrics", web::get().to(metrics));
}

fn refused(status: u16, reason: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status).json(json!({ "error": reason }))
}

async fn counters(service: Shared) -> HttpResponse {
    HttpResponse::Ok().json(service.ledger.counters(service.blocked_now()))
}

async fn metrics(service: Shared) -> HttpResponse {
    let text = exposition(&service.ledger.counters(service.blocked_now()));
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}

#[derive(Deserialize)]
struct MarkOrder {
    name: String,
}

async fn mark(service: Shared, order: web::Json<MarkOrder>) -> HttpResponse {
    service.ledger.mark(&order.name, service.clock.now());
    HttpResponse::NoContent().finish()
}

async fn marks(service: Shared) -> HttpResponse {
    HttpResponse::Ok().json(service.ledger.marks())
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    since: u64,
}

async fn log(service: Shared, query: web::Query<LogQuery>) -> HttpResponse {
    HttpResponse::Ok().json(service.ledger.log_since(query.since))
}

async fn reset(service: Shared) -> HttpResponse {
    service.reset();
    HttpResponse::NoContent().finish()
}

async fn config(service: Shared) -> HttpResponse {
    HttpResponse::Ok().json(&*service.behaviour())
}

async fn change_config(service: Shared, change: web::Json<Value>) -> HttpResponse {
    match merged(&service.behaviour(), change.into_inner()) {
        Ok(behaviour) => {
            service.set_behaviour(behaviour);
            config(service).await
        }
        Err(error) => refused(400, &error.to_string()),
    }
}

/// A behaviour with some of its settings changed. Limiter and latency may be the names of presets.
fn merged(behaviour: &Behaviour, mut change: Value) -> Result<Behaviour, SimError> {
    let unknown = |what: &str| SimError::Setting(what.to_owned());
    for (key, preset) in
        [("limiter", limiter_preset as fn(&str) -> Option<Value>), ("latency", latency_preset)]
    {
        if let Some(name) = change.get(key).and_then(Value::as_str) {
            change[key] = preset(name).ok_or_else(|| unknown(name))?;
        }
    }
    let mut settings = serde_json::to_value(behaviour).map_err(|error| unknown(&error.to_string()))?;
    merge(&mut settings, change);
    serde_json::from_value(settings).map_err(|error| unknown(&error.to_string()))
}

fn limiter_preset(name: &str) -> Option<Value> {
    serde_json::to_value(LimiterPolicy::preset(name)?).ok()
}

fn latency_preset(name: &str) -> Option<Value> {
    serde_json::to_value(LatencyProfile::preset(name)?).ok()
}

fn merge(settings: &mut Value, change: Value) {
    match (settings, change) {
        (Value::Object(settings), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(settings.entry(key).or_insert(Value::Null), change);
            }
        }
        (setting, change) => *setting = change,
    }
}

async fn set_faults(service: Shared, rules: web::Json<Vec<FaultRule>>) -> HttpResponse {
    service.set_faults(rules.into_inner());
    HttpResponse::NoContent().finish()
}

async fn clock(service: Shared) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "now": service.clock.now() }))
}

async fn change_clock(service: Shared, order: web::Json<ClockOrder>) -> HttpResponse {
    let order = order.into_inner();
    if let Some(mode) = order.mode {
        match mode.parse::<ClockMode>() {
            Ok(mode) => service.clock.follow(mode),
            Err(error) => return refused(400, &error.to_string()),
        }
    }
    let set = order.at.map_or(Ok(()), |at| service.clock.set(at));
    let by = order.seconds.and_then(TimeDelta::try_seconds);
    match set.and_then(|()| by.map_or(Ok(()), |by| service.clock.advance(by))) {
        Ok(()) => clock(service).await,
        Err(error) => refused(409, &error.to_string()),
    }
}

#[derive(Deserialize)]
struct BlockOrder {
    client: String,
    seconds: i64,
}

async fn block(service: Shared, order: web::Json<BlockOrder>) -> HttpResponse {
    service.block(&order.client, order.seconds);
    HttpResponse::NoContent().finish()
}

async fn expire_crumbs(service: Shared) -> HttpResponse {
    service.expire_crumbs();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct TruthQuery {
    symbol: Symbol,
    from: NaiveDate,
    to: NaiveDate,
    as_of: Option<NaiveDate>,
}

async fn truth(service: Shared, query: web::Query<TruthQuery>) -> HttpResponse {
    let today = bellwether_domain::Exchange::of(&query.symbol).local_date(service.clock.now());
    let as_of = query.as_of.unwrap_or(today);
    match service.market.truth(&query.symbol, query.from, query.to, as_of) {
        Some(truth) => HttpResponse::Ok().json(json_of(&truth)),
        None => refused(404, "not quoted on that day"),
    }
}

fn json_of(truth: &Truth) -> Value {
    let bars: Vec<Value> = truth
        .bars
        .iter()
        .map(|day| {
            let bar = &day.bar;
            json!({
                "date": bar.date, "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close,
                "volume": bar.volume, "as_traded_close": day.as_traded_close, "adjusted_close": day.adjusted_close,
            })
        })
        .collect();
    let splits = truth
        .splits
        .iter()
        .map(|split| json!({ "ex_date": split.ex_date, "new": split.ratio.new, "old": split.ratio.old }));
    let dividends = truth
        .dividends
        .iter()
        .map(|paid| json!({ "ex_date": paid.ex_date, "amount": price_of_decimal(paid.amount) }));
    json!({
        "symbol": truth.symbol,
        "currency": truth.currency,
        "bars": bars,
        "splits": splits.collect::<Vec<_>>(),
        "dividends": dividends.collect::<Vec<_>>(),
    })
}
