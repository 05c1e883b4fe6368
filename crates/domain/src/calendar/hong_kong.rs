//! The Hong Kong exchange: fixed, Easter and lunar holidays from 1998 to 2050.
//!
//! The lunar dates come from a table of this file, computed from the new moons and solar terms at Hong Kong's
//! meridian. Whole days lost to typhoons and rainstorms are listed; since 23 September 2024 the market trades through
//! them. Not covered: half days lost to the weather, and the lunar holidays of years outside the table. The lunch
//! break does not end a session.

use chrono::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
use chrono_tz::Asia;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{Day, OneOff, Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: HOLIDAYS,
    one_offs: CLOSURES,
    computed: lunar_holiday,
    early_closes: EARLY_CLOSES,
    ..Venue::weekdays(
        Asia::Hong_Kong,
        &[Hours::since(ymd(2011, 3, 7), at(9, 30), at(16, 0)), Hours::always(at(10, 0), at(16, 0))],
    )
};

const HOLIDAYS: &[Rule] = &[
    Rule::on(1, 1, "New Year's Day").sunday_on_monday(),
    Rule::easter(-2, "Good Friday"),
    Rule::easter(1, "Easter Monday"),
    Rule::on(5, 1, "Labour Day").since(1999).sunday_on_monday(),
    Rule::on(7, 1, "Establishment of the Special Administrative Region").sunday_on_monday(),
    Rule::on(10, 1, "National Day").sunday_on_monday(),
    Rule::on(12, 25, "Christmas Day").two_days_later(),
    Rule::on(12, 26, "Day after Christmas"),
];

const CLOSURES: &[OneOff] = &[
    (ymd(1998, 8, 17), "Victory Day"),
    (ymd(1998, 10, 2), "National Day"),
    (ymd(1999, 9, 16), "Typhoon York"),
    (ymd(1999, 12, 31), "Preparation for the year 2000"),
    (ymd(2001, 7, 6), "Typhoon Utor"),
    (ymd(2001, 7, 25), "Typhoon Yutu"),
    (ymd(2008, 8, 6), "Typhoon Kammuri"),
    (ymd(2008, 8, 22), "Typhoon Nuri"),
    (ymd(2011, 9, 29), "Typhoon Nesat"),
    (ymd(2013, 8, 14), "Typhoon Utor"),
    (ymd(2015, 9, 3), "Victory Day"),
    (ymd(2016, 8, 2), "Typhoon Nida"),
    (ymd(2016, 10, 21), "Typhoon Haima"),
    (ymd(2017, 8, 23), "Typhoon Hato"),
    (ymd(2020, 10, 13), "Typhoon Nangka"),
    (ymd(2021, 10, 13), "Typhoon Kompasu"),
    (ymd(2023, 7, 17), "Typhoon Talim"),
    (ymd(2023, 9, 1), "Typhoon Saola"),
    (ymd(2023, 9, 8), "Black rainstorm"),
    (ymd(2024, 9, 6), "Typhoon Yagi"),
];

const EVES: &[Rule] = &[Rule::on(12, 24, "Christmas Eve"), Rule::on(12, 31, "New Year's Eve")];

/// Only the morning session is held.
const EARLY_CLOSES: &[EarlyClose] = &[
    EarlyClose::at(at(12, 0), EVES).and_when(lunar_new_years_eve).since(ymd(2011, 3, 7)),
    EarlyClose::at(at(12, 30), EVES).and_when(lunar_new_years_eve),
];

/// The lunar feasts of one year, each as month and day in one number.
#[derive(Debug, Clone, Copy)]
struct Feasts {
    new_year: u16,
    ching_ming: u16,
    buddhas_birthday: u16,
    tuen_ng: u16,
    mid_autumn: u16,
    chung_yeung: u16,
}

impl Feasts {
    fn of(year: i32) -> Option<Self> {
        let row = LUNAR.get(usize::try_from(year - FIRST_YEAR).ok()?)?;
        let &[new_year, ching_ming, buddhas_birthday, tuen_ng, mid_autumn, chung_yeung] = row;
        Some(Self { new_year, ching_ming, buddhas_birthday, tuen_ng, mid_autumn, chung_yeung })
    }
}

/// Days since a feast of the same year.
fn since(feast: u16, day: Day) -> i32 {
    day.since_date((feast / 100) as u8, (feast % 100) as u8)
}

fn lunar_new_years_eve(day: Day) -> bool {
    Feasts::of(day.year).is_some_and(|feasts| since(feasts.new_year, day) == -1)
}

fn lunar_holiday(day: Day) -> Option<&'static str> {
    let feasts = Feasts::of(day.year)?;
    // A feast on a Sunday is kept on Monday.
    let kept = |feast| matches!((since(feast, day), day.weekday), (0, _) | (1, Mon));
    if new_year_holiday(since(feasts.new_year, day), day) {
        Some("Lunar New Year")
    } else if kept(feasts.ching_ming) || ching_ming_after_easter(since(feasts.ching_ming, day), day) {
        Some("Ching Ming Festival")
    } else if kept(feasts.buddhas_birthday) && day.year >= 1999 {
        Some("Buddha's Birthday")
    } else if kept(feasts.tuen_ng) {
        Some("Tuen Ng Festival")
    } else if day_after_mid_autumn(since(feasts.mid_autumn, day), day) {
        Some("Day after Mid-Autumn Festival")
    } else if kept(feasts.chung_yeung) {
        Some("Chung Yeung Festival")
    } else {
        None
    }
}

/// Three days; one of them on a Sunday is made up on the fourth, until 2012 on the eve.
fn new_year_holiday(since: i32, day: Day) -> bool {
    match since {
        0..=2 => true,
        3 => day.year >= 2013 && matches!(day.weekday, Mon | Tue | Wed),
        -1 => day.year < 2013 && matches!(day.weekday, Thu | Fri | Sat),
        _ => false,
    }
}

/// A Ching Ming that meets Easter Monday is kept on the Tuesday.
fn ching_ming_after_easter(since: i32, day: Day) -> bool {
    day.since_easter == 2 && matches!(since, 1 | 2)
}

fn day_after_mid_autumn(since: i32, day: Day) -> bool {
    let since_national_day = day.since_date(10, 1);
    match since {
        1 => day.weekday != Sun,
        // The day after it was a Sunday, or National Day, which then moves on by one.
        2 => (day.weekday == Mon && day.year >= 2013) || since_national_day == 1,
        _ => false,
    }
}

const FIRST_YEAR: i32 = 1998;

/// Lunar New Year, Ching Ming, Buddha's Birthday, Tuen Ng, Mid-Autumn, Chung Yeung.
const LUNAR: [[u16; 6]; 53] = [
    [128, 405, 503, 530, 1005, 1028], // 1998
    [216, 405, 522, 618, 924, 1017],  // 1999
    [205, 404, 511, 606, 912, 1006],  // 2000
    [124, 405, 430, 625, 1001, 1025], // 2001
    [212, 405, 519, 615, 921, 1014],  // 2002
    [201, 405, 508, 604, 911, 1004],  // 2003
    [122, 404, 526, 622, 928, 1022],  // 2004
    [209, 405, 515, 611, 918, 1011],  // 2005
    [129, 405, 505, 531, 1006, 1030], // 2006
    [218, 405, 524, 619, 925, 1019],  // 2007
    [207, 404, 512, 608, 914, 1007],  // 2008
    [126, 404, 502, 528, 1003, 1026], // 2009
    [214, 405, 521, 616, 922, 1016],  // 2010
    [203, 405, 510, 606, 912, 1005],  // 2011
    [123, 404, 428, 623, 930, 1023],  // 2012
    [210, 404, 517, 612, 919, 1013],  // 2013
    [131, 405, 506, 602, 908, 1002],  // 2014
    [219, 405, 525, 620, 927, 1021],  // 2015
    [208, 404, 514, 609, 915, 1009],  // 2016
    [128, 404, 503, 530, 1004, 1028], // 2017
    [216, 405, 522, 618, 924, 1017],  // 2018
    [205, 405, 512, 607, 913, 1007],  // 2019
    [125, 404, 430, 625, 1001, 1025], // 2020
    [212, 404, 519, 614, 921, 1014],  // 2021
    [201, 405, 508, 603, 910, 1004],  // 2022
    [122, 405, 526, 622, 929, 1023],  // 2023
    [210, 404, 515, 610, 917, 1011],  // 2024
    [129, 404, 505, 531, 1006, 1029], // 2025
    [217, 405, 524, 619, 925, 1018],  // 2026
    [206, 405, 513, 609, 915, 1008],  // 2027
    [126, 404, 502, 528, 1003, 1026], // 2028
    [213, 404, 520, 616, 922, 1016],  // 2029
    [203, 405, 509, 605, 912, 1005],  // 2030
    [123, 405, 528, 624, 1001, 1024], // 2031
    [211, 404, 516, 612, 919, 1012],  // 2032
    [131, 404, 506, 601, 908, 1001],  // 2033
    [219, 405, 525, 620, 927, 1020],  // 2034
    [208, 405, 515, 610, 916, 1009],  // 2035
    [128, 404, 503, 530, 1004, 1027], // 2036
    [215, 404, 522, 618, 924, 1017],  // 2037
    [204, 405, 511, 607, 913, 1007],  // 2038
    [124, 405, 430, 527, 1002, 1026], // 2039
    [212, 404, 518, 614, 920, 1014],  // 2040
    [201, 404, 507, 603, 910, 1003],  // 2041
    [122, 404, 526, 622, 928, 1022],  // 2042
    [210, 405, 516, 611, 917, 1011],  // 2043
    [130, 404, 505, 531, 1005, 1029], // 2044
    [217, 404, 524, 619, 925, 1018],  // 2045
    [206, 404, 513, 608, 915, 1008],  // 2046
    [126, 405, 502, 529, 1004, 1027], // 2047
    [214, 404, 520, 615, 922, 1016],  // 2048
    [202, 404, 509, 604, 911, 1005],  // 2049
    [123, 404, 528, 623, 930, 1024],  // 2050
];
