//! When a user wants nothing sent.

use bellwether_domain::UserId;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::StorageError;
use crate::columns::Key;
use crate::connection::{AnyConnection, on_either};
use crate::schema::quiet_hours as table;

/// From one minute of the day to another, perhaps of the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuietHours {
    /// The first minute, counted from midnight.
    pub begins: u16,
    /// The first minute that is not quiet any more.
    pub ends: u16,
    /// The zone whose clocks count, by its IANA name.
    pub zone: String,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = table)]
struct Row {
    user_id: Key,
    begins: i32,
    ends: i32,
    zone: String,
}

/// When a user wants nothing sent, if there is such a time.
///
/// # Errors
/// [`StorageError::Corrupt`] when they are no minutes of a day.
pub fn quiet_hours(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Option<StoredQuietHours>, StorageError> {
    let row: Option<Row> =
        table::table.find(Key(user.uuid())).select(Row::as_select()).first(connection).optional()?;
    let minute = |minute: i32| {
        u16::try_from(minute).map_err(|error| StorageError::corrupt("minute of quiet hours", error))
    };
    row.map(|row| {
        Ok(StoredQuietHours { begins: minute(row.begins)?, ends: minute(row.ends)?, zone: row.zone })
    })
    .transpose()
}

/// Gives a user other quiet hours, or none.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such user.
pub fn set_quiet_hours(
    connection: &mut AnyConnection,
    user: UserId,
    hours: Option<&StoredQuietHours>,
) -> Result<(), StorageError> {
    let Some(hours) = hours else {
        diesel::delete(table::table.find(Key(user.uuid()))).execute(connection)?;
        return Ok(());
    };
    let row = Row {
        user_id: Key(user.uuid()),
        begins: hours.begins.into(),
        ends: hours.ends.into(),
        zone: hours.zone.clone(),
    };
    on_either!(connection, |inner| diesel::insert_into(table::table)
        .values(&row)
        .on_conflict(table::user_id)
        .do_update()
        .set((
            table::begins.eq(excluded(table::begins)),
            table::ends.eq(excluded(table::ends)),
            table::zone.eq(excluded(table::zone)),
        ))
        .execute(inner))?;
    Ok(())
}
