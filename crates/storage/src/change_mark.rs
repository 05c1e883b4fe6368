//! Whether a database was changed since, without asking what.

use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;

use crate::connection::AnyConnection;
use crate::pool::Connector;
use crate::{Storage, StorageError};

/// A state of the database: as long as two marks are equal, nobody changed anything between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChangeMark(i64);

/// A connection that does nothing but look for changes, for SQLite tells it of those that others made.
pub(crate) struct Watcher(Mutex<AnyConnection>);

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    data_version: i64,
}

impl Watcher {
    pub(crate) fn open(connector: &Connector) -> Result<Self, StorageError> {
        Ok(Self(Mutex::new(connector.open().map_err(StorageError::unavailable)?)))
    }

    fn look(&self) -> Option<ChangeMark> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen: DataVersion = diesel::sql_query("PRAGMA data_version").get_result(&mut *connection).ok()?;
        Some(ChangeMark(seen.data_version))
    }
}

impl Storage {
    /// The mark of the database's present state, found without waiting, in microseconds. `None` where only a query can
    /// tell: on PostgreSQL, and when the file cannot be read.
    pub fn change_mark(&self) -> Option<ChangeMark> {
        self.watcher()?.look()
    }
}
