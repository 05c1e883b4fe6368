//! Decimal arithmetic that answers "too large" where the operators would panic.

use rust_decimal::Decimal;

use crate::{Figure, Reason};

/// Integers up to here are exact in an `f64`.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// The powers of ten that are exact in an `f64`.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

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
        if other.is_zero() && !self.is_zero() {
            return Ok(self);
        }
        self.checked_add(other).ok_or(Reason::OutOfRange)
    }

    fn minus(self, other: Decimal) -> Figure<Decimal> {
        if other.is_zero() && !self.is_zero() {
            return Ok(self);
        }
        self.checked_sub(other).ok_or(Reason::OutOfRange)
    }

    fn times(self, other: Decimal) -> Figure<Decimal> {
        if is_one(other) {
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
        let mantissa = self.mantissa();
        match (i64::try_from(mantissa), POWERS_OF_TEN.get(self.scale() as usize)) {
            // Both exact in an f64, so that one correctly rounded division gives the nearest.
            (Ok(digits), Some(power)) if digits.unsigned_abs() <= EXACT => digits as f64 / power,
            _ => long_float(mantissa, self.scale()),
        }
    }
}

/// Whether a decimal is 1, as most rates are, however it was written.
fn is_one(decimal: Decimal) -> bool {
    match decimal.scale() {
        0 => decimal.mantissa() == 1,
        scale => decimal.mantissa() == 10_i128.pow(scale),
    }
}

/// `mantissa / 10^scale` to twice the digits of an `f64` before it is rounded: so that one amount is one number, however
/// it was written.
fn long_float(mantissa: i128, scale: u32) -> f64 {
    let in_two = |whole: i128| {
        let high = whole as f64;
        (high, (whole - high as i128) as f64)
    };
    let ((high, low), (power, power_low)) = (in_two(mantissa), in_two(10_i128.pow(scale)));
    let quotient = high / power;
    let left = (-quotient).mul_add(power, high) + (-quotient).mul_add(power_low, low);
    quotient + left / power
}

/// `part / whole` as a rate, such as a gain in relation to its cost.
///
/// # Errors
/// [`Reason::NoCapital`] unless the whole is positive.
pub fn ratio(part: Decimal, whole: Decimal) -> Figure<f64> {
    if whole <= Decimal::ZERO {
        return Err(Reason::NoCapital);
    }
    Ok(part.float() / whole.float())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_float_is_the_nearest_to_the_decimal(mantissa in any::<i64>(), shift in 0..60_u32, scale in 0..29_u32) {
            let decimal = Decimal::new(mantissa >> shift, scale);
            let nearest: f64 = decimal.to_string().parse().expect("a number");
            prop_assert_eq!(decimal.float().to_bits(), nearest.to_bits());
        }
    }

    proptest! {
        #[test]
        fn one_is_one_however_it_is_written(scale in 0..29_u32, beside in -1..=1_i128) {
            let decimal = Decimal::from_i128_with_scale(10_i128.pow(scale) + beside, scale);
            prop_assert_eq!(is_one(decimal), decimal == Decimal::ONE);
        }
    }

    #[test]
    fn trailing_zeros_do_not_change_a_float() {
        let [short, long] =
            ["12.932", "12.932000000000000000000000"].map(|text| text.parse::<Decimal>().expect("a number"));
        assert_eq!(short.float().to_bits(), long.float().to_bits());
    }

    #[test]
    fn a_rate_needs_positive_capital() {
        assert_eq!(ratio(Decimal::ONE, Decimal::ZERO), Err(Reason::NoCapital));
        assert_eq!(ratio(Decimal::ONE, Decimal::NEGATIVE_ONE), Err(Reason::NoCapital));
    }
}
