//! The record of every change: who, when, what, before and after. It is only ever added to.

use bellwether_domain::{ChangeId, PortfolioId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::audit_log;
use crate::{Storage, StorageError};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditAction {
    /// It was not there before.
    Created,
    /// It was different before.
    Changed,
    /// It is no longer there.
    Deleted,
}

impl AuditAction {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Created, Self::Changed, Self::Deleted].into_iter().find(|action| action.as_str() == word)
    }
}

/// What kind of thing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditSubject {
    /// A transaction of a ledger.
    Transaction,
    /// A portfolio's settings, or the portfolio.
    Portfolio,
    /// An import as a whole; its transactions have their own records.
    Import,
    /// What a portfolio is to consist of.
    TargetAllocation,
    /// An index of the user's own, which belongs to no portfolio.
    Index,
}

impl AuditSubject {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Portfolio => "portfolio",
            Self::Import => "import",
            Self::TargetAllocation => "target-allocation",
            Self::Index => "index",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Transaction, Self::Portfolio, Self::Import, Self::TargetAllocation, Self::Index]
            .into_iter()
            .find(|subject| subject.as_str() == word)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its number; later ones are higher.
    pub id: i64,
    /// The portfolio, which may be gone.
    pub portfolio: Option<PortfolioId>,
    /// Who did it.
    pub user: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    pub action: AuditAction,
    /// To what kind of thing.
    pub subject: AuditSubject,
    /// To which.
    pub subject_id: Uuid,
    /// How it was.
    pub before: Option<Value>,
    /// How it is since.
    pub after: Option<Value>,
    /// What was done together with it, where that was recorded.
    pub change: Option<ChangeId>,
}

/// Who changes what, for all records of one change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author {
    pub(crate) user: UserId,
    pub(crate) portfolio: PortfolioId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) change: ChangeId,
}

impl Author {
    /// The author of a new change.
    pub(crate) fn of_change(user: UserId, portfolio: PortfolioId, at: DateTime<Utc>) -> Self {
        Self { user, portfolio, at, change: ChangeId::new() }
    }
}

/// A change to be recorded: what was before, what is after, at least one of them.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) subject: AuditSubject,
    pub(crate) id: Uuid,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Change {
    /// A change of something that can be written as JSON.
    pub(crate) fn of<T: Serialize>(
        subject: AuditSubject,
        id: Uuid,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<Self, StorageError> {
        let text = |value: Option<&T>| {
            value
                .map(serde_json::to_string)
                .transpose()
                .map_err(|error| StorageError::Refused(error.to_string()))
        };
        Ok(Self { subject, id, before: text(before)?, after: text(after)? })
    }
}

#[derive(Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
struct NewRow {
    portfolio_id: Option<Key>,
    user_id: Option<Key>,
    at: i64,
    action: &'static str,
    subject: &'static str,
    subject_id: Key,
    before: Option<String>,
    after: Option<String>,
    change_id: Option<Key>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
struct Row {
    id: i64,
    portfolio_id: Option<Key>,
    user_id: Option<Key>,
    at: i64,
    action: String,
    subject: String,
    subject_id: Key,
    before: Option<String>,
    after: Option<String>,
    change_id: Option<Key>,
}

/// Adds records, in their order.
pub(crate) fn append(
    connection: &mut AnyConnection,
    author: Author,
    changes: Vec<Change>,
) -> Result<(), StorageError> {
    let Author { user, portfolio, at, change } = author;
    append_to(connection, Some(portfolio), (user, at, change), changes)
}

/// Adds records of what belongs to a portfolio or to none, in their order.
pub(crate) fn append_to(
    connection: &mut AnyConnection,
    portfolio: Option<PortfolioId>,
    (user, at, id): (UserId, DateTime<Utc>, ChangeId),
    changes: Vec<Change>,
) -> Result<(), StorageError> {
    let row = |change: Change| NewRow {
        portfolio_id: portfolio.map(|portfolio| Key(portfolio.uuid())),
        user_id: Some(Key(user.uuid())),
        at: micros(at),
        action: match (&change.before, &change.after) {
            (None, _) => AuditAction::Created,
            (Some(_), Some(_)) => AuditAction::Changed,
            (Some(_), None) => AuditAction::Deleted,
        }
        .as_str(),
        subject: change.subject.as_str(),
        subject_id: Key(change.id),
        before: change.before,
        after: change.after,
        change_id: Some(Key(id.uuid())),
    };
    let rows: Vec<NewRow> = changes.into_iter().map(row).collect();
    for rows in rows.chunks(crate::ROWS_PER_INSERT) {
        on_either!(connection, |inner| diesel::insert_into(audit_log::table).values(rows).execute(inner))?;
    }
    Ok(())
}

/// A user's records of a portfolio, newest first: at most `limit`, all older than the record `before` where given.
pub fn list(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .filter(audit_log::id.lt(before.unwrap_or(i64::MAX)))
        .order(audit_log::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(record).collect()
}

/// A user's records of these numbers, as far as they exist.
pub fn records(
    connection: &mut AnyConnection,
    user: UserId,
    ids: &[i64],
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::id.eq_any(ids.iter().copied()))
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(record).collect()
}

/// The last record of the change that a record of a portfolio is of, so that no half of a change is taken for a state.
pub(crate) fn end_of_change(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    record: i64,
) -> Result<i64, StorageError> {
    let of_portfolio = || {
        audit_log::table
            .filter(audit_log::portfolio_id.eq(Key(portfolio.uuid())))
            .filter(audit_log::user_id.eq(Key(user.uuid())))
    };
    let change: Option<Option<Key>> = of_portfolio()
        .filter(audit_log::id.le(record))
        .order(audit_log::id.desc())
        .select(audit_log::change_id)
        .first(connection)
        .optional()?;
    let Some(Some(change)) = change else { return Ok(record) };
    let end: Option<i64> = of_portfolio()
        .filter(audit_log::change_id.eq(change))
        .select(diesel::dsl::max(audit_log::id))
        .get_result(connection)?;
    Ok(end.map_or(record, |end| end.max(record)))
}

/// The last record of one thing of a user's.
pub(crate) fn last_of(
    connection: &mut AnyConnection,
    user: UserId,
    subject: AuditSubject,
    id: Uuid,
) -> Result<Option<AuditRecord>, StorageError> {
    let row: Option<Row> = audit_log::table
        .filter(audit_log::subject_id.eq(Key(id)))
        .filter(audit_log::subject.eq(subject.as_str()))
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .order(audit_log::id.desc())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.as_ref().map(record).transpose()
}

/// A user's records of the deletion of portfolios, newest first.
pub(crate) fn deletions_of_portfolios(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .filter(audit_log::subject.eq(AuditSubject::Portfolio.as_str()))
        .filter(audit_log::action.eq(AuditAction::Deleted.as_str()))
        .filter(audit_log::change_id.is_not_null())
        .order(audit_log::id.desc())
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(record).collect()
}

/// A page of a user's records of a portfolio, oldest first: those after the record `after`, up to the record `to`
/// with it.
pub(crate) fn page(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    after: i64,
    to: i64,
    limit: i64,
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .filter(audit_log::id.gt(after))
        .filter(audit_log::id.le(to))
        .order(audit_log::id)
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(record).collect()
}

/// A page of all of a user's records, oldest first: those after the record `after`.
///
/// # Errors
/// [`StorageError::Corrupt`] when one cannot be read.
pub fn page_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .filter(audit_log::id.gt(after))
        .order(audit_log::id)
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(record).collect()
}

/// The records of one change of a user's portfolio, oldest first.
pub(crate) fn of_change(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    change: ChangeId,
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::change_id.eq(Key(change.uuid())))
        .filter(audit_log::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .order(audit_log::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(record).collect()
}

/// The ledger version with which a portfolio was deleted last: what is put back goes on from there.
pub(crate) fn last_version(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<i64, StorageError> {
    let row: Row = audit_log::table
        .filter(audit_log::subject_id.eq(Key(portfolio.uuid())))
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .filter(audit_log::subject.eq(AuditSubject::Portfolio.as_str()))
        .filter(audit_log::action.eq(AuditAction::Deleted.as_str()))
        .order(audit_log::id.desc())
        .select(Row::as_select())
        .first(connection)?;
    let version = record(&row)?.before.and_then(|before| before.get("ledger_version")?.as_i64());
    version.ok_or_else(|| StorageError::corrupt(format!("audit record {}", row.id), "it has no version"))
}

/// The action and the subject that the stored words mean.
pub(crate) fn words(action: &str, subject: &str) -> Result<(AuditAction, AuditSubject), StorageError> {
    let unknown = |word: &str| StorageError::corrupt("audit log", format!("unknown word {word}"));
    Ok((
        AuditAction::from_word(action).ok_or_else(|| unknown(action))?,
        AuditSubject::from_word(subject).ok_or_else(|| unknown(subject))?,
    ))
}

fn record(row: &Row) -> Result<AuditRecord, StorageError> {
    let damaged = |reason: String| StorageError::corrupt(format!("audit record {}", row.id), reason);
    let json = |text: &Option<String>| {
        text.as_deref().map(serde_json::from_str).transpose().map_err(|error| damaged(error.to_string()))
    };
    Ok(AuditRecord {
        id: row.id,
        portfolio: row.portfolio_id.map(|Key(id)| PortfolioId::from_uuid(id)),
        user: row.user_id.map(|Key(id)| UserId::from_uuid(id)),
        at: instant(row.at),
        action: AuditAction::from_word(&row.action)
            .ok_or_else(|| damaged(format!("unknown action {}", row.action)))?,
        subject: AuditSubject::from_word(&row.subject)
            .ok_or_else(|| damaged(format!("unknown subject {}", row.subject)))?,
        subject_id: row.subject_id.0,
        before: json(&row.before)?,
        after: json(&row.after)?,
        change: row.change_id.map(|Key(id)| ChangeId::from_uuid(id)),
    })
}

impl Storage {
    /// A user's records of a portfolio, newest first: at most `limit`, all older than the record `before` where
    /// given. They outlive the portfolio.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn audit(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditRecord>, StorageError> {
        self.read(move |connection| list(connection, user, portfolio, before, limit)).await
    }
}
