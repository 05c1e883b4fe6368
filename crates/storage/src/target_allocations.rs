//! What portfolios are to consist of: the weights that their owners want, by the day from which they are in force.

use std::collections::BTreeMap;

use bellwether_domain::{PortfolioId, UserId, epoch_day, from_epoch_day};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{self, AuditSubject, Author, Change};
use crate::columns::{Amount, Key};
use crate::connection::{AnyConnection, on_either};
use crate::portfolios::{lock, version};
use crate::schema::target_allocations;
use crate::{Storage, StorageError};

/// Weights of single holdings, by symbol.
pub const HOLDINGS: &str = "holding";

/// Stands for a set without any target: it ends the one before.
const NONE: &str = "";

/// A set of targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetAllocation {
    /// The day from which it is in force.
    pub since: NaiveDate,
    /// Weights by what they are of; 0.6 is 60 %.
    pub weights: BTreeMap<String, Decimal>,
}

#[derive(Insertable)]
#[diesel(table_name = target_allocations, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: Key,
    user_id: Key,
    portfolio_id: Key,
    date: i32,
    dimension: &'a str,
    target: &'a str,
    weight: Amount,
}

/// The targets of a user's portfolio that are in force on a day; `None` when there are none.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn in_force(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    dimension: &str,
    on: NaiveDate,
) -> Result<Option<TargetAllocation>, StorageError> {
    version(connection, user, portfolio)?;
    of_day(connection, portfolio, dimension, on)
}

fn of_day(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    dimension: &str,
    on: NaiveDate,
) -> Result<Option<TargetAllocation>, StorageError> {
    let Some(since) = decided_until(connection, portfolio, dimension, on)? else { return Ok(None) };
    let rows: Vec<(String, Amount)> = target_allocations::table
        .filter(target_allocations::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(target_allocations::dimension.eq(dimension))
        .filter(target_allocations::date.eq(since))
        .select((target_allocations::target, target_allocations::weight))
        .load(connection)?;
    let weights: BTreeMap<String, Decimal> = rows
        .into_iter()
        .filter(|(target, _)| target != NONE)
        .map(|(target, weight)| (target, weight.0))
        .collect();
    Ok((!weights.is_empty()).then(|| TargetAllocation { since: from_epoch_day(since), weights }))
}

/// The day of the last decision until a day, also of one to want nothing.
fn decided_until(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    dimension: &str,
    on: NaiveDate,
) -> Result<Option<i32>, StorageError> {
    let date = target_allocations::table
        .filter(target_allocations::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(target_allocations::dimension.eq(dimension))
        .filter(target_allocations::date.le(epoch_day(on)))
        .order(target_allocations::date.desc())
        .select(target_allocations::date)
        .first(connection);
    Ok(date.optional()?)
}

/// Puts targets in force from their day on, none when there is no weight. What is in force already is left as it is.
/// What is decided last holds: where an earlier decision counts from a later day, so does this one.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn set(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    dimension: &str,
    targets: &TargetAllocation,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let author = Author::of_change(user, portfolio, now);
    set_by(connection, author, dimension, targets)
}

/// As [`set`], as a part of a change.
pub(crate) fn set_by(
    connection: &mut AnyConnection,
    author: Author,
    dimension: &str,
    targets: &TargetAllocation,
) -> Result<(), StorageError> {
    let Author { user, portfolio, .. } = author;
    lock(connection, user, portfolio)?;
    // Whatever the clock says, and also where the decision before was to want nothing.
    let decided = decided_until(connection, portfolio, dimension, NaiveDate::MAX)?;
    let since = decided.map_or(targets.since, |decided| from_epoch_day(decided).max(targets.since));
    let targets = &TargetAllocation { since, weights: targets.weights.clone() };
    let before = in_force(connection, user, portfolio, dimension, since)?;
    let wanted = (!targets.weights.is_empty()).then_some(&targets.weights);
    if before.as_ref().map(|before| &before.weights) == wanted {
        return Ok(());
    }
    let of_the_day = target_allocations::table
        .filter(target_allocations::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(target_allocations::dimension.eq(dimension))
        .filter(target_allocations::date.eq(epoch_day(targets.since)));
    diesel::delete(of_the_day).execute(connection)?;
    let row = |target, weight| NewRow {
        id: Key(Uuid::now_v7()),
        user_id: Key(user.uuid()),
        portfolio_id: Key(portfolio.uuid()),
        date: epoch_day(targets.since),
        dimension,
        target,
        weight: Amount(weight),
    };
    let rows: Vec<NewRow<'_>> = match wanted {
        Some(weights) => weights.iter().map(|(target, weight)| row(target, *weight)).collect(),
        None => vec![row(NONE, Decimal::ZERO)],
    };
    for rows in rows.chunks(crate::ROWS_PER_INSERT) {
        on_either!(connection, |inner| diesel::insert_into(target_allocations::table)
            .values(rows)
            .execute(inner))?;
    }
    let (subject, after) = (AuditSubject::TargetAllocation, wanted.map(|_| targets));
    let change = Change::of(subject, portfolio.uuid(), before.as_ref(), after)?;
    audit::append(connection, author, vec![change])
}

/// The targets of a portfolio, whosever it is, that were decided last; `None` when there are none.
pub(crate) fn latest(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    dimension: &str,
) -> Result<Option<TargetAllocation>, StorageError> {
    of_day(connection, portfolio, dimension, NaiveDate::MAX)
}

/// All sets of targets of all of a user's portfolios, earlier ones too, each with what its weights are of.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is, and when a weight cannot be read.
pub fn all(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<(String, TargetAllocation)>, StorageError> {
    let rows: Vec<(Key, i32, String, String, Amount)> = target_allocations::table
        .filter(target_allocations::user_id.eq(Key(user.uuid())))
        .order((
            target_allocations::portfolio_id,
            target_allocations::date,
            target_allocations::dimension,
            target_allocations::target,
        ))
        .select((
            target_allocations::portfolio_id,
            target_allocations::date,
            target_allocations::dimension,
            target_allocations::target,
            target_allocations::weight,
        ))
        .load(connection)?;
    let sets = rows.chunk_by(|one, next| (one.0, one.1, &one.2) == (next.0, next.1, &next.2));
    Ok(sets
        .filter_map(|set| {
            let (_, date, dimension, ..) = set.first()?;
            let weights = set.iter().filter(|(.., target, _)| target != NONE);
            let weights = weights.map(|(.., target, weight)| (target.clone(), weight.0)).collect();
            Some((dimension.clone(), TargetAllocation { since: from_epoch_day(*date), weights }))
        })
        .collect())
}

/// Appends the end of the targets of a portfolio that is about to be deleted.
pub(crate) fn record_deletion_of_all(
    connection: &mut AnyConnection,
    author: Author,
) -> Result<(), StorageError> {
    let portfolio = author.portfolio;
    let Some(before) = latest(connection, portfolio, HOLDINGS)? else { return Ok(()) };
    let change = Change::of::<TargetAllocation>(
        AuditSubject::TargetAllocation,
        portfolio.uuid(),
        Some(&before),
        None,
    )?;
    audit::append(connection, author, vec![change])
}

impl Storage {
    /// The targets of a user's portfolio that are in force on a day; `None` when there are none.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn target_allocation(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        dimension: &'static str,
        on: NaiveDate,
    ) -> Result<Option<TargetAllocation>, StorageError> {
        self.snapshot(move |connection| in_force(connection, user, portfolio, dimension, on)).await
    }

    /// Puts targets in force from their day on, none when there is no weight.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn set_target_allocation(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        dimension: &'static str,
        targets: TargetAllocation,
    ) -> Result<(), StorageError> {
        let now = self.now();
        self.write(move |connection| set(connection, user, portfolio, dimension, &targets, now)).await
    }
}
