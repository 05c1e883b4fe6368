//! The counters in the text format of Prometheus.

use std::fmt::Write;

use super::Counters;

/// The body of `/metrics`.
pub(crate) fn exposition(counters: &Counters) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, f64)]| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP yahoo_sim_{name} {help}\n# TYPE yahoo_sim_{name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "yahoo_sim_{name}{labels} {value}");
        }
    };
    let routes = &counters.since_start.routes;
    let per_route = |of: fn(&super::RouteCounters) -> f64| -> Vec<(String, f64)> {
        let sample = |(route, counters): (&super::Route, &super::RouteCounters)| {
            (format!("{{route=\"{}\"}}", route.word()), of(counters))
        };
        routes.iter().map(sample).collect()
    };
    let by_status: Vec<_> = routes
        .iter()
        .flat_map(|(route, counters)| {
            let labels = |status| format!("{{route=\"{}\",status=\"{status}\"}}", route.word());
            counters.by_status.iter().map(move |(status, count)| (labels(status), *count as f64))
        })
        .collect();
    family(
        "requests_total",
        "counter",
        "Requests by endpoint and status; status 0 got no answer.",
        &by_status,
    );
    let asked = per_route(|counters| counters.symbols_asked as f64);
    family("symbols_asked_total", "counter", "Symbols in all requests.", &asked);
    let answered = per_route(|counters| counters.symbols_answered as f64);
    family("symbols_answered_total", "counter", "Symbols that were told about.", &answered);
    family("bytes_total", "counter", "Bytes of bodies.", &per_route(|counters| counters.bytes as f64));
    family(
        "faults_total",
        "counter",
        "Requests with a fault.",
        &per_route(|counters| counters.faulted as f64),
    );
    let peak = per_route(|counters| f64::from(counters.peak_in_flight));
    family("peak_in_flight", "gauge", "Most requests at one time.", &peak);
    let plain = |value: f64| [(String::new(), value)];
    family("in_flight", "gauge", "Requests now.", &plain(counters.in_flight.into()));
    family("blocked_clients", "gauge", "Clients that are blocked now.", &plain(counters.blocked_now as f64));
    let handshakes = counters.since_start.handshakes;
    family("handshakes_total", "counter", "Crumbs given out.", &plain(handshakes as f64));
    text
}
