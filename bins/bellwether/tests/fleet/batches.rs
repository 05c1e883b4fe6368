//! One upstream batch for one need, whoever asks.

use std::thread;

use bellwether_domain::PortfolioId;
use bellwether_yahoo_sim::{LatencyProfile, Route, SimConfig, SimHandle, Simulator};

use crate::fleet::{LEASE, all_priced, asked, fleet, import, purchases, quiet};
use crate::postgres::Schema;
use crate::redis::Redis;
use crate::server::Server;

const HELD: [&str; 5] = ["KO", "MSFT", "AAPL", "JNJ", "PG"];

/// Its answers take long enough for whoever asks beside somebody else.
fn slow_upstream() -> SimHandle {
    let mut slow = SimConfig::default();
    slow.behaviour.latency = LatencyProfile { base_ms: 1_500.0, ..LatencyProfile::zero() };
    Simulator::spawn(slow).unwrap()
}

/// Both are asked from several sides at once.
fn look(fleet: &[Server; 2], id: PortfolioId) {
    thread::scope(|scope| {
        for server in fleet {
            for address in ["/dashboard", "/api/dashboard-initial-data", "/api/dashboard-holdings-data"] {
                scope.spawn(move || assert_eq!(server.get(&format!("{address}/{id}")).status(), 200));
            }
        }
    });
}

#[test]
fn what_a_portfolio_needs_is_asked_for_once_when_both_are_asked_for_it() {
    let (schema, redis) = (Schema::create(), Redis::start());
    let simulator = slow_upstream();
    let alone = Server::start(&schema.url(), "none", LEASE);
    let id = alone.new_portfolio("Main");
    import(&alone, id, &purchases(&HELD));
    drop(alone);
    assert_eq!(simulator.calls(), 0);

    let fleet = fleet(&schema.url(), &simulator.base_url(), Some(&redis));
    look(&fleet, id);
    look(&fleet, id);
    for server in &fleet {
        all_priced(server, id, HELD.len());
    }
    quiet(&fleet[0]);
    look(&fleet, id);
    quiet(&fleet[1]);

    let asked = asked(&simulator);
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    assert!(HELD.iter().all(|symbol| asked.contains_key(&((*symbol).to_owned(), Route::Chart))), "{asked:?}");
}

#[test]
fn what_an_import_needs_is_asked_for_once_when_both_are_looked_at() {
    let (schema, redis) = (Schema::create(), Redis::start());
    let simulator = slow_upstream();
    let fleet = fleet(&schema.url(), &simulator.base_url(), Some(&redis));
    let id = fleet[0].new_portfolio("Main");
    quiet(&fleet[0]);

    import(&fleet[0], id, &purchases(&HELD));
    look(&fleet, id);
    for server in &fleet {
        all_priced(server, id, HELD.len());
    }
    quiet(&fleet[0]);
    look(&fleet, id);
    quiet(&fleet[1]);

    let asked = asked(&simulator);
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    assert!(HELD.iter().all(|symbol| asked.contains_key(&((*symbol).to_owned(), Route::Chart))), "{asked:?}");
}
