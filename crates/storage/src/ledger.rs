//! The transactions of a portfolio. Every change appends to the audit log and raises the ledger version, all in one
//! database transaction.

mod row;

use std::collections::{BTreeSet, HashMap, HashSet};

use bellwether_domain::{ImportId, InstrumentId, PortfolioId, Symbol, Transaction, TransactionId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditSubject, Author, Change};
use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::{instruments, transactions};
use crate::{ROWS_PER_INSERT, Storage, StorageError, portfolios};
use row::{Facts, NewRow, Row};

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

/// The ledger of a user's portfolio, in one snapshot.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn read(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Ledger, StorageError> {
    let version = portfolios::version(connection, user, portfolio)?;
    let transactions =
        load(connection, portfolio, None)?.into_iter().map(|entry| entry.transaction).collect();
    Ok(Ledger { version, transactions })
}

/// The entries of a user's portfolio in the order of the ledger.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn entries(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Vec<LedgerEntry>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    load(connection, portfolio, None)
}

/// These entries of a user's portfolio in the order of the ledger, as far as they exist.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn some_entries(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    ids: &[TransactionId],
) -> Result<Vec<LedgerEntry>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    load(connection, portfolio, Some(ids))
}

fn load(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    only: Option<&[TransactionId]>,
) -> Result<Vec<LedgerEntry>, StorageError> {
    let query = transactions::table
        .left_join(instruments::table)
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .order((transactions::trade_date, transactions::sequence, transactions::id))
        .select((Row::as_select(), instruments::symbol.nullable()));
    let rows: Vec<(Row, Option<String>)> = match only {
        None => query.load(connection)?,
        Some(ids) => {
            let ids = ids.iter().map(|id| Key(id.uuid()));
            query.filter(transactions::id.eq_any(ids)).load(connection)?
        }
    };
    // One ticker for all transactions of an instrument: a clone is a reference count.
    let mut symbols: HashMap<String, Symbol> = HashMap::new();
    rows.into_iter()
        .map(|(row, ticker)| {
            let symbol = match ticker {
                None => None,
                Some(ticker) => Some(match symbols.get(&ticker) {
                    Some(symbol) => symbol.clone(),
                    None => {
                        let symbol: Symbol = ticker
                            .parse()
                            .map_err(|error| StorageError::corrupt(format!("instrument {ticker}"), error))?;
                        symbols.insert(ticker, symbol.clone());
                        symbol
                    }
                }),
            };
            Ok(LedgerEntry {
                transaction: row.facts.transaction(row.id, symbol)?,
                fingerprint: row.facts.fingerprint,
                import: row.import_id.map(|Key(id)| ImportId::from_uuid(id)),
                created_at: instant(row.created_at),
            })
        })
        .collect()
}

/// The fingerprints that a user's portfolio has.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn fingerprints(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<HashSet<String>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let all: Vec<String> = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .select(transactions::fingerprint)
        .load(connection)?;
    Ok(all.into_iter().collect())
}

/// The lowest sequence number that comes after all transactions of a user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn next_sequence(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<i64, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let last: Option<i64> = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .select(diesel::dsl::max(transactions::sequence))
        .first(connection)?;
    Ok(last.map_or(0, |last| last + 1))
}

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
    let author = Author { user, portfolio, at: now };
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
                facts: Facts::of(
                    &entry.transaction,
                    instrument_of(&instruments, &entry.transaction),
                    &entry.fingerprint,
                    at,
                ),
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
    let instruments = register(connection, std::iter::once(transaction))?;
    let facts = Facts::of(transaction, instrument_of(&instruments, transaction), fingerprint, micros(now));
    diesel::update(transactions::table.find(Key(transaction.id.uuid()))).set(facts).execute(connection)?;
    let change = Change::of(AuditSubject::Transaction, transaction.id.uuid(), Some(&before), Some(&after))?;
    audit::append(connection, Author { user, portfolio, at: now }, vec![change])?;
    portfolios::raise_version(connection, portfolio, now)
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
    for ids in wanted.chunks(ROWS_PER_INSERT) {
        let before = load(connection, portfolio, Some(ids))?;
        if before.len() != ids.len() {
            return Err(StorageError::NotFound);
        }
        diesel::delete(
            transactions::table.filter(transactions::id.eq_any(ids.iter().map(|id| Key(id.uuid())))),
        )
        .execute(connection)?;
        record_deletion(connection, Author { user, portfolio, at: now }, &before)?;
    }
    portfolios::raise_version(connection, portfolio, now)
}

/// Appends the deletion of every transaction of a portfolio that is about to go with it.
pub(crate) fn record_deletion_of_all(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let before = load(connection, portfolio, None)?;
    record_deletion(connection, Author { user, portfolio, at: now }, &before)
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
    let symbols: BTreeSet<&Symbol> = transactions.filter_map(|t| t.booking.symbol()).collect();
    let symbols: Vec<Symbol> = symbols.into_iter().cloned().collect();
    let instruments = crate::instruments::find_or_create(connection, &symbols)?;
    Ok(instruments.into_iter().map(|instrument| (instrument.symbol, instrument.id)).collect())
}

fn instrument_of(
    instruments: &HashMap<Symbol, InstrumentId>,
    transaction: &Transaction,
) -> Option<InstrumentId> {
    instruments.get(transaction.booking.symbol()?).copied()
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
