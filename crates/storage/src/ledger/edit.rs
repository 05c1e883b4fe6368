//! Additions, changes and deletions as one change, made over a ledger that is as its author saw it.

use std::collections::HashMap;

use bellwether_domain::{ChangeId, PortfolioId, Transaction, TransactionId, UserId};
use chrono::{DateTime, Utc};

use super::LedgerEntry;
use super::read::load;
use super::write::{delete_entries, insert_entries, update_entries};
use crate::audit::Author;
use crate::connection::AnyConnection;
use crate::{Storage, StorageError, portfolios};

/// What is to be done to a ledger at once: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerEdit {
    /// What goes; each once.
    pub deleted: Vec<TransactionId>,
    /// What gets other facts, named by its identifier, with its fingerprint; each once.
    pub changed: Vec<(Transaction, String)>,
    /// What comes, with its fingerprint.
    pub added: Vec<(Transaction, String)>,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It was made.
    Made(ChangeId),
    /// All was so already.
    Nothing,
    /// The ledger has another version than the one that the edit was made for; nothing was changed.
    Overtaken,
}

/// Makes an edit for a ledger of that version.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio lacks what is to be changed or deleted,
/// [`StorageError::Duplicate`] when a fingerprint or identifier is taken.
pub fn edit(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    version: i64,
    edit: &LedgerEdit,
    now: DateTime<Utc>,
) -> Result<Edited, StorageError> {
    if portfolios::lock(connection, user, portfolio)? != version {
        return Ok(Edited::Overtaken);
    }
    let ids: Vec<TransactionId> = edit.changed.iter().map(|(transaction, _)| transaction.id).collect();
    let mut known: HashMap<TransactionId, LedgerEntry> = load(connection, portfolio, Some(&ids))?
        .into_iter()
        .map(|entry| (entry.transaction.id, entry))
        .collect();
    let mut changed = Vec::with_capacity(edit.changed.len());
    for (transaction, fingerprint) in &edit.changed {
        let before = known.remove(&transaction.id).ok_or(StorageError::NotFound)?;
        let after = LedgerEntry {
            transaction: transaction.clone(),
            fingerprint: fingerprint.clone(),
            ..before.clone()
        };
        if before != after {
            changed.push((before, after));
        }
    }
    if edit.deleted.is_empty() && changed.is_empty() && edit.added.is_empty() {
        return Ok(Edited::Nothing);
    }
    let entry = |(transaction, fingerprint): &(Transaction, String)| LedgerEntry {
        transaction: transaction.clone(),
        fingerprint: fingerprint.clone(),
        import: None,
        created_at: now,
    };
    let author = Author::of_change(user, portfolio, now);
    delete_entries(connection, author, &edit.deleted)?;
    update_entries(connection, author, &changed)?;
    insert_entries(connection, author, &edit.added.iter().map(entry).collect::<Vec<_>>())?;
    portfolios::raise_version(connection, portfolio, now)?;
    Ok(Edited::Made(author.change))
}

impl Storage {
    /// Makes an edit for a ledger of that version.
    ///
    /// # Errors
    /// As [`edit`].
    pub async fn edit_ledger(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        version: i64,
        wanted: LedgerEdit,
    ) -> Result<Edited, StorageError> {
        let now = self.now();
        self.write(move |connection| edit(connection, user, portfolio, version, &wanted, now)).await
    }
}
