//! What decides which class a holding belongs to.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Allocation, Asset, Assets, Class, Classification};
use crate::Figure;

/// How a portfolio is divided into classes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Division {
    /// Each holding is a class of its own.
    Holdings,
    /// Holdings by the currency of their price.
    Currencies,
    /// Holdings by classes of the owner's.
    Classes(Classification),
}

impl Division {
    /// The classes that an asset belongs to, each with a part of its value.
    pub(crate) fn parts(&self, asset: &Asset) -> Figure<Vec<(Class, Decimal)>> {
        match self {
            Self::Holdings => Ok(vec![(Class::named(asset.symbol.as_str()), asset.value)]),
            Self::Currencies => Ok(vec![(Class::named(asset.currency.to_string()), asset.value)]),
            Self::Classes(classification) => classification.divide(&asset.symbol, asset.value),
        }
    }
}

impl Allocation {
    /// The portfolio so divided.
    ///
    /// # Errors
    /// [`Reason::NoCapital`](crate::Reason::NoCapital) unless the whole is worth something.
    pub fn divided(assets: &Assets, by: &Division) -> Figure<Self> {
        Self::of_parts(assets, |asset| by.parts(asset))
    }
}
