//! Copenhagen, Oslo and Stockholm: fixed dates and Easter, nothing moved off a weekend.
//!
//! Exact from 2005 on. Not covered: half days other than those named, and opening hours that Copenhagen and
//! Stockholm kept before.

use chrono::Weekday::Fri;
use chrono_tz::Europe;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{Rule, ymd};
use super::venue::Venue;

const NEW_YEAR: Rule = Rule::on(1, 1, "New Year's Day");
const MAUNDY_THURSDAY: Rule = Rule::easter(-3, "Maundy Thursday");
const GOOD_FRIDAY: Rule = Rule::easter(-2, "Good Friday");
const EASTER_MONDAY: Rule = Rule::easter(1, "Easter Monday");
const LABOUR_DAY: Rule = Rule::on(5, 1, "Labour Day");
const ASCENSION: Rule = Rule::easter(39, "Ascension Day");
const WHIT_MONDAY: Rule = Rule::easter(50, "Whit Monday");
const CHRISTMAS_EVE: Rule = Rule::on(12, 24, "Christmas Eve");
const CHRISTMAS: Rule = Rule::on(12, 25, "Christmas Day");
const BOXING_DAY: Rule = Rule::on(12, 26, "Second Day of Christmas");
const NEW_YEARS_EVE: Rule = Rule::on(12, 31, "New Year's Eve");

pub(super) static COPENHAGEN: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        MAUNDY_THURSDAY,
        GOOD_FRIDAY,
        EASTER_MONDAY,
        Rule::easter(26, "General Prayer Day").until(2023),
        ASCENSION,
        Rule::easter(40, "Day after Ascension Day").since(2009),
        WHIT_MONDAY,
        Rule::on(6, 5, "Constitution Day"),
        CHRISTMAS_EVE,
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE,
    ],
    ..Venue::weekdays(Europe::Copenhagen, &[Hours::always(at(9, 0), at(17, 0))])
};

/// Closes when continuous trading ends; a short auction follows.
pub(super) static OSLO: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        MAUNDY_THURSDAY,
        GOOD_FRIDAY,
        EASTER_MONDAY,
        LABOUR_DAY,
        ASCENSION,
        Rule::on(5, 17, "Constitution Day"),
        WHIT_MONDAY,
        CHRISTMAS_EVE,
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE,
    ],
    early_closes: &[EarlyClose::at(at(13, 0), &[Rule::easter(-4, "Wednesday before Easter").since(2011)])],
    ..Venue::weekdays(
        Europe::Oslo,
        &[
            Hours::since(ymd(2012, 8, 6), at(9, 0), at(16, 20)),
            // A longer day for four years, from September 2008 on.
            Hours::since(ymd(2008, 9, 1), at(9, 0), at(17, 20)),
            Hours::always(at(9, 0), at(16, 20)),
        ],
    )
};

pub(super) static STOCKHOLM: Venue = Venue {
    holidays: &[
        NEW_YEAR,
        Rule::on(1, 6, "Epiphany"),
        GOOD_FRIDAY,
        EASTER_MONDAY,
        LABOUR_DAY,
        ASCENSION,
        WHIT_MONDAY.until(2004),
        Rule::on(6, 6, "National Day").since(2005),
        Rule::from(6, 19, Fri, "Midsummer Eve"),
        CHRISTMAS_EVE,
        CHRISTMAS,
        BOXING_DAY,
        NEW_YEARS_EVE,
    ],
    early_closes: &[EarlyClose::at(
        at(13, 0),
        &[
            Rule::on(1, 5, "Eve of Epiphany"),
            MAUNDY_THURSDAY,
            Rule::on(4, 30, "Walpurgis Night"),
            Rule::easter(38, "Eve of Ascension Day"),
            Rule::from(10, 30, Fri, "Eve of All Saints' Day"),
        ],
    )],
    ..Venue::weekdays(Europe::Stockholm, &[Hours::always(at(9, 0), at(17, 30))])
};
