//! A job, from wish to history.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::Progress;

/// One job. Later ones sort after earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(Uuid);

impl JobId {
    /// A new identifier, later in order than those made before it.
    #[expect(clippy::new_without_default, reason = "every call gives another value")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The identifier that an existing UUID stands for.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// How urgent a job is: 1 is served first, 10 last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

/// The number is no priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no priority: use 1 (first) to 10 (last)")]
pub struct InvalidPriority(u8);

impl Priority {
    /// Somebody waits for it.
    pub const FIRST: Self = Self(1);
    /// Neither urgent nor idle work.
    pub const NORMAL: Self = Self(5);
    /// Whenever nothing else is to be done.
    pub const LAST: Self = Self(10);

    /// The priority of that number.
    ///
    /// # Errors
    /// [`InvalidPriority`] outside 1 to 10.
    pub const fn new(number: u8) -> Result<Self, InvalidPriority> {
        if number >= 1 && number <= 10 { Ok(Self(number)) } else { Err(InvalidPriority(number)) }
    }

    /// 1 to 10.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::NORMAL
    }
}

impl TryFrom<u8> for Priority {
    type Error = InvalidPriority;

    fn try_from(number: u8) -> Result<Self, InvalidPriority> {
        Self::new(number)
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Waits for its time and a worker; for the first time or to be tried again.
    Queued,
    /// A worker holds its lease.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended by an error that no repetition would cure, or gave way to a newer job for the same key.
    Failed,
    /// Used up its attempts.
    Dead,
    /// Called off before or while it ran.
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

    /// The state that a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Dead, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Whether nothing more happens to the job.
    pub fn is_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A wish for work.
///
/// ```
/// use bellwether_scheduler::{NewJob, Priority};
/// let job = NewJob::new("refresh-quotes", "refresh-quotes:new-york")
///     .payload(serde_json::json!({ "exchange": "new-york" }))
///     .priority(Priority::FIRST);
/// assert_eq!(job.max_attempts, NewJob::MAX_ATTEMPTS);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewJob {
    /// What is to be done; names the handler.
    pub kind: String,
    /// What it is done to. At most one job waits for each key, of whatever kind.
    pub key: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// How urgent it is.
    pub priority: Priority,
    /// Not before this instant; `None` for at once.
    pub run_at: Option<DateTime<Utc>>,
    /// How often it may be begun; 0 counts as 1.
    pub max_attempts: u16,
}

impl NewJob {
    /// How often a job may be begun unless it says otherwise.
    pub const MAX_ATTEMPTS: u16 = 5;

    /// A job without payload, of normal priority, at once.
    pub fn new(kind: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            key: key.into(),
            payload: Value::Null,
            priority: Priority::NORMAL,
            run_at: None,
            max_attempts: Self::MAX_ATTEMPTS,
        }
    }

    /// With what the handler needs to know.
    #[must_use]
    pub fn payload(self, payload: Value) -> Self {
        Self { payload, ..self }
    }

    /// As urgent as that.
    #[must_use]
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Not before `at`.
    #[must_use]
    pub fn run_at(self, at: DateTime<Utc>) -> Self {
        Self { run_at: Some(at), ..self }
    }

    /// Begun at most so often.
    #[must_use]
    pub fn max_attempts(self, max_attempts: u16) -> Self {
        Self { max_attempts, ..self }
    }
}

/// A job as a store knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its identifier.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// What it is done to.
    pub key: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it stands.
    pub state: JobState,
    /// How often it was begun. A clean release of the lease takes its beginning back.
    pub attempts: u16,
    /// How often it may be begun, at least 1.
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
    pub progress: Progress,
    /// Why it last failed.
    pub error: Option<String>,
}

impl Job {
    /// How long the last run took; `None` before it began or while it runs.
    pub fn duration(&self) -> Option<TimeDelta> {
        Some(self.finished_at?.signed_duration_since(self.started_at?).max(TimeDelta::zero()))
    }

    /// How long the rest will take at the measured speed; `None` when it does not run or nothing was measured.
    pub fn remaining(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        if self.state != JobState::Running {
            return None;
        }
        self.progress.remaining(now.signed_duration_since(self.started_at?))
    }
}
