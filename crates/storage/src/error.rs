//! What can go wrong, in terms of what the caller can do.

use bellwether_domain::InstrumentId;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the storage could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no such record, or it belongs to somebody else; or what a new record refers to does not exist.
    #[error("there is no such record")]
    NotFound,
    /// A record of that name or key exists already.
    #[error("such a record exists already")]
    Duplicate,
    /// The database is busy, full, restarting or out of reach: the same call may succeed later.
    #[error("the database is busy or out of reach")]
    Unavailable(#[source] Cause),
    /// The call contradicts itself or the data model; nothing was changed.
    #[error("refused: {0}")]
    Refused(String),
    /// A year of stored prices is damaged. Fetching the instrument's history again replaces it.
    #[error("the prices of instrument {} in {year} from {source_name} cannot be read: {reason}", instrument.0)]
    CorruptPrices {
        /// Whose prices.
        instrument: InstrumentId,
        /// The damaged year.
        year: i32,
        /// The name of their source.
        source_name: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A stored record says what no version of this program writes: restore it from a backup.
    #[error("the stored {record} cannot be read: {reason}")]
    Corrupt {
        /// Which record.
        record: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database refused the query. This is a fault of the program.
    #[error("the database refused the query")]
    Query(#[source] QueryError),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date")]
    Migration(#[source] Cause),
    /// A backup cannot be made or restored; nothing was changed.
    #[error(transparent)]
    Archive(#[from] crate::archive::ArchiveError),
    /// No back end of this build serves such an address.
    #[error("{0}")]
    Unsupported(String),
}

impl StorageError {
    /// Whether the same call may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    pub(crate) fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    pub(crate) fn corrupt(record: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { record: record.into(), reason: reason.to_string() }
    }
}

impl From<QueryError> for StorageError {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::NotFound => Self::NotFound,
            QueryError::DatabaseError(kind, info) => match kind {
                DatabaseErrorKind::UniqueViolation => Self::Duplicate,
                DatabaseErrorKind::ForeignKeyViolation => Self::NotFound,
                DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand => Self::unavailable(error),
                _ if passes(info.message()) => Self::unavailable(error),
                _ => Self::Query(error),
            },
            // The connection broke in the middle of a transaction; the pool replaces it.
            QueryError::BrokenTransactionManager => Self::unavailable(error),
            QueryError::RollbackErrorOnCommit { commit_error, .. } if is_unavailable(commit_error) => {
                Self::unavailable(error)
            }
            _ => Self::Query(error),
        }
    }
}

fn is_unavailable(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand,
            _,
        ) => true,
        QueryError::DatabaseError(_, info) => passes(info.message()),
        _ => false,
    }
}

/// Diesel hands neither back end's error code on, so the conditions that pass by themselves are known by their words.
fn passes(message: &str) -> bool {
    const PASSING: [&str; 13] = [
        // SQLite
        "database is locked",
        "database table is locked",
        "database or disk is full",
        "disk I/O error",
        // PostgreSQL
        "canceling statement due to",
        "deadlock detected",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "connection to server",
        "could not extend file",
        "No space left on device",
        "too many clients",
    ];
    PASSING.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: DatabaseErrorKind, message: &str) -> StorageError {
        QueryError::DatabaseError(kind, Box::new(message.to_owned())).into()
    }

    #[test]
    fn conditions_that_pass_are_told_from_faults() {
        let locked = refused(DatabaseErrorKind::Unknown, "database is locked");
        assert!(locked.is_transient());
        let fault = refused(DatabaseErrorKind::Unknown, "no such table: prices");
        assert!(!fault.is_transient());
        assert!(matches!(fault, StorageError::Query(_)));
    }

    #[test]
    fn a_broken_connection_is_transient() {
        assert!(refused(DatabaseErrorKind::ClosedConnection, "gone").is_transient());
        assert!(StorageError::from(QueryError::BrokenTransactionManager).is_transient());
    }

    #[test]
    fn a_taken_name_is_a_duplicate() {
        assert!(matches!(refused(DatabaseErrorKind::UniqueViolation, "name"), StorageError::Duplicate));
    }
}
