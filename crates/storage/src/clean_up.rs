//! Taking away what nobody asks for any more.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::micros;
use crate::connection::AnyConnection;
use crate::schema::{job_files, jobs, notifications};
use crate::{Storage, StorageError};

/// Up to when things may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outdated {
    /// Jobs that ended before.
    pub jobs: DateTime<Utc>,
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

/// Takes away what is outdated. What waits or runs stays, however old.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn remove_outdated(connection: &mut AnyConnection, outdated: &Outdated) -> Result<Removed, StorageError> {
    // A file is kept before the job that reads it, in one transaction: what is older than every open job is of none.
    let oldest_open: Option<i64> = jobs::table
        .filter(jobs::state.eq_any(["queued", "running"]))
        .select(diesel::dsl::min(jobs::created_at))
        .first(connection)?;
    let files_before = micros(outdated.files).min(oldest_open.unwrap_or(i64::MAX));
    Ok(Removed {
        jobs: diesel::delete(
            jobs::table
                .filter(jobs::state.ne_all(["queued", "running"]))
                .filter(jobs::finished_at.lt(micros(outdated.jobs))),
        )
        .execute(connection)?,
        files: diesel::delete(job_files::table.filter(job_files::created_at.lt(files_before)))
            .execute(connection)?,
        notifications: diesel::delete(
            notifications::table.filter(notifications::created_at.lt(micros(outdated.notifications))),
        )
        .execute(connection)?,
    })
}

impl Storage {
    /// Takes away what is outdated. What waits or runs stays, however old.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn remove_outdated(&self, outdated: Outdated) -> Result<Removed, StorageError> {
        self.write_repeatable(move |connection| remove_outdated(connection, &outdated)).await
    }
}
