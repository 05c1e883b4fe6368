//! Attempts to sign in that did not succeed, counted for all processes and over restarts.
//!
//! Who tries takes a turn first: the attempt is counted as failed before its password is looked at, so that many at
//! once have no more turns than one after another.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::StorageError;
use crate::columns::{Digest, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::sign_in_failures as table;
use crate::transaction::{Turn, take_turns};

/// How long whoever failed so often in a row has to wait.
pub type Delay = fn(failures: u32) -> TimeDelta;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = table)]
struct Row {
    subject: Digest,
    failures: i32,
    last_at: i64,
    blocked_until: i64,
}

/// Takes a turn for all these subjects, or for none: until when one of them has to wait. Failures before `since` are
/// forgotten.
///
/// # Errors
/// Those of the database.
pub fn take_turn(
    connection: &mut AnyConnection,
    subjects: &[(Digest, Delay)],
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StorageError> {
    take_turns(connection, Turn::SignIn)?;
    let mut rows = Vec::with_capacity(subjects.len());
    let mut blocked_until: Option<DateTime<Utc>> = None;
    for (subject, delay) in subjects {
        let known: Option<Row> =
            table::table.find(*subject).select(Row::as_select()).first(connection).optional()?;
        let known = known.filter(|row| instant(row.last_at) > since);
        let until = known.as_ref().map(|row| instant(row.blocked_until)).filter(|until| *until > now);
        blocked_until = blocked_until.max(until);
        let failures = known.map_or(0, |row| row.failures).saturating_add(1);
        let wait = delay(u32::try_from(failures).unwrap_or(u32::MAX));
        rows.push(Row {
            subject: *subject,
            failures,
            last_at: micros(now),
            blocked_until: micros(now + wait),
        });
    }
    if blocked_until.is_some() {
        return Ok(blocked_until);
    }
    for row in &rows {
        on_either!(connection, |inner| diesel::insert_into(table::table)
            .values(row)
            .on_conflict(table::subject)
            .do_update()
            .set((
                table::failures.eq(excluded(table::failures)),
                table::last_at.eq(excluded(table::last_at)),
                table::blocked_until.eq(excluded(table::blocked_until)),
            ))
            .execute(inner))?;
    }
    Ok(None)
}

/// Forgets the failures of these subjects: whoever they are has succeeded.
///
/// # Errors
/// Those of the database.
pub fn forget(connection: &mut AnyConnection, subjects: &[Digest]) -> Result<(), StorageError> {
    diesel::delete(table::table.filter(table::subject.eq_any(subjects.iter().copied())))
        .execute(connection)?;
    Ok(())
}

/// Takes one failure back: an attempt from there succeeded, others may not have.
///
/// # Errors
/// Those of the database.
pub fn forgive_one(connection: &mut AnyConnection, subject: Digest) -> Result<(), StorageError> {
    diesel::update(table::table.find(subject).filter(table::failures.gt(0)))
        .set((table::failures.eq(table::failures - 1), table::blocked_until.eq(0)))
        .execute(connection)?;
    Ok(())
}

/// Removes what was last counted before; says how many.
///
/// # Errors
/// Those of the database.
pub fn remove_outdated(connection: &mut AnyConnection, before: DateTime<Utc>) -> Result<usize, StorageError> {
    Ok(diesel::delete(table::table.filter(table::last_at.le(micros(before)))).execute(connection)?)
}
