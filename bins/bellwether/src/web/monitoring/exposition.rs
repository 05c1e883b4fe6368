//! The same figures in the text format of Prometheus.

use std::fmt::Write;

use bellwether_cache::redis::RedisState;
use bellwether_domain::Quantiles;

use super::measures::Measures;

/// The media type of what [`of`] writes.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

type Labels<'a> = &'a [(&'a str, &'a str)];

/// Families of samples, each told of once.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) -> Family<'_> {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(self.0, "# HELP bellwether_{name} {help}\n# TYPE bellwether_{name} {kind}");
        Family { text: &mut self.0, name: name.to_owned() }
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            self.family(name, kind, help).sample(&[], value);
        }
    }
}

struct Family<'a> {
    text: &'a mut String,
    name: String,
}

impl Family<'_> {
    fn sample(&mut self, labels: Labels<'_>, value: f64) {
        self.named_sample("", labels, value);
    }

    fn named_sample(&mut self, suffix: &str, labels: Labels<'_>, value: f64) {
        let _ = write!(self.text, "bellwether_{}{suffix}", self.name);
        for (place, (label, word)) in labels.iter().enumerate() {
            let word = word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{label}=\"{word}\"", if place == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.text, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// Quantiles since the start, in seconds.
    fn summary(&mut self, labels: Labels<'_>, quantiles: Option<Quantiles>) {
        let Some(of) = quantiles else { return };
        for (quantile, milliseconds) in [("0.5", of.p50), ("0.9", of.p90), ("0.99", of.p99)] {
            let labels = [labels, &[("quantile", quantile)]].concat();
            self.sample(&labels, milliseconds / 1_000.0);
        }
        self.named_sample("_sum", labels, of.mean * of.count as f64 / 1_000.0);
        self.named_sample("_count", labels, of.count as f64);
    }
}

/// The body of `/metrics`.
pub(super) fn of(measures: &Measures) -> String {
    let mut text = Text::default();
    process(&mut text, measures);
    requests(&mut text, measures);
    upstream(&mut text, measures);
    cache(&mut text, measures);
    redis(&mut text, measures);
    database(&mut text, measures);
    jobs(&mut text, measures);
    text.0
}

fn process(text: &mut Text, measures: &Measures) {
    text.family("info", "gauge", "Always 1; the version is a label.")
        .sample(&[("version", measures.version)], 1.0);
    let started = measures.started_at.timestamp_millis() as f64 / 1_000.0;
    text.single("start_time_seconds", "gauge", "When the process started, since 1970.", started);
    let process = measures.process;
    let number = |count: Option<u64>| count.map(|count| count as f64);
    text.single("memory_bytes", "gauge", "Memory that the process occupies.", number(process.memory_bytes));
    let cpu = number(process.cpu_milliseconds).map(|milliseconds| milliseconds / 1_000.0);
    text.single("cpu_seconds_total", "counter", "Processor time used.", cpu);
    text.single("open_files", "gauge", "Open files and connections.", number(process.open_files));
    text.single("connections", "gauge", "Open connections of clients.", measures.connections as f64);
    text.single(
        "event_streams",
        "gauge",
        "Pages that listen to what changes.",
        measures.event_streams as f64,
    );
    let mut lines = text.family("log_lines_total", "counter", "Lines of the log by level.");
    for (level, count) in &measures.log_lines {
        lines.sample(&[("level", level)], *count as f64);
    }
    let mut alerts = text.family("alert", "gauge", "1 for each alert of the last hour.");
    for alert in &measures.alerts {
        alerts.sample(&[("name", alert.name)], 1.0);
    }
}

fn requests(text: &mut Text, measures: &Measures) {
    let mut answers = text.family("requests_total", "counter", "Requests by address and outcome.");
    for page in &measures.pages {
        for (outcome, count) in
            [("answered", page.answered), ("refused", page.refused), ("failed", page.failed)]
        {
            answers.sample(&[("page", &page.page), ("outcome", outcome)], count as f64);
        }
    }
    let mut times =
        text.family("request_duration_seconds", "summary", "Time until an answer's head, by address.");
    for page in &measures.pages {
        times.summary(&[("page", &page.page)], page.start);
    }
    let slow = measures.slow_requests_total as f64;
    text.single("slow_requests_total", "counter", "Requests that took half a second or more.", slow);
}

fn upstream(text: &mut Text, measures: &Measures) {
    let gateways: Vec<_> = measures
        .upstream
        .sources
        .iter()
        .filter_map(|source| Some((source.source.as_str(), source.upstream.as_ref()?)))
        .collect();
    let mut calls = text.family("upstream_calls_total", "counter", "Attempts by source, retries included.");
    for (source, counters) in &gateways {
        calls.sample(&[("source", source)], counters.calls as f64);
    }
    let mut outcomes =
        text.family("upstream_outcomes_total", "counter", "Ended attempts by endpoint and outcome.");
    for (source, counters) in &gateways {
        for (endpoint, of) in &counters.by_endpoint {
            for (outcome, count) in
                [("answered", of.answered), ("throttled", of.throttled), ("failed", of.failed)]
            {
                outcomes.sample(
                    &[("source", source), ("endpoint", endpoint), ("outcome", outcome)],
                    count as f64,
                );
            }
        }
    }
    let mut retries = text.family("upstream_retries_total", "counter", "Attempts that repeat a failed one.");
    for (source, counters) in &gateways {
        retries.sample(&[("source", source)], counters.retries as f64);
    }
    let mut last_hour = text.family("upstream_calls_last_hour", "gauge", "Attempts of the last hour.");
    for (source, counters) in &gateways {
        last_hour.sample(&[("source", source)], f64::from(counters.calls_last_hour));
    }
    let mut limit =
        text.family("upstream_hourly_limit", "gauge", "Attempts that an hour sustains at present.");
    for (source, counters) in &gateways {
        limit.sample(&[("source", source)], f64::from(counters.hourly_limit));
    }
    let mut left =
        text.family("upstream_budget_left", "gauge", "Attempts that are left of the last hour's limit.");
    for (source, counters) in &gateways {
        let left_over = counters.hourly_limit.saturating_sub(counters.calls_last_hour);
        left.sample(&[("source", source)], f64::from(left_over));
    }
    let mut opened = text.family("upstream_circuit_opened_total", "counter", "How often a circuit opened.");
    for source in &measures.upstream.sources {
        let count = measures.circuits_opened.get(source.source.as_str()).copied().unwrap_or(0);
        opened.sample(&[("source", source.source.as_str())], count as f64);
    }
    let refresh = &measures.refresh;
    for (name, help, value) in [
        (
            "refresh_upstream_calls",
            "Attempts of the refresh that runs or ran last.",
            refresh.upstream_calls as usize,
        ),
        ("refresh_instruments", "Instruments that it asks for.", refresh.total),
        ("refresh_instruments_done", "Those of them that are done.", refresh.current),
        ("refresh_instruments_updated", "Those of them that have news.", refresh.updated_count),
        ("refresh_instruments_failed", "Those of them that were not answered.", refresh.failed_count),
    ] {
        text.single(name, "gauge", help, value as f64);
    }
    let most = f64::from(measures.most_calls_of_a_load);
    text.single("load_upstream_calls_most", "gauge", "The most attempts of a load in the last hour.", most);
    let mut rests = text.family("upstream_circuit_open", "gauge", "Whether the source is given a rest.");
    for source in &measures.upstream.sources {
        let open = source.rests_until(measures.at).is_some();
        rests.sample(&[("source", source.source.as_str())], f64::from(u8::from(open)));
    }
}

fn cache(text: &mut Text, measures: &Measures) {
    let mut asked = text.family(
        "cache_requests_total",
        "counter",
        "Requests for finished answers by kind, tier and outcome.",
    );
    for (kind, of) in &measures.cache.kinds {
        for (tier, of) in [("memory", of.memory), ("redis", of.shared)] {
            let outcomes = [
                ("hit", of.hits),
                ("stale hit", of.stale_hits),
                ("miss", of.misses),
                ("wait", of.waits),
                ("failure", of.failures),
            ];
            for (outcome, count) in outcomes {
                asked.sample(&[("kind", kind), ("tier", tier), ("outcome", outcome)], count as f64);
            }
        }
    }
    let mut builds = text.family("cache_builds_total", "counter", "Finished answers that were built.");
    for (kind, of) in &measures.cache.kinds {
        builds.sample(&[("kind", kind)], of.builds as f64);
    }
    let mut failures = text.family("cache_build_failures_total", "counter", "Builds that failed.");
    for (kind, of) in &measures.cache.kinds {
        failures.sample(&[("kind", kind)], of.failures as f64);
    }
    let mut evictions = text.family("cache_evictions_total", "counter", "Answers dropped for want of room.");
    for (kind, of) in &measures.cache.kinds {
        evictions.sample(&[("kind", kind)], of.evictions as f64);
    }
    text.single("cache_entries", "gauge", "Finished answers kept.", measures.cache.all.entries as f64);
    text.single(
        "cache_bytes",
        "gauge",
        "What they count against the bound.",
        measures.cache.all.bytes as f64,
    );
}

fn database(text: &mut Text, measures: &Measures) {
    let database = &measures.database;
    let mut open = text.family("database_connections", "gauge", "Connections to the database.");
    open.sample(&[("state", "idle")], f64::from(database.idle_connections));
    open.sample(&[("state", "used")], f64::from(database.connections - database.idle_connections));
    let mut calls = text.family("database_calls_total", "counter", "Calls to the database by what they did.");
    calls.sample(&[("kind", "read")], database.reads as f64);
    calls.sample(&[("kind", "write")], database.writes as f64);
    let waited = database.waited / 1_000.0;
    text.single("database_wait_seconds_total", "counter", "Time that calls waited for a connection.", waited);
    let failed = database.failed_queries as f64;
    text.single("database_failed_queries_total", "counter", "Statements that were refused.", failed);
    text.family("database_query_duration_seconds", "summary", "Time of statements.")
        .summary(&[], database.start);
}

fn jobs(text: &mut Text, measures: &Measures) {
    let Some(jobs) = &measures.jobs else { return };
    let mut counts = text.family("jobs", "gauge", "Jobs in the database by kind and state.");
    for (kind, of) in &jobs.kinds {
        for (state, count) in &of.by_state {
            counts.sample(&[("kind", kind), ("state", state)], *count as f64);
        }
    }
    let mut times =
        text.family("job_duration_last_hour_seconds", "gauge", "Time of jobs that ended in the last hour.");
    for (kind, of) in &jobs.kinds {
        let Some(took) = of.hour else { continue };
        for (quantile, milliseconds) in
            [("0.5", took.p50), ("0.9", took.p90), ("0.99", took.p99), ("1", took.max)]
        {
            times.sample(&[("kind", kind), ("quantile", quantile)], milliseconds / 1_000.0);
        }
    }
    let waits =
        jobs.waiting_since.map(|since| (measures.at - since).num_milliseconds().max(0) as f64 / 1_000.0);
    text.single(
        "job_wait_seconds",
        "gauge",
        "How long the first job waits for a worker.",
        waits.unwrap_or(0.0),
    );
}

fn redis(text: &mut Text, measures: &Measures) {
    let Some(redis) = &measures.redis else { return };
    let up = f64::from(u8::from(redis.state == RedisState::Up));
    text.single("redis_up", "gauge", "Whether Redis answers and takes writes.", up);
    let mut calls = text.family("redis_calls_total", "counter", "Calls to Redis by outcome.");
    let answered = redis.calls.saturating_sub(redis.failures);
    for (outcome, count) in [("answered", answered), ("failed", redis.failures), ("left out", redis.skipped)]
    {
        calls.sample(&[("outcome", outcome)], count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Text::default();
        text.family("x", "gauge", "An x.").sample(&[("a", "say \"b\\c\"\n"), ("d", "e")], 1.5);
        assert_eq!(
            text.0,
            "# HELP bellwether_x An x.\n# TYPE bellwether_x gauge\n\
             bellwether_x{a=\"say \\\"b\\\\c\\\"\\n\",d=\"e\"} 1.5\n"
        );
    }

    #[test]
    fn durations_are_told_in_seconds_with_sum_and_count() {
        let quantiles = Quantiles { count: 4, p50: 10.0, p90: 20.0, p99: 30.0, max: 40.0, mean: 12.5 };
        let mut text = Text::default();
        text.family("t", "summary", "T.").summary(&[], Some(quantiles));
        let samples: Vec<_> = text.0.lines().skip(2).collect();
        assert_eq!(
            samples,
            [
                "bellwether_t{quantile=\"0.5\"} 0.01",
                "bellwether_t{quantile=\"0.9\"} 0.02",
                "bellwether_t{quantile=\"0.99\"} 0.03",
                "bellwether_t_sum 0.05",
                "bellwether_t_count 4",
            ]
        );
    }
}
