//! What can go wrong.

use chrono::TimeDelta;

use crate::JobId;

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum JobStoreError {
    /// There is no such job.
    #[error("there is no job {0}")]
    NotFound(JobId),
    /// The job is no longer this worker's: stop working on it.
    #[error("the lease of job {0} is no longer held")]
    LeaseLost(JobId),
    /// The store cannot be reached or is busy: try again later.
    #[error("the job store is out of reach")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a handler did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It may work another time.
    #[error("{reason}")]
    Retry {
        /// What happened.
        reason: String,
        /// When to try again, where the handler knows better than the worker's backoff.
        after: Option<TimeDelta>,
    },
    /// No repetition would help.
    #[error("{0}")]
    Permanent(String),
    /// The handler was asked to end, and did.
    #[error("cancelled")]
    Cancelled,
}

impl JobError {
    /// It may work another time, after the worker's backoff.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), after: None }
    }

    /// It may work in so long a time.
    pub fn retry_after(reason: impl Into<String>, after: TimeDelta) -> Self {
        Self::Retry { reason: reason.into(), after: Some(after) }
    }

    /// No repetition would help.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent(reason.into())
    }
}
