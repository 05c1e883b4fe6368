//! What happens to jobs.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::row::{Row, stored_count};
use super::{
    Cancellation, Enqueued, Expired, JobFilter, JobOutcome, JobProgress, JobState, Lease, NewJob, StoredJob,
};
use crate::StorageError;
use crate::columns::{Key, micros};
use crate::connection::AnyConnection;
use crate::schema::jobs;
use crate::transaction::{Turn, take_turns};

const QUEUED: &str = "queued";
const RUNNING: &str = "running";
const TAKEN_OVER: &str = "a newer job for the same key took over";
const WORKER_GONE: &str = "the worker stopped answering";

/// Adds a job, unless one waits for its key: that one takes over the more urgent priority and the earlier time.
pub fn enqueue(
    connection: &mut AnyConnection,
    now: DateTime<Utc>,
    wish: &NewJob,
) -> Result<Enqueued, StorageError> {
    take_turns(connection, Turn::JobKey(&wish.key))?;
    if let Some(waiting) = waiting_for(connection, &wish.key)? {
        diesel::update(jobs::table.find(waiting.id))
            .set((
                jobs::priority.eq(waiting.priority.min(wish.priority.into())),
                jobs::run_at.eq(waiting.run_at.min(micros(wish.run_at))),
            ))
            .execute(connection)?;
        return Ok(Enqueued::AlreadyPending(waiting.id.0));
    }
    let id = Uuid::now_v7();
    diesel::insert_into(jobs::table)
        .values(Row {
            id: Key(id),
            kind: wish.kind.clone(),
            key: wish.key.clone(),
            payload: wish.payload.to_string(),
            priority: wish.priority.into(),
            state: QUEUED.to_owned(),
            attempts: 0,
            max_attempts: wish.max_attempts.max(1).into(),
            created_at: micros(now),
            run_at: micros(wish.run_at),
            started_at: None,
            finished_at: None,
            worker: None,
            lease_until: None,
            cancel_requested: false,
            progress_done: 0,
            progress_total: 0,
            progress_note: None,
            error: None,
            progress_detail: None,
        })
        .execute(connection)?;
    Ok(Enqueued::New(id))
}

/// Takes the most urgent job of these kinds whose time has come and for whose key none runs.
pub fn claim(
    connection: &mut AnyConnection,
    now: DateTime<Utc>,
    worker: &str,
    kinds: &[String],
    lease: TimeDelta,
) -> Result<Option<StoredJob>, StorageError> {
    let others = diesel::alias!(jobs as others);
    let busy = others.filter(others.field(jobs::state).eq(RUNNING)).select(others.field(jobs::key));
    let next = jobs::table
        .filter(jobs::state.eq(QUEUED))
        .filter(jobs::kind.eq_any(kinds))
        .filter(jobs::run_at.le(micros(now)))
        .filter(jobs::key.ne_all(busy))
        .order((jobs::priority, jobs::run_at, jobs::id))
        .select(jobs::id)
        .limit(1);
    let next: Option<Key> = match connection {
        AnyConnection::Sqlite(sqlite) => next.first(sqlite).optional()?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => next.for_update().skip_locked().first(postgres).optional()?,
    };
    let Some(id) = next else { return Ok(None) };
    let row = diesel::update(jobs::table.find(id))
        .set((
            jobs::state.eq(RUNNING),
            jobs::attempts.eq(jobs::attempts + 1),
            jobs::started_at.eq(Some(micros(now))),
            jobs::finished_at.eq(None::<i64>),
            jobs::worker.eq(Some(worker)),
            jobs::lease_until.eq(Some(micros(now + lease))),
            jobs::progress_done.eq(0),
            jobs::progress_total.eq(0),
            jobs::progress_note.eq(None::<String>),
            jobs::progress_detail.eq(None::<String>),
        ))
        .returning(jobs::all_columns)
        .get_result::<Row>(connection)?;
    row.job().map(Some)
}

/// Extends a lease to `now + lease` and records the progress, where given.
pub fn heartbeat(
    connection: &mut AnyConnection,
    id: Uuid,
    worker: &str,
    now: DateTime<Utc>,
    lease: TimeDelta,
    progress: Option<&JobProgress>,
) -> Result<Lease, StorageError> {
    let Some(job) = held(connection, id, worker)? else { return Ok(Lease::Lost) };
    diesel::update(jobs::table.find(Key(id)))
        .set(jobs::lease_until.eq(Some(micros(now + lease))))
        .execute(connection)?;
    if let Some(progress) = progress {
        diesel::update(jobs::table.find(Key(id)))
            .set((
                jobs::progress_done.eq(stored_count(progress.done)),
                jobs::progress_total.eq(stored_count(progress.total)),
                jobs::progress_note.eq(progress.note.as_deref()),
                jobs::progress_detail.eq(progress.detail.as_ref().map(ToString::to_string)),
            ))
            .execute(connection)?;
    }
    Ok(if job.cancel_requested { Lease::CancelRequested } else { Lease::Held })
}

/// Ends a run of a job whose lease this worker holds.
pub fn finish(
    connection: &mut AnyConnection,
    id: Uuid,
    worker: &str,
    now: DateTime<Utc>,
    outcome: &JobOutcome,
) -> Result<Lease, StorageError> {
    let Some(job) = held(connection, id, worker)? else { return Ok(Lease::Lost) };
    let mut end = |state, error: Option<&str>| end(connection, job.id, now, state, error);
    match outcome {
        JobOutcome::Succeeded => end(JobState::Succeeded, None)?,
        JobOutcome::Cancelled => end(JobState::Cancelled, job.error.as_deref())?,
        JobOutcome::Failed { error } => end(JobState::Failed, Some(error))?,
        JobOutcome::Dead { error } => end(JobState::Dead, Some(error))?,
        JobOutcome::Retry { at, error } => {
            back_to_queue(connection, &job, now, micros(*at), Some(error))?;
        }
        JobOutcome::Released => {
            diesel::update(jobs::table.find(job.id))
                .set(jobs::attempts.eq((job.attempts - 1).max(0)))
                .execute(connection)?;
            back_to_queue(connection, &job, now, job.run_at, None)?;
        }
    }
    Ok(Lease::Held)
}

/// Calls a waiting job off, or asks a running one to end.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such job.
pub fn cancel(
    connection: &mut AnyConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Cancellation, StorageError> {
    let job = locked(connection, id)?.ok_or(StorageError::NotFound)?;
    match job.state.as_str() {
        QUEUED => {
            end(connection, job.id, now, JobState::Cancelled, job.error.as_deref())?;
            Ok(Cancellation::Cancelled)
        }
        RUNNING => {
            diesel::update(jobs::table.find(job.id))
                .set(jobs::cancel_requested.eq(true))
                .execute(connection)?;
            Ok(Cancellation::Requested)
        }
        _ => Ok(Cancellation::AlreadyEnded),
    }
}

/// Takes jobs back whose lease ended before `now`: they wait again from `now` on, or are dead when their attempts are
/// used up. A lease that reaches further than `longest` was given by a clock that ran ahead: it ends at
/// `now + longest` unless its worker extends it.
pub fn release_expired(
    connection: &mut AnyConnection,
    now: DateTime<Utc>,
    longest: TimeDelta,
) -> Result<Expired, StorageError> {
    let furthest = micros(now + longest);
    let query = jobs::table
        .filter(jobs::state.eq(RUNNING))
        .filter(jobs::lease_until.lt(micros(now)).or(jobs::lease_until.gt(furthest)))
        .order(jobs::id)
        .select(jobs::all_columns);
    let found: Vec<Row> = match connection {
        AnyConnection::Sqlite(sqlite) => query.load(sqlite)?,
        // What is locked is being extended, finished or taken back at this moment.
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => query.for_update().skip_locked().load(postgres)?,
    };
    let mut expired = Expired::default();
    for job in found {
        if job.lease_until > Some(furthest) {
            diesel::update(jobs::table.find(job.id))
                .set(jobs::lease_until.eq(Some(furthest)))
                .execute(connection)?;
            continue;
        }
        let requeued = if job.attempts < job.max_attempts {
            back_to_queue(connection, &job, now, micros(now), Some(WORKER_GONE))?
        } else {
            let state = if job.cancel_requested { JobState::Cancelled } else { JobState::Dead };
            end(connection, job.id, now, state, Some(WORKER_GONE))?;
            false
        };
        if requeued {
            expired.requeued.push(job.id.0);
        } else {
            expired.ended.push(job.id.0);
        }
    }
    Ok(expired)
}

/// The job of that identifier.
pub fn find(connection: &mut AnyConnection, id: Uuid) -> Result<Option<StoredJob>, StorageError> {
    let row: Option<Row> =
        jobs::table.find(Key(id)).select(jobs::all_columns).first(connection).optional()?;
    row.map(Row::job).transpose()
}

/// Jobs newest first, at most `limit`.
pub fn list(
    connection: &mut AnyConnection,
    filter: &JobFilter,
    limit: usize,
) -> Result<Vec<StoredJob>, StorageError> {
    let mut query = jobs::table.select(jobs::all_columns).into_boxed();
    if let Some(kind) = &filter.kind {
        query = query.filter(jobs::kind.eq(kind));
    }
    if let Some(key) = &filter.key {
        query = query.filter(jobs::key.eq(key));
    }
    if let Some(id) = filter.before {
        query = query.filter(jobs::id.lt(Key(id)));
    }
    if let Some(until) = filter.created_until {
        query = query.filter(jobs::created_at.le(micros(until)));
    }
    if let Some(state) = filter.state {
        query = query.filter(jobs::state.eq(state.as_str()));
    }
    let rows: Vec<Row> =
        query.order(jobs::id.desc()).limit(i64::try_from(limit).unwrap_or(i64::MAX)).load(connection)?;
    rows.into_iter().map(Row::job).collect()
}

/// Puts a running job back into the queue; ends it where it was called off or another one waits for its key. Says
/// whether it waits.
fn back_to_queue(
    connection: &mut AnyConnection,
    job: &Row,
    now: DateTime<Utc>,
    run_at: i64,
    error: Option<&str>,
) -> Result<bool, StorageError> {
    let known = error.or(job.error.as_deref());
    if job.cancel_requested {
        end(connection, job.id, now, JobState::Cancelled, known)?;
        return Ok(false);
    }
    take_turns(connection, Turn::JobKey(&job.key))?;
    if waiting_for(connection, &job.key)?.is_some() {
        end(connection, job.id, now, JobState::Failed, error.or(Some(TAKEN_OVER)))?;
        return Ok(false);
    }
    diesel::update(jobs::table.find(job.id))
        .set((
            jobs::state.eq(QUEUED),
            jobs::run_at.eq(run_at),
            jobs::lease_until.eq(None::<i64>),
            jobs::error.eq(known),
        ))
        .execute(connection)?;
    Ok(true)
}

fn end(
    connection: &mut AnyConnection,
    id: Key,
    now: DateTime<Utc>,
    state: JobState,
    error: Option<&str>,
) -> Result<(), StorageError> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::state.eq(state.as_str()),
            jobs::finished_at.eq(Some(micros(now))),
            jobs::lease_until.eq(None::<i64>),
            jobs::error.eq(error),
        ))
        .execute(connection)?;
    Ok(())
}

fn waiting_for(connection: &mut AnyConnection, key: &str) -> Result<Option<Row>, StorageError> {
    Ok(jobs::table
        .filter(jobs::key.eq(key))
        .filter(jobs::state.eq(QUEUED))
        .select(jobs::all_columns)
        .first(connection)
        .optional()?)
}

/// The running job, if this worker holds its lease, held still until the transaction ends.
fn held(connection: &mut AnyConnection, id: Uuid, worker: &str) -> Result<Option<Row>, StorageError> {
    let job = locked(connection, id)?;
    Ok(job.filter(|job| job.state == RUNNING && job.worker.as_deref() == Some(worker)))
}

fn locked(connection: &mut AnyConnection, id: Uuid) -> Result<Option<Row>, StorageError> {
    let query = jobs::table.find(Key(id)).select(jobs::all_columns);
    Ok(match connection {
        AnyConnection::Sqlite(sqlite) => query.first(sqlite).optional()?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => query.for_update().first(postgres).optional()?,
    })
}
