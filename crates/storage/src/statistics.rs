//! Counts and times of what the database was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bellwether_domain::{Durations, Quantiles, SharedClock, Span};
use diesel::connection::{Instrumentation, InstrumentationEvent};

/// What the database was asked since the storage was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StorageStatistics {
    /// Calls that read.
    pub reads: u64,
    /// Calls that wrote, each one database transaction.
    pub writes: u64,
    /// Statements of all calls, without the beginning and end of transactions.
    pub queries: u64,
    /// Statements that the database refused.
    pub failed_queries: u64,
    /// Time spent in statements, reading their rows included.
    pub query_time: Duration,
    /// The longest statement.
    pub slowest_query: Duration,
    /// Time that calls waited for a connection.
    pub wait_time: Duration,
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Open ones.
    pub open: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// At the most.
    pub limit: u32,
}

pub(crate) struct Counters {
    clock: SharedClock,
    /// How long statements took.
    durations: Durations,
    reads: AtomicU64,
    writes: AtomicU64,
    queries: AtomicU64,
    failed_queries: AtomicU64,
    query_nanos: AtomicU64,
    slowest_nanos: AtomicU64,
    wait_nanos: AtomicU64,
}

impl Counters {
    pub(crate) fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            durations: Durations::default(),
            reads: AtomicU64::default(),
            writes: AtomicU64::default(),
            queries: AtomicU64::default(),
            failed_queries: AtomicU64::default(),
            query_nanos: AtomicU64::default(),
            slowest_nanos: AtomicU64::default(),
            wait_nanos: AtomicU64::default(),
        }
    }

    pub(crate) fn quantiles(&self, span: Span) -> Option<Quantiles> {
        self.durations.quantiles(span, self.clock.now())
    }

    pub(crate) fn count_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_wait(&self, waited: Duration) {
        self.wait_nanos.fetch_add(nanos(waited), Ordering::Relaxed);
    }

    fn add_query(&self, took: Duration, failed: bool) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.durations.record(self.clock.now(), took);
        self.failed_queries.fetch_add(failed.into(), Ordering::Relaxed);
        self.query_nanos.fetch_add(nanos(took), Ordering::Relaxed);
        self.slowest_nanos.fetch_max(nanos(took), Ordering::Relaxed);
    }

    pub(crate) fn statistics(&self) -> StorageStatistics {
        let time = |counter: &AtomicU64| Duration::from_nanos(counter.load(Ordering::Relaxed));
        StorageStatistics {
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            queries: self.queries.load(Ordering::Relaxed),
            failed_queries: self.failed_queries.load(Ordering::Relaxed),
            query_time: time(&self.query_nanos),
            slowest_query: time(&self.slowest_nanos),
            wait_time: time(&self.wait_nanos),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Counts the statements of one call.
pub(crate) struct Meter {
    counters: Arc<Counters>,
    started: Option<Instant>,
    /// The next statement begins or ends a transaction.
    boundary: bool,
}

impl Meter {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        Self { counters, started: None, boundary: false }
    }
}

impl Instrumentation for Meter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::BeginTransaction { .. }
            | InstrumentationEvent::CommitTransaction { .. }
            | InstrumentationEvent::RollbackTransaction { .. } => self.boundary = true,
            InstrumentationEvent::StartQuery { .. } if !self.boundary => self.started = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { error, .. } => {
                self.boundary = false;
                if let Some(started) = self.started.take() {
                    self.counters.add_query(started.elapsed(), error.is_some());
                }
            }
            _ => {}
        }
    }
}
