//! One connection type for both back ends.
#![allow(missing_docs, unreachable_pub, reason = "the derive makes undocumented helper types")]

use diesel::SqliteConnection;

/// A connection to whichever database the storage was opened on.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// To a SQLite file.
    Sqlite(SqliteConnection),
    /// To a PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

/// The common back end of [`AnyConnection`].
pub(crate) type AnyBackend = MultiBackend;

/// Repeats one statement for whichever database this is: upserts and inserts of many rows are features of a dialect
/// that the common connection type lacks.
macro_rules! on_either {
    ($conn:expr, |$inner:ident| $statement:expr) => {
        match $conn {
            $crate::connection::AnyConnection::Sqlite($inner) => $statement,
            #[cfg(feature = "postgres")]
            $crate::connection::AnyConnection::Postgres($inner) => $statement,
        }
    };
}
pub(crate) use on_either;
