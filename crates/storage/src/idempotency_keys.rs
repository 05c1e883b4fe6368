//! Requests that are carried out once however often they are sent: by the key that their sender gave them, with what
//! they were answered.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Digest, Key, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::idempotency_keys as table;

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status.
    pub status: u16,
    /// The headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// How a request stands when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// For the first time: it is to be carried out.
    First,
    /// Again, and its answer is not known: it is being carried out, or its process ended meanwhile.
    Unanswered,
    /// Again: it was answered so.
    Answered(KeptAnswer),
    /// Under the key of another request.
    Another,
}

#[derive(Insertable)]
#[diesel(table_name = table)]
struct NewRow<'a> {
    user_id: Key,
    key: &'a str,
    request: Digest,
    begun_at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = table)]
struct Row {
    request: Digest,
    status: Option<i32>,
    headers: Option<String>,
    body: Option<Vec<u8>>,
}

/// Notes that a user sent a request under a key; of several at once one is the first.
///
/// # Errors
/// [`StorageError::Corrupt`] when what was answered cannot be read.
pub fn send(
    connection: &mut AnyConnection,
    user: UserId,
    key: &str,
    request: Digest,
    now: DateTime<Utc>,
) -> Result<Sent, StorageError> {
    let user = Key(user.uuid());
    let row = NewRow { user_id: user, key, request, begun_at: micros(now) };
    let inserted = on_either!(connection, |inner| diesel::insert_into(table::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(inner))?;
    if inserted > 0 {
        return Ok(Sent::First);
    }
    let known: Row = table::table.find((user, key)).select(Row::as_select()).first(connection)?;
    if known.request.0 != request.0 {
        return Ok(Sent::Another);
    }
    let Some(status) = known.status else { return Ok(Sent::Unanswered) };
    let corrupt = |error| StorageError::corrupt(format!("idempotency key {key}"), error);
    let headers = serde_json::from_str(known.headers.as_deref().unwrap_or("[]")).map_err(corrupt)?;
    let status = u16::try_from(status).unwrap_or_default();
    Ok(Sent::Answered(KeptAnswer { status, headers, body: known.body.unwrap_or_default() }))
}

/// Keeps what a request was answered.
///
/// # Errors
/// Those of the database.
pub fn keep(
    connection: &mut AnyConnection,
    user: UserId,
    key: &str,
    answer: &KeptAnswer,
) -> Result<(), StorageError> {
    let headers =
        serde_json::to_string(&answer.headers).map_err(|error| StorageError::Refused(error.to_string()))?;
    diesel::update(table::table.find((Key(user.uuid()), key)))
        .set((
            table::status.eq(i32::from(answer.status)),
            table::headers.eq(headers),
            table::body.eq(&answer.body),
        ))
        .execute(connection)?;
    Ok(())
}

/// Forgets a request that was not carried out: it may be sent again.
///
/// # Errors
/// Those of the database.
pub fn forget(connection: &mut AnyConnection, user: UserId, key: &str) -> Result<(), StorageError> {
    diesel::delete(table::table.find((Key(user.uuid()), key))).execute(connection)?;
    Ok(())
}

/// Forgets requests that were sent before.
///
/// # Errors
/// Those of the database.
pub fn remove_outdated(connection: &mut AnyConnection, before: DateTime<Utc>) -> Result<usize, StorageError> {
    Ok(diesel::delete(table::table.filter(table::begun_at.lt(micros(before)))).execute(connection)?)
}
