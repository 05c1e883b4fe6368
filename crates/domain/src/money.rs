//! Exact amounts of a currency.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;

/// An exact amount of one currency, in its major unit.
///
/// | operation | result |
/// |---|---|
/// | `checked_add`, `checked_sub` | [`Money`], or [`CurrencyMismatch`]: adding dollars to euros needs a rate |
/// | `times(Decimal)` | [`Money`] in the same currency |
/// | `rounded()` | [`Money`] to the currency's minor digits, half away from zero, for display only |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in the major unit.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

/// Two amounts of different currencies were added or subtracted without a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{left} and {right} cannot be added without an exchange rate")]
pub struct CurrencyMismatch {
    /// Currency of the left amount.
    pub left: Currency,
    /// Currency of the right amount.
    pub right: Currency,
}

impl Money {
    /// An amount of a currency.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum, when both are of one currency.
    ///
    /// # Errors
    /// [`CurrencyMismatch`] when they are not: convert one of them first.
    pub fn checked_add(self, other: Self) -> Result<Self, CurrencyMismatch> {
        self.same_currency(other)?;
        Ok(Self::new(self.amount + other.amount, self.currency))
    }

    /// The difference, when both are of one currency.
    ///
    /// # Errors
    /// [`CurrencyMismatch`] when they are not: convert one of them first.
    pub fn checked_sub(self, other: Self) -> Result<Self, CurrencyMismatch> {
        self.same_currency(other)?;
        Ok(Self::new(self.amount - other.amount, self.currency))
    }

    /// The amount multiplied by a number, unrounded.
    #[must_use]
    pub fn times(self, factor: Decimal) -> Self {
        Self::new(self.amount * factor, self.currency)
    }

    /// Rounded to the currency's minor digits, half away from zero. For display only.
    #[must_use]
    pub fn rounded(self) -> Self {
        let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        Self::new(self.amount.round_dp_with_strategy(self.currency.minor_digits(), strategy), self.currency)
    }

    fn same_currency(self, other: Self) -> Result<(), CurrencyMismatch> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_and_euros_are_not_added() {
        let one = |currency| Money::new(Decimal::ONE, currency);
        assert_eq!(one(Currency::USD).checked_add(one(Currency::USD)).map(|m| m.amount), Ok(Decimal::TWO));
        assert_eq!(
            one(Currency::USD).checked_add(one(Currency::EUR)),
            Err(CurrencyMismatch { left: Currency::USD, right: Currency::EUR })
        );
    }

    #[test]
    fn display_rounding_follows_the_currency() {
        let yen: Currency = "JPY".parse().expect("yen");
        let amount = Decimal::new(10_505, 2);
        assert_eq!(Money::new(amount, yen).rounded().amount, Decimal::from(105));
        assert_eq!(Money::new(Decimal::new(-10_005, 3), Currency::USD).rounded().to_string(), "-10.01 USD");
    }
}
