//! Hours in which nothing is sent.

use bellwether_domain::UserId;
use bellwether_storage::notifications::{self as stored, StoredQuietHours};
use bellwether_storage::{AnyConnection, StorageError};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// From one time of the day to another, perhaps of the next day, by the clocks of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: NaiveTime,
    to: NaiveTime,
    zone: Tz,
}

/// These are no quiet hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuietHours {
    /// The time is none of a day.
    #[error("{0:?} is no time of a day: write it as 22:00")]
    Time(String),
    /// No such zone is known.
    #[error("{0:?} is no time zone: name one as Europe/Berlin")]
    Zone(String),
    /// They would last no time, or all the time.
    #[error("quiet hours end at another time than they begin")]
    Empty,
}

impl QuietHours {
    /// Reads times as `22:00` and a zone's IANA name.
    ///
    /// # Errors
    /// [`InvalidQuietHours`] says which of them is none.
    pub fn new(from: &str, to: &str, zone: &str) -> Result<Self, InvalidQuietHours> {
        let time = |text: &str| {
            NaiveTime::parse_from_str(text.trim(), "%H:%M")
                .map_err(|_no_time| InvalidQuietHours::Time(text.to_owned()))
        };
        let (from, to) = (time(from)?, time(to)?);
        let zone = zone.trim().parse().map_err(|_no_zone| InvalidQuietHours::Zone(zone.to_owned()))?;
        if from == to { Err(InvalidQuietHours::Empty) } else { Ok(Self { from, to, zone }) }
    }

    /// When they begin, as `22:00`.
    pub fn begins(&self) -> String {
        self.from.format("%H:%M").to_string()
    }

    /// When they end, as `07:00`.
    pub fn ends(&self) -> String {
        self.to.format("%H:%M").to_string()
    }

    /// The zone's IANA name.
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// When those end that `now` is in; `None` when it is in none.
    ///
    /// They begin at the first instant at which the clocks show the one time, and end at the last at which they show
    /// the other: an hour that comes twice is quiet both times. A time that is skipped is the next that comes.
    pub fn end_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&self.zone).date_naive();
        // Those of the day before may reach into today.
        [today.pred_opt()?, today].into_iter().find_map(|day| {
            let (begins, ends) = self.of(day)?;
            (begins <= now && now < ends).then_some(ends)
        })
    }

    /// Those that begin on a day.
    fn of(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let last = if self.from < self.to { day } else { day.checked_add_days(Days::new(1))? };
        let begins = self.instants(day.and_time(self.from))?.0;
        let ends = self.instants(last.and_time(self.to))?.1;
        Some((begins, ends))
    }

    /// The first and the last instant at which clocks show a time, or the next that they do show.
    fn instants(&self, mut local: NaiveDateTime) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let limit = local.checked_add_days(Days::new(2))?;
        while local < limit {
            let found = self.zone.from_local_datetime(&local);
            if let (Some(first), Some(last)) = (found.earliest(), found.latest()) {
                return Some((first.with_timezone(&Utc), last.with_timezone(&Utc)));
            }
            local += TimeDelta::minutes(1);
        }
        None
    }

    pub(super) fn stored(self) -> StoredQuietHours {
        let minute =
            |time: NaiveTime| u16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or_default();
        StoredQuietHours {
            begins: minute(self.from),
            ends: minute(self.to),
            zone: self.zone.name().to_owned(),
        }
    }
}

/// A user's quiet hours, if there are any.
pub(super) fn of(connection: &mut AnyConnection, user: UserId) -> Result<Option<QuietHours>, StorageError> {
    let Some(hours) = stored::quiet_hours(connection, user)? else { return Ok(None) };
    let corrupt =
        |reason: &str| StorageError::Corrupt { record: "quiet hours".to_owned(), reason: reason.to_owned() };
    let time = |minutes: u16| {
        NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minutes) * 60, 0)
            .ok_or_else(|| corrupt("no minute of a day"))
    };
    let zone = hours.zone.parse().map_err(|_no_zone| corrupt("no time zone"))?;
    Ok(Some(QuietHours { from: time(hours.begins)?, to: time(hours.ends)?, zone }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn ends(hours: &QuietHours, now: &str) -> Option<String> {
        hours.end_after(at(now)).map(|at| at.format("%Y-%m-%dT%H:%MZ").to_string())
    }

    fn night(zone: &str) -> QuietHours {
        QuietHours::new("22:00", "07:00", zone).expect("quiet hours")
    }

    #[test]
    fn a_night_reaches_into_the_next_day() {
        let hours = night("Europe/Berlin");
        // In winter Berlin is an hour ahead of UTC.
        assert_eq!(ends(&hours, "2026-01-15T20:59:59Z"), None);
        assert_eq!(ends(&hours, "2026-01-15T21:00:00Z").as_deref(), Some("2026-01-16T06:00Z"));
        assert_eq!(ends(&hours, "2026-01-16T05:59:59Z").as_deref(), Some("2026-01-16T06:00Z"));
        assert_eq!(ends(&hours, "2026-01-16T06:00:00Z"), None);
    }

    #[test]
    fn a_siesta_begins_and_ends_on_one_day() {
        let hours = QuietHours::new("13:00", "15:30", "Europe/Madrid").expect("quiet hours");
        assert_eq!(ends(&hours, "2026-07-01T10:59:00Z"), None);
        assert_eq!(ends(&hours, "2026-07-01T11:00:00Z").as_deref(), Some("2026-07-01T13:30Z"));
        assert_eq!(ends(&hours, "2026-07-01T13:30:00Z"), None);
    }

    #[test]
    fn the_night_to_summer_time_is_an_hour_shorter() {
        // New York goes from 02:00 EST to 03:00 EDT on 8 March 2026: 22:00 is 03:00Z, 07:00 is 11:00Z.
        let hours = night("America/New_York");
        assert_eq!(ends(&hours, "2026-03-08T03:00:00Z").as_deref(), Some("2026-03-08T11:00Z"));
        assert_eq!(ends(&hours, "2026-03-08T02:59:59Z"), None);
        assert_eq!(ends(&hours, "2026-03-08T11:00:00Z"), None);
        // The night after ends at 07:00 EDT as well, and begins an hour earlier by UTC.
        assert_eq!(ends(&hours, "2026-03-09T02:00:00Z").as_deref(), Some("2026-03-09T11:00Z"));
    }

    #[test]
    fn the_night_to_winter_time_is_an_hour_longer() {
        // New York goes from 02:00 EDT back to 01:00 EST on 1 November 2026: 22:00 is 02:00Z, 07:00 is 12:00Z.
        let hours = night("America/New_York");
        assert_eq!(ends(&hours, "2026-11-01T02:00:00Z").as_deref(), Some("2026-11-01T12:00Z"));
        assert_eq!(ends(&hours, "2026-11-01T11:59:59Z").as_deref(), Some("2026-11-01T12:00Z"));
        assert_eq!(ends(&hours, "2026-11-01T12:00:00Z"), None);
    }

    #[test]
    fn an_end_that_comes_twice_is_the_second_and_one_that_is_skipped_the_next_minute_there_is() {
        let until = |to| QuietHours::new("22:00", to, "America/New_York").expect("quiet hours");
        // 01:30 is 05:30Z and again 06:30Z: 05:45Z is quiet though the clocks showed the end already.
        assert_eq!(ends(&until("01:30"), "2026-11-01T05:45:00Z").as_deref(), Some("2026-11-01T06:30Z"));
        // 02:30 does not exist on 8 March; 03:00 EDT is 07:00Z.
        assert_eq!(ends(&until("02:30"), "2026-03-08T06:59:00Z").as_deref(), Some("2026-03-08T07:00Z"));
        assert_eq!(ends(&until("02:30"), "2026-03-08T07:00:00Z"), None);
    }

    #[test]
    fn what_is_no_time_or_zone_is_refused() {
        assert_eq!(
            QuietHours::new("25:00", "07:00", "UTC"),
            Err(InvalidQuietHours::Time("25:00".to_owned()))
        );
        assert_eq!(
            QuietHours::new("22:00", "07:00", "Berlin"),
            Err(InvalidQuietHours::Zone("Berlin".to_owned()))
        );
        assert_eq!(QuietHours::new("07:00", "07:00", "UTC"), Err(InvalidQuietHours::Empty));
    }

    #[test]
    fn what_is_stored_reads_back() {
        let hours = night("Europe/Berlin");
        assert_eq!(
            hours.stored(),
            StoredQuietHours { begins: 1_320, ends: 420, zone: "Europe/Berlin".to_owned() }
        );
        assert_eq!(
            (hours.begins().as_str(), hours.ends().as_str(), hours.zone()),
            ("22:00", "07:00", "Europe/Berlin")
        );
    }
}
