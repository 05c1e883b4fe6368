//! What the service has been asked: the ground truth for assertions about a client.

mod histogram;
mod prometheus;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ask::Route;
use histogram::Histogram;
pub(crate) use prometheus::exposition;

/// How many calls the log remembers.
const LOG_LENGTH: usize = 10_000;

/// What was asked of one endpoint, or of all together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RouteCounters {
    /// Requests, refused and cut ones included.
    pub calls: u64,
    /// Requests by the status that they were answered with; 0 for those that got none.
    pub by_status: BTreeMap<u16, u64>,
    /// Symbols in all requests.
    pub symbols_asked: u64,
    /// Symbols that were told about.
    pub symbols_answered: u64,
    /// Bytes of all bodies, before compression.
    pub bytes: u64,
    /// Requests refused with 429.
    pub throttled: u64,
    /// Requests that a fault was applied to.
    pub faulted: u64,
    /// Requests that the edge answered from its cache.
    pub edge_hits: u64,
    /// Most requests in flight at one time.
    pub peak_in_flight: u32,
    /// Most symbols in one request.
    pub max_symbols: usize,
    /// Longest path with query, in bytes.
    pub max_url_bytes: usize,
    /// Half of the requests were answered within so many microseconds, injected latency included.
    pub p50_us: u64,
    /// All but one in a hundred were answered within so many microseconds.
    pub p99_us: u64,
}

impl RouteCounters {
    /// Requests that were answered with a status.
    pub fn status(&self, code: u16) -> u64 {
        self.by_status.get(&code).copied().unwrap_or_default()
    }
}

/// What was asked of the service since some point.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// All endpoints together.
    pub total: RouteCounters,
    /// Each endpoint that was asked.
    pub routes: BTreeMap<Route, RouteCounters>,
    /// Different clients.
    pub distinct_clients: usize,
    /// Crumbs that were given out.
    pub handshakes: u64,
}

impl Totals {
    /// What was asked of one endpoint.
    pub fn route(&self, route: Route) -> RouteCounters {
        self.routes.get(&route).cloned().unwrap_or_default()
    }

    /// Calls to both versions of spark.
    pub fn spark_calls(&self) -> u64 {
        self.route(Route::SparkV7).calls + self.route(Route::SparkV8).calls
    }
}

/// The counters at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Since the start, or the last reset.
    pub since_start: Totals,
    /// Since the last mark.
    pub since_mark: Totals,
    /// The name of that mark.
    pub mark: Option<String>,
    /// Requests in flight now.
    pub in_flight: u32,
    /// Clients that are blocked now.
    pub blocked_now: usize,
}

/// A named point in the stream of calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its name.
    pub name: String,
    /// When it was set, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// Calls since the start until then.
    pub calls_before: u64,
    /// Calls since then.
    pub calls_since: u64,
}

/// One call of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number, from 1 on.
    pub sequence: u64,
    /// When it came, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub client: String,
    /// What was asked.
    pub route: Route,
    /// Path and query.
    pub url: String,
    /// The symbols in it.
    pub symbols: Vec<String>,
    /// The status that was sent; 0 for none.
    pub status: u16,
    /// The fault that was applied.
    pub fault: Option<String>,
    /// The edge answered.
    pub from_edge: bool,
    /// Injected latency.
    pub latency_ms: f64,
}

/// What is known of a call when it has been answered.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) entry: LogEntry,
    pub(crate) answered: usize,
    pub(crate) bytes: usize,
    pub(crate) took: Duration,
}

/// Counts and remembers calls.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    start: Tally,
    mark: Tally,
    mark_name: Option<String>,
    marks: Vec<Mark>,
    log: VecDeque<LogEntry>,
    sequence: u64,
    in_flight: BTreeMap<Route, u32>,
}

#[derive(Debug, Default)]
struct Tally {
    total: RouteTally,
    routes: BTreeMap<Route, RouteTally>,
    clients: BTreeSet<String>,
    handshakes: u64,
}

#[derive(Debug, Default)]
struct RouteTally {
    counters: RouteCounters,
    times: Histogram,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call has come.
    pub(crate) fn begin(&self, route: Route) {
        let mut inner = self.lock();
        let here = inner.in_flight.entry(route).or_default();
        *here += 1;
        let (here, all) = (*here, inner.in_flight.values().sum::<u32>());
        for tally in inner.tallies() {
            tally.total.counters.peak_in_flight = tally.total.counters.peak_in_flight.max(all);
            let counters = &mut tally.routes.entry(route).or_default().counters;
            counters.peak_in_flight = counters.peak_in_flight.max(here);
        }
    }

    /// A call is over, whether it was answered or its client left.
    pub(crate) fn end(&self, route: Route) {
        if let Some(here) = self.lock().in_flight.get_mut(&route) {
            *here = here.saturating_sub(1);
        }
    }

    /// A call was answered, or cut on purpose.
    pub(crate) fn record(&self, mut served: Served) {
        let mut inner = self.lock();
        inner.sequence += 1;
        served.entry.sequence = inner.sequence;
        for tally in inner.tallies() {
            tally.total.add(&served);
            tally.routes.entry(served.entry.route).or_default().add(&served);
            if !tally.clients.contains(&served.entry.client) {
                tally.clients.insert(served.entry.client.clone());
            }
        }
        if inner.log.len() >= LOG_LENGTH {
            inner.log.pop_front();
        }
        inner.log.push_back(served.entry);
    }

    /// A crumb was given out.
    pub(crate) fn handshake(&self) {
        for tally in self.lock().tallies() {
            tally.handshakes += 1;
        }
    }

    pub(crate) fn counters(&self, blocked_now: usize) -> Counters {
        let inner = self.lock();
        Counters {
            since_start: inner.start.totals(),
            since_mark: inner.mark.totals(),
            mark: inner.mark_name.clone(),
            in_flight: inner.in_flight.values().sum(),
            blocked_now,
        }
    }

    /// Begins a new stretch of counting.
    pub(crate) fn mark(&self, name: &str, at: DateTime<Utc>) {
        let mut inner = self.lock();
        let calls_before = inner.start.total.counters.calls;
        inner.marks.push(Mark { name: name.to_owned(), at, calls_before, calls_since: 0 });
        inner.mark = Tally::default();
        inner.mark_name = Some(name.to_owned());
    }

    pub(crate) fn marks(&self) -> Vec<Mark> {
        let inner = self.lock();
        let calls = inner.start.total.counters.calls;
        let since = |mark: &Mark| Mark { calls_since: calls - mark.calls_before, ..mark.clone() };
        inner.marks.iter().map(since).collect()
    }

    /// The calls with a greater number than one.
    pub(crate) fn log_since(&self, sequence: u64) -> Vec<LogEntry> {
        self.lock().log.iter().filter(|entry| entry.sequence > sequence).cloned().collect()
    }

    /// Forgets everything but what is in flight.
    pub(crate) fn reset(&self) {
        let mut inner = self.lock();
        let in_flight = std::mem::take(&mut inner.in_flight);
        *inner = Inner { in_flight, ..Inner::default() };
    }
}

impl Inner {
    fn tallies(&mut self) -> [&mut Tally; 2] {
        [&mut self.start, &mut self.mark]
    }
}

impl Tally {
    fn totals(&self) -> Totals {
        let asked = self.routes.iter().filter(|(_, tally)| tally.counters.calls > 0);
        Totals {
            total: self.total.counters(),
            routes: asked.map(|(route, tally)| (*route, tally.counters())).collect(),
            distinct_clients: self.clients.len(),
            handshakes: self.handshakes,
        }
    }
}

impl RouteTally {
    fn add(&mut self, served: &Served) {
        let counters = &mut self.counters;
        let entry = &served.entry;
        counters.calls += 1;
        *counters.by_status.entry(entry.status).or_default() += 1;
        counters.symbols_asked += entry.symbols.len() as u64;
        counters.symbols_answered += served.answered as u64;
        counters.bytes += served.bytes as u64;
        counters.throttled += u64::from(entry.status == 429);
        counters.faulted += u64::from(entry.fault.is_some());
        counters.edge_hits += u64::from(entry.from_edge);
        counters.max_symbols = counters.max_symbols.max(entry.symbols.len());
        counters.max_url_bytes = counters.max_url_bytes.max(entry.url.len());
        self.times.add(served.took.as_micros() as u64);
    }

    fn counters(&self) -> RouteCounters {
        RouteCounters {
            p50_us: self.times.quantile(0.5),
            p99_us: self.times.quantile(0.99),
            ..self.counters.clone()
        }
    }
}
