//! The venues of a set of symbols at one instant.

use std::collections::BTreeMap;

use bellwether_domain::calendar::{MarketStatus, Session};
use bellwether_domain::{Exchange, InstrumentKind};
use chrono::{DateTime, TimeDelta, Utc};

use super::Kept;

/// A close is asked for so long after it: auctions and late prints are in by then.
pub(super) const CLOSE_IS_OUT: TimeDelta = TimeDelta::minutes(30);

/// One venue now.
#[derive(Debug)]
pub(super) struct Venue {
    /// Whether it trades.
    pub(super) open: bool,
    /// Whether it hardly ever closes.
    pub(super) around_the_clock: bool,
    /// When it opens or closes next.
    pub(super) turns_at: DateTime<Utc>,
    /// When the next close will be out.
    pub(super) next_close_out: DateTime<Utc>,
    last_close_out: DateTime<Utc>,
    /// A fund's price of a session is told by the time the next one opens: that opening, the latest so far.
    last_opening: DateTime<Utc>,
}

impl Venue {
    fn of(exchange: Exchange, now: DateTime<Utc>) -> Self {
        let before = |session: Session| exchange.session(exchange.previous_trading_day(session.date));
        let (open, last, coming) = match exchange.status(now) {
            MarketStatus::Open { session } => (true, before(session), session),
            MarketStatus::Closed { last, next } => (false, Some(last), next),
        };
        let out = |session: Session| session.closes + CLOSE_IS_OUT;
        let settling = last.filter(|last| out(*last) > now);
        let settled = settling.map_or(last, before);
        let opened = if open { Some(coming) } else { last };
        Self {
            open,
            around_the_clock: matches!(exchange, Exchange::Currency | Exchange::Crypto | Exchange::Futures),
            turns_at: if open { coming.closes } else { coming.opens },
            next_close_out: out(settling.unwrap_or(coming)),
            last_close_out: settled.map_or(DateTime::<Utc>::MIN_UTC, out),
            last_opening: opened.map_or(DateTime::<Utc>::MIN_UTC, |session| session.opens),
        }
    }

    /// When the newest close of an instrument of that kind came out.
    pub(super) fn close_out(&self, kind: InstrumentKind) -> DateTime<Utc> {
        if kind == InstrumentKind::Fund { self.last_opening } else { self.last_close_out }
    }
}

/// Each venue that somebody kept follows.
#[derive(Debug)]
pub(super) struct Venues(BTreeMap<Exchange, Venue>);

impl Venues {
    pub(super) fn of(kept: &[Kept], now: DateTime<Utc>) -> Self {
        let mut venues = BTreeMap::new();
        for one in kept {
            venues.entry(one.exchange).or_insert_with(|| Venue::of(one.exchange, now));
        }
        Self(venues)
    }

    pub(super) fn of_symbol(&self, kept: &Kept) -> Option<&Venue> {
        self.0.get(&kept.exchange)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Venue> {
        self.0.values()
    }
}
