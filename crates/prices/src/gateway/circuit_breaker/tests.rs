use super::*;
use proptest::prelude::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

/// Dice that spread nothing.
const EVEN: f64 = 0.5;

fn attempt(breaker: &mut CircuitBreaker, second: i64, health: Health) {
    let pass = breaker.admit(at(second)).expect("admitted");
    breaker.record(pass, health, at(second), EVEN);
}

fn open_until(breaker: &CircuitBreaker) -> i64 {
    match breaker.snapshot().state {
        CircuitState::Open { until, .. } => until.timestamp(),
        other => panic!("not open but {other:?}"),
    }
}

#[test]
fn the_first_refusal_opens_and_rests_grow() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 300);
    assert_eq!(breaker.admit(at(299)), Err(at(300)));
    attempt(&mut breaker, 300, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 300 + 900);
    attempt(&mut breaker, 1_200, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 1_200 + 3_600);
    attempt(&mut breaker, 4_800, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 4_800 + 3_600);
}

#[test]
fn one_call_probes_and_two_successes_close() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    let probe = breaker.admit(at(300)).expect("the probe");
    assert!(breaker.admit(at(300)).is_err(), "one at a time");
    breaker.record(probe, Health::Well, at(301), EVEN);
    let second = breaker.admit(at(301)).expect("the second");
    assert!(breaker.admit(at(301)).is_err());
    breaker.record(second, Health::Well, at(302), EVEN);
    assert_eq!(breaker.snapshot().state, CircuitState::Closed);
}

#[test]
fn a_probe_whose_caller_went_away_blocks_nobody_for_long() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    breaker.admit(at(300)).expect("a probe that never reports");
    assert_eq!(breaker.admit(at(329)), Err(at(330)));
    assert!(breaker.admit(at(330)).is_ok());
}

#[test]
fn an_abandoned_probe_makes_room_at_once() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    let probe = breaker.admit(at(300)).expect("the probe");
    breaker.abandon(probe);
    assert!(breaker.admit(at(300)).is_ok());
}

#[test]
fn five_failures_in_a_row_open_for_seconds() {
    let mut breaker = CircuitBreaker::new();
    for second in 0..4 {
        attempt(&mut breaker, second, Health::Failed);
    }
    assert_eq!(breaker.snapshot().state, CircuitState::Closed);
    attempt(&mut breaker, 4, Health::Failed);
    assert_eq!(open_until(&breaker), 4 + 15);
    attempt(&mut breaker, 19, Health::Failed);
    assert_eq!(open_until(&breaker), 19 + 30);
}

#[test]
fn half_of_ten_within_half_a_minute_open() {
    let mut breaker = CircuitBreaker::new();
    for second in 0..9 {
        let health = if second % 2 == 0 { Health::Well } else { Health::Failed };
        attempt(&mut breaker, second, health);
    }
    assert_eq!(breaker.snapshot().state, CircuitState::Closed);
    attempt(&mut breaker, 9, Health::Failed);
    assert_eq!(open_until(&breaker), 24);
}

#[test]
fn failures_far_apart_do_not_open() {
    let mut breaker = CircuitBreaker::new();
    for n in 0..40 {
        let health = if n % 2 == 0 { Health::Well } else { Health::Failed };
        attempt(&mut breaker, n * 10, health);
    }
    assert_eq!(breaker.snapshot().state, CircuitState::Closed);
}

#[test]
fn late_results_of_calls_from_before_change_nothing() {
    let mut breaker = CircuitBreaker::new();
    let [first, second, third] = [0; 3].map(|now| breaker.admit(at(now)).expect("admitted"));
    breaker.record(first, Health::Throttled(None), at(1), EVEN);
    breaker.record(second, Health::Throttled(None), at(2), EVEN);
    breaker.record(third, Health::Well, at(3), EVEN);
    assert_eq!(open_until(&breaker), 301);
}

#[test]
fn the_upstream_may_ask_for_more_rest_but_not_for_a_day() {
    for (asked, rest) in [(60, 300), (600, 600), (86_400, 3_600)] {
        let mut breaker = CircuitBreaker::new();
        attempt(&mut breaker, 0, Health::Throttled(Some(TimeDelta::seconds(asked))));
        assert_eq!(open_until(&breaker), rest);
    }
}

#[test]
fn an_hour_of_health_lets_the_rests_start_over() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    attempt(&mut breaker, 300, Health::Well);
    attempt(&mut breaker, 300, Health::Well);
    attempt(&mut breaker, 400, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 400 + 900, "closed for only a moment");
    attempt(&mut breaker, 1_300, Health::Well);
    attempt(&mut breaker, 1_300, Health::Well);
    attempt(&mut breaker, 1_300 + 3_600, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 1_300 + 3_600 + 300);
}

#[test]
fn rests_grow_again_after_they_started_over() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    attempt(&mut breaker, 300, Health::Well);
    attempt(&mut breaker, 300, Health::Well);
    attempt(&mut breaker, 10_000, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 10_000 + 300);
    attempt(&mut breaker, 10_300, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 10_300 + 900, "it was not closed meanwhile");
}

#[test]
fn a_failing_probe_does_not_shorten_the_rest_after_the_next_refusal() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    attempt(&mut breaker, 300, Health::Failed);
    assert_eq!(open_until(&breaker), 300 + 15);
    attempt(&mut breaker, 315, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 315 + 900);
}

#[test]
fn a_probe_that_counts_as_lost_makes_no_room_when_it_ends_after_all() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    let lost = breaker.admit(at(300)).expect("the probe");
    let second = breaker.admit(at(330)).expect("the next");
    breaker.record(lost, Health::Well, at(331), EVEN);
    breaker.abandon(lost);
    assert_eq!(breaker.admit(at(331)), Err(at(360)), "one at a time");
    breaker.record(second, Health::Well, at(332), EVEN);
    assert!(breaker.admit(at(332)).is_ok());
}

#[test]
fn a_circuit_whose_rest_is_over_is_seen_half_open() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    let open = breaker.snapshot();
    assert_eq!(open.seen_at(at(299)), open);
    let half_open = CircuitState::HalfOpen { probing_until: None, successes: 0 };
    assert_eq!(open.seen_at(at(300)), CircuitSnapshot { state: half_open, ..open });
}

#[test]
fn only_the_refusal_of_a_call_that_was_no_probe_is_told() {
    let mut breaker = CircuitBreaker::new();
    let [first, second] = [0; 2].map(|now| breaker.admit(at(now)).expect("admitted"));
    assert!(breaker.record(first, Health::Throttled(None), at(1), EVEN));
    assert!(!breaker.record(second, Health::Throttled(None), at(1), EVEN), "sent before the refusal");
    let probe = breaker.admit(at(301)).expect("the probe");
    assert!(!breaker.record(probe, Health::Throttled(None), at(301), EVEN));
}

#[test]
fn a_restart_keeps_the_rest() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 0, Health::Throttled(None));
    let stored = serde_json::to_string(&breaker.snapshot()).expect("json");
    let mut restored = CircuitBreaker::restore(serde_json::from_str(&stored).expect("a snapshot"));
    assert_eq!(restored.refuses(at(299)), Some(at(300)));
    assert_eq!(restored.refuses(at(300)), None);
}

#[test]
fn a_clock_set_back_does_not_prolong_the_rest_for_long() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 1_000_000, Health::Throttled(None));
    assert_eq!(breaker.refuses(at(0)), Some(at(0) + CircuitBreaker::LONGEST_REST));
}

#[test]
fn a_clock_set_back_by_a_year_leaves_the_longest_rest_and_no_more() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 31_536_000, Health::Throttled(None));
    let (revision, rest) = (breaker.revision(), CircuitBreaker::LONGEST_REST.num_seconds());
    assert_eq!(breaker.refuses(at(0)), Some(at(rest)));
    assert!(breaker.revision() > revision, "so that a restart knows it too");
    assert_eq!(breaker.refuses(at(rest - 1)), Some(at(rest)));
    let restored = CircuitBreaker::restore(breaker.snapshot()).refuses(at(rest));
    assert_eq!((breaker.refuses(at(rest)), restored), (None, None));
}

#[test]
fn a_clock_set_back_during_a_probe_costs_one_lease() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 1_000_000, Health::Throttled(None));
    breaker.admit(at(1_000_300)).expect("a probe that never reports");
    assert_eq!(breaker.admit(at(0)), Err(at(30)));
    assert!(breaker.admit(at(30)).is_ok());
}

#[test]
fn attempts_of_a_clock_that_was_ahead_do_not_count_for_ever() {
    let mut breaker = CircuitBreaker::new();
    for second in 0..8 {
        let health = if second % 2 == 0 { Health::Failed } else { Health::Well };
        attempt(&mut breaker, 1_000_000 + second, health);
    }
    attempt(&mut breaker, 0, Health::Failed);
    attempt(&mut breaker, 60, Health::Failed);
    assert_eq!(breaker.snapshot().state, CircuitState::Closed);
}

#[test]
fn an_hour_of_health_counts_by_the_clock_that_was_set_back() {
    let mut breaker = CircuitBreaker::new();
    attempt(&mut breaker, 1_000_000, Health::Throttled(None));
    attempt(&mut breaker, 1_000_300, Health::Well);
    attempt(&mut breaker, 1_000_300, Health::Well);
    attempt(&mut breaker, 0, Health::Well);
    attempt(&mut breaker, 3_600, Health::Throttled(None));
    assert_eq!(open_until(&breaker), 3_600 + 300);
}

#[test]
fn rests_are_spread_by_a_fifth() {
    for (dice, rest) in [(0.0, 240), (1.0, 360)] {
        let mut breaker = CircuitBreaker::new();
        let pass = breaker.admit(at(0)).expect("admitted");
        breaker.record(pass, Health::Throttled(None), at(0), dice);
        assert_eq!(open_until(&breaker), rest);
    }
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Pass(i64),
    Ask,
    End(usize, Health),
    Leave(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let health = prop_oneof![
        3 => Just(Health::Well),
        2 => Just(Health::Failed),
        1 => (-60..100_000_i64).prop_map(|asked| Health::Throttled(Some(TimeDelta::seconds(asked)))),
        1 => Just(Health::Throttled(None)),
    ];
    prop_oneof![
        (0..400_i64).prop_map(Event::Pass),
        Just(Event::Ask),
        (0..4_usize, health).prop_map(|(which, health)| Event::End(which, health)),
        (0..4_usize).prop_map(Event::Leave),
    ]
}

proptest! {
    #[test]
    fn one_probe_at_a_time_and_none_before_the_rest_is_over(
        events in prop::collection::vec(event(), 1..200),
        dice in 0.0..1.0_f64,
    ) {
        let mut breaker = CircuitBreaker::new();
        let mut now = at(0);
        // Attempts under way, and for probes until when they count.
        let mut underway: Vec<(Pass, Option<DateTime<Utc>>)> = Vec::new();
        for event in events {
            match event {
                Event::Pass(seconds) => now += TimeDelta::seconds(seconds),
                Event::Ask => {
                    let before = breaker.snapshot();
                    let Ok(pass) = breaker.admit(now) else { continue };
                    if let CircuitState::Open { until, .. } = before.state {
                        prop_assert!(now >= until);
                    }
                    let probing = match breaker.snapshot().state {
                        CircuitState::HalfOpen { probing_until, .. } => {
                            let live = |(_, until): &(_, Option<DateTime<Utc>>)| until.is_some_and(|until| now < until);
                            prop_assert!(!underway.iter().any(live), "two probes at once");
                            probing_until
                        }
                        _ => None,
                    };
                    underway.push((pass, probing));
                }
                Event::End(which, health) if which < underway.len() => {
                    let (pass, _) = underway.swap_remove(which);
                    breaker.record(pass, health, now, dice);
                    if let CircuitState::Open { until, .. } = breaker.snapshot().state {
                        prop_assert!(until - now <= CircuitBreaker::LONGEST_REST);
                    }
                }
                Event::Leave(which) if which < underway.len() => breaker.abandon(underway.swap_remove(which).0),
                Event::End(..) | Event::Leave(_) => {}
            }
        }
    }
}
