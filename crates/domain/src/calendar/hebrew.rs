//! The Hebrew calendar, as far as the dates of its New Year.
//!
//! The mean conjunction (molad) and the four postponements in the arithmetic form of E. M. Reingold and
//! N. Dershowitz, Calendrical Calculations, chapter 8.

/// Days from the epoch of the common era (0001-01-01 is day 1) to the first of Tishri of the Hebrew year 1.
const EPOCH: i32 = -1_373_427;

/// The Hebrew New Year (1 Tishri) that falls in a Gregorian year, in days of the common era.
pub(super) fn new_year_in(gregorian: i32) -> i32 {
    let year = i64::from(gregorian) + 3_761;
    let (before, this, after) = (conjunction_day(year - 1), conjunction_day(year), conjunction_day(year + 1));
    // No year may have 356 days, nor 382.
    let correction = if after - this == 356 { 2 } else { i64::from(this - before == 382) };
    EPOCH + (this + correction) as i32
}

/// Days from the epoch to the conjunction of Tishri, put off from Sunday, Wednesday and Friday.
fn conjunction_day(year: i64) -> i64 {
    const PARTS_A_DAY: i64 = 25_920;
    let months = (235 * year - 234).div_euclid(19);
    let parts = 12_084 + 13_753 * months;
    let day = 29 * months + parts.div_euclid(PARTS_A_DAY);
    day + i64::from((3 * (day + 1)).rem_euclid(7) < 3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use chrono::{Datelike, NaiveDate, Weekday};

    use super::*;

    #[test]
    fn the_new_year_is_where_the_almanacs_put_it() {
        for date in [
            "1990-09-20",
            "1999-09-11",
            "2004-09-16",
            "2013-09-05",
            "2019-09-30",
            "2020-09-19",
            "2021-09-07",
            "2022-09-26",
            "2023-09-16",
            "2024-10-03",
            "2025-09-23",
            "2026-09-12",
            "2027-10-02",
            "2035-10-04",
        ] {
            let date: NaiveDate = date.parse().unwrap();
            assert_eq!(new_year_in(date.year()), date.num_days_from_ce(), "{date}");
        }
    }

    #[test]
    fn the_new_year_is_never_a_sunday_wednesday_or_friday() {
        for year in 1900..2300 {
            let date = NaiveDate::from_num_days_from_ce_opt(new_year_in(year)).unwrap();
            assert!(!matches!(date.weekday(), Weekday::Sun | Weekday::Wed | Weekday::Fri), "{date}");
            assert!(matches!(new_year_in(year + 1) - new_year_in(year), 353..=355 | 383..=385), "{date}");
        }
    }

    #[test]
    fn far_years_do_not_overflow() {
        assert!(new_year_in(NaiveDate::MIN.year()) < new_year_in(NaiveDate::MAX.year()));
    }
}
