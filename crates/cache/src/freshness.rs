//! How far a price can be relied on, and when asking for a newer one is worthwhile, by its exchange's calendar.
//!
//! Everything here is a function of what is known of the price, of the calendar and of the present: nothing is read
//! or kept.
//!
//! ```
//! use bellwether_cache::freshness::{PriceState, Teller};
//! use bellwether_domain::{Exchange, Freshness};
//! use chrono::{DateTime, Utc};
//!
//! let friday = PriceState {
//!     exchange: Exchange::NewYork,
//!     as_of: "2024-11-29T18:00:00Z".parse()?, // A half day.
//!     fetched_at: "2024-11-29T18:05:00Z".parse()?,
//!     delay_minutes: 0,
//!     teller: Teller::Provider,
//! };
//! let sunday: DateTime<Utc> = "2024-12-01T12:00:00Z".parse()?;
//! assert_eq!(friday.assess(sunday), Freshness::Closed);
//! assert_eq!(friday.expires_at(), Some("2024-12-02T14:31:00Z".parse()?));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! # Words
//!
//! - *Time to live*: 60 s, or the venue's delay where that is longer.
//! - *Settled*: 5 minutes and the venue's delay after a session's close, when its last price is out. A price is the
//!   session's **close** when it was asked for after that, or is of the closing instant or later.
//! - *Expected*: 20 minutes and the delay after a session's opening, when each line should have traded.
//! - *Around the clock*: where a session opens as the one before closes, prices of both are of the running session.
//!
//! # States
//!
//! The first line that fits decides. *Overdue* means past [`PriceState::expires_at`].
//!
//! | Who told it | The venue | The price is | State |
//! |---|---|---|---|
//! | the user | | | manual |
//! | a fund | | of the last session whose price is owed, or later | closed |
//! | a fund | | older | stale |
//! | a provider | open | of the running session, within its time to live and not overdue | live; delayed where the venue is |
//! | a provider | open | of the running session, overdue by less than 5 minutes | recent |
//! | a provider | open | of the running session, overdue by more | cached while refreshing, else stale |
//! | a provider | open | not even the close of the session before | stale |
//! | a provider | open, prices not yet expected | the close of the session before | closed |
//! | a provider | open, prices expected, not asked since | the close of the session before | stale |
//! | a provider | open, asked when prices were expected | still the close of the session before | closed until overdue by 5 minutes, then cached while refreshing, else stale |
//! | a provider | closed | of before the last session | stale |
//! | a provider | closed | the close of the last session | closed |
//! | a provider | closed | of the last session, but not its close | as in the running session |
//!
//! The last but one line of an open venue is for halted lines and for holidays that the calendar does not know: the
//! source was asked and knows nothing newer. Once the calendar's session is over, such a price is stale.
//!
//! A fund's price of a session is owed when the next session opens.

mod change;
mod delay;
mod expiry;
mod portfolio;

use bellwether_domain::calendar::{MarketStatus, Session};
use bellwether_domain::{Exchange, Freshness, InstrumentKind, PriceSource, Quote};
use chrono::{DateTime, TimeDelta, Utc};

pub use delay::observed_delay;
pub use portfolio::{Activity, HeldPrice, PortfolioFreshness, StateShare};

/// During a session a price is good for this long, or for as long as its venue delays.
pub const TIME_TO_LIVE: TimeDelta = TimeDelta::seconds(60);
/// Overdue by less is hardly worth a word.
const RECENT: TimeDelta = TimeDelta::minutes(5);
/// So long after the opening the first trade of a line may take to be told.
const OPENING_GRACE: TimeDelta = TimeDelta::minutes(20);
/// So long after the close the last price may take to be told: closing auctions end by then.
const SETTLING: TimeDelta = TimeDelta::minutes(5);

/// Who told a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Teller {
    /// A provider of a venue's prices, who can be asked again.
    Provider,
    /// A provider of a fund's price, which is set once a day.
    Fund,
    /// The user, by hand or in a file.
    User,
}

/// What is known of a price's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Of a quote of an instrument of that venue and kind.
    pub fn of_quote(quote: &Quote, exchange: Exchange, kind: InstrumentKind) -> Self {
        let by_user = [
            PriceSource::manual(),
            PriceSource::file(bellwether_domain::PriceBasis::AsTraded),
            PriceSource::file(bellwether_domain::PriceBasis::SplitAdjusted),
        ]
        .iter()
        .any(|source| source.name == quote.source);
        Self {
            exchange,
            as_of: quote.as_of,
            fetched_at: quote.fetched_at,
            delay_minutes: quote.delay_minutes,
            teller: match kind {
                _ if by_user => Teller::User,
                InstrumentKind::Fund => Teller::Fund,
                _ => Teller::Provider,
            },
        }
    }

    /// How far it can be relied on at `now`, when nobody is asking for a newer one.
    pub fn assess(&self, now: DateTime<Utc>) -> Freshness {
        self.assess_while(now, false)
    }

    /// How far it can be relied on at `now`, by the [table](self#states).
    pub fn assess_while(&self, now: DateTime<Utc>, refreshing: bool) -> Freshness {
        match self.teller {
            Teller::User => Freshness::Manual,
            Teller::Fund => self.assess_fund(now),
            Teller::Provider => match self.exchange.status(now) {
                MarketStatus::Open { session } => self.assess_open(&session, now, refreshing),
                MarketStatus::Closed { last, .. } => self.assess_closed(&last, now, refreshing),
            },
        }
    }

    fn assess_fund(&self, now: DateTime<Utc>) -> Freshness {
        let closed = match self.exchange.status(now) {
            MarketStatus::Open { session } => session.date,
            MarketStatus::Closed { last, .. } => last.date,
        };
        let owed = self.exchange.previous_trading_day(closed);
        if self.exchange.local_date(self.as_of) >= owed { Freshness::Closed } else { Freshness::Stale }
    }

    fn assess_open(&self, session: &Session, now: DateTime<Utc>, refreshing: bool) -> Freshness {
        let before = self.session_before(session);
        if self.is_of_running(session, before.as_ref()) {
            return self.assess_age(now, refreshing);
        }
        let expected = self.expected(session);
        match before {
            Some(before) if !self.is_close_of(&before) => Freshness::Stale,
            None => Freshness::Stale,
            Some(_) if now < expected => Freshness::Closed,
            Some(_) if self.fetched_at < expected => Freshness::Stale,
            Some(_) if self.is_hardly_overdue(now) => Freshness::Closed,
            Some(_) => overdue(refreshing),
        }
    }

    fn assess_closed(&self, last: &Session, now: DateTime<Utc>, refreshing: bool) -> Freshness {
        if self.as_of < last.opens {
            Freshness::Stale
        } else if self.is_close_of(last) {
            Freshness::Closed
        } else {
            self.assess_age(now, refreshing)
        }
    }

    fn assess_age(&self, now: DateTime<Utc>, refreshing: bool) -> Freshness {
        if now < self.fetched_at + self.time_to_live() && !self.is_due(now) {
            if self.delay_minutes == 0 { Freshness::Live } else { Freshness::Delayed }
        } else if self.is_hardly_overdue(now) {
            Freshness::Recent
        } else {
            overdue(refreshing)
        }
    }

    fn is_hardly_overdue(&self, now: DateTime<Utc>) -> bool {
        self.expires_at().is_none_or(|expired| now < expired + RECENT)
    }

    fn delay(&self) -> TimeDelta {
        TimeDelta::minutes(self.delay_minutes.into())
    }

    fn time_to_live(&self) -> TimeDelta {
        TIME_TO_LIVE.max(self.delay())
    }

    /// When a session's last price is out.
    fn settled(&self, session: &Session) -> DateTime<Utc> {
        session.closes + SETTLING + self.delay()
    }

    /// When each line of a session should have a price.
    fn expected(&self, session: &Session) -> DateTime<Utc> {
        session.opens + OPENING_GRACE + self.delay()
    }

    fn session_before(&self, session: &Session) -> Option<Session> {
        self.exchange.session(self.exchange.previous_trading_day(session.date))
    }

    /// Whether the price is of the running session, or of the one before where that ran into it.
    fn is_of_running(&self, session: &Session, before: Option<&Session>) -> bool {
        let ran_on = before.filter(|before| before.closes >= session.opens);
        self.as_of >= ran_on.map_or(session.opens, |before| before.opens)
    }

    fn is_close_of(&self, session: &Session) -> bool {
        self.as_of >= session.closes
            || (self.as_of >= session.opens && self.fetched_at >= self.settled(session))
    }
}

/// A newer price should be here: it is on its way, or it is not.
fn overdue(refreshing: bool) -> Freshness {
    if refreshing { Freshness::Cached } else { Freshness::Stale }
}

#[cfg(test)]
mod tests;
