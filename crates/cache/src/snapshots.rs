//! Finished answers by key, within a bound of memory.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bellwether_domain::PortfolioId;
use chrono::NaiveDate;
use moka::future::Cache;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;

use crate::statistics::{Tallies, Tally};
use crate::{Answer, SnapshotStatistics};

/// A key for answers about a portfolio: everything that they depend on.
///
/// Versions are part of it, so that nothing needs to be invalidated: a change asks for another key, and what was made
/// under the old one is dropped when its room is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotKey {
    /// Whose.
    pub portfolio: PortfolioId,
    /// What is answered, such as `dashboard`; the kind in statistics.
    pub view: &'static str,
    /// What else the view depends on: range, currency, the minute where it tells ages.
    pub detail: Box<str>,
    /// The version of the ledger.
    pub ledger_version: i64,
    /// The version of the prices.
    pub price_version: i64,
    /// The day that is shown.
    pub as_of: NaiveDate,
}

impl SnapshotKey {
    /// The view.
    pub fn kind(&self) -> &'static str {
        self.view
    }
}

/// Finished answers by a key that contains the versions of everything they were made from.
///
/// - The same key is built once at a time; others who ask for it wait for that one.
/// - A failure is told to all who wait, and neither it nor an empty answer is kept.
/// - When a builder's caller goes away or panics, one of those who wait builds in its place.
/// - The least recently used answers go first when the room is full.
pub struct Snapshots<K = SnapshotKey> {
    kept: Cache<K, Arc<Kept>>,
    kind_of: fn(&K) -> &'static str,
    tallies: Tallies,
}

/// An answer in its place, with where it is counted.
struct Kept {
    answer: Arc<Answer>,
    tally: Arc<Tally>,
}

impl Kept {
    fn begin(answer: Arc<Answer>, tally: Arc<Tally>) -> Arc<Self> {
        tally.entries.fetch_add(1, Relaxed);
        tally.bytes.fetch_add(answer.weight().into(), Relaxed);
        Arc::new(Self { answer, tally })
    }

    /// Called by the cache, once, for whatever reason; dropping would be late, for it reclaims memory in epochs.
    fn end(&self, cause: RemovalCause) {
        self.tally.entries.fetch_sub(1, Relaxed);
        self.tally.bytes.fetch_sub(self.answer.weight().into(), Relaxed);
        if cause == RemovalCause::Size {
            self.tally.evictions.fetch_add(1, Relaxed);
        }
    }
}

/// What a build leads to that is not kept.
enum NotKept<E> {
    Failed(Arc<E>),
    Empty(Arc<Answer>),
}

impl<K: Hash + Eq + Send + Sync + 'static> Snapshots<K> {
    /// Keeps answers of up to `bytes` in all, counted as one kind.
    pub fn new(bytes: u64) -> Self {
        Self::by_kind(bytes, |_| "answer")
    }

    /// Keeps answers of up to `bytes` in all, and counts them by kind.
    pub fn by_kind(bytes: u64, kind_of: fn(&K) -> &'static str) -> Self {
        let kept = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, kept: &Arc<Kept>| kept.answer.weight())
            // Old versions are never asked for again: how often they once were must not keep new ones out.
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(|_, kept: Arc<Kept>, cause| kept.end(cause))
            .build();
        Self { kept, kind_of, tallies: Tallies::default() }
    }

    /// The answer under `key`, or the one that `build` makes.
    ///
    /// # Errors
    /// What `build` fails with, shared by all who waited for it.
    pub async fn get_or_build<E: Send + Sync + 'static>(
        &self,
        key: K,
        build: impl Future<Output = Result<Answer, E>>,
    ) -> Result<Arc<Answer>, Arc<E>> {
        if let Some(kept) = self.kept.get(&key).await {
            kept.tally.hits.fetch_add(1, Relaxed);
            return Ok(Arc::clone(&kept.answer));
        }
        let tally = self.tallies.of((self.kind_of)(&key));
        let has_built = AtomicBool::new(false);
        let build = async {
            has_built.store(true, Relaxed);
            tally.misses.fetch_add(1, Relaxed);
            match build.await {
                Ok(answer) if answer.is_empty() => Err(NotKept::Empty(Arc::new(answer))),
                Ok(answer) => Ok(Kept::begin(Arc::new(answer), Arc::clone(&tally))),
                Err(error) => {
                    tally.failures.fetch_add(1, Relaxed);
                    Err(NotKept::Failed(Arc::new(error)))
                }
            }
        };
        let built = self.kept.try_get_with(key, build).await;
        if !has_built.load(Relaxed) {
            tally.waits.fetch_add(1, Relaxed);
        }
        match built {
            Ok(kept) => Ok(Arc::clone(&kept.answer)),
            Err(not_kept) => match &*not_kept {
                NotKept::Empty(answer) => Ok(Arc::clone(answer)),
                NotKept::Failed(error) => Err(Arc::clone(error)),
            },
        }
    }

    /// Drops every answer. Builds that are under way are kept.
    pub fn clear(&self) {
        self.kept.invalidate_all();
    }

    /// Counts since the start, and what is kept now.
    pub fn statistics(&self) -> SnapshotStatistics {
        self.tallies.read()
    }
}

impl<K> std::fmt::Debug for Snapshots<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots").field("statistics", &self.tallies.read()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
