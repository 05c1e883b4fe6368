//! Two processes that share what they are given.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use bellwether_domain::PortfolioId;
use bellwether_yahoo_sim::{Route, SimHandle};
use serde_json::Value;

use crate::redis::Redis;
use crate::server::{Server, until};

/// Seconds after which the jobs of a process that vanished are taken over.
pub(crate) const LEASE: u32 = 3;

/// Both processes of a fleet.
pub(crate) fn fleet(database: &str, upstream: &str, redis: Option<&Redis>) -> [Server; 2] {
    [member(database, upstream, redis), member(database, upstream, redis)]
}

fn member(database: &str, upstream: &str, redis: Option<&Redis>) -> Server {
    let (lease, redis) = (LEASE.to_string(), redis.map_or("none".to_owned(), Redis::url));
    Server::told(database, upstream, &["--lease", &lease, "--redis", &redis, "serve"])
}

/// A file with one purchase of each symbol.
pub(crate) fn purchases(symbols: &[&str]) -> String {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for symbol in symbols {
        writeln!(csv, "{symbol},Buy,2025-03-05,60.5,10").unwrap();
    }
    csv
}

pub(crate) fn import(server: &Server, id: PortfolioId, csv: &str) {
    let told = server.upload_in_background(id, csv).join().unwrap();
    assert_eq!(told.status(), 200, "{told:?}");
}

pub(crate) fn holdings(server: &Server, id: PortfolioId) -> Value {
    server.get(&format!("/api/dashboard-holdings-data/{id}")).json()
}

/// Waits until so many holdings have prices.
pub(crate) fn all_priced(server: &Server, id: PortfolioId, count: usize) {
    let priced = |told: &Value| {
        let held = told["holdings"].as_array().unwrap();
        held.len() == count && held.iter().all(|held| held["current_price"].is_number())
    };
    until("priced", || holdings(server, id), priced);
}

/// Waits until nothing runs and nothing waits but for its time.
pub(crate) fn quiet(server: &Server) {
    let busy = || {
        let told = server.get("/api/v1/monitoring").json();
        let jobs = &told["jobs"];
        serde_json::json!([jobs["by_state"]["running"], jobs["waiting_since"]])
    };
    until("quiet", busy, |busy| busy[0] == 0 && busy[1].is_null());
}

/// How often each symbol was asked for at each address.
pub(crate) fn asked(simulator: &SimHandle) -> BTreeMap<(String, Route), usize> {
    let mut asked = BTreeMap::new();
    for call in simulator.log_since(0) {
        for symbol in call.symbols {
            *asked.entry((symbol, call.route)).or_default() += 1;
        }
    }
    asked
}

/// Tries again and again until it is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
    begun.elapsed()
}
