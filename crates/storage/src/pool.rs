//! Pools of connections.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::event::{AcquireEvent, CheckoutEvent, HandleEvent};
use diesel::r2d2::{HandleError, ManageConnection, Pool, PooledConnection, R2D2Connection};
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

/// Between looks whether the database is known to be away, for those who wait for a connection.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A database that is away is tried again so often at least, whether anybody asks or not.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Whether the last connection that was tried failed, as the pool tells.
#[derive(Debug, Clone, Default)]
struct Reach(Arc<AtomicBool>);

impl Reach {
    fn is_away(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl HandleError<diesel::r2d2::Error> for Reach {
    fn handle_error(&self, _: diesel::r2d2::Error) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl HandleEvent for Reach {
    fn handle_acquire(&self, _: AcquireEvent) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn handle_checkout(&self, _: CheckoutEvent) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Connections for one kind of access, and as many permits: calls wait for a permit without holding a thread.
#[derive(Clone)]
pub(crate) struct Lane {
    pub(crate) pool: Pool<Connector>,
    pub(crate) permits: Arc<Semaphore>,
    patience: Duration,
    reach: Reach,
}

impl Lane {
    pub(crate) fn new(connector: Connector, size: u32, patience: Duration) -> Result<Self, StorageError> {
        let size = size.max(1);
        let reach = Reach::default();
        let pool = Pool::builder()
            .max_size(size)
            // One at the start: opening all of them at once is slow and not always needed.
            .min_idle(Some(1))
            // Half of it is the longest pause between attempts to connect.
            .connection_timeout(2 * TRY_AGAIN)
            .error_handler(Box::new(reach.clone()))
            .event_handler(Box::new(reach.clone()))
            .build_unchecked(connector);
        let lane = Self { pool, permits: Arc::new(Semaphore::new(size as usize)), patience, reach };
        lane.connection()?;
        Ok(lane)
    }

    /// Whether the database refused or broke the last connection.
    pub(crate) fn is_away(&self) -> bool {
        self.reach.is_away()
    }

    /// A connection, for whoever has a permit. Waits where one has to be opened, but not for a database that refuses:
    /// the pool goes on trying, and whoever asks later has it.
    pub(crate) fn connection(&self) -> Result<PooledConnection<Connector>, StorageError> {
        let asked = Instant::now();
        loop {
            match self.pool.get_timeout(LOOK_AGAIN) {
                Ok(connection) => return Ok(connection),
                Err(error) if self.is_away() || asked.elapsed() >= self.patience => {
                    return Err(StorageError::unavailable(error));
                }
                Err(_) => {}
            }
        }
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("size", &self.pool.max_size()).finish_non_exhaustive()
    }
}
