//! What refuses one process is left alone by both.

use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, SimConfig, Simulator};
use serde_json::Value;

use crate::fleet::{all_priced, fleet, import, purchases, quiet};
use crate::postgres::Schema;
use crate::redis::Redis;
use crate::server::{Server, until};

/// What a process knows of its source.
fn source(server: &Server) -> Value {
    server.get("/api/upstream").json()["sources"][0]["upstream"].clone()
}

#[test]
fn a_circuit_that_one_opened_is_open_in_the_other() {
    let (schema, mut redis) = (Schema::create(), Redis::start());
    let simulator = Simulator::spawn(SimConfig::default()).unwrap();
    let fleet = fleet(&schema.url(), &simulator.base_url(), Some(&redis));
    let id = fleet[0].new_portfolio("Main");
    import(&fleet[0], id, &purchases(&["KO"]));
    all_priced(&fleet[1], id, 1);
    quiet(&fleet[0]);
    let calls = |server: &Server| source(server)["calls"].as_u64().unwrap();
    assert_eq!(calls(&fleet[0]) + calls(&fleet[1]), simulator.calls(), "each counts its own");
    for server in &fleet {
        let counted =
            until("counted", || source(server), |told| told["calls_last_hour"] == simulator.calls());
        assert_eq!(counted["sharing"]["state"], "together", "and both the hour's");
    }

    let refusal = FaultAction::Status { code: 429, body: FaultBody::Usual };
    simulator.set_faults(vec![FaultRule::always(refusal)]);
    import(&fleet[0], id, &purchases(&["MSFT"]));
    let is_open = |told: &Value| told["anonymous"]["state"]["state"] == "open";
    let [one, other] = fleet.each_ref().map(|server| until("open", || source(server), is_open));
    assert_eq!(one["anonymous"], other["anonymous"]);
    assert_eq!((&one["hourly_limit"], &other["hourly_limit"]), (&Value::from(150), &Value::from(150)));
    let so_far = simulator.calls();
    for server in &fleet {
        server.get(&format!("/dashboard/{id}"));
        assert!(server.get("/monitoring").text().contains("shared by all processes"));
    }
    quiet(&fleet[1]);
    assert_eq!(simulator.calls(), so_far, "nobody asks meanwhile");

    redis.stop();
    for server in &fleet {
        until("apart", || source(server), |told| told["sharing"]["state"] == "apart");
        assert!(is_open(&source(server)), "each goes on by what it knows");
    }
    redis.start_again();
    for server in &fleet {
        until("together", || source(server), |told| told["sharing"]["state"] == "together");
        assert!(is_open(&source(server)));
    }
}
