//! All that is measured, at one moment.

use std::collections::BTreeMap;

use bellwether_cache::redis::RedisHealth;
use bellwether_cache::{KindStatistics, SnapshotStatistics};
use bellwether_domain::Span;
use bellwether_tracker::{DatabaseHealth, JobsHealth, RefreshProgress, TrackerError, UpstreamHealth};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::alerts::{self, Alert};
use super::circuits::CircuitChange;
use super::process::ProcessMeasures;
use super::recent_counts::Counts;
use super::requests::{PageMeasures, SlowRequest};
use crate::web::State;

/// All that is measured. Times of requests, statements and jobs are in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Measures {
    pub(super) version: &'static str,
    pub(super) at: DateTime<Utc>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) alerts: Vec<Alert>,
    pub(super) process: ProcessMeasures,
    /// Connections that browsers and programs have open.
    pub(super) connections: u64,
    /// Pages that listen to what changes.
    pub(super) event_streams: usize,
    pub(super) pages: Vec<PageMeasures>,
    pub(super) slow_requests: Vec<SlowRequest>,
    /// How many there were since the start.
    pub(super) slow_requests_total: u64,
    /// Lines of the log since the start, by level.
    pub(super) log_lines: BTreeMap<&'static str, u64>,
    pub(super) upstream: UpstreamHealth,
    /// The refresh of prices that runs or ran last.
    pub(super) refresh: RefreshProgress,
    /// The most upstream calls that one load of prices made in the last hour.
    pub(super) most_calls_of_a_load: u32,
    /// How often the circuit of each source opened since the start.
    pub(super) circuits_opened: BTreeMap<String, u64>,
    pub(super) circuit_changes: Vec<CircuitChange>,
    pub(super) cache: SnapshotStatistics,
    pub(super) redis: Option<RedisHealth>,
    pub(super) database: DatabaseHealth,
    /// `None` while the database does not answer.
    pub(super) jobs: Option<JobsHealth>,
    /// By how much counters rose in each span.
    pub(super) recent: BTreeMap<Span, Recent>,
    /// How finished answers of each kind fared in each span.
    pub(super) recent_hits: BTreeMap<&'static str, BTreeMap<Span, Hits>>,
}

impl Measures {
    /// Whether a job runs somewhere.
    pub(super) fn runs_jobs(&self) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| jobs.by_state.get("running").is_some_and(|count| *count > 0))
    }
}

/// Requests for finished answers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Hits {
    /// Of which the answer was in memory.
    pub(super) hits: u64,
    /// Of which it had to be fetched from Redis, built or waited for.
    pub(super) misses: u64,
}

impl Hits {
    /// The part, 0 to 1, that was there.
    pub(super) fn ratio(self) -> Option<f64> {
        ratio(self.hits, self.hits + self.misses)
    }

    fn of(kind: &KindStatistics) -> Self {
        let memory = kind.memory;
        Self { hits: memory.hits + memory.stale_hits, misses: memory.misses + memory.waits }
    }
}

/// What happened within a span.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(super) struct Recent {
    /// Requests that were answered, refusals included.
    pub(super) requests: u64,
    /// Those of them that failed by our fault.
    pub(super) failed_requests: u64,
    /// Answers that were in memory when they were asked for.
    pub(super) cache_hits: u64,
    /// Answers that had to be fetched from Redis, built or waited for.
    pub(super) cache_misses: u64,
    /// Upstream calls that were answered.
    pub(super) upstream_answered: u64,
    /// Upstream calls that were refused or failed.
    pub(super) upstream_failed: u64,
    /// Processor time, in milliseconds.
    pub(super) cpu_milliseconds: u64,
}

impl Recent {
    /// The part of requests, 0 to 1, that failed.
    pub(super) fn error_ratio(&self) -> Option<f64> {
        ratio(self.failed_requests, self.requests)
    }

    /// The part of the answers, 0 to 1, that were there.
    pub(super) fn hit_ratio(&self) -> Option<f64> {
        ratio(self.cache_hits, self.cache_hits + self.cache_misses)
    }

    /// The part of upstream calls, 0 to 1, that were not answered.
    pub(super) fn upstream_error_ratio(&self) -> Option<f64> {
        ratio(self.upstream_failed, self.upstream_answered + self.upstream_failed)
    }

    fn of(counts: &Counts) -> Self {
        let count = |name| counts.get(name).copied().unwrap_or(0);
        Self {
            requests: count(REQUESTS),
            failed_requests: count(FAILED),
            cache_hits: count(HITS),
            cache_misses: count(MISSES),
            upstream_answered: count(ANSWERED),
            upstream_failed: count(UNANSWERED),
            cpu_milliseconds: count(CPU),
        }
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

const REQUESTS: &str = "requests";
const FAILED: &str = "failed requests";
const HITS: &str = "cache hits";
const MISSES: &str = "cache misses";
const ANSWERED: &str = "upstream answered";
const UNANSWERED: &str = "upstream failed";
const CPU: &str = "cpu";

/// What counts from the start on.
fn counts(
    pages: &[PageMeasures],
    cache: &SnapshotStatistics,
    upstream: &UpstreamHealth,
    process: ProcessMeasures,
) -> Counts {
    let endpoints = || upstream.sources.iter().filter_map(|source| source.upstream.as_ref());
    let endpoints = || endpoints().flat_map(|counters| counters.by_endpoint.values());
    let all = Hits::of(&cache.all);
    let counts = [
        (REQUESTS, pages.iter().map(|page| page.answered + page.refused + page.failed).sum()),
        (FAILED, pages.iter().map(|page| page.failed).sum()),
        (HITS, all.hits),
        (MISSES, all.misses),
        (ANSWERED, endpoints().map(|endpoint| endpoint.answered).sum()),
        (UNANSWERED, endpoints().map(|endpoint| endpoint.throttled + endpoint.failed).sum()),
        (CPU, process.cpu_milliseconds.unwrap_or(0)),
    ];
    let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count));
    let by_kind = cache.kinds.iter().flat_map(|(kind, of)| {
        let Hits { hits, misses } = Hits::of(of);
        [(of_kind(HITS, kind), hits), (of_kind(MISSES, kind), misses)]
    });
    counts.chain(by_kind).collect()
}

fn of_kind(counter: &str, kind: &str) -> String {
    format!("{counter} of {kind}")
}

/// Notes what counts from the start on, once a minute.
pub(super) fn note(state: &State) {
    let now = state.tracker.clock().now();
    let monitoring = &state.monitoring;
    let counts = counts(
        &monitoring.requests.pages(now),
        &state.snapshots.statistics(),
        &state.tracker.upstream_health(),
        monitoring.process.read(),
    );
    monitoring.recent.note(now, counts);
}

/// Reads all meters.
pub(super) async fn read(state: &State) -> Measures {
    let (tracker, monitoring) = (&state.tracker, &state.monitoring);
    let now = tracker.clock().now();
    let jobs = tracker.jobs_health().await.inspect_err(|error: &TrackerError| {
        tracing::warn!(%error, "monitoring.jobs_unknown");
    });
    if let Err(error) = tracker.look_elsewhere().await {
        tracing::warn!(%error, "monitoring.refresh_unknown");
    }
    if let Some(redis) = tracker.redis() {
        // Its outcome shows in the health.
        let _ = redis.ping().await;
    }
    let (pages, process) = (monitoring.requests.pages(now), monitoring.process.read());
    let (cache, upstream) = (state.snapshots.statistics(), tracker.upstream_health_of_all().await);
    let counts = counts(&pages, &cache, &upstream, process);
    let risen = Span::ALL.map(|span| (span, monitoring.recent.risen(span, now, &counts)));
    let hits = |kind: &'static str| {
        let in_span = |(span, counts): &(Span, Counts)| {
            let count = |counter| counts.get(&of_kind(counter, kind)).copied().unwrap_or(0);
            (*span, Hits { hits: count(HITS), misses: count(MISSES) })
        };
        (kind, risen.iter().map(in_span).collect())
    };
    let recent_hits = cache.kinds.keys().map(|kind| hits(kind)).collect();
    let mut measures = Measures {
        version: env!("CARGO_PKG_VERSION"),
        at: now,
        started_at: monitoring.started_at,
        alerts: Vec::new(),
        process,
        connections: monitoring.requests.connections(),
        event_streams: state.events.streams(),
        pages,
        slow_requests: monitoring.requests.slow(),
        slow_requests_total: monitoring.requests.slow_total(),
        log_lines: monitoring.log.counts(),
        upstream,
        refresh: tracker.refresh_progress(),
        most_calls_of_a_load: tracker.most_calls_of_a_load(),
        circuits_opened: monitoring.circuits.opened(),
        circuit_changes: monitoring.circuits.changes(),
        cache,
        redis: tracker.redis().map(bellwether_cache::redis::Redis::health),
        database: tracker.database_health(),
        jobs: jobs.ok(),
        recent: risen.iter().map(|(span, counts)| (*span, Recent::of(counts))).collect(),
        recent_hits,
    };
    measures.alerts = alerts::of(&measures);
    measures
}
