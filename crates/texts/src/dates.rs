//! Days and times as people read them.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use icu_calendar::Gregorian;
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::{E, M, MD, MDE, T, YM, YMD, YMDE};
use icu_datetime::input::{Date, Time};
use icu_locale_core::Locale as Tag;

use crate::{Locale, Sentence};

/// An age below this is told in minutes,
const TOLD_IN_MINUTES: TimeDelta = TimeDelta::hours(1);
/// below this in hours, and in days from there on.
const TOLD_IN_HOURS: TimeDelta = TimeDelta::days(2);

/// Days of this program are those of the calendar that exchanges keep.
type Formatter<F> = FixedCalendarDateTimeFormatter<Gregorian, F>;

/// How a locale writes days and times.
pub(crate) struct Dates {
    day: Formatter<YMD>,
    short_day: Formatter<MD>,
    long_day: Formatter<YMDE>,
    day_with_weekday: Formatter<MDE>,
    weekday: Formatter<E>,
    month: Formatter<M>,
    month_of_year: Formatter<YM>,
    time: Formatter<T>,
}

impl Dates {
    pub(crate) fn of(tag: &str) -> Self {
        let tag: Tag = format!("{tag}-u-nu-latn").parse().expect("one of our own tags");
        let known = "there are dates in every locale";
        Self {
            day: Formatter::try_new(tag.clone().into(), YMD::medium()).expect(known),
            short_day: Formatter::try_new(tag.clone().into(), MD::medium()).expect(known),
            long_day: Formatter::try_new(tag.clone().into(), YMDE::long()).expect(known),
            day_with_weekday: Formatter::try_new(tag.clone().into(), MDE::medium()).expect(known),
            weekday: Formatter::try_new(tag.clone().into(), E::short()).expect(known),
            month: Formatter::try_new(tag.clone().into(), M::medium()).expect(known),
            month_of_year: Formatter::try_new(tag.clone().into(), YM::medium()).expect(known),
            time: Formatter::try_new(tag.into(), T::hm()).expect(known),
        }
    }
}

fn date(day: NaiveDate) -> Date<Gregorian> {
    let (month, of_month) = (day.month() as u8, day.day() as u8);
    Date::try_new_gregorian(day.year(), month, of_month).expect("chrono's days are days")
}

impl Locale {
    /// `14 Mar 2026`
    pub fn day(self, day: NaiveDate) -> String {
        self.dates().day.format(&date(day)).to_string()
    }

    /// `14 Mar`
    pub fn short_day(self, day: NaiveDate) -> String {
        self.dates().short_day.format(&date(day)).to_string()
    }

    /// `Saturday, 14 March 2026`
    pub fn long_day(self, day: NaiveDate) -> String {
        self.dates().long_day.format(&date(day)).to_string()
    }

    /// `Sat 14 Mar`
    pub fn day_with_weekday(self, day: NaiveDate) -> String {
        self.dates().day_with_weekday.format(&date(day)).to_string()
    }

    /// `Mar`
    pub fn month(self, day: NaiveDate) -> String {
        self.dates().month.format(&date(day)).to_string()
    }

    /// `Mar 2026`
    pub fn month_of_year(self, day: NaiveDate) -> String {
        self.dates().month_of_year.format(&date(day)).to_string()
    }

    /// `Sat`
    pub fn weekday(self, day: NaiveDate) -> String {
        self.dates().weekday.format(&date(day)).to_string()
    }

    /// `16:02 EST`
    pub fn time(self, at: &DateTime<Tz>) -> String {
        let time = Time::try_new(at.hour() as u8, at.minute() as u8, 0, 0);
        let time = time.map_or_else(
            |_out_of_range| at.format("%H:%M").to_string(),
            |time| self.dates().time.format(&time).to_string(),
        );
        format!("{time} {}", at.format("%Z"))
    }

    /// `Sat 14 Mar, 16:02 EST`
    pub fn day_and_time(self, at: &DateTime<Tz>) -> String {
        format!("{}, {}", self.day_with_weekday(at.date_naive()), self.time(at))
    }

    /// `Saturday, 14 March 2026, 16:02 EST`
    pub fn instant(self, at: &DateTime<Tz>) -> String {
        format!("{}, {}", self.long_day(at.date_naive()), self.time(at))
    }

    /// When something was or will be, as short as `now` lets it be: `today, 16:02 UTC`, `Sat 14 Mar`, `14 Mar 2025`.
    pub fn moment(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let (day, today) = (at.date_naive(), now.date_naive());
        if day == today {
            let sentence = Sentence::new("age.today").with("time", self.time(&at.with_timezone(&Tz::UTC)));
            return self.say(&sentence);
        }
        if day.year() == today.year() { self.day_with_weekday(day) } else { self.day(day) }
    }

    /// The same to the minute, with the year.
    pub fn exact_moment(self, at: DateTime<Utc>) -> String {
        self.instant(&at.with_timezone(&Tz::UTC))
    }

    /// `12 min`, `5 h`, `3 d`: in minutes up to an hour, in hours up to two days.
    pub fn age(self, age: TimeDelta) -> String {
        let (key, count) = match age {
            age if age < TOLD_IN_MINUTES => ("age.minutes", age.num_minutes()),
            age if age < TOLD_IN_HOURS => ("age.hours", age.num_hours()),
            age => ("age.days", age.num_days()),
        };
        self.say(&Sentence::new(key).with("count", count))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono_tz::America::New_York;

    use super::*;

    #[test]
    fn days_and_times_are_written_as_where_the_reader_lives() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 14).expect("a day");
        let at = New_York.with_ymd_and_hms(2026, 3, 14, 16, 2, 0).single().expect("an instant");
        for (accepted, expected) in [
            ("en-GB", ["14 Mar 2026", "14 Mar", "Sat", "Sat 14 Mar", "16:02 EDT", "Saturday, 14 March 2026"]),
            (
                "en-US",
                [
                    "Mar 14, 2026",
                    "Mar 14",
                    "Sat",
                    "Sat, Mar 14",
                    "4:02\u{202f}PM EDT",
                    "Saturday, March 14, 2026",
                ],
            ),
            ("de", ["14.03.2026", "14. März", "Sa", "Sa., 14. März", "16:02 EDT", "Samstag, 14. März 2026"]),
        ] {
            let locale = Locale::accepted(accepted);
            let written = [
                locale.day(day),
                locale.short_day(day),
                locale.weekday(day),
                locale.day_with_weekday(day),
                locale.time(&at),
                locale.long_day(day),
            ];
            assert_eq!(written, expected, "{accepted}");
        }
    }

    #[test]
    fn a_moment_is_told_as_shortly_as_the_present_allows() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let now = at("2026-03-14T16:02:00Z");
        let english = Locale::english();
        assert_eq!(english.moment(at("2026-03-14T09:30:00Z"), now), "today, 09:30 UTC");
        assert_eq!(english.moment(at("2026-01-02T09:30:00Z"), now), "Fri 2 Jan");
        assert_eq!(english.moment(at("2025-12-31T09:30:00Z"), now), "31 Dec 2025");
        assert_eq!(english.exact_moment(now), "Saturday, 14 March 2026, 16:02 UTC");
        assert_eq!(Locale::accepted("de").moment(at("2026-03-14T09:30:00Z"), now), "heute, 09:30 UTC");
    }

    #[test]
    fn ages_are_told_in_the_largest_unit_that_says_something() {
        let english = Locale::english();
        assert_eq!(english.age(TimeDelta::minutes(59)), "59 min");
        assert_eq!(english.age(TimeDelta::hours(47)), "47 h");
        assert_eq!(english.age(TimeDelta::days(3)), "3 d");
        assert_eq!(Locale::accepted("de").age(TimeDelta::days(3)), "3 T.");
    }
}
