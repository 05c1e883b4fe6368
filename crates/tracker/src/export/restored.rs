//! What an export brought must be what could have been entered here: the same rules hold for it, and for every earlier
//! state that its history could bring back.

use bellwether_domain::{Portfolio, Symbol, TransactionDraft, UserId};
use bellwether_storage::audit::{self, AuditRecord, AuditSubject};
use bellwether_storage::imports::ImportRecord;
use bellwether_storage::indices::StoredIndex;
use bellwether_storage::ledger::LedgerEntry;
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_storage::target_allocations::{HOLDINGS, TargetAllocation};
use bellwether_storage::{AnyConnection, StorageError, indices, portfolios, target_allocations};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{notifications, portfolio_settings, targets};

/// Exports are large in memory: one is put back at a time.
pub(super) static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// Records that are read at a time.
const PAGE: i64 = 500;
/// Versions and places that programs in any language count exactly, so that adding one never overflows.
const MOST: i64 = 1 << 53;

/// Whose export was restored, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restored {
    pub(super) user: UserId,
    /// The owner writes to whom they like.
    pub(super) is_owner: bool,
    /// The last day that a transaction may have.
    pub(super) latest: NaiveDate,
}

impl Restored {
    /// Refuses what nobody could have entered.
    pub(super) fn check(self, connection: &mut AnyConnection) -> Result<(), StorageError> {
        let Self { user, is_owner, .. } = self;
        let own = indices::list(connection, user)?;
        for portfolio in portfolios::list(connection, user)? {
            let what = format!("The portfolio {}", portfolio.id);
            check_portfolio(&portfolio).map_err(about(&what))?;
            let mut named = portfolio.benchmarks.iter().filter_map(Symbol::index);
            if let Some(unknown) = named.find(|id| own.iter().all(|index| index.id != *id)) {
                let words = format!("it is compared with the index {unknown}, which is not there");
                return Err(about(&what)(words));
            }
        }
        for index in own {
            crate::indices::fault_of(&index.settings).map_err(about(&format!("The index {}", index.id)))?;
        }
        for (dimension, targets) in target_allocations::all(connection, user)? {
            let what = format!("The targets of {}", targets.since);
            if dimension != HOLDINGS {
                return Err(about(&what)(format!("they are by {dimension:?}, which is not known here")));
            }
            check_targets(&targets).map_err(about(&what))?;
        }
        notifications::check_restored(connection, user, is_owner)?;
        let mut last = i64::MIN;
        loop {
            let records = audit::page_of_user(connection, user, last, PAGE)?;
            let Some(newest) = records.last() else { return Ok(()) };
            last = newest.id;
            for record in &records {
                for side in [&record.before, &record.after].into_iter().flatten() {
                    let what =
                        format!("The history of the {} {}", record.subject.as_str(), record.subject_id);
                    self.state(record, side).map_err(about(&what))?;
                }
            }
        }
    }

    /// What a record of the audit log says that something was.
    fn state(self, record: &AuditRecord, side: &Value) -> Result<(), String> {
        let id = match record.subject {
            AuditSubject::Transaction => {
                let entry: LedgerEntry = read(side)?;
                self.entry(&entry)?;
                entry.transaction.id.uuid()
            }
            AuditSubject::Portfolio => {
                let portfolio: Portfolio = read(side)?;
                check_portfolio(&portfolio)?;
                portfolio.id.uuid()
            }
            AuditSubject::Import => {
                let import: ImportRecord = read(side)?;
                let counts = [import.inserted, import.duplicates, import.rejected];
                if counts.iter().any(|count| i32::try_from(*count).is_err()) {
                    return Err("no file has so many rows".to_owned());
                }
                [Some(import.created_at), import.undone_at].into_iter().flatten().try_for_each(instant)?;
                import.id.uuid()
            }
            AuditSubject::TargetAllocation => {
                check_targets(&read(side)?)?;
                record.subject_id
            }
            AuditSubject::Index => {
                let index: StoredIndex = read(side)?;
                crate::indices::fault_of(&index.settings)?;
                index.id
            }
        };
        if id == record.subject_id { Ok(()) } else { Err("it is of another one".to_owned()) }
    }

    fn entry(self, entry: &LedgerEntry) -> Result<(), String> {
        let transaction = &entry.transaction;
        instant(entry.created_at)?;
        if !(0..=MOST).contains(&transaction.sequence) {
            return Err(format!("its place within its day is {}, which cannot be", transaction.sequence));
        }
        let draft = TransactionDraft::of(transaction);
        let checked = draft.check(transaction.id, transaction.sequence, self.latest);
        checked.map(drop).map_err(|error| error.to_string())
    }
}

fn check_portfolio(portfolio: &Portfolio) -> Result<(), String> {
    if !(0..=MOST).contains(&portfolio.ledger_version) {
        return Err(format!("its version is {}, which cannot be", portfolio.ledger_version));
    }
    portfolio_settings::fault_of(&PortfolioSettings::of(portfolio))
}

fn check_targets(targets: &TargetAllocation) -> Result<(), String> {
    if !(1970..=9999).contains(&targets.since.year()) {
        return Err("they are of a day that cannot be".to_owned());
    }
    targets::fault_of(&targets.weights)
}

fn read<T: DeserializeOwned>(side: &Value) -> Result<T, String> {
    T::deserialize(side).map_err(|error| error.to_string())
}

fn instant(at: DateTime<Utc>) -> Result<(), String> {
    if (1970..=9999).contains(&at.year()) { Ok(()) } else { Err("it has a time that cannot be".to_owned()) }
}

fn about(what: &str) -> impl Fn(String) -> StorageError {
    move |words| {
        StorageError::Refused(format!(
            "{what} is not as it could be entered: {}.",
            words.trim_end_matches('.')
        ))
    }
}
