//! More numbers of monitoring: each against a count that the test made itself, or that the database has.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use serde_json::Value;
use tempfile::TempDir;

use super::{number, page, quiet, sample, watched};
use crate::program::{Answer, Server, run, said, tracker};

fn told(server: &Server) -> Value {
    server.get("/api/v1/monitoring").json()
}

fn metrics(server: &Server) -> String {
    said(&server.get("/metrics").body)
}

/// A row of a table on the page: what stands between its name and the end of the line.
fn row(server: &Server, table: &str, name: &str) -> Vec<String> {
    let page = said(&server.get("/monitoring").body);
    let table = page.split_once(&format!("id=\"{table}\"")).unwrap_or_else(|| panic!("no {table}")).1;
    let table = table.split_once("</section>").unwrap().0;
    let line = table.split_once(&format!(">{name}</th>")).unwrap_or_else(|| panic!("no {name} in {table}")).1;
    let cells = line.split_once("</tr>").unwrap().0;
    cells.split("<td>").skip(1).map(|cell| cell.trim_end_matches("</td>").to_owned()).collect()
}

/// What stands under a name in a list of facts on the page.
fn fact(server: &Server, name: &str) -> String {
    let page = said(&server.get("/monitoring").body);
    let after = page.split_once(&format!("<dt>{name}</dt><dd>")).unwrap_or_else(|| panic!("no {name}")).1;
    after.split_once("</dd>").unwrap().0.to_owned()
}

fn part(told: &str) -> f64 {
    told.strip_suffix(" %").unwrap_or_else(|| panic!("no part: {told}")).parse().unwrap()
}

#[tokio::test]
async fn times_are_those_that_the_answers_told() {
    let (server, _) = Server::with_a_portfolio().await;
    let milliseconds = |answer: &Answer| -> f64 {
        answer.header("x-execution-time").unwrap().strip_suffix("ms").unwrap().parse().unwrap()
    };
    let took: Vec<f64> = (0..40).map(|_| milliseconds(&server.get("/readyz"))).collect();

    let told = told(&server);

    let times = &page(&told, "/readyz")["hour"];
    let figure = |name: &str| times[name].as_f64().unwrap();
    let mut sorted = took.clone();
    sorted.sort_by(f64::total_cmp);
    // Headers have two decimals, histograms two digits.
    let close = |told: f64, own: f64| (told - own).abs() <= own * 0.02 + 0.02;
    let mean = took.iter().sum::<f64>() / 40.0;
    for (name, own) in
        [("p50", sorted[19]), ("p90", sorted[35]), ("p99", sorted[39]), ("max", sorted[39]), ("mean", mean)]
    {
        assert!(close(figure(name), own), "{name}: {} instead of {own} in {sorted:?}", figure(name));
    }
    assert_eq!(number(&times["count"]), 40);
    let text = metrics(&server);
    let sum: f64 =
        sample(&text, "bellwether_request_duration_seconds_sum{page=\"/readyz\"}").parse().unwrap();
    assert!(close(sum * 1_000.0, mean * 40.0), "{sum} {mean}");
}

#[tokio::test]
async fn a_request_that_takes_long_is_listed() {
    let (server, id) = Server::with_a_portfolio().await;
    assert_eq!(told(&server)["slow_requests"], Value::Array(Vec::new()));
    let body = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"more.csv\"\r\n\r\n\
        Ticker,Type,Date,Price,Shares\r\nKO,Buy,2024-04-05,61,5\r\n\r\n--edge--\r\n";
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let (host, length) = (&server.address, body.len());
    write!(
        stream,
        "POST /portfolio/{id}/import HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    // Whoever uploads over a slow line.
    std::thread::sleep(Duration::from_millis(900));
    stream.write_all(body.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 200, "{}", said(&answer.body));

    let slow = &told(&server)["slow_requests"];
    assert_eq!(slow.as_array().unwrap().len(), 1);
    assert_eq!(
        (&slow[0]["path"], number(&slow[0]["status"])),
        (&Value::from(format!("/portfolio/{id}/import")), 200)
    );
    let told: f64 = answer.header("x-execution-time").unwrap().strip_suffix("ms").unwrap().parse().unwrap();
    assert!((slow[0]["took"].as_f64().unwrap() - told).abs() < 0.02 && told >= 500.0, "{slow} {told}");
    assert!(said(&server.get("/monitoring").body).contains(&format!("<span>/portfolio/{id}/import</span>")));
    assert_eq!(sample(&metrics(&server), "bellwether_slow_requests_total"), "1");
}

#[tokio::test]
async fn answers_at_hand_are_those_that_were_asked_for_again() {
    let (server, id) = Server::with_a_portfolio().await;
    let ask = |kind: &str, times: usize| {
        (0..times)
            .map(|_| server.get(&format!("/api/{kind}/{id}?as_of=2024-06-03")).body.len() as u64)
            .max()
            .unwrap()
    };
    let bytes = ask("dashboard-initial-data", 4) + ask("dashboard-chart-data", 2);
    server.get(&format!("/api/dashboard-holdings-data/{id}?as_of=2024-06-03"));

    let told = told(&server);

    let kinds = &told["cache"]["kinds"];
    for (kind, hits) in [("initial-data", 3), ("chart-data", 1), ("holdings-data", 0)] {
        let of = &kinds[kind];
        let counts = ["hits", "stale_hits", "misses", "waits"].map(|name| number(&of["memory"][name]));
        assert_eq!(counts, [hits, 0, 1, 0], "{kind}");
        assert_eq!(
            ["builds", "failures", "evictions", "entries"].map(|name| number(&of[name])),
            [1, 0, 0, 1]
        );
        assert_eq!(number(&of["shared"]["hits"]) + number(&of["shared"]["misses"]), 0, "there is no Redis");
        for span in ["five-minutes", "hour", "start"] {
            let lately = &told["recent_hits"][kind][span];
            assert_eq!((number(&lately["hits"]), number(&lately["misses"])), (hits, 1), "{kind} {span}");
        }
    }
    assert_eq!(number(&told["cache"]["entries"]), 3);
    let kept = number(&kinds["initial-data"]["bytes"]) + number(&kinds["chart-data"]["bytes"]);
    assert!(kept >= bytes, "{kept} for {bytes}");
    assert_eq!(
        (number(&told["recent"]["hour"]["cache_hits"]), number(&told["recent"]["hour"]["cache_misses"])),
        (4, 3)
    );
    let text = metrics(&server);
    let name = "bellwether_cache_requests_total{kind=\"initial-data\",tier=\"memory\",outcome=\"hit\"}";
    assert_eq!((sample(&text, name), sample(&text, "bellwether_cache_entries")), ("3", "3"));
    assert_eq!(row(&server, "cache-title", "initial-data")[..7], ["3", "0", "1", "0", "0", "1", "0"]);
    assert_eq!(row(&server, "cache-title", "All")[..3], ["4", "0", "3"]);
    assert_eq!(row(&server, "hits-title", "initial-data"), ["75.0 %"; 3]);
    assert!((part(&row(&server, "hits-title", "All")[1]) - 400.0 / 7.0).abs() < 0.06);
    assert_eq!(told["redis"], Value::Null);
}

/// A stream of events, once it is open; the answer's status where it is refused.
fn listen(server: &Server) -> Result<TcpStream, u16> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    let mut heard = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    heard.read_line(&mut line).unwrap();
    let status: u16 = line.split(' ').nth(1).unwrap().parse().unwrap();
    if status != 200 {
        return Err(status);
    }
    while !line.contains(": listening") {
        line.clear();
        assert!(heard.read_line(&mut line).unwrap() > 0);
    }
    Ok(stream)
}

#[tokio::test]
async fn open_streams_and_failures_are_those_that_the_test_made() {
    let (server, _) = Server::with_a_portfolio().await;
    let mut open: Vec<TcpStream> = (0..128).map(|_| listen(&server).unwrap()).collect();
    assert_eq!(listen(&server).unwrap_err(), 503, "one too many");
    let full = told(&server);
    assert_eq!(number(&full["event_streams"]), 128);
    let events = page(&full, "/api/v1/events");
    assert_eq!((number(&events["answered"]), number(&events["failed"])), (128, 1));
    let lately = &full["recent"]["hour"];
    assert_eq!((number(&lately["requests"]), number(&lately["failed_requests"])), (129, 1));
    assert_eq!(row(&server, "spans-title", "last hour")[1], "0.8 %");
    assert_eq!(fact(&server, "Listening pages"), "128");

    open.truncate(3);
    let begun = Instant::now();
    while number(&told(&server)["event_streams"]) != 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", told(&server)["event_streams"]);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(sample(&metrics(&server), "bellwether_event_streams"), "3");
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
    /// The longest of those that ended, in microseconds.
    #[diesel(sql_type = BigInt)]
    longest: i64,
}

/// Jobs as another program finds them in the database.
fn jobs_in(folder: &TempDir) -> BTreeMap<(String, String), (u64, f64)> {
    let path = folder.path().join("test.sqlite").display().to_string();
    let counted: Vec<Counted> = sql_query(
        "SELECT kind, state, count(*) AS count, coalesce(max(finished_at - started_at), 0) AS longest \
         FROM jobs GROUP BY kind, state",
    )
    .load(&mut SqliteConnection::establish(&path).unwrap())
    .unwrap();
    let number = |count: i64| u64::try_from(count).unwrap();
    let jobs = counted
        .into_iter()
        .map(|row| ((row.kind, row.state), (number(row.count), number(row.longest) as f64 / 1_000.0)));
    jobs.collect()
}

#[tokio::test]
async fn jobs_of_every_kind_are_those_in_the_database() {
    let (server, _simulator, id) = watched().await;
    assert_eq!(server.get(&format!("/dashboard/{id}")).status, 200);
    // A changed ledger has pages and charts built, and prices of the new instrument fetched.
    std::fs::write(
        server.folder.path().join("more.csv"),
        "Ticker,Type,Date,Price,Shares\nPEP,Buy,2024-03-06,170,2\n",
    )
    .unwrap();
    assert!(run(server.folder.path(), &["import", "more.csv"]).status.success());
    assert_eq!(server.send(&format!("POST /api/refresh-all-prices/{id} HTTP/1.1"), "").status, 202);

    let begun = Instant::now();
    let (told, counted) = loop {
        let told = quiet(&server);
        let counted = jobs_in(&server.folder);
        let kinds = ["keep-prices", "refresh-prices", "warm", "chart-data"];
        let ran = |kind: &str| counted.contains_key(&(kind.to_owned(), "succeeded".to_owned()));
        let total: u64 = counted.values().map(|(count, _)| count).sum();
        let by_state = told["jobs"]["by_state"].as_object().unwrap();
        if kinds.iter().all(|kind| ran(kind)) && by_state.values().map(number).sum::<u64>() == total {
            break (told, counted);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{counted:?} {}", told["jobs"]);
        std::thread::sleep(Duration::from_millis(100));
    };

    let text = metrics(&server);
    for ((kind, state), (count, longest)) in &counted {
        let of = &told["jobs"]["kinds"][kind];
        assert_eq!(number(&of["by_state"][state]), *count, "{kind} {state}");
        let name = format!("bellwether_jobs{{kind=\"{kind}\",state=\"{state}\"}}");
        assert_eq!(sample(&text, &name), count.to_string());
        if state == "succeeded" {
            let told = of["hour"]["max"].as_f64().unwrap();
            assert!((told - longest).abs() <= longest * 0.01 + 0.01, "{kind}: {told} {longest}");
            let cells = row(&server, "jobs-title", kind);
            assert_eq!(cells[2], count.to_string(), "{kind}");
        }
    }
    let states = told["jobs"]["by_state"].as_object().unwrap();
    for (state, count) in states {
        let own: u64 = counted.iter().filter(|((_, of), _)| of == state).map(|(_, (count, _))| count).sum();
        assert_eq!(number(count), own, "{state}");
    }
}

#[tokio::test]
async fn a_job_that_waits_for_a_worker_is_told_since_when() {
    let folder = TempDir::new().unwrap();
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n";
    std::fs::write(folder.path().join("few.csv"), csv).unwrap();
    assert!(run(folder.path(), &["import", "few.csv"]).status.success());
    let id = tracker(folder.path()).await.portfolio_named("Main").await.unwrap().id;
    let server = Server::told(folder, &["--upstream", "http://127.0.0.1:9", "serve", "--no-worker"]);
    let path = server.folder.path().join("test.sqlite").display().to_string();
    let mut database = SqliteConnection::establish(&path).unwrap();
    sql_query("DELETE FROM jobs").execute(&mut database).unwrap();
    assert_eq!(told(&server)["jobs"]["waiting_since"], Value::Null);
    assert_eq!(server.send(&format!("POST /api/refresh-all-prices/{id} HTTP/1.1"), "").status, 202);

    let told = told(&server);

    let listed = server.get("/api/v1/jobs?state=queued").json();
    let due: Vec<chrono::DateTime<chrono::Utc>> = listed["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["run_at"].as_str().unwrap().parse().unwrap())
        .collect();
    let since: chrono::DateTime<chrono::Utc> =
        told["jobs"]["waiting_since"].as_str().unwrap().parse().unwrap();
    let first = due.iter().min().unwrap();
    assert!((since - *first).abs() < chrono::TimeDelta::milliseconds(1), "{since} {due:?}");
    assert_eq!(number(&told["jobs"]["by_state"]["queued"]), due.len() as u64);
    let waits: f64 = sample(&metrics(&server), "bellwether_job_wait_seconds").parse().unwrap();
    let own = (chrono::Utc::now() - since).num_milliseconds() as f64 / 1_000.0;
    assert!(waits <= own && own - waits < 10.0, "{waits} {own}");
    assert!(said(&server.get("/monitoring").body).contains("The first job that waits for a worker was due"));
}

#[tokio::test]
async fn a_source_that_goes_away_is_in_the_history_of_its_circuit() {
    let (server, simulator, _) = watched().await;
    let closed = told(&server);
    assert_eq!(closed["circuit_changes"], Value::Array(Vec::new()));
    assert_eq!(sample(&metrics(&server), "bellwether_upstream_circuit_open{source=\"yahoo\"}"), "0");
    drop(simulator);

    let (begun, mut asked) = (Instant::now(), 0);
    let opened = loop {
        // Somebody who looks at what was never fetched.
        asked += 1;
        server.get(&format!("/api/etf-performance/T{asked}/2024-03-04")).is_a_problem(404);
        let told = told(&server);
        if told["circuit_changes"].as_array().unwrap().iter().any(|change| change["state"] == "open") {
            break told;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", told["upstream"]);
        std::thread::sleep(Duration::from_millis(250));
    };
    let change = opened["circuit_changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["state"] == "open")
        .unwrap();
    assert_eq!(change["source"], "yahoo");
    let circuit = &opened["upstream"]["sources"][0]["upstream"]["anonymous"]["state"];
    assert_eq!((&circuit["state"], &circuit["until"]), (&Value::from("open"), &change["until"]), "{opened}");
    assert_eq!(sample(&metrics(&server), "bellwether_upstream_circuit_open{source=\"yahoo\"}"), "1");
    let openings =
        opened["circuit_changes"].as_array().unwrap().iter().filter(|change| change["state"] == "open");
    let counted =
        sample(&metrics(&server), "bellwether_upstream_circuit_opened_total{source=\"yahoo\"}").parse();
    assert!(counted.is_ok_and(|counted: usize| counted >= openings.count()));
    assert!(fact(&server, "Circuit").starts_with("open until"));
    let page = said(&server.get("/monitoring").body);
    assert!(
        page.contains("Circuit breakers") && page.contains("<span>yahoo</span><span>open until"),
        "{page}"
    );
    let gateway = &opened["upstream"]["sources"][0]["upstream"];
    let failed: u64 =
        gateway["by_endpoint"].as_object().unwrap().values().map(|of| number(&of["failed"])).sum();
    assert_eq!(number(&told(&server)["recent"]["hour"]["upstream_failed"]), failed);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_database_is_asked_as_often_as_its_file_says() {
    let folder = TempDir::new().unwrap();
    let server = Server::told(folder, &["--upstream", "none", "serve", "--no-worker"]);
    let file = server.folder.path().join("test.sqlite");
    // The third word of the index of its log rises with each transaction that changed something.
    let commits = || {
        let index = std::fs::read(file.with_extension("sqlite-shm")).unwrap();
        u64::from(u32::from_ne_bytes(index[8..12].try_into().unwrap()))
    };
    let handles = || {
        let handles = std::fs::read_dir(format!("/proc/{}/fd", server.process.id())).unwrap();
        handles
            .filter(|handle| std::fs::read_link(handle.as_ref().unwrap().path()).ok() == Some(file.clone()))
            .count()
    };
    let (before, committed) = (told(&server)["database"].clone(), commits());
    for day in 1..=9 {
        let price =
            format!(r#"{{"ticker": "KO", "price": "6{day}", "date": "2024-03-0{day}", "currency": "USD"}}"#);
        let head = "POST /api/prices HTTP/1.1\r\nContent-Type: application/json";
        assert_eq!(server.send(head, &price).status, 200, "{price}");
    }
    for _ in 0..20 {
        assert_eq!(server.get("/readyz").status, 200);
    }
    let between = told(&server)["database"].clone();
    for _ in 0..20 {
        assert_eq!(server.get("/readyz").status, 200);
    }
    let after = told(&server)["database"].clone();

    assert_eq!(after["kind"], "sqlite");
    assert_eq!(number(&after["writes"]) - number(&before["writes"]), commits() - committed);
    // Each of those reads once, and so does each look at the monitoring.
    assert_eq!(number(&after["reads"]) - number(&between["reads"]), 21);
    assert_eq!(number(&after["failed_queries"]), 0);
    // One more connection sees what others change, and asks nothing.
    assert_eq!(number(&after["connections"]) + 1, handles() as u64);
    assert_eq!(after["idle_connections"], after["connections"]);
    assert_eq!(fact(&server, "Writes"), after["writes"].to_string());
    let text = metrics(&server);
    assert_eq!(sample(&text, "bellwether_database_calls_total{kind=\"write\"}"), after["writes"].to_string());
}

#[tokio::test]
async fn lines_of_the_log_are_those_that_were_written() {
    let (server, _) = Server::with_a_portfolio().await;
    let before = said(&server.get("/monitoring?level=info").body);
    assert!(!before.contains("cache.cleared"));
    for _ in 0..3 {
        assert_eq!(server.send("POST /api/cache/clear HTTP/1.1", "").status, 200);
    }
    let page = |level: &str| said(&server.get(&format!("/monitoring?level={level}")).body);
    assert_eq!(page("info").matches("<span lang=\"en\">cache.cleared dropped=0</span>").count(), 3);
    assert_eq!(page("warn").matches("cache.cleared").count(), 0);
    let lines = page("info").matches("<b>info</b>").count();
    assert_eq!(sample(&metrics(&server), "bellwether_log_lines_total{level=\"info\"}"), lines.to_string());
}

#[tokio::test]
async fn the_last_refresh_made_the_calls_that_the_simulator_counted() {
    let (server, simulator, _) = watched().await;
    let begun = Instant::now();
    let (told, text, [calls, most_calls]) = loop {
        let told = quiet(&server);
        let text = metrics(&server);
        let facts = ["Upstream calls", "Most calls of a load, last hour"].map(|name| fact(&server, name));
        let after = quiet(&server);
        // The next round of the upkeep may begin at any time.
        if told["refresh"] == after["refresh"] && told["upstream"] == after["upstream"] {
            break (told, text, facts);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{told}");
    };
    let refresh = &told["refresh"];
    assert_eq!(refresh["status"], "completed");
    // The first load, and rounds of the upkeep that found more to ask for.
    assert!(number(&refresh["upstream_calls"]) <= simulator.calls());
    assert_eq!(number(&refresh["current"]), number(&refresh["total"]));
    let answers = &told["upstream"]["sources"][0]["answers"];
    assert_eq!((number(&answers["unanswered"]), number(&refresh["failed_count"])), (0, 0));
    assert_eq!(calls, number(&refresh["upstream_calls"]).to_string());
    assert_eq!(sample(&text, "bellwether_refresh_upstream_calls"), refresh["upstream_calls"].to_string());
    assert_eq!(sample(&text, "bellwether_refresh_instruments_done"), refresh["total"].to_string());
    // No other load than those that the simulator saw.
    let most = number(&told["most_calls_of_a_load"]);
    assert!(most > 0 && most <= simulator.calls(), "{most}");
    assert_eq!(most_calls, most.to_string());
    assert_eq!(sample(&text, "bellwether_load_upstream_calls_most"), most.to_string());
    let gateway = &told["upstream"]["sources"][0]["upstream"];
    let left = number(&gateway["hourly_limit"]) - number(&gateway["calls_last_hour"]);
    assert_eq!(sample(&text, "bellwether_upstream_budget_left{source=\"yahoo\"}"), left.to_string());
    assert_eq!(fact(&server, "The last refresh"), "completed");
}

#[tokio::test]
#[cfg(feature = "redis")]
async fn answers_from_redis_are_those_that_another_process_left_there() {
    let Ok(redis) = std::env::var("TEST_REDIS_URL") else { return };
    let (mut first, id) = Server::with_a_portfolio().await;
    let address = format!("/api/dashboard-initial-data/{id}?as_of=2024-06-03");
    let folder = std::mem::replace(&mut first.folder, TempDir::new().unwrap());
    drop(first);
    let serve =
        |folder| Server::told(folder, &["--upstream", "none", "--redis", &redis, "serve", "--no-worker"]);
    let mut one = serve(folder);
    assert_eq!(one.get(&address).status, 200);
    let counts = |told: &Value| {
        let of = &told["cache"]["kinds"]["initial-data"];
        [&of["memory"]["misses"], &of["shared"]["hits"], &of["shared"]["misses"], &of["builds"]].map(number)
    };
    assert_eq!(counts(&told(&one)), [1, 0, 1, 1]);
    assert_eq!(told(&one)["redis"]["state"], "up");
    // It is put there behind the answer.
    std::thread::sleep(Duration::from_millis(300));
    let folder = std::mem::replace(&mut one.folder, TempDir::new().unwrap());
    drop(one);

    let other = serve(folder);
    for _ in 0..2 {
        assert_eq!(other.get(&address).status, 200);
    }
    assert_eq!(counts(&told(&other)), [1, 1, 0, 0]);
    assert_eq!(row(&other, "cache-title", "initial-data")[..6], ["1", "0", "1", "0", "1", "0"]);
    assert_eq!((fact(&other, "State"), fact(&other, "Failed calls")), ("up".to_owned(), "0".to_owned()));
    assert_eq!(sample(&metrics(&other), "bellwether_redis_up"), "1");
    let name = "bellwether_cache_requests_total{kind=\"initial-data\",tier=\"redis\",outcome=\"hit\"}";
    assert_eq!(sample(&metrics(&other), name), "1");
}

#[tokio::test]
#[cfg(feature = "redis")]
async fn a_redis_that_is_away_is_told_and_nothing_of_where_it_is() {
    let folder = TempDir::new().unwrap();
    let server =
        Server::told(folder, &["--upstream", "none", "--redis", "redis://:secret@127.0.0.1:1", "serve"]);
    let begun = Instant::now();
    while told(&server)["redis"]["state"] != "away" {
        server.get("/api/cache/stats");
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", told(&server)["redis"]);
        std::thread::sleep(Duration::from_millis(50));
    }
    let told = told(&server);
    assert!(number(&told["redis"]["calls"]) > 0);
    assert_eq!(told["redis"]["calls"], told["redis"]["failures"]);
    assert!(told["redis"].get("last_failure").is_none(), "{}", told["redis"]);
    assert_eq!(fact(&server, "State"), "away");
    assert_eq!(sample(&metrics(&server), "bellwether_redis_up"), "0");
    let shown = said(&server.get("/monitoring").body);
    assert!(!shown.contains("secret"), "{shown}");
}
