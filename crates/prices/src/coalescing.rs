//! Many askers, few calls: what is asked twice at a time is asked once, and in full batches.

use std::ops::Add;
use std::sync::Arc;

use async_trait::async_trait;
use bellwether_domain::{Currency, PriceSource, Quote, SharedClock, Symbol};
use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use crate::{
    Found, History, LoadBudget, NotAnswered, Outcome, Pause, Provider, RealPause, RecentCloses, SourceHealth,
};

mod askers;
mod question;
mod single_flight;

use question::{Closes, Histories, Quotes, Searches};
use single_flight::SingleFlight;

/// A provider in front of another that joins the questions of concurrent askers. Clones work together.
///
/// *Single flight.* While something is being asked, whoever asks the same waits for the same answer: quotes and
/// recent closes by symbol, history by symbol and first day, searches by text. Nothing is kept once it is answered.
///
/// *Batches.* Quotes, and recent closes, that different askers want within [`Coalescing::WINDOW`] go out together, in
/// the order asked: quotes as many as [`Provider::quotes_at_once`] says, closes
/// [`Plan::BATCH`](crate::Plan::BATCH) symbols a call. A full batch does not wait.
///
/// *Who pays.* A call is charged to the budget of the asker whose symbol came into the batch first, of those who
/// have a call left; the others pay nothing. It may take as long as the most patient of them waits, and goes out as
/// a foreground call when one of them is somebody who looks at a page. Nobody fails for another's reasons: when a
/// call fails because its payer had no call left, or no time, those who had are asked for again on their account.
///
/// *Who leaves.* A call goes on while anybody waits for it, and is dropped with the last of them. The tasks that make
/// the calls end with their runtime; who waits from another one asks again there.
///
/// *Who is first.* A background call that still waits for its turn is not joined by the foreground, which would wait
/// at the background's pace: it is given up, the foreground asks, and the background joins that.
///
/// Batches are fullest in front of a single source: in a [`Chain`](crate::Chain), put it in front of each member.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use bellwether_domain::SystemClock;
/// use bellwether_prices::{Coalescing, Yahoo};
///
/// # fn example() -> Result<(), bellwether_prices::PricesError> {
/// let clock = Arc::new(SystemClock);
/// let yahoo = Yahoo::at(Yahoo::ADDRESS, clock.clone())?;
/// let shared = Coalescing::over(Arc::new(yahoo), clock);
/// println!("{:?} symbols a call", shared.counters().quotes.symbols_per_flight());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Coalescing {
    upstream: Arc<Upstream>,
    quotes: SingleFlight<Quotes>,
    closes: SingleFlight<Closes>,
    histories: SingleFlight<Histories>,
    searches: SingleFlight<Searches>,
}

impl Coalescing {
    /// How long a batch that is not full waits for others: enough for what one page or one tick of a timer sets off,
    /// and little beside the call itself.
    pub const WINDOW: TimeDelta = TimeDelta::milliseconds(15);

    /// In front of this provider.
    pub fn over(provider: Arc<dyn Provider>, clock: SharedClock) -> Self {
        let pause = RealPause::by(Arc::clone(&clock));
        Self::timed(provider, clock, pause)
    }

    /// With time of one's own. `pause` has to belong to `clock`.
    pub fn timed(provider: Arc<dyn Provider>, clock: SharedClock, pause: impl Pause + 'static) -> Self {
        let upstream = Arc::new(Upstream { provider, clock, pause: Box::new(pause) });
        Self {
            quotes: SingleFlight::to(&upstream),
            closes: SingleFlight::to(&upstream),
            histories: SingleFlight::to(&upstream),
            searches: SingleFlight::to(&upstream),
            upstream,
        }
    }

    /// What was joined so far.
    pub fn counters(&self) -> CoalescingCounters {
        CoalescingCounters {
            quotes: self.quotes.counters(),
            closes: self.closes.counters(),
            histories: self.histories.counters(),
            searches: self.searches.counters(),
        }
    }
}

/// What flights go to, and by which time.
struct Upstream {
    provider: Arc<dyn Provider>,
    clock: SharedClock,
    pause: Box<dyn Pause>,
}

/// What [`Coalescing`] did, by kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CoalescingCounters {
    /// Current prices.
    pub quotes: FlightCounters,
    /// Recent closes.
    pub closes: FlightCounters,
    /// Full histories.
    pub histories: FlightCounters,
    /// Searches.
    pub searches: FlightCounters,
}

impl CoalescingCounters {
    /// All kinds together.
    pub fn total(&self) -> FlightCounters {
        self.quotes + self.closes + self.histories + self.searches
    }
}

/// Flights of one kind of question. A flight asks the provider once, for one batch; what it costs in calls, retries
/// for instance, is the provider's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FlightCounters {
    /// Flights begun.
    pub flights: u64,
    /// Symbols, or texts, that these flights asked for.
    pub asked: u64,
    /// Symbols, or texts, for which somebody joined what another had asked already.
    pub joined: u64,
    /// Symbols, or texts, asked once more since a flight was lost for reasons of others.
    pub asked_again: u64,
    /// Symbols, or texts, under way or about to be. Zero when nobody waits.
    pub under_way: usize,
}

impl FlightCounters {
    /// Symbols a flight, on average. `None` before the first.
    pub fn symbols_per_flight(&self) -> Option<f64> {
        (self.flights > 0).then(|| self.asked as f64 / self.flights as f64)
    }
}

impl Add for FlightCounters {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            flights: self.flights + other.flights,
            asked: self.asked + other.asked,
            joined: self.joined + other.joined,
            asked_again: self.asked_again + other.asked_again,
            under_way: self.under_way + other.under_way,
        }
    }
}

#[async_trait]
impl Provider for Coalescing {
    fn source_of(&self, symbol: &Symbol) -> Option<PriceSource> {
        self.upstream.provider.source_of(symbol)
    }

    fn covers(&self, symbol: &Symbol) -> bool {
        self.upstream.provider.covers(symbol)
    }

    fn rate_symbol(&self, from: Currency, to: Currency) -> Option<Symbol> {
        self.upstream.provider.rate_symbol(from, to)
    }

    fn health(&self) -> Vec<SourceHealth> {
        self.upstream.provider.health()
    }

    fn quotes_at_once(&self) -> usize {
        self.upstream.provider.quotes_at_once()
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        self.quotes.ask(symbols, budget).await
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        self.closes.ask(symbols, budget).await
    }

    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History> {
        self.histories.ask_one((symbol.clone(), from), budget).await
    }

    async fn search(&self, text: &str, budget: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        self.searches.ask_one(text.trim().to_owned(), budget).await
    }
}

#[cfg(test)]
mod tests;
