//! Markets that hardly ever close: currencies, crypto-currencies and futures.

use chrono::Weekday::{Fri, Mon, Thu, Tue, Wed};
use chrono_tz::{America, Europe, Tz};

use super::hours::{EarlyClose, Hours, at};
use super::rules::Rule;
use super::venue::{Venue, Week};

/// The day of a currency bar is London's, midnight to midnight, from Monday to Friday without holidays. Friday ends
/// at 22:00, the hour of the last trade in New York. The thin trade of Sunday night belongs to no session here.
pub(super) static CURRENCY: Venue = Venue::weekdays(
    Europe::London,
    &[Hours::always(at(0, 0), at(22, 0)).only_on(Fri), Hours::always(at(0, 0), at(24, 0))],
);

/// Each day of UTC is one session.
pub(super) static CRYPTO: Venue =
    Venue { week: Week::EveryDay, ..Venue::weekdays(Tz::UTC, &[Hours::always(at(0, 0), at(24, 0))]) };

/// CME Globex: the session of a day opens at 18:00 on the evening before. On American holidays it ends at 13:00.
///
/// Not covered: what single contracts do otherwise, most of all on holidays (grains and livestock stay shut, energy
/// and metals close later, shares trade for an hour on some Good Fridays), and hours before the daily pause became
/// one hour.
pub(super) static FUTURES: Venue = Venue {
    holidays: &[
        Rule::on(1, 1, "New Year's Day").sunday_on_monday(),
        Rule::easter(-2, "Good Friday"),
        Rule::on(12, 25, "Christmas Day").nearest_weekday(),
    ],
    early_closes: &[EarlyClose::at(
        at(13, 0),
        &[
            Rule::nth(3, Mon, 1, "Martin Luther King Jr. Day").since(1998),
            Rule::nth(3, Mon, 2, "Washington's Birthday"),
            Rule::from(5, 25, Mon, "Memorial Day"),
            Rule::on(6, 19, "Juneteenth").nearest_weekday().since(2022),
            Rule::on(7, 4, "Independence Day").nearest_weekday(),
            Rule::nth(1, Mon, 9, "Labor Day"),
            Rule::nth(4, Thu, 11, "Thanksgiving Day"),
            Rule::from(11, 23, Fri, "Day after Thanksgiving"),
            Rule::on(12, 24, "Christmas Eve").only_on(&[Mon, Tue, Wed, Thu]),
        ],
    )],
    ..Venue::weekdays(America::New_York, &[Hours::always(at(-6, 0), at(17, 0))])
};
