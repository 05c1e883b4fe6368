//! The Australian Securities Exchange in Sydney, 1990 on.
//!
//! Not covered: half days before 2010.

use chrono::Weekday::Mon;
use chrono_tz::Australia::Sydney;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{OneOff, Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: HOLIDAYS,
    one_offs: CLOSURES,
    early_closes: EARLY_CLOSES,
    ..Venue::weekdays(Sydney, &[Hours::always(at(10, 0), at(16, 0))])
};

const HOLIDAYS: &[Rule] = &[
    Rule::on(1, 1, "New Year's Day").weekend_on_monday(),
    // In 1993 the states kept different days, and the exchange none.
    Rule::from(1, 26, Mon, "Australia Day").until(1992),
    Rule::on(1, 26, "Australia Day").weekend_on_monday().since(1994),
    Rule::easter(-2, "Good Friday"),
    Rule::easter(1, "Easter Monday"),
    Rule::on(4, 25, "Anzac Day"),
    Rule::nth(2, Mon, 6, "Queen's Birthday").until(2022),
    Rule::nth(2, Mon, 6, "King's Birthday").since(2023),
    Rule::on(12, 25, "Christmas Day").two_days_later(),
    Rule::on(12, 26, "Boxing Day").two_days_later(),
];

const CLOSURES: &[OneOff] = &[
    (ymd(1990, 12, 31), "New Year's Eve"),
    (ymd(1999, 12, 31), "Preparation for the year 2000"),
    (ymd(2010, 4, 26), "Anzac Day"),
    // Anzac Day was Easter Monday.
    (ymd(2011, 4, 26), "Easter Tuesday"),
    (ymd(2022, 9, 22), "Mourning for Queen Elizabeth II"),
];

const EARLY_CLOSES: &[EarlyClose] = &[EarlyClose::at(
    at(14, 10),
    &[
        Rule::on(12, 24, "Last day before Christmas").previous_friday().since(2010).except(&[2022]),
        Rule::on(12, 31, "Last day of the year").previous_friday().since(2010).except(&[2022]),
    ],
)];
