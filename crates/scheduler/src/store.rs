//! What a job store must do.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{Job, JobId, JobState, JobStoreError, NewJob, Progress};

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job waits.
    New(JobId),
    /// This job waited for the same key already; it took over the more urgent priority and the earlier time.
    AlreadyPending(JobId),
}

impl Enqueued {
    /// The job that will do the work.
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::AlreadyPending(id) => id,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Succeeded,
    /// With an error that may pass; to be tried again.
    Retry {
        /// Not before this instant.
        at: DateTime<Utc>,
        /// Why it failed.
        error: String,
    },
    /// With an error that no repetition would cure.
    Failed {
        /// Why it failed.
        error: String,
    },
    /// With an error, and no attempts are left.
    Dead {
        /// Why it failed.
        error: String,
    },
    /// It was asked to end, and did.
    Cancelled,
    /// The worker stops and gives the job back undone; the attempt does not count.
    Released,
}

/// What a worker learns when it says that it is still at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// The lease was extended.
    Continue,
    /// The lease was extended, and somebody asked for the job to end.
    Cancel,
    /// The lease is no longer this worker's: it ran out and the job was given away, or the job ended.
    Lost,
}

/// What became of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cancellation {
    /// It waited, and will not run.
    Cancelled,
    /// It runs, and will be asked to end with the next heartbeat.
    Requested,
    /// It had ended before.
    AlreadyEnded,
}

/// What became of leases that had run out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expired {
    /// Jobs that wait again.
    pub requeued: Vec<JobId>,
    /// Jobs that ended: no attempts left, asked to be cancelled, or another job waits for the same key.
    pub ended: Vec<JobId>,
}

/// Which jobs to list; every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFilter {
    /// Of this kind.
    pub kind: Option<String>,
    /// For this key.
    pub key: Option<String>,
    /// In this state.
    pub state: Option<JobState>,
    /// Older than this one, by their identifiers.
    pub before: Option<JobId>,
    /// Created by then.
    pub created_until: Option<DateTime<Utc>>,
}

impl JobFilter {
    /// The jobs for a key.
    pub fn for_key(key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::default() }
    }

    /// Whether the job meets every condition.
    pub fn admits(&self, job: &Job) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == job.kind)
            && self.key.as_ref().is_none_or(|key| *key == job.key)
            && self.state.is_none_or(|state| state == job.state)
            && self.before.is_none_or(|id| job.id < id)
            && self.created_until.is_none_or(|until| job.created_at <= until)
    }
}

/// Where jobs are kept. Memory for tests and small installations, a database otherwise.
///
/// The rules, which the checks of the feature `conformance` run through:
///
/// - **One waiting job per key.** [`enqueue`](Self::enqueue) for a key that has a queued job returns that job, with
///   the more urgent priority and the earlier time of the two; its payload stays. A running job does not count, so
///   that news which arrives while it runs is not lost; but a job is not claimed while another runs for its key.
/// - **Claiming** takes, among queued jobs of the given kinds whose time has come, the lowest priority number, then
///   the earliest `run_at`, then the oldest identifier. It counts an attempt, sets worker, `started_at` and lease,
///   and clears the progress. Two workers never get the same job.
/// - **Only the holder** of a lease may extend or finish it: a worker whose name is not on the running job gets
///   [`Heartbeat::Lost`] or [`JobStoreError::LeaseLost`]. A lease that has run out still holds until
///   [`release_expired`](Self::release_expired) took it away.
/// - **Back to the queue** (retry, release, expired lease) means state queued, no lease. When another job waits for
///   the same key by then, the one that would come back ends as [`JobState::Failed`] instead, with its error.
/// - **Ended jobs stay** as history.
///
/// Every instant comes from the caller; a store reads no clock. Instants are kept to the millisecond at least.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Adds a job, unless one waits for its key.
    async fn enqueue(&self, now: DateTime<Utc>, job: &NewJob) -> Result<Enqueued, JobStoreError>;

    /// Takes the most urgent job of these kinds whose time has come, under a lease until `now + lease`.
    async fn claim(
        &self,
        now: DateTime<Utc>,
        worker: &str,
        kinds: &[&str],
        lease: TimeDelta,
    ) -> Result<Option<Job>, JobStoreError>;

    /// Extends the lease to `now + lease` and records the progress, where given.
    async fn heartbeat(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        lease: TimeDelta,
        progress: Option<&Progress>,
    ) -> Result<Heartbeat, JobStoreError>;

    /// Ends a run. A retry or a release of a job that was asked to be cancelled ends it as cancelled.
    ///
    /// # Errors
    /// [`JobStoreError::LeaseLost`] when the lease is not this worker's: the outcome is not recorded.
    async fn finish(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        outcome: &Outcome,
    ) -> Result<(), JobStoreError>;

    /// Calls a waiting job off, or asks a running one to end.
    ///
    /// # Errors
    /// [`JobStoreError::NotFound`] when there is no such job.
    async fn cancel(&self, id: JobId, now: DateTime<Utc>) -> Result<Cancellation, JobStoreError>;

    /// Takes jobs back whose lease ended before `now`: their workers are gone. They wait again from `now` on, or
    /// are dead when their attempts are used up, or cancelled when that was asked for.
    ///
    /// No lease reaches further than `longest`: one that does was given by a clock that ran ahead, and ends at
    /// `now + longest` unless its worker extends it.
    async fn release_expired(&self, now: DateTime<Utc>, longest: TimeDelta)
    -> Result<Expired, JobStoreError>;

    /// The job of that identifier.
    async fn find(&self, id: JobId) -> Result<Option<Job>, JobStoreError>;

    /// Jobs newest first, at most `limit`.
    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, JobStoreError>;
}
