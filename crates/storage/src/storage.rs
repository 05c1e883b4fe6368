//! The door to the database.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bellwether_domain::{Quantiles, SharedClock, Span, UserId};
use chrono::{DateTime, Utc};
use diesel::Connection;
use diesel::connection::{Instrumentation, SimpleConnection, TransactionManager};
use tempfile::TempDir;
use tokio::task::JoinError;

use crate::change_mark::Watcher;
use crate::connection::AnyConnection;
use crate::location::Location;
use crate::pool::{Access, Connector, Lane};
use crate::statistics::{Connections, Counters, Meter};
use crate::transaction;
use crate::{StorageError, StorageOptions, StorageStatistics, migrations};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackEnd {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// How much a write is worth waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On the disk before the call returns: what people entered.
    OnDisk,
    /// May be lost in a power cut, whole: what can be fetched or done again.
    Repeatable,
}

/// The database of an installation; a clone is the same one.
///
/// Repositories are plain functions over a connection, in the modules of this crate; [`read`](Self::read),
/// [`snapshot`](Self::snapshot) and [`write`](Self::write) run any of them, or several in one transaction, on threads
/// that may block. The other methods are those functions for single use.
#[derive(Clone)]
pub struct Storage {
    shared: Arc<Shared>,
}

struct Shared {
    readers: Lane,
    writers: Lane,
    /// Sees what any connection changes; SQLite only.
    watcher: Option<Watcher>,
    back_end: BackEnd,
    patience: Duration,
    clock: SharedClock,
    counters: Arc<Counters>,
    owner: OnceLock<UserId>,
    // Last, so that it goes after the connections to the file in it.
    _folder: Option<TempDir>,
}

tokio::task_local! {
    /// Notes that the present task changed what people entered.
    static CHANGED: Arc<AtomicBool>;
}

/// Does something, and says besides whether that changed what people entered, on any storage. It did where a change may
/// have reached the database, also when its answer did not come back; what can be fetched or done again does not count.
pub async fn noting_changes<T>(work: impl Future<Output = T>) -> (T, bool) {
    let changed = Arc::new(AtomicBool::new(false));
    let value = CHANGED.scope(Arc::clone(&changed), work).await;
    (value, changed.load(Ordering::Relaxed))
}

impl Storage {
    /// Opens the database, creating a SQLite file that does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StorageError::Unsupported`] for an address that no back end of this build serves,
    /// [`StorageError::Unavailable`] when the database cannot be reached, [`StorageError::Migration`] when its schema
    /// cannot be brought up to date or is of a newer version of this program.
    pub async fn open(options: StorageOptions) -> Result<Self, StorageError> {
        blocking(move || Self::open_here(&options)).await?
    }

    fn open_here(options: &StorageOptions) -> Result<Self, StorageError> {
        let mut folder = None;
        let patience = options.patience;
        let path = match Location::parse(&options.url)? {
            Location::File(path) => path,
            Location::Temporary => {
                let made = TempDir::with_prefix("bellwether-").map_err(StorageError::unavailable)?;
                let path = made.path().join("bellwether.db");
                folder = Some(made);
                path
            }
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => {
                let statement_timeout = options.statement_timeout;
                let connector = Connector::Postgres { url, patience, statement_timeout };
                migrate(&connector)?;
                let lane = Lane::new(connector, options.connections, patience)?;
                return Ok(Self::of((lane.clone(), lane, None), BackEnd::Postgres, options, None));
            }
        };
        let connector = |access| Connector::Sqlite { path: PathBuf::clone(&path), access, patience };
        migrate(&connector(Access::Write))?;
        let writers = Lane::new(connector(Access::Write), 1, patience)?;
        let readers = Lane::new(connector(Access::Read), options.connections, patience)?;
        let watcher = Watcher::open(&connector(Access::Read))?;
        Ok(Self::of((readers, writers, Some(watcher)), BackEnd::Sqlite, options, folder))
    }

    fn of(
        (readers, writers, watcher): (Lane, Lane, Option<Watcher>),
        back_end: BackEnd,
        options: &StorageOptions,
        folder: Option<TempDir>,
    ) -> Self {
        let shared = Shared {
            readers,
            writers,
            watcher,
            back_end,
            patience: options.patience,
            clock: SharedClock::clone(&options.clock),
            counters: Arc::new(Counters::new(SharedClock::clone(&options.clock))),
            owner: OnceLock::new(),
            _folder: folder,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Which database it is.
    pub fn back_end(&self) -> BackEnd {
        self.shared.back_end
    }

    /// Counts and times since the storage was opened.
    pub fn statistics(&self) -> StorageStatistics {
        self.shared.counters.statistics()
    }

    /// How long statements took; `None` when there were none in that span.
    pub fn query_times(&self, span: Span) -> Option<Quantiles> {
        self.shared.counters.quantiles(span)
    }

    /// Connections to the database: those that read and, on SQLite, the one that writes.
    pub fn connections(&self) -> Connections {
        let Shared { readers, writers, back_end, .. } = &*self.shared;
        let lanes = if *back_end == BackEnd::Sqlite { vec![readers, writers] } else { vec![readers] };
        lanes.into_iter().fold(Connections::default(), |sum, lane| {
            let state = lane.pool.state();
            Connections {
                open: sum.open + state.connections,
                idle: sum.idle + state.idle_connections,
                limit: sum.limit + lane.pool.max_size(),
            }
        })
    }

    /// Whether the database was out of reach when it was last tried; it is tried again every second until it is back.
    /// Asks nobody.
    pub fn is_away(&self) -> bool {
        self.shared.readers.is_away()
    }

    /// The time that new records bear.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    pub(crate) fn watcher(&self) -> Option<&Watcher> {
        self.shared.watcher.as_ref()
    }

    pub(crate) fn known_owner(&self) -> &OnceLock<UserId> {
        &self.shared.owner
    }

    /// Whether the database answers: for readiness checks.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        self.read(|connection| Ok(connection.batch_execute("SELECT 1")?)).await
    }

    /// Reads with one statement. Several statements may see different states; [`snapshot`](Self::snapshot) sees one.
    ///
    /// # Errors
    /// Those of `work`, and [`StorageError::Unavailable`] when no connection is to be had in time.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    {
        self.shared.counters.count_read();
        self.run(&self.shared.readers, None, work).await
    }

    /// Reads with any number of statements that all see the database as of one moment.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn snapshot<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    {
        self.read(|connection| transaction::snapshot(connection, work)).await
    }

    /// Changes the database: all that `work` does happens when it returns `Ok`, and nothing otherwise. What it did is
    /// on the disk when the call returns.
    ///
    /// # Errors
    /// Those of `work`, and [`StorageError::Unavailable`] when no connection is to be had in time.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    {
        self.write_with(Durability::OnDisk, work).await
    }

    /// As [`write`](Self::write), without waiting for the disk on SQLite: for what can be fetched or done again after
    /// a power cut.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_repeatable<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    {
        self.write_with(Durability::Repeatable, work).await
    }

    async fn write_with<T, F>(&self, durability: Durability, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    {
        self.shared.counters.count_write();
        let noted = CHANGED.try_with(Arc::clone).ok().filter(|_| durability == Durability::OnDisk);
        let work = move |connection: &mut AnyConnection| {
            let value = work(connection)?;
            // The commit follows.
            if let Some(noted) = noted {
                noted.store(true, Ordering::Relaxed);
            }
            Ok(value)
        };
        let work = |connection: &mut AnyConnection| transaction::write(connection, work);
        self.run(&self.shared.writers, Some(durability), work).await
    }

    async fn run<T, F>(&self, lane: &Lane, durability: Option<Durability>, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    {
        let asked = Instant::now();
        let permits = Arc::clone(&lane.permits);
        let permit = tokio::time::timeout(self.shared.patience, permits.acquire_owned())
            .await
            .map_err(StorageError::unavailable)?
            .map_err(StorageError::unavailable)?;
        let lane = lane.clone();
        let counters = Arc::clone(&self.shared.counters);
        blocking(move || {
            let mut connection = lane.connection()?;
            counters.add_wait(asked.elapsed());
            if let Some(durability) = durability {
                transaction::set_durability(&mut connection, durability)?;
            }
            connection.set_instrumentation(Meter::new(counters));
            let result = work(&mut connection);
            // The pool's own checks are not the caller's queries.
            connection.set_instrumentation(None::<Box<dyn Instrumentation>>);
            drop(connection);
            drop(permit);
            result
        })
        .await?
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("back_end", &self.shared.back_end)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

fn migrate(connector: &Connector) -> Result<(), StorageError> {
    let mut connection = connector.open().map_err(StorageError::unavailable)?;
    let count = migrations::run(&mut connection)?;
    if count > 0 {
        tracing::info!(count, "database.migrated");
    }
    debug_assert!(!AnyConnection::is_broken_transaction_manager(&mut connection));
    Ok(())
}

pub(crate) async fn blocking<T, F>(work: F) -> Result<T, StorageError>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    // A panic in `work` leaves its transaction open; the pool sees that, and drops the connection.
    tokio::task::spawn_blocking(work).await.map_err(|error: JoinError| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => StorageError::unavailable(cancelled),
    })
}
