//! What a new process has to respect of the one before it.

use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Clock, FixedClock};
use bellwether_tracker::{Tracker, Upstream};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultMatch, FaultRule, SimHandle};
use chrono::{DateTime, TimeDelta, Utc};

use crate::database::{TestDatabase, clock, on_both};
use crate::refresh::{SATURDAY, look, portfolio, simulator, upstream};

fn refusal() -> FaultAction {
    FaultAction::Status { code: 429, body: FaultBody::Usual }
}

/// Until when nobody calls.
fn rest(tracker: &Tracker, clock: &FixedClock) -> Option<DateTime<Utc>> {
    tracker.upstream_health().sources[0].rests_until(clock.now())
}

/// Waits for what a running task leaves in the database, as the next process would see it.
async fn rest_is_kept(database: &TestDatabase, simulator: &SimHandle, clock: &Arc<FixedClock>) {
    let seen = async {
        while rest(&database.tracker(upstream(simulator), clock).await, clock).is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("the rest is written down");
}

async fn a_restart_is_no_way_around_a_rest(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "PEP"]).await;
    simulator.set_faults(vec![FaultRule::always(refusal())]);
    tracker.refresh_now(id).await.unwrap();
    let until = rest(&tracker, &clock).expect("a rest");
    let so_far = simulator.calls();
    drop(tracker);

    simulator.set_faults(Vec::new());
    while clock.now() + TimeDelta::minutes(1) < until {
        let reopened = database.tracker(upstream(&simulator), &clock).await;
        assert_eq!(rest(&reopened, &clock), Some(until));
        reopened.refresh_now(id).await.unwrap();
        assert_eq!(simulator.calls(), so_far, "{} before {until}", clock.now());
        look(&reopened, id).await;
        clock.advance(TimeDelta::minutes(1));
    }

    clock.set(until);
    let reopened = database.tracker(upstream(&simulator), &clock).await;
    assert_eq!(rest(&reopened, &clock), None);
    for _ in 0..3 {
        reopened.refresh_now(id).await.unwrap();
        clock.advance(TimeDelta::minutes(10));
    }
    assert!(simulator.calls() > so_far);
    assert_eq!(look(&reopened, id).await.figures.unwrap().report.totals.unpriced, []);
}

async fn a_kill_in_the_middle_of_a_load_leaves_the_rest_in_force(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "PEP", "MSFT", "JNJ"]).await;
    // The second call is refused while the others never end.
    let refused = FaultMatch { nth: Some(2), ..FaultMatch::default() };
    simulator.set_faults(vec![
        FaultRule { matches: refused, action: refusal(), times: None },
        FaultRule::always(FaultAction::Hang),
    ]);
    let load = tokio::spawn({
        let tracker = tracker.clone();
        async move { tracker.refresh_now(id).await }
    });
    rest_is_kept(database, &simulator, &clock).await;
    assert!(!load.is_finished(), "the load is still under way");
    load.abort();
    drop(tracker);

    simulator.set_faults(Vec::new());
    let so_far = simulator.calls();
    let reopened = database.tracker(upstream(&simulator), &clock).await;
    reopened.refresh_now(id).await.unwrap();
    assert_eq!(simulator.calls(), so_far);
}

async fn the_calls_of_the_last_hour_outlive_a_restart(database: &TestDatabase) {
    // In the session, so that each minute brings a call.
    let clock = clock("2026-11-23T16:00:00Z");
    let simulator = simulator(&clock);
    // The real limits are no hindrance to so few calls.
    let at = Upstream::At(simulator.base_url());
    let tracker = database.tracker(at.clone(), &clock).await;
    let id = portfolio(&tracker, &["KO"]).await;
    drop(tracker);

    for _ in 0..10 {
        let tracker = database.tracker(at.clone(), &clock).await;
        assert_eq!(calls_last_hour(&tracker), simulator.calls());
        tracker.refresh_now(id).await.unwrap();
        clock.advance(TimeDelta::minutes(2));
    }

    assert_eq!(simulator.calls(), 3 + 9, "three histories, then one batch at a time");
    clock.advance(TimeDelta::minutes(41));
    let tracker = database.tracker(at.clone(), &clock).await;
    assert_eq!(calls_last_hour(&tracker), 9, "the first three were an hour ago");
}

fn calls_last_hour(tracker: &Tracker) -> u64 {
    tracker.upstream_health().sources.remove(0).upstream.unwrap().calls_last_hour.into()
}

async fn another_upstream_has_not_earned_the_rest(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let (refusing, other) = (simulator(&clock), simulator(&clock));
    refusing.set_faults(vec![FaultRule::always(refusal())]);
    let tracker = database.tracker(upstream(&refusing), &clock).await;
    let id = portfolio(&tracker, &["KO"]).await;
    tracker.refresh_now(id).await.unwrap();
    drop(tracker);

    let moved = database.tracker(upstream(&other), &clock).await;
    assert_eq!(rest(&moved, &clock), None);
    clock.advance(TimeDelta::minutes(6));
    moved.refresh_now(id).await.unwrap();
    assert!(other.calls() > 0);
}

async fn what_was_learnt_of_symbols_outlives_a_restart(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO", "ZZUNKNOWN1", "ZZDEAD1"]).await;
    tracker.refresh_now(id).await.unwrap();
    drop(tracker);
    let so_far = simulator.calls();

    for _ in 0..3 {
        let reopened = database.tracker(upstream(&simulator), &clock).await;
        assert!(!reopened.refresh_if_due(id).await.unwrap(), "nothing is to be done");
        reopened.refresh_now(id).await.unwrap();
        assert_eq!(simulator.calls(), so_far);
        clock.advance(TimeDelta::hours(7));
    }

    clock.advance(TimeDelta::hours(4));
    let reopened = database.tracker(upstream(&simulator), &clock).await;
    reopened.refresh_now(id).await.unwrap();
    assert!(simulator.calls() > so_far, "25 hours later they may be known");
}

on_both!(
    a_restart_is_no_way_around_a_rest,
    a_kill_in_the_middle_of_a_load_leaves_the_rest_in_force,
    the_calls_of_the_last_hour_outlive_a_restart,
    another_upstream_has_not_earned_the_rest,
    what_was_learnt_of_symbols_outlives_a_restart,
);
