//! What shares cost, in the base currency and in the currency of their listing.

use rust_decimal::Decimal;

use crate::Figure;
use crate::exact::Exact;

/// An amount of money in two currencies, each at the rates of its bookings.
///
/// A missing rate makes one of the two unknown, not the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// In the portfolio's base currency.
    pub base: Figure<Decimal>,
    /// In the currency of the instrument's prices.
    pub listed: Figure<Decimal>,
}

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self { base: Ok(Decimal::ZERO), listed: Ok(Decimal::ZERO) };

    /// An amount at the two rates of its booking.
    pub(crate) fn booked(amount: Decimal, to_base: &Figure<Decimal>, to_listed: &Figure<Decimal>) -> Self {
        let at = |rate: &Figure<Decimal>| rate.clone().and_then(|rate| amount.times(rate));
        Self { base: at(to_base), listed: at(to_listed) }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, Exact::plus)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.with(other, Exact::minus)
    }

    /// The share of `part` units in a cost of `whole` units.
    pub(crate) fn share(&self, part: Decimal, whole: Decimal) -> Self {
        if part == whole {
            return self.clone();
        }
        let of = |amount: &Figure<Decimal>| amount.clone().and_then(|amount| share(amount, part, whole));
        Self { base: of(&self.base), listed: of(&self.listed) }
    }

    fn with(&self, other: &Self, operation: fn(Decimal, Decimal) -> Figure<Decimal>) -> Self {
        let join = |a: &Figure<Decimal>, b: &Figure<Decimal>| match (a, b) {
            (Ok(a), Ok(b)) => operation(*a, *b),
            (Err(reason), Err(other)) => Err(reason.clone().and(other)),
            (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason.clone()),
        };
        Self { base: join(&self.base, &other.base), listed: join(&self.listed, &other.listed) }
    }
}

/// `amount x part / whole`: the product first, which is exact, so that thirds are rounded once.
pub(crate) fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Figure<Decimal> {
    match amount.times(part) {
        Ok(product) => product.over(whole),
        Err(_) => amount.over(whole)?.times(part),
    }
}
