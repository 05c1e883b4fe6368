//! What lasts at present and was told when it began.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Key, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::notification_conditions;

#[derive(Insertable)]
#[diesel(table_name = notification_conditions)]
struct Row<'a> {
    user_id: Key,
    key: &'a str,
    since: i64,
}

/// The keys of all that lasts for a user.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn conditions(connection: &mut AnyConnection, user: UserId) -> Result<Vec<String>, StorageError> {
    Ok(notification_conditions::table
        .filter(notification_conditions::user_id.eq(Key(user.uuid())))
        .order(notification_conditions::key)
        .select(notification_conditions::key)
        .load(connection)?)
}

/// Records that something began; false when that was known. Of all who say so at once one is told true.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such user.
pub fn begin_condition(
    connection: &mut AnyConnection,
    user: UserId,
    key: &str,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let row = Row { user_id: Key(user.uuid()), key, since: micros(now) };
    let begun = on_either!(connection, |inner| diesel::insert_into(notification_conditions::table)
        .values(&row)
        .on_conflict((notification_conditions::user_id, notification_conditions::key))
        .do_nothing()
        .execute(inner))?;
    Ok(begun == 1)
}

/// Records that something ended; false when it did not last. Of all who say so at once one is told true.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn end_condition(connection: &mut AnyConnection, user: UserId, key: &str) -> Result<bool, StorageError> {
    let ended = diesel::delete(notification_conditions::table.find((Key(user.uuid()), key)));
    Ok(ended.execute(connection)? == 1)
}
