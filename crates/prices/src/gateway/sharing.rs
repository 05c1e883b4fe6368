//! Limits and rests held together with the gateways of other processes.
//!
//! What a gateway goes by stays its own, and every call passes its own limits first, so that it can go on alone at any
//! moment. Beyond that all agree on one state in a common place: what has changed here is told at once, and only if
//! what it came from is still what is there; what others told is adopted before the next call. A call that probes a
//! circuit changes the state too, so that one process at a time can make it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::circuit_breaker::{CircuitSnapshot, CircuitState};
use super::{Gateway, Record, Sharing};
use crate::{Family, Leave, LoadBudget, NotAnswered, SharedLimits, Unshared};

/// Others may change the state in between so often before a gateway goes by its own limits.
const TRIES: usize = 10;
const HOUR: TimeDelta = TimeDelta::hours(1);
/// A count of all calls is of use for so long.
const COUNT_HOLDS: TimeDelta = TimeDelta::minutes(1);

/// What all go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Agreement {
    /// Another one where all was lost and told anew: whoever sees it tells its calls again.
    founded: u64,
    anonymous: CircuitSnapshot,
    authenticated: CircuitSnapshot,
    hourly_limit: u32,
    clean_since: Option<DateTime<Utc>>,
}

/// A gateway's part in it.
pub(super) struct Joint {
    limits: Arc<dyn SharedLimits>,
    known: Mutex<Known>,
    /// One task at a time tells.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    /// What is there, as far as known: as it reads, and what it says.
    text: Option<String>,
    agreed: Option<Agreement>,
    /// The state of the open endpoints' circuit where it came from others.
    learnt: Option<CircuitState>,
    /// When this process made calls within the last hour, and whether all know.
    own: VecDeque<(DateTime<Utc>, bool)>,
    /// Calls of all within the last hour, and when that was counted.
    counted: Option<(u32, DateTime<Utc>)>,
    apart_since: Option<DateTime<Utc>>,
}

/// What others do not know yet.
struct News {
    known: Option<String>,
    state: String,
    ours: Agreement,
    calls: Vec<DateTime<Utc>>,
}

/// Leave for a call, given back when dropped before the call went out.
pub(super) struct Permit {
    limits: Arc<dyn SharedLimits>,
    leave: Option<String>,
}

impl Permit {
    fn spend(mut self) {
        self.leave = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(leave) = self.leave.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let limits = Arc::clone(&self.limits);
        // Where it cannot be given back, it counts for an hour.
        runtime.spawn(async move { limits.give(&leave).await });
    }
}

impl Joint {
    pub(super) fn over(limits: Arc<dyn SharedLimits>) -> Self {
        Self { limits, known: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// A call went out, with leave of all where there is any.
    pub(super) fn note_call(&self, permit: Option<Permit>, at: DateTime<Utc>) {
        let mut known = self.known();
        known.own.push_back((at, permit.is_some()));
        known.forget(at);
        drop(known);
        if let Some(permit) = permit {
            permit.spend();
        }
    }

    pub(super) fn state(&self) -> Sharing {
        self.known().apart_since.map_or(Sharing::Together, |since| Sharing::Apart { since })
    }

    /// Calls of all within the last hour, where that was counted a moment ago.
    pub(super) fn calls_last_hour(&self, now: DateTime<Utc>) -> Option<u32> {
        let known = self.known();
        let (calls, at) = known.counted.filter(|_| known.apart_since.is_none())?;
        ((now - at).abs() < COUNT_HOLDS).then_some(calls)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fare<T>(&self, outcome: Result<T, Unshared>, now: DateTime<Utc>) -> Option<T> {
        let mut known = self.known();
        match outcome {
            Ok(told) => {
                if known.apart_since.take().is_some() {
                    tracing::info!("upstream.limits_shared_again");
                }
                Some(told)
            }
            Err(error) => {
                if known.apart_since.is_none() {
                    tracing::warn!(%error, "upstream.limits_not_shared");
                }
                known.apart_since.get_or_insert(now);
                None
            }
        }
    }
}

impl Known {
    fn forget(&mut self, now: DateTime<Utc>) {
        while self.own.front().is_some_and(|(at, _)| now - *at >= HOUR) {
            self.own.pop_front();
        }
    }

    fn told(&mut self, news: News) {
        for (at, is_told) in &mut self.own {
            *is_told |= news.calls.contains(at);
        }
        (self.text, self.agreed) = (Some(news.state), Some(news.ours));
    }
}

impl Gateway {
    /// Holds limits and rests together with all gateways that are given the same common place, whichever process they
    /// are in. Call it before the first request, and after [`restore`](Self::restore).
    pub fn share(&self, limits: Arc<dyn SharedLimits>) {
        // Whoever shared it before goes on.
        let _ = self.0.joint.set(Joint::over(limits));
    }

    /// Learns what other processes told, for one that has made no call for a while and is asked how it fares.
    pub async fn catch_up(&self) {
        let Some(joint) = self.0.joint.get() else { return };
        let learnt = async {
            self.agree(joint).await?;
            self.learn(joint).await?;
            self.agree(joint).await
        };
        joint.fare(learnt.await, self.0.clock.now());
    }

    /// Whether the present state of the open endpoints' circuit was told by another process, which will have announced
    /// it.
    pub fn has_learnt_circuit(&self) -> bool {
        let Some(joint) = self.0.joint.get() else { return false };
        let state = self.record().anonymous.snapshot().state;
        joint.known().learnt == Some(state)
    }

    /// Leave of all for one call; `None` where this process goes by its own limits.
    pub(super) async fn leave(
        &self,
        family: Family,
        budget: &LoadBudget,
    ) -> Result<Option<Permit>, NotAnswered> {
        let shared = &*self.0;
        let Some(joint) = shared.joint.get() else { return Ok(None) };
        for _ in 0..TRIES {
            let asked = async {
                self.agree(joint).await?;
                if let Some(until) = self.record().circuit(family).refuses(shared.clock.now()) {
                    return Ok(Err(until));
                }
                let wish = shared.pace.wish(budget.priority());
                let Some(known) = joint.known().text.clone() else { return Ok(Ok(Leave::Outdated)) };
                let leave = joint.limits.take(&known, &wish).await?;
                if leave == Leave::Outdated {
                    self.learn(joint).await?;
                }
                Ok(Ok(leave))
            };
            let Some(leave) = joint.fare(asked.await, shared.clock.now()) else { return Ok(None) };
            match leave.map_err(|until| NotAnswered::CircuitOpen { until })? {
                Leave::Given { leave, calls_last_hour } => {
                    joint.known().counted = Some((calls_last_hour, shared.clock.now()));
                    return Ok(Some(Permit { limits: Arc::clone(&joint.limits), leave: Some(leave) }));
                }
                Leave::NotBefore(until) => {
                    shared.pace.pause(until, budget.deadline(), &*shared.pause).await?;
                }
                Leave::Outdated => {}
            }
        }
        Ok(None)
    }

    /// Tells what changed here, if anything did.
    pub(super) async fn tell(&self) {
        if let Some(joint) = self.0.joint.get()
            && self.news(joint).is_some()
        {
            joint.fare(self.agree(joint).await, self.0.clock.now());
        }
    }

    /// Tells what others do not know, until there is nothing.
    async fn agree(&self, joint: &Joint) -> Result<(), Unshared> {
        let _turn = joint.turn.lock().await;
        for _ in 0..TRIES {
            let Some(news) = self.news(joint) else { return Ok(()) };
            if joint.limits.tell(news.known.as_deref(), &news.state, &news.calls).await? {
                joint.known().told(news);
            } else {
                self.learn(joint).await?;
            }
        }
        Err(Unshared("others change the state all the time".to_owned()))
    }

    fn news(&self, joint: &Joint) -> Option<News> {
        let now = self.0.clock.now();
        let record = self.record();
        let mut known = joint.known();
        known.forget(now);
        let founded = known.agreed.map_or_else(rand::random, |agreed| agreed.founded);
        let ours = self.goes_by(&record, founded);
        let untold = || known.own.iter().filter(|(_, is_told)| !is_told).map(|(at, _)| *at);
        let calls: Vec<_> = match known.text {
            Some(_) => untold().collect(),
            // Whoever tells first knows the calls of the last process too.
            None => self.0.pace.budget(|budget| budget.calls(now).iter().copied().collect()),
        };
        let state = match &known.text {
            Some(text) if known.agreed == Some(ours) => {
                if calls.is_empty() {
                    return None;
                }
                text.clone()
            }
            _ => serde_json::to_string(&ours).ok()?,
        };
        Some(News { known: known.text.clone(), state, ours, calls })
    }

    /// Goes by what others told.
    async fn learn(&self, joint: &Joint) -> Result<(), Unshared> {
        let now = self.0.clock.now();
        let common = joint.limits.look(now).await?;
        let mut record = self.record();
        let mut known = joint.known();
        known.counted = Some((common.calls_last_hour, now));
        if known.text == common.state {
            return Ok(());
        }
        let told = common.state.as_deref().and_then(|text| serde_json::from_str::<Agreement>(text).ok());
        known.text = common.state;
        let Some(theirs) = told else {
            // Lost, or of no use: it is told anew.
            known.agreed = None;
            return Ok(());
        };
        let base = known.agreed.replace(theirs);
        if base.is_none_or(|base| base.founded != theirs.founded) {
            known.own.iter_mut().for_each(|(_, is_told)| *is_told = false);
        }
        let ours = self.goes_by(&record, theirs.founded);
        let circuit = |of: fn(&Agreement) -> CircuitSnapshot| {
            merged(base.as_ref().map(of), of(&ours), of(&theirs), CircuitSnapshot::more_cautious)
        };
        let ((anonymous, void_anonymous), (authenticated, void_authenticated)) =
            (circuit(|all| all.anonymous), circuit(|all| all.authenticated));
        record.anonymous.adopt(anonymous, void_anonymous);
        record.authenticated.adopt(authenticated, void_authenticated);
        if anonymous.state == theirs.anonymous.state && anonymous.state != ours.anonymous.state {
            known.learnt = Some(anonymous.state);
        }
        let hour = |all: &Agreement| (all.hourly_limit, all.clean_since);
        let fewer = |ours: (u32, Option<DateTime<Utc>>), theirs: (u32, Option<DateTime<Utc>>)| {
            (ours.0.min(theirs.0), ours.1.zip(theirs.1).map(|(ours, theirs)| ours.max(theirs)))
        };
        let ((limit, clean_since), _) = merged(base.as_ref().map(hour), hour(&ours), hour(&theirs), fewer);
        self.0.pace.adopt(limit, clean_since);
        Ok(())
    }

    fn goes_by(&self, record: &Record, founded: u64) -> Agreement {
        self.0.pace.budget(|budget| Agreement {
            founded,
            anonymous: record.anonymous.snapshot(),
            authenticated: record.authenticated.snapshot(),
            hourly_limit: budget.limit().get(),
            clean_since: budget.clean_since(),
        })
    }
}

/// What to go by where both may have changed what both went by before, and whether both did.
fn merged<T: PartialEq>(base: Option<T>, ours: T, theirs: T, both: impl Fn(T, T) -> T) -> (T, bool) {
    match base {
        Some(base) if base == ours => (theirs, false),
        Some(base) if base == theirs => (ours, false),
        _ => (both(ours, theirs), true),
    }
}
