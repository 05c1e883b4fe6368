//! Compound annual growth rate.

use crate::{Figure, Reason};

/// The yearly rate that compounds to `total` over `years`: `(1 + total)^(1 / years) - 1`.
///
/// Years may be less than one: the rate is then an extrapolation, good for comparing with others' figures. What a
/// person is shown is [`annualised`](crate::annualised), which refuses that.
///
/// # Errors
/// [`Reason::TooShort`] unless `years` is positive, [`Reason::OutOfRange`] for a loss beyond -100 % and for rates that
/// no number holds.
pub fn cagr(total: f64, years: f64) -> Figure<f64> {
    if years.is_nan() || years <= 0.0 {
        return Err(Reason::TooShort);
    }
    let rate = (1.0 + total).powf(1.0 / years) - 1.0;
    if total >= -1.0 && rate.is_finite() { Ok(rate) } else { Err(Reason::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_of_two_years_is_the_root_of_its_factor() {
        // 1.21 = 1.1 x 1.1
        assert!(cagr(0.21, 2.0).is_ok_and(|rate| (rate - 0.1).abs() < 1e-12));
    }

    #[test]
    fn a_quarter_is_extrapolated_to_its_fourth_power() {
        // 1.1^4 = 1.4641
        assert!(cagr(0.1, 0.25).is_ok_and(|rate| (rate - 0.4641).abs() < 1e-12));
    }

    #[test]
    fn a_total_loss_is_total_in_any_time() {
        assert_eq!(cagr(-1.0, 3.0), Ok(-1.0));
    }

    #[test]
    fn no_time_and_impossible_losses_have_no_rate() {
        assert_eq!(cagr(0.1, 0.0), Err(Reason::TooShort));
        assert_eq!(cagr(0.1, f64::NAN), Err(Reason::TooShort));
        assert_eq!(cagr(-1.5, 2.0), Err(Reason::OutOfRange));
        assert_eq!(cagr(9.0, 1e-9), Err(Reason::OutOfRange));
    }
}
