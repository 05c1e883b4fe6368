//! What was restored must be readable by all that reads it, and what its audit log tells: one record that is not would
//! keep everybody's backups from being made.

use bellwether_domain::{PortfolioId, UserId};
use diesel::prelude::*;

use crate::audit::{self, AuditSubject};
use crate::columns::Key;
use crate::connection::AnyConnection;
use crate::schema::{audit_log, portfolios};
use crate::{
    StorageError, changes, import_mappings, imports, indices, ledger_hash, notifications, target_allocations,
};

/// Records that are read at a time.
const PAGE: i64 = 500;

/// A failure to read as a refusal of the export.
fn unless_readable<T>(what: &str, read: Result<T, StorageError>) -> Result<T, StorageError> {
    read.map_err(|error| match error {
        error if error.is_transient() => error,
        StorageError::Refused(words) => StorageError::Refused(words),
        error => {
            let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})"));
            let cause = cause.unwrap_or_default();
            StorageError::Refused(format!("What the export has of {what} cannot be read: {error}{cause}."))
        }
    })
}

/// Reads all that a user has by what reads it otherwise.
pub(super) fn read_all(connection: &mut AnyConnection, user: UserId) -> Result<(), StorageError> {
    unless_readable("the audit log", read_log(connection, user))?;
    unless_readable("portfolios", follow(connection, user))?;
    unless_readable("indices", indices::list(connection, user))?;
    unless_readable("targets", target_allocations::all(connection, user))?;
    unless_readable("rules", notifications::rules(connection, user))?;
    unless_readable("quiet hours", notifications::quiet_hours(connection, user))?;
    unless_readable("mappings", import_mappings::list(connection, user))?;
    unless_readable("all", ledger_hash::of_user(connection, user))?;
    Ok(())
}

/// Every record, also of what belongs to no portfolio, as whoever undoes a change reads it.
fn read_log(connection: &mut AnyConnection, user: UserId) -> Result<(), StorageError> {
    let mut last = i64::MIN;
    loop {
        let records = audit::page_of_user(connection, user, last, PAGE)?;
        let Some(newest) = records.last() else { return Ok(()) };
        last = newest.id;
        for record in &records {
            let belongs = match record.subject {
                AuditSubject::Index => record.portfolio.is_none(),
                AuditSubject::Portfolio | AuditSubject::TargetAllocation => {
                    record.portfolio.is_some_and(|portfolio| portfolio.uuid() == record.subject_id)
                }
                AuditSubject::Transaction | AuditSubject::Import => record.portfolio.is_some(),
            };
            if !belongs || (record.before.is_none() && record.after.is_none()) {
                let what = format!("audit record {}", record.id);
                return Err(StorageError::corrupt(what, "it tells of nothing"));
            }
            if record.subject == AuditSubject::Import && record.after.is_none() {
                imports::check_kept(record)?;
            }
        }
    }
}

/// Every portfolio must be what its audit log tells, also those that are gone.
fn follow(connection: &mut AnyConnection, user: UserId) -> Result<(), StorageError> {
    let mut all: Vec<Key> = portfolios::table
        .filter(portfolios::user_id.eq(Key(user.uuid())))
        .select(portfolios::id)
        .load(connection)?;
    let told: Vec<Option<Key>> = audit_log::table
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .select(audit_log::portfolio_id)
        .distinct()
        .load(connection)?;
    all.extend(told.into_iter().flatten());
    all.sort_unstable();
    all.dedup();
    for Key(id) in all {
        let portfolio = PortfolioId::from_uuid(id);
        let what = format!("the portfolio {id}");
        let read = unless_readable(&what, changes::read(connection, user, portfolio))?;
        let replayed = unless_readable(&what, changes::replay(connection, user, portfolio, None))?;
        if read != replayed {
            return Err(StorageError::Refused(format!(
                "The portfolio {id} is not what its audit log tells."
            )));
        }
    }
    Ok(())
}
