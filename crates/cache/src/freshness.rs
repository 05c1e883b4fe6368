//! Whether a newer price should exist, and when to ask for it.
//!
//! | the venue | what is known | state |
//! |---|---|---|
//! | any | entered or imported by the user | manual |
//! | open | asked within the time to live, price of this session | live, or delayed where the venue's data is |
//! | open | asked within five minutes | recent |
//! | open | asked within half an hour | cached |
//! | open | asked longer ago | stale |
//! | opened up to 20 minutes ago | the last session's close | closed |
//! | open, asked after those 20 minutes | the last session's close all the same: a halt, or an unknown holiday | closed |
//! | closed | the last session's price, asked after its end | closed |
//! | closed | the last session's price, asked before its end | cached |
//! | closed | a price of an earlier session | stale |

use bellwether_domain::calendar::{MarketStatus, Session};
use bellwether_domain::{Exchange, Freshness};
use chrono::{DateTime, TimeDelta, Utc};

/// During a session a price is good for this long, or for as long as its venue delays.
pub const TIME_TO_LIVE: TimeDelta = TimeDelta::seconds(60);
/// A little past its time to live.
const RECENT: TimeDelta = TimeDelta::minutes(5);
/// Past it by more.
const CACHED: TimeDelta = TimeDelta::minutes(30);
/// So long after the opening the first trade of a session may take to be told.
const OPENING_GRACE: TimeDelta = TimeDelta::minutes(20);
/// Who asked and got an old price waits this long before asking again while the venue is closed.
const NOTHING_NEWER: TimeDelta = TimeDelta::hours(12);

/// Who told a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// A provider, who can be asked again.
    Provider,
    /// The user, by hand or in a file.
    User,
}

/// What is known of a price's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceState {
    /// The venue whose calendar it follows.
    pub exchange: Exchange,
    /// The market's time of the price; of a daily close, the end of its session.
    pub as_of: DateTime<Utc>,
    /// When it was asked for.
    pub fetched_at: DateTime<Utc>,
    /// Minutes by which the venue's data is delayed.
    pub delay_minutes: u16,
    /// Who told it.
    pub teller: Teller,
}

impl PriceState {
    fn delay(&self) -> TimeDelta {
        TimeDelta::minutes(self.delay_minutes.into())
    }

    fn time_to_live(&self) -> TimeDelta {
        TIME_TO_LIVE.max(self.delay())
    }

    /// Asked when the session's last price was out.
    fn asked_after(&self, session: &Session) -> bool {
        self.fetched_at >= session.closes + self.delay()
    }

    fn is_of(&self, session: &Session) -> bool {
        self.as_of >= session.opens
    }

    /// How far it can be relied on at `now`.
    pub fn assess(&self, now: DateTime<Utc>) -> Freshness {
        if self.teller == Teller::User {
            return Freshness::Manual;
        }
        match self.exchange.status(now) {
            MarketStatus::Open { session } if self.is_of(&session) => self.assess_running(now),
            MarketStatus::Open { session } => self.assess_before_first_price(&session, now),
            MarketStatus::Closed { last, .. } => self.assess_over(&last),
        }
    }

    fn assess_running(&self, now: DateTime<Utc>) -> Freshness {
        let age = now.signed_duration_since(self.fetched_at);
        if age <= self.time_to_live() {
            if self.delay_minutes == 0 { Freshness::Live } else { Freshness::Delayed }
        } else if age <= RECENT {
            Freshness::Recent
        } else if age <= CACHED {
            Freshness::Cached
        } else {
            Freshness::Stale
        }
    }

    /// The session runs, but the price is of an earlier one.
    fn assess_before_first_price(&self, session: &Session, now: DateTime<Utc>) -> Freshness {
        let Some(last) = self.exchange.session(self.exchange.previous_trading_day(session.date)) else {
            return Freshness::Stale;
        };
        let expected = session.opens + OPENING_GRACE + self.delay();
        match self.assess_over(&last) {
            Freshness::Closed if now < expected || self.fetched_at >= expected => Freshness::Closed,
            Freshness::Closed => Freshness::Cached,
            worse => worse,
        }
    }

    /// No session runs since `last`.
    fn assess_over(&self, last: &Session) -> Freshness {
        let is_close = self.as_of >= last.closes || self.asked_after(last);
        match (self.is_of(last), is_close) {
            (true, true) => Freshness::Closed,
            (true, false) => Freshness::Cached,
            (false, _) => Freshness::Stale,
        }
    }

    /// When asking again may bring something newer; `None` for what no provider tells.
    pub fn due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.teller == Teller::User {
            return None;
        }
        Some(match self.exchange.status(now) {
            MarketStatus::Open { session } if self.fetched_at >= session.opens => {
                self.fetched_at + self.time_to_live()
            }
            MarketStatus::Open { session } => session.opens + TIME_TO_LIVE + self.delay(),
            MarketStatus::Closed { last, next } => match self.assess_over(&last) {
                Freshness::Closed => next.opens + TIME_TO_LIVE + self.delay(),
                // Asked since the close, and told nothing of that session.
                _ if self.asked_after(&last) => self.fetched_at + NOTHING_NEWER,
                _ => last.closes + self.delay(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn price(exchange: Exchange, as_of: &str, fetched_at: &str) -> PriceState {
        PriceState {
            exchange,
            as_of: at(as_of),
            fetched_at: at(fetched_at),
            delay_minutes: 0,
            teller: Teller::Provider,
        }
    }

    /// Thanksgiving week of 2026: Thursday 26 is a holiday, Friday 27 ends at 13:00 New York (18:00 UTC).
    #[test]
    fn a_new_york_week_with_a_holiday_and_a_half_day() {
        let wednesday_close = price(Exchange::NewYork, "2026-11-25T21:00:00Z", "2026-11-25T21:05:00Z");
        let table = [
            ("2026-11-25T21:10:00Z", Freshness::Closed, "Wednesday evening"),
            ("2026-11-26T16:00:00Z", Freshness::Closed, "on the holiday"),
            ("2026-11-27T14:40:00Z", Freshness::Closed, "ten minutes after Friday's opening"),
            ("2026-11-27T15:00:00Z", Freshness::Cached, "later on Friday"),
            ("2026-11-27T18:30:00Z", Freshness::Stale, "after the half day's early end"),
            ("2026-11-29T12:00:00Z", Freshness::Stale, "on Sunday"),
        ];
        for (now, expected, when) in table {
            assert_eq!(wednesday_close.assess(at(now)), expected, "{when}");
        }
        let friday_close = price(Exchange::NewYork, "2026-11-27T18:00:00Z", "2026-11-27T18:05:00Z");
        for now in ["2026-11-27T18:30:00Z", "2026-11-29T12:00:00Z", "2026-11-30T14:29:00Z"] {
            assert_eq!(friday_close.assess(at(now)), Freshness::Closed, "{now}");
        }
    }

    #[test]
    fn a_price_ages_during_its_session() {
        let told = price(Exchange::NewYork, "2026-11-24T15:00:00Z", "2026-11-24T15:00:00Z");
        let table = [
            ("2026-11-24T15:01:00Z", Freshness::Live),
            ("2026-11-24T15:04:00Z", Freshness::Recent),
            ("2026-11-24T15:20:00Z", Freshness::Cached),
            ("2026-11-24T15:31:00Z", Freshness::Stale),
            ("2026-11-24T21:30:00Z", Freshness::Cached),
        ];
        for (now, expected) in table {
            assert_eq!(told.assess(at(now)), expected, "{now}");
        }
    }

    #[test]
    fn a_delayed_venue_is_never_called_live() {
        let delayed = PriceState {
            delay_minutes: 15,
            ..price(Exchange::London, "2026-11-24T09:45:00Z", "2026-11-24T10:00:00Z")
        };
        assert_eq!(delayed.assess(at("2026-11-24T10:10:00Z")), Freshness::Delayed);
    }

    #[test]
    fn crypto_never_closes() {
        let coin = price(Exchange::Crypto, "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z");
        assert_eq!(coin.assess(at("2026-11-22T03:00:30Z")), Freshness::Live);
        assert_eq!(coin.due(at("2026-11-22T03:00:30Z")), Some(at("2026-11-22T03:01:00Z")));
    }

    #[test]
    fn what_the_user_told_is_manual_and_never_due() {
        let typed = PriceState {
            teller: Teller::User,
            ..price(Exchange::NewYork, "2013-03-01T21:00:00Z", "2026-11-01T00:00:00Z")
        };
        assert_eq!(typed.assess(at("2026-11-24T15:00:00Z")), Freshness::Manual);
        assert_eq!(typed.due(at("2026-11-24T15:00:00Z")), None);
    }

    #[test]
    fn a_halted_line_is_not_asked_for_all_night() {
        let halted = price(Exchange::NewYork, "2026-11-20T15:00:00Z", "2026-11-24T21:05:00Z");
        let now = at("2026-11-24T21:10:00Z");
        assert_eq!(halted.assess(now), Freshness::Stale);
        assert_eq!(halted.due(now), Some(at("2026-11-25T09:05:00Z")));
    }

    #[test]
    fn nothing_is_due_over_the_weekend_once_the_close_is_known() {
        let close = price(Exchange::NewYork, "2026-11-20T21:00:00Z", "2026-11-20T21:01:00Z");
        for now in ["2026-11-20T22:00:00Z", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"] {
            assert!(close.due(at(now)).is_some_and(|due| due > at("2026-11-23T14:30:00Z")), "{now}");
        }
    }
}
