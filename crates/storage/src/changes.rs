//! Changes of a portfolio as its owner knows them: what was done at once can be undone at once, and any earlier state
//! can be restored. Both are changes themselves, so nothing that ever was gets lost.

mod state;

use std::collections::BTreeMap;

use bellwether_domain::{ChangeId, ImportId, PortfolioId, UserId};
use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, max, min};
use diesel::prelude::*;
use serde::Serialize;

use crate::audit::{self, AuditAction, AuditRecord, AuditSubject, Author};
use crate::columns::{Key, instant};
use crate::connection::AnyConnection;
use crate::imports::{self, ImportRecord, KeptImport};
use crate::ledger::{self, LedgerEntry};
use crate::portfolios;
use crate::schema::audit_log;
use crate::target_allocations::{self, HOLDINGS, TargetAllocation};
use crate::{Storage, StorageError};

use self::state::subject;
pub use self::state::{PortfolioState, read, replay};

/// What somebody did at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeSummary {
    /// Its identifier.
    pub id: ChangeId,
    /// When.
    pub at: DateTime<Utc>,
    /// The number of its last audit record: restoring this gives the state just after it.
    pub last_record: i64,
    /// How much of what was done to what.
    pub parts: Vec<ChangePart>,
}

/// How often one thing was done to things of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChangePart {
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub subject: AuditSubject,
    /// To how many.
    pub count: i64,
}

/// The changes of a user's portfolio, newest first: at most `limit`, all older than the record `before` where given.
/// They outlive the portfolio.
pub fn list(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<ChangeSummary>, StorageError> {
    let of_portfolio = || {
        audit_log::table
            .filter(audit_log::portfolio_id.eq(Key(portfolio.uuid())))
            .filter(audit_log::user_id.eq(Key(user.uuid())))
            .filter(audit_log::change_id.is_not_null())
    };
    let newest: Vec<(Key, Option<i64>, Option<i64>)> = of_portfolio()
        .filter(audit_log::id.lt(before.unwrap_or(i64::MAX)))
        .group_by(audit_log::change_id)
        .order(max(audit_log::id).desc())
        .limit(limit)
        .select((audit_log::change_id.assume_not_null(), max(audit_log::id), min(audit_log::at)))
        .load(connection)?;
    let counts: Vec<(Key, String, String, i64)> = of_portfolio()
        .filter(audit_log::change_id.eq_any(newest.iter().map(|(id, ..)| *id)))
        .group_by((audit_log::change_id, audit_log::action, audit_log::subject))
        .order((audit_log::subject, audit_log::action))
        .select((audit_log::change_id.assume_not_null(), audit_log::action, audit_log::subject, count_star()))
        .load(connection)?;
    let mut parts: BTreeMap<Key, Vec<ChangePart>> = BTreeMap::new();
    for (id, action, subject, count) in counts {
        let (action, subject) = audit::words(&action, &subject)?;
        parts.entry(id).or_default().push(ChangePart { action, subject, count });
    }
    let summary = |(id, last, at): (Key, Option<i64>, Option<i64>)| ChangeSummary {
        id: ChangeId::from_uuid(id.0),
        at: instant(at.unwrap_or_default()),
        last_record: last.unwrap_or_default(),
        parts: parts.remove(&id).unwrap_or_default(),
    };
    Ok(newest.into_iter().map(summary).collect())
}

/// Takes back all that was done in one change, and returns the change that this is: undoing that one does it again.
///
/// # Errors
/// [`StorageError::NotFound`] when the user's portfolio knows no such change, [`StorageError::Refused`] when something
/// of it was changed again since, [`StorageError::Duplicate`] when what would come back is there again in another form.
pub fn undo(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    change: ChangeId,
    now: DateTime<Utc>,
) -> Result<ChangeId, StorageError> {
    hold_still(connection, user, portfolio)?;
    let undone = undone(connection, user, portfolio, change, now)?;
    let author = Author::of_change(user, portfolio, now);
    become_state(connection, author, &undone.current, &undone.wanted, &undone.kept)?;
    Ok(author.change)
}

/// As [`undo`], where the portfolio has that version of its ledger, `None` where it was deleted; otherwise nothing is
/// changed, and the answer is `None`.
///
/// # Errors
/// As [`undo`].
pub fn undo_as_of(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    change: ChangeId,
    version: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Option<ChangeId>, StorageError> {
    if hold_still(connection, user, portfolio)? != version {
        return Ok(None);
    }
    undo(connection, user, portfolio, change, now).map(Some)
}

/// The state of a portfolio, and the one that [`undo`] would give it.
///
/// # Errors
/// As [`undo`].
pub fn before_and_after_undo(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    change: ChangeId,
    now: DateTime<Utc>,
) -> Result<(PortfolioState, PortfolioState), StorageError> {
    let undone = undone(connection, user, portfolio, change, now)?;
    Ok((undone.current, undone.wanted))
}

/// What undoing a change comes to.
struct Undone {
    current: PortfolioState,
    wanted: PortfolioState,
    kept: BTreeMap<ImportId, KeptImport>,
}

fn undone(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    change: ChangeId,
    now: DateTime<Utc>,
) -> Result<Undone, StorageError> {
    let records = audit::of_change(connection, user, portfolio, change)?;
    if records.is_empty() {
        return Err(StorageError::NotFound);
    }
    let current = read(connection, user, portfolio)?;
    let mut wanted = current.clone();
    let mut kept = BTreeMap::new();
    for record in records.iter().rev() {
        take_back(&mut wanted, &mut kept, record, now)?;
    }
    Ok(Undone { current, wanted, kept })
}

/// Gives a portfolio the state that it had after the change of an audit record, and returns the change that this is; `None` when it
/// has that state already. Imports that came later count as undone.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's, or when it was not there yet
/// at that record.
pub fn restore(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    record: i64,
    now: DateTime<Utc>,
) -> Result<Option<ChangeId>, StorageError> {
    portfolios::lock(connection, user, portfolio)?;
    let current = read(connection, user, portfolio)?;
    let record = audit::end_of_change(connection, user, portfolio, record)?;
    let mut wanted = replay(connection, user, portfolio, Some(record))?;
    if wanted.settings.is_none() {
        return Err(StorageError::NotFound);
    }
    for (id, import) in &current.imports {
        wanted
            .imports
            .entry(*id)
            .or_insert_with(|| ImportRecord { undone_at: import.undone_at.or(Some(now)), ..import.clone() });
    }
    if wanted == current {
        return Ok(None);
    }
    let author = Author::of_change(user, portfolio, now);
    become_state(connection, author, &current, &wanted, &BTreeMap::new())?;
    Ok(Some(author.change))
}

/// Locks the portfolio where it exists, and tells its version; one that was deleted has nobody else who changes it.
fn hold_still(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Option<i64>, StorageError> {
    match portfolios::lock(connection, user, portfolio) {
        Ok(version) => Ok(Some(version)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes one record back in a state that must be as the record left it.
fn take_back(
    state: &mut PortfolioState,
    kept: &mut BTreeMap<ImportId, KeptImport>,
    record: &AuditRecord,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    match record.subject {
        AuditSubject::Transaction => {
            let id = bellwether_domain::TransactionId::from_uuid(record.subject_id);
            let (before, after): (Option<LedgerEntry>, _) =
                (subject(record, record.before.as_ref())?, subject(record, record.after.as_ref())?);
            unchanged(state.entries.get(&id) == after.as_ref())?;
            match before {
                Some(before) => state.entries.insert(id, before),
                None => state.entries.remove(&id),
            };
        }
        AuditSubject::Portfolio => {
            let (before, after) = (
                state::settings(record, record.before.as_ref())?,
                state::settings(record, record.after.as_ref())?,
            );
            unchanged(state.settings == after)?;
            // What was entered into it since is not to go with it; what came with it is taken back by now.
            let is_empty = state.entries.is_empty() && state.targets.as_ref().is_none_or(BTreeMap::is_empty);
            unchanged(before.is_some() || is_empty)?;
            state.settings = before;
        }
        AuditSubject::TargetAllocation => {
            let (before, after) = (
                state::weights(record, record.before.as_ref())?,
                state::weights(record, record.after.as_ref())?,
            );
            unchanged(state.targets == after)?;
            state.targets = before;
        }
        // It belongs to no portfolio.
        AuditSubject::Index => {}
        AuditSubject::Import => {
            let id = ImportId::from_uuid(record.subject_id);
            let after: Option<ImportRecord> = subject(record, record.after.as_ref())?;
            unchanged(state.imports.get(&id) == after.as_ref())?;
            match (&record.before, after) {
                // An import that happened is not forgotten; it is undone.
                (None, Some(import)) => {
                    state
                        .imports
                        .insert(id, ImportRecord { undone_at: import.undone_at.or(Some(now)), ..import });
                }
                (Some(_), after) => {
                    let before: Option<ImportRecord> = subject(record, record.before.as_ref())?;
                    state.imports.extend(before.map(|before| (id, before)));
                    if after.is_none() {
                        let gone: Option<KeptImport> = subject(record, record.before.as_ref())?;
                        kept.extend(gone.map(|gone| (id, gone)));
                    }
                }
                (None, None) => {}
            }
        }
    }
    Ok(())
}

fn unchanged(same: bool) -> Result<(), StorageError> {
    if same {
        return Ok(());
    }
    let words =
        "some of it was changed again since; undo the later change first, or restore an earlier state";
    Err(StorageError::Refused(words.to_owned()))
}

/// Makes one state of another, with the records of what that changes.
fn become_state(
    connection: &mut AnyConnection,
    author: Author,
    current: &PortfolioState,
    wanted: &PortfolioState,
    kept: &BTreeMap<ImportId, KeptImport>,
) -> Result<(), StorageError> {
    match (&current.settings, &wanted.settings) {
        (Some(_), None) => return portfolios::delete_by(connection, author),
        (None, None) => return Err(StorageError::NotFound),
        (None, Some(settings)) => {
            let version = audit::last_version(connection, author.user, author.portfolio)?;
            portfolios::put_back(connection, author, settings, version + 1)?;
        }
        (Some(current), Some(wanted)) if current != wanted => {
            portfolios::change_by(connection, author, wanted)?;
        }
        (Some(_), Some(_)) => {}
    }
    for (id, import) in &wanted.imports {
        match current.imports.get(id) {
            Some(now) if now == import => {}
            Some(_) => imports::set_undone(connection, author, *id, import.undone_at)?,
            None => match kept.get(id) {
                Some(kept) => imports::put_back(connection, author, kept)?,
                None => return Err(StorageError::NotFound),
            },
        }
    }
    let gone: Vec<_> =
        current.entries.keys().filter(|id| !wanted.entries.contains_key(id)).copied().collect();
    ledger::delete_entries(connection, author, &gone)?;
    let (mut changed, mut new) = (Vec::new(), Vec::new());
    for (id, entry) in &wanted.entries {
        match current.entries.get(id) {
            Some(now) if now == entry => {}
            Some(now) => changed.push((now.clone(), entry.clone())),
            None => new.push(entry.clone()),
        }
    }
    ledger::update_entries(connection, author, &changed)?;
    ledger::insert_entries(connection, author, &new)?;
    if current.targets != wanted.targets {
        let weights = wanted.targets.clone().unwrap_or_default();
        // In force at once wherever it is: it may still be yesterday where the owner's days begin.
        let today = author.at.date_naive();
        let targets = TargetAllocation { since: today.pred_opt().unwrap_or(today), weights };
        target_allocations::set_by(connection, author, HOLDINGS, &targets)?;
    }
    portfolios::raise_version(connection, author.portfolio, author.at)?;
    Ok(())
}

impl Storage {
    /// The changes of a user's portfolio, newest first: at most `limit`, all older than the record `before` where
    /// given.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn changes(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<ChangeSummary>, StorageError> {
        self.snapshot(move |connection| list(connection, user, portfolio, before, limit)).await
    }

    /// Takes back all that was done in one change.
    ///
    /// # Errors
    /// As [`undo`].
    pub async fn undo_change(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        change: ChangeId,
    ) -> Result<ChangeId, StorageError> {
        let now = self.now();
        self.write(move |connection| undo(connection, user, portfolio, change, now)).await
    }

    /// Gives a portfolio the state that it had after an audit record.
    ///
    /// # Errors
    /// As [`restore`].
    pub async fn restore_portfolio(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        record: i64,
    ) -> Result<Option<ChangeId>, StorageError> {
        let now = self.now();
        self.write(move |connection| restore(connection, user, portfolio, record, now)).await
    }

    /// The state of a user's portfolio, as its tables have it.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn portfolio_state(
        &self,
        user: UserId,
        portfolio: PortfolioId,
    ) -> Result<PortfolioState, StorageError> {
        self.snapshot(move |connection| read(connection, user, portfolio)).await
    }

    /// The state of a user's portfolio, as its audit log tells it, up to a record where given.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`] when the records contradict each other.
    pub async fn replayed_state(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        to: Option<i64>,
    ) -> Result<PortfolioState, StorageError> {
        self.snapshot(move |connection| replay(connection, user, portfolio, to)).await
    }
}
