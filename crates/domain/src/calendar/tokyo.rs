//! The Tokyo Stock Exchange, 1990 on: Japan's national holidays, their substitutes and the turn of the year.
//!
//! The equinoxes are computed with the Observatory's usual approximation; the date in force is announced the year
//! before. Not covered: the morning-only sessions of the first and last trading day until 2009. The lunch break does
//! not end a session.

use chrono::Weekday::{Mon, Sun};
use chrono_tz::Asia;

use super::hours::{Hours, at};
use super::rules::{Day, OneOff, Rule, named, one_off, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: EXCHANGE_HOLIDAYS,
    one_offs: &[(ymd(2020, 10, 1), "Failure of the trading system")],
    computed: public_holiday,
    ..Venue::weekdays(
        Asia::Tokyo,
        &[Hours::since(ymd(2024, 11, 5), at(9, 0), at(15, 30)), Hours::always(at(9, 0), at(15, 0))],
    )
};

const EXCHANGE_HOLIDAYS: &[Rule] = &[
    Rule::on(1, 2, "New Year Holiday"),
    Rule::on(1, 3, "New Year Holiday"),
    Rule::on(12, 31, "New Year Holiday"),
];

const NATIONAL_HOLIDAYS: &[Rule] = &[
    Rule::on(1, 1, "New Year's Day"),
    Rule::on(1, 15, "Coming of Age Day").until(1999),
    Rule::nth(2, Mon, 1, "Coming of Age Day").since(2000),
    Rule::on(2, 11, "National Foundation Day"),
    Rule::on(2, 23, "Emperor's Birthday").since(2020),
    Rule::on(4, 29, "Greenery Day").until(2006),
    Rule::on(4, 29, "Shōwa Day").since(2007),
    Rule::on(5, 3, "Constitution Day"),
    Rule::on(5, 4, "Greenery Day").since(2007),
    Rule::on(5, 5, "Children's Day"),
    Rule::on(7, 20, "Marine Day").since(1996).until(2002),
    Rule::nth(3, Mon, 7, "Marine Day").since(2003).except(OLYMPICS),
    Rule::on(8, 11, "Mountain Day").since(2016).except(OLYMPICS),
    Rule::on(9, 15, "Respect for the Aged Day").until(2002),
    Rule::nth(3, Mon, 9, "Respect for the Aged Day").since(2003),
    Rule::on(10, 10, "Sports Day").until(1999),
    Rule::nth(2, Mon, 10, "Sports Day").since(2000).except(OLYMPICS),
    Rule::on(11, 3, "Culture Day"),
    Rule::on(11, 23, "Labour Thanksgiving Day"),
    Rule::on(12, 23, "Emperor's Birthday").until(2018),
];

/// Three holidays were moved to the opening and closing of the games, planned in one year and held in the next.
const OLYMPICS: &[i32] = &[2020, 2021];

const SINGLE_HOLIDAYS: &[OneOff] = &[
    (ymd(1990, 11, 12), "Enthronement of the Emperor"),
    (ymd(1993, 6, 9), "Wedding of the Crown Prince"),
    (ymd(2019, 5, 1), "Accession of the Emperor"),
    (ymd(2019, 10, 22), "Enthronement of the Emperor"),
    (ymd(2020, 7, 23), "Marine Day"),
    (ymd(2020, 7, 24), "Sports Day"),
    (ymd(2020, 8, 10), "Mountain Day"),
    (ymd(2021, 7, 22), "Marine Day"),
    (ymd(2021, 7, 23), "Sports Day"),
    (ymd(2021, 8, 8), "Mountain Day"),
];

fn national_holiday(day: Day) -> Option<&'static str> {
    named(NATIONAL_HOLIDAYS, day).or_else(|| equinox(day)).or_else(|| one_off(SINGLE_HOLIDAYS, day))
}

/// A national holiday, or one of the two kinds that follow from others: the substitute for a holiday on a Sunday,
/// and the day between two holidays.
fn public_holiday(day: Day) -> Option<&'static str> {
    if let Some(name) = national_holiday(day) {
        return Some(name);
    }
    let yesterday = day.plus(-1);
    national_holiday(yesterday)?;
    if substitutes_a_sunday(yesterday) {
        return Some("Substitute Holiday");
    }
    let between_two = yesterday.weekday != Sun && national_holiday(day.plus(1)).is_some();
    between_two.then_some("Citizens' Holiday")
}

/// Whether the run of holidays that ends with `last` passes a Sunday on to the next day. Until 2006 only to a Monday.
fn substitutes_a_sunday(last: Day) -> bool {
    if last.weekday == Sun || last.year < 2007 {
        return last.weekday == Sun;
    }
    let before = last.plus(-1);
    national_holiday(before).is_some() && substitutes_a_sunday(before)
}

/// The equinoxes of 1980 to 2099: the usual approximation 20.8431 (March) or 23.2488 (September) + 0.242194 a year
/// since 1980 less one for each leap year.
fn equinox(day: Day) -> Option<&'static str> {
    let years = day.year - 1980;
    if !(0..120).contains(&years) {
        return None;
    }
    let drift = |at_1980: i32| ((at_1980 + 242_194 * years) / 1_000_000 - years / 4) as u8;
    if day.since_date(3, drift(20_843_100)) == 0 {
        Some("Vernal Equinox")
    } else if day.since_date(9, drift(23_248_800)) == 0 {
        Some("Autumnal Equinox")
    } else {
        None
    }
}
