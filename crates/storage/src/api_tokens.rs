//! Tokens with which programs act for somebody.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::StorageError;
use crate::columns::{Digest, Key, instant, micros};
use crate::connection::AnyConnection;
use crate::schema::{api_tokens, users};
use crate::users::{Row as UserRow, User};

/// A token, without the token itself, which is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its identifier.
    pub id: Uuid,
    /// What its user calls it.
    pub name: String,
    /// What it allows: words with blanks between.
    pub scopes: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is of no use.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to some minutes.
    pub last_used_at: Option<DateTime<Utc>>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: Key,
    name: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<Row> for ApiToken {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            scopes: row.scopes,
            created_at: instant(row.created_at),
            expires_at: row.expires_at.map(instant),
            last_used_at: row.last_used_at.map(instant),
        }
    }
}

/// Adds a token.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such user.
pub fn add(
    connection: &mut AnyConnection,
    user: UserId,
    token: &ApiToken,
    digest: Digest,
) -> Result<(), StorageError> {
    let row = Row {
        id: Key(token.id),
        name: token.name.clone(),
        scopes: token.scopes.clone(),
        created_at: micros(token.created_at),
        expires_at: token.expires_at.map(micros),
        last_used_at: token.last_used_at.map(micros),
    };
    diesel::insert_into(api_tokens::table)
        .values((row, api_tokens::user_id.eq(Key(user.uuid())), api_tokens::token_hash.eq(digest)))
        .execute(connection)?;
    Ok(())
}

/// The token of that digest and whose it is, unless it was revoked; however old it is.
///
/// # Errors
/// Those of the database.
pub fn find(
    connection: &mut AnyConnection,
    digest: Digest,
) -> Result<Option<(ApiToken, User)>, StorageError> {
    let found: Option<(Row, UserRow)> = api_tokens::table
        .inner_join(users::table)
        .filter(api_tokens::token_hash.eq(digest))
        .filter(api_tokens::revoked_at.is_null())
        .select((Row::as_select(), UserRow::as_select()))
        .first(connection)
        .optional()?;
    found.map(|(token, user)| Ok((token.into(), user.user()?))).transpose()
}

/// A user's tokens that were not revoked, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(connection: &mut AnyConnection, user: UserId) -> Result<Vec<ApiToken>, StorageError> {
    let rows: Vec<Row> = api_tokens::table
        .filter(api_tokens::user_id.eq(Key(user.uuid())))
        .filter(api_tokens::revoked_at.is_null())
        .order((api_tokens::created_at.desc(), api_tokens::id.desc()))
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(ApiToken::from).collect())
}

/// Notes that a token was used.
///
/// # Errors
/// Those of the database.
pub fn used(connection: &mut AnyConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    diesel::update(api_tokens::table.find(Key(id)))
        .set(api_tokens::last_used_at.eq(micros(now)))
        .execute(connection)?;
    Ok(())
}

/// Revokes all tokens of a user.
///
/// # Errors
/// Those of the database.
pub fn revoke_all(
    connection: &mut AnyConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let theirs = api_tokens::table
        .filter(api_tokens::user_id.eq(Key(user.uuid())))
        .filter(api_tokens::revoked_at.is_null());
    diesel::update(theirs).set(api_tokens::revoked_at.eq(micros(now))).execute(connection)?;
    Ok(())
}

/// Revokes a token of a user.
///
/// # Errors
/// [`StorageError::NotFound`] when they have none, or it was revoked before.
pub fn revoke(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let theirs = api_tokens::table
        .find(Key(id))
        .filter(api_tokens::user_id.eq(Key(user.uuid())))
        .filter(api_tokens::revoked_at.is_null());
    let revoked = diesel::update(theirs).set(api_tokens::revoked_at.eq(micros(now))).execute(connection)?;
    if revoked == 0 { Err(StorageError::NotFound) } else { Ok(()) }
}
