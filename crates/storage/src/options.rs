//! How a storage is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{SharedClock, SystemClock};

/// Which database to open, and within what limits.
#[derive(Clone)]
pub struct StorageOptions {
    /// `sqlite:PATH`, a plain path, `sqlite::memory:` (a temporary file that goes away with the storage), or
    /// `postgres://...` in a build with the feature `postgres`.
    pub url: String,
    /// Connections: readers of a SQLite file, which has one writer beside them; all of them on PostgreSQL.
    pub connections: u32,
    /// How long a call waits for a connection, or for another process's write to a SQLite file.
    pub patience: Duration,
    /// After how long PostgreSQL gives up a statement.
    pub statement_timeout: Duration,
    /// The time that new records bear.
    pub clock: SharedClock,
}

impl StorageOptions {
    /// The database of that address, within limits that suit one process.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 8,
            patience: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
        }
    }

    /// With another clock.
    #[must_use]
    pub fn clock(self, clock: SharedClock) -> Self {
        Self { clock, ..self }
    }

    /// With so many connections; 0 counts as 1.
    #[must_use]
    pub fn connections(self, connections: u32) -> Self {
        Self { connections, ..self }
    }
}

impl fmt::Debug for StorageOptions {
    /// Leaves the address out: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageOptions")
            .field("connections", &self.connections)
            .field("patience", &self.patience)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
}
