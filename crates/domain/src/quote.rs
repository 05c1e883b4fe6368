//! Current prices.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, PriceSourceName, Symbol};

/// The last known price of an instrument, with when it was true and when we learned it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Whose price.
    pub symbol: Symbol,
    /// Per unit, in the currency's major unit.
    pub price: Decimal,
    /// The major currency.
    pub currency: Currency,
    /// The market's time of the price.
    pub as_of: DateTime<Utc>,
    /// When it was fetched or entered.
    pub fetched_at: DateTime<Utc>,
    /// Close of the trading day before the price's, in today's units, where the source tells it.
    pub previous_close: Option<Decimal>,
    /// Minutes by which the venue's data is delayed; 0 for live data.
    pub delay_minutes: u16,
    /// Who says so.
    pub source: PriceSourceName,
}
