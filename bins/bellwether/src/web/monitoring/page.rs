//! The measures in words, for the page.

mod units;

use std::collections::BTreeMap;

use bellwether_cache::redis::RedisState;
use bellwether_domain::{Exchange, Span};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{Job, RefreshStatus, Sharing, SourceHealth};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::event_log::LogLine;
use super::measures::{Hits, Measures};
use super::requests::NOWHERE;
use crate::web::imports::capital;
use crate::web::view::page::Page;
use units::{UNKNOWN, Units};

/// What its template takes.
#[derive(Debug, Serialize)]
pub(super) struct MonitoringPage {
    page: Page,
    at: Moment,
    alerts: Vec<String>,
    facts: Vec<Fact>,
    spans: Vec<SpanRow>,
    pages: Vec<TimesRow>,
    upstream: Vec<SourceCard>,
    circuits: Vec<CircuitRow>,
    cache: Vec<Vec<String>>,
    hits: Vec<Vec<String>>,
    redis: Vec<Fact>,
    refresh: Vec<Fact>,
    refreshing: Option<Course>,
    database: Vec<Fact>,
    queries: Vec<TimesRow>,
    running: Vec<Course>,
    jobs: Option<Vec<Vec<String>>>,
    waiting: String,
    slow: Vec<SlowRow>,
    levels: Vec<LevelLink>,
    log: Vec<LogRow>,
}

/// A name and a value, and whether the value is as it should be.
#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
    state: &'static str,
}

/// An instant in few letters, and exactly.
#[derive(Debug, Serialize)]
struct Moment {
    words: String,
    exactly: String,
}

#[derive(Debug, Serialize)]
struct SpanRow {
    name: String,
    title: String,
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
    facts: Vec<Fact>,
    /// How much of the hour's budget is used.
    budget: Option<Course>,
    endpoints: Vec<Vec<String>>,
}

/// How far something came.
#[derive(Debug, Serialize)]
struct Course {
    name: String,
    done: u64,
    total: u64,
    words: String,
    /// Where it can be called off.
    cancel: Option<String>,
}

#[derive(Debug, Serialize)]
struct CircuitRow {
    at: Moment,
    source: String,
    state: String,
}

#[derive(Debug, Serialize)]
struct SlowRow {
    at: Moment,
    path: String,
    words: String,
}

#[derive(Debug, Serialize)]
struct LevelLink {
    word: &'static str,
    name: String,
    here: bool,
}

#[derive(Debug, Serialize)]
struct LogRow {
    at: Moment,
    level: &'static str,
    name: String,
    words: String,
}

/// How a page is read: the language, and the clock on the wall.
pub(super) struct Wall {
    pub(super) locale: Locale,
    pub(super) exchange: Exchange,
    pub(super) now: DateTime<Utc>,
}

impl Wall {
    /// `16:02:11` today, `14 Mar, 16:02:11` otherwise.
    fn moment(&self, at: DateTime<Utc>) -> Moment {
        let zone = self.exchange.zone();
        let local = at.with_timezone(&zone);
        let time = local.format("%H:%M:%S").to_string();
        let is_today = local.date_naive() == self.now.with_timezone(&zone).date_naive();
        let words =
            if is_today { time } else { format!("{}, {time}", self.locale.short_day(local.date_naive())) };
        Moment { words, exactly: at.format("%Y-%m-%d %H:%M:%S UTC").to_string() }
    }

    fn instant(&self, at: DateTime<Utc>) -> String {
        self.moment(at).words
    }

    fn say(&self, sentence: &Sentence) -> String {
        self.locale.say(sentence)
    }

    fn units(&self) -> Units {
        Units(self.locale)
    }

    fn fact(&self, key: &'static str, value: String) -> Fact {
        Fact { name: self.locale.text(key), value, state: "" }
    }

    fn span(&self, span: Span) -> String {
        self.locale.text(match span {
            Span::FiveMinutes => "monitoring.span.five_minutes",
            Span::Hour => "monitoring.span.hour",
            Span::Start => "monitoring.span.start",
        })
    }
}

impl MonitoringPage {
    pub(super) fn new(
        page: Page,
        measures: &Measures,
        running: &[Job],
        level: &'static str,
        lines: Vec<LogLine>,
        wall: &Wall,
    ) -> Self {
        let level_name = |level: &str| {
            wall.locale.text(match level {
                "error" => "monitoring.level.error",
                "warn" => "monitoring.level.warn",
                _ => "monitoring.level.info",
            })
        };
        Self {
            page,
            at: wall.moment(measures.at),
            alerts: measures.alerts.iter().map(|alert| wall.say(&alert.said)).collect(),
            facts: facts(measures, wall),
            spans: spans(measures, wall),
            pages: measures.pages.iter().map(|page| page_times(page, wall)).collect(),
            upstream: measures.upstream.sources.iter().map(|source| card(source, measures, wall)).collect(),
            circuits: measures.circuit_changes.iter().map(|change| circuit(change, wall)).collect(),
            cache: cache(measures, wall),
            hits: hits(measures, wall),
            redis: redis(measures, wall),
            refresh: refresh(measures, wall),
            refreshing: refreshing(measures, wall),
            database: database(measures, wall),
            queries: queries(measures, wall),
            running: running.iter().map(|job| course_of(job, wall)).collect(),
            jobs: jobs(measures, wall),
            waiting: waiting(measures, wall),
            slow: measures
                .slow_requests
                .iter()
                .map(|slow| SlowRow {
                    at: wall.moment(slow.at),
                    path: slow.path.clone(),
                    words: format!("{}, {}", slow.status, wall.units().milliseconds(slow.took)),
                })
                .collect(),
            levels: ["info", "warn", "error"]
                .map(|word| LevelLink { word, name: level_name(word), here: word == level })
                .into(),
            log: lines
                .into_iter()
                .map(|line| LogRow {
                    at: wall.moment(line.at),
                    level: line.level,
                    name: level_name(line.level),
                    words: line.words,
                })
                .collect(),
        }
    }
}

fn facts(measures: &Measures, wall: &Wall) -> Vec<Fact> {
    let (process, units) = (measures.process, wall.units());
    let known = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.to_owned());
    vec![
        wall.fact("monitoring.fact.running", units.lasting(measures.at - measures.started_at)),
        wall.fact("monitoring.fact.memory", known(process.memory_bytes.map(|bytes| units.bytes(bytes)))),
        wall.fact(
            "monitoring.fact.processor",
            known(process.cpu_milliseconds.map(|used| units.milliseconds(used as f64))),
        ),
        wall.fact("monitoring.fact.connections", units.count(measures.connections)),
        wall.fact("monitoring.fact.listening", units.count(measures.event_streams as u64)),
        wall.fact("monitoring.fact.files", known(process.open_files.map(|count| units.count(count)))),
        wall.fact("monitoring.fact.version", measures.version.to_owned()),
    ]
}

fn spans(measures: &Measures, wall: &Wall) -> Vec<SpanRow> {
    let units = wall.units();
    let row = |(span, recent): (&Span, &super::measures::Recent)| SpanRow {
        name: wall.span(*span),
        title: capital(&wall.span(*span)),
        cells: vec![
            units.count(recent.requests),
            units.part(recent.error_ratio()),
            units.part(recent.hit_ratio()),
            units.count(recent.upstream_answered + recent.upstream_failed),
            units.part(recent.upstream_error_ratio()),
            units.milliseconds(recent.cpu_milliseconds as f64),
        ],
    };
    measures.recent.iter().map(row).collect()
}

fn page_times(page: &super::requests::PageMeasures, wall: &Wall) -> TimesRow {
    let units = wall.units();
    let mut cells = vec![units.count(page.answered), units.count(page.refused), units.count(page.failed)];
    cells.extend(units.quantiles(page.hour));
    let name = match page.page.as_str() {
        NOWHERE => wall.locale.text("monitoring.nowhere"),
        pattern => pattern.to_owned(),
    };
    TimesRow { name, cells }
}

fn card(source: &SourceHealth, measures: &Measures, wall: &Wall) -> SourceCard {
    let units = wall.units();
    let name = source.source.to_string();
    let Some(counters) = &source.upstream else {
        return SourceCard { name, facts: Vec::new(), budget: None, endpoints: Vec::new() };
    };
    let circuit = match source.rests_until(measures.at) {
        None => Fact {
            state: "good",
            ..wall.fact("monitoring.fact.circuit", wall.locale.text("monitoring.closed"))
        },
        Some(until) => {
            let open = Sentence::new("monitoring.open_until").with("until", wall.instant(until));
            Fact { state: "bad", ..wall.fact("monitoring.fact.circuit", wall.say(&open)) }
        }
    };
    let used = u64::from(counters.calls_last_hour);
    let limit = u64::from(counters.hourly_limit);
    let mut facts = vec![
        circuit,
        wall.fact("monitoring.fact.calls", units.count(counters.calls)),
        wall.fact("monitoring.fact.calls_hour", units.count(used)),
        wall.fact("monitoring.fact.budget_left", units.count(limit.saturating_sub(used))),
        wall.fact("monitoring.fact.retries", units.count(counters.retries)),
    ];
    match counters.sharing {
        Sharing::Alone => {}
        Sharing::Together => {
            facts.push(wall.fact("monitoring.fact.limits", wall.locale.text("monitoring.shared")));
        }
        Sharing::Apart { since } => {
            let apart = Sentence::new("monitoring.apart").with("since", wall.instant(since));
            facts.push(wall.fact("monitoring.fact.limits", wall.say(&apart)));
        }
    }
    let budget =
        Sentence::new("monitoring.budget").with("used", units.count(used)).with("limit", units.count(limit));
    let endpoints = counters.by_endpoint.iter().map(|(endpoint, of)| {
        vec![
            endpoint.clone(),
            units.count(of.answered),
            units.count(of.throttled),
            units.count(of.failed),
            units.part(of.success()),
        ]
    });
    SourceCard {
        name,
        facts,
        budget: (limit > 0).then(|| Course {
            name: wall.locale.text("monitoring.budget_name"),
            done: used,
            total: limit,
            words: wall.say(&budget),
            cancel: None,
        }),
        endpoints: endpoints.collect(),
    }
}

fn circuit(change: &super::circuits::CircuitChange, wall: &Wall) -> CircuitRow {
    let state = match (change.state.as_str(), change.until) {
        ("open", Some(until)) => {
            wall.say(&Sentence::new("monitoring.open_until").with("until", wall.instant(until)))
        }
        ("open", None) => wall.locale.text("monitoring.open"),
        ("half-open", _) => wall.locale.text("monitoring.half_open"),
        ("closed", _) => wall.locale.text("monitoring.closed"),
        (other, _) => other.to_owned(),
    };
    CircuitRow { at: wall.moment(change.at), source: change.source.clone(), state }
}

fn cache(measures: &Measures, wall: &Wall) -> Vec<Vec<String>> {
    let units = wall.units();
    let row = |name: &str, of: &bellwether_cache::KindStatistics| {
        let age = of.memory.mean_age_millis();
        let age = age.map_or_else(|| UNKNOWN.to_owned(), |age| units.milliseconds(age as f64));
        vec![
            name.to_owned(),
            units.count(of.memory.hits),
            units.count(of.memory.stale_hits),
            units.count(of.memory.misses),
            units.count(of.memory.waits),
            units.count(of.shared.hits + of.shared.stale_hits),
            units.count(of.builds),
            units.count(of.failures),
            units.count(of.evictions),
            units.count(of.entries),
            units.bytes(of.bytes),
            age,
        ]
    };
    let kinds = measures.cache.kinds.iter().map(|(kind, of)| row(kind, of));
    kinds.chain([row(&units.text("monitoring.all"), &measures.cache.all)]).collect()
}

/// The part of answers at hand by kind, then of all, in each span.
fn hits(measures: &Measures, wall: &Wall) -> Vec<Vec<String>> {
    let units = wall.units();
    let of_kind = |(kind, spans): (&&'static str, &BTreeMap<Span, Hits>)| {
        let ratios = spans.values().map(|hits| units.part(hits.ratio()));
        std::iter::once((*kind).to_owned()).chain(ratios).collect()
    };
    let of_all = measures.recent.values().map(|recent| units.part(recent.hit_ratio()));
    let all = std::iter::once(units.text("monitoring.all")).chain(of_all).collect();
    measures.recent_hits.iter().map(of_kind).chain([all]).collect()
}

fn redis(measures: &Measures, wall: &Wall) -> Vec<Fact> {
    let Some(redis) = &measures.redis else { return Vec::new() };
    let units = wall.units();
    let (key, state) = match redis.state {
        RedisState::Untried => ("monitoring.redis.untried", ""),
        RedisState::Up => ("monitoring.redis.up", "good"),
        RedisState::ReadOnly => ("monitoring.redis.read_only", "bad"),
        RedisState::Away => ("monitoring.redis.away", "bad"),
    };
    let mut facts = vec![
        Fact { state, ..wall.fact("monitoring.fact.state", wall.locale.text(key)) },
        wall.fact("monitoring.fact.redis_calls", units.count(redis.calls)),
        wall.fact("monitoring.fact.failed_calls", units.count(redis.failures)),
        wall.fact("monitoring.fact.left_alone", units.count(redis.skipped)),
        wall.fact(
            "monitoring.fact.last_answer",
            redis.answered_at.map_or_else(|| UNKNOWN.to_owned(), |at| wall.instant(at)),
        ),
    ];
    facts.extend(redis.failing_since.map(|since| wall.fact("monitoring.fact.failing", wall.instant(since))));
    facts
}

fn refresh(measures: &Measures, wall: &Wall) -> Vec<Fact> {
    let (refresh, units) = (&measures.refresh, wall.units());
    let (key, state) = match refresh.status {
        RefreshStatus::Idle => ("monitoring.refresh.none", ""),
        RefreshStatus::Queued => ("monitoring.refresh.queued", ""),
        RefreshStatus::Updating => ("monitoring.refresh.running", ""),
        RefreshStatus::Completed => ("monitoring.refresh.completed", "good"),
        RefreshStatus::Error => ("monitoring.refresh.failed", "bad"),
    };
    let of = |done: String, total: String| {
        wall.say(&Sentence::new("monitoring.of").with("done", done).with("total", total))
    };
    vec![
        Fact { state, ..wall.fact("monitoring.fact.last_refresh", wall.locale.text(key)) },
        wall.fact("monitoring.fact.instruments", of(refresh.current.to_string(), refresh.total.to_string())),
        wall.fact("monitoring.fact.with_news", refresh.updated_count.to_string()),
        wall.fact("monitoring.fact.unanswered", refresh.failed_count.to_string()),
        wall.fact("monitoring.fact.upstream_calls", refresh.upstream_calls.to_string()),
        wall.fact("monitoring.fact.most_calls", units.count(u64::from(measures.most_calls_of_a_load))),
        wall.fact(
            "monitoring.fact.ended",
            refresh.last_updated.map_or_else(|| UNKNOWN.to_owned(), |at| wall.instant(at)),
        ),
    ]
}

/// A refresh that runs.
fn refreshing(measures: &Measures, wall: &Wall) -> Option<Course> {
    let refresh = &measures.refresh;
    if !matches!(refresh.status, RefreshStatus::Updating) || refresh.total == 0 {
        return None;
    }
    let (done, total) = (refresh.current as u64, refresh.total as u64);
    let units = wall.units();
    let words = Sentence::new("monitoring.refresh.course")
        .with("done", units.count(done))
        .with("total", units.count(total));
    let name = wall.locale.text("monitoring.prices");
    Some(Course { name, done, total, words: wall.say(&words), cancel: None })
}

fn database(measures: &Measures, wall: &Wall) -> Vec<Fact> {
    let (database, units) = (&measures.database, wall.units());
    let connections = Sentence::new("monitoring.connections")
        .with("open", database.connections.to_string())
        .with("limit", database.connection_limit.to_string())
        .with("idle", database.idle_connections.to_string());
    vec![
        wall.fact("monitoring.fact.kind", database.kind.to_owned()),
        wall.fact("monitoring.fact.reads", units.count(database.reads)),
        wall.fact("monitoring.fact.writes", units.count(database.writes)),
        wall.fact("monitoring.fact.statements", units.count(database.queries)),
        wall.fact("monitoring.fact.refused", units.count(database.failed_queries)),
        wall.fact("monitoring.fact.database_connections", wall.say(&connections)),
        wall.fact("monitoring.fact.waited", units.milliseconds(database.waited)),
    ]
}

fn queries(measures: &Measures, wall: &Wall) -> Vec<TimesRow> {
    let (database, units) = (&measures.database, wall.units());
    [(Span::FiveMinutes, database.five_minutes), (Span::Hour, database.hour), (Span::Start, database.start)]
        .into_iter()
        .map(|(span, times)| {
            let count = units.count(times.map_or(0, |times| times.count));
            let cells = std::iter::once(count).chain(units.quantiles(times)).collect();
            TimesRow { name: wall.span(span), cells }
        })
        .collect()
}

/// How far a running job came.
fn course_of(job: &Job, wall: &Wall) -> Course {
    let (done, total) = (u64::from(job.progress.done), u64::from(job.progress.total));
    let units = wall.units();
    let words = if total == 0 {
        wall.locale.text("monitoring.course_unknown")
    } else {
        let words =
            Sentence::new("monitoring.of").with("done", units.count(done)).with("total", units.count(total));
        wall.say(&words)
    };
    let cancel = Some(format!("/monitoring/jobs/{}/cancel", job.id));
    Course { name: job_name(&job.kind, wall), done, total, words, cancel }
}

/// Kinds of jobs by the words that programs know.
const JOBS: [(&str, &str); 13] = [
    ("refresh-prices", "monitoring.job.refresh_prices"),
    ("keep-prices", "monitoring.job.keep_prices"),
    ("clean-up", "monitoring.job.clean_up"),
    ("backup", "monitoring.job.backup"),
    ("fill-history", "monitoring.job.fill_history"),
    ("verify-history", "monitoring.job.verify_history"),
    ("report", "monitoring.job.report"),
    ("import", "monitoring.job.import"),
    ("notify", "monitoring.job.notify"),
    ("check-rules", "monitoring.job.check_rules"),
    ("warm", "monitoring.job.warm"),
    ("warm-round", "monitoring.job.warm_round"),
    ("chart-data", "monitoring.job.chart_data"),
];

fn job_name(kind: &str, wall: &Wall) -> String {
    let known = JOBS.iter().find(|(known, _)| *known == kind);
    known.map_or_else(|| kind.to_owned(), |(_, key)| wall.locale.text(key))
}

fn jobs(measures: &Measures, wall: &Wall) -> Option<Vec<Vec<String>>> {
    let (jobs, units) = (measures.jobs.as_ref()?, wall.units());
    let row = |(kind, of): (&String, &bellwether_tracker::KindOfJob)| {
        let counts = ["queued", "running", "succeeded", "failed", "dead", "cancelled"]
            .map(|state| of.by_state.get(state).copied().unwrap_or(0).to_string());
        let mut cells = vec![job_name(kind, wall)];
        cells.extend(counts);
        cells.extend(units.quantiles(of.hour));
        cells
    };
    Some(jobs.kinds.iter().map(row).collect())
}

fn waiting(measures: &Measures, wall: &Wall) -> String {
    match measures.jobs.as_ref().map(|jobs| jobs.waiting_since) {
        None => wall.locale.text("monitoring.database_away"),
        Some(None) => wall.locale.text("monitoring.no_job_waits"),
        Some(Some(since)) => {
            let age = wall.units().lasting(measures.at - since);
            wall.say(&Sentence::new("monitoring.first_job").with("age", age))
        }
    }
}
