//! The National Stock Exchange of India in Mumbai; Bombay keeps the same days.
//!
//! Covers the holidays with a fixed date and Good Friday, from 1999 on. **Not covered**: the six to ten closures a
//! year that follow lunar calendars (Holi, Mahavir Jayanti, the Eids, Muharram, Ganesh Chaturthi, Diwali, Guru
//! Nanak Jayanti and others), election days, and the Saturday sessions held now and then.

use chrono_tz::Asia::Kolkata;

use super::hours::{Hours, at};
use super::rules::{Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: &[
        Rule::on(1, 26, "Republic Day"),
        Rule::easter(-2, "Good Friday"),
        Rule::on(4, 14, "Ambedkar Jayanti"),
        Rule::on(5, 1, "Maharashtra Day"),
        Rule::on(8, 15, "Independence Day"),
        Rule::on(10, 2, "Gandhi Jayanti"),
        Rule::on(12, 25, "Christmas Day"),
    ],
    ..Venue::weekdays(
        Kolkata,
        &[
            Hours::since(ymd(2010, 10, 18), at(9, 15), at(15, 30)),
            Hours::since(ymd(2010, 1, 4), at(9, 0), at(15, 30)),
            Hours::always(at(9, 55), at(15, 30)),
        ],
    )
};
