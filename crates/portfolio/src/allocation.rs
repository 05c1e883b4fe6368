//! What a portfolio consists of: by holding, by currency, and by any classes of the owner's.

mod assets;
mod classification;
mod division;
mod drift;
mod rebalancing;
mod targets;
#[cfg(test)]
mod tests;
mod water_filling;

use std::collections::BTreeMap;
use std::fmt;

use bellwether_domain::{Currency, Symbol};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use assets::{Asset, Assets};
pub use classification::{Classification, ClassificationError};
pub use division::Division;
pub use drift::{ClassDrift, Drift};
pub use rebalancing::{
    Funding, Negative, ProposedTrade, RebalancingError, RebalancingProposal, RebalancingTerms, Vehicle,
};
pub use targets::{TargetError, Targets};

use crate::exact::Exact;
use crate::{Figure, Reason};

/// A part of the whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// One with a name: a symbol, a currency, an asset class, a sector, a country.
    Named(String),
    /// Cash of all currencies.
    Cash,
    /// What no class is known for.
    Unclassified,
}

impl Class {
    /// A class by its name.
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(name.into())
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Named(name) => name,
            Self::Cash => "Cash",
            Self::Unclassified => "Unclassified",
        })
    }
}

/// One class of an allocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassShare {
    /// The class.
    pub class: Class,
    /// Its value in the base currency.
    pub value: Decimal,
    /// Its part of the whole; 0.6 is 60 %.
    pub weight: Decimal,
    /// The holdings in it, with as much of their value as belongs to it; none for cash.
    pub holdings: BTreeMap<Symbol, Decimal>,
}

/// A portfolio divided into classes. The values sum to the total and the weights to 1, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Allocation {
    /// The currency of the values.
    pub base: Currency,
    /// The whole, cash included.
    pub total: Decimal,
    /// The classes, the largest first.
    pub classes: Vec<ClassShare>,
}

impl Allocation {
    /// Each holding is a class of its own.
    ///
    /// # Errors
    /// [`Reason::NoCapital`] unless the whole is worth something.
    pub fn by_holding(assets: &Assets) -> Figure<Self> {
        Self::divided(assets, &Division::Holdings)
    }

    /// Holdings by the currency of their price.
    ///
    /// # Errors
    /// [`Reason::NoCapital`] unless the whole is worth something.
    pub fn by_currency(assets: &Assets) -> Figure<Self> {
        Self::divided(assets, &Division::Currencies)
    }

    /// Holdings by classes of the owner's: asset classes, sectors, countries. A holding may belong to several in parts;
    /// what is left of it is [`Class::Unclassified`].
    ///
    /// # Errors
    /// [`Reason::NoCapital`] unless the whole is worth something.
    pub fn by_class(assets: &Assets, classification: &Classification) -> Figure<Self> {
        Self::of_parts(assets, |asset| classification.divide(&asset.symbol, asset.value))
    }

    /// A class of it.
    pub fn class(&self, class: &Class) -> Option<&ClassShare> {
        self.classes.iter().find(|share| share.class == *class)
    }

    /// Its cash.
    pub fn cash(&self) -> Decimal {
        self.class(&Class::Cash).map_or(Decimal::ZERO, |cash| cash.value)
    }

    fn of_parts(assets: &Assets, parts: impl Fn(&Asset) -> Figure<Vec<(Class, Decimal)>>) -> Figure<Self> {
        let mut holdings: BTreeMap<Class, BTreeMap<Symbol, Decimal>> = BTreeMap::new();
        let mut values: BTreeMap<Class, Decimal> = BTreeMap::new();
        if !assets.cash.is_zero() {
            values.insert(Class::Cash, assets.cash);
            holdings.insert(Class::Cash, BTreeMap::new());
        }
        for asset in &assets.holdings {
            for (class, value) in parts(asset)? {
                let sum = values.entry(class.clone()).or_default();
                *sum = sum.plus(value)?;
                holdings.entry(class).or_default().insert(asset.symbol.clone(), value);
            }
        }
        let total = values.values().try_fold(Decimal::ZERO, |sum, value| sum.plus(*value))?;
        let values: Vec<(Class, Decimal)> = values.into_iter().collect();
        let weights = weights(&values.iter().map(|(_, value)| *value).collect::<Vec<_>>(), total)?;
        let mut classes: Vec<ClassShare> = values
            .into_iter()
            .zip(weights)
            .map(|((class, value), weight)| {
                let holdings = holdings.remove(&class).unwrap_or_default();
                ClassShare { class, value, weight, holdings }
            })
            .collect();
        classes.sort_by(|one, other| other.value.cmp(&one.value).then_with(|| one.class.cmp(&other.class)));
        Ok(Self { base: assets.base, total, classes })
    }
}

/// Parts of a whole that sum to exactly 1: what rounding leaves belongs to the largest.
pub(crate) fn weights(values: &[Decimal], total: Decimal) -> Figure<Vec<Decimal>> {
    if total <= Decimal::ZERO {
        return Err(Reason::NoCapital);
    }
    let mut weights: Vec<Decimal> =
        values.iter().map(|value| Ok(value.over(total)?.round_dp(WEIGHT_DECIMALS))).collect::<Figure<_>>()?;
    let sum = weights.iter().try_fold(Decimal::ZERO, |sum, weight| sum.plus(*weight))?;
    if let Some(largest) = weights.iter_mut().max_by_key(|weight| **weight) {
        *largest = largest.plus(Decimal::ONE.minus(sum)?)?;
    }
    Ok(weights)
}

/// Decimals of an amount of money: far finer than any currency, and so few that all sums are exact.
pub(crate) const MONEY_DECIMALS: u32 = 12;

/// Decimals of a weight: so many that a sum of any of them is exact.
pub(crate) const WEIGHT_DECIMALS: u32 = 18;
