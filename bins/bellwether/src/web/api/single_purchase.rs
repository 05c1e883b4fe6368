//! What one unit of an instrument that was bought on a past day has become.

use actix_web::{HttpResponse, web};
use bellwether_domain::Symbol;
use chrono::{NaiveDate, SecondsFormat};
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;
use utoipa::ToSchema;

use super::schema::{CurrencyCode, Instant, Ticker};
use super::{Answer, symbol_of};
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// What one unit became.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
struct SinglePurchase {
    /// Whether it is known.
    success: bool,
    ticker: Ticker,
    requested_date: NaiveDate,
    /// The first day of trading from then on.
    purchase_date: Option<NaiveDate>,
    purchase_price: Option<f64>,
    current_price: Option<f64>,
    /// Per cent, with dividends.
    performance: Option<f64>,
    /// Per cent, without.
    price_performance: Option<f64>,
    currency: Option<CurrencyCode>,
    as_of: Option<Instant>,
    data_age_minutes: Option<i64>,
    freshness: String,
    is_stale: bool,
    /// Why it is not known.
    reason: Option<String>,
    /// Whether older prices are being fetched.
    history_requested: bool,
}

/// From stored prices: what was never fetched is asked for in the background, and said so.
#[utoipa::path(
    get,
    path = "/api/etf-performance/{ticker}/{date}",
    params(("ticker" = Ticker, Path, description = "The symbol."), ("date" = NaiveDate, Path, description = "The day, as 2024-03-05.")),
    responses((status = 200, description = "What it became.", body = SinglePurchase), (status = 400, description = "That is no symbol, or no day until today."))
)]
pub(super) async fn etf_performance(caller: Caller, of: web::Path<(String, String)>) -> Answer {
    let (ticker, day) = of.into_inner();
    let symbol: Symbol = symbol_of(&ticker)?;
    let asked: NaiveDate = day
        .parse()
        .map_err(|_no_date| Problem::bad_request(format!("{day:?} is no date: write it as 2024-03-05.")))?;
    let told = caller.tracker.single_purchase(&symbol, asked).await?;
    let Some(shown) = &told.shown else {
        let mut words = format!("No price of {symbol} is known here.");
        if told.history_asked {
            words.push_str(" Its history is being asked for in the background: try again in a minute.");
        }
        return Err(Problem::NotFound(words));
    };
    let (purchase, reason) = match &told.purchase {
        Ok(purchase) => (Some(purchase), None),
        Err(reason) => (None, Some(reason.to_string())),
    };
    let percent = |rate: Option<f64>| rate.map(|rate| rate * 100.0);
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({
        "success": purchase.is_some(),
        "ticker": symbol,
        "requested_date": asked,
        "purchase_date": purchase.map(|purchase| purchase.bought_on),
        "purchase_price": purchase.and_then(|purchase| purchase.price.to_f64()),
        "current_price": purchase.and_then(|purchase| purchase.current.to_f64()),
        "performance": percent(purchase.map(|purchase| purchase.total_return)),
        "price_performance": percent(purchase.map(|purchase| purchase.price_return)),
        "currency": purchase.map(|purchase| purchase.currency),
        "as_of": shown.as_of.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, false)),
        "data_age_minutes": shown.age_minutes,
        "freshness": shown.freshness,
        "is_stale": shown.freshness.is_stale(),
        "reason": reason,
        "history_requested": told.history_asked,
    })))
}
