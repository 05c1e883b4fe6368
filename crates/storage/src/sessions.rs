//! Who is signed in, where from and until when.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Digest, Key, instant, micros};
use crate::connection::AnyConnection;
use crate::schema::{sessions, users};
use crate::users::{Row as UserRow, User};

/// Somebody's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What its token is known by.
    pub token: Digest,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to some minutes.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
    /// Where it was begun from.
    pub address: String,
    /// The program that began it, as it calls itself.
    pub user_agent: String,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct Row {
    token_hash: Digest,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    address: String,
    user_agent: String,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            token: row.token_hash,
            created_at: instant(row.created_at),
            last_seen_at: instant(row.last_seen_at),
            expires_at: instant(row.expires_at),
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}

/// Begins a session.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such user.
pub fn begin(connection: &mut AnyConnection, user: UserId, session: &Session) -> Result<(), StorageError> {
    let row = Row {
        token_hash: session.token,
        created_at: micros(session.created_at),
        last_seen_at: micros(session.last_seen_at),
        expires_at: micros(session.expires_at),
        address: session.address.clone(),
        user_agent: session.user_agent.clone(),
    };
    diesel::insert_into(sessions::table)
        .values((row, sessions::user_id.eq(Key(user.uuid()))))
        .execute(connection)?;
    Ok(())
}

/// Begins a session of whoever gave the password of that hash, unless they have another by now: a sign-in does not
/// outlive the change that was to end it. Says whether it began.
///
/// # Errors
/// Those of the database.
pub fn begin_by(
    connection: &mut AnyConnection,
    user: UserId,
    password_hash: &str,
    session: &Session,
) -> Result<bool, StorageError> {
    let still = users::table.find(Key(user.uuid())).filter(users::password_hash.eq(password_hash));
    // Writing the row has a change that is under way wait for this, or this for it.
    let is_still = diesel::update(still).set(users::password_hash.eq(password_hash)).execute(connection)? > 0;
    if is_still {
        begin(connection, user, session)?;
    }
    Ok(is_still)
}

/// The session of a token and whose it is, however old it is.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &mut AnyConnection, token: Digest) -> Result<Option<(Session, User)>, StorageError> {
    let found: Option<(Row, UserRow)> = sessions::table
        .inner_join(users::table)
        .filter(sessions::token_hash.eq(token))
        .select((Row::as_select(), UserRow::as_select()))
        .first(connection)
        .optional()?;
    found.map(|(session, user)| Ok((session.into(), user.user()?))).transpose()
}

/// A user's sessions that neither ended nor lay idle, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(
    connection: &mut AnyConnection,
    user: UserId,
    now: DateTime<Utc>,
    seen_after: DateTime<Utc>,
) -> Result<Vec<Session>, StorageError> {
    let rows: Vec<Row> = sessions::table
        .filter(sessions::user_id.eq(Key(user.uuid())))
        .filter(sessions::expires_at.gt(micros(now)))
        .filter(sessions::last_seen_at.gt(micros(seen_after)))
        .order(sessions::created_at.desc())
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Notes that a session was used.
///
/// # Errors
/// Those of the database.
pub fn seen(connection: &mut AnyConnection, token: Digest, now: DateTime<Utc>) -> Result<(), StorageError> {
    diesel::update(sessions::table.find(token))
        .set(sessions::last_seen_at.eq(micros(now)))
        .execute(connection)?;
    Ok(())
}

/// Ends a session of a user; says whether there was one.
///
/// # Errors
/// Those of the database.
pub fn end(connection: &mut AnyConnection, user: UserId, token: Digest) -> Result<bool, StorageError> {
    let theirs = sessions::table.find(token).filter(sessions::user_id.eq(Key(user.uuid())));
    Ok(diesel::delete(theirs).execute(connection)? > 0)
}

/// Ends all sessions of a user but one; says how many.
///
/// # Errors
/// Those of the database.
pub fn end_others(
    connection: &mut AnyConnection,
    user: UserId,
    kept: Option<Digest>,
) -> Result<usize, StorageError> {
    let theirs = sessions::table.filter(sessions::user_id.eq(Key(user.uuid())));
    Ok(match kept {
        Some(kept) => diesel::delete(theirs.filter(sessions::token_hash.ne(kept))).execute(connection)?,
        None => diesel::delete(theirs).execute(connection)?,
    })
}

/// Removes sessions that ended before, or were not used since; says how many.
///
/// # Errors
/// Those of the database.
pub fn remove_outdated(
    connection: &mut AnyConnection,
    now: DateTime<Utc>,
    seen_after: DateTime<Utc>,
) -> Result<usize, StorageError> {
    let over = sessions::expires_at.le(micros(now)).or(sessions::last_seen_at.le(micros(seen_after)));
    Ok(diesel::delete(sessions::table.filter(over)).execute(connection)?)
}
