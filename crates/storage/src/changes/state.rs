//! The state of a portfolio, read from its tables or told by its audit log: both must be the same.

use std::collections::BTreeMap;

use bellwether_domain::{ImportId, Portfolio, PortfolioId, TransactionId, UserId};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StorageError;
use crate::audit::{self, AuditRecord, AuditSubject};
use crate::connection::AnyConnection;
use crate::imports::{self, ImportRecord};
use crate::ledger::{self, LedgerEntry};
use crate::portfolios::{self, PortfolioSettings};
use crate::target_allocations::{self, HOLDINGS, TargetAllocation};

/// All that its owner entered about a portfolio.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortfolioState {
    /// Its settings; `None` when there is no such portfolio.
    pub settings: Option<PortfolioSettings>,
    /// Its transactions.
    pub entries: BTreeMap<TransactionId, LedgerEntry>,
    /// Its imports, undone ones too.
    pub imports: BTreeMap<ImportId, ImportRecord>,
    /// The weights that its holdings are to have, by symbol, as decided last.
    pub targets: Option<BTreeMap<String, Decimal>>,
}

/// Records that are read at a time.
const PAGE: i64 = 2_000;

/// The state of a user's portfolio as its tables have it; the empty one when there is none.
///
/// # Errors
/// [`StorageError::Corrupt`] when a record cannot be read.
pub fn read(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<PortfolioState, StorageError> {
    let found = match portfolios::find(connection, user, portfolio) {
        Ok(found) => found,
        Err(error) if error.is_not_found() => return Ok(PortfolioState::default()),
        Err(error) => return Err(error),
    };
    let entries = ledger::load(connection, portfolio, None)?;
    let imports = imports::list(connection, user, portfolio)?;
    let targets = target_allocations::latest(connection, portfolio, HOLDINGS)?;
    Ok(PortfolioState {
        settings: Some(PortfolioSettings::of(&found)),
        entries: entries.into_iter().map(|entry| (entry.transaction.id, entry)).collect(),
        imports: imports.into_iter().map(|import| (import.id, import)).collect(),
        targets: targets.map(|targets| targets.weights),
    })
}

/// The state of a user's portfolio as its audit log tells it from nothing, up to a record where given.
///
/// # Errors
/// [`StorageError::Corrupt`] when a record does not follow from those before it.
pub fn replay(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    to: Option<i64>,
) -> Result<PortfolioState, StorageError> {
    let mut state = PortfolioState::default();
    let mut last = i64::MIN;
    loop {
        let records = audit::page(connection, user, portfolio, last, to.unwrap_or(i64::MAX), PAGE)?;
        let Some(newest) = records.last() else { return Ok(state) };
        last = newest.id;
        for record in &records {
            follow(&mut state, record)?;
        }
    }
}

/// Does in a state what a record tells.
fn follow(state: &mut PortfolioState, record: &AuditRecord) -> Result<(), StorageError> {
    let (before, after) = (record.before.as_ref(), record.after.as_ref());
    match record.subject {
        AuditSubject::Transaction => {
            let id = TransactionId::from_uuid(record.subject_id);
            follows(record, state.entries.get(&id) == subject(record, before)?.as_ref())?;
            match subject(record, after)? {
                Some(after) => state.entries.insert(id, after),
                None => state.entries.remove(&id),
            };
        }
        AuditSubject::Portfolio => {
            follows(record, state.settings == settings(record, before)?)?;
            state.settings = settings(record, after)?;
        }
        AuditSubject::TargetAllocation => {
            follows(record, state.targets == weights(record, before)?)?;
            state.targets = weights(record, after)?;
        }
        // It belongs to no portfolio.
        AuditSubject::Index => {}
        AuditSubject::Import => {
            let id = ImportId::from_uuid(record.subject_id);
            follows(record, state.imports.get(&id) == subject(record, before)?.as_ref())?;
            match subject(record, after)? {
                Some(after) => state.imports.insert(id, after),
                None => state.imports.remove(&id),
            };
        }
    }
    Ok(())
}

fn follows(record: &AuditRecord, follows: bool) -> Result<(), StorageError> {
    if follows {
        return Ok(());
    }
    let reason = "it does not follow from the records before it";
    Err(StorageError::corrupt(format!("audit record {}", record.id), reason))
}

/// What a record says that something was or is.
pub(super) fn subject<T: DeserializeOwned>(
    record: &AuditRecord,
    side: Option<&Value>,
) -> Result<Option<T>, StorageError> {
    side.map(T::deserialize)
        .transpose()
        .map_err(|error| StorageError::corrupt(format!("audit record {}", record.id), error))
}

pub(super) fn settings(
    record: &AuditRecord,
    side: Option<&Value>,
) -> Result<Option<PortfolioSettings>, StorageError> {
    Ok(subject::<Portfolio>(record, side)?.map(|portfolio| PortfolioSettings::of(&portfolio)))
}

pub(super) fn weights(
    record: &AuditRecord,
    side: Option<&Value>,
) -> Result<Option<BTreeMap<String, Decimal>>, StorageError> {
    Ok(subject::<TargetAllocation>(record, side)?.map(|targets| targets.weights))
}
