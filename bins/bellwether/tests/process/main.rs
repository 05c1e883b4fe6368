//! The real binary: what it answers, what it says when it cannot, and what is left when it is killed.

#![allow(clippy::unwrap_used, missing_docs)]

mod accounts;
mod client;
mod imports;
mod known_names;
mod ledger;
mod monitoring;
mod notifications;
mod program;
mod vault;

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bellwether_yahoo_sim::{SimConfig, Simulator};
use program::{Answer, Server, bellwether, booked, run, said, tracker, trades};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn an_address_of_redis_needs_a_build_that_speaks_to_it() {
    let folder = TempDir::new().unwrap();
    let migrate = |address: &str| {
        let mut command = bellwether(folder.path());
        command.env("REDIS_URL", address).arg("migrate").output().unwrap()
    };
    let (away, wrong) = (migrate("redis://127.0.0.1:1"), migrate("localhost"));
    if cfg!(feature = "redis") {
        assert!(away.status.success(), "{}", said(&away.stderr));
        assert!(said(&wrong.stderr).contains("give one like redis://"), "{}", said(&wrong.stderr));
    } else {
        assert_eq!(away.status.code(), Some(1));
        assert!(said(&away.stderr).contains("the feature `redis`"), "{}", said(&away.stderr));
    }
}

#[tokio::test]
async fn a_killed_import_leaves_all_or_nothing() {
    const ROWS: usize = 12_000;
    let mut left_nothing = 0;
    for attempt in 0..6_u64 {
        let folder = TempDir::new().unwrap();
        trades(folder.path(), ROWS);
        assert!(run(folder.path(), &["migrate"]).status.success());
        let wal = folder.path().join("test.sqlite-wal");
        let size = || std::fs::metadata(&wal).map_or(0, |file| file.len());
        let before = size();

        let mut import = bellwether(folder.path())
            .args(["--upstream", "none", "import", "trades.csv"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Each attempt lets it write a little more before the end.
        while size() <= before + attempt * 700_000 && import.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        import.kill().unwrap();
        import.wait().unwrap();

        let left = booked(folder.path()).await;
        assert!(matches!(left, None | Some(ROWS)), "a part is left: {left:?}");
        left_nothing += usize::from(left.is_none());
        if attempt < 2 {
            let again = run(folder.path(), &["import", "trades.csv"]);
            assert!(again.status.success(), "{}", said(&again.stderr));
            assert_eq!(booked(folder.path()).await, Some(ROWS));
        }
    }
    assert!(left_nothing > 0, "the kill never came before the end");
}

#[tokio::test]
async fn a_running_request_ends_with_its_answer_after_sigterm() {
    let (mut server, id) = Server::with_a_portfolio().await;
    let part = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"more.csv\"\r\n\r\n\
        Ticker,Type,Date,Price,Shares\r\n";
    let rest = "KO,Buy,2024-04-05,61,5\r\n\r\n--edge--\r\n";
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "POST /portfolio/{id}/import HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nExpect: 100-continue\r\n\
         Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {}\r\n\r\n",
        server.address,
        part.len() + rest.len()
    )
    .unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100"), "the request is being read");
    stream.write_all(part.as_bytes()).unwrap();

    server.terminate();
    let stopping = Instant::now();
    while TcpStream::connect(&server.address).is_ok() {
        assert!(stopping.elapsed() < Duration::from_secs(10), "it goes on taking connections");
        std::thread::sleep(Duration::from_millis(10));
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream);

    assert_eq!(answer.status, 200);
    assert!(said(&answer.body).contains("1 transaction imported"), "{}", said(&answer.body));
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    assert_eq!(booked(server.folder.path()).await, Some(3));
}

#[tokio::test]
async fn an_open_event_stream_ends_at_once_after_sigterm() {
    let (mut server, id) = Server::with_a_portfolio().await;
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let host = &server.address;
    write!(stream, "GET /api/v1/events?portfolio={id} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut heard = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while !line.contains(": listening") {
        line.clear();
        assert!(heard.read_line(&mut line).unwrap() > 0);
    }

    let asked = Instant::now();
    server.terminate();
    let mut rest = Vec::new();
    heard.read_to_end(&mut rest).unwrap();

    assert!(rest.ends_with(b"\r\n0\r\n\r\n"), "{}", said(&rest));
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    // Running requests would be waited for for twenty seconds.
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_server_tells_that_it_lives_and_that_its_address_is_taken() {
    let (server, _) = Server::with_a_portfolio().await;
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));

    let second = run(server.folder.path(), &["--listen", &server.address, "serve"]);

    assert_eq!(second.status.code(), Some(1));
    let words = said(&second.stderr);
    assert!(words.contains(&server.address) && words.contains("--listen"), "{words}");
}

#[test]
fn a_wrong_option_ends_with_advice() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("odd.toml"), "databse = \"x\"\n").unwrap();
    let cases: [(&[&str], &[&str]); 4] = [
        (&["--database", "no/such/folder/x.sqlite", "migrate"], &["no/such/folder", "open", "--database"]),
        (&["--config", "odd.toml", "migrate"], &["odd.toml", "databse"]),
        (&["--config", "none.toml", "migrate"], &["none.toml"]),
        (&["--upstream", "yahoo", "migrate"], &["\"yahoo\"", "http://"]),
    ];
    for (arguments, words) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        command
            .env_clear()
            .env("BELLWETHER_SIGN_IN", "off")
            .env("HOME", folder.path())
            .current_dir(folder.path());
        let ended = command.args(arguments).output().unwrap();
        let told = said(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(words.iter().all(|word| told.contains(word)), "{arguments:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[test]
fn the_simulator_serves_as_its_options_say() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("answer.json"), "{\"recorded\":true}").unwrap();
    let manifest = r#"[{"file":"answer.json","request":"GET y/v8/finance/chart/KO?range=1d","status":200}]"#;
    std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    let options = "sim --seed 7 --clock 2026-01-05T15:00:00Z --preset hostile --latency zero --fixtures .";
    let mut sim = Server::told(folder, &options.split(' ').collect::<Vec<_>>());

    let ask = |path: &str| sim.send(&format!("GET {path} HTTP/1.1\r\nUser-Agent: tests/1"), "");
    assert_eq!(ask("/v8/finance/chart/KO?range=1d").body, b"{\"recorded\":true}");
    let chart = ask("/v8/finance/chart/AAPL?range=1d&interval=1d");
    assert_eq!((chart.status, chart.header("date")), (200, Some("Mon, 05 Jan 2026 15:00:00 GMT")));
    assert_eq!(ask("/__sim/config").json()["limiter"]["windows"][0]["limit"], 40);

    sim.terminate();
    assert!(sim.process.wait().unwrap().success());
    let wrong = run(sim.folder.path(), &["sim", "--preset", "kind"]);
    assert!(wrong.status.code() == Some(2) && said(&wrong.stderr).contains("hostile"));
}

#[test]
fn a_report_is_json_when_asked_for() {
    let folder = TempDir::new().unwrap();
    trades(folder.path(), 3);
    let imported = run(folder.path(), &["import", "trades.csv"]);
    assert!(imported.status.success(), "{}", said(&imported.stderr));

    let report = run(folder.path(), &["report", "--portfolio", "Main", "--json"]);
    let unknown = run(folder.path(), &["report", "--portfolio", "Other", "--json"]);

    let told: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!((report.status.code(), &told["portfolio"]), (Some(0), &Value::from("Main")));
    assert_eq!(told["holdings"].as_array().unwrap().len(), 3);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown.stderr).contains("\"Other\""));
}

#[test]
fn rejected_rows_make_the_exit_code_2_and_are_named() {
    let folder = TempDir::new().unwrap();
    std::fs::write(
        folder.path().join("bad.csv"),
        "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,1\nKO,Buy,2024-02-30,60,1\n",
    )
    .unwrap();
    let imported = run(folder.path(), &["import", "bad.csv"]);
    assert_eq!(imported.status.code(), Some(2));
    assert!(said(&imported.stderr).contains("line 3: Date:"), "{}", said(&imported.stderr));
    assert!(said(&imported.stdout).starts_with("1 transaction imported"), "{}", said(&imported.stdout));
}

#[test]
fn a_typed_price_is_set_and_taken_back() {
    let folder = TempDir::new().unwrap();
    let prices = |arguments: &[&str]| run(folder.path(), &[&["prices"], arguments].concat());
    let unknown = prices(&["set", "PRIVATE", "120.50"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown.stderr).contains("currency"), "{}", said(&unknown.stderr));
    assert_eq!(prices(&["set", "PRIVATE", "a lot"]).status.code(), Some(2));

    let set = prices(&["set", "PRIVATE", "120.50", "--currency", "EUR", "--date", "2026-03-02"]);
    assert!(set.status.success(), "{}", said(&set.stderr));
    assert_eq!(said(&set.stdout).trim(), "PRIVATE: 120.5 EUR on 2026-03-02.");
    let remove = || prices(&["remove", "PRIVATE", "--date", "2026-03-02"]);
    assert!(remove().status.success());
    let again = remove();
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again.stderr).contains("there is no price of PRIVATE"), "{}", said(&again.stderr));
}

#[tokio::test]
async fn the_state_of_the_sources_is_told_as_it_is() {
    let folder = TempDir::new().unwrap();
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n";
    std::fs::write(folder.path().join("few.csv"), csv).unwrap();
    assert!(run(folder.path(), &["import", "few.csv"]).status.success());
    let id = tracker(folder.path()).await.portfolio_named("Main").await.unwrap().id;
    let simulator = Simulator::spawn(SimConfig::default()).unwrap();
    let server = Server::start(folder, &simulator.base_url());
    let health = || server.get("/api/upstream").json();
    let before = health();
    let source = &before["sources"][0];
    assert_eq!((&source["source"], &source["upstream"]["calls"]), (&Value::from("yahoo"), &Value::from(0)));
    assert_eq!(simulator.calls(), 0, "telling asks nobody");

    assert_eq!(server.get(&format!("/dashboard/{id}")).status, 200);
    let deadline = Instant::now() + Duration::from_secs(30);
    // The holding, two benchmarks; and whatever the upkeep asks besides has been answered.
    let is_told = |told: &Value| {
        let source = &told["sources"][0];
        source["answers"]["answered"].as_u64() >= Some(3)
            && told["coalescing"]["histories"]["flights"] == 3
            && source["upstream"]["in_flight"] == 0
            && source["upstream"]["calls_last_hour"] == simulator.calls()
    };
    let mut told = health();
    while !is_told(&told) {
        assert!(Instant::now() < deadline, "{} calls arrived: {told}", simulator.calls());
        std::thread::sleep(Duration::from_millis(50));
        told = health();
    }
    let source = &told["sources"][0];
    assert!(source["answers"]["last_answer_at"].is_string(), "{told}");
    assert_eq!(source["upstream"]["anonymous"]["state"]["state"], "closed");
    assert_eq!(source["upstream"]["hourly_limit"], 300);

    let (offline, _) = Server::with_a_portfolio().await;
    assert_eq!(offline.get("/api/upstream").json()["sources"], Value::Array(Vec::new()));
}

#[test]
fn a_price_source_that_cannot_be_used_is_named_with_file_line_and_key() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(".config/bellwether/price-sources/house.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let good = "name = \"house\"\nbasis = \"as-traded\"\nurl = \"http://127.0.0.1:9/{symbol}\"\n\
        time_zone = \"UTC\"\nkind = \"fund\"\ncurrency = \"EUR\"\nsuffixes = [\".FUND\"]\n\
        csv = { date = \"Date\", close = \"Close\" }\n";
    let refused = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let refused = run(folder.path(), &["migrate"]);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused.stderr));
        let words = said(&refused.stderr);
        assert!(words.contains("price-sources/house.toml"), "{words}");
        words
    };
    assert!(refused(&good.replace("basis", "bsis")).contains("line 2: unknown field `bsis`"));
    assert!(refused(&good.replace("/{symbol}", "/")).contains("url: "));

    let nowhere = run(folder.path(), &["--price-sources", "nowhere", "migrate"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said(&nowhere.stderr).contains("nowhere"), "{}", said(&nowhere.stderr));

    std::fs::write(&file, good).unwrap();
    assert!(run(folder.path(), &["migrate"]).status.success());
    let server = Server::start(folder, "none");
    let sources = server.get("/api/upstream").json()["sources"].clone();
    assert_eq!((sources.as_array().unwrap().len(), &sources[0]["source"]), (1, &Value::from("house")));
}

#[tokio::test]
async fn programs_record_prices_too() {
    let (server, _) = Server::with_a_portfolio().await;
    let price = || server.get("/api/current-price/KO").json();
    let post = |body: &str| server.send("POST /api/prices HTTP/1.1", body);
    let told = price();
    for wrong in
        ["", "{}", "{\"ticker\": \"KO\", \"price\": \"12,5\"}", "{\"ticker\": \"KO\", \"price\": -1}"]
    {
        post(wrong).is_a_problem(400);
    }
    post("{\"ticker\": \"KO\", \"price\": \"1\", \"date\": \"2999-01-01\"}").is_a_problem(400);
    post("{\"ticker\": \"KO\", \"price\": \"1\", \"currency\": \"EUR\"}").is_a_problem(409);
    let foreign = "POST /api/prices HTTP/1.1\r\nOrigin: http://evil.example";
    assert_eq!(server.send(foreign, "{\"ticker\": \"KO\", \"price\": 1}").status, 403);
    assert_eq!(price()["price"], told["price"]);

    let recorded = post("{\"ticker\": \"KO\", \"price\": \"1000.25\"}");
    assert_eq!(recorded.status, 200, "{}", said(&recorded.body));
    let known = price();
    assert_eq!((&known["price"], &known["source"]), (&Value::from(1000.25), &Value::from("manual")));
    assert_eq!(known["freshness"], "manual");

    let of = format!("/api/prices/KO/{}", recorded.json()["date"].as_str().unwrap());
    let remove = || server.send(&format!("DELETE {of} HTTP/1.1"), "");
    assert_eq!(remove().status, 200);
    assert_eq!(price()["price"], told["price"]);
    remove().is_a_problem(404);
    server.send("DELETE /api/prices/KO/yesterday HTTP/1.1", "").is_a_problem(400);
    assert_eq!(server.get("/api/prices").status, 405);
}

#[tokio::test]
async fn wrong_requests_are_refused_as_problems() {
    let (server, id) = Server::with_a_portfolio().await;
    let nobody = "00000000-0000-7000-8000-000000000000";
    server.get(&format!("/api/dashboard-initial-data/{nobody}")).is_a_problem(404);
    server.get("/api/nothing").is_a_problem(404);
    server.get(&format!("/api/dashboard-initial-data/{id}?range=2Y")).is_a_problem(400);
    server.get(&format!("/api/dashboard-initial-data/{id}?as_of=2999-01-01")).is_a_problem(400);
    server.get("/api/current-price/NOBODY").is_a_problem(404);
    let page = server.get(&format!("/dashboard/{nobody}"));
    assert_eq!(page.status, 404);
    assert!(said(&page.body).contains("<html"), "people get a page");

    let foreign = format!("POST /api/refresh-holdings/{id} HTTP/1.1\r\nOrigin: http://evil.example");
    assert_eq!(server.send(&foreign, "").status, 403);
    server.send(&format!("POST /api/refresh-holdings/{id} HTTP/1.1"), "").is_a_problem(409);
    let read = server.get(&format!("/api/refresh-holdings/{id}"));
    assert_eq!(read.status, 405, "reading changes nothing");
}

#[tokio::test]
async fn an_answer_is_sent_once_and_small() {
    let (server, id) = Server::with_a_portfolio().await;
    let address = format!("/dashboard/{id}?as_of=2024-06-03");
    let plain = server.get(&address);
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    let tag = plain.header("etag").unwrap();
    // Ages are told to the minute, but not those of a past day: the tag holds.
    let known = server.send(&format!("GET {address} HTTP/1.1\r\nIf-None-Match: {tag}"), "");
    assert_eq!((known.status, known.body.len()), (304, 0));

    let small = server.send(&format!("GET {address} HTTP/1.1\r\nAccept-Encoding: gzip, br"), "");
    assert_eq!((small.status, small.header("content-encoding")), (200, Some("br")));
    assert!(small.body.len() * 2 < plain.body.len());

    let page = said(&plain.body);
    let asset = page.split('"').find(|text| text.starts_with("/assets/") && text.contains(".js")).unwrap();
    let script = server.send(&format!("GET {asset} HTTP/1.1\r\nAccept-Encoding: br"), "");
    assert_eq!((script.status, script.header("content-encoding")), (200, Some("br")));
    assert!(script.header("cache-control").is_some_and(|words| words.contains("immutable")));
    assert_eq!(server.get("/assets/none.js").status, 404);
}

const STATISTICS: [&str; 18] = [
    "cash_balance",
    "current_value",
    "gain_loss_percentage",
    "portfolio_daily_change",
    "portfolio_daily_dollar_change",
    "qqq_daily_change",
    "qqq_daily_dollar_change",
    "qqq_equivalent",
    "qqq_gain_loss",
    "qqq_gain_loss_percentage",
    "total_dividends",
    "total_gain_loss",
    "total_invested",
    "voo_daily_change",
    "voo_daily_dollar_change",
    "voo_equivalent",
    "voo_gain_loss",
    "voo_gain_loss_percentage",
];

const OF_A_HOLDING: [&str; 12] = [
    "ticker",
    "shares",
    "current_price",
    "market_value",
    "cost_basis",
    "gain_loss",
    "gain_loss_percentage",
    "voo_performance",
    "qqq_performance",
    "portfolio_percentage",
    "data_age_minutes",
    "is_stale",
];

#[tokio::test]
async fn the_json_has_the_keys_that_scripts_know_and_no_gap() {
    let (server, id) = Server::with_a_portfolio().await;
    let answer = server.get(&format!("/api/dashboard-initial-data/{id}"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let told = answer.json();
    assert_eq!(told["success"], true);

    let statistics = told["portfolio_stats"].as_object().unwrap();
    let mut keys: Vec<&str> = statistics.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, STATISTICS);
    for (key, figure) in statistics {
        assert!(figure.is_number(), "{key} is {figure}");
    }
    let holdings = told["holdings"].as_array().unwrap();
    assert_eq!(holdings.len(), 2);
    for key in OF_A_HOLDING {
        assert!(holdings.iter().all(|held| held.get(key).is_some_and(|told| !told.is_null())), "{key}");
    }

    let price = server.get("/api/current-price/ko").json();
    assert_eq!((&price["success"], &price["ticker"]), (&Value::from(true), &Value::from("KO")));
    assert!(price["price"].as_f64().is_some_and(|price| price > 0.0));
    let chart = server.get(&format!("/api/dashboard-chart-data/{id}")).json();
    let columns = &chart["chart_data"];
    let length = |name: &str| columns[name].as_array().unwrap().len();
    assert!(length("dates") > 100);
    assert!(
        ["portfolio_values", "voo_values", "qqq_values", "returns", "drawdowns", "benchmark_returns"]
            .iter()
            .all(|name| length(name) == length("dates"))
    );
}

#[tokio::test]
async fn what_any_process_writes_is_in_the_next_answer() {
    let (server, id) = Server::with_a_portfolio().await;
    let address = format!("/api/dashboard-initial-data/{id}");
    assert_eq!(server.get(&address).status, 200);
    for round in 1..=5 {
        let csv = format!("Ticker,Type,Date,Price,Shares\nNEW{round},Buy,2024-03-05,10,1\n");
        std::fs::write(server.folder.path().join("more.csv"), csv).unwrap();
        assert!(run(server.folder.path(), &["import", "more.csv"]).status.success());
        let told = said(&server.get(&address).body);
        assert!(told.contains(&format!("\"NEW{round}\"")), "the import of another process");
    }
    let tag = |answer: &Answer| answer.header("etag").unwrap().to_owned();
    for price in ["1000", "1001"] {
        let (page, typed) = (server.get(&address), format!("{{\"ticker\": \"KO\", \"price\": \"{price}\"}}"));
        assert_eq!(server.send("POST /api/prices HTTP/1.1", &typed).status, 200);
        assert_ne!(tag(&server.get(&address)), tag(&page), "the price that was typed");
    }
}

#[tokio::test]
async fn the_cache_tells_what_it_did_and_can_be_cleared() {
    let (server, id) = Server::with_a_portfolio().await;
    // A past day, whose answer does not change with the minute.
    let address = format!("/api/dashboard-initial-data/{id}?as_of=2024-06-03");
    for _ in 0..3 {
        assert_eq!(server.get(&address).status, 200);
    }
    let told = server.get("/api/cache/stats").json();
    let of_kind = &told["snapshots"]["kinds"]["initial-data"];
    assert_eq!((&of_kind["memory"]["hits"], &of_kind["memory"]["misses"]), (&2.into(), &1.into()));
    assert_eq!((&of_kind["entries"], &of_kind["builds"]), (&1.into(), &1.into()));
    assert!(told["snapshots"]["bytes"].as_u64() > Some(1_000), "{told}");
    assert_eq!(told["redis"], Value::Null);

    assert_eq!(server.get("/api/cache/clear").status, 405);
    assert_eq!(server.send("POST /api/cache/clear HTTP/1.1", "").json()["dropped"], 1);
    assert_eq!(server.get("/api/cache/stats").json()["snapshots"]["entries"], 0);
    assert_eq!(server.get(&address).status, 200);
    let told = server.get("/api/cache/stats").json();
    assert_eq!(told["snapshots"]["kinds"]["initial-data"]["builds"], 2);
}
