//! How long requests took, what became of them, and which were slow.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use bellwether_domain::{Durations, Quantiles, Span};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::web::State;

/// A request that takes longer is worth a line.
const SLOW: Duration = Duration::from_millis(500);
/// So many slow requests are kept, the latest.
const KEPT: usize = 50;
/// Requests to addresses that do not exist are counted together.
const NOWHERE: &str = "(no such address)";

/// All requests since the start.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pages: RwLock<BTreeMap<String, Arc<PageMeter>>>,
    slow: Mutex<VecDeque<SlowRequest>>,
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
    /// What was asked for, without the query.
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

    fn record(&self, at: DateTime<Utc>, pattern: &str, path: &str, status: u16, took: Duration) {
        let page = self.page(pattern);
        page.durations.record(at, took);
        if let Some(class) = page.by_class.get(usize::from(status / 100)) {
            class.fetch_add(1, Relaxed);
        }
        if took >= SLOW {
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            slow.truncate(KEPT - 1);
            slow.push_front(SlowRequest {
                at,
                path: path.to_owned(),
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

struct Connected(Arc<AtomicU64>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Measures each request up to its answer's head, and says so in the answer.
pub(crate) async fn measure<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let state = request.app_data::<web::Data<State>>().cloned();
    let pattern = request.match_pattern();
    let mut answer = next.call(request).await?;
    let took = begun.elapsed();
    if let Some(state) = state {
        let (path, status) = (answer.request().path(), answer.status().as_u16());
        let pattern = pattern.as_deref().unwrap_or(NOWHERE);
        let now = state.tracker.clock().now();
        state.monitoring.requests.record(now, pattern, path, status, took);
    }
    let milliseconds = took.as_secs_f64() * 1_000.0;
    for (name, value) in [
        ("x-execution-time", format!("{milliseconds:.2}ms")),
        ("server-timing", format!("total;dur={milliseconds:.2}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(asked: &[(&str, u16, u64)]) -> Requests {
        let requests = Requests::default();
        for (pattern, status, millis) in asked {
            requests.record(DateTime::UNIX_EPOCH, pattern, "/asked", *status, Duration::from_millis(*millis));
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
    fn the_latest_slow_requests_are_kept() {
        let mut asked = vec![("/quick", 200, 499)];
        asked.extend((0..KEPT as u64 + 5).map(|more| ("/slow", 200, 500 + more)));
        let slow = requests(&asked).slow();
        assert_eq!(slow.len(), KEPT);
        let took: Vec<u64> = slow.iter().map(|request| request.took.round() as u64).collect();
        assert_eq!((took.first(), took.last()), (Some(&554), Some(&505)));
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
