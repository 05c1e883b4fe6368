//! How long requests took, what became of them, and which were slow.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use actix_web::dev::{Extensions, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use bellwether_domain::{Durations, Quantiles, Span};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::web::State;

/// A request that takes longer is worth a line.
const SLOW: Duration = Duration::from_millis(500);
/// So many slow requests are kept, the latest.
const KEPT: usize = 50;
/// Requests to addresses that do not exist are counted together.
pub(super) const NOWHERE: &str = "(no such address)";
/// Of so many paths it is remembered which address they are.
const REMEMBERED: usize = 1_000;

static EXECUTION_TIME: HeaderName = HeaderName::from_static("x-execution-time");
static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// All requests since the start.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pages: RwLock<BTreeMap<String, Arc<PageMeter>>>,
    /// The meters of paths that were asked for, for finding the address of a path takes longer than all else here.
    paths: RwLock<HashMap<String, Arc<PageMeter>>>,
    slow: Mutex<VecDeque<SlowRequest>>,
    slow_total: AtomicU64,
    connections: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct PageMeter {
    durations: Durations,
    /// Answers by the hundreds of their status: 200 and so on at place 2.
    by_class: [AtomicU64; 6],
}

/// A request that took long.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SlowRequest {
    /// When it was answered.
    pub(super) at: DateTime<Utc>,
    /// What was asked for, without the query and without secrets.
    pub(super) path: String,
    /// The answer's status.
    pub(super) status: u16,
    /// How long it took, in milliseconds.
    pub(super) took: f64,
}

/// The requests for one address.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PageMeasures {
    /// The address with names for what varies in it.
    pub(super) page: String,
    /// Answers of status 200 to 399.
    pub(super) answered: u64,
    /// Refusals, of status 400 to 499.
    pub(super) refused: u64,
    /// Failures of ours, of status 500 and above.
    pub(super) failed: u64,
    /// In the last five minutes.
    pub(super) five_minutes: Option<Quantiles>,
    /// In the last hour.
    pub(super) hour: Option<Quantiles>,
    /// Since the start.
    pub(super) start: Option<Quantiles>,
}

impl Requests {
    fn page(&self, pattern: &str) -> Arc<PageMeter> {
        if let Some(meter) = self.pages.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
            return Arc::clone(meter);
        }
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pages.entry(pattern.to_owned()).or_default())
    }

    fn page_of(&self, path: &str, pattern: impl Fn() -> Option<String>) -> Arc<PageMeter> {
        if let Some(meter) = self.paths.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Arc::clone(meter);
        }
        let Some(pattern) = pattern() else { return self.page(NOWHERE) };
        let meter = self.page(&pattern);
        let mut paths = self.paths.write().unwrap_or_else(PoisonError::into_inner);
        if paths.len() >= REMEMBERED {
            paths.clear();
        }
        paths.insert(path.to_owned(), Arc::clone(&meter));
        meter
    }

    fn record(
        &self,
        at: DateTime<Utc>,
        path: &str,
        pattern: impl Fn() -> Option<String>,
        status: u16,
        took: Duration,
    ) {
        let page = self.page_of(path, &pattern);
        page.durations.record(at, took);
        if let Some(class) = page.by_class.get(usize::from(status / 100)) {
            class.fetch_add(1, Relaxed);
        }
        if took >= SLOW {
            self.slow_total.fetch_add(1, Relaxed);
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            slow.truncate(KEPT - 1);
            slow.push_front(SlowRequest {
                at,
                path: without_secrets(path, pattern()),
                status,
                took: took.as_secs_f64() * 1_000.0,
            });
        }
    }

    /// Each address that was asked for.
    pub(super) fn pages(&self, now: DateTime<Utc>) -> Vec<PageMeasures> {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        pages
            .iter()
            .map(|(page, meter)| {
                let [_, told, fine, moved, refused, failed] =
                    meter.by_class.each_ref().map(|count| count.load(Relaxed));
                PageMeasures {
                    page: page.clone(),
                    answered: told + fine + moved,
                    refused,
                    failed,
                    five_minutes: meter.durations.quantiles(Span::FiveMinutes, now),
                    hour: meter.durations.quantiles(Span::Hour, now),
                    start: meter.durations.quantiles(Span::Start, now),
                }
            })
            .collect()
    }

    /// The latest slow requests, the last one first.
    pub(super) fn slow(&self) -> Vec<SlowRequest> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// How many slow requests there were.
    pub(super) fn slow_total(&self) -> u64 {
        self.slow_total.load(Relaxed)
    }

    /// Connections that are open now.
    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    /// Counts a connection for as long as it is open.
    pub(crate) fn connected(&self, connection: &mut Extensions) {
        self.connections.fetch_add(1, Relaxed);
        connection.insert(Connected(Arc::clone(&self.connections)));
    }
}

/// A path as it may be listed. Where no address is found, it may be a secret one that was written wrong.
fn without_secrets(path: &str, pattern: Option<String>) -> String {
    match pattern {
        Some(pattern) if pattern.contains("{token}") => pattern,
        Some(_) => path.to_owned(),
        None => NOWHERE.to_owned(),
    }
}

struct Connected(Arc<AtomicU64>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Records an answer whose head took so long.
pub(crate) fn record<B>(state: &State, answer: &ServiceResponse<B>, took: Duration) {
    let (request, status) = (answer.request(), answer.status().as_u16());
    let now = state.tracker.clock().now();
    state.monitoring.requests.record(now, request.path(), || request.match_pattern(), status, took);
}

/// Says in an answer how long its head took.
pub(crate) fn tell(took: Duration, headers: &mut HeaderMap) {
    let micros = took.as_micros();
    let milliseconds = format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10);
    for (name, value) in [
        (&EXECUTION_TIME, format!("{milliseconds}ms")),
        (&SERVER_TIMING, format!("total;dur={milliseconds}")),
    ] {
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
            headers.insert(name.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(asked: &[(&str, u16, u64)]) -> Requests {
        let requests = Requests::default();
        for (pattern, status, millis) in asked {
            let found = || Some((*pattern).to_owned());
            requests.record(DateTime::UNIX_EPOCH, pattern, found, *status, Duration::from_millis(*millis));
        }
        requests
    }

    #[test]
    fn answers_are_counted_by_address_and_outcome() {
        let asked =
            requests(&[("/a", 200, 1), ("/a", 304, 1), ("/a", 404, 1), ("/b", 503, 1), ("/b", 999, 1)]);
        let pages = asked.pages(DateTime::UNIX_EPOCH);
        let counts: Vec<_> =
            pages.iter().map(|page| (page.page.as_str(), page.answered, page.refused, page.failed)).collect();
        assert_eq!(counts, [("/a", 2, 1, 0), ("/b", 0, 0, 1)]);
        assert_eq!(pages.iter().filter_map(|page| page.hour).map(|hour| hour.count).sum::<u64>(), 5);
    }

    #[test]
    fn the_address_of_a_path_is_looked_for_once() {
        let (requests, took) = (Requests::default(), Duration::from_millis(1));
        let record = |path: &str, pattern: Option<&str>| {
            let found = || pattern.map(str::to_owned);
            requests.record(DateTime::UNIX_EPOCH, path, found, 200, took);
        };
        record("/pages/1", Some("/pages/{page}"));
        record("/pages/1", Some("/not looked for"));
        for nowhere in 0..3 {
            record(&format!("/{nowhere}"), None);
        }
        for page in 0..2 * REMEMBERED {
            record(&format!("/pages/{page}"), Some("/pages/{page}"));
        }
        assert!(requests.paths.read().expect("no panic").len() <= REMEMBERED);
        let pages = requests.pages(DateTime::UNIX_EPOCH);
        let counts: Vec<_> = pages.iter().map(|page| (page.page.as_str(), page.answered)).collect();
        assert_eq!(counts, [(NOWHERE, 3), ("/pages/{page}", 2 + 2 * REMEMBERED as u64)]);
    }

    #[test]
    fn an_answer_tells_its_milliseconds() {
        let mut headers = HeaderMap::new();
        tell(Duration::from_micros(12_059), &mut headers);
        assert_eq!(headers.get("x-execution-time").expect("told"), "12.05ms");
        assert_eq!(headers.get("server-timing").expect("told"), "total;dur=12.05");
    }

    #[test]
    fn the_latest_slow_requests_are_kept() {
        let mut asked = vec![("/quick", 200, 499)];
        asked.extend((0..KEPT as u64 + 5).map(|more| ("/slow", 200, 500 + more)));
        let requests = requests(&asked);
        let slow = requests.slow();
        assert_eq!((slow.len(), requests.slow_total()), (KEPT, KEPT as u64 + 5));
        let took: Vec<u64> = slow.iter().map(|request| request.took.round() as u64).collect();
        assert_eq!((took.first(), took.last()), (Some(&554), Some(&505)));
    }

    #[test]
    fn a_slow_request_tells_no_secret_of_its_address() {
        let (requests, took) = (Requests::default(), Duration::from_secs(1));
        let record = |path: &str, pattern: Option<&str>| {
            requests.record(DateTime::UNIX_EPOCH, path, || pattern.map(str::to_owned), 200, took);
        };
        for _ in 0..2 {
            record("/shared/bwp_1234", Some("/shared/{token}"));
        }
        record("/shared/bwp_1234/", None);
        let slow: Vec<String> = requests.slow().into_iter().map(|request| request.path).collect();
        assert_eq!(slow, [NOWHERE, "/shared/{token}", "/shared/{token}"]);
        record("/dashboard/1", Some("/dashboard/{portfolio}"));
        assert_eq!(requests.slow().first().map(|request| request.path.as_str()), Some("/dashboard/1"));
    }

    #[test]
    fn a_connection_counts_while_it_is_open() {
        let requests = Requests::default();
        let mut connection = Extensions::new();
        requests.connected(&mut connection);
        assert_eq!(requests.connections(), 1);
        drop(connection);
        assert_eq!(requests.connections(), 0);
    }
}
