//! What can be held.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Currency, Exchange, InstrumentId, Symbol};

/// What kind of thing an instrument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstrumentKind {
    /// A company's share.
    Equity,
    /// An exchange-traded fund.
    Etf,
    /// An open-ended fund, priced once a day.
    Fund,
    /// An index, which cannot be held.
    Index,
    /// A currency pair.
    Currency,
    /// A cryptocurrency.
    Crypto,
    /// A future.
    Future,
    /// Anything else.
    Other,
}

impl InstrumentKind {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equity => "equity",
            Self::Etf => "etf",
            Self::Fund => "fund",
            Self::Index => "index",
            Self::Currency => "currency",
            Self::Crypto => "crypto",
            Self::Future => "future",
            Self::Other => "other",
        }
    }

    /// The kind that a stored word or a provider's type names; [`InstrumentKind::Other`] for unknown ones.
    pub fn from_word(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "equity" => Self::Equity,
            "etf" => Self::Etf,
            "fund" | "mutualfund" => Self::Fund,
            "index" => Self::Index,
            "currency" => Self::Currency,
            "crypto" | "cryptocurrency" => Self::Crypto,
            "future" => Self::Future,
            _ => Self::Other,
        }
    }
}

/// An instrument of the register, shared by all portfolios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its number here.
    pub id: InstrumentId,
    /// Its ticker.
    pub symbol: Symbol,
    /// Its name, where a source told it.
    pub name: Option<String>,
    /// What it is.
    pub kind: InstrumentKind,
    /// The major currency of its prices; `None` until a source told it.
    pub currency: Option<Currency>,
    /// The venue whose calendar it follows.
    pub exchange: Exchange,
    /// When its full daily history was last fetched from a provider.
    pub history_fetched_at: Option<DateTime<Utc>>,
    /// Rises with every change to its prices, actions or quote.
    pub price_version: i64,
}
