//! Exchange calendars by rule: which days a venue trades, when its session opens and closes, and whether it is open.
//!
//! Nothing is downloaded. Holidays follow from dates, weekdays and Easter; closures that no rule foresees are listed.
//! Asking about a day allocates nothing and takes some tens of nanoseconds.
//!
//! ```
//! use bellwether_domain::calendar::{Exchange, MarketStatus};
//! use chrono::{DateTime, NaiveDate, Utc};
//!
//! let friday = NaiveDate::from_ymd_opt(2024, 11, 29).ok_or("no date")?;
//! let session = Exchange::NewYork.session(friday).ok_or("no session")?;
//! assert!(session.half_day);
//! assert_eq!(session.closes.to_rfc3339(), "2024-11-29T18:00:00+00:00");
//!
//! let sunday: DateTime<Utc> = "2024-12-01T12:00:00Z".parse()?;
//! let MarketStatus::Closed { last, next } = Exchange::NewYork.status(sunday) else {
//!     return Err("open on a Sunday".into());
//! };
//! assert_eq!((last.date, next.date.to_string()), (friday, "2024-12-02".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is covered
//!
//! | Venue | Days and half days are exact | Not covered |
//! |---|---|---|
//! | New York | 1990 on | late openings, halts within a day |
//! | London | 1990 on | opening hours before July 1998 |
//! | Xetra, Paris, Amsterdam, Milan, Zurich | 2002 on | holidays given up before; hours before September 1999 |
//! | Copenhagen, Oslo, Stockholm | 2005 on | half days other than those of the rules |
//! | Toronto, Sydney | 1990 on, half days 2010 on | earlier half days |
//! | Johannesburg | 1995 to 2024; later without days declared by a government | half days |
//! | Hong Kong | 1998 to 2050 | half days lost to the weather |
//! | Tokyo | 1990 on | half days until 2009; equinoxes after next year are an approximation |
//! | Tel Aviv | 2015 on | election days after 2024, closures by decree |
//! | India | **fixed holidays and Good Friday only** | **all lunar holidays**, special Saturday sessions |
//! | Kuwait | **fixed holidays only**, from September 2007 | **all Islamic holidays**, bridge days |
//! | Currency, Crypto | always | |
//! | Futures | whole closures of the CME | what single contracts do otherwise |
//!
//! A closure decreed for a day that is still to come is in no calendar until this code is brought up to date. Where
//! lunar holidays are missing, the calendar says "trading day" on a day without trades: a missing bar there is no
//! proof of missing data.
//!
//! Sessions are those of continuous trading: they leave out auctions after it, trading before and after hours, and
//! breaks for lunch. A venue's hours of the past are kept where they are known to have changed.

mod around_the_clock;
mod continental;
mod exchange;
mod hebrew;
mod hong_kong;
mod hours;
mod india;
mod johannesburg;
mod kuwait;
mod london;
mod new_york;
mod nordic;
mod rules;
mod sydney;
mod tel_aviv;
mod tokyo;
mod toronto;
mod venue;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use exchange::{Exchange, UnknownExchange};
use hours::instant;
use venue::Trading;

/// One trading day of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Session {
    /// The venue's own date, under which the session's bar is filed.
    pub date: NaiveDate,
    /// First instant of trading.
    pub opens: DateTime<Utc>,
    /// First instant after trading.
    pub closes: DateTime<Utc>,
    /// Whether it closes earlier than on a full day.
    pub half_day: bool,
}

impl Session {
    /// Whether the venue trades at that instant; the closing instant is no longer part of it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.opens <= at && at < self.closes
    }
}

/// Whether a venue trades, and the sessions that matter now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarketStatus {
    /// Trading is on.
    Open {
        /// The session under way.
        session: Session,
    },
    /// Nothing is traded.
    Closed {
        /// The session that closed last.
        last: Session,
        /// The session that opens next.
        next: Session,
    },
}

impl MarketStatus {
    /// Whether trading is on.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// 0001-01-01T00:00:00Z and 9999-12-31T00:00:00Z: between them every instant has a local date and a session.
const FIRST_INSTANT: DateTime<Utc> = whole_seconds(-62_135_596_800);
const LAST_INSTANT: DateTime<Utc> = whole_seconds(253_402_214_400);

const fn whole_seconds(since_1970: i64) -> DateTime<Utc> {
    match DateTime::from_timestamp(since_1970, 0) {
        Some(instant) => instant,
        None => DateTime::UNIX_EPOCH,
    }
}

impl Exchange {
    /// The time zone whose midnight begins the venue's day.
    pub fn zone(self) -> Tz {
        self.venue().zone
    }

    /// The session of that date; `None` on weekends and holidays.
    pub fn session(self, date: NaiveDate) -> Option<Session> {
        let venue = self.venue();
        if venue.trading_on(date) != Trading::Open {
            return None;
        }
        let hours = venue.hours(date)?;
        let early = venue.early_close(date).filter(|&early| early < hours.closes);
        Some(Session {
            date,
            opens: instant(venue.zone, date, hours.opens)?,
            closes: instant(venue.zone, date, early.unwrap_or(hours.closes))?,
            half_day: early.is_some(),
        })
    }

    /// Whether the venue trades on that date, be it for half a day.
    pub fn is_trading_day(self, date: NaiveDate) -> bool {
        self.venue().trading_on(date) == Trading::Open
    }

    /// Whether the venue trades on that date and closes early.
    pub fn is_half_day(self, date: NaiveDate) -> bool {
        let venue = self.venue();
        venue.trading_on(date) == Trading::Open
            && venue
                .early_close(date)
                .is_some_and(|early| venue.hours(date).is_some_and(|h| early < h.closes))
    }

    /// The name of the holiday, or of the event, that closes the venue on a day on which it would trade otherwise.
    pub fn holiday(self, date: NaiveDate) -> Option<&'static str> {
        match self.venue().trading_on(date) {
            Trading::Holiday(name) => Some(name),
            Trading::Open | Trading::Weekend => None,
        }
    }

    /// The last trading day before that date, or the first date there is.
    pub fn previous_trading_day(self, date: NaiveDate) -> NaiveDate {
        let mut day = date;
        while let Some(before) = day.pred_opt() {
            day = before;
            if self.is_trading_day(day) {
                break;
            }
        }
        day
    }

    /// The first trading day after that date, or the last date there is.
    pub fn next_trading_day(self, date: NaiveDate) -> NaiveDate {
        let mut day = date;
        while let Some(after) = day.succ_opt() {
            day = after;
            if self.is_trading_day(day) {
                break;
            }
        }
        day
    }

    /// That date if the venue trades on it, else the trading day before it.
    pub fn trading_day_on_or_before(self, date: NaiveDate) -> NaiveDate {
        if self.is_trading_day(date) { date } else { self.previous_trading_day(date) }
    }

    /// The trading days from one date to another, both included; none if they are in the wrong order.
    pub fn trading_days(self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let days = std::iter::successors((from <= to).then_some(from), move |day| {
            day.succ_opt().filter(|next| *next <= to)
        });
        days.filter(move |&day| self.is_trading_day(day))
    }

    /// The date that the venue's clocks show at an instant (of the years 1 to 9999; earlier and later ones count as
    /// the ends of that range).
    pub fn local_date(self, at: DateTime<Utc>) -> NaiveDate {
        at.clamp(FIRST_INSTANT, LAST_INSTANT).with_timezone(&self.zone()).date_naive()
    }

    /// The first instant at which the venue's clocks show that date; `None` only where dates or instants end.
    pub fn day_begins(self, date: NaiveDate) -> Option<DateTime<Utc>> {
        hours::instant(self.zone(), date, 0)
    }

    /// Whether the venue trades at an instant, and which sessions lie around it (of the years 1 to 9999; earlier and
    /// later instants count as the ends of that range).
    ///
    /// A venue is open from the opening instant of its session to just before the closing one. The session of a date
    /// may open on the evening before: that of futures does.
    pub fn status(self, at: DateTime<Utc>) -> MarketStatus {
        let at = at.clamp(FIRST_INSTANT, LAST_INSTANT);
        // No session outlasts the midnight that ends its date, so the current or next one is today's or later.
        let today = self.local_date(at);
        let mut coming = if self.is_trading_day(today) { today } else { self.next_trading_day(today) };
        let mut next = self.known_session(coming);
        while next.closes <= at {
            coming = self.next_trading_day(coming);
            next = self.known_session(coming);
        }
        if next.contains(at) {
            return MarketStatus::Open { session: next };
        }
        MarketStatus::Closed { last: self.known_session(self.previous_trading_day(coming)), next }
    }

    fn known_session(self, trading_day: NaiveDate) -> Session {
        self.session(trading_day)
            .expect("each trading day within a week of the years 1 to 9999 has a session")
    }
}

#[cfg(test)]
mod tests;
