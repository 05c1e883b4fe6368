//! Exact numbers of shares.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A positive number of shares or units with at most nine decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Quantity(Decimal);

/// The number is no quantity of shares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuantity {
    /// Zero or less.
    #[error("the quantity must be greater than zero")]
    NotPositive,
    /// More than nine decimals.
    #[error("the quantity {0} has more than nine decimals")]
    TooFine(Decimal),
    /// Beyond what any holding has.
    #[error("the quantity {0} is too large")]
    TooLarge(Decimal),
    /// Not a number.
    #[error("{0:?} is not a number")]
    NotANumber(String),
}

impl Quantity {
    /// The decimals that are kept.
    pub const DECIMALS: u32 = 9;
    /// The largest quantity that is accepted: 10^12.
    pub const MAX: Decimal = Decimal::from_parts(0xd4a5_1000, 0xe8, 0, false, 0);

    /// A checked quantity.
    ///
    /// # Errors
    /// [`InvalidQuantity`] when it is not positive, too fine or too large.
    pub fn new(value: Decimal) -> Result<Self, InvalidQuantity> {
        let value = value.normalize();
        if value <= Decimal::ZERO {
            Err(InvalidQuantity::NotPositive)
        } else if value.scale() > Self::DECIMALS {
            Err(InvalidQuantity::TooFine(value))
        } else if value > Self::MAX {
            Err(InvalidQuantity::TooLarge(value))
        } else {
            Ok(Self(value))
        }
    }

    /// The number of shares.
    pub fn get(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(value: Decimal) -> Result<Self, InvalidQuantity> {
        Self::new(value)
    }
}

impl From<Quantity> for Decimal {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl FromStr for Quantity {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        match text.trim().parse() {
            Ok(value) => Self::new(value),
            Err(_) => Err(InvalidQuantity::NotANumber(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_decimals_are_kept_and_ten_refused() {
        assert_eq!("0.123456789".parse::<Quantity>().map(|q| q.to_string()), Ok("0.123456789".into()));
        assert!(matches!("0.1234567891".parse::<Quantity>(), Err(InvalidQuantity::TooFine(_))));
        assert!("1.50000000000".parse::<Quantity>().is_ok(), "trailing zeros say nothing");
    }

    #[test]
    fn zero_negative_and_absurd_quantities_are_refused() {
        assert_eq!("0".parse::<Quantity>(), Err(InvalidQuantity::NotPositive));
        assert_eq!("-1".parse::<Quantity>(), Err(InvalidQuantity::NotPositive));
        assert_eq!(Quantity::MAX, Decimal::from(1_000_000_000_000_i64));
        assert!(matches!("1000000000001".parse::<Quantity>(), Err(InvalidQuantity::TooLarge(_))));
        assert!(matches!("many".parse::<Quantity>(), Err(InvalidQuantity::NotANumber(_))));
    }
}
