//! A portfolio's own settings.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Currency, PortfolioId, Symbol, UserId};

/// How the cost of sold shares is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostMethod {
    /// First in, first out: the oldest lot goes first.
    #[default]
    Fifo,
    /// Last in, first out: the newest lot goes first.
    Lifo,
    /// The lot with the highest cost per share goes first.
    HighestCost,
    /// Moving average over all lots.
    Average,
}

impl CostMethod {
    /// All methods, in the order in which lists show them.
    pub const ALL: [Self; 4] = [Self::Fifo, Self::Lifo, Self::HighestCost, Self::Average];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::HighestCost => "highest-cost",
            Self::Average => "average",
        }
    }
}

/// The text names no cost method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cost method: use fifo, lifo, highest-cost or average")]
pub struct InvalidCostMethod(String);

impl InvalidCostMethod {
    /// What was given in its place.
    pub fn given(&self) -> &str {
        &self.0
    }
}

impl FromStr for CostMethod {
    type Err = InvalidCostMethod;

    fn from_str(text: &str) -> Result<Self, InvalidCostMethod> {
        match text.trim().to_ascii_lowercase().as_str() {
            "fifo" => Ok(Self::Fifo),
            "lifo" => Ok(Self::Lifo),
            "highest-cost" | "hifo" => Ok(Self::HighestCost),
            "average" | "avg" => Ok(Self::Average),
            _ => Err(InvalidCostMethod(text.chars().take(40).collect())),
        }
    }
}

/// Whether dividends that the instruments are known to have paid, but the ledger does not record, are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DividendPolicy {
    /// A known dividend without a recorded one beside it is inferred from the units held, and marked so.
    #[default]
    Infer,
    /// Only what the ledger records.
    RecordedOnly,
}

impl DividendPolicy {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Infer => "infer",
            Self::RecordedOnly => "recorded-only",
        }
    }

    /// The policy that a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "infer" => Some(Self::Infer),
            "recorded-only" => Some(Self::RecordedOnly),
            _ => None,
        }
    }
}

/// A portfolio of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio {
    /// Its identifier.
    pub id: PortfolioId,
    /// Whose it is.
    pub user: UserId,
    /// Its name, unique for the user.
    pub name: String,
    /// The user's words about it.
    pub description: String,
    /// The currency of its totals.
    pub base_currency: Currency,
    /// How the cost of sold shares is found.
    pub cost_method: CostMethod,
    /// Whether unrecorded dividends are inferred.
    pub dividends: DividendPolicy,
    /// What it is compared with, in order; VOO and QQQ unless chosen otherwise.
    pub benchmarks: Vec<Symbol>,
    /// Made up for the demonstration.
    pub demo: bool,
    /// Rises with every change to its ledger or settings.
    pub ledger_version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cost_method_is_read_from_its_own_word() {
        for method in CostMethod::ALL {
            assert_eq!(method.as_str().to_uppercase().parse(), Ok(method));
        }
        assert!("oldest".parse::<CostMethod>().is_err());
    }
}
