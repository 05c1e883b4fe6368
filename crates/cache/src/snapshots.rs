//! Finished answers in two tiers, each built once.

mod shared;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bellwether_domain::{PortfolioId, SharedClock};
use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;

use crate::redis::Redis;
use crate::statistics::{Tallies, Tally};
use crate::{Answer, SnapshotStatistics};

/// Which answer: of each, the last edition is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotKey {
    /// Whose.
    pub portfolio: PortfolioId,
    /// What is answered, such as `dashboard`; the kind in statistics.
    pub kind: &'static str,
    /// What of it is shown: range, day, benchmarks.
    pub detail: Box<str>,
}

/// What an answer is made from. Nothing needs to be invalidated: whoever wants another edition does not get this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edition {
    /// The version of what people entered: under another one, an answer is wrong.
    pub entered: u64,
    /// The version of the prices: under another one, an answer was right a moment ago.
    pub prices: i64,
    /// Whether newer prices are being fetched, which matters to those answers that [say so](crate::Validity).
    pub refreshing: bool,
}

impl Edition {
    fn has_versions_of(self, wanted: Self) -> bool {
        (self.entered, self.prices) == (wanted.entered, wanted.prices)
    }
}

/// How far an answer that is given out while a newer one is made may lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// Of the wanted edition, and right now.
    None,
    /// Somewhat.
    UpTo {
        /// What it says ceased to be right by the passing of time so long ago at the most.
        said: TimeDelta,
        /// It was made so long ago at the most, where newer prices are known.
        made: TimeDelta,
    },
    /// Any; for when none can be made.
    Any,
}

/// An answer as some process made it.
#[derive(Debug, Clone)]
struct Edited {
    edition: Edition,
    made_at: DateTime<Utc>,
    answer: Arc<Answer>,
}

impl Edited {
    /// Whether it is what the wanted edition would say at `now`.
    fn is(&self, wanted: Edition, now: DateTime<Utc>) -> bool {
        self.edition.has_versions_of(wanted) && self.answer.validity().holds(wanted.refreshing, now)
    }

    /// Whether it may be given to who wants an edition.
    fn suits(&self, wanted: Edition, lag: Lag, now: DateTime<Utc>) -> bool {
        let validity = self.answer.validity();
        let suffices = match lag {
            Lag::None => false,
            Lag::UpTo { said, made } => {
                let is_recent = now - self.made_at <= made;
                validity.changes_at.is_none_or(|at| now - at <= said)
                    && (is_recent || self.edition.has_versions_of(wanted))
            }
            Lag::Any => true,
        };
        self.is(wanted, now) || self.edition.entered == wanted.entered && suffices
    }
}

/// Finished answers: the last edition of each, in the memory of the process and, where there is one, in Redis.
///
/// - An edition is built once at a time, in this process and, by a claim in Redis, in all; others wait for it.
/// - An answer serves as long as what it says is right, however old it is.
/// - An older edition goes out at once while a newer one is made, as long as what people entered is the same.
/// - A failure is told to all who wait, and neither it nor an empty answer is kept.
/// - When a builder's caller goes away or panics, one of those who wait builds in its place; a process that dies delays
///   the others until its claim ends.
/// - The least recently used answers go first when the room is full.
/// - A Redis that is slow, away or full changes nothing but that answers are not shared.
pub struct Snapshots {
    kept: Cache<SnapshotKey, Arc<Kept>>,
    /// Keeps nothing: joins those who want the same edition at a time.
    flights: Cache<(SnapshotKey, Edition), Arc<Kept>>,
    redis: Option<Redis>,
    /// What names of shared answers begin with.
    names: Box<str>,
    clock: SharedClock,
    tallies: Tallies,
}

/// An answer in its place, with where it is counted.
struct Kept {
    edited: Edited,
    tally: Arc<Tally>,
    /// Whether a newer one is being made.
    refreshing: AtomicBool,
}

impl Kept {
    /// Called by the cache, once, for whatever reason; dropping would be late, for it reclaims memory in epochs.
    fn end(&self, cause: RemovalCause) {
        self.tally.entries.fetch_sub(1, Relaxed);
        self.tally.bytes.fetch_sub(self.edited.answer.weight().into(), Relaxed);
        if cause == RemovalCause::Size {
            self.tally.evictions.fetch_add(1, Relaxed);
        }
    }
}

/// What an answer is looked for. What is made behind a reader is no request of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Reader,
    Freshness,
}

/// What a build leads to that is not kept.
enum NotKept<E> {
    Failed(Arc<E>),
    Empty(Arc<Answer>),
}

impl Snapshots {
    /// Keeps answers of up to `bytes` in all in this process, and shares them through `redis`.
    pub fn new(bytes: u64, redis: Option<Redis>, clock: SharedClock) -> Self {
        let kept = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, kept: &Arc<Kept>| kept.edited.answer.weight())
            // What was asked for often once must not keep new ones out.
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(|_, kept: Arc<Kept>, cause| kept.end(cause))
            .build();
        let flights = Cache::builder().max_capacity(0).build();
        Self { kept, flights, redis, names: shared::PREFIX.into(), clock, tallies: Tallies::default() }
    }

    /// Shares answers only with processes that bear the same mark: another build of the program answers otherwise.
    #[must_use]
    pub fn of_build(mut self, mark: &str) -> Self {
        self.names = format!("{}{mark}:", shared::PREFIX).into();
        self
    }

    /// The wanted edition of an answer, one that is as good within `lag`, or the one that `build` makes. In place of an
    /// older one that is given out, `build` makes a newer one behind.
    ///
    /// # Errors
    /// What `build` fails with, shared by all who waited for it.
    pub async fn get_or_build<E, F>(
        self: &Arc<Self>,
        key: SnapshotKey,
        wanted: Edition,
        lag: Lag,
        build: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<Arc<Answer>, Arc<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Answer, E>> + Send + 'static,
    {
        let now = self.clock.now();
        let kept = self.kept.get(&key).await;
        let kept = match kept.filter(|kept| kept.edited.suits(wanted, lag, now)) {
            Some(kept) => {
                kept.tally.memory.serve(kept.edited.is(wanted, now), now - kept.edited.made_at);
                kept
            }
            // Boxed, so that the many who only take an answer along do not carry all of this.
            None => match Box::pin(self.fly(&key, wanted, lag, &build, For::Reader)).await {
                Ok(kept) => kept,
                Err(not_kept) => {
                    return match &*not_kept {
                        NotKept::Empty(answer) => Ok(Arc::clone(answer)),
                        NotKept::Failed(error) => Err(Arc::clone(error)),
                    };
                }
            },
        };
        let answer = kept.edited.answer.at(now);
        if !kept.edited.is(wanted, now) && !kept.refreshing.swap(true, Relaxed) {
            let snapshots = Arc::clone(self);
            tokio::spawn(async move {
                let newer = snapshots.fly(&key, wanted, Lag::None, &build, For::Freshness).await;
                if newer.is_err() {
                    // The next reader has it tried again.
                    kept.refreshing.store(false, Relaxed);
                }
            });
        }
        Ok(answer)
    }

    /// Together with all who want the same edition now.
    async fn fly<E, F>(
        &self,
        key: &SnapshotKey,
        wanted: Edition,
        lag: Lag,
        build: &(impl Fn() -> F + Send + Sync),
        purpose: For,
    ) -> Result<Arc<Kept>, Arc<NotKept<E>>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Answer, E>> + Send,
    {
        let tally = self.tallies.of(key.kind);
        let took_off = AtomicBool::new(false);
        let produce = async {
            took_off.store(true, Relaxed);
            // Somebody may have made it since it was looked for.
            let now = self.clock.now();
            if let Some(kept) = self.kept.get(key).await.filter(|kept| kept.edited.is(wanted, now)) {
                if purpose == For::Reader {
                    kept.tally.memory.serve(true, now - kept.edited.made_at);
                }
                return Ok(kept);
            }
            if purpose == For::Reader {
                tally.memory.misses.fetch_add(1, Relaxed);
            }
            self.produce(key, wanted, lag, &tally, build).await
        };
        let made = self.flights.try_get_with((key.clone(), wanted), produce).await;
        if purpose == For::Reader && !took_off.load(Relaxed) {
            tally.memory.waits.fetch_add(1, Relaxed);
        }
        made
    }

    async fn produce<E, F>(
        &self,
        key: &SnapshotKey,
        wanted: Edition,
        lag: Lag,
        tally: &Arc<Tally>,
        build: &(impl Fn() -> F + Send + Sync),
    ) -> Result<Arc<Kept>, NotKept<E>>
    where
        F: Future<Output = Result<Answer, E>> + Send,
    {
        let claim = match &self.redis {
            None => None,
            Some(redis) => match self.ask_others(redis, key, wanted, lag, tally).await {
                shared::Found::Answer(found) => {
                    return Ok(self.keep(key, found, tally).await);
                }
                shared::Found::Nothing(claim) => claim,
            },
        };
        tally.builds.fetch_add(1, Relaxed);
        let made_at = self.clock.now();
        let answer = match build().await {
            Ok(answer) if answer.is_empty() => return Err(NotKept::Empty(Arc::new(answer))),
            Ok(answer) => Arc::new(answer),
            Err(error) => {
                tally.failures.fetch_add(1, Relaxed);
                return Err(NotKept::Failed(Arc::new(error)));
            }
        };
        let made = Edited { edition: wanted, made_at, answer };
        if let Some(redis) = &self.redis {
            let sharing = shared::Sharing { name: self.name(key), edited: made.clone(), claim };
            tokio::spawn(sharing.put(redis.clone(), Arc::clone(tally)));
        }
        Ok(self.keep(key, made, tally).await)
    }

    async fn keep(&self, key: &SnapshotKey, edited: Edited, tally: &Arc<Tally>) -> Arc<Kept> {
        tally.entries.fetch_add(1, Relaxed);
        tally.bytes.fetch_add(edited.answer.weight().into(), Relaxed);
        let refreshing = AtomicBool::new(false);
        let kept = Arc::new(Kept { edited, tally: Arc::clone(tally), refreshing });
        self.kept.insert(key.clone(), Arc::clone(&kept)).await;
        kept
    }

    /// Drops every answer of this process, and those that all share. Builds that are under way are kept.
    pub async fn clear(&self) {
        self.kept.invalidate_all();
        if let Some(redis) = &self.redis {
            // What cannot be removed now is not served either: Redis is away.
            let _ = redis.remove_all(shared::PREFIX).await;
        }
        self.kept.run_pending_tasks().await;
    }

    /// Counts since the start, and what is kept now.
    pub fn statistics(&self) -> SnapshotStatistics {
        self.tallies.read()
    }
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots").field("statistics", &self.tallies.read()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
