//! Decimal arithmetic that answers "too large" where the operators would panic.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::{Figure, Reason};

/// The four operations on amounts that come from outside.
pub(crate) trait Exact: Sized {
    fn plus(self, other: Decimal) -> Figure<Decimal>;
    fn minus(self, other: Decimal) -> Figure<Decimal>;
    fn times(self, other: Decimal) -> Figure<Decimal>;
    /// `NoCapital` when the divisor is zero.
    fn over(self, other: Decimal) -> Figure<Decimal>;
    /// The nearest `f64`; series and rates are computed in it.
    fn float(self) -> f64;
}

impl Exact for Decimal {
    fn plus(self, other: Decimal) -> Figure<Decimal> {
        self.checked_add(other).ok_or(Reason::OutOfRange)
    }

    fn minus(self, other: Decimal) -> Figure<Decimal> {
        self.checked_sub(other).ok_or(Reason::OutOfRange)
    }

    fn times(self, other: Decimal) -> Figure<Decimal> {
        if other == Decimal::ONE {
            return Ok(self);
        }
        self.checked_mul(other).ok_or(Reason::OutOfRange)
    }

    fn over(self, other: Decimal) -> Figure<Decimal> {
        if other.is_zero() {
            return Err(Reason::NoCapital);
        }
        self.checked_div(other).ok_or(Reason::OutOfRange)
    }

    fn float(self) -> f64 {
        self.to_f64().unwrap_or(f64::NAN)
    }
}

/// `part / whole` as a rate; `NoCapital` unless the whole is positive.
pub(crate) fn ratio(part: Decimal, whole: Decimal) -> Figure<f64> {
    if whole <= Decimal::ZERO {
        return Err(Reason::NoCapital);
    }
    Ok(part.float() / whole.float())
}
