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
    /// How many times it opened for refusals since all was well for an hour; decides how long the next such rest is.
    #[serde(default)]
    pub refusals: u32,
    /// The same for failures.
    #[serde(default)]
    pub outages: u32,
    /// When it closed last.
    pub closed_at: Option<DateTime<Utc>>,
}

impl CircuitSnapshot {
    /// As it is to be seen at `now`: a circuit whose rest is over is half-open, though nobody has called yet.
    #[must_use]
    pub fn seen_at(self, now: DateTime<Utc>) -> Self {
        let state = match self.state {
            CircuitState::Open { until, .. } if until <= now => {
                CircuitState::HalfOpen { probing_until: None, successes: 0 }
            }
            state => state,
        };
        Self { state, ..self }
    }

    /// Of two that were told at a time, what rests longer.
    pub(super) fn more_cautious(self, other: Self) -> Self {
        let caution = |told: &Self| match told.state {
            CircuitState::Open { until, .. } => (3, until, 0),
            CircuitState::HalfOpen { probing_until: Some(until), .. } => (2, until, 0),
            CircuitState::HalfOpen { probing_until: None, successes } => {
                (1, DateTime::<Utc>::MIN_UTC, -i64::from(successes))
            }
            CircuitState::Closed => (0, DateTime::<Utc>::MIN_UTC, 0),
        };
        let cautious = if caution(&other) >= caution(&self) { other } else { self };
        Self {
            refusals: self.refusals.max(other.refusals),
            outages: self.outages.max(other.outages),
            closed_at: self.closed_at.max(other.closed_at),
            ..cautious
        }
    }
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
    /// Rises with each change of state and each probe: results of attempts from before are ignored.
    epoch: u64,
}

impl CircuitBreaker {
    const REST_AFTER_THROTTLING: [TimeDelta; 3] =
        [TimeDelta::minutes(5), TimeDelta::minutes(15), TimeDelta::minutes(60)];
    const REST_AFTER_FAILURES: [TimeDelta; 4] =
        [TimeDelta::seconds(15), TimeDelta::seconds(30), TimeDelta::seconds(60), TimeDelta::seconds(300)];
    /// The longest rest that an upstream may ask for.
    const LONGEST_ASKED: TimeDelta = TimeDelta::hours(1);
    /// The longest of all rests, and so what any clock change may leave.
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
            refusals: 0,
            outages: 0,
            closed_at: None,
        })
    }

    pub(super) fn restore(snapshot: CircuitSnapshot) -> Self {
        Self { now: snapshot, in_a_row: 0, recent: VecDeque::new(), epoch: 0 }
    }

    pub(super) fn snapshot(&self) -> CircuitSnapshot {
        self.now
    }

    /// Goes by what others told from now on. `void` makes results of attempts that are under way count no more.
    pub(super) fn adopt(&mut self, told: CircuitSnapshot, void: bool) {
        if void || told.state != self.now.state {
            self.start_over();
        }
        self.now = told;
    }

    /// Whether the result of that attempt will count.
    pub(super) fn is_current(&self, pass: Pass) -> bool {
        pass.0 == self.epoch
    }

    /// Rises with each change of state.
    pub(super) fn revision(&self) -> u64 {
        self.epoch
    }

    /// Until when no call may go out, if so.
    pub(super) fn refuses(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.move_on(now);
        let until = match self.now.state {
            CircuitState::Closed => return None,
            CircuitState::Open { until, .. } => until,
            CircuitState::HalfOpen { probing_until, .. } => probing_until?,
        };
        (now < until).then_some(until)
    }

    /// A wall clock that was set back must not prolong anything for longer than it lasts at most.
    pub(super) fn move_on(&mut self, now: DateTime<Utc>) {
        match &mut self.now.state {
            CircuitState::Open { until, .. } if *until > now + Self::LONGEST_REST => {
                *until = now + Self::LONGEST_REST;
                self.epoch += 1;
            }
            CircuitState::HalfOpen { probing_until: Some(until), .. } => {
                *until = (*until).min(now + Self::PROBE_LEASE);
            }
            _ => {}
        }
        self.now.closed_at = self.now.closed_at.map(|at| at.min(now));
    }

    /// Lets one attempt out, or says until when none may.
    pub(super) fn admit(&mut self, now: DateTime<Utc>) -> Result<Pass, DateTime<Utc>> {
        if let Some(until) = self.refuses(now) {
            return Err(until);
        }
        let successes = match self.now.state {
            CircuitState::Closed => return Ok(Pass(self.epoch)),
            CircuitState::Open { .. } => 0,
            CircuitState::HalfOpen { successes, .. } => successes,
        };
        self.epoch += 1;
        self.now.state = CircuitState::HalfOpen { probing_until: Some(now + Self::PROBE_LEASE), successes };
        Ok(Pass(self.epoch))
    }

    /// Takes note of how an attempt went. `dice` in `0..1` spreads the rest. True when the upstream refused what was
    /// no probe.
    pub(super) fn record(&mut self, pass: Pass, health: Health, now: DateTime<Utc>, dice: f64) -> bool {
        if pass.0 != self.epoch {
            return false;
        }
        let was_closed = self.now.state == CircuitState::Closed;
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
        was_closed && matches!(health, Health::Throttled(_))
    }

    /// An attempt ended, and if it was not recorded it said nothing: its caller went away or had no more time.
    pub(super) fn abandon(&mut self, pass: Pass) {
        if let (true, CircuitState::HalfOpen { successes, .. }) = (pass.0 == self.epoch, self.now.state) {
            self.now.state = CircuitState::HalfOpen { probing_until: None, successes };
        }
    }

    fn open(&mut self, by: OpenedBy, asked: Option<TimeDelta>, now: DateTime<Utc>, dice: f64) {
        let forgiven = self.now.state == CircuitState::Closed
            && self.now.closed_at.is_some_and(|at| now - at >= Self::FORGIVEN_AFTER);
        if forgiven {
            (self.now.refusals, self.now.outages) = (0, 0);
        }
        self.now.opened_by = Some(by);
        let (openings, rests): (&mut u32, &[TimeDelta]) = match by {
            OpenedBy::Throttling => (&mut self.now.refusals, &Self::REST_AFTER_THROTTLING),
            OpenedBy::Failures => (&mut self.now.outages, &Self::REST_AFTER_FAILURES),
        };
        let step = (*openings as usize).min(rests.len() - 1);
        *openings = openings.saturating_add(1);
        let rest = rests.get(step).copied().unwrap_or(Self::LONGEST_REST);
        let spread = TimeDelta::milliseconds((rest.num_milliseconds() as f64 * (0.8 + 0.4 * dice)) as i64);
        let rest = asked.map_or(spread, |asked| asked.min(Self::LONGEST_ASKED).max(spread));
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
        // What is later than now is from before the clock was set back.
        while self.recent.front().is_some_and(|(at, _)| *at > now || now - *at > Self::WINDOW) {
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
mod tests;
