//! Frankfurt, Paris, Amsterdam, Milan and Zurich: fixed dates and Easter, nothing moved off a weekend.
//!
//! Exact from 2002 on. Not covered: national holidays that each market kept in the 1990s and has dropped since,
//! except where a rule below names one, and opening hours before the common ones of September 1999 (but for Xetra).

use chrono_tz::Europe;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{OneOff, Rule, ymd};
use super::venue::Venue;

const FROM_NINE_TO_HALF_PAST_FIVE: &[Hours] = &[Hours::always(at(9, 0), at(17, 30))];

const NEW_YEAR: Rule = Rule::on(1, 1, "New Year's Day");
const GOOD_FRIDAY: Rule = Rule::easter(-2, "Good Friday");
const EASTER_MONDAY: Rule = Rule::easter(1, "Easter Monday");
const LABOUR_DAY: Rule = Rule::on(5, 1, "Labour Day");
const ASCENSION: Rule = Rule::easter(39, "Ascension Day");
const WHIT_MONDAY: Rule = Rule::easter(50, "Whit Monday");
const CHRISTMAS_EVE: Rule = Rule::on(12, 24, "Christmas Eve");
const CHRISTMAS: Rule = Rule::on(12, 25, "Christmas Day");
const BOXING_DAY: Rule = Rule::on(12, 26, "St Stephen's Day");
const NEW_YEARS_EVE: Rule = Rule::on(12, 31, "New Year's Eve");

/// Not covered: before 2010 the last day of the year also ended early at times.
pub(super) static XETRA: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        GOOD_FRIDAY,
        EASTER_MONDAY,
        LABOUR_DAY,
        WHIT_MONDAY.since(2015).until(2021),
        Rule::on(10, 3, "Day of German Unity").since(2014).until(2021),
        CHRISTMAS_EVE,
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE,
    ],
    one_offs: XETRA_CLOSURES,
    early_closes: &[EarlyClose::at(
        at(14, 0),
        &[Rule::on(12, 30, "Last trading day of the year").previous_friday().since(2010)],
    )],
    ..Venue::weekdays(
        Europe::Berlin,
        &[
            Hours::since(ymd(2003, 11, 3), at(9, 0), at(17, 30)),
            Hours::since(ymd(2000, 6, 2), at(9, 0), at(20, 0)),
            Hours::since(ymd(1999, 9, 20), at(9, 0), at(17, 30)),
            Hours::always(at(8, 30), at(17, 0)),
        ],
    )
};

const XETRA_CLOSURES: &[OneOff] =
    &[(ymd(2007, 5, 28), "Whit Monday"), (ymd(2017, 10, 31), "Reformation Day")];

/// Euronext closes an afternoon earlier on the last day before Christmas and before the new year, unless that
/// falls on a weekend.
const EURONEXT_EARLY_CLOSES: &[EarlyClose] =
    &[EarlyClose::at(at(14, 5), &[CHRISTMAS_EVE, NEW_YEARS_EVE.since(2002)])];

pub(super) static PARIS: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        GOOD_FRIDAY,
        EASTER_MONDAY,
        LABOUR_DAY,
        WHIT_MONDAY.until(2001),
        Rule::on(7, 14, "Bastille Day").until(2001),
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE.until(2001),
    ],
    early_closes: EURONEXT_EARLY_CLOSES,
    ..Venue::weekdays(Europe::Paris, FROM_NINE_TO_HALF_PAST_FIVE)
};

pub(super) static AMSTERDAM: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        GOOD_FRIDAY,
        EASTER_MONDAY,
        Rule::on(4, 30, "Queen's Day").until(2001),
        LABOUR_DAY,
        ASCENSION.until(2000),
        WHIT_MONDAY.until(2001),
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE.until(2001),
    ],
    early_closes: EURONEXT_EARLY_CLOSES,
    ..Venue::weekdays(Europe::Amsterdam, FROM_NINE_TO_HALF_PAST_FIVE)
};

pub(super) static MILAN: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        GOOD_FRIDAY,
        EASTER_MONDAY,
        LABOUR_DAY,
        Rule::on(8, 15, "Ferragosto"),
        CHRISTMAS_EVE,
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE,
    ],
    ..Venue::weekdays(Europe::Rome, FROM_NINE_TO_HALF_PAST_FIVE)
};

pub(super) static ZURICH: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        Rule::on(1, 2, "Berchtold's Day"),
        GOOD_FRIDAY,
        EASTER_MONDAY,
        LABOUR_DAY,
        ASCENSION,
        WHIT_MONDAY,
        Rule::on(8, 1, "Swiss National Day"),
        CHRISTMAS_EVE,
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE,
    ],
    ..Venue::weekdays(Europe::Zurich, FROM_NINE_TO_HALF_PAST_FIVE)
};
