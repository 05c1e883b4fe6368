//! When to ask again.
//!
//! Labels follow the market's time of a price; asking follows when it was last asked for. A halted line stays stale
//! however often it is asked for, and is not asked for all night.

use bellwether_domain::calendar::{MarketStatus, Session};
use chrono::{DateTime, TimeDelta, Utc};

use super::{OPENING_GRACE, PriceState, TIME_TO_LIVE, Teller};

/// A fund's price is set at no known hour of the evening.
const FUND_TIME_TO_LIVE: TimeDelta = TimeDelta::hours(6);

impl PriceState {
    /// When asking again may bring something newer; `None` for what no provider tells.
    ///
    /// | Asked | Again |
    /// |---|---|
    /// | while the venue was open | after the time to live; when that ends after the close, once the close has settled |
    /// | while it was open, prices were expected, and there was none of the session | after 20 minutes |
    /// | between the close and its settling | once it has settled |
    /// | later | a minute and the delay after the next opening |
    ///
    /// A fund is asked for every 6 hours until the price of the last session is known, then after the next close.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self.teller {
            Teller::User => None,
            Teller::Fund => Some(self.fund_expires_at()),
            Teller::Provider => Some(match self.exchange.status(self.fetched_at) {
                MarketStatus::Open { session } => self.expires_in(&session),
                MarketStatus::Closed { last, next } => {
                    let first = self.first_price(&next);
                    let settled = self.settled(&last);
                    if self.fetched_at < settled { settled.min(first) } else { first }
                }
            }),
        }
    }

    /// Whether asking again may bring something newer at `now`.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.expires_at().is_some_and(|expired| expired <= now)
    }

    fn expires_in(&self, session: &Session) -> DateTime<Utc> {
        let before = self.session_before(session);
        let is_silent =
            !self.is_of_running(session, before.as_ref()) && self.fetched_at >= self.expected(session);
        let patience = if is_silent { OPENING_GRACE } else { self.time_to_live() };
        let again = (self.fetched_at + patience).max(self.first_price_in(session, before.as_ref()));
        if again < session.closes || self.runs_on(session) { again } else { self.settled(session) }
    }

    /// When the first price of a coming session may be told.
    fn first_price(&self, session: &Session) -> DateTime<Utc> {
        session.opens + TIME_TO_LIVE + self.delay()
    }

    fn first_price_in(&self, session: &Session, before: Option<&Session>) -> DateTime<Utc> {
        if before.is_some_and(|before| before.closes >= session.opens) {
            session.opens
        } else {
            self.first_price(session)
        }
    }

    /// Whether the next session opens as this one closes.
    fn runs_on(&self, session: &Session) -> bool {
        let next = self.exchange.session(self.exchange.next_trading_day(session.date));
        next.is_some_and(|next| next.opens <= session.closes)
    }

    fn fund_expires_at(&self) -> DateTime<Utc> {
        let (last, coming) = match self.exchange.status(self.fetched_at) {
            MarketStatus::Open { session } => (self.exchange.previous_trading_day(session.date), session),
            MarketStatus::Closed { last, next } => (last.date, next),
        };
        if self.exchange.local_date(self.as_of) >= last {
            coming.closes + self.delay()
        } else {
            self.fetched_at + FUND_TIME_TO_LIVE
        }
    }
}
