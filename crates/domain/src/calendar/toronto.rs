//! The Toronto Stock Exchange, 1990 on.
//!
//! Not covered: half days before 2010.

use chrono::Weekday::Mon;
use chrono_tz::America::Toronto;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: &[
        Rule::on(1, 1, "New Year's Day").weekend_on_monday(),
        Rule::nth(3, Mon, 2, "Family Day").since(2008),
        Rule::easter(-2, "Good Friday"),
        Rule::from(5, 18, Mon, "Victoria Day"),
        Rule::on(7, 1, "Canada Day").weekend_on_monday(),
        Rule::nth(1, Mon, 8, "Civic Holiday"),
        Rule::nth(1, Mon, 9, "Labour Day"),
        Rule::nth(2, Mon, 10, "Thanksgiving Day"),
        Rule::on(12, 25, "Christmas Day").two_days_later(),
        Rule::on(12, 26, "Boxing Day").two_days_later(),
    ],
    one_offs: &[(ymd(2001, 9, 11), "Attacks of September 11"), (ymd(2001, 9, 12), "Attacks of September 11")],
    early_closes: &[EarlyClose::at(at(13, 0), &[Rule::on(12, 24, "Christmas Eve").since(2010)])],
    ..Venue::weekdays(Toronto, &[Hours::always(at(9, 30), at(16, 0))])
};
