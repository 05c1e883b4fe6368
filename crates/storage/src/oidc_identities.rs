//! As whom somebody whom an OpenID Connect provider knows signs in here.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Key, instant, micros};
use crate::connection::AnyConnection;
use crate::schema::oidc_identities as table;

/// Whom a provider knows: a subject is somebody's within their issuer alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// What it knows them by, for ever.
    pub subject: String,
    /// What it calls them, for people to read.
    pub name: String,
}

/// Who signs in by an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Somebody.
    User(UserId),
    /// Nobody until it is linked again.
    Nobody,
}

/// An identity that somebody signs in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// What the provider calls them.
    pub name: String,
    /// Since when.
    pub linked_at: DateTime<Utc>,
    /// When they last came by it.
    pub used_at: Option<DateTime<Utc>>,
}

#[derive(Insertable)]
#[diesel(table_name = table)]
struct NewRow<'a> {
    issuer: &'a str,
    subject: &'a str,
    user_id: Key,
    name: &'a str,
    linked_at: i64,
}

/// Notes that an identity was used, and says whose it is; `None` when it was never linked. Writing the row has whoever
/// unlinks it wait for this, or this for them.
///
/// # Errors
/// Those of the database.
pub fn used(
    connection: &mut AnyConnection,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<Option<Holder>, StorageError> {
    let holder: Option<Option<Key>> =
        diesel::update(table::table.find((&identity.issuer, &identity.subject)))
            .set((table::used_at.eq(micros(now)), table::name.eq(&identity.name)))
            .returning(table::user_id)
            .get_result(connection)
            .optional()?;
    Ok(holder.map(|user| user.map_or(Holder::Nobody, |Key(id)| Holder::User(UserId::from_uuid(id)))))
}

/// Has somebody sign in by an identity that nobody signs in by.
///
/// # Errors
/// [`StorageError::Duplicate`] when somebody does, or when they sign in by another one of its issuer.
pub fn link(
    connection: &mut AnyConnection,
    identity: &Identity,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let nobodys = table::table.find((&identity.issuer, &identity.subject)).filter(table::user_id.is_null());
    diesel::delete(nobodys).execute(connection)?;
    diesel::insert_into(table::table)
        .values(NewRow {
            issuer: &identity.issuer,
            subject: &identity.subject,
            user_id: Key(user.uuid()),
            name: &identity.name,
            linked_at: micros(now),
        })
        .execute(connection)?;
    Ok(())
}

/// The identity of an issuer that somebody signs in by.
///
/// # Errors
/// Those of the database.
pub fn of_user(
    connection: &mut AnyConnection,
    user: UserId,
    issuer: &str,
) -> Result<Option<Linked>, StorageError> {
    let row: Option<(String, i64, Option<i64>)> = table::table
        .filter(table::user_id.eq(Key(user.uuid())))
        .filter(table::issuer.eq(issuer))
        .select((table::name, table::linked_at, table::used_at))
        .first(connection)
        .optional()?;
    Ok(row.map(|(name, linked_at, used_at)| Linked {
        name,
        linked_at: instant(linked_at),
        used_at: used_at.map(instant),
    }))
}

/// Has nobody sign in any more by the identities that somebody signed in by; says how many there were. The rows stay, so
/// that a provider does not simply let the same person in again.
///
/// # Errors
/// Those of the database.
pub fn unlink_all(connection: &mut AnyConnection, user: UserId) -> Result<usize, StorageError> {
    Ok(diesel::update(table::table.filter(table::user_id.eq(Key(user.uuid()))))
        .set(table::user_id.eq(None::<Key>))
        .execute(connection)?)
}
