//! What an operator should look at.

use bellwether_cache::redis::RedisState;
use bellwether_domain::Span;
use bellwether_texts::{Sentence, Value};
use serde::Serialize;

use super::measures::Measures;

/// A page that takes longer, for one request in a hundred, in milliseconds.
const SLOW_PAGE: f64 = 5_000.0;
/// Upstream calls of one load of prices.
const MANY_CALLS: u32 = 200;
/// The least part of answers that should be there when they are asked for.
const FEW_HITS: f64 = 0.90;
/// The largest part of requests or upstream calls that may fail.
const MANY_ERRORS: f64 = 0.02;
/// A ratio of fewer says nothing.
const ENOUGH: u64 = 20;

/// Something that is not as it should be, over the last hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Alert {
    /// Its name for programs.
    pub(super) name: &'static str,
    /// What is wrong, with the measured figure.
    pub(super) words: String,
    /// The same for people.
    #[serde(skip)]
    pub(super) said: Sentence,
}

/// What is wrong by the last hour's measures.
pub(super) fn of(measures: &Measures) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let said = Sentence::new;
    let mut tell = |name, words, said| alerts.push(Alert { name, words, said });
    for page in &measures.pages {
        if let Some(hour) = page.hour.filter(|hour| hour.p99 > SLOW_PAGE) {
            let seconds = hour.p99 / 1_000.0;
            let words = format!("{} took {seconds:.1} s for one request in a hundred.", page.page);
            let seconds = rust_decimal::Decimal::try_from(seconds).unwrap_or_default().round_dp(1);
            let told = said("monitoring.alert.slow_page").with("page", page.page.as_str());
            tell("slow-page", words, told.with("seconds", Value::Number(seconds, 1)));
        }
    }
    let calls = measures.most_calls_of_a_load;
    if calls > MANY_CALLS {
        let words = format!("A load of prices made {calls} upstream calls.");
        tell("many-upstream-calls", words, said("monitoring.alert.many_calls").with("count", calls));
    }
    match measures.redis.as_ref().map(|redis| redis.state) {
        Some(RedisState::Away) => {
            let words = "Redis does not answer; each process goes on by itself.".to_owned();
            tell("redis-away", words, said("monitoring.alert.redis_away"));
        }
        Some(RedisState::ReadOnly) => {
            tell(
                "redis-read-only",
                "Redis takes no writes: it is full, a replica, or cannot save.".to_owned(),
                said("monitoring.alert.redis_read_only"),
            );
        }
        Some(RedisState::Up | RedisState::Untried) | None => {}
    }
    let Some(hour) = measures.recent.get(&Span::Hour) else { return alerts };
    if hour.cache_hits + hour.cache_misses >= ENOUGH
        && let Some(ratio) = hour.hit_ratio().filter(|ratio| *ratio < FEW_HITS)
    {
        tell(
            "few-hits",
            format!("Only {:.1} % of answers were there when they were asked for.", ratio * 100.0),
            said("monitoring.alert.few_hits").with("part", Value::Percent(ratio, 1)),
        );
    }
    if hour.requests >= ENOUGH
        && let Some(ratio) = hour.error_ratio().filter(|ratio| *ratio > MANY_ERRORS)
    {
        let words = format!("{:.1} % of requests failed.", ratio * 100.0);
        tell(
            "many-errors",
            words,
            said("monitoring.alert.many_errors").with("part", Value::Percent(ratio, 1)),
        );
    }
    if hour.upstream_answered + hour.upstream_failed >= ENOUGH
        && let Some(ratio) = hour.upstream_error_ratio().filter(|ratio| *ratio > MANY_ERRORS)
    {
        let words = format!("{:.1} % of upstream calls failed.", ratio * 100.0);
        let told = said("monitoring.alert.many_upstream_errors").with("part", Value::Percent(ratio, 1));
        tell("many-upstream-errors", words, told);
    }
    if measures.jobs.is_none() {
        let words = "The database does not answer.".to_owned();
        tell("database-away", words, said("monitoring.database_away"));
    }
    alerts
}

#[cfg(test)]
mod tests {
    use super::super::measures::Recent;
    use super::super::process::ProcessMeasures;
    use super::super::requests::PageMeasures;
    use super::*;
    use bellwether_cache::SnapshotStatistics;
    use bellwether_domain::Quantiles;
    use bellwether_tracker::{RefreshProgress, UpstreamHealth};
    use chrono::DateTime;
    use std::collections::BTreeMap;

    fn measures(hour: Recent) -> Measures {
        Measures {
            version: "0",
            at: DateTime::UNIX_EPOCH,
            started_at: DateTime::UNIX_EPOCH,
            alerts: Vec::new(),
            process: ProcessMeasures::default(),
            connections: 0,
            event_streams: 0,
            pages: Vec::new(),
            slow_requests: Vec::new(),
            slow_requests_total: 0,
            log_lines: BTreeMap::new(),
            upstream: UpstreamHealth::default(),
            refresh: RefreshProgress::default(),
            most_calls_of_a_load: 0,
            circuits_opened: BTreeMap::new(),
            circuit_changes: Vec::new(),
            cache: SnapshotStatistics::default(),
            redis: None,
            database: bellwether_tracker::DatabaseHealth {
                kind: "sqlite",
                connections: 0,
                idle_connections: 0,
                connection_limit: 0,
                reads: 0,
                writes: 0,
                queries: 0,
                failed_queries: 0,
                waited: 0.0,
                five_minutes: None,
                hour: None,
                start: None,
            },
            jobs: Some(bellwether_tracker::JobsHealth {
                by_state: BTreeMap::new(),
                kinds: BTreeMap::new(),
                waiting_since: None,
            }),
            recent: [(Span::Hour, hour)].into(),
            recent_hits: BTreeMap::new(),
        }
    }

    fn names(measures: &Measures) -> Vec<&'static str> {
        of(measures).into_iter().map(|alert| alert.name).collect()
    }

    #[test]
    fn nothing_is_told_at_the_limits() {
        let mut calm = measures(Recent {
            requests: 100,
            failed_requests: 2,
            cache_hits: 90,
            cache_misses: 10,
            upstream_answered: 98,
            upstream_failed: 2,
            ..Recent::default()
        });
        calm.most_calls_of_a_load = 200;
        assert!(names(&calm).is_empty());
    }

    #[test]
    fn each_limit_has_its_alert() {
        let mut bad = measures(Recent {
            requests: 100,
            failed_requests: 3,
            cache_hits: 89,
            cache_misses: 11,
            upstream_answered: 97,
            upstream_failed: 3,
            ..Recent::default()
        });
        bad.most_calls_of_a_load = 201;
        bad.jobs = None;
        let slow = Quantiles { count: 1, p50: 1.0, p90: 1.0, p99: 5_001.0, max: 5_001.0, mean: 1.0 };
        bad.pages = vec![PageMeasures {
            page: "/dashboard/{portfolio}".to_owned(),
            answered: 1,
            refused: 0,
            failed: 0,
            five_minutes: None,
            hour: Some(slow),
            start: None,
        }];
        assert_eq!(
            names(&bad),
            [
                "slow-page",
                "many-upstream-calls",
                "few-hits",
                "many-errors",
                "many-upstream-errors",
                "database-away"
            ]
        );
        assert!(of(&bad)[2].words.contains("89.0 %"));
    }

    #[test]
    fn a_ratio_of_few_says_nothing() {
        let few = Recent { requests: 19, failed_requests: 19, cache_misses: 19, ..Recent::default() };
        assert!(names(&measures(few)).is_empty());
    }
}
