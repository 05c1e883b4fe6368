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

/// The text cannot name a source of the user's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot name a source: use up to 40 small letters, digits and hyphens, beginning with a letter, but not \
     manual, nor anything that begins with csv or yahoo"
)]
pub struct InvalidSourceName(String);

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

    /// A source that the user set up.
    ///
    /// # Errors
    /// When the name is not spelled like one, or is another source's.
    pub fn own(name: &str, basis: PriceBasis) -> Result<Self, InvalidSourceName> {
        let spelled = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_name = (1..=40).contains(&name.len())
            && name.bytes().all(spelled)
            && name.starts_with(|first: char| first.is_ascii_lowercase());
        let is_taken = name == "manual" || name.starts_with("csv") || name.starts_with("yahoo");
        if !is_name || is_taken {
            return Err(InvalidSourceName(name.chars().take(40).collect()));
        }
        Ok(Self { name: PriceSourceName::new(name), basis })
    }

    /// How far a source is trusted where several know the same day; lower wins.
    ///
    /// What the user typed or imported comes before a provider, one that the user set up for a symbol before the one
    /// that knows nearly all, and a provider's full bars before its rounded ones.
    pub fn rank(&self) -> u8 {
        match self.name.as_str() {
            "manual" => 0,
            "csv" => 1,
            "csv-adjusted" => 2,
            "yahoo" => 6,
            "yahoo-spark" => 9,
            _ => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_ones_own_has_a_name_of_its_own() {
        for name in ["fund-house", "x", "alpha2"] {
            assert_eq!(PriceSource::own(name, PriceBasis::AsTraded).map(|own| own.rank()), Ok(5), "{name}");
        }
        let long = "x".repeat(41);
        for name in [
            "",
            "manual",
            "csv",
            "csv-adjusted",
            "yahoo",
            "yahoo-spark",
            "yahoo2",
            "Fund",
            "a b",
            "2x",
            "-x",
            &long,
        ] {
            assert!(PriceSource::own(name, PriceBasis::AsTraded).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_users_word_comes_first_and_rounded_prices_last() {
        let own = PriceSource::own("fund-house", PriceBasis::AsTraded).expect("a source");
        let file = PriceSource::file(PriceBasis::AsTraded);
        let order = [PriceSource::manual(), file, own, PriceSource::yahoo(), PriceSource::yahoo_spark()];
        assert!(order.is_sorted_by(|one, next| one.rank() < next.rank()));
    }
}
