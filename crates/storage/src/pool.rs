//! Pools of connections.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use diesel::{Connection, ConnectionError, SqliteConnection};
use tokio::sync::Semaphore;

use crate::StorageError;
use crate::connection::AnyConnection;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Opens connections to one database.
///
/// The derived `establish` of [`AnyConnection`] tries one back end after the other, and SQLite takes any text for a
/// file's name: a PostgreSQL that is down would become a new, empty file.
#[derive(Debug, Clone)]
pub(crate) enum Connector {
    Sqlite {
        path: PathBuf,
        access: Access,
        patience: Duration,
    },
    #[cfg(feature = "postgres")]
    Postgres {
        url: String,
        patience: Duration,
        statement_timeout: Duration,
    },
}

impl Connector {
    /// Opens one connection.
    pub(crate) fn open(&self) -> Result<AnyConnection, diesel::r2d2::Error> {
        match self {
            Self::Sqlite { path, access, patience } => {
                let path = path.to_str().ok_or_else(|| {
                    connection_error(ConnectionError::InvalidConnectionUrl(
                        "the path is not UTF-8".to_owned(),
                    ))
                })?;
                let mut connection = SqliteConnection::establish(path).map_err(connection_error)?;
                prepare_sqlite(&mut connection, *access, *patience)
                    .map_err(diesel::r2d2::Error::QueryError)?;
                Ok(AnyConnection::Sqlite(connection))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { url, patience, statement_timeout } => {
                let url = with_parameters(url);
                let mut connection = diesel::PgConnection::establish(&url).map_err(connection_error)?;
                connection
                    .batch_execute(&format!(
                        "SET statement_timeout = {}; SET lock_timeout = {}; \
                         SET idle_in_transaction_session_timeout = '1min'; SET client_min_messages = warning",
                        statement_timeout.as_millis(),
                        patience.as_millis(),
                    ))
                    .map_err(diesel::r2d2::Error::QueryError)?;
                Ok(AnyConnection::Postgres(connection))
            }
        }
    }
}

fn connection_error(error: ConnectionError) -> diesel::r2d2::Error {
    diesel::r2d2::Error::ConnectionError(error)
}

/// `busy_timeout` first: the switch to WAL needs a lock that another process may hold at that moment.
///
/// `synchronous = NORMAL` does not wait for the disk at each commit. A crash of the program loses nothing, a power
/// cut at most the last commits, and never leaves half of one. That suits what can be fetched again;
/// [`Storage::write`](crate::Storage::write) raises it to `FULL` for what people entered.
fn prepare_sqlite(
    connection: &mut SqliteConnection,
    access: Access,
    patience: Duration,
) -> diesel::QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
    connection.batch_execute(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 268435456;
         PRAGMA journal_size_limit = 67108864",
    )?;
    if access == Access::Read {
        connection.batch_execute("PRAGMA query_only = ON")?;
    }
    Ok(())
}

/// Without these, a server that vanished from the network holds a call for many minutes.
#[cfg(feature = "postgres")]
fn with_parameters(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in
        [("connect_timeout", "5"), ("tcp_user_timeout", "20000"), ("application_name", "bellwether")]
    {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        }
    }
    url
}

impl ManageConnection for Connector {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        self.open()
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), Self::Error> {
        match connection {
            // A file does not hang up.
            AnyConnection::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(connection) => connection.ping().map_err(diesel::r2d2::Error::QueryError),
        }
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        connection.is_broken()
    }
}

/// Connections for one kind of access, and as many permits: calls wait for a permit without holding a thread.
#[derive(Clone)]
pub(crate) struct Lane {
    pub(crate) pool: Pool<Connector>,
    pub(crate) permits: Arc<Semaphore>,
}

impl Lane {
    pub(crate) fn new(connector: Connector, size: u32, patience: Duration) -> Result<Self, StorageError> {
        let size = size.max(1);
        let pool = Pool::builder()
            .max_size(size)
            // One at the start: opening all of them at once is slow and not always needed.
            .min_idle(Some(1))
            .connection_timeout(patience)
            .build(connector)
            .map_err(StorageError::unavailable)?;
        Ok(Self { pool, permits: Arc::new(Semaphore::new(size as usize)) })
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("size", &self.pool.max_size()).finish_non_exhaustive()
    }
}
