//! Circuits, the hour's limit, and what of them outlives the process.

use super::*;

#[tokio::test]
async fn after_a_refusal_nothing_goes_out_until_one_call_probes() {
    let bench =
        bench(Limits::generous(), |nth| if nth == 3 { status(429, "Too Many Requests\r\n") } else { fine() });
    let budget = LoadBudget::background(1_000);
    for _ in 0..100 {
        let _ = bench.ask(&budget).await;
    }
    assert_eq!(bench.calls(), 3);
    assert_eq!(budget.spent(), 3, "what did not go out cost nothing");
    let Err(NotAnswered::CircuitOpen { until }) = bench.ask(&budget).await else { panic!("still closed") };
    assert_eq!((until - DateTime::UNIX_EPOCH).num_seconds(), 300);
    assert_eq!(bench.gateway.counters().refused_by_circuit, 98);

    bench.clock.set(until);
    let (first, second) = futures::join!(bench.ask(&budget), bench.ask(&budget));
    assert!(first.is_ok() && second.is_err(), "one at a time");
    assert!(bench.ask(&budget).await.is_ok());
    assert_eq!(bench.gateway.counters().anonymous.state, CircuitState::Closed);
    assert_eq!(bench.calls(), 5);
}

#[tokio::test]
async fn calls_that_wait_when_a_refusal_comes_do_not_go_out() {
    let limits = Limits { per_second: Limits::default().per_second, ..Limits::default() };
    let bench = bench(limits, |nth| if nth == 2 { status(429, "") } else { fine() });
    let budget = LoadBudget::background(100);
    let budget_of_reader = LoadBudget::foreground(100, bench.clock.now() + TimeDelta::hours(1));
    let asked = futures::future::join_all((0..20).map(|_| bench.ask(&budget_of_reader))).await;
    assert!(bench.calls() <= 2 + 3, "two and those under way, not {}", bench.calls());
    assert!(asked.iter().filter(|answer| answer.is_err()).count() >= 15);
    assert_eq!(budget.spent(), 0);
}

#[tokio::test]
async fn the_upstreams_wish_for_rest_is_heard() {
    let bench = bench(Limits::generous(), |_| {
        Ok(Response { status: 429, retry_after: Some("1800".into()), ..Response::default() })
    });
    let _ = bench.ask(&LoadBudget::background(1)).await;
    let until = DateTime::UNIX_EPOCH + TimeDelta::minutes(30);
    let by = OpenedBy::Throttling;
    assert_eq!(bench.gateway.counters().anonymous.state, CircuitState::Open { until, by });
}

#[tokio::test]
async fn families_rest_apart() {
    let bench = bench(Limits::generous(), |nth| if nth == 1 { status(429, "") } else { fine() });
    let budget = LoadBudget::background(10);
    let session = Request { family: Family::Authenticated, ..request() };
    let read = |response: &Response| Ok(text(response));
    assert_eq!(bench.gateway.ask(session, &budget, read).await, Err(NotAnswered::RateLimited));
    assert!(bench.ask(&budget).await.is_ok());
}

#[tokio::test]
async fn an_outage_opens_the_circuit_for_seconds() {
    let bench = bench(Limits::generous(), |_| Err(TransportError::Unreachable));
    let budget = LoadBudget::background(100);
    for _ in 0..20 {
        let _ = bench.ask(&budget).await;
    }
    assert_eq!(bench.calls(), 5);
    let CircuitState::Open { until, by: OpenedBy::Failures } = bench.gateway.counters().anonymous.state
    else {
        panic!("not open")
    };
    assert!((until - bench.clock.now()) <= TimeDelta::seconds(15));
}

#[tokio::test]
async fn a_hasty_callers_time_out_is_not_held_against_the_upstream() {
    let bench = bench(Limits::generous(), |_| Err(TransportError::Timeout));
    for _ in 0..20 {
        let _ = bench.ask(&bench.within(1, 500)).await;
    }
    assert_eq!(bench.gateway.counters().anonymous.state, CircuitState::Closed);
}

#[tokio::test]
async fn an_unusable_answer_is_no_failure_of_the_upstream() {
    let bench = bench(Limits::generous(), |_| fine());
    let ragged = |_: &Response| Err::<(), _>(Unreadable::Inconsistent("ragged".into()));
    let budget = LoadBudget::background(100);
    for _ in 0..20 {
        let answer = bench.gateway.ask(request(), &budget, ragged).await;
        assert_eq!(answer, Err(NotAnswered::Malformed("ragged".into())));
    }
    assert_eq!(bench.calls(), 20, "and is not asked for again");
    assert_eq!(bench.gateway.counters().anonymous.state, CircuitState::Closed);
}

#[tokio::test]
async fn a_restart_is_no_way_around_a_rest_or_the_hour() {
    let before = bench(Limits::default(), |nth| if nth == 60 { status(429, "") } else { fine() });
    let budget = LoadBudget::foreground(1_000, before.clock.now() + TimeDelta::hours(1));
    for _ in 0..60 {
        let _ = before.ask(&budget).await;
    }
    let stored = serde_json::to_string(&before.gateway.snapshot()).expect("json");

    let after = bench(Limits::default(), |_| fine());
    after.clock.set(before.clock.now());
    after.gateway.restore(&serde_json::from_str(&stored).expect("a snapshot"));
    let budget = LoadBudget::foreground(1_000, after.clock.now() + TimeDelta::seconds(30));
    assert!(matches!(after.ask(&budget).await, Err(NotAnswered::CircuitOpen { .. })));
    let counters = after.gateway.counters();
    assert_eq!((counters.calls_last_hour, counters.hourly_limit), (60, 150));

    after.clock.advance(TimeDelta::minutes(6));
    let budget = LoadBudget::foreground(1_000, after.clock.now() + TimeDelta::seconds(60));
    let mut went_out = 0;
    while after.ask(&budget).await.is_ok() {
        went_out += 1;
    }
    // Nothing was left of the burst that goes with half the limit; seven minutes of 150 an hour bring 17.
    assert_eq!(went_out, 17);
}

#[tokio::test]
async fn a_snapshot_of_an_older_version_is_understood() {
    let before = bench(Limits::default(), |_| fine());
    let _ = before.ask(&LoadBudget::background(1)).await;
    let mut stored = serde_json::to_value(before.gateway.snapshot()).expect("json");
    let fields = stored.as_object_mut().expect("an object");
    assert!(fields.remove("hourly_limit").is_some() && fields.remove("clean_since").is_some());
    let after = bench(Limits::default(), |_| fine());
    after.gateway.restore(&serde_json::from_value(stored).expect("a snapshot"));
    let counters = after.gateway.counters();
    assert_eq!((counters.hourly_limit, counters.calls_last_hour), (300, 1));
}

#[tokio::test]
async fn the_limit_is_halved_once_for_all_calls_under_way_and_not_for_a_refused_probe() {
    let bench = bench(Limits::default(), |_| status(429, ""));
    let budget = bench.within(100, 600_000);
    futures::future::join_all((0..20).map(|_| bench.ask(&budget))).await;
    assert!(bench.calls() > 1, "several were refused");
    assert_eq!(bench.gateway.counters().hourly_limit, 150);
    let refused = bench.calls();
    for _ in 0..3 {
        bench.clock.advance(TimeDelta::minutes(61));
        assert_eq!(bench.ask(&LoadBudget::background(1)).await, Err(NotAnswered::RateLimited));
    }
    assert_eq!((bench.calls(), bench.gateway.counters().hourly_limit), (refused + 3, 150));
}

#[tokio::test]
async fn a_revision_tells_of_circuits_and_limits_but_not_of_calls() {
    let bench = bench(Limits::default(), |nth| if nth == 3 { status(429, "") } else { fine() });
    let mut seen = vec![bench.gateway.counters().revision];
    let mut look = || {
        let revision = bench.gateway.counters().revision;
        let changed = seen.last() != Some(&revision);
        seen.push(revision);
        changed
    };
    let budget = LoadBudget::background(100);
    let _ = (bench.ask(&budget).await, bench.ask(&budget).await);
    assert!(!look(), "calls");
    let _ = bench.ask(&budget).await;
    assert!(look(), "a refusal");
    let _ = bench.ask(&budget).await;
    assert!(!look(), "a call that did not go out");
    bench.clock.advance(TimeDelta::minutes(6));
    let _ = bench.ask(&budget).await;
    assert!(look(), "a probe");
    let _ = bench.ask(&budget).await;
    assert!(look(), "closed");
    bench.clock.advance(TimeDelta::minutes(61));
    let _ = bench.ask(&budget).await;
    assert!(look(), "a clean hour");
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn a_rest_that_is_over_is_seen_before_anybody_calls() {
    let bench = bench(Limits::default(), |_| status(429, ""));
    let _ = bench.ask(&LoadBudget::background(1)).await;
    assert!(matches!(bench.gateway.counters().anonymous.state, CircuitState::Open { .. }));
    bench.clock.advance(TimeDelta::minutes(5));
    assert!(matches!(bench.gateway.counters().anonymous.state, CircuitState::HalfOpen { .. }));
    assert!(matches!(bench.gateway.snapshot().anonymous.state, CircuitState::Open { .. }), "kept as it is");
}

#[tokio::test]
async fn a_probe_whose_caller_left_makes_room_at_once() {
    let bench = bench(Limits::generous(), |nth| if nth == 1 { status(429, "") } else { fine() });
    let budget = LoadBudget::background(10);
    let _ = bench.ask(&budget).await;
    bench.clock.advance(TimeDelta::minutes(5));
    let mut probe = Box::pin(bench.ask(&budget));
    assert!(futures::poll!(probe.as_mut()).is_pending());
    assert!(bench.ask(&budget).await.is_err(), "one at a time");
    drop(probe);
    assert!(bench.ask(&budget).await.is_ok());
}

#[tokio::test]
async fn whoever_says_when_to_come_again_is_not_asked_before() {
    let bench = bench(Limits::generous(), |_| {
        Ok(Response { status: 503, retry_after: Some("120".into()), ..Response::default() })
    });
    let refused = Err(NotAnswered::Upstream { status: 503 });
    assert_eq!(bench.ask(&LoadBudget::background(10)).await, refused);
    assert_eq!(bench.calls(), 1);
}
