//! The scheduler's jobs in the database.

use async_trait::async_trait;
use bellwether_scheduler::{
    Cancellation, Enqueued, Expired, Heartbeat, Job, JobFilter, JobId, JobState, JobStore, JobStoreError,
    NewJob, Outcome, Priority, Progress,
};
use bellwether_storage::{Storage, StorageError, jobs};
use chrono::{DateTime, TimeDelta, Utc};

/// A [`JobStore`] over the database; both speak of the same things in words of their own.
#[derive(Debug, Clone)]
pub(crate) struct StoredJobs(Storage);

impl StoredJobs {
    pub(crate) fn new(storage: Storage) -> Self {
        Self(storage)
    }
}

fn unavailable(error: StorageError) -> JobStoreError {
    JobStoreError::Unavailable(Box::new(error))
}

fn state(stored: jobs::JobState) -> JobState {
    match stored {
        jobs::JobState::Queued => JobState::Queued,
        jobs::JobState::Running => JobState::Running,
        jobs::JobState::Succeeded => JobState::Succeeded,
        jobs::JobState::Failed => JobState::Failed,
        jobs::JobState::Dead => JobState::Dead,
        jobs::JobState::Cancelled => JobState::Cancelled,
    }
}

fn stored_state(state: JobState) -> jobs::JobState {
    match state {
        JobState::Queued => jobs::JobState::Queued,
        JobState::Running => jobs::JobState::Running,
        JobState::Succeeded => jobs::JobState::Succeeded,
        JobState::Failed => jobs::JobState::Failed,
        JobState::Dead => jobs::JobState::Dead,
        JobState::Cancelled => jobs::JobState::Cancelled,
    }
}

fn job(stored: jobs::StoredJob) -> Job {
    Job {
        id: JobId::from_uuid(stored.id),
        kind: stored.kind,
        key: stored.key,
        payload: stored.payload,
        priority: Priority::new(stored.priority).unwrap_or_default(),
        state: state(stored.state),
        attempts: stored.attempts,
        max_attempts: stored.max_attempts,
        created_at: stored.created_at,
        run_at: stored.run_at,
        started_at: stored.started_at,
        finished_at: stored.finished_at,
        worker: stored.worker,
        lease_until: stored.lease_until,
        cancel_requested: stored.cancel_requested,
        progress: Progress {
            done: stored.progress.done,
            total: stored.progress.total,
            note: stored.progress.note,
            detail: stored.progress.detail,
        },
        error: stored.error,
    }
}

fn outcome(outcome: &Outcome) -> jobs::JobOutcome {
    match outcome.clone() {
        Outcome::Succeeded => jobs::JobOutcome::Succeeded,
        Outcome::Retry { at, error } => jobs::JobOutcome::Retry { at, error },
        Outcome::Failed { error } => jobs::JobOutcome::Failed { error },
        Outcome::Dead { error } => jobs::JobOutcome::Dead { error },
        Outcome::Cancelled => jobs::JobOutcome::Cancelled,
        Outcome::Released => jobs::JobOutcome::Released,
    }
}

#[async_trait]
impl JobStore for StoredJobs {
    async fn enqueue(&self, now: DateTime<Utc>, job: &NewJob) -> Result<Enqueued, JobStoreError> {
        let wish = jobs::NewJob {
            kind: job.kind.clone(),
            key: job.key.clone(),
            payload: job.payload.clone(),
            priority: job.priority.number(),
            run_at: job.run_at.unwrap_or(now),
            max_attempts: job.max_attempts,
        };
        Ok(match self.0.enqueue_job(now, wish).await.map_err(unavailable)? {
            jobs::Enqueued::New(id) => Enqueued::New(JobId::from_uuid(id)),
            jobs::Enqueued::AlreadyPending(id) => Enqueued::AlreadyPending(JobId::from_uuid(id)),
        })
    }

    async fn claim(
        &self,
        now: DateTime<Utc>,
        worker: &str,
        kinds: &[&str],
        lease: TimeDelta,
    ) -> Result<Option<Job>, JobStoreError> {
        Ok(self.0.claim_job(now, worker, kinds, lease).await.map_err(unavailable)?.map(job))
    }

    async fn heartbeat(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        lease: TimeDelta,
        progress: Option<&Progress>,
    ) -> Result<Heartbeat, JobStoreError> {
        let progress = progress.map(|progress| jobs::JobProgress {
            done: progress.done,
            total: progress.total,
            note: progress.note.clone(),
            detail: progress.detail.clone(),
        });
        let held =
            self.0.extend_job_lease(id.uuid(), worker, now, lease, progress).await.map_err(unavailable)?;
        Ok(match held {
            jobs::Lease::Held => Heartbeat::Continue,
            jobs::Lease::CancelRequested => Heartbeat::Cancel,
            jobs::Lease::Lost => Heartbeat::Lost,
        })
    }

    async fn finish(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        ended: &Outcome,
    ) -> Result<(), JobStoreError> {
        match self.0.finish_job(id.uuid(), worker, now, outcome(ended)).await.map_err(unavailable)? {
            jobs::Lease::Held | jobs::Lease::CancelRequested => Ok(()),
            jobs::Lease::Lost => Err(JobStoreError::LeaseLost(id)),
        }
    }

    async fn cancel(&self, id: JobId, now: DateTime<Utc>) -> Result<Cancellation, JobStoreError> {
        match self.0.cancel_job(id.uuid(), now).await {
            Ok(jobs::Cancellation::Cancelled) => Ok(Cancellation::Cancelled),
            Ok(jobs::Cancellation::Requested) => Ok(Cancellation::Requested),
            Ok(jobs::Cancellation::AlreadyEnded) => Ok(Cancellation::AlreadyEnded),
            Err(error) if error.is_not_found() => Err(JobStoreError::NotFound(id)),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn release_expired(
        &self,
        now: DateTime<Utc>,
        longest: TimeDelta,
    ) -> Result<Expired, JobStoreError> {
        let released = self.0.release_expired_jobs(now, longest).await.map_err(unavailable)?;
        let ids = |ids: Vec<_>| ids.into_iter().map(JobId::from_uuid).collect();
        Ok(Expired { requeued: ids(released.requeued), ended: ids(released.ended) })
    }

    async fn find(&self, id: JobId) -> Result<Option<Job>, JobStoreError> {
        Ok(self.0.job(id.uuid()).await.map_err(unavailable)?.map(job))
    }

    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, JobStoreError> {
        let filter = jobs::JobFilter {
            kind: filter.kind.clone(),
            key: filter.key.clone(),
            state: filter.state.map(stored_state),
            before: filter.before.map(JobId::uuid),
            created_until: filter.created_until,
        };
        Ok(self.0.jobs(filter, limit).await.map_err(unavailable)?.into_iter().map(job).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use bellwether_scheduler::conformance;
    use bellwether_storage::StorageOptions;

    #[tokio::test]
    async fn the_database_keeps_the_rules_of_a_job_store() {
        conformance::all(async || {
            let storage = Storage::open(StorageOptions::new("sqlite::memory:")).await.expect("a database");
            Arc::new(StoredJobs::new(storage)) as Arc<dyn JobStore>
        })
        .await;
    }
}
