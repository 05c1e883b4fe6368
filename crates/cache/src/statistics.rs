//! What the kept answers were good for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::TimeDelta;
use serde::Serialize;

/// Counts since the start, and what is kept now, of all answers and of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SnapshotStatistics {
    /// Of all kinds together.
    #[serde(flatten)]
    pub all: KindStatistics,
    /// Of each kind that was ever asked for.
    pub kinds: BTreeMap<&'static str, KindStatistics>,
}

/// Counts since the start, and what is kept now, of one kind of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct KindStatistics {
    /// Of the memory of this process, which is asked first.
    pub memory: TierStatistics,
    /// Of Redis, which is asked for what is not in memory.
    pub shared: TierStatistics,
    /// Answers that were built here, behind readers too.
    pub builds: u64,
    /// Builds that failed.
    pub failures: u64,
    /// Answers that were dropped for lack of room in memory.
    pub evictions: u64,
    /// Answers in memory now.
    pub entries: u64,
    /// What they count against the bound, in bytes.
    pub bytes: u64,
}

/// How requests fared in one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TierStatistics {
    /// The wanted edition was there.
    pub hits: u64,
    /// An older one was there and served, while a newer one was made.
    pub stale_hits: u64,
    /// Nothing that suits was there.
    pub misses: u64,
    /// Somebody was making it, and was waited for.
    pub waits: u64,
    /// The tier could not be asked, or could not keep what was made.
    pub failures: u64,
    /// The ages of all that was served from it, in milliseconds.
    pub served_age_millis: u64,
    /// The greatest of them.
    pub oldest_served_millis: u64,
}

impl TierStatistics {
    /// The part of the requests, 0 to 1, that neither built nor waited; `None` before the first.
    pub fn hit_ratio(&self) -> Option<f64> {
        let served = self.hits + self.stale_hits;
        let requests = served + self.misses + self.waits;
        (requests > 0).then(|| served as f64 / requests as f64)
    }

    /// How old what was served was on average, in milliseconds; `None` before the first.
    pub fn mean_age_millis(&self) -> Option<u64> {
        self.served_age_millis.checked_div(self.hits + self.stale_hits)
    }

    fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.stale_hits += other.stale_hits;
        self.misses += other.misses;
        self.waits += other.waits;
        self.failures += other.failures;
        self.served_age_millis += other.served_age_millis;
        self.oldest_served_millis = self.oldest_served_millis.max(other.oldest_served_millis);
    }
}

impl KindStatistics {
    fn add(&mut self, other: &Self) {
        self.memory.add(&other.memory);
        self.shared.add(&other.shared);
        self.builds += other.builds;
        self.failures += other.failures;
        self.evictions += other.evictions;
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// The running counts of one kind.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) memory: TierTally,
    pub(crate) shared: TierTally,
    pub(crate) builds: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) entries: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// The running counts of one kind in one tier.
#[derive(Debug, Default)]
pub(crate) struct TierTally {
    hits: AtomicU64,
    stale_hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) waits: AtomicU64,
    pub(crate) failures: AtomicU64,
    served_age: AtomicU64,
    oldest_served: AtomicU64,
}

impl TierTally {
    /// Counts an answer that was there, of the wanted edition or an older one.
    pub(crate) fn serve(&self, is_wanted: bool, age: TimeDelta) {
        let age = u64::try_from(age.num_milliseconds()).unwrap_or(0);
        let count = if is_wanted { &self.hits } else { &self.stale_hits };
        count.fetch_add(1, Relaxed);
        self.served_age.fetch_add(age, Relaxed);
        self.oldest_served.fetch_max(age, Relaxed);
    }

    fn read(&self) -> TierStatistics {
        TierStatistics {
            hits: self.hits.load(Relaxed),
            stale_hits: self.stale_hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            waits: self.waits.load(Relaxed),
            failures: self.failures.load(Relaxed),
            served_age_millis: self.served_age.load(Relaxed),
            oldest_served_millis: self.oldest_served.load(Relaxed),
        }
    }
}

impl Tally {
    fn read(&self) -> KindStatistics {
        KindStatistics {
            memory: self.memory.read(),
            shared: self.shared.read(),
            builds: self.builds.load(Relaxed),
            failures: self.failures.load(Relaxed),
            evictions: self.evictions.load(Relaxed),
            entries: self.entries.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }
}

/// The counts of all kinds. A hit finds its own through the answer, so that only misses look here.
#[derive(Debug, Default)]
pub(crate) struct Tallies(RwLock<BTreeMap<&'static str, Arc<Tally>>>);

impl Tallies {
    pub(crate) fn of(&self, kind: &'static str) -> Arc<Tally> {
        if let Some(tally) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(kind) {
            return Arc::clone(tally);
        }
        Arc::clone(self.0.write().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default())
    }

    pub(crate) fn read(&self) -> SnapshotStatistics {
        let mut statistics = SnapshotStatistics::default();
        for (kind, tally) in &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            let counts = tally.read();
            statistics.all.add(&counts);
            statistics.kinds.insert(kind, counts);
        }
        statistics
    }
}
