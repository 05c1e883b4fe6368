//! How fast calls may go out.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_domain::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use governor::clock::{Clock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::Limits;
use super::hourly_budget::HourlyBudget;
use crate::{Bucket, NotAnswered, Pause, Priority, Wish};

/// Limiters in series: a call waits for each of its priority's. One pace per upstream address.
pub(super) struct Pace {
    clock: SteadyClock,
    limits: Limits,
    /// Both kinds of calls pass this, and then the hour.
    smoothing: Limiter,
    /// The background's own, smaller share comes before.
    background_smoothing: Limiter,
    hour: Mutex<Hour>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, SteadyClock, StateInformationMiddleware>;

/// Spreads the hour's budget over the hour, and holds calls to it whatever the limiters forget when a limit changes
/// or the process ends.
struct Hour {
    budget: HourlyBudget,
    limiter: Limiter,
    background: Limiter,
    /// Calls that may go out and have not yet.
    on_the_way: usize,
}

/// A call's place in the hour's budget, given back when dropped before the call went out.
pub(super) struct Passage<'a>(&'a Pace);

impl Passage<'_> {
    /// The call goes out now.
    pub(super) fn spend(self, now: DateTime<Utc>) {
        self.0.hour().budget.spend(now);
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.0.hour().on_the_way -= 1;
    }
}

impl Pace {
    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(3600);

    pub(super) fn new(limits: Limits, clock: SharedClock) -> Self {
        let clock = SteadyClock::over(clock);
        let budget = HourlyBudget::new(limits.per_hour);
        let (limiter, background) = hourly_limiters(&limits, budget.limit(), &clock);
        Self {
            smoothing: limiter_of(limits.per_second, Self::SECOND, limits.burst, &clock),
            background_smoothing: limiter_of(
                limits.background_per_second,
                Self::SECOND,
                NonZeroU32::MIN,
                &clock,
            ),
            hour: Mutex::new(Hour { budget, limiter, background, on_the_way: 0 }),
            limits,
            clock,
        }
    }

    /// Waits until a call may go out, or says at once that this will not be before `deadline`.
    pub(super) async fn wait(
        &self,
        priority: Priority,
        deadline: Option<DateTime<Utc>>,
        pause: &dyn Pause,
    ) -> Result<Passage<'_>, NotAnswered> {
        let in_background = priority == Priority::Background;
        // The hourly ones last: what a smoothing limiter let pass in vain is back in a second.
        if in_background {
            self.pass(|| self.check(&self.background_smoothing), deadline, pause).await?;
        }
        self.pass(|| self.check(&self.smoothing), deadline, pause).await?;
        if in_background {
            self.pass(|| self.check(&self.hour().background), deadline, pause).await?;
        }
        self.pass(|| self.enter_hour(), deadline, pause).await
    }

    /// Tries until it is let pass, waiting as long as it is told to.
    async fn pass<T>(
        &self,
        attempt: impl Fn() -> Result<T, DateTime<Utc>>,
        deadline: Option<DateTime<Utc>>,
        pause: &dyn Pause,
    ) -> Result<T, NotAnswered> {
        loop {
            match attempt() {
                Ok(passed) => return Ok(passed),
                Err(until) => self.pause(until, deadline, pause).await?,
            }
        }
    }

    /// Waits until then, or says at once that this is not before `deadline`.
    pub(super) async fn pause(
        &self,
        until: DateTime<Utc>,
        deadline: Option<DateTime<Utc>>,
        pause: &dyn Pause,
    ) -> Result<(), NotAnswered> {
        if deadline.is_some_and(|deadline| until >= deadline) {
            return Err(NotAnswered::TooLate);
        }
        let before = self.clock.now();
        pause.until(until).await;
        // Where the clock stands still, waiting would never end.
        if self.clock.now() == before { Err(NotAnswered::TooLate) } else { Ok(()) }
    }

    /// Takes one call from a limiter, or says when to come again.
    fn check(&self, limiter: &Limiter) -> Result<(), DateTime<Utc>> {
        limiter.check().map(|_| ()).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(self.clock.now()).max(Duration::from_micros(1));
            // Whole microseconds, upwards: clocks show no less.
            self.clock.wall() + TimeDelta::microseconds(wait.as_nanos().div_ceil(1_000) as i64)
        })
    }

    fn enter_hour(&self) -> Result<Passage<'_>, DateTime<Utc>> {
        let now = self.clock.wall();
        let mut hour = self.hour();
        if hour.budget.review(now) {
            tracing::debug!(limit = hour.budget.limit(), "an hour without a refusal: more calls an hour");
            hour.reshape(&self.limits, &self.clock);
        }
        let limit = hour.budget.limit();
        let allowed = limit.saturating_add(self.limits.hourly_burst_at(limit).get()).get() as usize;
        let allowed = allowed.saturating_sub(hour.on_the_way);
        if let Some(until) = hour.budget.full_until(allowed, now) {
            return Err(until);
        }
        self.check(&hour.limiter)?;
        hour.on_the_way += 1;
        Ok(Passage(self))
    }

    /// The upstream refused a call; `halve` where that tells that there were too many.
    pub(super) fn refused(&self, halve: bool) {
        let mut hour = self.hour();
        hour.budget.spoil();
        if halve && hour.budget.halve() {
            tracing::info!(limit = hour.budget.limit(), "after a refusal: fewer calls an hour");
            hour.reshape(&self.limits, &self.clock);
        }
    }

    /// Takes over what an earlier process knew of the hour.
    pub(super) fn restore(
        &self,
        limit: Option<u32>,
        clean_since: Option<DateTime<Utc>>,
        calls: &[DateTime<Utc>],
    ) {
        let now = self.clock.wall();
        let mut hour = self.hour();
        hour.budget.restore(limit, clean_since, calls, now);
        let spent = hour.budget.calls(now).len() as u32;
        hour.renew(&self.limits, &self.clock, spent, spent);
    }

    /// Goes by what others told of the hour.
    pub(super) fn adopt(&self, limit: u32, clean_since: Option<DateTime<Utc>>) {
        let mut hour = self.hour();
        if hour.budget.adopt(limit, clean_since) {
            hour.reshape(&self.limits, &self.clock);
        }
    }

    /// The same limits, for all processes together.
    pub(super) fn wish(&self, priority: Priority) -> Wish {
        let limits = &self.limits;
        let limit = self.hour().budget.limit();
        let burst = limits.hourly_burst_at(limit);
        let bucket = |name, holds: NonZeroU32, calls: NonZeroU32, per: Duration| Bucket {
            name,
            holds: holds.get(),
            one_per: one_per(calls, per),
        };
        let mut buckets = vec![
            bucket("second", limits.burst, limits.per_second, Self::SECOND),
            bucket("hour", burst, limit, Self::HOUR),
        ];
        if priority == Priority::Background {
            let an_hour = limits.background_per_hour_at(limit);
            buckets.extend([
                bucket("background-second", NonZeroU32::MIN, limits.background_per_second, Self::SECOND),
                bucket("background-hour", burst, an_hour, Self::HOUR),
            ]);
        }
        Wish { at: self.clock.wall(), buckets, calls_an_hour: limit.saturating_add(burst.get()).get() }
    }

    /// Looks at the hour's budget.
    pub(super) fn budget<T>(&self, look: impl FnOnce(&mut HourlyBudget) -> T) -> T {
        look(&mut self.hour().budget)
    }

    fn hour(&self) -> MutexGuard<'_, Hour> {
        self.hour.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hour {
    /// Limiters for the present limit, from which as much is spent as from those before.
    fn reshape(&mut self, limits: &Limits, clock: &SteadyClock) {
        let (spent, by_background) = (spent_of(&self.limiter), spent_of(&self.background));
        self.renew(limits, clock, spent, by_background);
    }

    fn renew(&mut self, limits: &Limits, clock: &SteadyClock, spent: u32, by_background: u32) {
        (self.limiter, self.background) = hourly_limiters(limits, self.budget.limit(), clock);
        let burst = limits.hourly_burst_at(self.budget.limit()).get();
        for (limiter, spent) in [(&self.limiter, spent), (&self.background, by_background)] {
            if let Some(calls) = NonZeroU32::new(spent.min(burst)) {
                // Not more than the burst, of which a new limiter has all.
                let _ = limiter.check_n(calls);
            }
        }
    }
}

/// All calls', and the background's.
fn hourly_limiters(limits: &Limits, limit: NonZeroU32, clock: &SteadyClock) -> (Limiter, Limiter) {
    let burst = limits.hourly_burst_at(limit);
    (
        limiter_of(limit, Pace::HOUR, burst, clock),
        limiter_of(limits.background_per_hour_at(limit), Pace::HOUR, burst, clock),
    )
}

fn limiter_of(calls: NonZeroU32, per: Duration, burst: NonZeroU32, clock: &SteadyClock) -> Limiter {
    let quota =
        Quota::with_period(one_per(calls, per)).unwrap_or(Quota::per_second(calls)).allow_burst(burst);
    RateLimiter::direct_with_clock(quota, clock.clone()).with_middleware()
}

fn one_per(calls: NonZeroU32, per: Duration) -> Duration {
    (per / calls.get()).max(Duration::from_nanos(1))
}

/// How many calls a limiter is short of its burst. Takes one to find out, so it is of no use afterwards.
fn spent_of(limiter: &Limiter) -> u32 {
    match limiter.check() {
        Ok(state) => {
            let left = state.remaining_burst_capacity() + 1;
            state.quota().burst_size().get().saturating_sub(left)
        }
        Err(not_yet) => not_yet.quota().burst_size().get(),
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
mod tests;
