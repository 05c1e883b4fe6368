//! Days and sessions at the exchange.

use bellwether_domain::Clock;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

/// What an answer says about the venue's present session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    pub(super) zone: Tz,
    /// Start and end of the present or next regular session.
    pub(super) regular: Option<(i64, i64)>,
    /// When it last traded.
    pub(super) market_time: Option<i64>,
    pub(super) now: DateTime<Utc>,
}

impl Session {
    /// How far ahead of ours the service's clock may be before its dates mean nothing.
    pub(super) const FAR_AHEAD: TimeDelta = TimeDelta::hours(12);

    /// Whether it last traded long after now.
    pub(super) fn is_ahead(&self) -> bool {
        self.market_time.is_some_and(|second| second > (self.now + Self::FAR_AHEAD).timestamp())
    }

    /// A price is final only this long after the close: late prints are worked in until then.
    const SETTLING: TimeDelta = TimeDelta::hours(3);

    /// The exchange's date of a daily bar's stamp.
    ///
    /// A bar is stamped when its session opened, in the zone's time at that instant. Some venues' bars are stamped
    /// at ten or eleven in the evening before, for a fault in summer time; those belong to the next day. The running
    /// day's bar is stamped with its last trade instead, which may truly be that late.
    pub(super) fn bar_date(&self, stamp: i64) -> Option<NaiveDate> {
        let local = instant(stamp)?.with_timezone(&self.zone);
        let running =
            self.market_time == Some(stamp) || self.regular.is_some_and(|(start, _)| stamp >= start);
        let late = local.hour() >= 22 && !running;
        local.date_naive().checked_add_days(Days::new(late.into()))
    }

    /// The exchange's date of an instant.
    pub(super) fn date_at(&self, second: i64) -> Option<NaiveDate> {
        Some(instant(second)?.with_timezone(&self.zone).date_naive())
    }

    /// The date of the last trade.
    pub(super) fn market_date(&self) -> Option<NaiveDate> {
        self.date_at(self.market_time?)
    }

    /// With no sign of a later session, a day is over after the longest holidays.
    const LONGEST_HOLIDAYS: TimeDelta = TimeDelta::days(14);

    /// Whether a day's bar may still change: until three hours after its session ended and another one has begun.
    pub(super) fn is_provisional(&self, date: NaiveDate) -> bool {
        let next_day = date.checked_add_days(Days::new(1));
        let midnight =
            next_day.and_then(|next| next.and_time(NaiveTime::MIN).and_local_timezone(self.zone).earliest());
        let midnight = midnight.map(|midnight| midnight.to_utc());
        let period = self.regular.and_then(|(start, end)| {
            let day = self.date_at(start)?;
            Some((day, instant(start)?, instant(end)?))
        });
        let (end, later_session) = match period {
            Some((day, _, end)) if day <= date => (Some(end), false),
            // The same hours as the session that is known.
            Some((day, start, end)) => (end.checked_sub_signed(day - date), self.now >= start),
            None => (midnight, midnight.is_some_and(|midnight| self.now >= midnight)),
        };
        let traded_later = self.market_date().is_some_and(|market| market > date);
        let settled = end.is_none_or(|end| self.now >= end + Self::SETTLING);
        let long_ago = end.is_some_and(|end| self.now >= end + Self::LONGEST_HOLIDAYS);
        !(settled && (later_session || traded_later || long_ago))
    }
}

/// The instant of a stamp. `None` far from any market's years: near the ends of the calendar a zone's own time, or a
/// few hours more, would be beyond it.
pub(super) fn instant(second: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(second, 0).filter(|instant| (1..=9_999).contains(&instant.year()))
}

/// The second before which a window to the present ends: the end of tomorrow, so that the address of an answer
/// stays the same all day, and no venue's today is cut off.
pub(super) fn end_of_window(clock: &dyn Clock) -> i64 {
    let tomorrow = clock.now().date_naive().checked_add_days(Days::new(2)).unwrap_or(NaiveDate::MAX);
    start_of_day(tomorrow)
}

/// Midnight UTC.
pub(super) fn start_of_day(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn second(text: &str) -> i64 {
        instant(text).timestamp()
    }

    fn session(zone: &str, now: &str) -> Session {
        Session { zone: zone.parse().expect("a zone"), regular: None, market_time: None, now: instant(now) }
    }

    #[test]
    fn the_date_is_the_exchanges() {
        let sydney = session("Australia/Sydney", "2025-06-01T00:00:00Z");
        assert_eq!(sydney.bar_date(second("2025-01-05T23:00:00Z")), Some(date("2025-01-06")));
        let london = session("Europe/London", "2025-06-01T00:00:00Z");
        assert_eq!(london.bar_date(second("2024-07-14T23:00:00Z")), Some(date("2024-07-15")));
        let new_york = session("America/New_York", "2025-06-01T00:00:00Z");
        assert_eq!(new_york.bar_date(-252_322_200), Some(date("1962-01-02")));
    }

    #[test]
    fn a_stamp_late_in_the_evening_belongs_to_the_next_day() {
        let brazil = session("America/Sao_Paulo", "2025-06-01T00:00:00Z");
        assert_eq!(brazil.bar_date(second("2018-11-05T01:00:00Z")), Some(date("2018-11-05")));
    }

    #[test]
    fn a_trade_late_in_the_evening_belongs_to_its_day() {
        let mut crypto = session("UTC", "2025-06-01T23:15:10Z");
        crypto.market_time = Some(second("2025-06-01T23:15:00Z"));
        assert_eq!(crypto.bar_date(second("2025-06-01T23:15:00Z")), Some(date("2025-06-01")));
    }

    #[test]
    fn a_bar_is_final_once_the_next_session_began() {
        let at = |now: &str, period: (&str, &str), traded: &str| {
            let mut session = session("America/New_York", now);
            session.regular = Some((second(period.0), second(period.1)));
            session.market_time = Some(second(traded));
            session.is_provisional(date("2025-10-29"))
        };
        let today = ("2025-10-29T13:30:00Z", "2025-10-29T20:00:00Z");
        let next = ("2025-10-30T13:30:00Z", "2025-10-30T20:00:00Z");
        assert!(at("2025-10-29T18:00:00Z", today, "2025-10-29T18:00:00Z"), "open");
        assert!(at("2025-10-30T01:00:00Z", today, "2025-10-29T20:00:01Z"), "closed for five hours");
        assert!(at("2025-10-30T12:00:00Z", next, "2025-10-29T20:00:01Z"), "before the next open");
        assert!(!at("2025-10-30T13:30:00Z", next, "2025-10-29T20:00:01Z"), "the next session began");
        assert!(!at("2025-11-03T13:30:00Z", next, "2025-10-31T20:00:01Z"), "days later");
        assert!(!at("2025-12-01T12:00:00Z", today, "2025-10-29T20:00:01Z"), "it stopped trading");
    }

    #[test]
    fn round_the_clock_yesterday_settles_for_three_hours() {
        let at = |now: &str| {
            let mut session = session("UTC", now);
            session.regular = Some((second("2025-10-30T00:00:00Z"), second("2025-10-30T23:59:00Z")));
            session.market_time = Some(instant(now).timestamp());
            session.is_provisional(date("2025-10-29"))
        };
        assert!(at("2025-10-30T02:00:00Z"));
        assert!(!at("2025-10-30T03:00:00Z"));
    }

    #[test]
    fn without_hours_a_day_is_final_early_on_the_next() {
        assert!(session("UTC", "2025-10-30T01:00:00Z").is_provisional(date("2025-10-29")));
        assert!(!session("UTC", "2025-10-30T04:00:00Z").is_provisional(date("2025-10-29")));
    }
}
