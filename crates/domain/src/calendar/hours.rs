//! When a venue opens and closes, in its own time, and since when.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::rules::{Day, Rule};

/// A wall-clock time as minutes after the midnight on which the session's date begins. Negative on the evening
/// before; 1440 is the midnight on which it ends.
pub(super) type Minutes = i32;

/// `9:30` as [`Minutes`].
pub(super) const fn at(hour: i32, minute: i32) -> Minutes {
    hour * 60 + minute
}

/// Opening hours that hold from a date on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hours {
    /// First day.
    pub(super) since: NaiveDate,
    /// The weekday they are for, where one differs.
    pub(super) weekday: Option<Weekday>,
    pub(super) opens: Minutes,
    pub(super) closes: Minutes,
}

impl Hours {
    /// Hours on every trading day from a date on.
    pub(super) const fn since(since: NaiveDate, opens: Minutes, closes: Minutes) -> Self {
        Self { since, weekday: None, opens, closes }
    }

    /// Hours on every trading day, as far back as the calendar goes.
    pub(super) const fn always(opens: Minutes, closes: Minutes) -> Self {
        Self::since(NaiveDate::MIN, opens, closes)
    }

    /// The same for one weekday only.
    pub(super) const fn only_on(mut self, weekday: Weekday) -> Self {
        self.weekday = Some(weekday);
        self
    }
}

/// The first of a list, newest first, that holds on that day.
pub(super) fn hours_on(hours: &[Hours], day: Day) -> Option<Hours> {
    let holds = |h: &&Hours| h.weekday.is_none_or(|w| w == day.weekday) && h.since <= day.date;
    hours.iter().find(holds).copied()
}

/// Days that end early.
#[derive(Debug, Clone, Copy)]
pub(super) struct EarlyClose {
    closes: Minutes,
    rules: &'static [Rule],
    dates: &'static [NaiveDate],
    computed: fn(Day) -> bool,
    since: NaiveDate,
}

impl EarlyClose {
    /// Closes at that time on the days of the rules.
    pub(super) const fn at(closes: Minutes, rules: &'static [Rule]) -> Self {
        Self { closes, rules, dates: &[], computed: |_| false, since: NaiveDate::MIN }
    }

    /// And on days that no rule foresees, sorted.
    pub(super) const fn and_on(mut self, dates: &'static [NaiveDate]) -> Self {
        self.dates = dates;
        self
    }

    /// And on days of a moving calendar.
    pub(super) const fn and_when(mut self, computed: fn(Day) -> bool) -> Self {
        self.computed = computed;
        self
    }

    /// Only from a date on.
    pub(super) const fn since(mut self, date: NaiveDate) -> Self {
        self.since = date;
        self
    }

    #[cfg(test)]
    pub(super) fn is_in_order(&self) -> bool {
        self.dates.is_sorted()
    }

    fn strikes(&self, day: Day) -> bool {
        self.since <= day.date
            && (self.rules.iter().any(|rule| rule.strikes(day))
                || self.dates.binary_search(&day.date).is_ok()
                || (self.computed)(day))
    }
}

/// When that day ends, if it ends early: the first of the list, newest first, that strikes.
pub(super) fn early_close(list: &[EarlyClose], day: Day) -> Option<Minutes> {
    list.iter().find(|early| early.strikes(day)).map(|early| early.closes)
}

/// The instant at which clocks in `zone` show so many minutes after midnight of `date`.
///
/// Where that time is skipped by a change of the clocks it is taken an hour later, where it occurs twice, the first
/// time. `None` only where dates or instants end.
pub(super) fn instant(zone: Tz, date: NaiveDate, minutes: Minutes) -> Option<DateTime<Utc>> {
    let local = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minutes.into()))?;
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| {
        let later = local.checked_add_signed(TimeDelta::hours(1))?;
        zone.from_local_datetime(&later).earliest()
    })?;
    Some(found.to_utc())
}
