//! Quotes for those who hold a login: fewer calls than sparks, but the handshake is what breaks most, so every
//! failure falls back to sparks.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_domain::{Quote, SharedClock, Symbol};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{BoxFuture, FutureExt, join_all};

use super::Yahoo;
use super::batch_size::BatchSize;
use super::login::{Desk, Login, Prospect};
use super::memory::Kind;
use super::quote::{self, Quotes};
use super::symbols::escaped;
use crate::{LoadBudget, NotAnswered, Outcome, Plan, Response};

/// What one symbol's quote came to; `None` where a spark should be asked instead.
type Answers = Vec<(Symbol, Option<Outcome<Quote>>)>;

pub(super) struct Member {
    pub(super) desk: Desk,
    state: Mutex<State>,
}

struct State {
    size: BatchSize,
    /// Symbols of parts that failed while others were answered, and until when they are left to sparks.
    left_to_sparks: HashMap<Symbol, DateTime<Utc>>,
}

/// The two halves of a batch.
struct Halves {
    left: (Answers, Fate),
    right: (Answers, Fate),
}

impl Halves {
    fn concat(self) -> Answers {
        self.left.0.into_iter().chain(self.right.0).collect()
    }
}

/// How a batch fared as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    /// Most of it was left out.
    Few,
    /// Refused or broken, for the sake of its size or of one of its symbols.
    Failed,
    /// Nothing can be said of its size.
    NotTold,
}

impl Member {
    const LEFT_TO_SPARKS_FOR: TimeDelta = TimeDelta::hours(24);
    /// What a handshake costs.
    const HANDSHAKE_CALLS: usize = 2;

    pub(super) fn new(kept: Option<Login>, clock: SharedClock) -> Self {
        let state = State { size: BatchSize::new(), left_to_sparks: HashMap::new() };
        Self { desk: Desk::new(kept, clock), state: Mutex::new(state) }
    }

    /// As many symbols as a call takes. Before the handshake twice as many, which it is worth while for, and as many as
    /// fill sparks if it leads to nothing.
    pub(super) fn quotes_at_once(&self, now: DateTime<Utc>) -> usize {
        let size = self.state().size.at(now);
        match self.desk.prospect() {
            Prospect::AtHand => size.max(Plan::BATCH),
            Prospect::Obtainable => (2 * size / Plan::BATCH).max(1) * Plan::BATCH,
            Prospect::None => Plan::BATCH,
        }
    }

    /// Quotes of those that no spark is better for.
    pub(super) async fn quotes(&self, symbols: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Answers {
        let now = yahoo.gateway().clock().now();
        let asked = self.worth_asking(symbols, yahoo, now);
        if !self.is_worth_it(asked.len(), now) {
            return leave(symbols);
        }
        // The first call makes sure of a login, so that the others need not find out one by one that it is none.
        if let Err(reason) = self.desk.login(None, yahoo.gateway(), budget).await {
            tracing::debug!(%reason, "no login for quotes; using sparks");
            return leave(symbols);
        }
        let batches = batches(&asked, self.state().size.at(now));
        let batches = batches.into_iter().map(|batch| self.batch(batch, yahoo, budget));
        let answers = join_all(batches).await.into_iter().flatten();
        let answers: HashMap<Symbol, Outcome<Quote>> =
            answers.filter_map(|(symbol, outcome)| Some((symbol, outcome?))).collect();
        yahoo.learn_quotes(&answers);
        symbols.iter().map(|symbol| (symbol.clone(), answers.get(symbol).cloned())).collect()
    }

    /// Who is remembered as absent or as a spoiler of batches is left to sparks, which know how to treat them.
    fn worth_asking(&self, symbols: &[Symbol], yahoo: &Yahoo, now: DateTime<Utc>) -> Vec<Symbol> {
        let memory = yahoo.lock_memory();
        let plain = |symbol: &&Symbol| memory.answer::<Quote>(symbol, Kind::Batch, now).is_none();
        let mut asked = memory.sorted(symbols.iter().filter(plain)).plain;
        drop(memory);
        let mut state = self.state();
        state.left_to_sparks.retain(|_, until| {
            // A wall clock that was set back must not prolong it.
            *until = (*until).min(now + Self::LEFT_TO_SPARKS_FOR);
            now < *until
        });
        let mut seen = HashSet::with_capacity(asked.len());
        asked.retain(|symbol| !state.left_to_sparks.contains_key(symbol) && seen.insert(symbol.clone()));
        asked
    }

    /// Whether quotes of so many symbols take fewer calls this way than by sparks.
    fn is_worth_it(&self, symbols: usize, now: DateTime<Utc>) -> bool {
        if self.desk.is_closed() {
            return false;
        }
        let handshake = if self.desk.at_hand().is_some() { 0 } else { Self::HANDSHAKE_CALLS };
        symbols.div_ceil(self.state().size.at(now)) + handshake < symbols.div_ceil(Plan::BATCH)
    }

    /// One batch, and parts of it where it fails as a whole or most of it is left out.
    async fn batch(&self, batch: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Answers {
        let (answers, fate) = self.once(batch, yahoo, budget).await;
        match fate {
            Fate::Failed if batch.len() >= 2 * BatchSize::SMALLEST => {
                self.split(batch, false, yahoo, budget).await
            }
            Fate::Few => self.halves(batch, yahoo, budget).await.concat(),
            _ => answers,
        }
    }

    /// Two halves of a batch that failed, and halves of the one that fails while the other is answered: then it is not
    /// their size, but one of their symbols.
    fn split<'a>(
        &'a self,
        batch: &'a [Symbol],
        is_spoilt: bool,
        yahoo: &'a Yahoo,
        budget: &'a LoadBudget,
    ) -> BoxFuture<'a, Answers> {
        async move {
            let now = yahoo.gateway().clock().now();
            let Halves { left, right } = self.halves(batch, yahoo, budget).await;
            let (first, second) = batch.split_at(batch.len().div_ceil(2));
            let (good, bad, symbols) = match (left.1, right.1) {
                (Fate::Failed, Fate::Answered) => (right.0, left.0, first),
                (Fate::Answered, Fate::Failed) => (left.0, right.0, second),
                (left_fate, right_fate) => {
                    if left_fate == right_fate && left_fate != Fate::NotTold && !is_spoilt {
                        self.state().size.note_failure(batch.len(), now);
                    }
                    return Halves { left, right }.concat();
                }
            };
            let mut answers = if symbols.len() >= 2 * BatchSize::SMALLEST {
                self.split(symbols, true, yahoo, budget).await
            } else {
                bad
            };
            answers.extend(good);
            self.leave_to_sparks(&answers, now);
            answers
        }
        .boxed()
    }

    async fn halves(&self, batch: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Halves {
        let (left, right) = batch.split_at(batch.len().div_ceil(2));
        let (left, right) = futures::join!(self.once(left, yahoo, budget), self.once(right, yahoo, budget));
        Halves { left, right }
    }

    /// One call, and how it fared.
    async fn once(&self, batch: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> (Answers, Fate) {
        let asked = yahoo.lock_routes().turn(batch, yahoo.gateway().clock().now()).of(batch);
        match self.ask(&asked, yahoo, budget).await {
            Ok(Quotes::Read(answers)) => {
                let told: Vec<&Symbol> =
                    answers.iter().filter(|(_, told)| !is_omitted(told)).map(|(symbol, _)| symbol).collect();
                let few = answers.len() >= 4 && told.len() * 2 < answers.len();
                if !few {
                    let now = yahoo.gateway().clock().now();
                    self.state().size.note_answer(batch.len(), now);
                }
                // A fault that is known of this endpoint alone.
                let only_the_last = few && told == Vec::from_iter(asked.last());
                let outcome = |outcome| Some(outcome).filter(|told| !(only_the_last && is_omitted(told)));
                let answers = answers.into_iter().map(|(symbol, told)| (symbol, outcome(told)));
                (answers.collect(), if few { Fate::Few } else { Fate::Answered })
            }
            Ok(Quotes::Refused(_)) | Err(NotAnswered::Upstream { .. } | NotAnswered::Malformed(_)) => {
                (leave(batch), Fate::Failed)
            }
            Ok(Quotes::SessionRefused) => {
                tracing::warn!("a fresh login was refused; using sparks for an hour");
                self.desk.close();
                (leave(batch), Fate::NotTold)
            }
            Err(reason @ (NotAnswered::BudgetSpent | NotAnswered::TooLate)) => {
                let spent = |symbol: &Symbol| (symbol.clone(), Some(Outcome::NotAnswered(reason.clone())));
                (batch.iter().map(spent).collect(), Fate::NotTold)
            }
            Err(_) => (leave(batch), Fate::NotTold),
        }
    }

    fn leave_to_sparks(&self, answers: &Answers, now: DateTime<Utc>) {
        let unanswered = answers.iter().filter(|(_, outcome)| outcome.is_none());
        let until = now + Self::LEFT_TO_SPARKS_FOR;
        self.state().left_to_sparks.extend(unanswered.map(|(symbol, _)| (symbol.clone(), until)));
    }

    /// One call, and once more with another login when the first is refused.
    async fn ask(&self, batch: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Result<Quotes, NotAnswered> {
        let clock = yahoo.gateway().clock();
        let mut refused: Option<Login> = None;
        loop {
            let login = match self.desk.login(refused.as_ref(), yahoo.gateway(), budget).await {
                Ok(login) => login,
                Err(NotAnswered::Blocked { .. }) => return Ok(Quotes::SessionRefused),
                Err(reason) => return Err(reason),
            };
            let request = quote::request(batch, &login.crumb, &login.cookie);
            let read = |response: &Response| {
                let known = |symbol: &Symbol| yahoo.known(symbol);
                quote::read_quotes(response.status, &response.body, batch, known, clock.now())
            };
            match yahoo.gateway().ask(request, budget, read).await? {
                Quotes::SessionRefused if refused.is_none() => refused = Some(login),
                answer => return Ok(answer),
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts by number of symbols and by length of the address.
fn batches(symbols: &[Symbol], most: usize) -> Vec<&[Symbol]> {
    let mut batches = Vec::new();
    let mut rest = symbols;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fit = rest
            .iter()
            .take(most)
            .take_while(|symbol| {
                bytes += escaped(symbol).len() + 1;
                bytes <= quote::SYMBOL_BYTES
            })
            .count();
        let (batch, later) = rest.split_at(fit.max(1));
        batches.push(batch);
        rest = later;
    }
    batches
}

fn is_omitted(outcome: &Outcome<Quote>) -> bool {
    *outcome == Outcome::NotAnswered(NotAnswered::Omitted)
}

fn leave(symbols: &[Symbol]) -> Answers {
    symbols.iter().map(|symbol| (symbol.clone(), None)).collect()
}
