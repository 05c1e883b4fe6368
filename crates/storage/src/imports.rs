//! Imports of files: all of a file's good rows or none.

use bellwether_domain::{ImportId, PortfolioId, Transaction, TransactionId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditRecord, AuditSubject, Author, Change};
use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::ledger::{self, LedgerEntry};
use crate::schema::{import_rows, imports, transactions};
use crate::{ROWS_PER_INSERT, Storage, StorageError, portfolios};

/// Which file it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportHeader {
    /// The file's name as the user gave it.
    pub file_name: String,
    /// The format that it was read as.
    pub format: String,
    /// The digest of its bytes.
    pub sha256: [u8; 32],
}

/// A good row: the transaction that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRow {
    /// The line in the file, counted from 1.
    pub line: u32,
    /// The checked transaction.
    pub transaction: Transaction,
    /// What two tellings of it share, with the occurrence number of true twins in the file.
    pub fingerprint: String,
}

/// A row that is no transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The line in the file, counted from 1.
    pub line: u32,
    /// The line as it stands in the file.
    pub content: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Its identifier; `None` when it added nothing, which leaves no trace.
    pub import: Option<ImportId>,
    /// The transactions that were added, in their order.
    pub inserted: Vec<TransactionId>,
    /// Lines of the rows whose fingerprints the ledger had already.
    pub already_there: Vec<u32>,
    /// The ledger's version since.
    pub ledger_version: i64,
}

/// What an import is beside its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// The identifier that it is to have.
    pub id: ImportId,
    /// What its file states beside transactions, as JSON.
    pub stated: Option<String>,
}

/// An import as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Its identifier.
    pub id: ImportId,
    /// The file's name.
    pub file_name: String,
    /// The format that it was read as.
    pub format: String,
    /// How many transactions it added.
    pub inserted: u32,
    /// How many rows the ledger had already.
    pub duplicates: u32,
    /// How many rows were no transactions.
    pub rejected: u32,
    /// When it was committed.
    pub created_at: DateTime<Utc>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
}

/// An import as the audit log keeps it when its portfolio goes: enough to put it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptImport {
    #[serde(flatten)]
    pub(crate) record: ImportRecord,
    sha256: Vec<u8>,
    rejects: Vec<RejectedRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stated: Option<String>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = imports, treat_none_as_default_value = false)]
struct Row {
    id: Key,
    portfolio_id: Key,
    file_name: String,
    format: String,
    sha256: Vec<u8>,
    inserted: i32,
    duplicates: i32,
    rejected: i32,
    created_at: i64,
    undone_at: Option<i64>,
    stated: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = import_rows, treat_none_as_default_value = false)]
struct NewImportRow {
    import_id: Key,
    position: i32,
    line: i32,
    outcome: &'static str,
    transaction_id: Option<Key>,
    content: Option<String>,
    reason: Option<String>,
}

/// Adds a file's good rows to a ledger in one database transaction, with their audit records. Rows whose fingerprint
/// the ledger has are left out: importing a file again changes nothing.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's, [`StorageError::Duplicate`]
/// when an identifier is taken.
pub fn commit(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    header: &ImportHeader,
    rows: &[ImportedRow],
    rejected: &[RejectedRow],
    now: DateTime<Utc>,
) -> Result<ImportOutcome, StorageError> {
    let new = NewImport { id: ImportId::new(), stated: None };
    commit_as(connection, user, portfolio, new, header, rows, rejected, now)
}

/// As [`commit`], of a draft.
///
/// # Errors
/// As [`commit`].
#[expect(clippy::too_many_arguments, reason = "all of them are what an import is")]
pub fn commit_as(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    new: NewImport,
    header: &ImportHeader,
    rows: &[ImportedRow],
    rejected: &[RejectedRow],
    now: DateTime<Utc>,
) -> Result<ImportOutcome, StorageError> {
    let version = portfolios::lock(connection, user, portfolio)?;
    let mut known = ledger::fingerprints(connection, user, portfolio)?;
    let (news, old): (Vec<&ImportedRow>, Vec<&ImportedRow>) =
        rows.iter().partition(|row| known.insert(row.fingerprint.clone()));
    let already_there: Vec<u32> = old.iter().map(|row| row.line).collect();
    if news.is_empty() {
        return Ok(ImportOutcome {
            import: None,
            inserted: Vec::new(),
            already_there,
            ledger_version: version,
        });
    }

    let id = new.id;
    let author = Author::of_change(user, portfolio, now);
    diesel::insert_into(imports::table)
        .values(Row {
            id: Key(id.uuid()),
            portfolio_id: Key(portfolio.uuid()),
            file_name: header.file_name.clone(),
            format: header.format.clone(),
            sha256: header.sha256.to_vec(),
            inserted: news.len() as i32,
            duplicates: old.len() as i32,
            rejected: rejected.len() as i32,
            created_at: micros(now),
            undone_at: None,
            stated: new.stated,
        })
        .execute(connection)?;
    let entries: Vec<LedgerEntry> = news
        .iter()
        .map(|row| LedgerEntry {
            transaction: row.transaction.clone(),
            fingerprint: row.fingerprint.clone(),
            import: Some(id),
            created_at: now,
        })
        .collect();
    ledger::insert_entries(connection, author, &entries)?;
    write_rows(connection, id, &news, &old, rejected)?;
    record(connection, author, id, None)?;
    Ok(ImportOutcome {
        import: Some(id),
        inserted: entries.iter().map(|entry| entry.transaction.id).collect(),
        already_there,
        ledger_version: portfolios::raise_version(connection, portfolio, now)?,
    })
}

fn write_rows(
    connection: &mut AnyConnection,
    id: ImportId,
    news: &[&ImportedRow],
    old: &[&ImportedRow],
    rejected: &[RejectedRow],
) -> Result<(), StorageError> {
    let row = |line: u32, outcome| NewImportRow {
        import_id: Key(id.uuid()),
        position: 0,
        line: line as i32,
        outcome,
        transaction_id: None,
        content: None,
        reason: None,
    };
    let mut all: Vec<NewImportRow> = Vec::with_capacity(news.len() + old.len() + rejected.len());
    all.extend(news.iter().map(|news| NewImportRow {
        transaction_id: Some(Key(news.transaction.id.uuid())),
        ..row(news.line, "inserted")
    }));
    all.extend(old.iter().map(|old| row(old.line, "duplicate")));
    all.extend(rejected.iter().map(|rejected| NewImportRow {
        content: Some(rejected.content.clone()),
        reason: Some(rejected.reason.clone()),
        ..row(rejected.line, "rejected")
    }));
    // In the order of the file; a line that makes several transactions keeps theirs.
    all.sort_by_key(|row| row.line);
    for (position, row) in (0..).zip(&mut all) {
        row.position = position;
    }
    for rows in all.chunks(ROWS_PER_INSERT) {
        on_either!(connection, |inner| diesel::insert_into(import_rows::table).values(rows).execute(inner))?;
    }
    Ok(())
}

/// Takes an import back: deletes what is left of its transactions, edited ones included, and returns the new ledger
/// version.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio has no such import, [`StorageError::Refused`] when it was
/// undone before.
pub fn undo(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    id: ImportId,
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    let version = portfolios::lock(connection, user, portfolio)?;
    let before = find(connection, portfolio, id)?;
    if before.undone_at.is_some() {
        return Err(StorageError::Refused("the import was undone before".to_owned()));
    }
    diesel::update(imports::table.find(Key(id.uuid())))
        .set(imports::undone_at.eq(micros(now)))
        .execute(connection)?;
    let author = Author::of_change(user, portfolio, now);
    record(connection, author, id, Some(&before))?;
    let left: Vec<Key> = transactions::table
        .filter(transactions::import_id.eq(Key(id.uuid())))
        .select(transactions::id)
        .load(connection)?;
    let left: Vec<TransactionId> = left.into_iter().map(|Key(id)| TransactionId::from_uuid(id)).collect();
    if left.is_empty() {
        return Ok(version);
    }
    ledger::delete_entries(connection, author, &left)?;
    portfolios::raise_version(connection, portfolio, now)
}

/// As [`undo`], where the portfolio has that version of its ledger; otherwise nothing is changed, and the answer is
/// `None`.
///
/// # Errors
/// As [`undo`].
pub fn undo_as_of(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    id: ImportId,
    version: i64,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StorageError> {
    if portfolios::lock(connection, user, portfolio)? != version {
        return Ok(None);
    }
    undo(connection, user, portfolio, id, now).map(Some)
}

/// Says of an import whether and when it was undone, as a part of a change; its transactions are the caller's.
pub(crate) fn set_undone(
    connection: &mut AnyConnection,
    author: Author,
    id: ImportId,
    undone_at: Option<DateTime<Utc>>,
) -> Result<(), StorageError> {
    let before = find(connection, author.portfolio, id)?;
    diesel::update(imports::table.find(Key(id.uuid())))
        .set(imports::undone_at.eq(undone_at.map(micros)))
        .execute(connection)?;
    record(connection, author, id, Some(&before))
}

fn record(
    connection: &mut AnyConnection,
    author: Author,
    id: ImportId,
    before: Option<&ImportRecord>,
) -> Result<(), StorageError> {
    let after = find(connection, author.portfolio, id)?;
    let change = Change::of(AuditSubject::Import, id.uuid(), before, Some(&after))?;
    audit::append(connection, author, vec![change])
}

pub(crate) fn find(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<ImportRecord, StorageError> {
    let row: Row = imports::table
        .filter(imports::id.eq(Key(id.uuid())))
        .filter(imports::portfolio_id.eq(Key(portfolio.uuid())))
        .select(Row::as_select())
        .first(connection)?;
    Ok(record_of(row))
}

/// The imports into a user's portfolio, newest first.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn list(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Vec<ImportRecord>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let rows: Vec<Row> = imports::table
        .filter(imports::portfolio_id.eq(Key(portfolio.uuid())))
        .order((imports::created_at.desc(), imports::id.desc()))
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(record_of).collect())
}

/// An import into a user's portfolio, with what its file states beside transactions, as JSON.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio has no such import.
pub fn one(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<(ImportRecord, Option<String>), StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let stated = imports::table.find(Key(id.uuid())).select(imports::stated).first(connection)?;
    Ok((find(connection, portfolio, id)?, stated))
}

/// The rows of an import that were no transactions, in the order of the file.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio has no such import.
pub fn rejects(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<Vec<RejectedRow>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    find(connection, portfolio, id)?;
    rejects_of(connection, id)
}

fn rejects_of(connection: &mut AnyConnection, id: ImportId) -> Result<Vec<RejectedRow>, StorageError> {
    let rows: Vec<(i32, Option<String>, Option<String>)> = import_rows::table
        .filter(import_rows::import_id.eq(Key(id.uuid())))
        .filter(import_rows::outcome.eq("rejected"))
        .order(import_rows::position)
        .select((import_rows::line, import_rows::content, import_rows::reason))
        .load(connection)?;
    let reject = |(line, content, reason): (i32, Option<String>, Option<String>)| RejectedRow {
        line: line as u32,
        content: content.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(reject).collect())
}

fn kept(connection: &mut AnyConnection, row: Row) -> Result<KeptImport, StorageError> {
    Ok(KeptImport {
        rejects: rejects_of(connection, ImportId::from_uuid(row.id.0))?,
        sha256: row.sha256.clone(),
        stated: row.stated.clone(),
        record: record_of(row),
    })
}

/// Whether an import that a record of the audit log keeps can be put back.
pub(crate) fn check_kept(record: &AuditRecord) -> Result<(), StorageError> {
    let unlike = |reason: String| StorageError::corrupt(format!("audit record {}", record.id), reason);
    let Some(before) = &record.before else { return Ok(()) };
    let kept = KeptImport::deserialize(before).map_err(|error| unlike(error.to_string()))?;
    let is_line = |line: u32| i32::try_from(line).is_ok();
    if kept.sha256.len() != 32 || !kept.rejects.iter().all(|row| is_line(row.line)) {
        return Err(unlike("it keeps no import".to_owned()));
    }
    Ok(())
}

/// Appends the deletion of every import of a portfolio that is about to go with it.
pub(crate) fn record_deletion_of_all(
    connection: &mut AnyConnection,
    author: Author,
) -> Result<(), StorageError> {
    let rows: Vec<Row> = imports::table
        .filter(imports::portfolio_id.eq(Key(author.portfolio.uuid())))
        .order(imports::id)
        .select(Row::as_select())
        .load(connection)?;
    for row in rows {
        let kept = kept(connection, row)?;
        let change = Change::of(AuditSubject::Import, kept.record.id.uuid(), Some(&kept), None)?;
        audit::append(connection, author, vec![change])?;
    }
    Ok(())
}

/// Puts back an import that went with its portfolio; its transactions are the caller's.
pub(crate) fn put_back(
    connection: &mut AnyConnection,
    author: Author,
    kept: &KeptImport,
) -> Result<(), StorageError> {
    let (id, record) = (kept.record.id, &kept.record);
    diesel::insert_into(imports::table)
        .values(Row {
            id: Key(id.uuid()),
            portfolio_id: Key(author.portfolio.uuid()),
            file_name: record.file_name.clone(),
            format: record.format.clone(),
            sha256: kept.sha256.clone(),
            inserted: record.inserted as i32,
            duplicates: record.duplicates as i32,
            rejected: record.rejected as i32,
            created_at: micros(record.created_at),
            undone_at: record.undone_at.map(micros),
            stated: kept.stated.clone(),
        })
        .execute(connection)?;
    write_rows(connection, id, &[], &[], &kept.rejects)?;
    let change = Change::of(AuditSubject::Import, id.uuid(), None, Some(kept))?;
    audit::append(connection, author, vec![change])
}

fn record_of(row: Row) -> ImportRecord {
    ImportRecord {
        id: ImportId::from_uuid(row.id.0),
        file_name: row.file_name,
        format: row.format,
        inserted: row.inserted as u32,
        duplicates: row.duplicates as u32,
        rejected: row.rejected as u32,
        created_at: instant(row.created_at),
        undone_at: row.undone_at.map(instant),
    }
}

impl Storage {
    /// Adds a file's good rows to a ledger in one database transaction, with their audit records. Rows whose
    /// fingerprint the ledger has are left out: importing a file again changes nothing.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn commit_import(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        header: ImportHeader,
        rows: Vec<ImportedRow>,
        rejected: Vec<RejectedRow>,
    ) -> Result<ImportOutcome, StorageError> {
        let now = self.now();
        self.write(move |connection| commit(connection, user, portfolio, &header, &rows, &rejected, now))
            .await
    }

    /// Takes an import back: deletes what is left of its transactions, edited ones included, and returns the new
    /// ledger version.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the user's portfolio has no such import, [`StorageError::Refused`] when it was
    /// undone before.
    pub async fn undo_import(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<i64, StorageError> {
        let now = self.now();
        self.write(move |connection| undo(connection, user, portfolio, id, now)).await
    }

    /// The imports into a user's portfolio, newest first.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn imports(
        &self,
        user: UserId,
        portfolio: PortfolioId,
    ) -> Result<Vec<ImportRecord>, StorageError> {
        self.snapshot(move |connection| list(connection, user, portfolio)).await
    }

    /// The rows of an import that were no transactions, in the order of the file.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the user's portfolio has no such import.
    pub async fn import_rejects(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<Vec<RejectedRow>, StorageError> {
        self.snapshot(move |connection| rejects(connection, user, portfolio, id)).await
    }
}
