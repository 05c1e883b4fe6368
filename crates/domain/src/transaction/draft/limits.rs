//! The numbers that a transaction may have.

use rust_decimal::Decimal;

use super::InvalidTransaction;

/// Largest price or amount: 10^13.
pub(super) const MAX_AMOUNT: Decimal = Decimal::from_parts(0x4e72_a000, 0x918, 0, false, 0);
/// Finest amount, in decimals.
const MAX_SCALE: u32 = 12;
/// Finest price: one that was found by dividing an amount by a quantity gives the amount back to far below a cent.
pub(super) const MAX_PRICE_SCALE: u32 = 18;

/// Longest name of an account, in characters.
pub(super) const MAX_ACCOUNT: usize = 200;
/// Longest note, in characters.
pub(super) const MAX_NOTE: usize = 4_000;

/// A person's words, without the space around them.
pub(super) fn words(text: &str, field: &'static str, longest: usize) -> Result<String, InvalidTransaction> {
    let text = text.trim();
    // Of the control characters, lines and tabs alone are words; a NUL is nothing that every database keeps.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(InvalidTransaction::Unprintable { field });
    }
    if text.chars().count() > longest {
        return Err(InvalidTransaction::TooLong { field, longest });
    }
    Ok(text.to_owned())
}

pub(super) fn in_range(value: Decimal, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    let value = value.normalize();
    if value.abs() > MAX_AMOUNT || value.scale() > MAX_SCALE {
        return Err(InvalidTransaction::OutOfRange { field });
    }
    Ok(value)
}

pub(super) fn price_in_range(price: Decimal, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    let price = price.normalize();
    if price < Decimal::ZERO {
        return Err(InvalidTransaction::Negative { field });
    }
    if price > MAX_AMOUNT || price.scale() > MAX_PRICE_SCALE {
        return Err(InvalidTransaction::OutOfRange { field });
    }
    Ok(price)
}

pub(super) fn positive(value: Decimal, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    if value <= Decimal::ZERO {
        return Err(InvalidTransaction::NotPositive { field });
    }
    in_range(value, field)
}

pub(super) fn not_zero(value: Decimal, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    if value.is_zero() {
        return Err(InvalidTransaction::Zero { field });
    }
    in_range(value, field)
}

/// An absent number is zero.
pub(super) fn not_negative(
    value: Option<Decimal>,
    field: &'static str,
) -> Result<Decimal, InvalidTransaction> {
    match value {
        None => Ok(Decimal::ZERO),
        Some(value) if value < Decimal::ZERO => Err(InvalidTransaction::Negative { field }),
        Some(value) => in_range(value, field),
    }
}

/// A part of a whole: 0 to 1.
pub(super) fn cost_share(value: Decimal) -> Result<Decimal, InvalidTransaction> {
    if value < Decimal::ZERO || value > Decimal::ONE {
        return Err(InvalidTransaction::CostShare(value));
    }
    in_range(value, "the share of the cost")
}
