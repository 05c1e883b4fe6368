//! Boursa Kuwait, Sunday to Thursday, since September 2007, when Saturday ceased to be a working day.
//!
//! Covers the holidays with a fixed date. **Not covered**: those of the Islamic calendar (New Year, the Prophet's
//! birthday and ascension, both Eids, Arafat Day), whose days follow the sighting of the moon and which are moved by
//! decree to lengthen a weekend; bridge days; the halt that a court ordered in November 2008.

use chrono_tz::Asia;

use super::hours::{Hours, at};
use super::rules::{Rule, ymd};
use super::venue::{Venue, Week};

/// Closes when continuous trading ends; an auction follows.
pub(super) static VENUE: Venue = Venue {
    week: Week::SundayToThursday,
    holidays: &[
        Rule::on(1, 1, "New Year's Day"),
        Rule::on(2, 25, "National Day"),
        Rule::on(2, 26, "Liberation Day"),
    ],
    ..Venue::weekdays(
        Asia::Kuwait,
        &[Hours::since(ymd(2025, 10, 12), at(9, 0), at(13, 0)), Hours::always(at(9, 0), at(12, 30))],
    )
};
