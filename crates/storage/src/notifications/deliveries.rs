//! Where a notification goes beside the page, and how it got there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::StorageError;
use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::notification_deliveries;

/// Somewhere that notifications are sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    /// By what way.
    pub channel: String,
    /// An address of that way.
    pub address: String,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is still to be made.
    Waiting,
    /// It was made.
    Delivered(DateTime<Utc>),
    /// It was given up.
    Failed(DateTime<Utc>),
}

/// One notification on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its identifier, the same in every attempt.
    pub id: Uuid,
    /// What is delivered.
    pub notification: Uuid,
    /// Where to.
    pub destination: Destination,
    /// How often it was tried.
    pub attempts: u32,
    /// How far it is.
    pub state: DeliveryState,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = notification_deliveries, treat_none_as_default_value = false)]
struct Row {
    id: Key,
    notification_id: Key,
    channel: String,
    destination: String,
    attempts: i32,
    delivered_at: Option<i64>,
    failed_at: Option<i64>,
    error: Option<String>,
}

impl Row {
    fn delivery(self) -> Delivery {
        let state = match (self.delivered_at, self.failed_at) {
            (Some(at), _) => DeliveryState::Delivered(instant(at)),
            (None, Some(at)) => DeliveryState::Failed(instant(at)),
            (None, None) => DeliveryState::Waiting,
        };
        Delivery {
            id: self.id.0,
            notification: self.notification_id.0,
            destination: Destination { channel: self.channel, address: self.destination },
            attempts: self.attempts.try_into().unwrap_or_default(),
            state,
            error: self.error,
        }
    }
}

/// Adds the deliveries of a new notification and gives their identifiers.
pub(super) fn add(
    connection: &mut AnyConnection,
    notification: Uuid,
    destinations: &BTreeSet<Destination>,
) -> Result<Vec<Uuid>, StorageError> {
    let rows: Vec<Row> = destinations
        .iter()
        .map(|destination| Row {
            id: Key(Uuid::now_v7()),
            notification_id: Key(notification),
            channel: destination.channel.clone(),
            destination: destination.address.clone(),
            attempts: 0,
            delivered_at: None,
            failed_at: None,
            error: None,
        })
        .collect();
    on_either!(connection, |inner| diesel::insert_into(notification_deliveries::table)
        .values(&rows)
        .execute(inner))?;
    Ok(rows.iter().map(|row| row.id.0).collect())
}

/// The delivery of that identifier, if there is one.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn delivery(connection: &mut AnyConnection, id: Uuid) -> Result<Option<Delivery>, StorageError> {
    let row: Option<Row> =
        notification_deliveries::table.find(Key(id)).select(Row::as_select()).first(connection).optional()?;
    Ok(row.map(Row::delivery))
}

/// The deliveries of these notifications, oldest first.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn deliveries_of(
    connection: &mut AnyConnection,
    notifications: &[Uuid],
) -> Result<Vec<Delivery>, StorageError> {
    let of: Vec<Key> = notifications.iter().copied().map(Key).collect();
    let rows: Vec<Row> = notification_deliveries::table
        .filter(notification_deliveries::notification_id.eq_any(of))
        .order(notification_deliveries::id)
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(Row::delivery).collect())
}

/// Counts an attempt that is about to be made; false when there is nothing to be done any more.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn delivery_tried(connection: &mut AnyConnection, id: Uuid) -> Result<bool, StorageError> {
    let waiting = notification_deliveries::table
        .find(Key(id))
        .filter(notification_deliveries::delivered_at.is_null())
        .filter(notification_deliveries::failed_at.is_null());
    let counted = diesel::update(waiting)
        .set(notification_deliveries::attempts.eq(notification_deliveries::attempts + 1))
        .execute(connection)?;
    Ok(counted == 1)
}

/// Records that a delivery was made.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn delivery_made(
    connection: &mut AnyConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(notification_deliveries::table.find(Key(id)))
        .set((
            notification_deliveries::delivered_at.eq(Some(micros(now))),
            notification_deliveries::error.eq(None::<String>),
        ))
        .execute(connection)?;
    Ok(())
}

/// Records why an attempt failed and, with `given_up`, that there will be no other.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn delivery_failed(
    connection: &mut AnyConnection,
    id: Uuid,
    error: &str,
    given_up: Option<DateTime<Utc>>,
) -> Result<(), StorageError> {
    diesel::update(notification_deliveries::table.find(Key(id)))
        .set((
            notification_deliveries::error.eq(Some(error)),
            notification_deliveries::failed_at.eq(given_up.map(micros)),
        ))
        .execute(connection)?;
    Ok(())
}
