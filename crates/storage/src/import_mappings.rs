//! How a user's files in no known form are read: what their columns hold, by the names of the columns.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::import_mappings;

/// A mapping as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedMapping {
    /// A digest of the columns' names.
    pub key: String,
    /// The names of the columns, as JSON.
    pub header: String,
    /// What they hold, as JSON.
    pub mapping: String,
    /// When it was chosen first.
    pub created_at: DateTime<Utc>,
    /// When it was used last.
    pub used_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = import_mappings)]
struct Row {
    key: String,
    header: String,
    mapping: String,
    created_at: i64,
    used_at: i64,
}

impl From<Row> for RememberedMapping {
    fn from(row: Row) -> Self {
        Self {
            key: row.key,
            header: row.header,
            mapping: row.mapping,
            created_at: instant(row.created_at),
            used_at: instant(row.used_at),
        }
    }
}

/// Remembers what the columns of such files hold, in the place of what was known about them. Of more than `most`
/// mappings those go that were not used for longest.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such user.
pub fn remember(
    connection: &mut AnyConnection,
    user: UserId,
    mapping: &RememberedMapping,
    most: usize,
) -> Result<(), StorageError> {
    let values = (
        import_mappings::user_id.eq(Key(user.uuid())),
        import_mappings::key.eq(&mapping.key),
        import_mappings::header.eq(&mapping.header),
        import_mappings::mapping.eq(&mapping.mapping),
        import_mappings::created_at.eq(micros(mapping.created_at)),
        import_mappings::used_at.eq(micros(mapping.used_at)),
    );
    let newer = (
        import_mappings::header.eq(&mapping.header),
        import_mappings::mapping.eq(&mapping.mapping),
        import_mappings::used_at.eq(micros(mapping.used_at)),
    );
    on_either!(connection, |inner| diesel::insert_into(import_mappings::table)
        .values(values)
        .on_conflict((import_mappings::user_id, import_mappings::key))
        .do_update()
        .set(newer)
        .execute(inner))?;
    for old in list(connection, user)?.iter().skip(most) {
        forget(connection, user, &old.key)?;
    }
    Ok(())
}

/// The mappings of a user, the one that was used last first.
///
/// # Errors
/// Those of the database.
pub fn list(connection: &mut AnyConnection, user: UserId) -> Result<Vec<RememberedMapping>, StorageError> {
    let rows: Vec<Row> = import_mappings::table
        .filter(import_mappings::user_id.eq(Key(user.uuid())))
        .order((import_mappings::used_at.desc(), import_mappings::key))
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(RememberedMapping::from).collect())
}

/// A user's mapping of files with that digest, which counts as used now.
///
/// # Errors
/// Those of the database.
pub fn used(
    connection: &mut AnyConnection,
    user: UserId,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<RememberedMapping>, StorageError> {
    let own = || {
        import_mappings::table
            .filter(import_mappings::user_id.eq(Key(user.uuid())))
            .filter(import_mappings::key.eq(key))
    };
    let found: Option<Row> = own().select(Row::as_select()).first(connection).optional()?;
    if found.is_some() {
        diesel::update(own()).set(import_mappings::used_at.eq(micros(now))).execute(connection)?;
    }
    Ok(found.map(RememberedMapping::from))
}

/// Forgets a mapping.
///
/// # Errors
/// [`StorageError::NotFound`] when the user has none of that digest.
pub fn forget(connection: &mut AnyConnection, user: UserId, key: &str) -> Result<(), StorageError> {
    let own = import_mappings::table
        .filter(import_mappings::user_id.eq(Key(user.uuid())))
        .filter(import_mappings::key.eq(key));
    if diesel::delete(own).execute(connection)? == 0 { Err(StorageError::NotFound) } else { Ok(()) }
}
