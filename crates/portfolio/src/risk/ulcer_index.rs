//! Ulcer index: how deep and how long it was below its high.

use crate::figure::finite;
use crate::{Figure, Reason};

/// The root of the mean square of the drawdowns after each return; the start at 1 is a high too, but no observation.
///
/// Source: P. G. Martin and B. B. McCann, "The Investor's Guide to Fidelity Funds", 1989.
///
/// # Errors
/// [`Reason::TooFewReturns`] for fewer than two returns.
pub fn ulcer_index(returns: &[f64]) -> Figure<f64> {
    if returns.len() < 2 {
        return Err(Reason::TooFewReturns { known: returns.len(), needed: 2 });
    }
    let (mut growth, mut high, mut squares) = (1.0_f64, 1.0_f64, 0.0);
    for value in returns {
        growth = (growth * (1.0 + value)).max(0.0);
        high = high.max(growth);
        squares += (growth / high - 1.0).powi(2);
    }
    finite((squares / returns.len() as f64).sqrt())
}
