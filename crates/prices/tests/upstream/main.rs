//! The provider over real HTTP against a simulated service, which counts what it is asked.
#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests; prices are meant to be the very same numbers"
)]

mod book;
mod chain;
mod data_faults;
mod day;
mod faults;
mod hours;
mod loads;
mod logins;
mod measured;
mod poisoned;
mod readers;
mod remembered;
mod replayed;
mod restart;
mod rests;
mod simulated_day;
mod spark_routes;
mod splits;
mod truth;

use std::sync::Arc;

use bellwether_domain::{Clock, FixedClock, Symbol};
use bellwether_prices::{Gateway, HttpTransport, Limits, LoadBudget, SteppingPause, Yahoo};
use bellwether_yahoo_sim::{ClockMode, FaultRule, RouteCounters, SimConfig, SimHandle, Simulator};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// A Wednesday in New York, the market open.
const NOW: &str = "2026-03-04T16:00:00Z";

/// A provider and the service it asks, by one clock.
struct Desk {
    sim: SimHandle,
    clock: Arc<FixedClock>,
    yahoo: Yahoo,
}

fn desk(limits: Limits, faults: Vec<FaultRule>) -> Desk {
    let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
    let config = SimConfig { clock: ClockMode::Shared(clock.clone()), faults, ..SimConfig::default() };
    let sim = Simulator::spawn(config).unwrap();
    let yahoo = Yahoo::through(gateway(&sim, &clock, limits));
    Desk { sim, clock, yahoo }
}

fn gateway(sim: &SimHandle, clock: &Arc<FixedClock>, limits: Limits) -> Gateway {
    let transport = HttpTransport::new(&sim.base_url()).unwrap();
    let pause = SteppingPause::of(Arc::clone(clock));
    Gateway::timed(transport, clock.clone(), pause, limits, Box::new(|| 0.5))
}

impl Desk {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A budget whose deadline nothing here comes near to.
    fn budget(&self, calls: u32) -> LoadBudget {
        LoadBudget::foreground(calls, self.now() + TimeDelta::hours(12))
    }

    fn total(&self) -> RouteCounters {
        self.sim.counters().since_start.total
    }
}

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Symbols of several venues.
fn symbols(count: usize) -> Vec<Symbol> {
    let venue = |n: usize| ["", ".L", ".DE", ".TO"][n % 4];
    (0..count).map(|n| symbol(&format!("T{n}{}", venue(n)))).collect()
}
