//! A job as a row, and back.

use diesel::prelude::*;

use super::{JobProgress, JobState, StoredJob};
use crate::StorageError;
use crate::columns::{Key, instant};
use crate::schema::jobs;

/// All columns in their order.
#[derive(Insertable, Queryable)]
#[diesel(table_name = jobs, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub(super) id: Key,
    pub(super) kind: String,
    pub(super) key: String,
    pub(super) payload: String,
    pub(super) priority: i32,
    pub(super) state: String,
    pub(super) attempts: i32,
    pub(super) max_attempts: i32,
    pub(super) created_at: i64,
    pub(super) run_at: i64,
    pub(super) started_at: Option<i64>,
    pub(super) finished_at: Option<i64>,
    pub(super) worker: Option<String>,
    pub(super) lease_until: Option<i64>,
    pub(super) cancel_requested: bool,
    pub(super) progress_done: i32,
    pub(super) progress_total: i32,
    pub(super) progress_note: Option<String>,
    pub(super) error: Option<String>,
    pub(super) progress_detail: Option<String>,
}

impl Row {
    /// The job that was stored.
    pub(super) fn job(self) -> Result<StoredJob, StorageError> {
        let damaged = |reason: String| StorageError::corrupt(format!("job {}", self.id.0), reason);
        let detail = self.progress_detail.as_deref().map(serde_json::from_str).transpose();
        Ok(StoredJob {
            id: self.id.0,
            payload: serde_json::from_str(&self.payload).map_err(|error| damaged(error.to_string()))?,
            priority: self.priority.try_into().map_err(|error| damaged(format!("priority: {error}")))?,
            state: JobState::from_word(&self.state)
                .ok_or_else(|| damaged(format!("unknown state {}", self.state)))?,
            attempts: self.attempts.try_into().map_err(|error| damaged(format!("attempts: {error}")))?,
            max_attempts: self
                .max_attempts
                .try_into()
                .map_err(|error| damaged(format!("attempts: {error}")))?,
            created_at: instant(self.created_at),
            run_at: instant(self.run_at),
            started_at: self.started_at.map(instant),
            finished_at: self.finished_at.map(instant),
            lease_until: self.lease_until.map(instant),
            cancel_requested: self.cancel_requested,
            // Stored by `stored_count`, which keeps the bits.
            progress: JobProgress {
                done: self.progress_done as u32,
                total: self.progress_total as u32,
                note: self.progress_note,
                detail: detail.map_err(|error| damaged(format!("progress: {error}")))?,
            },
            kind: self.kind,
            key: self.key,
            worker: self.worker,
            error: self.error,
        })
    }
}

/// A count in a signed column; the same bits.
pub(super) fn stored_count(count: u32) -> i32 {
    count as i32
}
