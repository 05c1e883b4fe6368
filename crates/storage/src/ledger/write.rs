//! Changing a ledger.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{InstrumentId, PortfolioId, Symbol, Transaction, TransactionId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::LedgerEntry;
use super::read::load;
use super::row::{Facts, NewRow};
use crate::audit::{self, AuditSubject, Author, Change};
use crate::columns::{Key, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::transactions;
use crate::{ROWS_PER_INSERT, StorageError, portfolios};

/// Adds transactions with their fingerprints and returns the new ledger version.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's, [`StorageError::Duplicate`]
/// when one of the fingerprints or identifiers is taken.
pub fn insert(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    added: &[(Transaction, String)],
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    let version = portfolios::lock(connection, user, portfolio)?;
    if added.is_empty() {
        return Ok(version);
    }
    let author = Author::of_change(user, portfolio, now);
    let entries: Vec<LedgerEntry> = added
        .iter()
        .map(|(transaction, fingerprint)| LedgerEntry {
            transaction: transaction.clone(),
            fingerprint: fingerprint.clone(),
            import: None,
            created_at: now,
        })
        .collect();
    insert_entries(connection, author, &entries)?;
    portfolios::raise_version(connection, portfolio, now)
}

/// Adds entries to a ledger that is locked, with their audit records; the version is the caller's to raise.
pub(crate) fn insert_entries(
    connection: &mut AnyConnection,
    author: Author,
    entries: &[LedgerEntry],
) -> Result<(), StorageError> {
    let instruments = register(connection, entries.iter().map(|entry| &entry.transaction))?;
    let at = micros(author.at);
    for entries in entries.chunks(ROWS_PER_INSERT) {
        let rows: Vec<NewRow> = entries
            .iter()
            .map(|entry| NewRow {
                id: Key(entry.transaction.id.uuid()),
                portfolio_id: Key(author.portfolio.uuid()),
                user_id: Key(author.user.uuid()),
                import_id: entry.import.map(|id| Key(id.uuid())),
                created_at: micros(entry.created_at),
                facts: Facts::of(&entry.transaction, &instruments, &entry.fingerprint, at),
            })
            .collect();
        on_either!(connection, |inner| diesel::insert_into(transactions::table)
            .values(&rows)
            .execute(inner))?;
    }
    let changes = entries
        .iter()
        .map(|entry| Change::of(AuditSubject::Transaction, entry.transaction.id.uuid(), None, Some(entry)))
        .collect::<Result<_, _>>()?;
    audit::append(connection, author, changes)
}

/// Gives a transaction, named by its identifier, other facts, and returns the new ledger version.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio has no such transaction, [`StorageError::Duplicate`] when
/// another one has this fingerprint.
pub fn update(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    transaction: &Transaction,
    fingerprint: &str,
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    let version = portfolios::lock(connection, user, portfolio)?;
    let before = load(connection, portfolio, Some(&[transaction.id]))?.pop().ok_or(StorageError::NotFound)?;
    let after = LedgerEntry {
        transaction: transaction.clone(),
        fingerprint: fingerprint.to_owned(),
        ..before.clone()
    };
    if after == before {
        return Ok(version);
    }
    update_entries(connection, Author::of_change(user, portfolio, now), &[(before, after)])?;
    portfolios::raise_version(connection, portfolio, now)
}

/// Gives entries of a ledger that is locked other facts, with their audit records; the version is the caller's to
/// raise.
pub(crate) fn update_entries(
    connection: &mut AnyConnection,
    author: Author,
    changed: &[(LedgerEntry, LedgerEntry)],
) -> Result<(), StorageError> {
    let instruments = register(connection, changed.iter().map(|(_, after)| &after.transaction))?;
    // Two may trade their fingerprints, of which each is unique at any moment.
    for (before, after) in changed {
        if changed.len() > 1 && before.fingerprint != after.fingerprint {
            diesel::update(transactions::table.find(Key(before.transaction.id.uuid())))
                .set(transactions::fingerprint.eq(before.transaction.id.to_string()))
                .execute(connection)?;
        }
    }
    let mut changes = Vec::with_capacity(changed.len());
    for (before, after) in changed {
        let id = after.transaction.id.uuid();
        let facts = Facts::of(&after.transaction, &instruments, &after.fingerprint, micros(author.at));
        diesel::update(transactions::table.find(Key(id))).set(facts).execute(connection)?;
        changes.push(Change::of(AuditSubject::Transaction, id, Some(before), Some(after))?);
    }
    audit::append(connection, author, changes)
}

/// Deletes transactions, all of them or none, and returns the new ledger version.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio lacks one of them.
pub fn delete(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    ids: &[TransactionId],
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    let version = portfolios::lock(connection, user, portfolio)?;
    if ids.is_empty() {
        return Ok(version);
    }
    let wanted: BTreeSet<TransactionId> = ids.iter().copied().collect();
    let wanted: Vec<TransactionId> = wanted.into_iter().collect();
    delete_entries(connection, Author::of_change(user, portfolio, now), &wanted)?;
    portfolios::raise_version(connection, portfolio, now)
}

/// Deletes entries of a ledger that is locked, with their audit records; the version is the caller's to raise.
pub(crate) fn delete_entries(
    connection: &mut AnyConnection,
    author: Author,
    ids: &[TransactionId],
) -> Result<(), StorageError> {
    for ids in ids.chunks(ROWS_PER_INSERT) {
        let before = load(connection, author.portfolio, Some(ids))?;
        if before.len() != ids.len() {
            return Err(StorageError::NotFound);
        }
        diesel::delete(
            transactions::table.filter(transactions::id.eq_any(ids.iter().map(|id| Key(id.uuid())))),
        )
        .execute(connection)?;
        record_deletion(connection, author, &before)?;
    }
    Ok(())
}

/// Appends the deletion of every transaction of a portfolio that is about to go with it.
pub(crate) fn record_deletion_of_all(
    connection: &mut AnyConnection,
    author: Author,
) -> Result<(), StorageError> {
    let before = load(connection, author.portfolio, None)?;
    record_deletion(connection, author, &before)
}

fn record_deletion(
    connection: &mut AnyConnection,
    author: Author,
    gone: &[LedgerEntry],
) -> Result<(), StorageError> {
    let changes = gone
        .iter()
        .map(|entry| Change::of(AuditSubject::Transaction, entry.transaction.id.uuid(), Some(entry), None))
        .collect::<Result<_, _>>()?;
    audit::append(connection, author, changes)
}

fn register<'a>(
    connection: &mut AnyConnection,
    transactions: impl Iterator<Item = &'a Transaction>,
) -> Result<HashMap<Symbol, InstrumentId>, StorageError> {
    let symbols: BTreeSet<&Symbol> = transactions.flat_map(|t| t.booking.symbols()).collect();
    let symbols: Vec<Symbol> = symbols.into_iter().cloned().collect();
    let instruments = crate::instruments::find_or_create(connection, &symbols)?;
    Ok(instruments.into_iter().map(|instrument| (instrument.symbol, instrument.id)).collect())
}
