//! A store that goes away.

use super::*;

/// A store that can be taken away.
#[derive(Default)]
struct Fragile {
    inner: MemoryJobStore,
    down: AtomicBool,
}

impl Fragile {
    fn up(&self) -> Result<&MemoryJobStore, JobStoreError> {
        if self.down.load(Ordering::SeqCst) {
            Err(JobStoreError::Unavailable("the database restarts".into()))
        } else {
            Ok(&self.inner)
        }
    }
}

#[async_trait]
impl JobStore for Fragile {
    async fn enqueue(&self, now: DateTime<Utc>, job: &NewJob) -> Result<Enqueued, JobStoreError> {
        self.up()?.enqueue(now, job).await
    }
    async fn claim(
        &self,
        now: DateTime<Utc>,
        worker: &str,
        kinds: &[&str],
        lease: TimeDelta,
    ) -> Result<Option<Job>, JobStoreError> {
        self.up()?.claim(now, worker, kinds, lease).await
    }
    async fn heartbeat(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        lease: TimeDelta,
        progress: Option<&Progress>,
    ) -> Result<Heartbeat, JobStoreError> {
        self.up()?.heartbeat(id, worker, now, lease, progress).await
    }
    async fn finish(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        outcome: &Outcome,
    ) -> Result<(), JobStoreError> {
        self.up()?.finish(id, worker, now, outcome).await
    }
    async fn cancel(&self, id: JobId, now: DateTime<Utc>) -> Result<Cancellation, JobStoreError> {
        self.up()?.cancel(id, now).await
    }
    async fn release_expired(
        &self,
        now: DateTime<Utc>,
        longest: TimeDelta,
    ) -> Result<Expired, JobStoreError> {
        self.up()?.release_expired(now, longest).await
    }
    async fn find(&self, id: JobId) -> Result<Option<Job>, JobStoreError> {
        self.up()?.find(id).await
    }
    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, JobStoreError> {
        self.up()?.list(filter, limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_goes_away_for_a_while_costs_nothing_but_time() {
    let store = Arc::new(Fragile::default());
    let clock = Arc::new(FixedClock::at(start_of_time()));
    let queue = Queue::new(store.clone(), clock);
    let handler = Does(async |_, _| {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    let first = enqueue(&queue, "refresh", "first").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    until_state(&queue, first, JobState::Running).await;

    // Gone while the job runs and when it ends; back within the attempts to record the end.
    store.down.store(true, Ordering::SeqCst);
    assert!(queue.enqueue(&NewJob::new("refresh", "refused")).await.is_err());
    tokio::time::sleep(Duration::from_millis(6500)).await;
    store.down.store(false, Ordering::SeqCst);

    assert_eq!(until_state(&queue, first, JobState::Succeeded).await.attempts, 1);
    let second = enqueue(&queue, "refresh", "second").await;
    until_state(&queue, second, JobState::Succeeded).await;
}
