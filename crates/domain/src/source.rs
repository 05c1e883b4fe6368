//! Where prices come from, and what their history means.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What a source's past closes are stated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceBasis {
    /// The price paid on the day: a split shows as a jump. Dividends per share are as paid.
    AsTraded,
    /// All days restated in the units of the newest day: a split is invisible. Dividends per share likewise.
    SplitAdjusted,
}

impl PriceBasis {
    /// `as-traded` or `split-adjusted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsTraded => "as-traded",
            Self::SplitAdjusted => "split-adjusted",
        }
    }
}

/// The text names no basis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no price basis: use as-traded or split-adjusted")]
pub struct InvalidBasis(String);

impl FromStr for PriceBasis {
    type Err = InvalidBasis;

    fn from_str(text: &str) -> Result<Self, InvalidBasis> {
        match text.trim().to_ascii_lowercase().as_str() {
            "as-traded" | "raw" => Ok(Self::AsTraded),
            "split-adjusted" | "adjusted" => Ok(Self::SplitAdjusted),
            _ => Err(InvalidBasis(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for PriceBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of a source: `yahoo`, `yahoo-spark`, `csv`, `csv-adjusted`, `manual`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriceSourceName(Arc<str>);

impl PriceSourceName {
    /// A source of that name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PriceSourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A source of prices and the basis that all of its prices have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceSource {
    /// The name, unique in an installation.
    pub name: PriceSourceName,
    /// What its past closes are stated in.
    pub basis: PriceBasis,
}

impl PriceSource {
    /// Full daily bars with events from Yahoo's chart endpoint.
    pub fn yahoo() -> Self {
        Self { name: PriceSourceName::new("yahoo"), basis: PriceBasis::SplitAdjusted }
    }

    /// Closes rounded for display from Yahoo's spark endpoint; never overrides [`PriceSource::yahoo`].
    pub fn yahoo_spark() -> Self {
        Self { name: PriceSourceName::new("yahoo-spark"), basis: PriceBasis::SplitAdjusted }
    }

    /// A price file of the user, by its basis.
    pub fn file(basis: PriceBasis) -> Self {
        let name = match basis {
            PriceBasis::AsTraded => "csv",
            PriceBasis::SplitAdjusted => "csv-adjusted",
        };
        Self { name: PriceSourceName::new(name), basis }
    }

    /// Prices that the user typed, as traded on their day.
    pub fn manual() -> Self {
        Self { name: PriceSourceName::new("manual"), basis: PriceBasis::AsTraded }
    }

    /// How far a source is trusted where several know the same day; lower wins.
    ///
    /// What the user typed or imported comes before a provider, and a provider's full bars before its rounded ones.
    pub fn rank(&self) -> u8 {
        match self.name.as_str() {
            "manual" => 0,
            "csv" => 1,
            "csv-adjusted" => 2,
            "yahoo-spark" => 9,
            _ => 5,
        }
    }
}
