//! Taking away what nobody asks for any more.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::{Key, micros};
use crate::connection::AnyConnection;
use crate::schema::{job_files, jobs, notifications};
use crate::{Storage, StorageError};

/// Up to when things may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outdated {
    /// Jobs that ended before.
    pub jobs: DateTime<Utc>,
    /// Kinds whose jobs are so many that they go earlier.
    pub frequent_kinds: &'static [&'static str],
    /// Jobs of those kinds that ended before.
    pub frequent_jobs: DateTime<Utc>,
    /// Files that were kept before.
    pub files: DateTime<Utc>,
    /// Notifications that were made before.
    pub notifications: DateTime<Utc>,
}

/// How much was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Ended jobs.
    pub jobs: usize,
    /// Files of jobs.
    pub files: usize,
    /// Notifications.
    pub notifications: usize,
}

/// So many jobs are taken away in one transaction: others write too.
const PORTION: i64 = 500;

/// Takes away what is outdated, of jobs a portion. What waits or runs stays, however old.
fn remove_a_portion(connection: &mut AnyConnection, outdated: &Outdated) -> Result<Removed, StorageError> {
    // A file is kept before the job that reads it, in one transaction: what is older than every open job is of none.
    let oldest_open: Option<i64> = jobs::table
        .filter(jobs::state.eq_any(["queued", "running"]))
        .select(diesel::dsl::min(jobs::created_at))
        .first(connection)?;
    let files_before = micros(outdated.files).min(oldest_open.unwrap_or(i64::MAX));
    let is_frequent = jobs::kind.eq_any(outdated.frequent_kinds);
    let over: Vec<Key> = jobs::table
        .filter(jobs::state.ne_all(["queued", "running"]))
        .filter(
            jobs::finished_at
                .lt(micros(outdated.jobs))
                .or(jobs::finished_at.lt(micros(outdated.frequent_jobs)).and(is_frequent)),
        )
        .select(jobs::id)
        .limit(PORTION)
        .load(connection)?;
    Ok(Removed {
        jobs: diesel::delete(jobs::table.filter(jobs::id.eq_any(over))).execute(connection)?,
        files: diesel::delete(job_files::table.filter(job_files::created_at.lt(files_before)))
            .execute(connection)?,
        notifications: diesel::delete(
            notifications::table.filter(notifications::created_at.lt(micros(outdated.notifications))),
        )
        .execute(connection)?,
    })
}

impl Storage {
    /// Takes away what is outdated, portion by portion. What waits or runs stays, however old.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn remove_outdated(&self, outdated: Outdated) -> Result<Removed, StorageError> {
        let mut removed = Removed::default();
        loop {
            let portion =
                self.write_repeatable(move |connection| remove_a_portion(connection, &outdated)).await?;
            removed.jobs += portion.jobs;
            removed.files += portion.files;
            removed.notifications += portion.notifications;
            if portion.jobs < PORTION as usize {
                return Ok(removed);
            }
        }
    }
}
