//! How fast calls may go out.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwether_domain::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::Limits;
use crate::{NotAnswered, Pause, Priority};

/// Limiters in series: a call waits for each of its priority's. One pace per upstream address.
pub(super) struct Pace {
    clock: SteadyClock,
    /// Both kinds of calls pass these.
    smoothing: Limiter,
    hourly: Limiter,
    /// The background's own, smaller share comes before.
    background_smoothing: Limiter,
    background_hourly: Limiter,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, SteadyClock, NoOpMiddleware<Elapsed>>;

impl Pace {
    pub(super) fn new(limits: &Limits, clock: SharedClock) -> Self {
        let clock = SteadyClock::over(clock);
        let limiter = |calls: NonZeroU32, per: Duration, burst: NonZeroU32| {
            let one_per = (per / calls.get()).max(Duration::from_nanos(1));
            let quota = Quota::with_period(one_per).unwrap_or(Quota::per_second(calls)).allow_burst(burst);
            RateLimiter::direct_with_clock(quota, clock.clone())
        };
        let second = Duration::from_secs(1);
        let hour = Duration::from_secs(3600);
        Self {
            smoothing: limiter(limits.per_second, second, limits.burst),
            hourly: limiter(limits.per_hour, hour, limits.hourly_burst),
            background_smoothing: limiter(limits.background_per_second, second, NonZeroU32::MIN),
            background_hourly: limiter(limits.background_per_hour, hour, limits.hourly_burst),
            clock,
        }
    }

    /// Waits until a call may go out, or says at once that this will not be before `deadline`.
    pub(super) async fn wait(
        &self,
        priority: Priority,
        deadline: Option<DateTime<Utc>>,
        pause: &dyn Pause,
    ) -> Result<(), NotAnswered> {
        // The hourly ones last: what a smoothing limiter let pass in vain is back in a second.
        let chain: &[&Limiter] = match priority {
            Priority::Foreground => &[&self.smoothing, &self.hourly],
            Priority::Background => {
                &[&self.background_smoothing, &self.smoothing, &self.background_hourly, &self.hourly]
            }
        };
        for limiter in chain {
            self.pass(limiter, deadline, pause).await?;
        }
        Ok(())
    }

    async fn pass(
        &self,
        limiter: &Limiter,
        deadline: Option<DateTime<Utc>>,
        pause: &dyn Pause,
    ) -> Result<(), NotAnswered> {
        while let Err(not_yet) = limiter.check() {
            let before = self.clock.now();
            let wait = not_yet.wait_time_from(before).max(Duration::from_micros(1));
            // Whole microseconds, upwards: clocks show no less.
            let wait = TimeDelta::microseconds(wait.as_nanos().div_ceil(1_000) as i64);
            let until = self.clock.wall() + wait;
            if deadline.is_some_and(|deadline| until >= deadline) {
                return Err(NotAnswered::TooLate);
            }
            pause.until(until).await;
            if self.clock.now() == before {
                // The clock stands still, so waiting would never end.
                return Err(NotAnswered::TooLate);
            }
        }
        Ok(())
    }

    /// Takes calls off the hourly limit that an earlier process made.
    pub(super) fn remember(&self, calls: u32, limits: &Limits) {
        if let Some(calls) = NonZeroU32::new(calls.min(limits.hourly_burst.get())) {
            // The burst was checked above, and a limit already spent is what is wanted.
            let _ = self.hourly.check_n(calls);
        }
    }
}

/// Time since the gateway was made, by the domain's clock. Never goes back: a wall clock that is set back stands
/// still for the limiters instead of stopping them for as long.
#[derive(Clone)]
struct SteadyClock {
    clock: SharedClock,
    seen: Arc<Mutex<(DateTime<Utc>, Duration)>>,
}

impl SteadyClock {
    fn over(clock: SharedClock) -> Self {
        let now = clock.now();
        Self { clock, seen: Arc::new(Mutex::new((now, Duration::ZERO))) }
    }

    fn wall(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Clock for SteadyClock {
    type Instant = Elapsed;

    fn now(&self) -> Elapsed {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = (now - seen.0).to_std().unwrap_or_default();
        *seen = (now, seen.1 + passed);
        Elapsed(seen.1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Elapsed(Duration);

impl Add<Nanos> for Elapsed {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0 + Duration::from(nanos))
    }
}

impl Reference for Elapsed {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SteppingPause;
    use bellwether_domain::{Clock as _, FixedClock};

    struct Track {
        clock: Arc<FixedClock>,
        pause: SteppingPause,
        pace: Pace,
    }

    fn track() -> Track {
        let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
        let pause = SteppingPause::of(Arc::clone(&clock));
        let pace = Pace::new(&Limits::default(), clock.clone());
        Track { clock, pause, pace }
    }

    impl Track {
        async fn calls_within(&self, priority: Priority, seconds: i64) -> u32 {
            let deadline = Some(self.clock.now() + TimeDelta::seconds(seconds) + TimeDelta::microseconds(1));
            let mut calls = 0;
            while self.pace.wait(priority, deadline, &self.pause).await.is_ok() {
                calls += 1;
            }
            calls
        }
    }

    #[tokio::test]
    async fn four_go_at_once_and_two_a_second_after() {
        let track = track();
        assert_eq!(track.calls_within(Priority::Foreground, 0).await, 4);
        assert_eq!(track.calls_within(Priority::Foreground, 10).await, 20);
    }

    #[tokio::test]
    async fn an_hour_lets_out_its_burst_and_three_hundred() {
        let track = track();
        let calls = track.calls_within(Priority::Foreground, 3600).await;
        assert!((398..=400).contains(&calls), "{calls}");
    }

    #[tokio::test]
    async fn the_background_has_the_smaller_share_and_leaves_the_rest() {
        let track = track();
        assert_eq!(track.calls_within(Priority::Background, 0).await, 1);
        assert_eq!(track.calls_within(Priority::Background, 10).await, 10);
        let hour = track.calls_within(Priority::Background, 3_590).await;
        assert!((280..=290).contains(&hour), "{hour}");
        assert!(track.calls_within(Priority::Foreground, 30).await >= 60);
    }

    #[tokio::test]
    async fn a_wait_beyond_the_deadline_is_not_begun() {
        let track = track();
        track.calls_within(Priority::Foreground, 0).await;
        let before = track.clock.now();
        let deadline = Some(before + TimeDelta::milliseconds(100));
        let waited = track.pace.wait(Priority::Foreground, deadline, &track.pause).await;
        assert_eq!(waited, Err(NotAnswered::TooLate));
        assert_eq!(track.clock.now(), before);
    }

    #[tokio::test]
    async fn a_clock_set_back_does_not_stop_the_calls() {
        let track = track();
        track.clock.set(DateTime::UNIX_EPOCH + TimeDelta::hours(2));
        track.calls_within(Priority::Foreground, 0).await;
        track.clock.set(DateTime::UNIX_EPOCH);
        assert_eq!(track.calls_within(Priority::Foreground, 10).await, 20);
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_does_not_hang_the_caller() {
        struct NoPause;
        #[async_trait::async_trait]
        impl Pause for NoPause {
            async fn until(&self, _: DateTime<Utc>) {}
        }
        let track = track();
        track.calls_within(Priority::Foreground, 0).await;
        let waited = track.pace.wait(Priority::Foreground, None, &NoPause).await;
        assert_eq!(waited, Err(NotAnswered::TooLate));
    }

    #[tokio::test]
    async fn calls_of_an_earlier_process_count() {
        let track = track();
        track.pace.remember(99, &Limits::default());
        let calls = track.calls_within(Priority::Foreground, 60).await;
        assert!((1..=7).contains(&calls), "{calls}");
    }
}
