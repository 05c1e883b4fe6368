//! The grammar that holidays are written in: a date, a weekday of a month, a distance from Easter, and what
//! happens when that lands on a weekend.
//!
//! A venue is a list of [`Rule`]s. Looking one day up in it compares a few small integers per rule and allocates
//! nothing.

use chrono::{Datelike, NaiveDate, Weekday};

/// One calendar day taken apart once, so that many rules can look at it cheaply.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    pub(super) year: i32,
    pub(super) weekday: Weekday,
    /// Day of the year, 1 for January 1.
    ordinal: i32,
    leap: bool,
    /// Days since Easter Sunday; far below any rule outside March to early July.
    pub(super) since_easter: i32,
}

impl Day {
    pub(super) fn new(date: NaiveDate) -> Self {
        let year = date.year();
        let leap = date.leap_year();
        let ordinal = date.ordinal() as i32;
        // No rule reaches before the Wednesday of Holy Week (March 18) or beyond Whit Monday (June 14).
        let since_easter =
            if (60..=185).contains(&ordinal) { ordinal - easter_ordinal(year, leap) } else { i32::MIN };
        Self { date, year, weekday: date.weekday(), ordinal, leap, since_easter }
    }

    /// The day `days` away, or this one where the calendar of dates ends.
    pub(super) fn plus(self, days: i64) -> Self {
        self.date.checked_add_signed(chrono::TimeDelta::days(days)).map_or(self, Self::new)
    }

    /// Days since the day that is the `common`th of a year without February 29.
    fn since(self, common: i32) -> i32 {
        self.ordinal - common - i32::from(self.leap && common > 59)
    }

    /// Days since a date of the same year.
    pub(super) fn since_date(self, month: u8, day: u8) -> i32 {
        self.since(common_ordinal(month, day))
    }
}

/// The day of the year of Easter Sunday in the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher
/// (J. Meeus, Astronomical Algorithms, chapter 8).
fn easter_ordinal(year: i32, leap: bool) -> i32 {
    let golden = year % 19;
    let (century, in_century) = (year / 100, year % 100);
    let moon_shift = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_shift + 15) % 30;
    let to_sunday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    // Counted from March 22 of a common year, the earliest Easter there is.
    81 + i32::from(leap) + epact + to_sunday - 7 * late
}

/// What a holiday does to the days around it when it falls on a weekend.
#[derive(Debug, Clone, Copy)]
enum Observed {
    /// Nothing: it is lost.
    OnTheDay,
    /// A Sunday moves to Monday, a Saturday is lost.
    SundayOnMonday,
    /// A Saturday and a Sunday move to Monday.
    WeekendOnMonday,
    /// A Saturday moves to Friday, a Sunday to Monday.
    NearestWeekday,
    /// A Saturday or Sunday moves by two days, as Christmas and Boxing Day do so as not to collide.
    TwoDaysLater,
    /// A Saturday or Sunday moves back to Friday.
    PreviousFriday,
}

/// When a rule strikes, before its weekend is considered.
#[derive(Debug, Clone, Copy)]
enum When {
    /// The same date each year, as its day of a common year.
    Date(i32),
    /// Days after Easter Sunday.
    Easter(i32),
    /// The only day with that weekday among the seven from this day of a common year on.
    Week(i32, Weekday),
}

/// One holiday or half day that comes back each year.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    when: When,
    observed: Observed,
    years: (i32, i32),
    except: &'static [i32],
    weekdays: &'static [Weekday],
}

impl Rule {
    const fn new(name: &'static str, when: When) -> Self {
        Self {
            name,
            when,
            observed: Observed::OnTheDay,
            years: (i32::MIN, i32::MAX),
            except: &[],
            weekdays: &[],
        }
    }

    /// The same date each year.
    pub(super) const fn on(month: u8, day: u8, name: &'static str) -> Self {
        Self::new(name, When::Date(common_ordinal(month, day)))
    }

    /// So many days after Easter Sunday: -2 is Good Friday, 1 Easter Monday, 39 Ascension Day, 50 Whit Monday.
    pub(super) const fn easter(offset: i32, name: &'static str) -> Self {
        Self::new(name, When::Easter(offset))
    }

    /// The `nth` (1 to 4) such weekday of a month.
    pub(super) const fn nth(nth: u8, weekday: Weekday, month: u8, name: &'static str) -> Self {
        Self::new(name, When::Week(common_ordinal(month, 7 * nth - 6), weekday))
    }

    /// The first such weekday on or after a date.
    pub(super) const fn from(month: u8, day: u8, weekday: Weekday, name: &'static str) -> Self {
        Self::new(name, When::Week(common_ordinal(month, day), weekday))
    }

    /// Only from that year on.
    pub(super) const fn since(mut self, year: i32) -> Self {
        self.years.0 = year;
        self
    }

    /// Only up to and including that year.
    pub(super) const fn until(mut self, year: i32) -> Self {
        self.years.1 = year;
        self
    }

    /// Not in those years.
    pub(super) const fn except(mut self, years: &'static [i32]) -> Self {
        self.except = years;
        self
    }

    /// Only when the date falls on one of those weekdays.
    pub(super) const fn only_on(mut self, weekdays: &'static [Weekday]) -> Self {
        self.weekdays = weekdays;
        self
    }

    pub(super) const fn sunday_on_monday(mut self) -> Self {
        self.observed = Observed::SundayOnMonday;
        self
    }

    pub(super) const fn weekend_on_monday(mut self) -> Self {
        self.observed = Observed::WeekendOnMonday;
        self
    }

    pub(super) const fn nearest_weekday(mut self) -> Self {
        self.observed = Observed::NearestWeekday;
        self
    }

    pub(super) const fn two_days_later(mut self) -> Self {
        self.observed = Observed::TwoDaysLater;
        self
    }

    pub(super) const fn previous_friday(mut self) -> Self {
        self.observed = Observed::PreviousFriday;
        self
    }

    /// Whether the rule strikes on that day.
    pub(super) fn strikes(&self, day: Day) -> bool {
        let strikes = match self.when {
            When::Date(common) => self.observed.moves(day.since(common), day.weekday),
            When::Easter(offset) => day.since_easter == offset,
            When::Week(first, weekday) => day.weekday == weekday && (0..7).contains(&day.since(first)),
        };
        strikes
            && (self.years.0..=self.years.1).contains(&day.year)
            && !self.except.contains(&day.year)
            && (self.weekdays.is_empty() || self.weekdays.contains(&day.weekday))
    }
}

impl Observed {
    /// Whether a holiday whose date was `late` days ago is kept on this weekday.
    fn moves(self, late: i32, weekday: Weekday) -> bool {
        use Weekday::{Fri, Mon, Tue};
        if late == 0 {
            return true;
        }
        match self {
            Self::OnTheDay => false,
            Self::SundayOnMonday => late == 1 && weekday == Mon,
            Self::WeekendOnMonday => matches!(late, 1 | 2) && weekday == Mon,
            Self::NearestWeekday => matches!((late, weekday), (1, Mon) | (-1, Fri)),
            Self::TwoDaysLater => late == 2 && matches!(weekday, Mon | Tue),
            Self::PreviousFriday => matches!(late, -1 | -2) && weekday == Fri,
        }
    }
}

/// The name of the first rule that strikes on that day.
pub(super) fn named(rules: &[Rule], day: Day) -> Option<&'static str> {
    rules.iter().find(|rule| rule.strikes(day)).map(|rule| rule.name)
}

/// A closure that no rule foresees.
pub(super) type OneOff = (NaiveDate, &'static str);

/// The closure on that day in a list sorted by date.
pub(super) fn one_off(closures: &[OneOff], day: Day) -> Option<&'static str> {
    let found = closures.binary_search_by_key(&day.date, |&(date, _)| date).ok()?;
    closures.get(found).map(|&(_, name)| name)
}

/// A date that the text of this crate names; one that does not exist fails to compile in a constant.
pub(super) const fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("the date is written in this crate and exists")
}

/// The day of the year of a date in a year without February 29.
const fn common_ordinal(month: u8, day: u8) -> i32 {
    const BEFORE: [i32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    BEFORE[month as usize - 1] + day as i32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn day(text: &str) -> Day {
        Day::new(text.parse().unwrap())
    }

    #[test]
    fn easter_is_where_the_almanacs_put_it() {
        // Both extremes of the table (March 22, April 25), and recent years.
        for easter in [
            "1818-03-22",
            "1943-04-25",
            "1990-04-15",
            "1999-04-04",
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2019-04-21",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2035-03-25",
            "2038-04-25",
        ] {
            assert_eq!(day(easter).since_easter, 0, "{easter}");
            assert_eq!(day(easter).weekday, Weekday::Sun, "{easter}");
        }
    }

    #[test]
    fn easter_is_always_a_sunday_from_march_22_to_april_25() {
        for year in 1583..4000 {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let easter =
                NaiveDate::from_yo_opt(year, easter_ordinal(year, first.leap_year()) as u32).unwrap();
            assert_eq!(easter.weekday(), Weekday::Sun, "{easter}");
            assert!((322..=425).contains(&(easter.month() * 100 + easter.day())), "{easter}");
        }
    }

    #[test]
    fn a_weekday_of_a_month_is_found_in_common_and_leap_years() {
        let third_monday = Rule::nth(3, Weekday::Mon, 2, "Washington's Birthday");
        let last_monday = Rule::from(5, 25, Weekday::Mon, "Memorial Day");

        assert!(third_monday.strikes(day("2024-02-19")) && !third_monday.strikes(day("2024-02-26")));
        assert!(last_monday.strikes(day("2024-05-27")) && last_monday.strikes(day("2023-05-29")));
        assert!(!last_monday.strikes(day("2024-05-20")));
    }

    #[test]
    fn a_weekend_holiday_moves_as_its_rule_says() {
        let july_4 = Rule::on(7, 4, "Independence Day").nearest_weekday();
        assert!(july_4.strikes(day("2020-07-03")) && july_4.strikes(day("2021-07-05")));

        let christmas = Rule::on(12, 25, "Christmas Day").two_days_later();
        let boxing = Rule::on(12, 26, "Boxing Day").two_days_later();
        assert!(christmas.strikes(day("2021-12-27")) && boxing.strikes(day("2021-12-28")));
        assert!(christmas.strikes(day("2022-12-27")) && boxing.strikes(day("2022-12-26")));
        assert!(boxing.strikes(day("2020-12-28")) && !christmas.strikes(day("2020-12-27")));

        let new_year = Rule::on(1, 1, "New Year's Day").sunday_on_monday();
        assert!(new_year.strikes(day("2023-01-02")) && !new_year.strikes(day("2022-01-03")));
    }

    #[test]
    fn the_calendar_of_dates_has_ends_that_stepping_does_not_pass() {
        assert_eq!(Day::new(NaiveDate::MIN).plus(-1).date, NaiveDate::MIN);
        assert_eq!(Day::new(NaiveDate::MAX).plus(1).date, NaiveDate::MAX);
        assert_eq!(day("2024-02-28").plus(2).date, day("2024-03-01").date);
    }
}
