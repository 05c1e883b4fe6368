//! Path data of a line that may have gaps.

use std::fmt::Write;

/// A line through `values` at equal steps over `width`, `y` mapping a value to its height. Unknown values (`NaN`)
/// leave a gap. Where there are more values than half pixels, each pixel keeps its first, extremes and last.
pub(super) fn line(values: &[f64], width: f64, y: impl Fn(f64) -> f64) -> String {
    let mut data = String::with_capacity(values.len().min(1_600) * 11);
    let step = if values.len() > 1 { width / (values.len() - 1) as f64 } else { 0.0 };
    let mut pen_down = false;
    for index in kept(values, width) {
        let Some(value) = values.get(index).filter(|value| value.is_finite()) else {
            pen_down = false;
            continue;
        };
        let command = if pen_down { 'L' } else { 'M' };
        pen_down = true;
        // Writing to a String cannot fail.
        let _ = write!(data, "{command}{:.1} {:.1}", index as f64 * step, y(*value));
    }
    data
}

/// Indices that matter at this width, ascending.
fn kept(values: &[f64], width: f64) -> Vec<usize> {
    let buckets = (width / 2.0) as usize;
    if buckets == 0 || values.len() <= buckets * 4 {
        return (0..values.len()).collect();
    }
    let size = values.len().div_ceil(buckets);
    let mut kept = Vec::with_capacity(buckets * 4);
    for (bucket, chunk) in values.chunks(size).enumerate() {
        let by_value = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1);
        let known = || chunk.iter().enumerate().filter(|(_, value)| value.is_finite());
        let lowest = known().min_by(by_value).map(|(at, _)| at);
        let highest = known().max_by(by_value).map(|(at, _)| at);
        let mut indices: Vec<usize> =
            [Some(0), lowest, highest, Some(chunk.len() - 1)].into_iter().flatten().collect();
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|at| bucket * size + at));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lifts_the_pen() {
        let data = line(&[1.0, 2.0, f64::NAN, 3.0], 30.0, |value| 10.0 - value);
        assert_eq!(data, "M0.0 9.0L10.0 8.0M30.0 7.0");
    }

    #[test]
    fn thinning_keeps_extremes_and_both_ends() {
        let mut values = vec![1.0; 10_000];
        values[4_321] = 9.0;
        values[8_765] = -9.0;
        let kept = kept(&values, 760.0);
        assert!(kept.len() < 1_600);
        for index in [0, 4_321, 8_765, 9_999] {
            assert!(kept.contains(&index), "{index}");
        }
    }
}
