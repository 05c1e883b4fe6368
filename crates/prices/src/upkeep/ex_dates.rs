//! When a company is expected to go ex-dividend next.

use chrono::{Days, NaiveDate};

/// 52 weeks: companies keep to the weekday.
const YEAR: u64 = 364;
/// A payment may come so many days earlier or later than the year before.
const SLACK: u64 = 30;

/// The next ex-date that earlier ones, ascending, lead to expect; `None` without any.
///
/// Companies pay at the same times each year, though not always at equal distances: the earliest payment of a year
/// ago that has had no successor yet is the one to come. Of a company that has paid for less than a year the last
/// distance is repeated.
///
/// ```
/// use bellwether_prices::upkeep::expected_ex_date;
/// use chrono::NaiveDate;
///
/// let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// // An interim in August and a final in March.
/// let paid = [day(2024, 8, 8), day(2025, 3, 6), day(2025, 8, 7)];
/// assert_eq!(expected_ex_date(&paid), Some(day(2026, 3, 5)));
/// ```
pub fn expected_ex_date(ex_dates: &[NaiveDate]) -> Option<NaiveDate> {
    let (first, last) = (*ex_dates.first()?, *ex_dates.last()?);
    let is_young = first < last && (last - first).num_days() < YEAR as i64 - SLACK as i64;
    if is_young {
        let before = ex_dates.iter().rev().find(|date| **date < last)?;
        return last.checked_add_signed(last - *before);
    }
    let year_ago = last.checked_sub_days(Days::new(YEAR))?;
    let recent = ex_dates.get(ex_dates.partition_point(|date| *date < year_ago - Days::new(SLACK))..)?;
    // Nearer to a payment of a year ago than half of the shortest distance, the last one was its successor.
    let distances = recent.windows(2).filter_map(|pair| Some(*pair.last()? - *pair.first()?));
    let shortest = distances.filter(|distance| !distance.is_zero()).min();
    let is_owed = |date: &&NaiveDate| shortest.is_some_and(|shortest| (**date - year_ago) * 2 > shortest);
    recent.iter().find(is_owed).unwrap_or(&last).checked_add_days(Days::new(YEAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(texts: &[&str]) -> Vec<NaiveDate> {
        texts.iter().map(|text| text.parse().expect("a date")).collect()
    }

    fn expected(texts: &[&str]) -> Option<String> {
        expected_ex_date(&days(texts)).map(|date| date.to_string())
    }

    #[test]
    fn a_quarter_follows_that_of_a_year_ago() {
        let paid = ["2025-02-10", "2025-05-12", "2025-08-11", "2025-11-10", "2026-02-09"];
        assert_eq!(expected(&paid).as_deref(), Some("2026-05-11"));
        assert_eq!(expected(&paid[1..]).as_deref(), Some("2026-05-11"), "of less than a year");
    }

    #[test]
    fn a_yearly_payment_is_expected_a_year_later() {
        assert_eq!(expected(&["2025-05-12"]).as_deref(), Some("2026-05-11"));
        assert_eq!(expected(&["2024-05-13", "2025-05-12"]).as_deref(), Some("2026-05-11"));
    }

    #[test]
    fn a_month_is_followed_by_the_next_month() {
        let first = NaiveDate::from_ymd_opt(2024, 1, 15).expect("a date");
        let paid: Vec<_> = (0..20).map(|month| first + chrono::Months::new(month)).collect();
        let next = expected_ex_date(&paid).expect("a date");
        assert!((next - (first + chrono::Months::new(20))).num_days().abs() <= 3, "{next}");
        let young = expected_ex_date(&paid[..3]).expect("a date");
        assert!((young - (first + chrono::Months::new(3))).num_days().abs() <= 3, "{young}");
    }

    #[test]
    fn who_never_paid_is_not_expected_to() {
        assert_eq!(expected_ex_date(&[]), None);
    }
}
