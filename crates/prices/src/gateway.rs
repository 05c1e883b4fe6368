//! The only way out: pace, then circuit breaker, then retry around a transport.
//!
//! Every attempt passes the load's budget, the limiters of the upstream address, one of a few seats and the circuit
//! breaker of its family, in this order, and what it met is remembered. Clones share all of that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bellwether_domain::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::load_budget::Reservation;
use crate::{
    Family, LoadBudget, NotAnswered, Pause, Priority, RealPause, Request, Response, Transport, TransportError,
};

mod circuit_breaker;
mod counters;
mod hourly_budget;
mod judgement;
mod limits;
mod pace;
mod sharing;

pub use circuit_breaker::{CircuitSnapshot, CircuitState, OpenedBy};
pub use counters::{Counters, EndpointCounters, GatewaySnapshot, Sharing};
pub use judgement::Unreadable;
pub use limits::{HourlyBounds, Limits};

use circuit_breaker::{CircuitBreaker, Health, Pass};
use judgement::Judgement;
use pace::Pace;
use sharing::Joint;

/// Sends requests on behalf of the providers of one upstream address.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    transport: Box<dyn Transport>,
    clock: SharedClock,
    pause: Box<dyn Pause>,
    dice: Dice,
    pace: Pace,
    seats: Semaphore,
    background_seats: Semaphore,
    record: Mutex<Record>,
    /// What is held together with other processes, if anything is.
    joint: OnceLock<Joint>,
}

/// How much is done for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Attempts, retries included.
    pub(crate) attempts: u32,
    /// The question was put before, and failed: all attempts come out of the load's retries.
    pub(crate) is_retry: bool,
}

impl Effort {
    /// As many attempts as any question gets.
    pub(crate) fn usual(is_retry: bool) -> Self {
        Self { attempts: Gateway::ATTEMPTS, is_retry }
    }

    /// A single attempt.
    pub(crate) fn once(is_retry: bool) -> Self {
        Self { attempts: 1, is_retry }
    }
}

/// A source of numbers in `0..1`.
pub type Dice = Box<dyn Fn() -> f64 + Send + Sync>;

struct Record {
    anonymous: CircuitBreaker,
    authenticated: CircuitBreaker,
    last_call_at: Option<DateTime<Utc>>,
    calls: u64,
    retries: u64,
    by_status: BTreeMap<u16, u64>,
    by_endpoint: BTreeMap<String, EndpointCounters>,
    timeouts: u64,
    broken: u64,
    refused_by_budget: u64,
    refused_by_pace: u64,
    refused_by_circuit: u64,
    in_flight: u32,
    peak_in_flight: u32,
}

impl Gateway {
    /// Attempts for one question, retries included.
    const ATTEMPTS: u32 = 3;
    const SHORTEST_BACKOFF: TimeDelta = TimeDelta::milliseconds(250);
    /// Before the last retry; half of it before the first.
    const LONGEST_BACKOFF: TimeDelta = TimeDelta::seconds(2);
    /// A time-out shorter than this was the caller's haste, and says nothing about the upstream.
    const FAIR_TIMEOUT: Duration = Duration::from_secs(2);

    /// With the default limits.
    pub fn new(transport: impl Transport + 'static, clock: SharedClock) -> Self {
        Self::with(transport, clock, Limits::default())
    }

    /// With limits of one's own.
    pub fn with(transport: impl Transport + 'static, clock: SharedClock, limits: Limits) -> Self {
        let pause = RealPause::by(Arc::clone(&clock));
        Self::pausing(transport, clock, pause, limits)
    }

    /// With a way to wait of one's own, which has to belong to `clock`: where one moves, the other must.
    pub fn pausing(
        transport: impl Transport + 'static,
        clock: SharedClock,
        pause: impl Pause + 'static,
        limits: Limits,
    ) -> Self {
        Self::timed(transport, clock, pause, limits, Box::new(rand::random))
    }

    /// With time and chance of one's own. `pause` has to belong to `clock`: where one moves, the other must.
    pub fn timed(
        transport: impl Transport + 'static,
        clock: SharedClock,
        pause: impl Pause + 'static,
        limits: Limits,
        dice: Dice,
    ) -> Self {
        let seats = limits.concurrency.max(1) as usize;
        Self(Arc::new(Shared {
            transport: Box::new(transport),
            pace: Pace::new(limits, Arc::clone(&clock)),
            clock,
            pause: Box::new(pause),
            dice,
            seats: Semaphore::new(seats),
            background_seats: Semaphore::new((seats / 2).max(1)),
            record: Mutex::new(Record {
                anonymous: CircuitBreaker::new(),
                authenticated: CircuitBreaker::new(),
                last_call_at: None,
                calls: 0,
                retries: 0,
                by_status: BTreeMap::new(),
                by_endpoint: BTreeMap::new(),
                timeouts: 0,
                broken: 0,
                refused_by_budget: 0,
                refused_by_pace: 0,
                refused_by_circuit: 0,
                in_flight: 0,
                peak_in_flight: 0,
            }),
            joint: OnceLock::new(),
        }))
    }

    /// The clock that all of this goes by.
    pub fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    /// Takes over from the gateway that wrote the snapshot. Call it before the first request.
    pub fn restore(&self, snapshot: &GatewaySnapshot) {
        self.0.pace.restore(snapshot.hourly_limit, snapshot.clean_since, &snapshot.recent_calls);
        let mut record = self.record();
        record.anonymous = CircuitBreaker::restore(snapshot.anonymous);
        record.authenticated = CircuitBreaker::restore(snapshot.authenticated);
        record.last_call_at = snapshot.recent_calls.iter().max().copied();
    }

    /// What the next process has to know. [`Counters::revision`] tells when it has changed.
    pub fn snapshot(&self) -> GatewaySnapshot {
        let now = self.0.clock.now();
        let record = self.record();
        self.0.pace.budget(|budget| GatewaySnapshot {
            anonymous: record.anonymous.snapshot(),
            authenticated: record.authenticated.snapshot(),
            recent_calls: budget.calls(now).iter().copied().collect(),
            hourly_limit: Some(budget.limit().get()),
            clean_since: budget.clean_since(),
        })
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        let now = self.0.clock.now();
        let mut record = self.record();
        for family in [Family::Anonymous, Family::Authenticated] {
            record.circuit(family).move_on(now);
        }
        let (hourly_limit, calls_last_hour, changes) =
            self.0.pace.budget(|budget| (budget.limit().get(), budget.calls(now).len(), budget.changes()));
        let joint = self.0.joint.get();
        Counters {
            calls: record.calls,
            retries: record.retries,
            by_status: record.by_status.clone(),
            by_endpoint: record.by_endpoint.clone(),
            timeouts: record.timeouts,
            broken: record.broken,
            refused_by_budget: record.refused_by_budget,
            refused_by_pace: record.refused_by_pace,
            refused_by_circuit: record.refused_by_circuit,
            in_flight: record.in_flight,
            peak_in_flight: record.peak_in_flight,
            calls_last_hour: joint
                .and_then(|joint| joint.calls_last_hour(now))
                .unwrap_or(calls_last_hour as u32),
            hourly_limit,
            sharing: joint.map_or(Sharing::Alone, Joint::state),
            last_call_at: record.last_call_at,
            anonymous: record.anonymous.snapshot().seen_at(now),
            authenticated: record.authenticated.snapshot().seen_at(now),
            revision: record.anonymous.revision() + record.authenticated.revision() + changes,
        }
    }

    /// Asks the upstream, and again after a failure that may pass, as far as `budget` allows.
    ///
    /// `read` turns what came back into an answer. It sees successes and the refusals that are facts about the
    /// request (400, 401 of an authenticated family, 404, 422), never a throttle, an outage or a page in HTML.
    pub async fn ask<T>(
        &self,
        request: Request,
        budget: &LoadBudget,
        read: impl Fn(&Response) -> Result<T, Unreadable>,
    ) -> Result<T, NotAnswered> {
        self.ask_counting(request, budget, Effort::usual(false), read).await.0
    }

    /// The same with as much effort, and with the attempts that were made: a failure after fewer than all of them was
    /// not tried to the end.
    pub(crate) async fn ask_counting<T>(
        &self,
        request: Request,
        budget: &LoadBudget,
        effort: Effort,
        read: impl Fn(&Response) -> Result<T, Unreadable>,
    ) -> (Result<T, NotAnswered>, u32) {
        let mut failure: Option<NotAnswered> = None;
        let mut attempts = 0;
        while attempts < effort.attempts {
            if attempts > 0 && !self.back_off(attempts, budget).await {
                break;
            }
            // What kept a retry from going out is of less interest than why it was needed.
            let ticket = match self.ticket(request.family, budget, effort.is_retry || attempts > 0).await {
                Ok(ticket) => ticket,
                Err(refusal) => return (Err(failure.unwrap_or(refusal)), attempts),
            };
            attempts += 1;
            match self.attempt(ticket, &request, budget, &read).await {
                Ok(answer) => return (Ok(answer), attempts),
                Err((reason, may_pass)) => {
                    tracing::debug!(path = request.shown_path(), attempts, %reason, "upstream call failed");
                    failure = Some(reason);
                    if !may_pass {
                        break;
                    }
                }
            }
        }
        (Err(failure.unwrap_or(NotAnswered::TooLate)), attempts)
    }

    /// Waits a while, longer for later attempts and never equally long; false when the deadline comes first.
    async fn back_off(&self, attempt: u32, budget: &LoadBudget) -> bool {
        let ceiling = Self::LONGEST_BACKOFF / 2_i32.pow((Self::ATTEMPTS - 1).saturating_sub(attempt));
        let spread =
            (ceiling - Self::SHORTEST_BACKOFF).num_microseconds().unwrap_or(0) as f64 * (self.0.dice)();
        let until = self.0.clock.now() + Self::SHORTEST_BACKOFF + TimeDelta::microseconds(spread as i64);
        if budget.deadline().is_some_and(|deadline| until >= deadline) {
            return false;
        }
        self.0.pause.until(until).await;
        true
    }

    /// Everything that an attempt needs before it may go out.
    async fn ticket(
        &self,
        family: Family,
        budget: &LoadBudget,
        retry: bool,
    ) -> Result<Ticket<'_>, NotAnswered> {
        let shared = &*self.0;
        let now = shared.clock.now();
        if budget.deadline().is_some_and(|deadline| now >= deadline) {
            return Err(NotAnswered::TooLate);
        }
        if self.is_proving(family) {
            // Whose call it is to find out may be another process's, and that call may have ended.
            self.catch_up().await;
        }
        {
            let mut record = self.record();
            if let Some(until) = record.circuit(family).refuses(now) {
                record.refused_by_circuit += 1;
                return Err(NotAnswered::CircuitOpen { until });
            }
        }
        let Some(reservation) = budget.reserve(retry) else {
            self.record().refused_by_budget += 1;
            return Err(NotAnswered::BudgetSpent);
        };
        let ready = async {
            let passage = shared.pace.wait(budget.priority(), budget.deadline(), &*shared.pause).await?;
            let permit = self.leave(family, budget).await?;
            Ok((passage, permit, self.seats(budget).await?))
        };
        let (passage, permit, seats) = ready.await.inspect_err(|refusal| match refusal {
            NotAnswered::CircuitOpen { .. } => self.record().refused_by_circuit += 1,
            _ => self.record().refused_by_pace += 1,
        })?;
        let admission = self.admit(family).await?;
        let now = shared.clock.now();
        let mut record = self.record();
        record.calls += 1;
        record.retries += u64::from(retry);
        record.last_call_at = Some(now);
        record.in_flight += 1;
        record.peak_in_flight = record.peak_in_flight.max(record.in_flight);
        drop(record);
        passage.spend(now);
        if let Some(joint) = shared.joint.get() {
            joint.note_call(permit, now);
        }
        Ok(Ticket { reservation: Some(reservation), admission, _seats: seats })
    }

    /// Asks the circuit again: others may have met a refusal while a call waited. Where the call is to probe, all
    /// processes have to know before it goes out.
    async fn admit(&self, family: Family) -> Result<Admission<'_>, NotAnswered> {
        loop {
            let admitted = self.record().circuit(family).admit(self.0.clock.now());
            let refused = |until| {
                self.record().refused_by_circuit += 1;
                NotAnswered::CircuitOpen { until }
            };
            let admission = Admission { gateway: self, family, pass: admitted.map_err(refused)? };
            self.tell().await;
            if self.record().circuit(family).is_current(admission.pass) {
                return Ok(admission);
            }
        }
    }

    fn is_proving(&self, family: Family) -> bool {
        matches!(self.record().circuit(family).snapshot().state, CircuitState::HalfOpen { .. })
    }

    async fn seats(&self, budget: &LoadBudget) -> Result<Seats<'_>, NotAnswered> {
        let take = async {
            // Half of the seats at most, so that somebody who looks at a page finds one.
            let background = match budget.priority() {
                Priority::Background => Some(self.0.background_seats.acquire().await),
                Priority::Foreground => None,
            };
            (background, self.0.seats.acquire().await)
        };
        let taken = match budget.deadline() {
            None => take.await,
            Some(deadline) => {
                let left = (deadline - self.0.clock.now()).to_std().unwrap_or_default();
                tokio::time::timeout(left, take).await.ok().ok_or(NotAnswered::TooLate)?
            }
        };
        match taken {
            (None, Ok(seat)) => Ok((None, seat)),
            (Some(Ok(background)), Ok(seat)) => Ok((Some(background), seat)),
            // Only a closed semaphore refuses, and these are never closed.
            _ => Err(NotAnswered::TooLate),
        }
    }

    /// One attempt; on failure the reason, and whether another may fare better.
    async fn attempt<T>(
        &self,
        mut ticket: Ticket<'_>,
        request: &Request,
        budget: &LoadBudget,
        read: &impl Fn(&Response) -> Result<T, Unreadable>,
    ) -> Result<T, (NotAnswered, bool)> {
        if let Some(reservation) = ticket.reservation.take() {
            reservation.spend();
        }
        let left =
            budget.deadline().map(|deadline| (deadline - self.0.clock.now()).to_std().unwrap_or_default());
        let timeout = left.map_or(request.timeout, |left| left.min(request.timeout));
        let sent = self.0.transport.send(&Request { timeout, ..request.clone() }).await;
        let now = self.0.clock.now();
        let hasty = matches!(sent, Err(TransportError::Timeout)) && timeout < Self::FAIR_TIMEOUT;

        let judgement = judgement::judge(&sent, request, now, read);
        self.note(&ticket.admission, request, &sent, &judgement, now, hasty);
        self.tell().await;
        match judgement {
            Judgement::Answer(answer) => Ok(answer),
            Judgement::Unusable(reason) => Err((reason, false)),
            Judgement::Throttled { reason, .. } => {
                tracing::warn!(%reason, "the upstream refuses calls; giving it a rest");
                Err((reason, false))
            }
            Judgement::Failure { reason, may_pass } => Err((reason, may_pass)),
        }
    }

    /// Counts what an attempt met, and lets its circuit and the hour know.
    fn note<T>(
        &self,
        admission: &Admission<'_>,
        request: &Request,
        sent: &Result<Response, TransportError>,
        judgement: &Judgement<T>,
        now: DateTime<Utc>,
        hasty: bool,
    ) {
        let mut record = self.record();
        match sent {
            Ok(response) => *record.by_status.entry(response.status).or_default() += 1,
            Err(TransportError::Timeout) => record.timeouts += 1,
            Err(_) => record.broken += 1,
        }
        let health = match judgement {
            Judgement::Answer(_) | Judgement::Unusable(_) => Health::Well,
            Judgement::Throttled { asked, .. } => Health::Throttled(*asked),
            Judgement::Failure { .. } => Health::Failed,
        };
        let endpoint = record.by_endpoint.entry(request.endpoint().to_owned()).or_default();
        match health {
            Health::Well => endpoint.answered += 1,
            Health::Throttled(_) => endpoint.throttled += 1,
            Health::Failed => endpoint.failed += 1,
        }
        if !hasty {
            let circuit = record.circuit(admission.family);
            let too_many = circuit.record(admission.pass, health, now, (self.0.dice)());
            if matches!(health, Health::Throttled(_)) {
                self.0.pace.refused(too_many);
            }
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Seats<'a> = (Option<SemaphorePermit<'a>>, SemaphorePermit<'a>);

/// An attempt that may go out. Its seats are free again when it is dropped, whatever became of its caller.
struct Ticket<'a> {
    reservation: Option<Reservation>,
    admission: Admission<'a>,
    _seats: Seats<'a>,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.admission.gateway.record().in_flight -= 1;
    }
}

/// Leave of a circuit, which is told when it is of no more use.
struct Admission<'a> {
    gateway: &'a Gateway,
    family: Family,
    pass: Pass,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        self.gateway.record().circuit(self.family).abandon(self.pass);
    }
}

impl Record {
    fn circuit(&mut self, family: Family) -> &mut CircuitBreaker {
        match family {
            Family::Anonymous => &mut self.anonymous,
            Family::Authenticated => &mut self.authenticated,
        }
    }
}

#[cfg(test)]
mod tests;
