//! The persistent queue of background work.
//!
//! At most one job waits for each key; a running one does not count, but no job is claimed while another runs for its
//! key. A worker holds a job under a lease and extends it; a lease that ran out is taken back. Ended jobs stay as
//! history. Every instant comes from the caller.

mod overview;
mod queue;
mod row;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Storage, StorageError};

pub use overview::{JobCount, JobOverview, overview};
pub use queue::{cancel, claim, enqueue, find, finish, heartbeat, list, release_expired};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Waits for its time and a worker.
    Queued,
    /// A worker holds its lease.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended by an error that no repetition would cure, or gave way to a newer job for the same key.
    Failed,
    /// Used up its attempts.
    Dead,
    /// Called off.
    Cancelled,
}

impl JobState {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Dead, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// A wish for work.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What is to be done.
    pub kind: String,
    /// What it is done to.
    pub key: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// 1 is served first, 10 last.
    pub priority: u8,
    /// Not before this instant.
    pub run_at: DateTime<Utc>,
    /// How often it may be begun; 0 counts as 1.
    pub max_attempts: u16,
}

/// Real items done, of how many.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobProgress {
    /// Items done.
    pub done: u32,
    /// Items in all; 0 while unknown.
    pub total: u32,
    /// What happens, in words for a reader.
    pub note: Option<String>,
    /// More, in a form that is the kind's own.
    pub detail: Option<Value>,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredJob {
    /// Its identifier, a UUID of version 7: later jobs sort after earlier ones.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// What it is done to.
    pub key: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// 1 is served first, 10 last.
    pub priority: u8,
    /// Where it stands.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: u16,
    /// How often it may be begun.
    pub max_attempts: u16,
    /// When it was first wished for.
    pub created_at: DateTime<Utc>,
    /// Not before this instant.
    pub run_at: DateTime<Utc>,
    /// When it was last begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended for good.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who holds or last held the lease.
    pub worker: Option<String>,
    /// Until when the lease holds without another heartbeat; only while running.
    pub lease_until: Option<DateTime<Utc>>,
    /// Somebody asked the running job to end.
    pub cancel_requested: bool,
    /// How far it came.
    pub progress: JobProgress,
    /// Why it last failed.
    pub error: Option<String>,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job waits.
    New(Uuid),
    /// This job waited for the same key; it took over the more urgent priority and the earlier time.
    AlreadyPending(Uuid),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
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
    /// The worker gives it back undone; the attempt does not count.
    Released,
}

/// Whether a worker still held the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It did; what it said is recorded.
    Held,
    /// It did, and somebody asked for the job to end.
    CancelRequested,
    /// It did not: the job was given away or has ended. Nothing was recorded.
    Lost,
}

/// What became of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// It waited, and will not run.
    Cancelled,
    /// It runs, and learns of it with its next heartbeat.
    Requested,
    /// It had ended before.
    AlreadyEnded,
}

/// What became of leases that had run out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expired {
    /// Jobs that wait again.
    pub requeued: Vec<Uuid>,
    /// Jobs that ended: no attempts left, asked to be cancelled, or another one waits for the same key.
    pub ended: Vec<Uuid>,
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
    /// Older than this one.
    pub before: Option<Uuid>,
    /// Created by then.
    pub created_until: Option<DateTime<Utc>>,
}

impl Storage {
    /// Adds a job, unless one waits for its key.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn enqueue_job(&self, now: DateTime<Utc>, job: NewJob) -> Result<Enqueued, StorageError> {
        self.write_repeatable(move |connection| enqueue(connection, now, &job)).await
    }

    /// Takes the most urgent job of these kinds whose time has come, under a lease until `now + lease`.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn claim_job(
        &self,
        now: DateTime<Utc>,
        worker: &str,
        kinds: &[&str],
        lease: TimeDelta,
    ) -> Result<Option<StoredJob>, StorageError> {
        let worker = worker.to_owned();
        let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
        self.write_repeatable(move |connection| claim(connection, now, &worker, &kinds, lease)).await
    }

    /// Extends a lease to `now + lease` and records the progress, where given.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn extend_job_lease(
        &self,
        id: Uuid,
        worker: &str,
        now: DateTime<Utc>,
        lease: TimeDelta,
        progress: Option<JobProgress>,
    ) -> Result<Lease, StorageError> {
        let worker = worker.to_owned();
        self.write_repeatable(move |connection| {
            heartbeat(connection, id, &worker, now, lease, progress.as_ref())
        })
        .await
    }

    /// Ends a run. A retry or a release of a job that was asked to be cancelled ends it as cancelled.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn finish_job(
        &self,
        id: Uuid,
        worker: &str,
        now: DateTime<Utc>,
        outcome: JobOutcome,
    ) -> Result<Lease, StorageError> {
        let worker = worker.to_owned();
        self.write_repeatable(move |connection| finish(connection, id, &worker, now, &outcome)).await
    }

    /// Calls a waiting job off, or asks a running one to end.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such job.
    pub async fn cancel_job(&self, id: Uuid, now: DateTime<Utc>) -> Result<Cancellation, StorageError> {
        self.write_repeatable(move |connection| cancel(connection, id, now)).await
    }

    /// Takes jobs back whose lease ended before `now`, and has none reach further than `longest`.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn release_expired_jobs(
        &self,
        now: DateTime<Utc>,
        longest: TimeDelta,
    ) -> Result<Expired, StorageError> {
        self.write_repeatable(move |connection| release_expired(connection, now, longest)).await
    }

    /// The job of that identifier.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn job(&self, id: Uuid) -> Result<Option<StoredJob>, StorageError> {
        self.read(move |connection| find(connection, id)).await
    }

    /// Jobs newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn jobs(&self, filter: JobFilter, limit: usize) -> Result<Vec<StoredJob>, StorageError> {
        self.read(move |connection| list(connection, &filter, limit)).await
    }
}
