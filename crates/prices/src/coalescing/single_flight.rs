//! One flight for each key, whoever asks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::{FutureExt, Shared, WeakShared, join_all};
use tokio::sync::{Notify, oneshot};

use super::askers::{Asker, Wish, joint_budget, payer};
use super::question::{Answer, Question};
use super::{Coalescing, FlightCounters, Upstream};
use crate::{LoadBudget, NotAnswered, Priority};

/// Joins those who ask one kind of question.
pub(super) struct SingleFlight<Q: Question>(Arc<Tower<Q>>);

impl<Q: Question> Clone for SingleFlight<Q> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Tower<Q: Question> {
    upstream: Arc<Upstream>,
    // A plain mutex, as nothing waits while holding it.
    state: Mutex<State<Q>>,
}

struct State<Q: Question> {
    flights: HashMap<Q::Key, Flight<Q>>,
    /// By number, which is their order. All but the last are full, and wait for somebody who can pay.
    open: BTreeMap<u64, OpenBatch<Q>>,
    last_id: u64,
    counters: FlightCounters,
}

/// Where to wait for a flight. It fails when the flight was lost: given up, or its runtime has ended.
type Landing<Q> = Shared<oneshot::Receiver<Arc<Landed<Q>>>>;

type Answers<Q> = oneshot::Sender<Arc<Landed<Q>>>;

/// What is known of a key's flight by those who may join it.
struct Flight<Q: Question> {
    id: u64,
    // Weak, so that the flight notices when nobody waits any more.
    landing: WeakShared<oneshot::Receiver<Arc<Landed<Q>>>>,
    /// `None` as long as its batch is open.
    airborne: Option<Airborne>,
}

#[derive(Clone)]
struct Airborne {
    budget: LoadBudget,
    /// Told when the flight is in the way of a better one.
    give_up: Arc<Notify>,
}

struct OpenBatch<Q: Question> {
    id: u64,
    wishes: Vec<Wish<Q::Key>>,
    landing: Landing<Q>,
    answers: Answers<Q>,
    /// How many keys it takes.
    size: usize,
    has_window: bool,
}

struct Landed<Q: Question> {
    answers: HashMap<Q::Key, Q::Answer>,
    budget: LoadBudget,
    at: DateTime<Utc>,
}

impl<Q: Question> SingleFlight<Q> {
    /// How often somebody may be let down by others before he asks alone.
    const ROUNDS: usize = 3;
    /// A flight that ends at the deadline can say why there is no answer, so it is heard out.
    const GRACE: Duration = Duration::from_millis(50);

    pub(super) fn to(upstream: &Arc<Upstream>) -> Self {
        Self(Arc::new(Tower {
            upstream: Arc::clone(upstream),
            state: Mutex::new(State {
                flights: HashMap::new(),
                open: BTreeMap::new(),
                last_id: 0,
                counters: FlightCounters::default(),
            }),
        }))
    }

    pub(super) fn counters(&self) -> FlightCounters {
        let state = self.0.state();
        FlightCounters { under_way: state.flights.len(), ..state.counters }
    }

    /// What came of one key.
    pub(super) async fn ask_one(&self, key: Q::Key, budget: &LoadBudget) -> Q::Answer {
        let answered = self.ask(&[key], budget).await.pop();
        answered.map_or(Q::Answer::none(NotAnswered::Omitted), |(_, answer)| answer)
    }

    /// What came of each key, in the order asked.
    pub(super) async fn ask(&self, keys: &[Q::Key], budget: &LoadBudget) -> Vec<(Q::Key, Q::Answer)> {
        let mut seen = HashSet::with_capacity(keys.len());
        let mut open: Vec<Q::Key> = keys.iter().filter(|key| seen.insert(*key)).cloned().collect();
        let mut answers = HashMap::with_capacity(open.len());
        for round in 0..Self::ROUNDS {
            if round > 0 {
                self.0.state().counters.asked_again += open.len() as u64;
            }
            open = self.join(open, budget, &mut answers).await;
            if open.is_empty() {
                break;
            }
        }
        if !open.is_empty() {
            answers.extend(Q::ask(&*self.0.upstream.provider, &open, budget).await);
        }
        let answer = |key: &Q::Key| answers.get(key).cloned();
        let none = || Q::Answer::none(NotAnswered::Omitted);
        keys.iter().map(|key| (key.clone(), answer(key).unwrap_or_else(none))).collect()
    }

    /// Waits for the flights of these keys; gives back those that were let down by others.
    async fn join(
        &self,
        keys: Vec<Q::Key>,
        budget: &LoadBudget,
        answers: &mut HashMap<Q::Key, Q::Answer>,
    ) -> Vec<Q::Key> {
        let asker = Asker::with(budget);
        let left =
            budget.deadline().map(|at| (at - self.0.upstream.clock.now()).to_std().unwrap_or_default());
        let flights = self.0.board(keys, &asker).into_values().map(async |(landing, keys)| {
            let landed = match left {
                None => Ok(landing.await),
                Some(left) => tokio::time::timeout(left + Self::GRACE, landing).await,
            };
            (landed, keys)
        });
        let mut let_down = Vec::new();
        for (landed, keys) in join_all(flights).await {
            for key in keys {
                let answer = match &landed {
                    Ok(Ok(landed)) => landed.answer(&key, budget),
                    Ok(Err(_)) => None,
                    Err(_) => Some(Q::Answer::none(NotAnswered::TooLate)),
                };
                match answer {
                    Some(answer) => drop(answers.insert(key, answer)),
                    None => let_down.push(key),
                }
            }
        }
        let_down
    }
}

impl<Q: Question> OpenBatch<Q> {
    fn new(id: u64, size: usize) -> Self {
        let (answers, landing) = oneshot::channel();
        Self { id, wishes: Vec::new(), landing: landing.shared(), answers, size, has_window: false }
    }

    fn is_full(&self) -> bool {
        self.wishes.len() >= self.size
    }

    fn give_window(&mut self) -> u64 {
        self.has_window = true;
        self.id
    }
}

impl<Q: Question> Landed<Q> {
    /// The answer, unless there is none for a reason that is the payer's and not this asker's.
    fn answer(&self, key: &Q::Key, budget: &LoadBudget) -> Option<Q::Answer> {
        let Some(answer) = self.answers.get(key) else { return Some(Q::Answer::none(NotAnswered::Omitted)) };
        let more_patient = || match (self.budget.deadline(), budget.deadline()) {
            (Some(theirs), Some(own)) => own > theirs,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let out_of_time = || self.budget.deadline().is_some_and(|deadline| self.at >= deadline);
        let of_the_payer = match answer.reason() {
            Some(NotAnswered::BudgetSpent) => !self.budget.shares_account_with(budget) && budget.left() > 0,
            Some(NotAnswered::TooLate) => more_patient(),
            Some(NotAnswered::Timeout) => out_of_time() && more_patient(),
            _ => false,
        };
        (!of_the_payer).then(|| answer.clone())
    }
}

impl<Q: Question> Tower<Q> {
    /// Finds a place for every key: in its flight, or in the open batch. Gives the flights by number.
    fn board(
        self: &Arc<Self>,
        keys: Vec<Q::Key>,
        asker: &Arc<Asker>,
    ) -> BTreeMap<u64, (Landing<Q>, Vec<Q::Key>)> {
        let mut flights: BTreeMap<u64, (Landing<Q>, Vec<Q::Key>)> = BTreeMap::new();
        let mut departing = Vec::new();
        let now = self.upstream.clock.now();
        let size = Q::batch(&*self.upstream.provider);
        let mut state = self.state();
        for key in keys {
            let joined = state.joined(&key, asker);
            let is_new = joined.is_none();
            let (id, landing) = joined.unwrap_or_else(|| state.begun(key.clone(), asker, size));
            flights.entry(id).or_insert_with(|| (landing, Vec::new())).1.push(key);
            if let Some(batch) = state.open.get(&id).filter(|batch| batch.is_full()) {
                // Nobody could pay yet for one that is full and still here.
                let payer = if is_new { payer(&batch.wishes, now) } else { asker.pays(now) };
                if payer.is_some() {
                    departing.extend(self.depart(id, payer, &mut state));
                }
            }
        }
        let without_window = state.open.values_mut().filter(|batch| !batch.has_window);
        let ids: Vec<u64> = without_window.map(OpenBatch::give_window).collect();
        // A runtime that is about to end drops tasks while they are spawned, and they need the state then.
        drop(state);
        launch(departing);
        if !ids.is_empty() {
            tokio::spawn(Window { tower: Arc::clone(self), ids }.close());
        }
        flights
    }

    /// Sends a batch on its way, without the keys whose askers have gone. `None` when nobody is left.
    fn depart(
        self: &Arc<Self>,
        id: u64,
        payer: Option<Arc<Asker>>,
        state: &mut State<Q>,
    ) -> Option<(UnderWay<Q>, Answers<Q>)> {
        let mut batch = state.open.remove(&id)?;
        for wish in batch.wishes.extract_if(.., |wish| wish.is_given_up()) {
            state.forget(id, &wish.key);
        }
        let budget = joint_budget(&batch.wishes, payer);
        let give_up = Arc::<Notify>::default();
        let keys: Vec<Q::Key> = batch.wishes.into_iter().map(|wish| wish.key).collect();
        let Some(budget) = budget else {
            // The last of them went this very moment.
            state.forget_all(id, &keys);
            return None;
        };
        for key in &keys {
            if let Some(flight) = state.flights.get_mut(key).filter(|flight| flight.id == id) {
                let (budget, give_up) = (budget.clone(), Arc::clone(&give_up));
                flight.airborne = Some(Airborne { budget, give_up });
            }
        }
        state.counters.flights += 1;
        state.counters.asked += keys.len() as u64;
        Some((UnderWay { tower: Arc::clone(self), id, keys, budget, give_up }, batch.answers))
    }

    fn state(&self) -> MutexGuard<'_, State<Q>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Question> State<Q> {
    /// The flight of a key, where there is one that this asker can wait for.
    fn joined(&mut self, key: &Q::Key, asker: &Arc<Asker>) -> Option<(u64, Landing<Q>)> {
        let flight = self.flights.get(key)?;
        let landing = flight.landing.upgrade()?;
        match &flight.airborne {
            None => {
                let batch = self.open.get_mut(&flight.id)?;
                let wish = batch.wishes.iter_mut().find(|wish| wish.key == *key)?;
                wish.askers.push(Arc::downgrade(asker));
            }
            Some(Airborne { budget, give_up }) => {
                let in_the_way = asker.priority() == Priority::Foreground
                    && budget.priority() == Priority::Background
                    && !budget.is_in_use();
                if in_the_way {
                    give_up.notify_one();
                    return None;
                }
            }
        }
        self.counters.joined += 1;
        Some((flight.id, landing))
    }

    /// A place in the open batch, or in a new one of this size.
    fn begun(&mut self, key: Q::Key, asker: &Arc<Asker>, size: usize) -> (u64, Landing<Q>) {
        let open = self.open.last_entry().filter(|last| !last.get().is_full());
        let batch = if let Some(last) = open {
            last.into_mut()
        } else {
            self.last_id += 1;
            self.open.entry(self.last_id).or_insert(OpenBatch::new(self.last_id, size))
        };
        batch.wishes.push(Wish { key: key.clone(), askers: vec![Arc::downgrade(asker)] });
        let (id, landing) = (batch.id, batch.landing.clone());
        if let Some(weak) = landing.downgrade() {
            self.flights.insert(key, Flight { id, landing: weak, airborne: None });
        }
        (id, landing)
    }

    fn forget_all<'a>(&mut self, id: u64, keys: impl IntoIterator<Item = &'a Q::Key>) {
        for key in keys {
            self.forget(id, key);
        }
    }

    fn forget(&mut self, id: u64, key: &Q::Key) {
        if self.flights.get(key).is_some_and(|flight| flight.id == id) {
            self.flights.remove(key);
        }
    }
}

/// The time in which others can still come into some batches.
struct Window<Q: Question> {
    tower: Arc<Tower<Q>>,
    ids: Vec<u64>,
}

impl<Q: Question> Window<Q> {
    async fn close(self) {
        let until = self.tower.upstream.clock.now() + Coalescing::WINDOW;
        self.tower.upstream.pause.until(until).await;
        let departing = {
            let mut state = self.tower.state();
            let depart = |id: &u64| {
                let payer = payer(&state.open.get(id)?.wishes, until);
                self.tower.depart(*id, payer, &mut state)
            };
            self.ids.iter().filter_map(depart).collect()
        };
        launch(departing);
    }
}

impl<Q: Question> Drop for Window<Q> {
    /// Its runtime may end before the window does: those who wait elsewhere then open another.
    fn drop(&mut self) {
        let mut state = self.tower.state();
        for id in &self.ids {
            if let Some(batch) = state.open.remove(id) {
                state.forget_all(*id, batch.wishes.iter().map(|wish| &wish.key));
            }
        }
    }
}

fn launch<Q: Question>(departing: Vec<(UnderWay<Q>, Answers<Q>)>) {
    for (flight, answers) in departing {
        tokio::spawn(flight.fly(answers));
    }
}

/// A flight's entries, which are gone when it ends, however it does.
struct UnderWay<Q: Question> {
    tower: Arc<Tower<Q>>,
    id: u64,
    keys: Vec<Q::Key>,
    budget: LoadBudget,
    give_up: Arc<Notify>,
}

impl<Q: Question> UnderWay<Q> {
    async fn fly(self, mut answers: Answers<Q>) {
        let answered = tokio::select! {
            answered = Q::ask(&*self.tower.upstream.provider, &self.keys, &self.budget) => answered,
            () = answers.closed() => return,
            () = self.give_up.notified() => return,
        };
        let (at, budget) = (self.tower.upstream.clock.now(), self.budget.clone());
        // Before the answers are told, so that who asks after them asks anew.
        drop(self);
        let landed = Landed { answers: answered.into_iter().collect(), budget, at };
        // Everybody may have left this very moment.
        let _ = answers.send(Arc::new(landed));
    }
}

impl<Q: Question> Drop for UnderWay<Q> {
    fn drop(&mut self) {
        self.tower.state().forget_all(self.id, &self.keys);
    }
}
