//! One call for one need, where processes share a Redis: whoever comes second takes what the first one stored.

use std::collections::HashMap;
use std::time::Duration;

use bellwether_cache::redis::{Claim, Redis};
use bellwether_domain::Symbol;
use bellwether_prices::{Batch, LoadBudget};
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::Told;
use super::needs::Need;
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// One process that died delays others no longer.
const CLAIM: Duration = Duration::from_secs(10);
/// Nobody waits longer for what another process asks for: its calls have ended by then, or wait for their turn upstream.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between looks whether the other process has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Tracker {
    /// The history of one instrument, unless another process has brought it since `planned_at`.
    pub(super) async fn fetch_one_in_turn<'a>(
        &self,
        sources: &Sources,
        (need, whole): (&'a Need, bool),
        budget: &LoadBudget,
        planned_at: DateTime<Utc>,
    ) -> Result<Vec<(&'a Need, Told)>, TrackerError> {
        // Whole ones are fetched anew by the upkeep alone, which runs once.
        let Some(redis) = self.redis().filter(|_| !whole) else {
            return self.fetch_one(sources, need, whole, budget).await;
        };
        let symbol = need.symbol();
        let _turn = turn(redis, "history", symbol, Instant::now() + PATIENCE).await;
        let known = self.storage().instruments_by_symbol(vec![symbol.clone()]).await?;
        let fetched_at = known.get(symbol).and_then(|instrument| instrument.history_fetched_at);
        if fetched_at.is_some_and(|at| at > planned_at) {
            return Ok(vec![(need, Told::NothingNew)]);
        }
        self.fetch_one(sources, need, whole, budget).await
    }

    /// The prices of several, without those that another process has brought since `planned_at`.
    pub(super) async fn fetch_batch_in_turn<'a>(
        &self,
        sources: &Sources,
        batch: &Batch,
        needs: &'a HashMap<Symbol, Need>,
        budget: &LoadBudget,
        planned_at: DateTime<Utc>,
    ) -> Result<Vec<(&'a Need, Told)>, TrackerError> {
        let Some(redis) = self.redis() else {
            return self.fetch_batch(sources, batch, needs, budget).await;
        };
        let mut symbols = batch.symbols.clone();
        // In the same order everywhere: nobody waits for somebody who waits for them.
        symbols.sort_unstable();
        let (mut turns, until) = (Vec::with_capacity(symbols.len()), Instant::now() + PATIENCE);
        for symbol in &symbols {
            turns.extend(turn(redis, "price", symbol, until).await);
        }
        let ids: Vec<_> =
            symbols.iter().filter_map(|symbol| Some(needs.get(symbol)?.instrument.id)).collect();
        let quotes = self.storage().read_quotes(ids.clone()).await?;
        let upkeep = self.storage().upkeep(ids).await?;
        let is_there = |need: &Need| {
            let id = need.instrument.id;
            let fetched_at = if batch.recent_closes {
                upkeep.get(&id).and_then(|kept| kept.closes_fetched_at)
            } else {
                quotes.get(&id).map(|quote| quote.fetched_at)
            };
            fetched_at.is_some_and(|at| at > planned_at)
        };
        let mut told = Vec::with_capacity(symbols.len());
        let mut open = Batch { symbols: Vec::new(), recent_closes: batch.recent_closes };
        for symbol in &batch.symbols {
            match needs.get(symbol).filter(|need| is_there(need)) {
                Some(need) => told.push((need, Told::NothingNew)),
                None => open.symbols.push(symbol.clone()),
            }
        }
        if !open.symbols.is_empty() {
            told.extend(self.fetch_batch(sources, &open, needs, budget).await?);
        }
        Ok(told)
    }
}

/// Waits for the other processes that ask for it; `None` when that takes too long, or nobody can tell.
async fn turn(redis: &Redis, what: &str, symbol: &Symbol, until: Instant) -> Option<Claim> {
    let key = format!("fetch:{what}:{symbol}");
    loop {
        match redis.claim(&key, CLAIM).await {
            // Calls may take longer than a claim.
            Ok(Some(claim)) => return Some(claim.lasting(CLAIM)),
            Ok(None) if Instant::now() < until => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(None) | Err(_) => return None,
        }
    }
}
