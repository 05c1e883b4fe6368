//! Calmar ratio: yearly return for the deepest fall.

use crate::figure::finite;
use crate::{Figure, Reason};

/// The annualised return by the depth of the maximum drawdown: `annual / |max drawdown|`.
///
/// Source: T. W. Young, "Calmar Ratio: A Smoother Tool", Futures, 1991.
///
/// # Errors
/// [`Reason::NoDrawdown`] when there was no fall.
pub fn calmar_ratio(annual_return: f64, max_drawdown: f64) -> Figure<f64> {
    if max_drawdown >= 0.0 {
        return Err(Reason::NoDrawdown);
    }
    finite(annual_return / max_drawdown.abs())
}
