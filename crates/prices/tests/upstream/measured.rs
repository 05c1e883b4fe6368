//! What loads and upkeep cost by the simulator's counters: for tests, and for the table of figures.

use std::sync::Arc;

use bellwether_domain::{Clock, FixedClock, Symbol};
use bellwether_prices::{
    Gateway, HttpTransport, Limits, LoadBudget, Plan, Provider, SteppingPause, Yahoo, calls_of_a_load,
};
use bellwether_yahoo_sim::{
    ClockMode, FaultAction, FaultBody, FaultMatch, FaultRule, SimConfig, SimHandle, Simulator, Totals,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::book::{Book, Reads};

/// A Wednesday on which New York and Europe trade.
pub(crate) const OPEN: &str = "2026-03-04T16:00:00Z";
/// That night.
pub(crate) const CLOSED: &str = "2026-03-04T23:00:00Z";

/// A book, the provider that fills it, and the service behind.
pub(crate) struct Household {
    pub sim: SimHandle,
    pub clock: Arc<FixedClock>,
    pub yahoo: Yahoo,
    pub book: Book,
}

/// What a load cost and how its reader was served.
#[derive(Debug)]
pub(crate) struct Load {
    /// Attempts by the simulator's counters.
    pub calls: u64,
    /// Calls planned.
    pub planned: usize,
    pub retries: u32,
    pub reads: Reads,
    /// What the service was asked meanwhile.
    pub totals: Totals,
}

/// Symbols of New York, London, Frankfurt and Tokyo, which never trade all at once.
pub(crate) fn on_four_venues(count: usize) -> Vec<Symbol> {
    listed(count, ["", ".L", ".DE", ".T"])
}

/// Symbols of four venues that all trade at [`OPEN`].
pub(crate) fn in_session(count: usize) -> Vec<Symbol> {
    listed(count, ["", ".L", ".DE", ".PA"])
}

fn listed(count: usize, venues: [&str; 4]) -> Vec<Symbol> {
    (0..count).map(|n| format!("T{n}{}", venues[n % 4]).parse().unwrap()).collect()
}

/// The way out with the default limits, by a clock that moves when somebody would wait.
pub(crate) fn gateway(sim: &SimHandle, clock: &Arc<FixedClock>, limits: Limits) -> Gateway {
    let transport = HttpTransport::new(&sim.base_url()).unwrap();
    Gateway::timed(transport, clock.clone(), SteppingPause::of(Arc::clone(clock)), limits, Box::new(|| 0.5))
}

impl Household {
    /// With nothing in the book.
    pub(crate) fn cold(symbols: Vec<Symbol>, at: &str) -> Self {
        let clock = Arc::new(FixedClock::at(at.parse().unwrap()));
        let config = SimConfig { clock: ClockMode::Shared(clock.clone()), ..SimConfig::default() };
        let sim = Simulator::spawn(config).unwrap();
        let yahoo = Yahoo::through(gateway(&sim, &clock, Limits::default()));
        let from = clock.now().date_naive() - TimeDelta::days(420);
        Self { sim, clock, yahoo, book: Book::empty(symbols, from) }
    }

    /// With a price for everything, fetched just now, and histories taken for known. The counters begin after that.
    pub(crate) async fn warm(symbols: Vec<Symbol>, at: &str) -> Self {
        let mut home = Self::cold(symbols, at);
        let now = home.now();
        let symbols: Vec<Symbol> = home.book.lines.keys().cloned().collect();
        for (symbol, outcome) in home.unlimited().quotes(&symbols, &LoadBudget::background(1_000)).await {
            home.book.take_quote(&symbol, outcome, now);
        }
        for line in home.book.lines.values_mut() {
            (line.verified_at, line.closes_fetched_at) = (Some(now), Some(now));
        }
        home.sim.reset();
        home
    }

    /// Somebody who may ask as much as he likes, to set the scene.
    pub(crate) fn unlimited(&self) -> Yahoo {
        Yahoo::through(gateway(&self.sim, &self.clock, Limits::generous()))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// One load within the calls that it may make, for somebody who waits for a minute and a half at most.
    pub(crate) async fn load(&mut self) -> Load {
        let plan = Plan::of_load(&self.book.wanted(self.now()));
        let calls = calls_of_a_load(self.book.lines.len());
        self.load_by(&plan, calls).await
    }

    /// One load by a plan.
    pub(crate) async fn load_by(&mut self, plan: &Plan, calls: u32) -> Load {
        let budget = LoadBudget::foreground(calls, self.now() + TimeDelta::seconds(90));
        self.sim.mark("load");
        let now = self.now();
        self.book.load(&self.yahoo, plan, &budget, now).await;
        let totals = self.sim.counters().since_mark;
        assert_eq!(u64::from(budget.spent()), totals.total.calls, "what the client counts");
        Load {
            calls: totals.total.calls,
            planned: plan.calls(),
            retries: budget.retries(),
            reads: self.book.read_all(self.now()),
            totals,
        }
    }

    /// Every so many seconds a load, for an hour.
    pub(crate) async fn an_hour_of_loads(&mut self, seconds: i64) -> Vec<Load> {
        let end = self.now() + TimeDelta::hours(1);
        let mut loads = Vec::new();
        while self.now() < end {
            let next = self.now() + TimeDelta::seconds(seconds);
            loads.push(self.load().await);
            self.clock.set(next.max(self.now()));
        }
        loads
    }
}

/// Loads every five minutes for an hour in which three in ten calls fail.
pub(crate) async fn an_hour_of_errors(count: usize) -> Vec<Load> {
    let mut home = Household::warm(in_session(count), "2026-03-04T15:00:00Z").await;
    home.clock.advance(TimeDelta::minutes(2));
    home.sim.set_faults(vec![failing(0.3)]);
    home.an_hour_of_loads(300).await
}

/// Each call fails with that probability.
pub(crate) fn failing(probability: f64) -> FaultRule {
    let action = FaultAction::Status { code: 503, body: FaultBody::Usual };
    FaultRule {
        matches: FaultMatch { probability: Some(probability), ..FaultMatch::default() },
        action,
        times: None,
    }
}

/// The next call is refused.
pub(crate) fn refused_once() -> FaultRule {
    FaultRule::always(FaultAction::Status { code: 429, body: FaultBody::Usual }).times(1)
}

/// What loads cost around a refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The load that met it.
    pub met: Load,
    /// A minute later.
    pub resting: Load,
    /// Once the rest is over.
    pub after: Load,
}

/// Prices a minute old at best, and then a refusal at the first call.
pub(crate) async fn around_a_refusal(count: usize) -> Refusal {
    let mut home = Household::warm(in_session(count), OPEN).await;
    home.clock.advance(TimeDelta::minutes(2));
    home.sim.set_faults(vec![refused_once()]);
    let met = home.load().await;
    home.clock.advance(TimeDelta::minutes(1));
    let resting = home.load().await;
    home.clock.advance(TimeDelta::minutes(7));
    let after = home.load().await;
    Refusal { met, resting, after }
}

/// A load of an empty book.
pub(crate) async fn cold_load(count: usize) -> Load {
    Household::cold(in_session(count), OPEN).load().await
}

/// A load when all prices of open venues have expired.
pub(crate) async fn warm_load(count: usize, at: &str) -> Load {
    let mut home = Household::warm(in_session(count), at).await;
    home.clock.advance(TimeDelta::minutes(5));
    home.load().await
}
