//! What one process was at when it was killed, the other one finishes.

use std::time::{Duration, Instant};

use bellwether_yahoo_sim::{LatencyProfile, SimConfig, Simulator};

use crate::fleet::{LEASE, all_priced, fleet, import, purchases, quiet};
use crate::postgres::Schema;
use crate::redis::Redis;
use crate::server::{Server, until};

#[test]
fn the_jobs_of_a_killed_process_are_finished_by_the_other_within_a_lease() {
    let (schema, redis) = (Schema::create(), Redis::start());
    let mut slow = SimConfig::default();
    slow.behaviour.latency = LatencyProfile { base_ms: 2_000.0, ..LatencyProfile::zero() };
    let simulator = Simulator::spawn(slow).unwrap();
    let mut fleet = fleet(&schema.url(), &simulator.base_url(), Some(&redis));
    let id = fleet[0].new_portfolio("Main");
    quiet(&fleet[0]);
    import(&fleet[0], id, &purchases(&["KO", "MSFT"]));

    let load = |server: &Server| {
        let told = server.get("/api/v1/jobs?kind=refresh-prices&limit=1").json();
        told["jobs"][0].clone()
    };
    let running = until("running", || load(&fleet[1]), |job| job["state"] == "running");
    let (killed, heir) = if fleet[0].holds(&running) { (0, 1) } else { (1, 0) };
    assert!(fleet[killed].holds(&running), "{running}");
    fleet[killed].kill();
    let begun = Instant::now();
    // The same job, or, where a newer one for its key waited already, that one in its place.
    let successor = || load(&fleet[heir]);
    let taken_over = until("taken over", successor, |job| fleet[heir].holds(job));
    assert_eq!(taken_over["key"], running["key"]);
    // A minute, were it not for the lease that was asked for.
    assert!(begun.elapsed() < Duration::from_secs(u64::from(LEASE) * 10), "{:?}", begun.elapsed());

    let done = until("done", successor, |job| job["state"] == "succeeded");
    assert_eq!(done["attempts"], if done["id"] == running["id"] { 2 } else { 1 });
    all_priced(&fleet[heir], id, 2);
}
