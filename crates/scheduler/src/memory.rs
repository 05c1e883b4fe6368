//! Jobs in memory.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Cancellation, Enqueued, Expired, Heartbeat, Job, JobFilter, JobId, JobState, JobStore, JobStoreError,
    NewJob, Outcome, Priority, Progress,
};

/// How many ended jobs are remembered.
const HISTORY: usize = 10_000;

const TAKEN_OVER: &str = "a newer job for the same key took over";
const WORKER_GONE: &str = "the worker stopped answering";

/// A [`JobStore`] in memory: the reference for the others, and enough for tests. Nothing survives the process.
#[derive(Debug, Default)]
pub struct MemoryJobStore {
    // A std mutex, because nothing awaits while it is held.
    jobs: Mutex<Jobs>,
}

impl MemoryJobStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Jobs {
    by_id: HashMap<JobId, Job>,
    /// In the order in which they are claimed.
    queued: BTreeSet<(Priority, DateTime<Utc>, JobId)>,
    queued_by_key: HashMap<String, JobId>,
    running: HashSet<JobId>,
    running_keys: HashSet<String>,
    ended: VecDeque<JobId>,
}

impl Jobs {
    fn get(&mut self, id: JobId) -> Result<&mut Job, JobStoreError> {
        self.by_id.get_mut(&id).ok_or(JobStoreError::NotFound(id))
    }

    /// The running job, if this worker holds its lease.
    fn held(&mut self, id: JobId, worker: &str) -> Result<&mut Job, JobStoreError> {
        self.by_id
            .get_mut(&id)
            .filter(|job| job.state == JobState::Running && job.worker.as_deref() == Some(worker))
            .ok_or(JobStoreError::LeaseLost(id))
    }

    fn enqueue(&mut self, now: DateTime<Utc>, wish: &NewJob) -> Enqueued {
        let run_at = wish.run_at.unwrap_or(now);
        if let Some(id) = self.queued_by_key.get(&wish.key).copied()
            && let Some(job) = self.by_id.get_mut(&id)
        {
            self.queued.remove(&(job.priority, job.run_at, id));
            job.priority = job.priority.min(wish.priority);
            job.run_at = job.run_at.min(run_at);
            self.queued.insert((job.priority, job.run_at, id));
            return Enqueued::AlreadyPending(id);
        }
        let id = JobId::new();
        let job = Job {
            id,
            kind: wish.kind.clone(),
            key: wish.key.clone(),
            payload: wish.payload.clone(),
            priority: wish.priority,
            state: JobState::Queued,
            attempts: 0,
            max_attempts: wish.max_attempts.max(1),
            created_at: now,
            run_at,
            started_at: None,
            finished_at: None,
            worker: None,
            lease_until: None,
            cancel_requested: false,
            progress: Progress::default(),
            error: None,
        };
        self.queued.insert((job.priority, run_at, id));
        self.queued_by_key.insert(job.key.clone(), id);
        self.by_id.insert(id, job);
        Enqueued::New(id)
    }

    fn claim(&mut self, now: DateTime<Utc>, worker: &str, kinds: &[&str], lease: TimeDelta) -> Option<Job> {
        let place = *self.queued.iter().find(|(_, run_at, id)| {
            *run_at <= now
                && self.by_id.get(id).is_some_and(|job| {
                    kinds.contains(&job.kind.as_str()) && !self.running_keys.contains(&job.key)
                })
        })?;
        self.queued.remove(&place);
        let job = self.by_id.get_mut(&place.2)?;
        self.queued_by_key.remove(&job.key);
        self.running.insert(job.id);
        self.running_keys.insert(job.key.clone());
        job.state = JobState::Running;
        job.attempts += 1;
        job.started_at = Some(now);
        job.worker = Some(worker.to_owned());
        job.lease_until = Some(now + lease);
        job.progress = Progress::default();
        Some(job.clone())
    }

    /// Takes the lease off the job, if it runs.
    fn stop_running(&mut self, id: JobId) {
        if self.running.remove(&id)
            && let Some(job) = self.by_id.get_mut(&id)
        {
            self.running_keys.remove(&job.key);
            job.lease_until = None;
        }
    }

    fn end(&mut self, id: JobId, now: DateTime<Utc>, state: JobState, error: Option<String>) {
        self.stop_running(id);
        if let Some(job) = self.by_id.get_mut(&id) {
            job.state = state;
            job.finished_at = Some(now);
            job.error = error.or_else(|| job.error.take());
            self.ended.push_back(id);
        }
        while self.ended.len() > HISTORY {
            if let Some(oldest) = self.ended.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }

    /// Puts a running job back into the queue; ends it where it was called off or another waits for its key.
    fn back_to_queue(
        &mut self,
        id: JobId,
        now: DateTime<Utc>,
        at: DateTime<Utc>,
        error: Option<String>,
    ) -> bool {
        let Some(job) = self.by_id.get_mut(&id) else { return false };
        if job.cancel_requested {
            self.end(id, now, JobState::Cancelled, error);
            return false;
        }
        if self.queued_by_key.contains_key(&job.key) {
            self.end(id, now, JobState::Failed, error.or_else(|| Some(TAKEN_OVER.to_owned())));
            return false;
        }
        job.state = JobState::Queued;
        job.run_at = at;
        job.error = error.or_else(|| job.error.take());
        let (place, key) = ((job.priority, at, id), job.key.clone());
        self.queued.insert(place);
        self.queued_by_key.insert(key, id);
        self.stop_running(id);
        true
    }

    fn cancel(&mut self, id: JobId, now: DateTime<Utc>) -> Result<Cancellation, JobStoreError> {
        let job = self.get(id)?;
        match job.state {
            JobState::Running => {
                job.cancel_requested = true;
                Ok(Cancellation::Requested)
            }
            JobState::Queued => {
                let (place, key) = ((job.priority, job.run_at, id), job.key.clone());
                self.queued.remove(&place);
                self.queued_by_key.remove(&key);
                self.end(id, now, JobState::Cancelled, None);
                Ok(Cancellation::Cancelled)
            }
            _ => Ok(Cancellation::AlreadyEnded),
        }
    }

    fn release_expired(&mut self, now: DateTime<Utc>, longest: TimeDelta) -> Expired {
        for id in &self.running {
            if let Some(until) = self.by_id.get_mut(id).and_then(|job| job.lease_until.as_mut()) {
                *until = (*until).min(now + longest);
            }
        }
        let gone = |id: &&JobId| {
            self.by_id.get(*id).is_some_and(|job| job.lease_until.is_some_and(|until| until < now))
        };
        let mut gone: Vec<_> = self.running.iter().filter(gone).copied().collect();
        gone.sort_unstable();
        let mut expired = Expired::default();
        for id in gone {
            let spent = self.by_id.get(&id).is_some_and(|job| job.attempts >= job.max_attempts);
            let requeued = if spent {
                let called_off = self.by_id.get(&id).is_some_and(|job| job.cancel_requested);
                let state = if called_off { JobState::Cancelled } else { JobState::Dead };
                self.end(id, now, state, Some(WORKER_GONE.to_owned()));
                false
            } else {
                self.back_to_queue(id, now, now, Some(WORKER_GONE.to_owned()))
            };
            if requeued {
                expired.requeued.push(id);
            } else {
                expired.ended.push(id);
            }
        }
        expired
    }
}

#[async_trait]
impl JobStore for MemoryJobStore {
    async fn enqueue(&self, now: DateTime<Utc>, job: &NewJob) -> Result<Enqueued, JobStoreError> {
        Ok(self.lock().enqueue(now, job))
    }

    async fn claim(
        &self,
        now: DateTime<Utc>,
        worker: &str,
        kinds: &[&str],
        lease: TimeDelta,
    ) -> Result<Option<Job>, JobStoreError> {
        Ok(self.lock().claim(now, worker, kinds, lease))
    }

    async fn heartbeat(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        lease: TimeDelta,
        progress: Option<&Progress>,
    ) -> Result<Heartbeat, JobStoreError> {
        let mut jobs = self.lock();
        let Ok(job) = jobs.held(id, worker) else { return Ok(Heartbeat::Lost) };
        job.lease_until = Some(now + lease);
        if let Some(progress) = progress {
            job.progress = progress.clone();
        }
        Ok(if job.cancel_requested { Heartbeat::Cancel } else { Heartbeat::Continue })
    }

    async fn finish(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        outcome: &Outcome,
    ) -> Result<(), JobStoreError> {
        let mut jobs = self.lock();
        let job = jobs.held(id, worker)?;
        match outcome {
            Outcome::Succeeded => {
                job.error = None;
                jobs.end(id, now, JobState::Succeeded, None);
            }
            Outcome::Retry { at, error } => {
                jobs.back_to_queue(id, now, *at, Some(error.clone()));
            }
            Outcome::Failed { error } => jobs.end(id, now, JobState::Failed, Some(error.clone())),
            Outcome::Dead { error } => jobs.end(id, now, JobState::Dead, Some(error.clone())),
            Outcome::Cancelled => jobs.end(id, now, JobState::Cancelled, None),
            Outcome::Released => {
                job.attempts = job.attempts.saturating_sub(1);
                let run_at = job.run_at;
                jobs.back_to_queue(id, now, run_at, None);
            }
        }
        Ok(())
    }

    async fn cancel(&self, id: JobId, now: DateTime<Utc>) -> Result<Cancellation, JobStoreError> {
        self.lock().cancel(id, now)
    }

    async fn release_expired(
        &self,
        now: DateTime<Utc>,
        longest: TimeDelta,
    ) -> Result<Expired, JobStoreError> {
        Ok(self.lock().release_expired(now, longest))
    }

    async fn find(&self, id: JobId) -> Result<Option<Job>, JobStoreError> {
        Ok(self.lock().by_id.get(&id).cloned())
    }

    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, JobStoreError> {
        let jobs = self.lock();
        let mut found: Vec<_> = jobs.by_id.values().filter(|job| filter.admits(job)).collect();
        found.sort_unstable_by_key(|job| std::cmp::Reverse(job.id));
        Ok(found.into_iter().take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn memory_keeps_every_rule_of_a_store() {
        crate::conformance::all(async || Arc::new(MemoryJobStore::new()) as Arc<dyn JobStore>).await;
    }

    #[tokio::test]
    async fn only_so_much_history_is_remembered() {
        let store = MemoryJobStore::new();
        let now = DateTime::UNIX_EPOCH;
        for _ in 0..=HISTORY {
            let id = store.enqueue(now, &NewJob::new("report", "k")).await.expect("taken").id();
            store.cancel(id, now).await.expect("known");
        }
        assert_eq!(store.list(&JobFilter::default(), usize::MAX).await.expect("listed").len(), HISTORY);
    }
}
