//! The shapes on the wire. Everything is optional, and numbers are read leniently: whether an answer is usable is
//! decided with all of it in hand.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::number::Number;

/// Any of the JSON bodies, the envelope of each endpoint being a key of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub(super) chart: Option<ChartEnvelope>,
    pub(super) spark: Option<SparkEnvelope>,
    /// Errors that no endpoint owns.
    pub(super) finance: Option<ErrorEnvelope>,
    /// Stands in successes that are none.
    pub(super) status_code: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChartEnvelope {
    pub(super) result: Option<Vec<ChartResult>>,
    pub(super) error: Option<WireError>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SparkEnvelope {
    pub(super) result: Option<Vec<SparkEntry>>,
    pub(super) error: Option<WireError>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorEnvelope {
    pub(super) error: Option<WireError>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireError {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SparkEntry {
    pub(super) symbol: Option<String>,
    pub(super) response: Option<Vec<ChartResult>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChartResult {
    pub(super) meta: Meta,
    pub(super) timestamp: Option<Vec<Number>>,
    #[serde(default)]
    pub(super) indicators: Indicators,
    pub(super) events: Option<Events>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) symbol: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) exchange_name: Option<String>,
    pub(super) exchange_timezone_name: Option<String>,
    pub(super) instrument_type: Option<String>,
    pub(super) long_name: Option<String>,
    pub(super) short_name: Option<String>,
    pub(super) data_granularity: Option<String>,
    #[serde(default)]
    pub(super) first_trade_date: Number,
    #[serde(default)]
    pub(super) regular_market_price: Number,
    #[serde(default)]
    pub(super) regular_market_time: Number,
    #[serde(default)]
    pub(super) chart_previous_close: Number,
    #[serde(default)]
    pub(super) price_hint: Number,
    pub(super) current_trading_period: Option<TradingPeriods>,
}

impl Meta {
    /// Whether two answers tell the same price of the same time.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let price = |meta: &Self| (meta.regular_market_price.get(), meta.regular_market_time.whole());
        self.currency == other.currency && price(self) == price(other)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct TradingPeriods {
    pub(super) regular: Option<TradingPeriod>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TradingPeriod {
    #[serde(default)]
    pub(super) start: Number,
    #[serde(default)]
    pub(super) end: Number,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Indicators {
    pub(super) quote: Option<Vec<Option<Columns>>>,
    pub(super) adjclose: Option<Vec<Option<Adjusted>>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Columns {
    pub(super) open: Option<Vec<Number>>,
    pub(super) high: Option<Vec<Number>>,
    pub(super) low: Option<Vec<Number>>,
    pub(super) close: Option<Vec<Number>>,
    pub(super) volume: Option<Vec<Number>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Adjusted {
    pub(super) adjclose: Option<Vec<Number>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Events {
    pub(super) dividends: Option<HashMap<String, Payout>>,
    pub(super) capital_gains: Option<HashMap<String, Payout>>,
    pub(super) splits: Option<HashMap<String, SplitEvent>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payout {
    #[serde(default)]
    pub(super) date: Number,
    #[serde(default)]
    pub(super) amount: Number,
    pub(super) currency: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SplitEvent {
    #[serde(default)]
    pub(super) date: Number,
    #[serde(default)]
    pub(super) numerator: Number,
    #[serde(default)]
    pub(super) denominator: Number,
    pub(super) split_ratio: Option<String>,
}

/// One symbol of the flat spark shape, which has neither currency nor zone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlatSpark {
    pub(super) symbol: Option<String>,
    pub(super) timestamp: Option<Vec<Number>>,
    pub(super) close: Option<Vec<Number>>,
    #[serde(default)]
    pub(super) chart_previous_close: Number,
}
