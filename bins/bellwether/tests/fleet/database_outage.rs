//! PostgreSQL away and back: what was looked at is answered, the rest is refused until it is back, and all goes on.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::cluster::Cluster;
use crate::fleet::{eventually, fleet, holdings, import, purchases};
use crate::redis::Redis;
use crate::server::{Asked, until};

const FORM: &str = "application/x-www-form-urlencoded";

#[track_caller]
fn is_refused(told: &Asked) {
    assert_eq!(told.status(), 503, "{told:?}");
    assert_eq!(told.header("retry-after"), Some("5"), "{told:?}");
    let words = told.text();
    assert!(words.contains("database does not answer"), "{words}");
    for internal in ["127.0.0.1", "connection", "libpq", "SELECT"] {
        assert!(!words.contains(internal), "{words}");
    }
}

#[test]
fn a_database_that_restarts_is_waited_for_by_those_who_need_it_alone() {
    let (cluster, redis) = (Cluster::start(), Redis::start());
    let fleet = fleet(&cluster.url(), "none", Some(&redis));
    let id = fleet[0].new_portfolio("Main");
    import(&fleet[0], id, &purchases(&["KO", "MSFT"]));
    let looked_at = [
        format!("/dashboard/{id}"),
        format!("/api/dashboard-holdings-data/{id}"),
        format!("/api/dashboard-initial-data/{id}"),
    ];
    for server in &fleet {
        for address in &looked_at {
            assert_eq!(server.get(address).status(), 200);
        }
    }

    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for server in &fleet {
            for address in &looked_at {
                scope.spawn(|| {
                    while !stop.load(Ordering::SeqCst) {
                        let told = server.get(address);
                        assert_eq!(told.status(), 200, "{told:?}");
                        answered.fetch_add(1, Ordering::SeqCst);
                        thread::sleep(std::time::Duration::from_millis(20));
                    }
                });
            }
        }
        // Ended whatever happens, or the readers would read for ever.
        let ended = Ended(&stop);
        cluster.take_away();
        for server in &fleet {
            eventually("not ready", || server.get("/readyz").status() == 503);
        }
        let before = answered.load(Ordering::SeqCst);
        thread::scope(|scope| {
            for server in &fleet {
                scope.spawn(|| {
                    let needing = ["/", "/api/v1/jobs", "/api/current-price/KO", "/portfolio/import-csv"];
                    for address in needing {
                        is_refused(&server.get(address));
                    }
                    is_refused(&server.get(&format!("/api/dashboard-chart-data/{id}?range=1M")));
                    is_refused(&server.get(&format!("/dashboard/{id}?range=1M")));
                    is_refused(&server.get(&format!("/portfolio/{id}/import")));
                    is_refused(&server.post(
                        "/portfolios",
                        FORM,
                        b"name=Other&currency=USD&cost_method=fifo",
                    ));
                    is_refused(&server.upload_in_background(id, &purchases(&["PG"])).join().unwrap());
                    let price = br#"{"ticker": "KO", "price": "70", "currency": "USD"}"#;
                    is_refused(&server.post("/api/prices", "application/json", price));
                    for address in ["/healthz", "/metrics", "/api/cache/stats", "/api/v1/monitoring"] {
                        assert_eq!(server.get(address).status(), 200, "{address}");
                    }
                    assert!(server.get("/monitoring").text().contains("The database does not answer."));
                });
            }
        });
        assert!(answered.load(Ordering::SeqCst) > before, "what was looked at is read all the time");

        cluster.bring_back();
        for server in &fleet {
            eventually("ready", || server.get("/readyz").status() == 200);
            eventually("current", || server.get("/").status() == 303);
        }
        drop(ended);
    });

    import(&fleet[0], id, &purchases(&["PG"]));
    assert_eq!(holdings(&fleet[1], id)["holdings"].as_array().unwrap().len(), 3);
    // Workers work again.
    let mut many = purchases(&["KO"]);
    for row in 0..600 {
        writeln!(many, "KO,Buy,2025-01-02,{row}.5,1").unwrap();
    }
    let told = fleet[1].upload_in_background(id, &many).join().unwrap();
    let job = told.redirect().unwrap().split_once("job=").unwrap().1.to_owned();
    let job = || fleet[0].get(&format!("/api/v1/jobs/{job}")).json();
    until("imported", job, |job| job["state"] == "succeeded");
    assert!(!fleet[0].get("/monitoring").text().contains("The database does not answer."));
}

/// Tells readers to end, also when an assertion fails.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
