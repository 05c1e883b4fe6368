//! All-time high of dated values, and the distance from it.

use chrono::NaiveDate;
use serde::Serialize;

use crate::figure::finite;
use crate::{Figure, Reason};

/// The highest value there was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AllTimeHigh {
    /// The value.
    pub value: f64,
    /// The first day that had it.
    pub day: NaiveDate,
    /// How far the last value is below it: -0.1 is a tenth; zero at the high.
    pub distance: f64,
}

/// The highest of dated values, which are in order of their days.
///
/// Deposits raise a portfolio's value, so that this is for prices and indices.
///
/// # Errors
/// [`Reason::TooShort`] without any value, [`Reason::NoCapital`] when none is positive, [`Reason::OutOfRange`] when one
/// is not a number.
pub fn all_time_high(values: &[(NaiveDate, f64)]) -> Figure<AllTimeHigh> {
    let (first, last) = values.first().zip(values.last()).ok_or(Reason::TooShort)?;
    let mut high = *first;
    for &(day, value) in values {
        if finite(value)? > high.1 {
            high = (day, value);
        }
    }
    if high.1 <= 0.0 {
        return Err(Reason::NoCapital);
    }
    Ok(AllTimeHigh { value: high.1, day: high.0, distance: finite(last.1 / high.1 - 1.0)? })
}
