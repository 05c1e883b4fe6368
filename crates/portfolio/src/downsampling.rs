//! Fewer points for a chart than a series has days, with all of its extremes.

use bellwether_domain::epoch_day;
use chrono::NaiveDate;
use serde::Serialize;

use crate::DailySeries;

/// A point of a chart: one of the series' own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChartPoint {
    /// Its position in the series.
    pub index: usize,
    /// Its day.
    pub day: NaiveDate,
    /// Its value.
    pub value: f64,
}

/// At most `most` points of a series, in order: the first, the last, and the lowest and highest of every span of days.
///
/// Spans are 1, 2, 4, 8 ... days long, as short as the number of points allows, and always begin on the same days of
/// the calendar. So no extreme is lost; a narrower chart shows a part of a wider one's points; and points stay where
/// they are while days are added. Of equal values the first counts; what is no number is left out. Fewer than four
/// points cannot hold the extremes: two or three are the first and the last, one is the last.
pub fn downsample(series: &DailySeries, most: usize) -> Vec<ChartPoint> {
    let known = || series.values.iter().copied().enumerate().filter(|(_, value)| value.is_finite());
    let (Some((first, _)), Some((last, _))) = (known().next(), known().next_back()) else {
        return Vec::new();
    };
    // From the first day there can be, so that every length has a single span that holds all days.
    let begin = i64::from(epoch_day(series.first_day)) - i64::from(i32::MIN);
    let kept = match most {
        0 => Vec::new(),
        1 => vec![last],
        2 | 3 if first == last => vec![last],
        2 | 3 => vec![first, last],
        _ => {
            let by_length = (0..i64::BITS).map(|doublings| {
                let span = |index: usize| (begin + index as i64) >> doublings;
                extremes(known(), span, [first, last])
            });
            by_length.into_iter().find(|kept| kept.len() <= most).unwrap_or_default()
        }
    };
    let point = |index: usize| {
        let value = series.values.get(index).copied();
        value.map(|value| ChartPoint { index, day: series.day(index), value })
    };
    kept.into_iter().filter_map(point).collect()
}

/// The positions of both ends and of each span's lowest and highest value, ascending.
fn extremes(
    known: impl Iterator<Item = (usize, f64)>,
    span: impl Fn(usize) -> i64,
    ends: [usize; 2],
) -> Vec<usize> {
    let mut spans: Vec<Extremes> = Vec::new();
    for (index, value) in known {
        let of = span(index);
        match spans.last_mut().filter(|current| current.span == of) {
            Some(current) => {
                current.lowest = if value < current.lowest.1 { (index, value) } else { current.lowest };
                current.highest = if value > current.highest.1 { (index, value) } else { current.highest };
            }
            None => spans.push(Extremes { span: of, lowest: (index, value), highest: (index, value) }),
        }
    }
    let both = spans.iter().flat_map(|span| [span.lowest.0, span.highest.0]);
    let mut kept: Vec<usize> = both.chain(ends).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

struct Extremes {
    span: i64,
    lowest: (usize, f64),
    highest: (usize, f64),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::date;

    fn series(first_day: &str, values: Vec<f64>) -> DailySeries {
        DailySeries { first_day: date(first_day), values }
    }

    fn indexes(points: &[ChartPoint]) -> Vec<usize> {
        points.iter().map(|point| point.index).collect()
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let points = downsample(&series("2024-01-01", vec![1.0, 2.0, 2.0]), 4);
        assert_eq!(indexes(&points), [0, 1, 2]);
        assert_eq!(points[2], ChartPoint { index: 2, day: date("2024-01-03"), value: 2.0 });
    }

    #[test]
    fn a_spike_of_one_day_survives_in_four_points() {
        let mut values = vec![10.0; 4000];
        (values[1234], values[3210]) = (11.0, 9.0);
        assert_eq!(indexes(&downsample(&series("2010-01-01", values), 4)), [0, 1234, 3210, 3999]);
    }

    #[test]
    fn fewer_than_four_points_are_the_ends() {
        let three_days = series("2024-01-01", vec![1.0, 5.0, 2.0]);
        let kept = |most| indexes(&downsample(&three_days, most));
        assert_eq!([kept(0), kept(1), kept(2)], [vec![], vec![2], vec![0, 2]]);
        assert_eq!(indexes(&downsample(&series("2024-01-01", vec![1.0]), 2)), [0]);
        assert!(downsample(&series("2024-01-01", vec![f64::NAN]), 9).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn no_extreme_and_no_end_is_lost_and_nothing_is_made_up(
            first in 10_000..20_000_i32,
            values in prop::collection::vec(prop_oneof![-5.0..5.0_f64, (-3..3_i32).prop_map(f64::from)], 1..700),
            most in 4..200_usize,
        ) {
            let series = DailySeries { first_day: bellwether_domain::from_epoch_day(first), values };
            let points = downsample(&series, most);
            prop_assert!(points.len() <= most && points.is_sorted_by(|a, b| a.index < b.index));
            for point in &points {
                prop_assert_eq!(Some(&point.value), series.values.get(point.index));
                prop_assert_eq!(point.day, series.day(point.index));
            }
            prop_assert_eq!(points[0].index, 0);
            prop_assert_eq!(points.last().map(|point| point.index), Some(series.len() - 1));
            let extremes = |values: &mut dyn Iterator<Item = f64>| {
                values.fold((f64::MAX, f64::MIN), |(low, high), value| (value.min(low), value.max(high)))
            };
            let of_points = extremes(&mut points.iter().map(|point| point.value));
            prop_assert_eq!(of_points, extremes(&mut series.values.iter().copied()));
            // Wide enough not to drop to half of what fits at once.
            prop_assert!(points.len() == series.len() || points.len() >= most.min(series.len()) / 4);
        }

        #[test]
        fn a_narrower_chart_shows_a_part_of_a_wider_one_s_points(
            values in prop::collection::vec(-5.0..5.0_f64, 1..500), most in 4..150_usize, less in 0..100_usize,
        ) {
            let series = series("2015-03-04", values);
            let wide = indexes(&downsample(&series, most));
            let narrow = indexes(&downsample(&series, most.saturating_sub(less).max(4)));
            prop_assert!(narrow.iter().all(|index| wide.contains(index)));
        }

        #[test]
        fn points_stay_while_days_are_added(
            values in prop::collection::vec(-5.0..5.0_f64, 300..310), added in prop::collection::vec(-5.0..5.0_f64, 1..8),
        ) {
            let before = series("2015-03-04", values);
            let mut after = before.clone();
            after.values.extend(added);
            // Spans are of 16 days on both sides here: all but the last of them are what they were.
            let settled = |series: &DailySeries| -> Vec<_> {
                downsample(series, 60).into_iter().filter(|point| point.index < 280).collect()
            };
            prop_assert_eq!(settled(&before), settled(&after));
        }
    }
}
