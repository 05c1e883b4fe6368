//! People: the owner of the installation, whom it has from the beginning, and others.

use bellwether_domain::{Role, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::{Key, instant, micros};
use crate::connection::AnyConnection;
use crate::schema::{sessions, users};
use crate::transaction;
use crate::{Storage, StorageError};

const OWNER: &str = "owner";

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// What they sign in with, in small letters; no two have the same.
    pub name: String,
    /// Where they are written to; no two have the same. In small letters.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Since when they are known.
    pub created_at: DateTime<Utc>,
    /// Whether they have a password; without one nobody signs in as them.
    pub has_password: bool,
}

/// Somebody to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// What they sign in with.
    pub name: String,
    /// Where they are written to.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Their password's hash.
    pub password_hash: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
struct NewRow<'a> {
    id: Key,
    name: &'a str,
    email: Option<&'a str>,
    password_hash: Option<&'a str>,
    role: &'a str,
    created_at: i64,
    updated_at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct Row {
    id: Key,
    name: String,
    email: Option<String>,
    password_hash: Option<String>,
    role: String,
    created_at: i64,
}

impl Row {
    pub(crate) fn user(self) -> Result<User, StorageError> {
        let role = self.role.parse().map_err(|error| StorageError::corrupt("user's role", error))?;
        Ok(User {
            id: UserId::from_uuid(self.id.0),
            name: self.name,
            email: self.email,
            role,
            created_at: instant(self.created_at),
            has_password: self.password_hash.is_some(),
        })
    }
}

/// The owner of the installation, if it has one.
///
/// # Errors
/// Those of the database.
pub fn owner(connection: &mut AnyConnection) -> Result<Option<UserId>, StorageError> {
    let id: Option<Key> = users::table
        .filter(users::role.eq(OWNER))
        .order(users::created_at)
        .select(users::id)
        .first(connection)
        .optional()?;
    Ok(id.map(|Key(id)| UserId::from_uuid(id)))
}

/// The owner of the installation, created where there is none.
///
/// # Errors
/// Those of the database.
pub fn ensure_owner(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<UserId, StorageError> {
    transaction::take_turns(connection, transaction::Turn::Owner)?;
    if let Some(owner) = owner(connection)? {
        return Ok(owner);
    }
    add(
        connection,
        &NewUser { name: OWNER.to_owned(), email: None, role: Role::Owner, password_hash: None },
        now,
    )
}

/// Gives the owner a name and a password, unless they have a password: of all who try, one succeeds.
///
/// # Errors
/// [`StorageError::Refused`] when the owner has a password, [`StorageError::Duplicate`] when somebody has that name or
/// address.
pub fn claim(
    connection: &mut AnyConnection,
    name: &str,
    email: Option<&str>,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<UserId, StorageError> {
    let unclaimed = users::table.filter(users::role.eq(OWNER)).filter(users::password_hash.is_null());
    let claimed: Option<Key> = diesel::update(unclaimed)
        .set((
            users::name.eq(name),
            users::email.eq(email),
            users::password_hash.eq(password_hash),
            users::updated_at.eq(micros(now)),
        ))
        .returning(users::id)
        .get_result(connection)
        .optional()?;
    let Key(id) = claimed.ok_or_else(|| StorageError::Refused("the owner has a password".to_owned()))?;
    Ok(UserId::from_uuid(id))
}

/// Adds somebody.
///
/// # Errors
/// [`StorageError::Duplicate`] when somebody has that name or address, or is the owner already.
pub fn add(
    connection: &mut AnyConnection,
    new: &NewUser,
    now: DateTime<Utc>,
) -> Result<UserId, StorageError> {
    let (id, now) = (UserId::new(), micros(now));
    diesel::insert_into(users::table)
        .values(NewRow {
            id: Key(id.uuid()),
            name: &new.name,
            email: new.email.as_deref(),
            password_hash: new.password_hash.as_deref(),
            role: new.role.as_str(),
            created_at: now,
            updated_at: now,
        })
        .execute(connection)?;
    Ok(id)
}

/// Everybody, in the order in which they came.
///
/// # Errors
/// [`StorageError::Corrupt`] when somebody has a role of a newer version of this program.
pub fn list(connection: &mut AnyConnection) -> Result<Vec<User>, StorageError> {
    let rows: Vec<Row> = users::table.order(users::id).select(Row::as_select()).load(connection)?;
    rows.into_iter().map(Row::user).collect()
}

/// Somebody.
///
/// # Errors
/// [`StorageError::NotFound`].
pub fn find(connection: &mut AnyConnection, id: UserId) -> Result<User, StorageError> {
    users::table
        .find(Key(id.uuid()))
        .select(Row::as_select())
        .first(connection)
        .map_err(StorageError::from)?
        .user()
}

/// Whoever signs in by that name or address, with the hash of their password.
///
/// # Errors
/// Those of the database.
pub fn by_name(
    connection: &mut AnyConnection,
    name: &str,
) -> Result<Option<(User, Option<String>)>, StorageError> {
    let row: Option<Row> = users::table
        .filter(users::name.eq(name).or(users::email.eq(name)))
        // A name goes before an address that reads the same.
        .order((users::name.eq(name).desc(), users::id))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(|row| {
        let hash = row.password_hash.clone();
        Ok((row.user()?, hash))
    })
    .transpose()
}

/// Whoever has that address.
///
/// # Errors
/// Those of the database.
pub fn by_email(connection: &mut AnyConnection, email: &str) -> Result<Option<User>, StorageError> {
    let row: Option<Row> =
        users::table.filter(users::email.eq(email)).select(Row::as_select()).first(connection).optional()?;
    row.map(Row::user).transpose()
}

/// The hash of somebody's password.
///
/// # Errors
/// [`StorageError::NotFound`].
pub fn password_hash(connection: &mut AnyConnection, id: UserId) -> Result<Option<String>, StorageError> {
    Ok(users::table.find(Key(id.uuid())).select(users::password_hash).first(connection)?)
}

/// Gives somebody another password, which ends all their sessions.
///
/// # Errors
/// [`StorageError::NotFound`].
pub fn set_password(
    connection: &mut AnyConnection,
    id: UserId,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let changed = diesel::update(users::table.find(Key(id.uuid())))
        .set((users::password_hash.eq(password_hash), users::updated_at.eq(micros(now))))
        .execute(connection)?;
    if changed == 0 {
        return Err(StorageError::NotFound);
    }
    diesel::delete(sessions::table.filter(sessions::user_id.eq(Key(id.uuid())))).execute(connection)?;
    Ok(())
}

/// Removes somebody with all that is theirs. The owner stays.
///
/// # Errors
/// [`StorageError::NotFound`], [`StorageError::Refused`] for the owner.
pub fn remove(connection: &mut AnyConnection, id: UserId) -> Result<(), StorageError> {
    if find(connection, id)?.role == Role::Owner {
        return Err(StorageError::Refused("the owner cannot be removed".to_owned()));
    }
    diesel::delete(users::table.find(Key(id.uuid()))).execute(connection)?;
    Ok(())
}

impl Storage {
    /// The owner of the installation, created at the first call and the same ever after.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn owner(&self) -> Result<UserId, StorageError> {
        if let Some(owner) = self.known_owner().get() {
            return Ok(*owner);
        }
        let known = self.read(owner).await?;
        let owner = if let Some(owner) = known {
            owner
        } else {
            let now = self.now();
            self.write(move |connection| ensure_owner(connection, now)).await?
        };
        Ok(*self.known_owner().get_or_init(|| owner))
    }
}
