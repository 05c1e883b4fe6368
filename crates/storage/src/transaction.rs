//! Beginning and ending transactions on either back end.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};

use crate::StorageError;
use crate::connection::{AnyConnection, on_either};
use crate::storage::Durability;

/// Runs `work` in a transaction that may write. On SQLite it takes the write lock at once: a transaction that begins
/// by reading cannot wait for another writer later.
pub(crate) fn write<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => {
            AnsiTransactionManager::begin_transaction_sql(postgres, "BEGIN")?;
        }
    }
    end(connection, work)
}

/// Runs `work` in a transaction that only reads and sees one state of the database.
pub(crate) fn snapshot<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN")?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(
            postgres,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )?,
    }
    end(connection, work)
}

/// Runs `work` within a transaction that goes on as if nothing had been, where it fails.
pub(crate) fn attempt<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    // Within a transaction this is a savepoint.
    on_either!(connection, |inner| AnsiTransactionManager::begin_transaction(inner))?;
    end(connection, work)
}

fn end<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    match work(connection) {
        Ok(value) => {
            on_either!(connection, |inner| AnsiTransactionManager::commit_transaction(inner))?;
            Ok(value)
        }
        Err(error) => {
            // Why the work failed says more than why it could not be undone, which the pool finds out by itself.
            let undone = on_either!(connection, |inner| AnsiTransactionManager::rollback_transaction(inner));
            if let Err(cause) = undone {
                tracing::warn!(%cause, "database.rollback_failed");
            }
            Err(error)
        }
    }
}

/// Lets the statements of the present transaction take as long as they need: work on the whole data takes longer than
/// any query of a page.
pub(crate) fn without_time_limit(connection: &mut AnyConnection) -> Result<(), StorageError> {
    match connection {
        AnyConnection::Sqlite(_) => {}
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => postgres.batch_execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )?,
    }
    Ok(())
}

/// Says what the next transaction of a SQLite connection waits for. PostgreSQL always waits for its disk.
pub(crate) fn set_durability(
    connection: &mut AnyConnection,
    durability: Durability,
) -> Result<(), StorageError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => sqlite.batch_execute(match durability {
            Durability::OnDisk => "PRAGMA synchronous = FULL",
            Durability::Repeatable => "PRAGMA synchronous = NORMAL",
        })?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {}
    }
    Ok(())
}

/// What processes do one after another.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has one writer anyway"))]
pub(crate) enum Turn<'a> {
    /// Creating the owner.
    Owner,
    /// Counting attempts to sign in.
    SignIn,
    /// Putting a job of that key into the queue.
    JobKey(&'a str),
    /// Changing the setting of that name.
    Setting(&'a str),
}

/// Waits until no other transaction has this turn; it ends with the transaction.
#[cfg(feature = "postgres")]
pub(crate) fn take_turns(connection: &mut AnyConnection, turn: Turn<'_>) -> Result<(), StorageError> {
    use diesel::RunQueryDsl;
    use diesel::sql_types::{Integer, Text};

    let AnyConnection::Postgres(postgres) = connection else { return Ok(()) };
    // Two numbers: ours alone in a database, and the turn's own.
    let (space, name) = match turn {
        Turn::Owner => (720_194_831, ""),
        Turn::SignIn => (720_194_834, ""),
        Turn::JobKey(key) => (720_194_832, key),
        Turn::Setting(name) => (720_194_833, name),
    };
    diesel::sql_query("SELECT pg_advisory_xact_lock($1, hashtext($2))")
        .bind::<Integer, _>(space)
        .bind::<Text, _>(name)
        .execute(postgres)?;
    Ok(())
}

/// SQLite has one writer anyway.
#[cfg(not(feature = "postgres"))]
#[expect(clippy::unnecessary_wraps, reason = "PostgreSQL may refuse")]
pub(crate) fn take_turns(_: &mut AnyConnection, _: Turn<'_>) -> Result<(), StorageError> {
    Ok(())
}
