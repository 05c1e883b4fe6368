//! Which of two bars of the same day is kept.

use bellwether_domain::DailyBar;

/// The bars of both, ascending by date, one a day. Of two of the same day the later told one is kept, but never a
/// provisional one instead of a final one. `known` ascends by date with one bar a day; `told` is in the order of
/// telling.
pub(crate) fn merge(known: &[DailyBar], told: &[DailyBar]) -> Vec<DailyBar> {
    let mut all: Vec<DailyBar> = known.iter().chain(told).copied().collect();
    // Stable: within a day the order of telling stays.
    all.sort_by_key(|bar| bar.date);
    let mut kept: Vec<DailyBar> = Vec::with_capacity(all.len());
    for bar in all {
        match kept.last_mut() {
            Some(last) if last.date == bar.date => {
                if last.provisional || !bar.provisional {
                    *last = bar;
                }
            }
            _ => kept.push(bar),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use chrono::NaiveDate;

    fn bar(day: u32, close: f64) -> DailyBar {
        DailyBar::close_only(NaiveDate::from_ymd_opt(2020, 5, day).unwrap(), close)
    }

    fn provisional(day: u32, close: f64) -> DailyBar {
        DailyBar { provisional: true, ..bar(day, close) }
    }

    fn closes(bars: &[DailyBar]) -> Vec<(u32, f64, bool)> {
        use chrono::Datelike;
        bars.iter().map(|bar| (bar.date.day(), bar.close, bar.provisional)).collect()
    }

    #[test]
    fn new_days_take_their_place_among_the_known() {
        let merged = merge(&[bar(4, 1.0), bar(6, 3.0)], &[bar(7, 4.0), bar(5, 2.0)]);
        assert_eq!(closes(&merged), [(4, 1.0, false), (5, 2.0, false), (6, 3.0, false), (7, 4.0, false)]);
    }

    #[test]
    fn the_later_told_bar_of_a_day_is_kept() {
        let merged = merge(&[bar(4, 1.0)], &[bar(4, 2.0), bar(4, 3.0)]);
        assert_eq!(closes(&merged), [(4, 3.0, false)]);
    }

    #[test]
    fn a_final_bar_is_not_replaced_by_a_provisional_one() {
        assert_eq!(closes(&merge(&[bar(4, 1.0)], &[provisional(4, 2.0)])), [(4, 1.0, false)]);
        assert_eq!(closes(&merge(&[], &[bar(4, 1.0), provisional(4, 2.0)])), [(4, 1.0, false)]);
        assert_eq!(closes(&merge(&[provisional(4, 1.0)], &[provisional(4, 2.0)])), [(4, 2.0, true)]);
        assert_eq!(closes(&merge(&[provisional(4, 1.0)], &[bar(4, 2.0)])), [(4, 2.0, false)]);
    }
}
