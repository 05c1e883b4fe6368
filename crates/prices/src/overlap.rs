//! Whether newly fetched bars continue the stored ones.

use bellwether_domain::DailyBar;
use chrono::NaiveDate;

/// How newly fetched bars relate to what is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Overlap {
    /// The days known on both sides agree: the new bars can be appended.
    Append,
    /// Every day known on both sides changed by the same factor: the source restated its history, for a split as a
    /// rule. Fetch it in full.
    Restated {
        /// New close by old close: 0.25 after a 4:1 split.
        ratio: f64,
    },
    /// The sides disagree in no common way: keep the stored bars, and fetch in full once.
    Disagree,
    /// No day is known on both sides, so nothing can be said: fetch in full.
    Apart,
}

/// How many stored days a refresh fetches again, so that there is something to compare.
pub const OVERLAP_DAYS: usize = 5;

/// Compares stored closes with fetched bars, day by day.
///
/// `stored` are final closes, days ascending; `fetched` bars that are provisional are passed over. Two closes agree
/// within a ten-thousandth, or within `rounding` where one side is rounded for display (see
/// [`Listing::rounding`](crate::Listing::rounding); 0 when both are exact).
///
/// ```
/// use bellwether_domain::DailyBar;
/// use bellwether_prices::{Overlap, overlap};
/// use chrono::NaiveDate;
///
/// let day = |d| NaiveDate::from_ymd_opt(2024, 6, d).unwrap();
/// let stored = [(day(6), 1200.0), (day(7), 1208.0)];
/// let fetched = [DailyBar::close_only(day(6), 600.0), DailyBar::close_only(day(7), 604.0)];
/// assert_eq!(overlap(&stored, &fetched, 0.0), Overlap::Restated { ratio: 0.5 });
/// ```
pub fn overlap(stored: &[(NaiveDate, f64)], fetched: &[DailyBar], rounding: f64) -> Overlap {
    let pairs: Vec<(f64, f64)> = fetched
        .iter()
        .filter(|bar| !bar.provisional)
        .filter_map(|bar| {
            let at = stored.binary_search_by_key(&bar.date, |(date, _)| *date).ok()?;
            let (_, old) = stored.get(at)?;
            (*old != 0.0 && bar.close != 0.0).then_some((*old, bar.close))
        })
        .collect();
    if pairs.is_empty() {
        return Overlap::Apart;
    }
    let agree =
        |ratio: f64| pairs.iter().all(|(old, new)| (new - old * ratio).abs() <= slack(old * ratio, rounding));
    if agree(1.0) {
        return Overlap::Append;
    }
    // The largest close has the smallest rounding error.
    let ratio = pairs.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or(1.0, |(old, new)| new / old);
    if ratio > 0.0 && agree(ratio) { Overlap::Restated { ratio } } else { Overlap::Disagree }
}

fn slack(close: f64, rounding: f64) -> f64 {
    // A hair more than half a unit: both sides are binary.
    (close.abs() * 1e-4).max(rounding * 1.001)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 6, day).expect("a date")
    }

    fn bars(closes: &[(u32, f64)]) -> Vec<DailyBar> {
        closes.iter().map(|(d, close)| DailyBar::close_only(day(*d), *close)).collect()
    }

    #[test]
    fn equal_days_append() {
        let stored = [(day(3), 10.0), (day(4), 11.0)];
        assert_eq!(overlap(&stored, &bars(&[(4, 11.0005), (5, 30.0)]), 0.0), Overlap::Append);
    }

    #[test]
    fn a_rounded_side_may_differ_by_half_a_unit() {
        let stored = [(day(3), 1.234_5), (day(4), 1.238)];
        let fetched = bars(&[(3, 1.23), (4, 1.24)]);
        assert_eq!(overlap(&stored, &fetched, 0.005), Overlap::Append);
        assert_eq!(overlap(&stored, &fetched, 0.0), Overlap::Disagree);
    }

    #[test]
    fn a_day_that_differs_alone_is_no_split() {
        let stored = [(day(3), 10.0), (day(4), 11.0), (day(5), 12.0)];
        assert_eq!(overlap(&stored, &bars(&[(3, 10.0), (4, 5.5), (5, 12.0)]), 0.0), Overlap::Disagree);
    }

    #[test]
    fn todays_unfinished_bar_proves_nothing() {
        let stored = [(day(3), 10.0), (day(4), 11.0)];
        let mut fetched = bars(&[(3, 10.0), (4, 12.0)]);
        fetched[1].provisional = true;
        assert_eq!(overlap(&stored, &fetched, 0.0), Overlap::Append);
    }

    #[test]
    fn without_a_common_day_nothing_is_said() {
        assert_eq!(overlap(&[(day(3), 10.0)], &bars(&[(4, 10.0)]), 0.0), Overlap::Apart);
        assert_eq!(overlap(&[], &[], 0.0), Overlap::Apart);
    }

    #[test]
    fn a_reverse_split_is_a_restatement_too() {
        let stored = [(day(3), 1.0), (day(4), 1.1)];
        assert_eq!(overlap(&stored, &bars(&[(3, 10.0), (4, 11.0)]), 0.0), Overlap::Restated { ratio: 10.0 });
    }
}
