//! Redis held up, gone and full: nobody notices but those who look at its state.

use bellwether_domain::PortfolioId;

use crate::fleet::{eventually, fleet, holdings, import, purchases};
use crate::postgres::Schema;
use crate::redis::Redis;
use crate::server::Server;

/// Requests of all sorts, one of which changes what is shown, so that answers are built anew.
fn all_is_answered(fleet: &[Server; 2], id: PortfolioId, round: usize) {
    let (writer, reader) = (&fleet[round % 2], &fleet[(round + 1) % 2]);
    import(writer, id, &purchases(&["KO"]).replace("60.5", &format!("{}.5", round + 1)));
    let shares = holdings(reader, id)["holdings"][0]["shares"].clone();
    assert_eq!(shares, (round + 1) as f64 * 10.0, "the write is in the next read of the other");
    for server in fleet {
        for address in ["/dashboard", "/api/dashboard-initial-data", "/api/dashboard-chart-data"] {
            let told = server.get(&format!("{address}/{id}"));
            assert_eq!(told.status(), 200, "{told:?}");
        }
        for address in ["/monitoring", "/metrics", "/api/v1/jobs", "/readyz", "/healthz"] {
            assert_eq!(server.get(address).status(), 200, "{address}");
        }
    }
}

fn state(server: &Server) -> String {
    let told = server.get("/api/cache/stats").json();
    told["redis"]["state"].as_str().unwrap().to_owned()
}

#[test]
fn no_request_fails_while_redis_is_slow_gone_or_full() {
    let (schema, mut redis) = (Schema::create(), Redis::start());
    let fleet = fleet(&schema.url(), "none", Some(&redis));
    let id = fleet[0].new_portfolio("Main");
    let mut rounds = 0..;
    let mut until_both_are = |wanted: &str| {
        let mut least = 2;
        eventually(wanted, || {
            all_is_answered(&fleet, id, rounds.next().unwrap());
            least -= 1;
            least <= 0 && fleet.iter().all(|server| state(server) == wanted)
        });
    };
    let says = |words: &str| fleet.iter().all(|server| server.get("/monitoring").text().contains(words));

    until_both_are("up");
    redis.hold_up();
    until_both_are("away");
    assert!(says("Redis does not answer"));
    redis.stop();
    until_both_are("away");
    assert!(says("Redis does not answer"));
    redis.start_again();
    until_both_are("up");
    assert!(!says("Redis does not answer"));

    assert_eq!(redis.say("CONFIG SET maxmemory-policy noeviction"), "+OK");
    assert_eq!(redis.say("CONFIG SET maxmemory 1"), "+OK");
    until_both_are("read-only");
    assert!(says("Redis takes no writes"));
    assert_eq!(redis.say("CONFIG SET maxmemory 0"), "+OK");
    until_both_are("up");
    assert!(!says("Redis takes no writes"));
}
