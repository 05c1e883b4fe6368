//! A benchmark of one's own: instruments with weights that are restored now and then.

#[cfg(test)]
mod tests;

use bellwether_domain::Symbol;
use rust_decimal::Decimal;
use serde::Serialize;

/// An instrument in a custom index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// The instrument.
    pub symbol: Symbol,
    /// Its part of the whole when weights are restored; 0.6 is 60 %.
    pub weight: Decimal,
}

/// When the weights of a custom index are restored, always at a close.
///
/// Trading days are those on which all components have a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rebalancing {
    /// Bought once and left alone.
    Never,
    /// At every trading day's close.
    Daily,
    /// At the close of each month's last trading day.
    Monthly,
    /// At the close of each quarter's last trading day.
    Quarterly,
    /// At the close of each year's last trading day.
    Yearly,
    /// At the close of each trading day on which some weight is further from its target than the limit.
    Drift {
        /// Points of the whole; 0.05 is five percentage points.
        limit: Decimal,
    },
}

/// Instruments with weights, as a benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomIndex {
    name: Symbol,
    components: Vec<Component>,
    rebalancing: Rebalancing,
}

/// Why components make no index. The text tells the owner what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomIndexError {
    /// There is nothing in it.
    #[error("an index needs at least one component")]
    Empty,
    /// The weights do not sum to 100 %.
    #[error("the weights sum to {} %, not to 100 %", percent(.sum))]
    NotWhole {
        /// Their sum; 1 is 100 %.
        sum: Decimal,
    },
    /// A weight that is not positive.
    #[error("the weight of {symbol} is not positive: leave it out")]
    NotPositive {
        /// The component.
        symbol: Symbol,
    },
    /// An instrument twice.
    #[error("{symbol} is named twice: add up its weights")]
    Twice {
        /// The component.
        symbol: Symbol,
    },
    /// A drift limit that is never or always reached.
    #[error("the drift limit must be more than 0 % and less than 100 %")]
    Limit,
}

impl CustomIndex {
    /// An index of instruments whose weights sum to exactly 1.
    ///
    /// # Errors
    /// [`CustomIndexError`] otherwise.
    pub fn new(
        name: Symbol,
        components: Vec<Component>,
        rebalancing: Rebalancing,
    ) -> Result<Self, CustomIndexError> {
        let mut sum = Decimal::ZERO;
        for (index, Component { symbol, weight }) in components.iter().enumerate() {
            if *weight <= Decimal::ZERO {
                return Err(CustomIndexError::NotPositive { symbol: symbol.clone() });
            }
            if components.iter().take(index).any(|other| other.symbol == *symbol) {
                return Err(CustomIndexError::Twice { symbol: symbol.clone() });
            }
            sum = sum.saturating_add(*weight);
        }
        if components.is_empty() {
            return Err(CustomIndexError::Empty);
        }
        if sum != Decimal::ONE {
            return Err(CustomIndexError::NotWhole { sum });
        }
        if let Rebalancing::Drift { limit } = rebalancing
            && (limit <= Decimal::ZERO || limit >= Decimal::ONE)
        {
            return Err(CustomIndexError::Limit);
        }
        Ok(Self { name, components, rebalancing })
    }

    /// What its owner calls it.
    pub fn name(&self) -> &Symbol {
        &self.name
    }

    /// What it consists of.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// When its weights are restored.
    pub fn rebalancing(&self) -> Rebalancing {
        self.rebalancing
    }
}

fn percent(fraction: &Decimal) -> Decimal {
    fraction.saturating_mul(Decimal::ONE_HUNDRED).normalize()
}
