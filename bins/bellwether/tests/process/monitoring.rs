//! Each number that monitoring tells, against what others counted of the same.

mod measured;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use bellwether_domain::PortfolioId;
use bellwether_yahoo_sim::{SimConfig, SimHandle, Simulator};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Server, run, said, tracker};

/// A server that asks a simulator of its own, and a portfolio whose first refresh has ended.
async fn watched() -> (Server, SimHandle, PortfolioId) {
    let folder = TempDir::new().unwrap();
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n";
    std::fs::write(folder.path().join("few.csv"), csv).unwrap();
    assert!(run(folder.path(), &["import", "few.csv"]).status.success());
    let id = tracker(folder.path()).await.portfolio_named("Main").await.unwrap().id;
    let simulator = Simulator::spawn(SimConfig::default()).unwrap();
    let server = Server::start(folder, &simulator.base_url());
    let asked = server.send(&format!("POST /api/refresh-all-prices/{id} HTTP/1.1"), "");
    assert_eq!(asked.status, 202);
    quiet(&server);
    (server, simulator, id)
}

/// All measures, once no job runs or waits for a worker.
fn quiet(server: &Server) -> Value {
    let begun = Instant::now();
    loop {
        let told = server.get("/api/v1/monitoring").json();
        let jobs = &told["jobs"];
        let ended = jobs["by_state"]["succeeded"].as_u64().unwrap();
        if jobs["by_state"]["running"] == 0 && jobs["waiting_since"].is_null() && ended > 0 {
            return told;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{jobs}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn page<'a>(told: &'a Value, name: &str) -> &'a Value {
    told["pages"].as_array().unwrap().iter().find(|page| page["page"] == name).unwrap()
}

/// A sample of the text for Prometheus.
fn sample<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
}

#[tokio::test]
async fn upstream_calls_are_those_that_the_simulator_counted() {
    let (server, simulator, _) = watched().await;

    let told = quiet(&server);

    let counted = simulator.counters().since_start;
    let gateway = &told["upstream"]["sources"][0]["upstream"];
    assert!(counted.total.calls > 0);
    assert_eq!(number(&gateway["calls"]), counted.total.calls);
    assert_eq!(number(&gateway["calls_last_hour"]), counted.total.calls);
    for (route, endpoint) in [("chart", "/v8/finance/chart"), ("spark_v7", "/v7/finance/spark")] {
        let of_route = counted.routes.iter().find(|(known, _)| known.word() == route);
        let answered = of_route.map_or(0, |(_, route)| route.status(200));
        assert_eq!(
            gateway["by_endpoint"][endpoint]["answered"].as_u64().unwrap_or(0),
            answered,
            "{endpoint}"
        );
    }
    let text = said(&server.get("/metrics").body);
    assert_eq!(
        sample(&text, "bellwether_upstream_calls_total{source=\"yahoo\"}"),
        counted.total.calls.to_string()
    );
    assert_eq!(number(&told["recent"]["hour"]["upstream_answered"]), counted.total.status(200));
}

#[tokio::test]
async fn requests_are_those_that_were_made() {
    let (server, _simulator, id) = watched().await;
    for _ in 0..3 {
        let answer = server.get(&format!("/dashboard/{id}"));
        assert_eq!(answer.status, 200);
        let took = answer.header("x-execution-time").unwrap();
        assert!(took.strip_suffix("ms").unwrap().parse::<f64>().unwrap() > 0.0);
        assert_eq!(
            answer.header("server-timing").unwrap(),
            format!("total;dur={}", took.trim_end_matches("ms"))
        );
    }
    assert_eq!(server.get("/dashboard/nothing").status, 404);
    assert_eq!(server.get("/nowhere/at/all").status, 404);
    assert_eq!(server.get("/nowhere/else").status, 404);

    let told = server.get("/api/v1/monitoring").json();

    let dashboard = page(&told, "/dashboard/{portfolio}");
    assert_eq!((number(&dashboard["answered"]), number(&dashboard["refused"])), (3, 1));
    assert_eq!(number(&dashboard["hour"]["count"]), 4);
    assert_eq!(number(&page(&told, "(no such address)")["refused"]), 2);
    let cache = &told["cache"]["memory"];
    let outcomes = ["hits", "stale_hits", "misses", "waits"].map(|outcome| number(&cache[outcome]));
    assert_eq!(outcomes.iter().sum::<u64>(), 3);
    let text = said(&server.get("/metrics").body);
    let name = "bellwether_requests_total{page=\"/dashboard/{portfolio}\",outcome=\"answered\"}";
    assert_eq!(sample(&text, name), "3");
    let name = "bellwether_request_duration_seconds_count{page=\"/dashboard/{portfolio}\"}";
    assert_eq!(sample(&text, name), "4");
    let shown = said(&server.get("/monitoring").body);
    assert!(shown.contains("/dashboard/{portfolio}</th><td>3</td><td>1</td><td>0</td>"), "{shown}");
}

#[tokio::test]
async fn jobs_are_those_in_the_database() {
    let (server, _simulator, _) = watched().await;

    let told = quiet(&server);

    let jobs = tracker(server.folder.path()).await.jobs_health().await.unwrap();
    assert_eq!(told["jobs"]["by_state"], serde_json::json!(jobs.by_state));
    let refreshes = &told["jobs"]["kinds"]["refresh-prices"];
    assert_eq!(refreshes["by_state"]["succeeded"], 1);
    assert_eq!(refreshes["hour"]["count"], 1);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_process_takes_what_the_operating_system_says() {
    let (server, _simulator, _) = watched().await;
    let pid = server.process.id();
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
    let _held: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let files = || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64;

    let begun = Instant::now();
    let told = loop {
        let told = server.get("/api/v1/monitoring").json();
        // Those that are held and the one that asks.
        if number(&told["connections"]) == 6 {
            break told;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", told["connections"]);
    };

    let process = &told["process"];
    let resident: u64 = read("statm").split(' ').nth(1).unwrap().parse().unwrap();
    let (told_memory, memory) = (number(&process["memory_bytes"]) as f64, (resident * 4096) as f64);
    assert!((told_memory / memory - 1.0).abs() < 0.2, "{told_memory} {memory}");
    let stat = read("stat");
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<u64>().unwrap();
    let used = (ticks(11) + ticks(12)) * 10;
    let told_used = number(&process["cpu_milliseconds"]);
    assert!(told_used <= used && used - told_used < 500, "{told_used} {used}");
    assert!(number(&process["open_files"]).abs_diff(files()) <= 3);
}

#[tokio::test]
async fn an_upstream_that_refuses_is_seen_in_every_place() {
    let (server, simulator, id) = watched().await;
    let before =
        number(&server.get("/api/v1/monitoring").json()["upstream"]["sources"][0]["upstream"]["calls"]);
    assert_eq!(before, simulator.calls());
    drop(simulator);

    assert_eq!(server.get(&format!("/dashboard/{id}")).status, 200);
    let told = quiet(&server);

    // Whatever was tried has its outcome, and the page stands.
    let gateway = &told["upstream"]["sources"][0]["upstream"];
    let endpoints = gateway["by_endpoint"].as_object().unwrap().values();
    let ended: u64 =
        endpoints.map(|of| number(&of["answered"]) + number(&of["throttled"]) + number(&of["failed"])).sum();
    assert_eq!(ended, number(&gateway["calls"]) - number(&gateway["in_flight"]));
    assert_eq!(server.get("/monitoring").status, 200);
    assert_eq!(server.get("/monitoring?level=loud").status, 400);
}
