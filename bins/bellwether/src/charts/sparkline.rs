//! A small line without axes.

use super::path::line;

const WIDTH: f64 = 84.0;
const HEIGHT: f64 = 22.0;

/// The SVG of a sparkline, or nothing when fewer than two values are known. It is decoration: the figures beside it
/// say the same in words.
pub(crate) fn sparkline(values: &[f64]) -> String {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if known().count() < 2 {
        return String::new();
    }
    let span = if high > low { high - low } else { 1.0 };
    let data = line(values, WIDTH, |value| HEIGHT - 1.0 - (value - low) / span * (HEIGHT - 2.0));
    format!(
        r#"<svg class="spark" viewBox="0 0 84 22" preserveAspectRatio="none" aria-hidden="true"><path d="{data}"/></svg>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_no_line() {
        assert!(sparkline(&[1.0]).is_empty());
        assert!(sparkline(&[f64::NAN, 1.0, f64::NAN]).is_empty());
    }

    #[test]
    fn a_flat_line_stays_inside() {
        assert!(sparkline(&[5.0, 5.0, 5.0]).contains("M0.0 21.0L42.0 21.0L84.0 21.0"));
    }
}
