//! What people ask to be told, and where.

use bellwether_domain::{InstrumentId, PortfolioId, Symbol, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Destination;
use crate::columns::{Amount, Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::{instruments, notification_rules};
use crate::{StorageError, portfolios};

/// A wish to be told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// What kind of thing.
    pub kind: String,
    /// Of this portfolio only.
    pub portfolio: Option<PortfolioId>,
    /// Of this instrument only.
    pub instrument: Option<InstrumentId>,
    /// From what on.
    pub threshold: Option<Decimal>,
    /// Where to.
    pub destination: Destination,
    /// Whether it counts at present.
    pub enabled: bool,
}

/// A rule as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRule {
    /// Its identifier.
    pub id: Uuid,
    /// What it asks for.
    pub wish: NewRule,
    /// The symbol of its instrument.
    pub symbol: Option<Symbol>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

#[derive(Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = notification_rules, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    kind: String,
    portfolio_id: Option<Key>,
    instrument_id: Option<i32>,
    threshold: Option<Amount>,
    channel: String,
    destination: String,
    enabled: bool,
}

fn row_of(rule: &NewRule) -> Row {
    Row {
        kind: rule.kind.clone(),
        portfolio_id: rule.portfolio.map(|id| Key(id.uuid())),
        instrument_id: rule.instrument.map(|id| id.0),
        threshold: rule.threshold.map(Amount),
        channel: rule.destination.channel.clone(),
        destination: rule.destination.address.clone(),
        enabled: rule.enabled,
    }
}

/// A user's rules, oldest first.
///
/// # Errors
/// [`StorageError::Corrupt`] when an instrument has no symbol.
pub fn rules(connection: &mut AnyConnection, user: UserId) -> Result<Vec<StoredRule>, StorageError> {
    let rows: Vec<(Key, i64, Row, Option<String>)> = notification_rules::table
        .left_join(instruments::table)
        .filter(notification_rules::user_id.eq(Key(user.uuid())))
        .order((notification_rules::created_at, notification_rules::id))
        .select((
            notification_rules::id,
            notification_rules::created_at,
            Row::as_select(),
            instruments::symbol.nullable(),
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, created_at, row, symbol)| {
            let symbol: Option<Symbol> = symbol
                .map(|symbol| symbol.parse())
                .transpose()
                .map_err(|error| StorageError::corrupt("symbol of a rule", error))?;
            Ok(StoredRule {
                id: id.0,
                wish: NewRule {
                    kind: row.kind,
                    portfolio: row.portfolio_id.map(|id| PortfolioId::from_uuid(id.0)),
                    instrument: row.instrument_id.map(InstrumentId),
                    threshold: row.threshold.map(|Amount(threshold)| threshold),
                    destination: Destination { channel: row.channel, address: row.destination },
                    enabled: row.enabled,
                },
                symbol,
                created_at: instant(created_at),
            })
        })
        .collect()
}

/// Adds a rule for a user.
///
/// # Errors
/// [`StorageError::NotFound`] when its portfolio or instrument does not exist or is somebody else's.
pub fn add_rule(
    connection: &mut AnyConnection,
    user: UserId,
    rule: &NewRule,
    now: DateTime<Utc>,
) -> Result<Uuid, StorageError> {
    check_owner(connection, user, rule)?;
    let (id, at) = (Uuid::now_v7(), micros(now));
    let values = (
        notification_rules::id.eq(Key(id)),
        notification_rules::user_id.eq(Key(user.uuid())),
        notification_rules::created_at.eq(at),
        notification_rules::updated_at.eq(at),
        row_of(rule),
    );
    on_either!(connection, |inner| diesel::insert_into(notification_rules::table)
        .values(values)
        .execute(inner))?;
    Ok(id)
}

/// Puts another wish in the place of a user's rule.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such rule or it is somebody else's, and as [`add_rule`].
pub fn change_rule(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
    rule: &NewRule,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    check_owner(connection, user, rule)?;
    let own =
        notification_rules::table.find(Key(id)).filter(notification_rules::user_id.eq(Key(user.uuid())));
    let changed = diesel::update(own)
        .set((row_of(rule), notification_rules::updated_at.eq(micros(now))))
        .execute(connection)?;
    if changed == 1 { Ok(()) } else { Err(StorageError::NotFound) }
}

/// Removes a user's rule.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such rule or it is somebody else's.
pub fn remove_rule(connection: &mut AnyConnection, user: UserId, id: Uuid) -> Result<(), StorageError> {
    let own =
        notification_rules::table.find(Key(id)).filter(notification_rules::user_id.eq(Key(user.uuid())));
    if diesel::delete(own).execute(connection)? == 1 { Ok(()) } else { Err(StorageError::NotFound) }
}

fn check_owner(connection: &mut AnyConnection, user: UserId, rule: &NewRule) -> Result<(), StorageError> {
    match rule.portfolio {
        Some(portfolio) => portfolios::version(connection, user, portfolio).map(|_| ()),
        None => Ok(()),
    }
}
