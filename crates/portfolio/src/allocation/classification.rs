//! Which classes an instrument belongs to, and how much of it.

use std::collections::BTreeMap;

use bellwether_domain::Symbol;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Class, MONEY_DECIMALS};
use crate::Figure;
use crate::exact::Exact;

/// Instruments by class: asset class, sector or country; one classification for each question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Classification {
    parts: BTreeMap<Symbol, Vec<(Class, Decimal)>>,
}

/// The parts of each instrument, as they are written down.
type Parts = BTreeMap<Symbol, Vec<(String, Decimal)>>;

impl TryFrom<Parts> for Classification {
    type Error = ClassificationError;

    fn try_from(parts: Parts) -> Result<Self, ClassificationError> {
        let mut classification = Self::default();
        for (symbol, parts) in parts {
            classification.spread(symbol, parts)?;
        }
        Ok(classification)
    }
}

impl From<Classification> for Parts {
    fn from(classification: Classification) -> Self {
        let named = |(class, part): (Class, Decimal)| (class.to_string(), part);
        let of = |(symbol, parts): (Symbol, Vec<_>)| (symbol, parts.into_iter().map(named).collect());
        classification.parts.into_iter().map(of).collect()
    }
}

/// Why parts are no classification of an instrument. The text tells the owner what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassificationError {
    /// A part that is not positive.
    #[error("the part of {symbol} in {class} is not positive: leave it out")]
    NotPositive {
        /// The instrument.
        symbol: Symbol,
        /// The class.
        class: String,
    },
    /// Parts of more than the whole.
    #[error("the parts of {symbol} sum to {} %, more than 100 %", (.sum * Decimal::ONE_HUNDRED).normalize())]
    MoreThanAll {
        /// The instrument.
        symbol: Symbol,
        /// Their sum; 1 is 100 %.
        sum: Decimal,
    },
    /// A class twice.
    #[error("{symbol} is in {class} twice: add up its parts")]
    Twice {
        /// The instrument.
        symbol: Symbol,
        /// The class.
        class: String,
    },
}

impl Classification {
    /// Says that an instrument belongs to one class whole.
    pub fn assign(&mut self, symbol: Symbol, class: impl Into<String>) {
        self.parts.insert(symbol, vec![(Class::named(class), Decimal::ONE)]);
    }

    /// Says how an instrument, such as a fund, is spread over classes: 0.6 is 60 %. What the parts lack to 1 stays
    /// unclassified. Replaces what was said before.
    ///
    /// # Errors
    /// [`ClassificationError`], and what was said before stays.
    pub fn spread<N: Into<String>>(
        &mut self,
        symbol: Symbol,
        parts: impl IntoIterator<Item = (N, Decimal)>,
    ) -> Result<(), ClassificationError> {
        let mut spread: Vec<(Class, Decimal)> = Vec::new();
        let mut sum = Decimal::ZERO;
        for (class, part) in parts {
            let class: String = class.into();
            if part <= Decimal::ZERO {
                return Err(ClassificationError::NotPositive { symbol, class });
            }
            let named = Class::Named(class.clone());
            if spread.iter().any(|(known, _)| *known == named) {
                return Err(ClassificationError::Twice { symbol, class });
            }
            // Before the sum, so that no addition of absurd parts can overflow.
            if part > Decimal::ONE || sum + part > Decimal::ONE {
                let sum = part.checked_add(sum).unwrap_or(Decimal::MAX).min(Decimal::ONE_THOUSAND);
                return Err(ClassificationError::MoreThanAll { symbol, sum });
            }
            sum += part;
            spread.push((named, part));
        }
        self.parts.insert(symbol, spread);
        Ok(())
    }

    /// The parts of an instrument, as they were given.
    pub(crate) fn parts(&self, symbol: &Symbol) -> &[(Class, Decimal)] {
        self.parts.get(symbol).map(Vec::as_slice).unwrap_or_default()
    }

    /// A value by class; the parts sum to it.
    pub(super) fn divide(&self, symbol: &Symbol, value: Decimal) -> Figure<Vec<(Class, Decimal)>> {
        let known = self.parts(symbol);
        let mut divided = Vec::with_capacity(known.len() + 1);
        let (mut left, mut left_part) = (value, Decimal::ONE);
        for (class, part) in known {
            left_part = left_part.minus(*part)?;
            // The last class of a whole takes what rounding left.
            let of_class =
                if left_part.is_zero() { left } else { value.times(*part)?.round_dp(MONEY_DECIMALS) };
            left = left.minus(of_class)?;
            divided.push((class.clone(), of_class));
        }
        if !left_part.is_zero() {
            divided.push((Class::Unclassified, left));
        }
        Ok(divided)
    }
}
