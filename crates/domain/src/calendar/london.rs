//! The London Stock Exchange, 1990 on: the bank holidays of England and Wales.
//!
//! Not covered: opening hours before July 1998, half an hour earlier than given here.

use chrono::Weekday::Mon;
use chrono_tz::Europe::London;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{OneOff, Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: HOLIDAYS,
    one_offs: CLOSURES,
    early_closes: EARLY_CLOSES,
    ..Venue::weekdays(
        London,
        &[Hours::since(ymd(1999, 9, 20), at(8, 0), at(16, 30)), Hours::always(at(9, 0), at(16, 30))],
    )
};

const HOLIDAYS: &[Rule] = &[
    Rule::on(1, 1, "New Year's Day").weekend_on_monday(),
    Rule::easter(-2, "Good Friday"),
    Rule::easter(1, "Easter Monday"),
    // Moved to May 8 for the anniversaries of the end of the war in Europe.
    Rule::nth(1, Mon, 5, "Early May Bank Holiday").except(&[1995, 2020]),
    // Moved into June to stand beside the jubilees.
    Rule::from(5, 25, Mon, "Spring Bank Holiday").except(&[2002, 2012, 2022]),
    Rule::from(8, 25, Mon, "Summer Bank Holiday"),
    Rule::on(12, 25, "Christmas Day").two_days_later(),
    Rule::on(12, 26, "Boxing Day").two_days_later(),
];

const CLOSURES: &[OneOff] = &[
    (ymd(1995, 5, 8), "Early May Bank Holiday"),
    (ymd(1999, 12, 31), "Millennium Eve"),
    (ymd(2002, 6, 3), "Golden Jubilee"),
    (ymd(2002, 6, 4), "Spring Bank Holiday"),
    (ymd(2011, 4, 29), "Royal Wedding"),
    (ymd(2012, 6, 4), "Spring Bank Holiday"),
    (ymd(2012, 6, 5), "Diamond Jubilee"),
    (ymd(2020, 5, 8), "Early May Bank Holiday"),
    (ymd(2022, 6, 2), "Spring Bank Holiday"),
    (ymd(2022, 6, 3), "Platinum Jubilee"),
    (ymd(2022, 9, 19), "Funeral of Queen Elizabeth II"),
    (ymd(2023, 5, 8), "Coronation of King Charles III"),
];

const EARLY_CLOSES: &[EarlyClose] = &[EarlyClose::at(
    at(12, 30),
    &[
        Rule::on(12, 24, "Christmas Eve").previous_friday(),
        Rule::on(12, 31, "New Year's Eve").previous_friday(),
    ],
)];
