//! When regular work is due, in exchange time.

use bellwether_domain::Exchange;
use bellwether_domain::calendar::{MarketStatus, Session};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::NewJob;

/// What is due when.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timetable {
    /// In no particular order.
    pub entries: Vec<Entry>,
}

/// A line of the timetable. The job's key identifies it; keys must differ, but one that stands may have other times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it is due.
    pub when: When,
    /// What is due.
    pub job: NewJob,
}

/// The instants at which an entry is due.
///
/// ```
/// use bellwether_domain::Exchange;
/// use bellwether_scheduler::{OnDays, When};
/// use chrono::{DateTime, NaiveTime, Utc};
///
/// let warm = When::At {
///     exchange: Exchange::NewYork,
///     time: NaiveTime::from_hms_opt(16, 30, 0).ok_or("no time")?,
///     days: OnDays::Trading,
/// };
/// let friday_evening: DateTime<Utc> = "2024-01-12T23:00:00Z".parse()?;
/// let next = warm.next_after(friday_evening).ok_or("never")?;
/// assert_eq!(next.to_rfc3339(), "2024-01-16T21:30:00+00:00"); // Monday was a holiday.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Once a day, at a time of the exchange's clocks. Where they skip that time, at the first minute after the gap;
    /// where they show it twice, the first time.
    At {
        /// Whose clocks and days.
        exchange: Exchange,
        /// What they show.
        time: NaiveTime,
        /// On which days.
        days: OnDays,
    },
    /// Once a session, so long after its close: earlier on half days.
    AfterClose {
        /// Whose sessions.
        exchange: Exchange,
        /// How long after.
        minutes: u32,
    },
    /// From the opening of each session, again and again until its close.
    WhileOpen {
        /// Whose sessions.
        exchange: Exchange,
        /// How often; 0 for never.
        every_seconds: u32,
    },
    /// Always: a job that sees to its own successor, and is begun anew where none waits or runs any more.
    Standing {
        /// How often to look whether one does.
        look_every_seconds: u32,
    },
}

/// On which days something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDays {
    /// When the exchange trades.
    Trading,
    /// Always.
    Every,
    /// Once a week.
    Weekly(Weekday),
}

/// No calendar keeps a venue shut for so long.
const LONGEST_SEARCH_DAYS: usize = 400;

impl When {
    /// The first instant after `now`, which itself does not count; `None` when there is none.
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match *self {
            Self::At { exchange, time, days } => {
                // A gap in local time may push an instant into the next day: look from the day before.
                let from = exchange.local_date(now).pred_opt()?;
                from.iter_days()
                    .take(LONGEST_SEARCH_DAYS)
                    .filter(|date| days.include(exchange, *date))
                    .filter_map(|date| local_instant(exchange, date, time))
                    .find(|instant| *instant > now)
            }
            Self::AfterClose { exchange, minutes } => {
                let offset = TimeDelta::minutes(minutes.into());
                let mut date = exchange.trading_day_on_or_before(exchange.local_date(now - offset));
                for _ in 0..LONGEST_SEARCH_DAYS {
                    let due = exchange.session(date)?.closes + offset;
                    if due > now {
                        return Some(due);
                    }
                    date = exchange.next_trading_day(date);
                }
                None
            }
            Self::Standing { look_every_seconds } => {
                now.checked_add_signed(TimeDelta::seconds(look_every_seconds.into()))
            }
            Self::WhileOpen { every_seconds: 0, .. } => None,
            Self::WhileOpen { exchange, every_seconds } => match exchange.status(now) {
                MarketStatus::Closed { next, .. } => (next.opens > now).then_some(next.opens),
                MarketStatus::Open { session } => within(session, every_seconds, now)
                    .or_else(|| Some(exchange.session(exchange.next_trading_day(session.date))?.opens)),
            },
        }
    }
}

impl OnDays {
    fn include(self, exchange: Exchange, date: NaiveDate) -> bool {
        use chrono::Datelike;
        match self {
            Self::Trading => exchange.is_trading_day(date),
            Self::Every => true,
            Self::Weekly(weekday) => date.weekday() == weekday,
        }
    }
}

/// The next of the instants that divide a session, if it comes before the close.
fn within(session: Session, every_seconds: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let every = i64::from(every_seconds);
    let passed = now.signed_duration_since(session.opens).num_seconds() / every;
    let next = session.opens + TimeDelta::try_seconds((passed + 1).checked_mul(every)?)?;
    (next < session.closes).then_some(next)
}

/// When the exchange's clocks show a time on a date.
fn local_instant(exchange: Exchange, date: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    let zone = exchange.zone();
    let mut local = date.and_time(time);
    let limit = local.checked_add_days(Days::new(2))?;
    while local < limit {
        if let Some(instant) = zone.from_local_datetime(&local).earliest() {
            return Some(instant.with_timezone(&Utc));
        }
        local += TimeDelta::minutes(1);
    }
    None
}

#[cfg(test)]
mod tests;
