//! What the kept answers were good for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

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
    /// Requests whose answer was there.
    pub hits: u64,
    /// Requests that built their answer.
    pub misses: u64,
    /// Requests that waited for another one to build their answer.
    pub waits: u64,
    /// Builds that failed, which are misses too.
    pub failures: u64,
    /// Answers that were dropped for lack of room.
    pub evictions: u64,
    /// Answers kept now.
    pub entries: u64,
    /// What they count against the bound, in bytes.
    pub bytes: u64,
}

impl KindStatistics {
    /// The part of the requests, 0 to 1, that neither built nor waited; `None` before the first.
    pub fn hit_ratio(&self) -> Option<f64> {
        let requests = self.hits + self.misses + self.waits;
        (requests > 0).then(|| self.hits as f64 / requests as f64)
    }

    fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.waits += other.waits;
        self.failures += other.failures;
        self.evictions += other.evictions;
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// The running counts of one kind.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) waits: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) entries: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Tally {
    fn read(&self) -> KindStatistics {
        KindStatistics {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            waits: self.waits.load(Relaxed),
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
