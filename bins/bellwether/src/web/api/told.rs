//! Keys of the answers about a dashboard, for the documentation: `view/dashboard_json.rs` and `view/metrics_json.rs` write
//! them. Amounts are numbers in the base currency, rates per cent; what is unknown is null.
#![expect(dead_code, reason = "names the keys in the documentation")]

use std::collections::BTreeMap;

use chrono::NaiveDate;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema::{Benchmark, CurrencyCode, Instant, Ticker};

/// A portfolio's totals.
#[derive(ToSchema)]
pub(super) struct PortfolioStats {
    current_value: Option<f64>,
    total_invested: Option<f64>,
    total_gain_loss: Option<f64>,
    gain_loss_percentage: Option<f64>,
    cash_balance: Option<f64>,
    total_dividends: Option<f64>,
    voo_equivalent: Option<f64>,
    qqq_equivalent: Option<f64>,
    voo_gain_loss: Option<f64>,
    qqq_gain_loss: Option<f64>,
    voo_gain_loss_percentage: Option<f64>,
    qqq_gain_loss_percentage: Option<f64>,
    voo_daily_change: Option<f64>,
    voo_daily_dollar_change: Option<f64>,
    qqq_daily_change: Option<f64>,
    qqq_daily_dollar_change: Option<f64>,
    portfolio_daily_change: Option<f64>,
    portfolio_daily_dollar_change: Option<f64>,
}

/// What is held of an instrument.
#[derive(ToSchema)]
pub(super) struct HoldingTold {
    ticker: Ticker,
    name: Option<String>,
    shares: Option<f64>,
    current_price: Option<f64>,
    currency: CurrencyCode,
    market_value: Option<f64>,
    cost_basis: Option<f64>,
    average_cost: Option<f64>,
    gain_loss: Option<f64>,
    gain_loss_percentage: Option<f64>,
    realised_gain: Option<f64>,
    dividends: Option<f64>,
    voo_performance: Option<f64>,
    qqq_performance: Option<f64>,
    portfolio_percentage: Option<f64>,
    daily_change: Option<f64>,
    daily_dollar_change: Option<f64>,
    data_age_minutes: Option<i64>,
    is_stale: bool,
    /// `live`, `delayed`, `recent`, `closed`, `cached`, `stale` or another word for what a price can be relied on.
    freshness: Option<String>,
    as_of: Option<Instant>,
}

/// One of the latest transactions.
#[derive(ToSchema)]
pub(super) struct TransactionTold {
    id: Uuid,
    #[schema(rename = "type")]
    kind: String,
    ticker: Option<Ticker>,
    date: NaiveDate,
    shares: Option<f64>,
    price: Option<f64>,
    total: Option<f64>,
    currency: CurrencyCode,
}

/// What a dashboard shows first.
#[derive(ToSchema)]
pub(super) struct InitialData {
    success: bool,
    portfolio_stats: PortfolioStats,
    holdings: Vec<HoldingTold>,
    /// The latest five.
    #[schema(max_items = 5)]
    recent_transactions: Vec<TransactionTold>,
    data_warnings: Vec<serde_json::Value>,
    stale_tickers: Vec<Ticker>,
    as_of: NaiveDate,
    timestamp: Instant,
}

/// The portfolio itself.
#[derive(ToSchema)]
pub(super) struct PortfolioTold {
    id: Uuid,
    name: String,
    description: Option<String>,
    base_currency: CurrencyCode,
    cost_method: String,
    benchmarks: Vec<Benchmark>,
}

/// A portfolio, its totals and what it holds.
#[derive(ToSchema)]
pub(super) struct WholePortfolio {
    portfolio: PortfolioTold,
    success: bool,
    portfolio_stats: PortfolioStats,
    holdings: Vec<HoldingTold>,
    recent_transactions: Vec<TransactionTold>,
    data_warnings: Vec<serde_json::Value>,
    stale_tickers: Vec<Ticker>,
    as_of: NaiveDate,
    timestamp: Instant,
}

/// The holdings alone.
#[derive(ToSchema)]
pub(super) struct HoldingsData {
    success: bool,
    holdings: Vec<HoldingTold>,
    timestamp: Instant,
}

/// The chart; `chart_data` is null where the ledger has a fault.
#[derive(ToSchema)]
pub(super) struct ChartTold {
    success: bool,
    chart_data: Option<ChartColumnsTold>,
    source: String,
}

/// Its columns, of the same length.
#[derive(ToSchema)]
pub(super) struct ChartColumnsTold {
    dates: Vec<String>,
    portfolio_values: Vec<Option<f64>>,
    /// What was paid in until then.
    contributions: Vec<Option<f64>>,
    benchmark: Option<Benchmark>,
    /// What you call it, where it is an index of your own; else it is not told.
    #[schema(required = false)]
    benchmark_name: Option<String>,
    benchmark_values: Vec<Option<f64>>,
    voo_values: Option<Vec<Option<f64>>>,
    qqq_values: Option<Vec<Option<f64>>>,
    /// Time-weighted return since the beginning of the range.
    returns: Vec<Option<f64>>,
    /// How far below the high of the range so far: zero or negative.
    drawdowns: Vec<Option<f64>>,
    /// The benchmark's total return since the beginning of the range.
    benchmark_returns: Vec<Option<f64>>,
    /// Own purchases and sales in the range.
    trades: Vec<TradeTold>,
}

/// A purchase, or a sale with negative shares.
#[derive(ToSchema)]
pub(super) struct TradeTold {
    date: NaiveDate,
    ticker: Ticker,
    shares: f64,
}

/// Rates of return side by side, and risk.
#[derive(ToSchema)]
pub(super) struct MetricsTold {
    success: bool,
    portfolio_id: Uuid,
    name: String,
    currency: CurrencyCode,
    as_of: NaiveDate,
    /// By name; null where it is unknown.
    metrics: BTreeMap<String, Option<f64>>,
    /// Why, by the same name.
    unavailable: BTreeMap<String, String>,
    risk_benchmark: Option<serde_json::Value>,
    /// What you call it, where it is an index of your own; else it is not told.
    #[schema(required = false)]
    risk_benchmark_name: Option<String>,
    risk_period: Option<RiskPeriod>,
    error: Option<String>,
    timestamp: Instant,
}

/// The days that risk is measured over.
#[derive(ToSchema)]
pub(super) struct RiskPeriod {
    from: NaiveDate,
    to: NaiveDate,
}
