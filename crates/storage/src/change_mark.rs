//! Whether a database was changed since, without asking what.

use std::sync::{Mutex, PoisonError};

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use crate::connection::AnyConnection;
use crate::pool::Connector;
use crate::{Storage, StorageError};

/// A state of the database: as long as two marks are equal, nobody changed anything between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChangeMark(i64);

/// A connection that does nothing but look for changes, for SQLite tells it of those that others made.
pub(crate) struct Watcher(Mutex<AnyConnection>);

/// `PRAGMA data_version`, which is asked all the time: other than any SQL text it is parsed once.
#[derive(Debug, Clone, Copy, QueryId)]
struct DataVersion;

impl Query for DataVersion {
    type SqlType = BigInt;
}

impl<DB: Backend> QueryFragment<DB> for DataVersion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("PRAGMA data_version");
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for DataVersion {}

impl Watcher {
    pub(crate) fn open(connector: &Connector) -> Result<Self, StorageError> {
        Ok(Self(Mutex::new(connector.open().map_err(StorageError::unavailable)?)))
    }

    fn look(&self) -> Option<ChangeMark> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        DataVersion.get_result(&mut *connection).ok().map(ChangeMark)
    }
}

impl Storage {
    /// The mark of the database's present state, found without waiting, in microseconds. `None` where only a query can
    /// tell: on PostgreSQL, and when the file cannot be read.
    pub fn change_mark(&self) -> Option<ChangeMark> {
        self.watcher()?.look()
    }
}
