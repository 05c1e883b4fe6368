//! Quotes for those who hold a login: fewer calls than sparks, but the handshake is what breaks most, so every
//! failure falls back to sparks.

use std::sync::atomic::{AtomicUsize, Ordering};

use bellwether_domain::{Quote, SharedClock, Symbol};
use futures::future::{BoxFuture, FutureExt, join_all};

use super::login::{Desk, Login};
use super::quote::{self, Quotes};
use super::symbols::escaped;
use super::{Known, Yahoo};
use crate::{LoadBudget, NotAnswered, Outcome, Plan};

/// What one symbol's quote came to; `None` where a spark should be asked instead.
type Answers = Vec<(Symbol, Option<Outcome<Quote>>)>;

pub(super) struct Member {
    pub(super) desk: Desk,
    /// Symbols a call at present: halved when a batch fails, and grown back slowly.
    batch: AtomicUsize,
}

impl Member {
    /// The limit has moved between 65 and 100; this has always been fine.
    const USUAL_BATCH: usize = 50;
    const SMALLEST_BATCH: usize = 12;
    /// Bytes of symbols in an address, so that all of it stays below 1,800.
    const SYMBOL_BYTES: usize = 1_400;
    /// What a handshake costs.
    const HANDSHAKE_CALLS: usize = 2;

    pub(super) fn new(kept: Option<Login>, clock: SharedClock) -> Self {
        Self { desk: Desk::new(kept, clock), batch: AtomicUsize::new(Self::USUAL_BATCH) }
    }

    /// Whether quotes of so many symbols take fewer calls this way than by sparks.
    pub(super) async fn is_worth_it(&self, symbols: usize) -> bool {
        if self.desk.is_closed().await {
            return false;
        }
        let handshake = if self.desk.at_hand().await.is_some() { 0 } else { Self::HANDSHAKE_CALLS };
        let quotes = symbols.div_ceil(self.batch.load(Ordering::Relaxed)) + handshake;
        quotes < symbols.div_ceil(Plan::BATCH)
    }

    pub(super) async fn quotes(&self, symbols: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Answers {
        // The first call makes sure of a login, so that the others need not find out one by one that it is none.
        if let Err(reason) = self.desk.login(None, yahoo.gateway(), budget).await {
            tracing::debug!(%reason, "no login for quotes; using sparks");
            return leave(symbols);
        }
        let batches = self.batches(symbols);
        let asked = batches.into_iter().map(|batch| self.batch(batch, yahoo, budget, true));
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// Cuts by number of symbols and by length of the address.
    fn batches<'a>(&self, symbols: &'a [Symbol]) -> Vec<&'a [Symbol]> {
        let most = self.batch.load(Ordering::Relaxed);
        let mut batches = Vec::new();
        let mut rest = symbols;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fit = rest
                .iter()
                .take(most)
                .take_while(|symbol| {
                    bytes += escaped(symbol).len() + 1;
                    bytes <= Self::SYMBOL_BYTES
                })
                .count();
            let (batch, later) = rest.split_at(fit.max(1));
            batches.push(batch);
            rest = later;
        }
        batches
    }

    fn batch<'a>(
        &'a self,
        batch: &'a [Symbol],
        yahoo: &'a Yahoo,
        budget: &'a LoadBudget,
        may_split: bool,
    ) -> BoxFuture<'a, Answers> {
        async move {
            match self.ask(batch, yahoo, budget).await {
                Ok(Quotes::Read(answers)) => {
                    let omitted =
                        |outcome: &Outcome<Quote>| *outcome == Outcome::NotAnswered(NotAnswered::Omitted);
                    let missing = answers.iter().filter(|(_, outcome)| omitted(outcome)).count();
                    if may_split && answers.len() >= 4 && missing * 2 > answers.len() {
                        return self.halves(batch, yahoo, budget).await;
                    }
                    self.grow();
                    answers.into_iter().map(|(symbol, outcome)| (symbol, Some(outcome))).collect()
                }
                Ok(Quotes::Refused(_)) | Err(NotAnswered::Upstream { .. })
                    if may_split && batch.len() > 1 =>
                {
                    self.shrink(batch.len());
                    self.halves(batch, yahoo, budget).await
                }
                Ok(Quotes::SessionRefused) => {
                    tracing::warn!("a fresh login was refused; using sparks for an hour");
                    self.desk.close().await;
                    leave(batch)
                }
                Err(reason @ (NotAnswered::BudgetSpent | NotAnswered::TooLate)) => {
                    let spent =
                        |symbol: &Symbol| (symbol.clone(), Some(Outcome::NotAnswered(reason.clone())));
                    batch.iter().map(spent).collect()
                }
                Ok(Quotes::Refused(_)) | Err(_) => leave(batch),
            }
        }
        .boxed()
    }

    async fn halves(&self, batch: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Answers {
        let (left, right) = batch.split_at(batch.len().div_ceil(2));
        let (left, right) =
            futures::join!(self.batch(left, yahoo, budget, false), self.batch(right, yahoo, budget, false));
        left.into_iter().chain(right).collect()
    }

    /// One call, and once more with another login when the first is refused.
    async fn ask(&self, batch: &[Symbol], yahoo: &Yahoo, budget: &LoadBudget) -> Result<Quotes, NotAnswered> {
        let mut refused: Option<Login> = None;
        loop {
            let login = match self.desk.login(refused.as_ref(), yahoo.gateway(), budget).await {
                Ok(login) => login,
                Err(NotAnswered::Blocked { .. }) => return Ok(Quotes::SessionRefused),
                Err(reason) => return Err(reason),
            };
            let request = quote::request(batch, &login.crumb, &login.cookie);
            let clock = yahoo.gateway().clock();
            let known = |symbol: &Symbol| -> Option<Known> { yahoo.known(symbol) };
            let read = |response: &crate::Response| {
                quote::read_quotes(response.status, &response.body, batch, known, clock.now())
            };
            match yahoo.gateway().ask(request, budget, read).await? {
                Quotes::SessionRefused if refused.is_none() => refused = Some(login),
                answer => return Ok(answer),
            }
        }
    }

    fn shrink(&self, failed: usize) {
        self.batch.fetch_min((failed / 2).max(Self::SMALLEST_BATCH), Ordering::Relaxed);
    }

    fn grow(&self) {
        let one_more = |batch: usize| (batch < Self::USUAL_BATCH).then_some(batch + 1);
        // Already as large as it gets: nothing to do.
        let _ = self.batch.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
    }
}

fn leave(symbols: &[Symbol]) -> Answers {
    symbols.iter().map(|symbol| (symbol.clone(), None)).collect()
}
