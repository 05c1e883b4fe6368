//! The New York Stock Exchange, 1990 on. Nasdaq keeps the same days.
//!
//! Not covered: late openings (snow, computers, the morning of 2002-09-11), minutes of silence, halts within a day
//! such as the circuit breaker of 1997-10-27, and the few minutes lost on 2005-06-01.

use chrono::Weekday::{Fri, Mon, Thu, Tue, Wed};
use chrono_tz::America::New_York;

use super::hours::{EarlyClose, Hours, at};
use super::rules::{OneOff, Rule, ymd};
use super::venue::Venue;

pub(super) static VENUE: Venue = Venue {
    holidays: HOLIDAYS,
    one_offs: CLOSURES,
    early_closes: EARLY_CLOSES,
    ..Venue::weekdays(New_York, &[Hours::always(at(9, 30), at(16, 0))])
};

const HOLIDAYS: &[Rule] = &[
    // A New Year's Day on a Saturday is not made up: the books of the year close on that Friday.
    Rule::on(1, 1, "New Year's Day").sunday_on_monday(),
    Rule::nth(3, Mon, 1, "Martin Luther King Jr. Day").since(1998),
    Rule::nth(3, Mon, 2, "Washington's Birthday"),
    Rule::easter(-2, "Good Friday"),
    Rule::from(5, 25, Mon, "Memorial Day"),
    Rule::on(6, 19, "Juneteenth").nearest_weekday().since(2022),
    Rule::on(7, 4, "Independence Day").nearest_weekday(),
    Rule::nth(1, Mon, 9, "Labor Day"),
    Rule::nth(4, Thu, 11, "Thanksgiving Day"),
    Rule::on(12, 25, "Christmas Day").nearest_weekday(),
];

const CLOSURES: &[OneOff] = &[
    (ymd(1994, 4, 27), "Mourning for President Nixon"),
    (ymd(2001, 9, 11), "Attacks of September 11"),
    (ymd(2001, 9, 12), "Attacks of September 11"),
    (ymd(2001, 9, 13), "Attacks of September 11"),
    (ymd(2001, 9, 14), "Attacks of September 11"),
    (ymd(2004, 6, 11), "Mourning for President Reagan"),
    (ymd(2007, 1, 2), "Mourning for President Ford"),
    (ymd(2012, 10, 29), "Hurricane Sandy"),
    (ymd(2012, 10, 30), "Hurricane Sandy"),
    (ymd(2018, 12, 5), "Mourning for President George H. W. Bush"),
    (ymd(2025, 1, 9), "Mourning for President Carter"),
];

const EARLY_CLOSES: &[EarlyClose] = &[
    EarlyClose::at(
        at(13, 0),
        &[
            Rule::on(7, 3, "Eve of Independence Day").only_on(&[Mon, Tue, Thu]).since(1995),
            // With the holiday on a Thursday the short day was the Friday after it until 2012.
            Rule::on(7, 3, "Eve of Independence Day").only_on(&[Wed]).since(2013),
            Rule::on(7, 5, "Day after Independence Day").only_on(&[Fri]).since(1995).until(2012),
            Rule::from(11, 23, Fri, "Day after Thanksgiving").since(1993),
            Rule::on(12, 24, "Christmas Eve").only_on(&[Mon, Tue, Wed, Thu]).since(1993),
        ],
    )
    // Fridays after Christmas, and the last day before the year 2000.
    .and_on(&[ymd(1997, 12, 26), ymd(1999, 12, 31), ymd(2003, 12, 26)]),
    EarlyClose::at(
        at(14, 0),
        &[
            Rule::from(11, 23, Fri, "Day after Thanksgiving").since(1992).until(1992),
            Rule::on(12, 24, "Christmas Eve").only_on(&[Mon, Tue, Wed, Thu]).until(1992),
        ],
    )
    // A snowstorm.
    .and_on(&[ymd(1996, 1, 8)]),
    // Another.
    EarlyClose::at(at(14, 30), &[]).and_on(&[ymd(1994, 2, 11)]),
];
