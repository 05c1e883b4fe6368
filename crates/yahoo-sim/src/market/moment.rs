//! What of a listing can be seen at an instant: the last session, how far it is, and the hours of the day.

use bellwether_domain::{Exchange, from_epoch_day};

use super::listing::{Listing, TradedBar};
use super::sessions::midnight;
use super::stated::StatedBar;
use super::venue::Class;

/// Seconds after a close during which the day's bar keeps the time of the last trade as its stamp.
const SETTLING: i64 = 2 * 3600;

/// An instant, as one listing's venue sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The instant, unix seconds.
    pub(crate) now: i64,
    /// The instant up to which data are published: earlier where the venue's data lag.
    pub(crate) seen: i64,
    /// The local date of the instant. Splits of this day have happened.
    pub(crate) day: i32,
    /// The last session of which anything is known, if there is one.
    pub(crate) last: Option<usize>,
    /// How much of it is over, while it is running.
    pub(crate) progress: Option<f64>,
    /// Its bar as known by now, as traded.
    bar: Option<TradedBar>,
    /// The time of the last trade.
    pub(crate) market_time: i64,
    /// The last session's bar still has that time as its stamp.
    pub(crate) provisional: bool,
}

/// A stretch of trading hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Hours {
    fn contains(self, second: i64) -> bool {
        self.start <= second && second < self.end
    }
}

/// The hours of one day, those before and after the session included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TradingPeriod {
    pub(crate) pre: Hours,
    pub(crate) regular: Hours,
    pub(crate) post: Hours,
}

impl Moment {
    /// The bars of a stretch of sessions as they are known at this moment.
    pub(crate) fn seen_bars(&self, listing: &Listing, from: usize, to: usize) -> Vec<TradedBar> {
        // The last one is known already, and most questions are about it alone.
        let before = self.bar.filter(|last| from <= last.session && last.session < to);
        let mut bars = listing.traded(from, before.map_or(to, |last| last.session));
        bars.extend(before);
        bars
    }
}

impl Listing {
    /// What can be seen at a unix second.
    pub(crate) fn moment(&self, now: i64) -> Moment {
        let seen = now - 60 * self.venue.delay_minutes;
        let day = self.sessions.local_day(now);
        let mut opened = self.sessions.opened_by(seen);
        if self.venue.class == Class::Fund && opened > 0 && self.sessions.span(opened - 1).closes > seen {
            // A fund is priced once, after the close.
            opened -= 1;
        }
        let last = opened.checked_sub(1).and_then(|last| self.last_traded(last));
        let Some(span) = last.map(|last| self.sessions.span(last)) else {
            return Moment {
                now,
                seen,
                day,
                last,
                progress: None,
                bar: None,
                market_time: seen,
                provisional: false,
            };
        };
        let running = span.closes > seen;
        let length = (span.closes - span.opens) as f64;
        let progress = running.then(|| (seen - span.opens) as f64 / length);
        let whole = last.and_then(|last| self.traded(last, last + 1).pop());
        Moment {
            now,
            seen,
            day,
            last,
            progress,
            bar: whole.map(|bar| progress.map_or(bar, |progress| self.partial(&bar, progress))),
            market_time: if running { seen } else { span.closes + 1 },
            provisional: running || seen < span.closes + SETTLING,
        }
    }

    /// The last bar as it is known at a moment, in the shares of that day.
    pub(crate) fn latest(&self, moment: &Moment) -> Option<StatedBar> {
        moment.bar.as_ref().map(|bar| self.state(bar, moment.day))
    }

    /// The close before a session, in the shares of a day.
    pub(crate) fn close_before(&self, session: usize, as_of_day: i32) -> Option<f64> {
        let before = self.last_traded(session.checked_sub(1)?)?;
        Some(self.traded_close(before) / self.units_between(before, as_of_day))
    }

    /// The hours of the day of a moment: today's, also on a holiday, and Friday's on a weekend.
    pub(crate) fn trading_period(&self, moment: &Moment) -> TradingPeriod {
        let sessions = self.sessions;
        let regular = sessions.on(moment.day).map(|today| sessions.span(today)).or_else(|| {
            let before = sessions.span(sessions.on_or_after(moment.day).saturating_sub(1));
            let today = from_epoch_day(moment.day);
            if sessions.exchange.holiday(today).is_none() {
                return Some(before);
            }
            let shift =
                midnight(sessions.zone, today)? - midnight(sessions.zone, from_epoch_day(before.day))?;
            Some(super::sessions::Span {
                opens: before.opens + shift,
                closes: before.closes + shift,
                ..before
            })
        });
        let span = regular.unwrap_or_else(|| sessions.span(0));
        self.period_of(span.opens, span.closes)
    }

    /// The hours around a session.
    pub(crate) fn period_of(&self, opens: i64, closes: i64) -> TradingPeriod {
        // Yahoo ends a day that never ends a minute early.
        let closes = if closes - opens >= 86_400 { closes - 60 } else { closes };
        let venue = self.venue;
        TradingPeriod {
            pre: Hours { start: opens - 60 * venue.pre_minutes, end: opens },
            regular: Hours { start: opens, end: closes },
            post: Hours { start: closes, end: closes + 60 * venue.post_minutes },
        }
    }

    /// The word of `marketState`.
    pub(crate) fn market_state(&self, moment: &Moment) -> &'static str {
        if self.sessions.exchange == Exchange::Crypto {
            return "REGULAR";
        }
        let period = self.trading_period(moment);
        let is_session = self.sessions.on(moment.day).is_some();
        let today = self.sessions.local_day(period.regular.start) == moment.day;
        match moment.now {
            now if is_session && period.regular.contains(now) => "REGULAR",
            now if is_session && period.pre.contains(now) => "PRE",
            now if is_session && period.post.contains(now) => "POST",
            now if is_session && today && now < period.pre.start => "PREPRE",
            now if is_session && today && now >= period.post.end => "POSTPOST",
            _ => "CLOSED",
        }
    }
}
