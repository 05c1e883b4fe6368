//! The Tel Aviv Stock Exchange: the feasts of the Hebrew calendar, which is computed.
//!
//! Sunday to Thursday until 1 January 2026, Monday to Friday since the 5th. Checked against published schedules of
//! 2015, 2018 and 2019. Not covered: election days and other closures by decree, beyond those listed, and the somewhat
//! different choice of whole and half holidays before 2015.

use chrono::Weekday::{Fri, Mon, Sat, Sun};
use chrono::{Datelike, NaiveDate};
use chrono_tz::Asia;

use super::hebrew;
use super::hours::{EarlyClose, Hours, at};
use super::rules::{Day, ymd};
use super::venue::{Venue, Week};

/// The first Sunday without trading.
const NEW_WEEK: NaiveDate = ymd(2026, 1, 4);

/// Closes when continuous trading ends; an auction follows.
pub(super) static VENUE: Venue = Venue {
    week: Week::MondayToFridaySince(NEW_WEEK),
    one_offs: &[
        (ymd(2015, 3, 17), "Election day"),
        (ymd(2018, 10, 30), "Municipal election day"),
        (ymd(2019, 4, 9), "Election day"),
        (ymd(2019, 9, 17), "Election day"),
        (ymd(2020, 3, 2), "Election day"),
        (ymd(2021, 3, 23), "Election day"),
        (ymd(2022, 11, 1), "Election day"),
        (ymd(2024, 2, 27), "Municipal election day"),
    ],
    computed: holiday,
    early_closes: &[EarlyClose::at(at(14, 15), &[]).and_when(between_the_feasts)],
    ..Venue::weekdays(
        Asia::Jerusalem,
        &[
            Hours::since(NEW_WEEK, at(10, 0), at(13, 50)).only_on(Fri),
            Hours::since(ymd(2020, 3, 8), at(10, 0), at(15, 40)).only_on(Sun),
            Hours::since(ymd(2020, 2, 2), at(10, 0), at(16, 15)).only_on(Sun),
            Hours::since(ymd(2020, 2, 2), at(10, 0), at(17, 15)),
            Hours::always(at(9, 45), at(16, 15)).only_on(Sun),
            Hours::always(at(9, 45), at(17, 15)),
        ],
    )
};

/// Days since the Hebrew New Year of the same civil year. Each feast of that year has a fixed distance from it:
/// those of the spring and summer because the months from Nisan to Elul always have the same lengths.
fn since_new_year(day: Day) -> i32 {
    day.date.num_days_from_ce() - hebrew::new_year_in(day.year)
}

fn holiday(day: Day) -> Option<&'static str> {
    feast(day).or_else(|| {
        // What is traded on a Friday is cleared on Sunday, so Friday closes when Sunday is a feast.
        let cleared_on_a_feast = day.weekday == Fri && day.date >= NEW_WEEK;
        if cleared_on_a_feast { feast(day.plus(2)) } else { None }
    })
}

fn feast(day: Day) -> Option<&'static str> {
    Some(match since_new_year(day) {
        -193 => "Purim",
        -164 => "Passover Eve",
        -163 => "Passover",
        -158 => "Passover II Eve",
        -157 => "Passover II",
        since @ -146..=-142 => return independence(since, day),
        -114 => "Shavuot Eve",
        -113 => "Shavuot",
        // Put off to Sunday when the ninth of Av is a Sabbath.
        -51 if day.weekday != Sat => "Tisha B'Av",
        -50 if day.weekday == Sun => "Tisha B'Av",
        -1 => "New Year Eve",
        0 | 1 => "New Year",
        8 => "Yom Kippur Eve",
        9 => "Yom Kippur",
        13 => "Sukkot Eve",
        14 => "Sukkot",
        20 => "Simchat Torah Eve",
        21 => "Simchat Torah",
        _ => return None,
    })
}

/// Independence Day, the fifth of Iyar, and Memorial Day before it keep clear of the Sabbath and its eves: both come
/// forward to Wednesday and Thursday, and since 2004 go back from Sunday and Monday.
fn independence(since: i32, day: Day) -> Option<&'static str> {
    // Where the fifth of Iyar falls follows from the weekday of today.
    let fifth_of_iyar = day.plus(i64::from(-143 - since)).weekday;
    let moved = match fifth_of_iyar {
        Fri => -1,
        Sat => -2,
        Mon if day.year >= 2004 => 1,
        _ => 0,
    };
    match since - moved {
        -144 => Some("Memorial Day"),
        -143 => Some("Independence Day"),
        _ => None,
    }
}

/// The working days within Passover and Sukkot.
fn between_the_feasts(day: Day) -> bool {
    matches!(since_new_year(day), -162..=-159 | 15..=19)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn feasts_of(year: i32) -> Vec<String> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let year = first.iter_days().take_while(|date| date.year() == year);
        year.filter_map(|date| feast(Day::new(date)).map(|name| format!("{} {name}", date.format("%m-%d"))))
            .collect()
    }

    #[test]
    fn the_feasts_of_2025_are_those_of_the_almanac() {
        assert_eq!(
            feasts_of(2025),
            [
                "03-14 Purim",
                "04-12 Passover Eve",
                "04-13 Passover",
                "04-18 Passover II Eve",
                "04-19 Passover II",
                "04-30 Memorial Day",
                "05-01 Independence Day",
                "06-01 Shavuot Eve",
                "06-02 Shavuot",
                "08-03 Tisha B'Av",
                "09-22 New Year Eve",
                "09-23 New Year",
                "09-24 New Year",
                "10-01 Yom Kippur Eve",
                "10-02 Yom Kippur",
                "10-06 Sukkot Eve",
                "10-07 Sukkot",
                "10-13 Simchat Torah Eve",
                "10-14 Simchat Torah",
            ]
        );
    }

    #[test]
    fn independence_day_keeps_clear_of_the_sabbath() {
        for (memorial, independence) in [
            ("2021-04-14", "2021-04-15"),
            ("2022-05-04", "2022-05-05"),
            ("2023-04-25", "2023-04-26"),
            ("2024-05-13", "2024-05-14"),
        ] {
            let on = |date: &str| feast(Day::new(date.parse().unwrap()));
            assert_eq!(on(memorial), Some("Memorial Day"), "{memorial}");
            assert_eq!(on(independence), Some("Independence Day"), "{independence}");
        }
    }
}
