//! What keeping a set of symbols fresh needs next.
//!
//! [`next_round`] is a function of what is stored, of the exchanges' calendars and of the present; it asks nobody and
//! remembers nothing. Whoever drives it makes the calls of the [`Round`], stores what comes of them, and asks again
//! at [`Round::next`].
//!
//! | What | When | Calls |
//! |---|---|---|
//! | chart of a symbol whose newest closes do not continue the stored ones | at once | 1 |
//! | chart of a symbol that should have gone ex-dividend | with the close of that day, and once more a week later | 1 |
//! | closes of the day, and a look whether history was restated | from 30 minutes after a venue's close; batches that are not full wait for the next venue's | 1 for 20 |
//! | quotes of open venues | ahead of their expiry, but all of them no faster than nine tenths of the allowance permit | 1 for 20 |
//! | quotes of a venue that has closed | once, when they expire: their last price before the close is none of the close | 1 for 20 |
//! | missing histories | with the half of the allowance that quotes leave to them | 1 |
//! | verification: the whole history again, the longest unverified first | a thirtieth of the symbols a day, spread over the hours in which at most half of the venues' symbols trade | 1 |
//!
//! A chart counts as the symbol's closes and quote. Closed venues have no quotes to ask for. For `n` symbols all but
//! the quotes and the missing histories come to `n / 20 + n / 30 + n / 100` calls a day: 47 for 500.

mod charts;
mod ex_dates;
mod venues;

use bellwether_domain::{Exchange, InstrumentKind, Symbol};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{Overlap, Plan};
use charts::Charts;
use venues::Venues;

pub use ex_dates::expected_ex_date;

/// What is stored of one symbol that is held or watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Which.
    pub symbol: Symbol,
    /// The venue whose calendar it follows.
    pub exchange: Exchange,
    /// What it is: a fund's price has no hours.
    pub kind: InstrumentKind,
    /// Its current price; `None` without one.
    pub quote: Option<QuoteAge>,
    /// When its newest closes were last fetched, whatever they were.
    pub closes_fetched_at: Option<DateTime<Utc>>,
    /// When its history was last fetched whole; `None` when it never was.
    pub verified_at: Option<DateTime<Utc>>,
    /// How the closes fetched since then continue the stored ones. All but [`Overlap::Append`] ask for the whole
    /// history, which settles it: then this is `None` again.
    pub overlap: Option<Overlap>,
    /// The day on which it is expected to go ex-dividend, as [`expected_ex_date`] tells.
    pub ex_date: Option<NaiveDate>,
    /// It is not to be asked for before then: unknown, parked, or lately left unanswered.
    pub rests_until: Option<DateTime<Utc>>,
}

/// How old a price is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteAge {
    /// When it was asked for.
    pub fetched_at: DateTime<Utc>,
    /// When asking again may bring a newer one.
    pub good_until: DateTime<Utc>,
}

/// How much may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls an hour, in the long run.
    pub per_hour: u32,
    /// Calls that may go out now for the last hour's not to be more.
    pub left: u32,
}

/// Why a chart is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChartReason {
    /// Its newest closes do not continue the stored ones: a split, as a rule.
    Doubt,
    /// It should have gone ex-dividend.
    ExDate,
    /// There is no history.
    Missing,
    /// To be sure of it.
    Verification,
}

/// What to ask for now. No symbol is named twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The whole history of each: one call.
    pub charts: Vec<(Symbol, ChartReason)>,
    /// Recent closes: one call for each [`Plan::BATCH`] in this order.
    pub closes: Vec<Symbol>,
    /// Quotes: one call for each [`Plan::BATCH`] in this order, or fewer with a login. The first to expire come first.
    pub quotes: Vec<Symbol>,
    /// When to plan again at the latest.
    pub next: DateTime<Utc>,
}

impl Round {
    /// Calls that it takes without a login, when nothing has to be repeated.
    pub fn calls(&self) -> usize {
        self.charts.len() + self.closes.len().div_ceil(Plan::BATCH) + self.quotes.len().div_ceil(Plan::BATCH)
    }

    /// Whether nothing is to be done now.
    pub fn is_empty(&self) -> bool {
        self.charts.is_empty() && self.closes.is_empty() && self.quotes.is_empty()
    }
}

/// A quote of a running session is asked for so long before it expires.
const AHEAD: TimeDelta = TimeDelta::seconds(15);
/// And what expires so soon after goes along.
const ALONG: TimeDelta = TimeDelta::seconds(5);
/// A quote that was good for longer was good until its venue has something new: before that there is nothing to ask.
const OF_A_SESSION: TimeDelta = TimeDelta::hours(1);
/// No quote of a running session is to be asked for again sooner.
const AGAIN: TimeDelta = TimeDelta::seconds(45);
/// With nothing to wait for, a look now and then.
const LONGEST: TimeDelta = TimeDelta::hours(1);
const SHORTEST: TimeDelta = TimeDelta::seconds(1);

/// What to ask for at `now` within the allowance, the most urgent first.
///
/// The calls never exceed [`Allowance::left`]. Takes a calendar look-up for each venue, a pass over `kept` and a
/// sort of those in session: O(n log n), a millisecond for 5,000 symbols.
///
/// ```
/// use bellwether_domain::{Exchange, InstrumentKind};
/// use bellwether_prices::upkeep::{Allowance, Kept, QuoteAge, next_round};
/// use chrono::{DateTime, TimeDelta, Utc};
///
/// let now: DateTime<Utc> = "2026-03-04T16:00:00Z".parse()?; // New York trades.
/// let hour_ago = now - TimeDelta::hours(1);
/// let kept = Kept {
///     symbol: "AAPL".parse()?,
///     exchange: Exchange::NewYork,
///     kind: InstrumentKind::Equity,
///     quote: Some(QuoteAge { fetched_at: hour_ago, good_until: hour_ago + TimeDelta::seconds(60) }),
///     closes_fetched_at: Some(hour_ago),
///     verified_at: Some(hour_ago),
///     overlap: None,
///     ex_date: None,
///     rests_until: None,
/// };
/// let round = next_round(&[kept], Allowance { per_hour: 200, left: 200 }, now);
/// assert_eq!((round.quotes.len(), round.calls()), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn next_round(kept: &[Kept], allowance: Allowance, now: DateTime<Utc>) -> Round {
    let venues = Venues::of(kept, now);
    let mut work = Work {
        kept,
        venues: &venues,
        now,
        left: allowance.left as usize,
        free: kept.iter().map(|one| one.rests_until.is_none_or(|until| until <= now)).collect(),
        short: false,
        next: now + LONGEST,
    };
    let charts_of = Charts::survey(&work);
    let mut charts = charts_of.doubts(&mut work);
    charts.extend(charts_of.ex_dates(&mut work, charts.len()));
    let closes = work.closes();
    let quotes = work.quotes(allowance, charts_of.missing());
    charts.extend(charts_of.histories(&mut work, allowance));
    charts.extend(charts_of.verification(&mut work, charts.len()));
    work.look_ahead();
    if work.short {
        // So long until one of the last hour's calls is forgotten, on average.
        work.wake(now + TimeDelta::milliseconds(3_600_000 / i64::from(allowance.per_hour.max(1))));
    }

    let symbol = |index: &usize| kept.get(*index).map(|one| one.symbol.clone());
    Round {
        charts: charts.iter().filter_map(|(index, reason)| Some((symbol(index)?, *reason))).collect(),
        closes: closes.iter().filter_map(symbol).collect(),
        quotes: quotes.iter().filter_map(symbol).collect(),
        next: work.next.max(now + SHORTEST),
    }
}

/// A round while it is planned. Symbols are their places in `kept`.
struct Work<'a> {
    kept: &'a [Kept],
    venues: &'a Venues,
    now: DateTime<Utc>,
    /// Calls that may still be planned.
    left: usize,
    /// Who may be asked for, and is not yet.
    free: Vec<bool>,
    /// Something had to wait for want of calls.
    short: bool,
    next: DateTime<Utc>,
}

impl Work<'_> {
    /// Those who may be asked for, and are not yet.
    fn free(&self) -> impl Iterator<Item = (usize, &Kept)> {
        self.kept.iter().enumerate().filter(|(index, _)| self.is_free(*index))
    }

    fn is_free(&self, index: usize) -> bool {
        self.free.get(index).is_some_and(|free| *free)
    }

    /// Plans one call for each; gives those that there are calls for.
    fn call_each(&mut self, mut symbols: Vec<usize>) -> Vec<usize> {
        self.short |= symbols.len() > self.left;
        symbols.truncate(self.left);
        self.left -= symbols.len();
        self.take(&symbols);
        symbols
    }

    /// Plans one call for each batch; gives those that there are calls for.
    fn call_batches(&mut self, mut symbols: Vec<usize>) -> Vec<usize> {
        let room = self.left.saturating_mul(Plan::BATCH);
        self.short |= symbols.len() > room;
        symbols.truncate(room);
        self.left -= symbols.len().div_ceil(Plan::BATCH);
        self.take(&symbols);
        symbols
    }

    fn take(&mut self, symbols: &[usize]) {
        for index in symbols {
            if let Some(free) = self.free.get_mut(*index) {
                *free = false;
            }
        }
    }

    fn wake(&mut self, at: DateTime<Utc>) {
        self.next = self.next.min(at);
    }

    /// Those whose venue's last close is out and was not fetched since; what does not fill a batch waits while
    /// another venue's close comes out on the same day (of UTC, whose midnight no exchange closes at).
    fn closes(&mut self) -> Vec<usize> {
        let mut due: Vec<(DateTime<Utc>, usize)> = self
            .free()
            .filter_map(|(index, one)| {
                let out = self.venues.of_symbol(one)?.close_out(one.kind);
                let fetched_at = one.closes_fetched_at.max(one.verified_at);
                (fetched_at.is_some_and(|at| at < out)).then_some((out, index))
            })
            .collect();
        due.sort_unstable();
        let more_today =
            self.venues.iter().any(|venue| venue.next_close_out.date_naive() == self.now.date_naive());
        if more_today {
            due.truncate(due.len() / Plan::BATCH * Plan::BATCH);
        }
        self.call_batches(due.into_iter().map(|(_, index)| index).collect())
    }

    /// Those that expire, and to fill their last batch those that expire next.
    fn quotes(&mut self, allowance: Allowance, missing: usize) -> Vec<usize> {
        let in_session = |one: &Kept| self.venues.of_symbol(one).is_some_and(|venue| venue.open);
        let cycle = self.kept.iter().filter(|one| in_session(one)).count();
        let period = period(cycle, allowance, missing > 0);
        let mut rested = self.next;
        let mut due: Vec<(DateTime<Utc>, usize)> = self
            .free()
            .filter_map(|(index, one)| match one.quote {
                None => Some((DateTime::<Utc>::MIN_UTC, index)),
                Some(QuoteAge { fetched_at, good_until })
                    if in_session(one) && good_until - fetched_at <= OF_A_SESSION =>
                {
                    Some(((good_until - AHEAD).max(fetched_at + period), index))
                }
                Some(QuoteAge { good_until, .. }) => {
                    if good_until > self.now {
                        rested = rested.min(good_until);
                    }
                    let goes_along = one.kind == InstrumentKind::Fund;
                    (goes_along || good_until <= self.now).then_some((good_until, index))
                }
            })
            .collect();
        due.sort_unstable();
        self.wake(rested);
        // While everybody's price is old, nobody's is fetched twice.
        let along = if period < AGAIN { self.now + ALONG } else { self.now };
        let expiring = match due.partition_point(|(at, _)| *at <= self.now) {
            0 => 0,
            _ => due.partition_point(|(at, _)| *at <= along),
        };
        let asked = expiring.div_ceil(Plan::BATCH).min(self.left).saturating_mul(Plan::BATCH).min(due.len());
        if let Some((at, _)) = due.get(asked).filter(|(at, _)| *at > self.now) {
            self.wake(*at);
        }
        if asked > 0 {
            self.wake(self.now + period.max(AGAIN));
        }
        self.short |= asked < expiring;
        due.truncate(asked);
        self.call_batches(due.into_iter().map(|(_, index)| index).collect())
    }

    /// Wakes when a venue opens or closes, when its close is out, and when somebody's rest is over.
    fn look_ahead(&mut self) {
        let venues = self.venues;
        for venue in venues.iter() {
            self.wake(venue.turns_at);
            self.wake(venue.next_close_out);
        }
        let rests = self.kept.iter().filter_map(|one| one.rests_until).filter(|until| *until > self.now);
        if let Some(until) = rests.min() {
            self.wake(until);
        }
    }
}

/// How long a round of quotes of so many symbols has to last: a tenth of the calls is for others, and half of them
/// while histories are missing.
fn period(symbols: usize, allowance: Allowance, histories_missing: bool) -> TimeDelta {
    let share = if histories_missing { 2.0 } else { 10.0 / 9.0 };
    let calls = symbols.div_ceil(Plan::BATCH) as f64;
    let seconds = 3_600.0 * calls * share / f64::from(allowance.per_hour.max(1));
    TimeDelta::milliseconds((seconds * 1_000.0) as i64)
}

#[cfg(test)]
mod tests;
