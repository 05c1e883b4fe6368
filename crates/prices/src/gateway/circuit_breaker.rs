//! A rest for an upstream that refuses or fails.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Why a circuit opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenedBy {
    /// The upstream said that there were too many calls, or shut us out.
    Throttling,
    /// Time-outs, broken connections, outages.
    Failures,
}

/// Whether calls go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum CircuitState {
    /// All calls go out.
    Closed,
    /// None does.
    Open {
        /// From then on one call at a time may try.
        until: DateTime<Utc>,
        /// Why.
        by: OpenedBy,
    },
    /// One call at a time goes out to see whether the upstream is well again.
    HalfOpen {
        /// The call under way counts as lost from then on, so that one whose caller went away blocks nobody.
        probing_until: Option<DateTime<Utc>>,
        /// Tries that succeeded so far.
        successes: u32,
    },
}

/// All of a breaker that has to survive a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircuitSnapshot {
    /// Whether calls go out.
    pub state: CircuitState,
    /// Why it opened last, if it did.
    pub opened_by: Option<OpenedBy>,
    /// How many times in a row it opened for that reason; decides how long the next rest is.
    pub openings: u32,
    /// When it closed last.
    pub closed_at: Option<DateTime<Utc>>,
}

/// What an attempt says about the upstream's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It answered; that a symbol is unknown is an answer too.
    Well,
    /// It failed in a way that may pass.
    Failed,
    /// It refused, and may have said for how long.
    Throttled(Option<TimeDelta>),
}

/// Permission for one attempt, to be handed back with its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass(u64);

/// Opens on the first refusal, on 5 failures in a row, or when half of at least 10 attempts within 30 seconds
/// failed. Rests 5, 15, then 60 minutes after refusals and 15 seconds to 5 minutes after failures, give or take a
/// fifth. Then one call at a time goes out; two successes close it.
///
/// Plain data: no task, no clock and no dice of its own.
#[derive(Debug)]
pub(super) struct CircuitBreaker {
    now: CircuitSnapshot,
    in_a_row: u32,
    recent: VecDeque<(DateTime<Utc>, bool)>,
    /// Rises with each change of state: results of attempts from before are ignored.
    epoch: u64,
}

impl CircuitBreaker {
    const REST_AFTER_THROTTLING: [TimeDelta; 3] =
        [TimeDelta::minutes(5), TimeDelta::minutes(15), TimeDelta::minutes(60)];
    const REST_AFTER_FAILURES: [TimeDelta; 4] =
        [TimeDelta::seconds(15), TimeDelta::seconds(30), TimeDelta::seconds(60), TimeDelta::seconds(300)];
    /// The longest rest that an upstream may ask for, and that any clock change may leave.
    const LONGEST_REST: TimeDelta = TimeDelta::minutes(72);
    const PROBE_LEASE: TimeDelta = TimeDelta::seconds(30);
    const SUCCESSES_TO_CLOSE: u32 = 2;
    const FAILURES_IN_A_ROW: u32 = 5;
    const WINDOW: TimeDelta = TimeDelta::seconds(30);
    const FEWEST_IN_WINDOW: usize = 10;
    /// How long it must stay closed for the rests to start over.
    const FORGIVEN_AFTER: TimeDelta = TimeDelta::hours(1);

    pub(super) fn new() -> Self {
        Self::restore(CircuitSnapshot {
            state: CircuitState::Closed,
            opened_by: None,
            openings: 0,
            closed_at: None,
        })
    }

    pub(super) fn restore(snapshot: CircuitSnapshot) -> Self {
        Self { now: snapshot, in_a_row: 0, recent: VecDeque::new(), epoch: 0 }
    }

    pub(super) fn snapshot(&self) -> CircuitSnapshot {
        self.now
    }

    /// Until when no call may go out, if so. Changes nothing.
    pub(super) fn refuses(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = match self.now.state {
            CircuitState::Closed => return None,
            // A wall clock that was set back must not prolong the rest.
            CircuitState::Open { until, .. } => until.min(now + Self::LONGEST_REST),
            CircuitState::HalfOpen { probing_until, .. } => probing_until?.min(now + Self::PROBE_LEASE),
        };
        (now < until).then_some(until)
    }

    /// Lets one attempt out, or says until when none may.
    pub(super) fn admit(&mut self, now: DateTime<Utc>) -> Result<Pass, DateTime<Utc>> {
        if let Some(until) = self.refuses(now) {
            return Err(until);
        }
        let successes = match self.now.state {
            CircuitState::Closed => return Ok(Pass(self.epoch)),
            CircuitState::Open { .. } => {
                self.epoch += 1;
                0
            }
            CircuitState::HalfOpen { successes, .. } => successes,
        };
        self.now.state = CircuitState::HalfOpen { probing_until: Some(now + Self::PROBE_LEASE), successes };
        Ok(Pass(self.epoch))
    }

    /// Takes note of how an attempt went. `dice` in `0..1` spreads the rest.
    pub(super) fn record(&mut self, pass: Pass, health: Health, now: DateTime<Utc>, dice: f64) {
        if pass.0 != self.epoch {
            return;
        }
        match (self.now.state, health) {
            (CircuitState::Open { .. }, _) => {}
            (_, Health::Throttled(asked)) => self.open(OpenedBy::Throttling, asked, now, dice),
            (CircuitState::Closed, _) => {
                let failed = health == Health::Failed;
                self.count(failed, now);
                if failed && self.is_failing() {
                    self.open(OpenedBy::Failures, None, now, dice);
                }
            }
            (CircuitState::HalfOpen { .. }, Health::Failed) => self.open(OpenedBy::Failures, None, now, dice),
            (CircuitState::HalfOpen { successes, .. }, Health::Well) => {
                if successes + 1 < Self::SUCCESSES_TO_CLOSE {
                    self.now.state = CircuitState::HalfOpen { probing_until: None, successes: successes + 1 };
                } else {
                    self.now.state = CircuitState::Closed;
                    self.now.closed_at = Some(now);
                    self.start_over();
                }
            }
        }
    }

    /// An attempt ended without saying anything: its caller's deadline came first.
    pub(super) fn abandon(&mut self, pass: Pass) {
        if let (true, CircuitState::HalfOpen { successes, .. }) = (pass.0 == self.epoch, self.now.state) {
            self.now.state = CircuitState::HalfOpen { probing_until: None, successes };
        }
    }

    fn open(&mut self, by: OpenedBy, asked: Option<TimeDelta>, now: DateTime<Utc>, dice: f64) {
        let forgiven = self.now.closed_at.is_some_and(|at| now - at >= Self::FORGIVEN_AFTER);
        let again = self.now.opened_by == Some(by) && !forgiven;
        self.now.openings = if again { self.now.openings.saturating_add(1) } else { 1 };
        self.now.opened_by = Some(by);
        let rests: &[TimeDelta] = match by {
            OpenedBy::Throttling => &Self::REST_AFTER_THROTTLING,
            OpenedBy::Failures => &Self::REST_AFTER_FAILURES,
        };
        let step = (self.now.openings as usize - 1).min(rests.len() - 1);
        let rest = rests.get(step).copied().unwrap_or(Self::LONGEST_REST);
        let spread = TimeDelta::milliseconds((rest.num_milliseconds() as f64 * (0.8 + 0.4 * dice)) as i64);
        let rest = asked.map_or(spread, |asked| asked.max(spread)).min(Self::LONGEST_REST);
        self.now.state = CircuitState::Open { until: now + rest, by };
        self.start_over();
    }

    fn start_over(&mut self) {
        self.epoch += 1;
        self.in_a_row = 0;
        self.recent.clear();
    }

    fn count(&mut self, failed: bool, now: DateTime<Utc>) {
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        self.recent.push_back((now, failed));
        while self.recent.front().is_some_and(|(at, _)| now - *at > Self::WINDOW) {
            self.recent.pop_front();
        }
    }

    fn is_failing(&self) -> bool {
        let failed = self.recent.iter().filter(|(_, failed)| *failed).count();
        self.in_a_row >= Self::FAILURES_IN_A_ROW
            || (self.recent.len() >= Self::FEWEST_IN_WINDOW && failed * 2 >= self.recent.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for (asked, rest) in [(60, 300), (600, 600), (86_400, 4_320)] {
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
    fn a_restart_keeps_the_rest() {
        let mut breaker = CircuitBreaker::new();
        attempt(&mut breaker, 0, Health::Throttled(None));
        let stored = serde_json::to_string(&breaker.snapshot()).expect("json");
        let restored = CircuitBreaker::restore(serde_json::from_str(&stored).expect("a snapshot"));
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
    fn rests_are_spread_by_a_fifth() {
        for (dice, rest) in [(0.0, 240), (1.0, 360)] {
            let mut breaker = CircuitBreaker::new();
            let pass = breaker.admit(at(0)).expect("admitted");
            breaker.record(pass, Health::Throttled(None), at(0), dice);
            assert_eq!(open_until(&breaker), rest);
        }
    }
}
