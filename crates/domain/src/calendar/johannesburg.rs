//! The JSE, 1995 on, when the present public holidays began.
//!
//! A holiday on a Sunday moves to Monday, one on a Saturday is lost. Election days and other days that a government
//! declares are listed to 2024; later ones are not covered, and no half day is.

use chrono_tz::Africa::Johannesburg;

use super::hours::{Hours, at};
use super::rules::{OneOff, Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: HOLIDAYS,
    one_offs: CLOSURES,
    ..Venue::weekdays(Johannesburg, &[Hours::always(at(9, 0), at(17, 0))])
};

const HOLIDAYS: &[Rule] = &[
    Rule::on(1, 1, "New Year's Day").sunday_on_monday(),
    Rule::on(3, 21, "Human Rights Day").sunday_on_monday(),
    Rule::easter(-2, "Good Friday"),
    Rule::easter(1, "Family Day"),
    Rule::on(4, 27, "Freedom Day").sunday_on_monday(),
    Rule::on(5, 1, "Workers' Day").sunday_on_monday(),
    Rule::on(6, 16, "Youth Day").sunday_on_monday(),
    Rule::on(8, 9, "National Women's Day").sunday_on_monday(),
    Rule::on(9, 24, "Heritage Day").sunday_on_monday(),
    Rule::on(12, 16, "Day of Reconciliation").sunday_on_monday(),
    Rule::on(12, 25, "Christmas Day").sunday_on_monday(),
    Rule::on(12, 26, "Day of Goodwill").sunday_on_monday(),
];

const CLOSURES: &[OneOff] = &[
    (ymd(1999, 6, 2), "Election day"),
    (ymd(1999, 12, 31), "Change to the year 2000"),
    (ymd(2000, 1, 3), "Change to the year 2000"),
    (ymd(2004, 4, 14), "Election day"),
    (ymd(2006, 3, 1), "Election day"),
    // Human Rights Day was Good Friday.
    (ymd(2008, 5, 2), "Bridge holiday"),
    (ymd(2009, 4, 22), "Election day"),
    (ymd(2011, 5, 18), "Election day"),
    // Christmas on a Sunday takes the Monday that is the Day of Goodwill already.
    (ymd(2011, 12, 27), "Christmas holiday"),
    (ymd(2014, 5, 7), "Election day"),
    (ymd(2016, 8, 3), "Election day"),
    (ymd(2016, 12, 27), "Christmas holiday"),
    (ymd(2019, 5, 8), "Election day"),
    (ymd(2021, 11, 1), "Election day"),
    (ymd(2022, 12, 27), "Christmas holiday"),
    (ymd(2023, 12, 15), "Rugby World Cup"),
    (ymd(2024, 5, 29), "Election day"),
];
