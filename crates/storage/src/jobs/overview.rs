//! How the queue fares, counted.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::JobState;
use crate::columns::micros;
use crate::connection::AnyConnection;
use crate::schema::jobs;
use crate::{Storage, StorageError};

/// So many runs are told at the most.
const LONGEST: i64 = 10_000;

/// How the queue fares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobOverview {
    /// How many jobs of each kind stand where, by kind.
    pub counts: Vec<JobCount>,
    /// When the first job whose time has come was due; `None` while none waits for a worker.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Kind and duration of jobs that ended since an instant, however they ended; the latest 10,000.
    pub ran: Vec<(String, Duration)>,
}

/// Jobs of one kind in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobCount {
    /// Of what kind.
    pub kind: String,
    /// Where they stand.
    pub state: JobState,
    /// How many.
    pub count: u64,
}

/// Counts all jobs, and tells how long those took that ended at or after `since`.
pub fn overview(
    connection: &mut AnyConnection,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<JobOverview, StorageError> {
    let counted: Vec<(String, String, i64)> = jobs::table
        .group_by((jobs::kind, jobs::state))
        .select((jobs::kind, jobs::state, count_star()))
        .order((jobs::kind, jobs::state))
        .load(connection)?;
    let waiting: Option<i64> = jobs::table
        .filter(jobs::state.eq(JobState::Queued.as_str()).and(jobs::run_at.le(micros(now))))
        .select(diesel::dsl::min(jobs::run_at))
        .first(connection)?;
    let ended: Vec<(String, Option<i64>, Option<i64>)> = jobs::table
        .filter(jobs::finished_at.ge(micros(since)))
        .select((jobs::kind, jobs::started_at, jobs::finished_at))
        .order(jobs::finished_at.desc())
        .limit(LONGEST)
        .load(connection)?;
    Ok(JobOverview {
        counts: counted
            .into_iter()
            .filter_map(|(kind, state, count)| {
                Some(JobCount { kind, state: JobState::from_word(&state)?, count: count.cast_unsigned() })
            })
            .collect(),
        waiting_since: waiting.and_then(DateTime::from_timestamp_micros),
        ran: ended
            .into_iter()
            .filter_map(|(kind, started, finished)| {
                let micros = finished?.checked_sub(started?)?;
                Some((kind, Duration::from_micros(u64::try_from(micros).unwrap_or(0))))
            })
            .collect(),
    })
}

impl Storage {
    /// Counts all jobs, and tells how long those took that ended at or after `since`.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn job_overview(
        &self,
        now: DateTime<Utc>,
        since: DateTime<Utc>,
    ) -> Result<JobOverview, StorageError> {
        self.snapshot(move |connection| overview(connection, now, since)).await
    }
}
