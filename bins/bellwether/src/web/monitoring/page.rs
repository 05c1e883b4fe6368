//! The measures in words, for the page.

use std::collections::BTreeMap;

use bellwether_domain::{Quantiles, Span};
use bellwether_tracker::{RefreshStatus, Sharing};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::event_log::LogLine;
use super::measures::{Hits, Measures};
use crate::web::view::page::Page;

/// What its template takes.
#[derive(Debug, Serialize)]
pub(super) struct MonitoringPage {
    page: Page,
    at: String,
    alerts: Vec<String>,
    facts: Vec<(&'static str, String)>,
    spans: Vec<SpanRow>,
    pages: Vec<TimesRow>,
    upstream: Vec<SourceCard>,
    circuits: Vec<[String; 3]>,
    cache: Vec<Vec<String>>,
    hits: Vec<Vec<String>>,
    redis: Vec<(&'static str, String)>,
    refresh: Vec<(&'static str, String)>,
    database: Vec<(&'static str, String)>,
    queries: Vec<TimesRow>,
    jobs: Option<Vec<Vec<String>>>,
    waiting: String,
    slow: Vec<[String; 4]>,
    level: &'static str,
    log: Vec<LogRow>,
}

#[derive(Debug, Serialize)]
struct SpanRow {
    name: &'static str,
    cells: Vec<String>,
}

/// A name, counts, then p50, p90, p99 and the longest.
#[derive(Debug, Serialize)]
struct TimesRow {
    name: String,
    cells: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SourceCard {
    name: String,
    facts: Vec<(&'static str, String)>,
    endpoints: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct LogRow {
    at: String,
    level: &'static str,
    words: String,
}

const UNKNOWN: &str = "—";

impl MonitoringPage {
    pub(super) fn new(page: Page, measures: &Measures, level: &'static str, lines: Vec<LogLine>) -> Self {
        Self {
            page,
            at: instant(measures.at),
            alerts: measures.alerts.iter().map(|alert| alert.words.clone()).collect(),
            facts: facts(measures),
            spans: spans(measures),
            pages: measures.pages.iter().map(page_times).collect(),
            upstream: upstream(measures),
            circuits: circuits(measures),
            cache: cache(measures),
            hits: hits(measures),
            redis: redis(measures),
            refresh: refresh(measures),
            database: database(measures),
            queries: queries(measures),
            jobs: jobs(measures),
            waiting: waiting(measures),
            slow: measures
                .slow_requests
                .iter()
                .map(|slow| {
                    [instant(slow.at), slow.path.clone(), slow.status.to_string(), milliseconds(slow.took)]
                })
                .collect(),
            level,
            log: lines
                .into_iter()
                .map(|line| LogRow { at: instant(line.at), level: line.level, words: line.words })
                .collect(),
        }
    }
}

fn facts(measures: &Measures) -> Vec<(&'static str, String)> {
    let process = measures.process;
    vec![
        ("Running for", lasting(measures.at - measures.started_at)),
        ("Memory", process.memory_bytes.map_or_else(|| UNKNOWN.to_owned(), bytes)),
        (
            "Processor time",
            process.cpu_milliseconds.map_or_else(|| UNKNOWN.to_owned(), |used| milliseconds(used as f64)),
        ),
        ("Open connections", measures.connections.to_string()),
        ("Listening pages", measures.event_streams.to_string()),
        ("Open files", process.open_files.map_or_else(|| UNKNOWN.to_owned(), |count| count.to_string())),
        ("Version", measures.version.to_owned()),
    ]
}

fn spans(measures: &Measures) -> Vec<SpanRow> {
    let row = |(span, recent): (&Span, &super::measures::Recent)| SpanRow {
        name: span.words(),
        cells: vec![
            recent.requests.to_string(),
            part(recent.error_ratio()),
            part(recent.hit_ratio()),
            (recent.upstream_answered + recent.upstream_failed).to_string(),
            part(recent.upstream_error_ratio()),
            milliseconds(recent.cpu_milliseconds as f64),
        ],
    };
    measures.recent.iter().map(row).collect()
}

fn page_times(page: &super::requests::PageMeasures) -> TimesRow {
    let mut cells = vec![page.answered.to_string(), page.refused.to_string(), page.failed.to_string()];
    cells.extend(quantiles(page.hour));
    TimesRow { name: page.page.clone(), cells }
}

fn upstream(measures: &Measures) -> Vec<SourceCard> {
    let card = |source: &bellwether_tracker::SourceHealth| {
        let mut facts = Vec::new();
        let mut endpoints = Vec::new();
        if let Some(counters) = &source.upstream {
            facts = vec![
                ("Calls", counters.calls.to_string()),
                ("Calls of the last hour", counters.calls_last_hour.to_string()),
                (
                    "Left of this hour's budget",
                    counters.hourly_limit.saturating_sub(counters.calls_last_hour).to_string(),
                ),
                ("Retries", counters.retries.to_string()),
                (
                    "Circuit",
                    source.rests_until(measures.at).map_or_else(
                        || "closed".to_owned(),
                        |until| format!("open until {}", instant(until)),
                    ),
                ),
            ];
            match counters.sharing {
                Sharing::Alone => {}
                Sharing::Together => facts.push(("Limits", "shared by all processes".to_owned())),
                Sharing::Apart { since } => {
                    facts.push(("Limits", format!("this process's own since {}", instant(since))));
                }
            }
            endpoints = counters
                .by_endpoint
                .iter()
                .map(|(endpoint, of)| {
                    vec![
                        endpoint.clone(),
                        of.answered.to_string(),
                        of.throttled.to_string(),
                        of.failed.to_string(),
                        part(of.success()),
                    ]
                })
                .collect();
        }
        SourceCard { name: source.source.to_string(), facts, endpoints }
    };
    measures.upstream.sources.iter().map(card).collect()
}

fn circuits(measures: &Measures) -> Vec<[String; 3]> {
    let row = |change: &super::circuits::CircuitChange| {
        let until = change.until.map_or_else(String::new, |until| format!(" until {}", instant(until)));
        [instant(change.at), change.source.clone(), format!("{}{until}", change.state)]
    };
    measures.circuit_changes.iter().map(row).collect()
}

fn cache(measures: &Measures) -> Vec<Vec<String>> {
    let row = |name: &str, of: &bellwether_cache::KindStatistics| {
        let age =
            of.memory.mean_age_millis().map_or_else(|| UNKNOWN.to_owned(), |age| milliseconds(age as f64));
        vec![
            name.to_owned(),
            of.memory.hits.to_string(),
            of.memory.stale_hits.to_string(),
            of.memory.misses.to_string(),
            of.memory.waits.to_string(),
            (of.shared.hits + of.shared.stale_hits).to_string(),
            of.builds.to_string(),
            of.failures.to_string(),
            of.evictions.to_string(),
            of.entries.to_string(),
            bytes(of.bytes),
            age,
        ]
    };
    let kinds = measures.cache.kinds.iter().map(|(kind, of)| row(kind, of));
    kinds.chain([row("All", &measures.cache.all)]).collect()
}

/// The part of answers at hand by kind, then of all, in each span.
fn hits(measures: &Measures) -> Vec<Vec<String>> {
    let of_kind = |(kind, spans): (&&'static str, &BTreeMap<Span, Hits>)| {
        let ratios = spans.values().map(|hits| part(hits.ratio()));
        std::iter::once((*kind).to_owned()).chain(ratios).collect()
    };
    let of_all = measures.recent.values().map(|recent| part(recent.hit_ratio()));
    let all = std::iter::once("All".to_owned()).chain(of_all).collect();
    measures.recent_hits.iter().map(of_kind).chain([all]).collect()
}

fn redis(measures: &Measures) -> Vec<(&'static str, String)> {
    let Some(redis) = &measures.redis else { return Vec::new() };
    let mut facts = vec![
        ("State", redis.state.words().to_owned()),
        ("Calls", redis.calls.to_string()),
        ("Failed calls", redis.failures.to_string()),
        ("Left alone", redis.skipped.to_string()),
        ("Last answer", redis.answered_at.map_or_else(|| UNKNOWN.to_owned(), instant)),
    ];
    facts.extend(redis.failing_since.map(|since| ("Failing since", instant(since))));
    facts
}

fn refresh(measures: &Measures) -> Vec<(&'static str, String)> {
    let refresh = &measures.refresh;
    let status = match refresh.status {
        RefreshStatus::Idle => "none yet",
        RefreshStatus::Queued => "waits for its turn",
        RefreshStatus::Updating => "runs",
        RefreshStatus::Completed => "completed",
        RefreshStatus::Error => "failed",
    };
    vec![
        ("The last refresh", status.to_owned()),
        ("Instruments", format!("{} of {}", refresh.current, refresh.total)),
        ("With news", refresh.updated_count.to_string()),
        ("Not answered", refresh.failed_count.to_string()),
        ("Upstream calls", refresh.upstream_calls.to_string()),
        ("Most calls of a load, last hour", measures.most_calls_of_a_load.to_string()),
        ("Ended", refresh.last_updated.map_or_else(|| UNKNOWN.to_owned(), instant)),
    ]
}

fn database(measures: &Measures) -> Vec<(&'static str, String)> {
    let database = &measures.database;
    vec![
        ("Kind", database.kind.to_owned()),
        ("Reads", database.reads.to_string()),
        ("Writes", database.writes.to_string()),
        ("Statements", database.queries.to_string()),
        ("Refused statements", database.failed_queries.to_string()),
        (
            "Connections",
            format!(
                "{} of {}, {} idle",
                database.connections, database.connection_limit, database.idle_connections
            ),
        ),
        ("Waited for connections", milliseconds(database.waited)),
    ]
}

fn queries(measures: &Measures) -> Vec<TimesRow> {
    let database = &measures.database;
    [(Span::FiveMinutes, database.five_minutes), (Span::Hour, database.hour), (Span::Start, database.start)]
        .into_iter()
        .map(|(span, times)| {
            let count = times.map_or(0, |times| times.count).to_string();
            let cells = std::iter::once(count).chain(quantiles(times)).collect();
            TimesRow { name: span.words().to_owned(), cells }
        })
        .collect()
}

fn jobs(measures: &Measures) -> Option<Vec<Vec<String>>> {
    let jobs = measures.jobs.as_ref()?;
    let row = |(kind, of): (&String, &bellwether_tracker::KindOfJob)| {
        let counts = ["queued", "running", "succeeded", "failed", "dead", "cancelled"]
            .map(|state| of.by_state.get(state).copied().unwrap_or(0).to_string());
        let mut cells = vec![kind.clone()];
        cells.extend(counts);
        cells.extend(quantiles(of.hour));
        cells
    };
    Some(jobs.kinds.iter().map(row).collect())
}

fn waiting(measures: &Measures) -> String {
    match measures.jobs.as_ref().map(|jobs| jobs.waiting_since) {
        None => "The database does not answer.".to_owned(),
        Some(None) => "No job waits for a worker.".to_owned(),
        Some(Some(since)) => {
            format!("The first job that waits for a worker was due {} ago.", lasting(measures.at - since))
        }
    }
}

fn quantiles(of: Option<Quantiles>) -> [String; 4] {
    of.map_or_else(
        || [(); 4].map(|()| UNKNOWN.to_owned()),
        |of| [of.p50, of.p90, of.p99, of.max].map(milliseconds),
    )
}

fn part(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| UNKNOWN.to_owned(), |ratio| format!("{:.1} %", ratio * 100.0))
}

fn milliseconds(took: f64) -> String {
    match took {
        ..10.0 => format!("{took:.2} ms"),
        ..1_000.0 => format!("{took:.0} ms"),
        ..100_000.0 => format!("{:.1} s", took / 1_000.0),
        _ => lasting(TimeDelta::milliseconds(took as i64)),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

fn lasting(time: TimeDelta) -> String {
    let (days, hours, minutes) = (time.num_days(), time.num_hours() % 24, time.num_minutes() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", time.num_seconds().max(0)),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_told_in_fitting_units() {
        assert_eq!(
            [0.123, 12.4, 1_250.0, 3_700_000.0].map(milliseconds),
            ["0.12 ms", "12 ms", "1.2 s", "1 h 1 min"]
        );
        assert_eq!([999, 12_345, 12_345_678].map(bytes), ["999 B", "12.3 kB", "12.3 MB"]);
        let seconds = |count| lasting(TimeDelta::seconds(count));
        assert_eq!([5, 65, 3_700, 90_000].map(seconds), ["5 s", "1 min", "1 h 1 min", "1 d 1 h"]);
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        assert_eq!(part(None), "—");
        assert_eq!(part(Some(0.9555)), "95.5 %");
        assert_eq!(quantiles(None), ["—", "—", "—", "—"]);
    }
}
