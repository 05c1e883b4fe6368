//! People. For now there is one: the owner of the installation.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::{Key, micros};
use crate::connection::AnyConnection;
use crate::schema::users;
use crate::transaction;
use crate::{Storage, StorageError};

const OWNER: &str = "owner";

#[derive(Insertable)]
#[diesel(table_name = users)]
struct NewUser<'a> {
    id: Key,
    name: &'a str,
    role: &'a str,
    created_at: i64,
    updated_at: i64,
}

/// The owner of the installation, if it has one.
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
pub fn ensure_owner(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<UserId, StorageError> {
    transaction::take_turns(connection, transaction::Turn::Owner)?;
    if let Some(owner) = owner(connection)? {
        return Ok(owner);
    }
    let id = UserId::new();
    let now = micros(now);
    diesel::insert_into(users::table)
        .values(NewUser { id: Key(id.uuid()), name: OWNER, role: OWNER, created_at: now, updated_at: now })
        .execute(connection)?;
    Ok(id)
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
