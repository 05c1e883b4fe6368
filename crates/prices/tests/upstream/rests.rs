//! Refusals, outages and silence.

use std::time::Duration;

use bellwether_domain::Clock;
use bellwether_prices::{CircuitState, Limits, LoadBudget, NotAnswered, OpenedBy, Outcome, Provider};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultMatch, FaultRule, LimiterPolicy, ResetPoint, Route};
use chrono::TimeDelta;
use futures::future::join_all;

use super::{Desk, date, desk, symbol, symbols};

fn refused_call(nth: u64) -> FaultRule {
    let matches = FaultMatch { nth: Some(nth), ..FaultMatch::default() };
    let action = FaultAction::Status { code: 429, body: FaultBody::Usual };
    FaultRule { matches, action, times: None }
}

#[tokio::test]
async fn after_the_first_refusal_nobody_calls_until_one_probe_succeeds() {
    let desk = desk(Limits::generous(), vec![refused_call(7)]);
    for round in 0..20 {
        desk.yahoo.quotes(&symbols(20), &desk.budget(10)).await;
        desk.clock.advance(TimeDelta::seconds(10));
        assert_eq!(desk.total().calls, (round + 1).min(7));
    }
    let outcome = desk.yahoo.quotes(&[symbol("AAPL")], &desk.budget(1)).await.remove(0).1;
    let Outcome::NotAnswered(NotAnswered::CircuitOpen { until }) = outcome else { panic!("{outcome:?}") };

    desk.clock.set(until);
    let quotes = desk.yahoo.quotes(&symbols(100), &desk.budget(10)).await;
    let answered = quotes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Answered(_))).count();
    assert!(answered >= 20, "the probe was of use");
    assert!(desk.yahoo.quotes(&symbols(20), &desk.budget(1)).await[0].1.as_answer().is_some());
    assert_eq!(desk.yahoo.gateway().counters().anonymous.state, CircuitState::Closed);
}

/// Four loads at once.
async fn crowd(desk: &Desk, calls_each: usize) {
    let wanted = symbols(20 * calls_each);
    let budget = desk.budget(1_000);
    join_all((0..4).map(|_| desk.yahoo.quotes(&wanted, &budget))).await;
}

#[tokio::test]
async fn whichever_of_many_calls_is_refused_only_those_under_way_follow_and_then_one_probe_at_a_time() {
    for nth in [1, 2, 7, 39] {
        let desk = desk(Limits::generous(), vec![refused_call(nth)]);
        while desk.total().throttled == 0 {
            crowd(&desk, 1).await;
        }
        let calls = desk.total().calls;
        assert_eq!(calls, nth.div_ceil(4) * 4, "four under way, the {nth}th refused");

        let CircuitState::Open { until, .. } = desk.yahoo.gateway().counters().anonymous.state else {
            panic!("not open")
        };
        while desk.now() < until {
            crowd(&desk, 10).await;
            desk.clock.advance(TimeDelta::seconds(30).min(until - desk.now()));
        }
        assert_eq!(desk.total().calls, calls, "none during the rest after the {nth}th");
        assert!(matches!(desk.yahoo.gateway().counters().anonymous.state, CircuitState::HalfOpen { .. }));

        crowd(&desk, 10).await;
        assert_eq!(desk.total().calls, calls + 1, "the probe");
        crowd(&desk, 10).await;
        assert_eq!(desk.total().calls, calls + 2, "the second");
        assert_eq!(desk.yahoo.gateway().counters().anonymous.state, CircuitState::Closed);
        crowd(&desk, 10).await;
        assert_eq!(desk.total().calls, calls + 2 + 40);
        assert!(desk.total().peak_in_flight <= 4);
    }
}

#[tokio::test]
async fn refused_probes_come_after_five_fifteen_and_sixty_minutes() {
    let desk = desk(Limits::default(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::cloud());
    let end = desk.now() + TimeDelta::hours(4);
    while desk.now() < end {
        desk.yahoo.quotes(&symbols(20), &desk.budget(5)).await;
        desk.clock.advance(TimeDelta::seconds(30));
    }
    let at: Vec<_> = desk.sim.log_since(0).iter().map(|call| call.at).collect();
    let rests: Vec<_> = at.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).collect();
    assert_eq!(rests, [5, 15, 60, 60, 60]);
}

#[tokio::test]
async fn the_service_may_ask_for_more_rest() {
    for (asked, minutes) in [(60, 5), (1_800, 30), (86_400, 60)] {
        let desk = desk(Limits::generous(), Vec::new());
        desk.sim.adjust(|behaviour| {
            behaviour.limiter = LimiterPolicy { retry_after: Some(asked), ..LimiterPolicy::cloud() };
        });
        desk.yahoo.quotes(&symbols(1), &desk.budget(5)).await;
        let until = desk.now() + TimeDelta::minutes(minutes);
        let open = CircuitState::Open { until, by: OpenedBy::Throttling };
        assert_eq!(desk.yahoo.gateway().counters().anonymous.state, open);
    }
}

#[tokio::test]
async fn an_hour_with_a_hostile_service_never_calls_during_a_block() {
    let desk = desk(Limits::default(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::hostile());
    let end = desk.now() + TimeDelta::hours(1);
    while desk.now() < end {
        let budget = LoadBudget::foreground(23, desk.now() + TimeDelta::milliseconds(2_500));
        desk.yahoo.quotes(&symbols(40), &budget).await;
        desk.clock.advance(TimeDelta::seconds(20));
    }
    let mut refusals: Vec<_> =
        desk.sim.log_since(0).iter().filter(|call| call.status == 429).map(|call| call.at).collect();
    // Two calls may be under way when the window closes.
    refusals.dedup_by_key(|at| at.timestamp());
    assert!((2..=4).contains(&refusals.len()), "{refusals:?}");
    // A block lasts three minutes, and longer for those who call meanwhile.
    assert!(refusals.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::minutes(4)), "{refusals:?}");
    assert!(desk.total().calls <= 2 * 40 + 8, "{}", desk.total().calls);
}

#[tokio::test]
async fn with_a_third_of_calls_failing_a_tenth_more_are_made() {
    let outage = FaultAction::Status { code: 503, body: FaultBody::Usual };
    let matches = FaultMatch { probability: Some(0.3), ..FaultMatch::default() };
    // One call after the other, so that chance strikes the same ones in every run.
    let limits = Limits { concurrency: 1, ..Limits::generous() };
    let desk = desk(limits, vec![FaultRule { matches, action: outage, times: None }]);
    let mut symbols_answered = 0;
    let (mut attempts, mut first) = (0, 0);
    for _ in 0..40 {
        let budget = desk.budget(100);
        let quotes = desk.yahoo.quotes(&symbols(200), &budget).await;
        symbols_answered += quotes.iter().filter(|(_, outcome)| outcome.as_answer().is_some()).count();
        assert!(budget.retries() <= 3);
        attempts += budget.spent();
        first += budget.spent() - budget.retries();
        desk.clock.advance(TimeDelta::minutes(10));
    }
    assert_eq!(u64::from(attempts), desk.total().calls);
    assert!(attempts <= first + first / 10 + 3 * 40);
    assert!(symbols_answered > 40 * 200 * 6 / 10, "{symbols_answered}");
}

#[tokio::test]
async fn no_load_pays_more_than_a_tenth_for_failures_however_many_calls_run_together() {
    let outage = FaultAction::Status { code: 500, body: FaultBody::Usual };
    let matches = FaultMatch { probability: Some(0.3), ..FaultMatch::default() };
    let desk = desk(Limits::generous(), vec![FaultRule { matches, action: outage, times: None }]);
    for load in 1..=20 {
        let needed = load * 5;
        let budget = desk.budget(1_000);
        desk.sim.mark("load");
        desk.yahoo.quotes(&symbols(needed as usize * 20), &budget).await;
        let attempts = desk.sim.counters().since_mark.total.calls;
        assert_eq!(attempts, u64::from(budget.spent()));
        assert!(budget.spent() - budget.retries() <= needed);
        assert!(attempts <= u64::from(needed + needed / 10 + 3), "{attempts} attempts for {needed} calls");
        desk.clock.advance(TimeDelta::minutes(10));
    }
    assert!(desk.total().peak_in_flight <= 4);
}

#[tokio::test]
async fn silence_is_cut_off_at_the_deadline() {
    let desk = desk(Limits::default(), vec![FaultRule::on(Route::SparkV7, FaultAction::Hang)]);
    let budget = LoadBudget::foreground(23, desk.now() + TimeDelta::milliseconds(300));
    let symbols = symbols(2);
    let asked = desk.yahoo.quotes(&symbols, &budget);
    let quotes = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("no load hangs");
    assert!(quotes.iter().all(|(_, outcome)| *outcome == Outcome::NotAnswered(NotAnswered::Timeout)));
}

#[tokio::test]
async fn broken_answers_are_asked_for_again() {
    let kinds = [
        FaultAction::Reset(ResetPoint::Before),
        FaultAction::Reset(ResetPoint::AfterHeaders),
        FaultAction::Truncate { fraction: 0.5, short_read: false },
        FaultAction::Truncate { fraction: 0.1, short_read: true },
        FaultAction::Html200,
        FaultAction::Empty200,
        FaultAction::BadGzip,
        FaultAction::Burst { code: 502, count: Some(1), seconds: None },
    ];
    for kind in kinds {
        let desk = desk(Limits::generous(), vec![FaultRule::on(Route::Chart, kind.clone()).times(1)]);
        let history = desk.yahoo.history(&symbol("AAPL"), date("2026-01-02"), &desk.budget(5)).await;
        assert!(matches!(history, Outcome::Answered(_)), "{kind:?}: {history:?}");
        assert_eq!(desk.total().calls, 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_service_that_went_away_is_asked_less_and_less() {
    let desk = desk(Limits::generous(), Vec::new());
    desk.sim.pause().await;
    let mut attempts = 0;
    for _ in 0..60 {
        let budget = desk.budget(10);
        let outcome = desk.yahoo.quotes(&[symbol("AAPL")], &budget).await.remove(0).1;
        assert!(matches!(outcome, Outcome::NotAnswered(_)));
        attempts += budget.spent();
        desk.clock.advance(TimeDelta::seconds(10));
    }
    assert!(attempts <= 14, "{attempts} attempts in ten minutes");
    desk.sim.resume().unwrap();
    desk.clock.advance(TimeDelta::minutes(6));
    assert!(desk.yahoo.quotes(&[symbol("AAPL")], &desk.budget(3)).await[0].1.as_answer().is_some());
}

#[tokio::test]
async fn a_blocked_address_costs_one_call() {
    let desk = desk(Limits::generous(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::cloud());
    for _ in 0..10 {
        desk.yahoo.quotes(&symbols(100), &desk.budget(50)).await;
    }
    assert!(desk.total().calls <= 4, "one and those under way, not {}", desk.total().calls);
    assert!(desk.clock.now() < desk.now() + TimeDelta::minutes(1));
}
