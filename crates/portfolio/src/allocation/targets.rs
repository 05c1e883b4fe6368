//! What an allocation should be.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Class;

/// The wanted weights of classes; they sum to 1, exactly. A class without a target has the target 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<(Class, Decimal)>", into = "Vec<(Class, Decimal)>")]
pub struct Targets(BTreeMap<Class, Decimal>);

/// Why weights are no targets. The text tells the owner what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The weights do not sum to 100 %.
    #[error("the targets sum to {} %, not to 100 %", (.sum * Decimal::ONE_HUNDRED).normalize())]
    NotWhole {
        /// Their sum; 1 is 100 %.
        sum: Decimal,
    },
    /// A weight below zero or above one.
    #[error("the target of {class} must be between 0 % and 100 %")]
    OutOfRange {
        /// The class.
        class: Class,
    },
    /// A class twice.
    #[error("{class} has two targets")]
    Twice {
        /// The class.
        class: Class,
    },
    /// What has no class cannot be bought.
    #[error("give instruments a class instead of setting a target for those without one")]
    Unclassified,
}

impl TryFrom<Vec<(Class, Decimal)>> for Targets {
    type Error = TargetError;

    fn try_from(weights: Vec<(Class, Decimal)>) -> Result<Self, TargetError> {
        Self::new(weights)
    }
}

impl From<Targets> for Vec<(Class, Decimal)> {
    fn from(targets: Targets) -> Self {
        targets.0.into_iter().collect()
    }
}

impl Targets {
    /// Targets by class; 0.6 is 60 %.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn new(weights: impl IntoIterator<Item = (Class, Decimal)>) -> Result<Self, TargetError> {
        let mut targets = BTreeMap::new();
        let mut sum = Decimal::ZERO;
        for (class, weight) in weights {
            if class == Class::Unclassified {
                return Err(TargetError::Unclassified);
            }
            if weight < Decimal::ZERO || weight > Decimal::ONE {
                return Err(TargetError::OutOfRange { class });
            }
            sum += weight;
            if targets.insert(class.clone(), weight).is_some() {
                return Err(TargetError::Twice { class });
            }
        }
        if sum != Decimal::ONE {
            return Err(TargetError::NotWhole { sum });
        }
        Ok(Self(targets))
    }

    /// The target of a class.
    pub fn of(&self, class: &Class) -> Decimal {
        self.0.get(class).copied().unwrap_or_default()
    }

    /// The classes that were given one.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.0.keys()
    }
}
