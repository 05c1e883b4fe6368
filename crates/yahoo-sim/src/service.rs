//! The way of a request: edge, limiter, crumb, faults, answer, latency.

mod routes;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bellwether_domain::Clock;
use chrono::TimeDelta;

use crate::answer::{Answer, edge_refusal, too_many_requests};
use crate::ask::{Ask, Route};
use crate::auth::Sessions;
use crate::clock::SimClock;
use crate::config::{Behaviour, SimConfig, SimError};
use crate::connection::Harm;
use crate::counters::{Ledger, LogEntry, Served};
use crate::edge_cache::EdgeCache;
use crate::faults::{FaultAction, FaultPlan, FaultRule, ResetPoint, bytes as fault_bytes, mutation};
use crate::limiter::{Limiter, LimiterKey, ThrottleBody};
use crate::market::Market;
use crate::replay::Replay;
use routes::Skew;

/// The service behind the routes, shared by all workers.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) market: Market,
    pub(crate) clock: SimClock,
    pub(crate) ledger: Ledger,
    behaviour: RwLock<Arc<Behaviour>>,
    limiter: Mutex<Limiter>,
    sessions: Mutex<Sessions>,
    faults: Mutex<FaultPlan>,
    edge: Mutex<EdgeCache>,
    replay: Option<Replay>,
    calls: AtomicU64,
}

/// What is done with a request.
#[derive(Debug)]
pub(crate) struct Decision {
    /// `None` where nothing is ever answered.
    pub(crate) answer: Option<Answer>,
    pub(crate) harm: Option<Harm>,
    pub(crate) latency: Duration,
    /// The latency is not slept.
    pub(crate) virtual_latency: bool,
    /// Seconds by which the `date` header is wrong.
    pub(crate) date_skew: i64,
    fault: Option<&'static str>,
    from_edge: bool,
    /// What the limiter must be told of when the request is over.
    pub(crate) admitted: Option<LimiterKey>,
}

impl Service {
    /// A service in its first state.
    ///
    /// # Errors
    /// [`SimError::Fixtures`] when the recorded answers cannot be read.
    pub(crate) fn new(config: &SimConfig) -> Result<Self, SimError> {
        let clock = SimClock::new(config.clock.clone());
        let epoch = config.epoch.unwrap_or_else(|| clock.now().date_naive());
        let market = Market::new(config.seed, epoch);
        for action in &config.actions {
            market.plan(action.clone());
        }
        Ok(Self {
            market,
            clock,
            ledger: Ledger::default(),
            behaviour: RwLock::new(Arc::new(config.behaviour.clone())),
            limiter: Mutex::default(),
            sessions: Mutex::default(),
            faults: Mutex::new(FaultPlan::new(config.faults.clone())),
            edge: Mutex::default(),
            replay: config.fixtures.as_deref().map(Replay::open).transpose()?,
            calls: AtomicU64::new(0),
        })
    }

    pub(crate) fn behaviour(&self) -> Arc<Behaviour> {
        self.behaviour.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_behaviour(&self, behaviour: Behaviour) {
        *self.behaviour.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(behaviour);
    }

    pub(crate) fn set_faults(&self, rules: Vec<FaultRule>) {
        *lock(&self.faults) = FaultPlan::new(rules);
    }

    /// Blocks a client for some seconds of the clock.
    pub(crate) fn block(&self, client: &str, seconds: i64) {
        let now = self.clock.now().timestamp_millis();
        lock(&self.limiter).block(client, now, seconds);
    }

    pub(crate) fn expire_crumbs(&self) {
        lock(&self.sessions).expire_crumbs();
    }

    pub(crate) fn blocked_now(&self) -> usize {
        lock(&self.limiter).blocked(self.clock.now().timestamp_millis())
    }

    /// Forgets counters, blocks, cookies and what faults have done; seed, clock and rules stay.
    pub(crate) fn reset(&self) {
        self.ledger.reset();
        *lock(&self.limiter) = Limiter::default();
        *lock(&self.sessions) = Sessions::default();
        lock(&self.edge).clear();
        lock(&self.faults).reset();
        self.calls.store(0, Ordering::SeqCst);
    }

    /// Decides what becomes of a request. Nothing here waits.
    pub(crate) fn decide(&self, ask: &Ask, form: &str) -> Decision {
        let behaviour = self.behaviour();
        let now = self.clock.now();
        let nth = self.calls.fetch_add(1, Ordering::SeqCst);
        let mut decision = Decision {
            answer: None,
            harm: None,
            latency: Duration::ZERO,
            virtual_latency: false,
            date_skew: 0,
            fault: None,
            from_edge: false,
            admitted: None,
        };
        self.admit_and_answer(ask, form, &behaviour, now.timestamp_millis(), &mut decision);
        let profile = behaviour.latency_of.get(&ask.route).copied().unwrap_or(behaviour.latency);
        let bytes = decision.answer.as_ref().map_or(0, |answer| answer.body.len());
        decision.latency = profile.of(self.market.seed(), nth, ask.symbols.len(), bytes);
        decision.virtual_latency = profile.virtual_sleep;
        if profile.virtual_sleep && self.clock.stands_still() {
            let moved = TimeDelta::from_std(decision.latency).unwrap_or_default();
            // A clock that stands still is this simulator's own.
            let _ = self.clock.advance(moved);
        }
        decision
    }

    fn admit_and_answer(
        &self,
        ask: &Ask,
        form: &str,
        behaviour: &Behaviour,
        now_ms: i64,
        decision: &mut Decision,
    ) {
        let now = now_ms.div_euclid(1_000);
        if behaviour.check_user_agent && is_bare(&ask.user_agent) {
            decision.answer = Some(edge_refusal());
            return;
        }
        if behaviour.edge_cache
            && let Some(answer) = lock(&self.edge).get(ask, now, behaviour.freeze_s)
        {
            decision.from_edge = true;
            decision.answer = Some(answer);
            return;
        }
        let key = LimiterKey::of(&behaviour.limiter, ask);
        if lock(&self.limiter).admit(&behaviour.limiter, &key, now_ms) {
            decision.admitted = Some(key);
        } else {
            let words = match behaviour.limiter.body {
                ThrottleBody::Plain => too_many_requests(),
                ThrottleBody::Edge => edge_refusal(),
            };
            let after = behaviour.limiter.retry_after.map(|seconds| seconds.to_string());
            decision.answer =
                Some(after.into_iter().fold(words, |answer, after| answer.header("retry-after", after)));
            return;
        }
        if ask.route.is_authenticated()
            && ask.fixture.is_none()
            && self.replay.is_none()
            && let Err(refusal) = lock(&self.sessions).check(ask, &behaviour.crumb, now)
        {
            decision.answer = Some(*refusal);
            return;
        }
        let action = lock(&self.faults).strike(ask, self.market.seed(), now_ms);
        decision.fault = action.as_ref().map(FaultAction::word);
        let Some(action) = action else {
            let answer = self.answer(ask, form, behaviour, now, &Skew::default());
            let edge = behaviour.edge_cache.then(|| lock(&self.edge));
            decision.answer = Some(match edge {
                Some(mut edge) => edge.keep(ask, now, answer),
                None => answer,
            });
            return;
        };
        self.answer_with_fault(&action, ask, form, behaviour, now, decision);
    }

    fn answer_with_fault(
        &self,
        action: &FaultAction,
        ask: &Ask,
        form: &str,
        behaviour: &Behaviour,
        now: i64,
        decision: &mut Decision,
    ) {
        if *action == FaultAction::Hang {
            return;
        }
        let fixture = |file: &str| self.replay.as_ref().and_then(|replay| replay.file(file));
        if let Some(answer) = fault_bytes::instead(action, ask.route, fixture) {
            decision.answer = Some(answer);
            return;
        }
        let skew = Skew::of(action, ask, self.market.seed());
        let mut answer = self.answer(ask, form, behaviour, now, &skew);
        if answer.status == 200
            && let Ok(mut body) = serde_json::from_slice(&answer.body)
            && mutation::mutate(action, &mut body, self.market.seed(), ask.second("period2"))
        {
            answer.body = body.to_string().into();
        }
        fault_bytes::change(action, &mut answer);
        decision.harm = match action {
            FaultAction::SlowDrip { bytes_per_s } => Some(Harm::Drip(*bytes_per_s)),
            FaultAction::Reset(ResetPoint::Before) => Some(Harm::ResetBefore),
            FaultAction::Reset(ResetPoint::AfterHeaders) => Some(Harm::ResetAt(0.0)),
            FaultAction::Reset(ResetPoint::MidBody) => Some(Harm::ResetAt(0.5)),
            FaultAction::Truncate { fraction, short_read: true } => Some(Harm::CloseAt(*fraction)),
            _ => None,
        };
        if let FaultAction::ClockSkew { s } = action {
            decision.date_skew = *s;
        }
        decision.answer = Some(answer);
    }

    /// The answer to a question that comes from nowhere and is not counted.
    pub(crate) fn answer_quietly(&self, ask: &Ask) -> Answer {
        self.answer(ask, "", &self.behaviour(), self.clock.now().timestamp(), &Skew::default())
    }

    /// Counts a decided request.
    pub(crate) fn record(&self, ask: &Ask, decision: &Decision, began: Instant) {
        let cut = decision.harm == Some(Harm::ResetBefore);
        let answer = decision.answer.as_ref().filter(|_| !cut);
        self.ledger.record(Served {
            entry: LogEntry {
                sequence: 0,
                at: self.clock.now(),
                client: ask.client.clone(),
                route: ask.route,
                url: ask.url.clone(),
                symbols: ask.symbols.clone(),
                status: answer.map_or(0, |answer| answer.status),
                fault: decision.fault.map(str::to_owned),
                from_edge: decision.from_edge,
                latency_ms: decision.latency.as_secs_f64() * 1_000.0,
            },
            answered: answer.map_or(0, |answer| answer.answered),
            bytes: answer.map_or(0, |answer| answer.body.len()),
            took: began.elapsed(),
        });
    }

    /// A request is over: what it held is free.
    pub(crate) fn finish(&self, route: Route, admitted: Option<&LimiterKey>) {
        self.ledger.end(route);
        if let Some(key) = admitted {
            lock(&self.limiter).finish(key);
        }
    }
}

/// Whether a User-Agent is that of a bare library, or none.
fn is_bare(user_agent: &str) -> bool {
    const REFUSED: [&str; 5] = ["curl/", "Java/", "python-", "Python-urllib", "Go-http-client"];
    user_agent.trim().is_empty() || REFUSED.iter().any(|prefix| user_agent.starts_with(prefix))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
