//! Finished answers by key, within a bound of memory.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::future::Cache;
use serde::Serialize;

use crate::Answer;

/// Finished answers by a key that contains the versions of everything they were made from.
///
/// The same key is built once at a time; others who ask for it wait for that one. A failure is told to all who wait
/// and kept for nobody. When a builder's caller goes away, one of those who wait builds in its place.
pub struct Snapshots<K> {
    kept: Cache<K, Arc<Answer>>,
    hits: AtomicU64,
    misses: AtomicU64,
    failures: AtomicU64,
}

impl<K> std::fmt::Debug for Snapshots<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots")
            .field("hits", &self.hits)
            .field("misses", &self.misses)
            .finish_non_exhaustive()
    }
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SnapshotStatistics {
    /// Answers that were there.
    pub hits: u64,
    /// Answers that had to be built, or waited for.
    pub misses: u64,
    /// Builds that failed.
    pub failures: u64,
    /// Answers kept now.
    pub entries: u64,
    /// Their memory, in bytes.
    pub bytes: u64,
}

impl<K: Hash + Eq + Send + Sync + 'static> Snapshots<K> {
    /// Keeps answers of up to `bytes` in all; the least used go first.
    pub fn new(bytes: u64) -> Self {
        let kept =
            Cache::builder().max_capacity(bytes).weigher(|_, answer: &Arc<Answer>| answer.weight()).build();
        Self { kept, hits: AtomicU64::new(0), misses: AtomicU64::new(0), failures: AtomicU64::new(0) }
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
        if let Some(answer) = self.kept.get(&key).await {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(answer);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let built = self.kept.try_get_with(key, async { build.await.map(Arc::new) }).await;
        if built.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        built
    }

    /// Counts since the start, and what is kept now.
    pub fn statistics(&self) -> SnapshotStatistics {
        SnapshotStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            entries: self.kept.entry_count(),
            bytes: self.kept.weighted_size(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    fn answer(text: &str) -> Answer {
        Answer::new("text/plain", text.into())
    }

    #[tokio::test]
    async fn a_hundred_readers_build_once() {
        let snapshots: Arc<Snapshots<u8>> = Arc::new(Snapshots::new(1 << 20));
        let built = Arc::new(AtomicUsize::new(0));
        let readers = (0..100).map(|_| {
            let (snapshots, built) = (Arc::clone(&snapshots), Arc::clone(&built));
            tokio::spawn(async move {
                let build = async {
                    built.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok::<_, String>(answer("figures"))
                };
                snapshots.get_or_build(1, build).await.map(|answer| answer.etag().to_owned())
            })
        });
        let mut tags = Vec::new();
        for reader in readers.collect::<Vec<_>>() {
            tags.push(reader.await.expect("no panic").expect("built"));
        }
        assert_eq!(built.load(Ordering::SeqCst), 1);
        assert!(tags.iter().all(|tag| *tag == tags[0]));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let snapshots: Snapshots<u8> = Snapshots::new(1 << 20);
        let failed = snapshots.get_or_build(1, async { Err("no prices") }).await;
        assert_eq!(failed.map_err(|error| *error).map(|_| ()), Err("no prices"));
        let built = snapshots.get_or_build(1, async { Ok::<_, &str>(answer("figures")) }).await;
        assert!(built.is_ok());
        assert_eq!(snapshots.statistics().failures, 1);
    }

    #[tokio::test]
    async fn a_builder_that_goes_away_leaves_nobody_waiting() {
        let snapshots: Arc<Snapshots<u8>> = Arc::new(Snapshots::new(1 << 20));
        let leaving = Arc::clone(&snapshots);
        let gone = tokio::spawn(async move {
            leaving.get_or_build(1, std::future::pending::<Result<Answer, String>>()).await.is_ok()
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        let waiting = Arc::clone(&snapshots);
        let second = tokio::spawn(async move {
            waiting.get_or_build(1, async { Ok::<_, String>(answer("figures")) }).await.is_ok()
        });
        gone.abort();
        let answered = tokio::time::timeout(Duration::from_secs(5), second).await;
        assert!(answered.expect("not stuck").expect("no panic"));
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let snapshots: Snapshots<usize> = Snapshots::new(40_000);
        for key in 0..100 {
            let built =
                snapshots.get_or_build(key, async { Ok::<_, String>(answer(&"x".repeat(1_000))) }).await;
            assert!(built.is_ok());
        }
        snapshots.kept.run_pending_tasks().await;
        assert!(snapshots.statistics().bytes <= 40_000);
    }
}
