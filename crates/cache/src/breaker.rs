//! Leaves alone for a moment what failed, then tries it with a single call.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_domain::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};

/// The rest after a first failure; each further one doubles it.
const FIRST_REST: TimeDelta = TimeDelta::seconds(1);

/// A circuit breaker for something that may be gone for a while.
pub struct Breaker {
    clock: SharedClock,
    longest_rest: TimeDelta,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        rest: TimeDelta,
    },
    /// One call is under way to find out.
    HalfOpen {
        since: DateTime<Utc>,
        rest: TimeDelta,
    },
}

/// A rest that is not over yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// When what failed began to fail.
    pub since: DateTime<Utc>,
    /// When it is tried again; `None` while it is being tried.
    pub until: Option<DateTime<Utc>>,
}

/// Leave to make one call, whose outcome is to be told; when it never is, the next caller tries.
#[derive(Debug)]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    probes: bool,
    told: bool,
}

impl Breaker {
    /// Closed; its rests are one second after a first failure, and twice as long after each further one up to a limit.
    pub fn new(clock: SharedClock, longest_rest: TimeDelta) -> Self {
        Self { clock, longest_rest, state: Mutex::new(State::Closed) }
    }

    /// Leave to call, unless it rests or somebody is trying.
    pub fn admit(&self) -> Option<Pass<'_>> {
        let now = self.clock.now();
        let mut state = self.state();
        let probes = match *state {
            State::Closed => false,
            // A clock that was set back must not make the rest longer.
            State::Open { since, until, rest } if now >= until || until - now > rest => {
                *state = State::HalfOpen { since, rest };
                true
            }
            State::Open { .. } | State::HalfOpen { .. } => return None,
        };
        Some(Pass { breaker: self, probes, told: false })
    }

    /// The rest that is kept; `None` when all is well.
    pub fn rest(&self) -> Option<Rest> {
        match *self.state() {
            State::Closed => None,
            State::Open { since, until, .. } => Some(Rest { since, until: Some(until) }),
            State::HalfOpen { since, .. } => Some(Rest { since, until: None }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("state", &*self.state()).finish_non_exhaustive()
    }
}

impl Pass<'_> {
    /// The call came through.
    pub fn succeed(mut self) {
        self.told = true;
        *self.breaker.state() = State::Closed;
    }

    /// The call failed. Calls that were under way when another one failed add nothing.
    pub fn fail(mut self) {
        self.told = true;
        let now = self.breaker.clock.now();
        let mut state = self.breaker.state();
        *state = match *state {
            State::Closed => State::Open { since: now, until: now + FIRST_REST, rest: FIRST_REST },
            State::HalfOpen { since, rest } if self.probes => {
                let rest = (rest * 2).min(self.breaker.longest_rest);
                State::Open { since, until: now + rest, rest }
            }
            unchanged => unchanged,
        };
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.probes || self.told {
            return;
        }
        let mut state = self.breaker.state();
        if let State::HalfOpen { since, rest } = *state {
            *state = State::Open { since, until: self.breaker.clock.now(), rest };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bellwether_domain::{Clock, FixedClock};

    use super::*;

    const LONGEST_REST: TimeDelta = TimeDelta::seconds(15);

    fn breaker() -> (Arc<FixedClock>, Breaker) {
        let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
        (Arc::clone(&clock), Breaker::new(clock, LONGEST_REST))
    }

    fn fail(breaker: &Breaker) {
        breaker.admit().expect("admitted").fail();
    }

    #[test]
    fn a_failure_is_followed_by_a_rest_and_one_trial() {
        let (clock, breaker) = breaker();
        fail(&breaker);
        assert!(breaker.admit().is_none());
        clock.advance(FIRST_REST);
        let trial = breaker.admit().expect("the rest is over");
        assert!(breaker.admit().is_none());
        trial.succeed();
        assert!(breaker.admit().is_some());
        assert_eq!(breaker.rest(), None);
    }

    #[test]
    fn rests_grow_up_to_a_limit_and_begin_short_again() {
        let (clock, breaker) = breaker();
        fail(&breaker);
        for seconds in [2, 4, 8, 15, 15] {
            clock.advance(LONGEST_REST);
            fail(&breaker);
            let until = breaker.rest().and_then(|rest| rest.until);
            assert_eq!(until, Some(clock.now() + TimeDelta::seconds(seconds)));
        }
        assert_eq!(breaker.rest().map(|rest| rest.since), Some(DateTime::UNIX_EPOCH));
        clock.advance(LONGEST_REST);
        breaker.admit().expect("the rest is over").succeed();
        fail(&breaker);
        assert_eq!(breaker.rest().and_then(|rest| rest.until), Some(clock.now() + FIRST_REST));
    }

    #[test]
    fn a_trial_that_is_given_up_leaves_the_next_one_to_others() {
        let (clock, breaker) = breaker();
        fail(&breaker);
        clock.advance(FIRST_REST);
        drop(breaker.admit().expect("the rest is over"));
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn calls_that_were_under_way_make_no_rest_longer() {
        let (clock, breaker) = breaker();
        let (one, other) = (breaker.admit().expect("closed"), breaker.admit().expect("closed"));
        one.fail();
        clock.advance(TimeDelta::milliseconds(500));
        other.fail();
        assert_eq!(breaker.rest().and_then(|rest| rest.until), Some(DateTime::UNIX_EPOCH + FIRST_REST));
    }

    #[test]
    fn a_clock_that_is_set_back_ends_the_rest() {
        let (clock, breaker) = breaker();
        fail(&breaker);
        clock.advance(TimeDelta::hours(-1));
        assert!(breaker.admit().is_some());
    }
}
