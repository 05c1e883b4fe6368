//! Brent's method for a bracketed root (R. P. Brent, Algorithms for Minimization without Derivatives, 1973, chapter 4).

/// More steps than halving the widest bracket to the last digit needs.
const MOST_STEPS: usize = 2200;

/// Where a continuous function with values of opposite sign at the two ends is zero, to the last digits.
pub(super) fn root(value: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let (mut previous, mut best) = (from, to);
    let (mut at_previous, mut at_best) = (value(previous), value(best));
    let (mut other, mut at_other) = (previous, at_previous);
    let mut step = best - previous;
    let mut step_before = step;
    for _ in 0..MOST_STEPS {
        if (at_best < 0.0) == (at_other < 0.0) {
            (other, at_other) = (previous, at_previous);
            step = best - previous;
            step_before = step;
        }
        if at_other.abs() < at_best.abs() {
            (previous, best, other) = (best, other, best);
            (at_previous, at_best, at_other) = (at_best, at_other, at_best);
        }
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let half = 0.5 * (other - best);
        if half.abs() <= tolerance || at_best == 0.0 {
            break;
        }
        let interpolated = (step_before.abs() >= tolerance && at_previous.abs() > at_best.abs())
            .then(|| {
                let points = [(previous, at_previous), (best, at_best), (other, at_other)];
                interpolated_step(points, half, step_before, tolerance)
            })
            .flatten();
        (step, step_before) = interpolated.map_or((half, half), |next| (next, step));
        (previous, at_previous) = (best, at_best);
        best += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        at_best = value(best);
    }
    best
}

/// The secant step, or the inverse quadratic one through three points, from the best point; `None` when it would leave
/// the bracket or shrink too slowly.
fn interpolated_step(points: [(f64, f64); 3], half: f64, step_before: f64, tolerance: f64) -> Option<f64> {
    let [(previous, at_previous), (best, at_best), (other, at_other)] = points;
    let slope = at_best / at_previous;
    let (mut numerator, mut denominator) = if (previous - other).abs() < f64::MIN_POSITIVE {
        (2.0 * half * slope, 1.0 - slope)
    } else {
        let (far, near) = (at_previous / at_other, at_best / at_other);
        (
            slope * (2.0 * half * far * (far - near) - (best - previous) * (near - 1.0)),
            (far - 1.0) * (near - 1.0) * (slope - 1.0),
        )
    };
    if numerator > 0.0 {
        denominator = -denominator;
    }
    numerator = numerator.abs();
    let within = 3.0 * half * denominator - (tolerance * denominator).abs();
    let shrinking = (step_before * denominator).abs();
    (2.0 * numerator < within.min(shrinking)).then(|| numerator / denominator)
}

#[cfg(test)]
mod tests {
    use super::root;

    #[test]
    fn a_root_is_found_to_the_last_digits() {
        assert!((root(|x| x * x - 2.0, 0.0, 100.0) - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((root(|x| x.exp() - 1e-12, -100.0, 3.0) - 1e-12_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_flat_function_is_halved() {
        assert!((root(|x| (x - 3.0).powi(9), -50.0, 80.0) - 3.0).abs() < 0.1);
        assert!((root(|x| if x < 0.7 { -1.0 } else { 1.0 }, 0.0, 1e6) - 0.7).abs() < 1e-9);
    }
}
