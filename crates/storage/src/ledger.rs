//! The transactions of a portfolio. Every change appends to the audit log and raises the ledger version, all in one
//! database transaction.

mod edit;
mod page;
mod read;
mod row;
mod write;

use std::collections::HashSet;

use bellwether_domain::{ImportId, PortfolioId, Transaction, TransactionId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Storage, StorageError};

pub use edit::{Edited, LedgerEdit, edit};
pub use page::{LedgerFilter, LedgerOrder, LedgerPlace, Origin, search};
pub use read::{entries, fingerprints, next_sequence, read, some_entries};
pub(crate) use read::{load, page};
pub use write::{delete, insert, update};
pub(crate) use write::{delete_entries, insert_entries, record_deletion_of_all, update_entries};

/// A portfolio's transactions as of one version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Rises with every change to the ledger or the portfolio's settings.
    pub version: i64,
    /// By date, and in recorded order within a day.
    pub transactions: Vec<Transaction>,
}

/// A transaction with what the storage knows about it. This is also what the audit log keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The transaction.
    pub transaction: Transaction,
    /// What two tellings of it share, with the occurrence number of true twins. Unique in a portfolio.
    pub fingerprint: String,
    /// The import that it came with.
    pub import: Option<ImportId>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
}

impl Storage {
    /// The ledger of a user's portfolio with its version.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn ledger(&self, user: UserId, portfolio: PortfolioId) -> Result<Ledger, StorageError> {
        self.snapshot(move |connection| read(connection, user, portfolio)).await
    }

    /// The entries of a user's portfolio in the order of the ledger, with fingerprints and imports.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn ledger_entries(
        &self,
        user: UserId,
        portfolio: PortfolioId,
    ) -> Result<Vec<LedgerEntry>, StorageError> {
        self.snapshot(move |connection| entries(connection, user, portfolio)).await
    }

    /// One entry of a user's portfolio.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the user's portfolio has no such transaction.
    pub async fn ledger_entry(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        id: TransactionId,
    ) -> Result<LedgerEntry, StorageError> {
        self.snapshot(move |connection| {
            some_entries(connection, user, portfolio, &[id])?.pop().ok_or(StorageError::NotFound)
        })
        .await
    }

    /// The fingerprints that a user's portfolio has.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn fingerprints(
        &self,
        user: UserId,
        portfolio: PortfolioId,
    ) -> Result<HashSet<String>, StorageError> {
        self.snapshot(move |connection| fingerprints(connection, user, portfolio)).await
    }

    /// The lowest sequence number that comes after all transactions of a user's portfolio.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn next_sequence(&self, user: UserId, portfolio: PortfolioId) -> Result<i64, StorageError> {
        self.snapshot(move |connection| next_sequence(connection, user, portfolio)).await
    }

    /// Adds transactions with their fingerprints and returns the new ledger version.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's,
    /// [`StorageError::Duplicate`] when one of the fingerprints or identifiers is taken.
    pub async fn insert_transactions(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        added: Vec<(Transaction, String)>,
    ) -> Result<i64, StorageError> {
        let now = self.now();
        self.write(move |connection| insert(connection, user, portfolio, &added, now)).await
    }

    /// Gives a transaction, named by its identifier, other facts, and returns the new ledger version.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the user's portfolio has no such transaction, [`StorageError::Duplicate`] when
    /// another one has this fingerprint.
    pub async fn update_transaction(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        transaction: Transaction,
        fingerprint: String,
    ) -> Result<i64, StorageError> {
        let now = self.now();
        self.write(move |connection| update(connection, user, portfolio, &transaction, &fingerprint, now))
            .await
    }

    /// Deletes transactions, all of them or none, and returns the new ledger version.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the user's portfolio lacks one of them.
    pub async fn delete_transactions(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        ids: Vec<TransactionId>,
    ) -> Result<i64, StorageError> {
        let now = self.now();
        self.write(move |connection| delete(connection, user, portfolio, &ids, now)).await
    }
}
