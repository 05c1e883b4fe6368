//! What people are told: the rules that ask for it, the notifications, and how each went out.

mod conditions;
mod deliveries;
mod quiet_hours;
mod rules;

use std::collections::BTreeSet;

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::notifications;
use crate::{Storage, StorageError};

pub use conditions::{begin_condition, conditions, end_condition};
pub use deliveries::{
    Delivery, DeliveryState, Destination, deliveries_of, delivery, delivery_failed, delivery_made,
    delivery_tried,
};
pub use quiet_hours::{StoredQuietHours, quiet_hours, set_quiet_hours};
pub use rules::{NewRule, StoredRule, add_rule, change_rule, remove_rule, rules};

/// What somebody is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// What kind of thing it tells.
    pub kind: String,
    /// How grave it is.
    pub severity: String,
    /// One line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// The page that shows more of it.
    pub link: Option<String>,
    /// Two notifications of one user with the same key tell the same thing.
    pub key: String,
}

/// What somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotification {
    /// Its identifier.
    pub id: Uuid,
    /// What it says.
    pub content: NewNotification,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was marked as read.
    pub read_at: Option<DateTime<Utc>>,
}

/// Which notifications to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotificationFilter {
    /// Only those that were not marked as read.
    pub unread: bool,
    /// Only those older than this one.
    pub before: Option<Uuid>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = notifications, treat_none_as_default_value = false)]
struct Row {
    id: Key,
    user_id: Key,
    kind: String,
    severity: String,
    title: String,
    body: String,
    link: Option<String>,
    key: String,
    created_at: i64,
    read_at: Option<i64>,
}

impl Row {
    fn notification(self) -> StoredNotification {
        StoredNotification {
            id: self.id.0,
            content: NewNotification {
                kind: self.kind,
                severity: self.severity,
                title: self.title,
                body: self.body,
                link: self.link,
                key: self.key,
            },
            created_at: instant(self.created_at),
            read_at: self.read_at.map(instant),
        }
    }
}

/// Records what a user is to know and where it is to go, and gives its identifier and those of the deliveries, which
/// are still to be made; `None` when something was told under its key before.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such user.
pub fn record(
    connection: &mut AnyConnection,
    user: UserId,
    notification: &NewNotification,
    destinations: &BTreeSet<Destination>,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, Vec<Uuid>)>, StorageError> {
    let row = Row {
        id: Key(Uuid::now_v7()),
        user_id: Key(user.uuid()),
        kind: notification.kind.clone(),
        severity: notification.severity.clone(),
        title: notification.title.clone(),
        body: notification.body.clone(),
        link: notification.link.clone(),
        key: notification.key.clone(),
        created_at: micros(now),
        read_at: None,
    };
    let made = on_either!(connection, |inner| diesel::insert_into(notifications::table)
        .values(&row)
        .on_conflict((notifications::user_id, notifications::key))
        .do_nothing()
        .execute(inner))?;
    if made == 0 {
        return Ok(None);
    }
    Ok(Some((row.id.0, deliveries::add(connection, row.id.0, destinations)?)))
}

/// Which of these keys a user was told something under.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn told(
    connection: &mut AnyConnection,
    user: UserId,
    keys: &[String],
) -> Result<Vec<String>, StorageError> {
    Ok(notifications::table
        .filter(notifications::user_id.eq(Key(user.uuid())))
        .filter(notifications::key.eq_any(keys))
        .select(notifications::key)
        .load(connection)?)
}

/// What a user was told, newest first, at most `limit`.
///
/// # Errors
/// [`StorageError::NotFound`] when the one to begin after does not exist or is somebody else's.
pub fn list(
    connection: &mut AnyConnection,
    user: UserId,
    filter: &NotificationFilter,
    limit: usize,
) -> Result<Vec<StoredNotification>, StorageError> {
    let user = Key(user.uuid());
    let mut query = notifications::table.filter(notifications::user_id.eq(user)).into_boxed();
    if filter.unread {
        query = query.filter(notifications::read_at.is_null());
    }
    if let Some(before) = filter.before {
        let at: i64 = notifications::table
            .find(Key(before))
            .filter(notifications::user_id.eq(user))
            .select(notifications::created_at)
            .first(connection)?;
        query = query.filter(
            notifications::created_at
                .lt(at)
                .or(notifications::created_at.eq(at).and(notifications::id.lt(Key(before)))),
        );
    }
    let rows: Vec<Row> = query
        .order((notifications::created_at.desc(), notifications::id.desc()))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(Row::notification).collect())
}

/// How much a user did not read yet.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn unread(connection: &mut AnyConnection, user: UserId) -> Result<i64, StorageError> {
    Ok(notifications::table
        .filter(notifications::user_id.eq(Key(user.uuid())))
        .filter(notifications::read_at.is_null())
        .count()
        .get_result(connection)?)
}

/// Marks these as read, or all of a user's, and says how many were not before.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn mark_read(
    connection: &mut AnyConnection,
    user: UserId,
    which: Option<&[Uuid]>,
    now: DateTime<Utc>,
) -> Result<usize, StorageError> {
    let unread = notifications::user_id.eq(Key(user.uuid())).and(notifications::read_at.is_null());
    let read = notifications::read_at.eq(Some(micros(now)));
    Ok(match which {
        None => diesel::update(notifications::table.filter(unread)).set(read).execute(connection)?,
        Some(ids) => {
            let ids: Vec<Key> = ids.iter().copied().map(Key).collect();
            diesel::update(notifications::table.filter(unread).filter(notifications::id.eq_any(ids)))
                .set(read)
                .execute(connection)?
        }
    })
}

/// Whose a notification is.
///
/// # Errors
/// [`StorageError::NotFound`] when there is none of that identifier.
pub fn user_of(connection: &mut AnyConnection, id: Uuid) -> Result<UserId, StorageError> {
    let Key(user) = notifications::table.find(Key(id)).select(notifications::user_id).first(connection)?;
    Ok(UserId::from_uuid(user))
}

/// One of a user's notifications.
///
/// # Errors
/// [`StorageError::NotFound`] when there is none of that identifier, or it is somebody else's.
pub fn find(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
) -> Result<StoredNotification, StorageError> {
    let row: Row = notifications::table
        .find(Key(id))
        .filter(notifications::user_id.eq(Key(user.uuid())))
        .select(Row::as_select())
        .first(connection)?;
    Ok(row.notification())
}

impl Storage {
    /// What a user was told, newest first, at most `limit`, with how each went out.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the one to begin after does not exist or is somebody else's.
    pub async fn notifications(
        &self,
        user: UserId,
        filter: NotificationFilter,
        limit: usize,
    ) -> Result<Vec<(StoredNotification, Vec<Delivery>)>, StorageError> {
        self.snapshot(move |connection| {
            let listed = list(connection, user, &filter, limit)?;
            let ids: Vec<Uuid> = listed.iter().map(|notification| notification.id).collect();
            let mut deliveries = deliveries_of(connection, &ids)?;
            Ok(listed
                .into_iter()
                .map(|notification| {
                    let (its, others) =
                        deliveries.drain(..).partition(|delivery| delivery.notification == notification.id);
                    deliveries = others;
                    (notification, its)
                })
                .collect())
        })
        .await
    }

    /// How much a user did not read yet.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn unread_notifications(&self, user: UserId) -> Result<i64, StorageError> {
        self.read(move |connection| unread(connection, user)).await
    }

    /// Marks these as read, or all of a user's, and says how many were not before.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn mark_notifications_read(
        &self,
        user: UserId,
        which: Option<Vec<Uuid>>,
    ) -> Result<usize, StorageError> {
        let now = self.now();
        self.write(move |connection| mark_read(connection, user, which.as_deref(), now)).await
    }
}
