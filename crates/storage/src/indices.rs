//! Indices of users' own: instruments with weights, for comparing. Every change appends to the audit log and can be
//! undone.

use std::collections::BTreeMap;

use bellwether_domain::{ChangeId, Currency, PortfolioId, Symbol, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{self, AuditSubject, Change};
use crate::columns::{Amount, Key, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::{index_components, indices, instruments, portfolio_benchmarks, portfolios};
use crate::{Storage, StorageError};

/// What an index is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSettings {
    /// Its name, unique for the user.
    pub name: String,
    /// The currency of its values.
    pub base_currency: Currency,
    /// When its weights are restored, in a word.
    pub rebalancing: String,
    /// Weights by instrument; 0.6 is 60 %.
    pub components: BTreeMap<Symbol, Decimal>,
}

/// An index of a user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredIndex {
    /// Its identifier.
    pub id: Uuid,
    /// What it is.
    #[serde(flatten)]
    pub settings: IndexSettings,
}

#[derive(Queryable)]
struct Row {
    id: Key,
    name: String,
    base_currency: String,
    rebalancing: String,
}

#[derive(Insertable)]
#[diesel(table_name = index_components)]
struct NewComponent {
    index_id: Key,
    instrument_id: i32,
    weight: Amount,
}

/// Who changes, when, and as what change.
type By = (UserId, DateTime<Utc>, ChangeId);

/// A user's indices, oldest first.
///
/// # Errors
/// [`StorageError::Corrupt`] when one cannot be read.
pub fn list(connection: &mut AnyConnection, user: UserId) -> Result<Vec<StoredIndex>, StorageError> {
    let rows: Vec<Row> = indices::table
        .filter(indices::user_id.eq(Key(user.uuid())))
        .order(indices::id)
        .select((indices::id, indices::name, indices::base_currency, indices::rebalancing))
        .load(connection)?;
    rows.into_iter().map(|row| with_components(connection, row)).collect()
}

/// One of a user's indices.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such index or it is somebody else's.
pub fn find(connection: &mut AnyConnection, user: UserId, id: Uuid) -> Result<StoredIndex, StorageError> {
    let row: Row = indices::table
        .filter(indices::user_id.eq(Key(user.uuid())))
        .filter(indices::id.eq(Key(id)))
        .select((indices::id, indices::name, indices::base_currency, indices::rebalancing))
        .first(connection)?;
    with_components(connection, row)
}

/// One of a user's indices, held still until the transaction ends with the portfolios that are compared with it: who
/// changes one begins here.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such index or it is somebody else's.
pub fn lock(connection: &mut AnyConnection, user: UserId, id: Uuid) -> Result<StoredIndex, StorageError> {
    // As those who change a portfolio do it: first that, then what it is compared with.
    for (portfolio, _) in compared_with(connection, user, id)? {
        crate::portfolios::lock(connection, user, portfolio)?;
    }
    hold(connection, user, id)
}

/// The same alone, for who is about to name it.
pub(crate) fn hold(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
) -> Result<StoredIndex, StorageError> {
    #[cfg(feature = "postgres")]
    if let AnyConnection::Postgres(postgres) = connection {
        let _: Key = indices::table
            .filter(indices::user_id.eq(Key(user.uuid())))
            .filter(indices::id.eq(Key(id)))
            .select(indices::id)
            .for_update()
            .first(postgres)?;
    }
    // The only writer of the other back end holds everything still.
    find(connection, user, id)
}

/// A user's portfolios that are compared with an index, oldest first, with their names.
pub fn compared_with(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
) -> Result<Vec<(PortfolioId, String)>, StorageError> {
    let mut own: Vec<(Key, String)> = portfolios::table
        .filter(portfolios::user_id.eq(Key(user.uuid())))
        .order(portfolios::id)
        .select((portfolios::id, portfolios::name))
        .load(connection)?;
    let naming: Vec<Key> = portfolio_benchmarks::table
        .filter(portfolio_benchmarks::portfolio_id.eq_any(own.iter().map(|(id, _)| *id)))
        .filter(portfolio_benchmarks::symbol.eq(Symbol::of_index(id).as_str()))
        .select(portfolio_benchmarks::portfolio_id)
        .load(connection)?;
    own.retain(|(id, _)| naming.contains(id));
    Ok(own.into_iter().map(|(Key(id), name)| (PortfolioId::from_uuid(id), name)).collect())
}

/// The numbers of the instruments that the indices among these symbols are made from.
pub(crate) fn made_from(
    connection: &mut AnyConnection,
    symbols: impl IntoIterator<Item = Symbol>,
) -> Result<Vec<i32>, StorageError> {
    let named: Vec<Key> = symbols.into_iter().filter_map(|symbol| symbol.index()).map(Key).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    Ok(index_components::table
        .filter(index_components::index_id.eq_any(named))
        .select(index_components::instrument_id)
        .load(connection)?)
}

fn with_components(connection: &mut AnyConnection, row: Row) -> Result<StoredIndex, StorageError> {
    let damaged = |reason: String| StorageError::corrupt(format!("index {}", row.id.0), reason);
    let weights: Vec<(String, Amount)> = index_components::table
        .inner_join(instruments::table)
        .filter(index_components::index_id.eq(row.id))
        .select((instruments::symbol, index_components::weight))
        .load(connection)?;
    let mut components = BTreeMap::new();
    for (symbol, weight) in weights {
        components.insert(symbol.parse().map_err(|error| damaged(format!("{error}")))?, weight.0);
    }
    let base_currency = row.base_currency.parse().map_err(|error| damaged(format!("{error}")))?;
    let settings = IndexSettings { name: row.name, base_currency, rebalancing: row.rebalancing, components };
    Ok(StoredIndex { id: row.id.0, settings })
}

/// Makes, changes or deletes an index of a user's: what it is to be, or none.
///
/// # Errors
/// [`StorageError::NotFound`] when it is somebody else's, [`StorageError::Duplicate`] when the user has another one of
/// that name, [`StorageError::Refused`] when one is to go that portfolios are compared with.
fn become_index(
    connection: &mut AnyConnection,
    by: By,
    id: Uuid,
    before: Option<&StoredIndex>,
    after: Option<&IndexSettings>,
) -> Result<(), StorageError> {
    let (user, now, _) = by;
    let at = micros(now);
    let compared = compared_with(connection, user, id)?;
    match (before, after) {
        (_, None) if !compared.is_empty() => {
            let names: Vec<String> = compared.iter().map(|(_, name)| format!("{name:?}")).collect();
            return Err(StorageError::Refused(format!(
                "portfolios are compared with this index: {}; take it out of their settings first",
                names.join(", ")
            )));
        }
        (_, None) => {
            diesel::delete(indices::table.find(Key(id))).execute(connection)?;
        }
        (None, Some(settings)) => {
            diesel::insert_into(indices::table)
                .values((
                    indices::id.eq(Key(id)),
                    indices::user_id.eq(Key(user.uuid())),
                    indices::name.eq(&settings.name),
                    indices::base_currency.eq(settings.base_currency.as_str()),
                    indices::rebalancing.eq(&settings.rebalancing),
                    indices::created_at.eq(at),
                    indices::updated_at.eq(at),
                ))
                .execute(connection)?;
        }
        (Some(_), Some(settings)) => {
            diesel::update(indices::table.find(Key(id)))
                .set((
                    indices::name.eq(&settings.name),
                    indices::base_currency.eq(settings.base_currency.as_str()),
                    indices::rebalancing.eq(&settings.rebalancing),
                    indices::updated_at.eq(at),
                ))
                .execute(connection)?;
        }
    }
    // What was computed with it as it was is no answer any more.
    for (portfolio, _) in compared {
        crate::portfolios::raise_version(connection, portfolio, now)?;
    }
    if let Some(settings) = after {
        diesel::delete(index_components::table.filter(index_components::index_id.eq(Key(id))))
            .execute(connection)?;
        let symbols: Vec<Symbol> = settings.components.keys().cloned().collect();
        let known = crate::instruments::find_or_create(connection, &symbols)?;
        let rows: Vec<NewComponent> = known
            .iter()
            .zip(settings.components.values())
            .map(|(instrument, weight)| NewComponent {
                index_id: Key(id),
                instrument_id: instrument.id.0,
                weight: Amount(*weight),
            })
            .collect();
        on_either!(connection, |inner| diesel::insert_into(index_components::table)
            .values(&rows)
            .execute(inner))?;
    }
    let after = after.map(|settings| StoredIndex { id, settings: settings.clone() });
    let change = Change::of(AuditSubject::Index, id, before, after.as_ref())?;
    audit::append_to(connection, None, by, vec![change])
}

/// Makes an index.
///
/// # Errors
/// [`StorageError::Duplicate`] when the user has one of that name.
pub fn create(
    connection: &mut AnyConnection,
    user: UserId,
    settings: &IndexSettings,
    now: DateTime<Utc>,
) -> Result<StoredIndex, StorageError> {
    let id = Uuid::now_v7();
    become_index(connection, (user, now, ChangeId::new()), id, None, Some(settings))?;
    find(connection, user, id)
}

/// Gives an index other settings.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such index or it is somebody else's, [`StorageError::Duplicate`] when
/// the user has another one of that name.
pub fn change(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
    settings: &IndexSettings,
    now: DateTime<Utc>,
) -> Result<StoredIndex, StorageError> {
    let before = lock(connection, user, id)?;
    if before.settings != *settings {
        become_index(connection, (user, now, ChangeId::new()), id, Some(&before), Some(settings))?;
    }
    find(connection, user, id)
}

/// Deletes an index, and returns the change that this is.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such index or it is somebody else's, [`StorageError::Refused`] when
/// portfolios are compared with it.
pub fn delete(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<ChangeId, StorageError> {
    let before = lock(connection, user, id)?;
    let change = ChangeId::new();
    become_index(connection, (user, now, change), id, Some(&before), None)?;
    Ok(change)
}

/// Takes back the last change of an index, which may be gone, and returns it as it is then; `None` where it is not
/// there any more. Undoing again does it again.
///
/// # Errors
/// [`StorageError::NotFound`] when there never was such an index or it is somebody else's,
/// [`StorageError::Duplicate`] when its name is another one's by now, [`StorageError::Refused`] when it would go and
/// portfolios are compared with it.
pub fn undo(
    connection: &mut AnyConnection,
    user: UserId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<StoredIndex>, StorageError> {
    match lock(connection, user, id) {
        Ok(_) | Err(StorageError::NotFound) => {}
        Err(error) => return Err(error),
    }
    let last = audit::last_of(connection, user, AuditSubject::Index, id)?.ok_or(StorageError::NotFound)?;
    let read = |side: Option<&serde_json::Value>| {
        side.map(StoredIndex::deserialize)
            .transpose()
            .map_err(|error| StorageError::corrupt(format!("audit record {}", last.id), error))
    };
    let (before, after) = (read(last.after.as_ref())?, read(last.before.as_ref())?);
    let settings = after.map(|index| index.settings);
    become_index(connection, (user, now, ChangeId::new()), id, before.as_ref(), settings.as_ref())?;
    Ok(settings.map(|settings| StoredIndex { id, settings }))
}

impl Storage {
    /// A user's indices, oldest first.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn indices(&self, user: UserId) -> Result<Vec<StoredIndex>, StorageError> {
        self.snapshot(move |connection| list(connection, user)).await
    }

    /// One of a user's indices.
    ///
    /// # Errors
    /// As [`find`].
    pub async fn index(&self, user: UserId, id: Uuid) -> Result<StoredIndex, StorageError> {
        self.snapshot(move |connection| find(connection, user, id)).await
    }

    /// Makes an index.
    ///
    /// # Errors
    /// As [`create`].
    pub async fn create_index(
        &self,
        user: UserId,
        settings: IndexSettings,
    ) -> Result<StoredIndex, StorageError> {
        let now = self.now();
        self.write(move |connection| create(connection, user, &settings, now)).await
    }

    /// Gives an index other settings.
    ///
    /// # Errors
    /// As [`change`].
    pub async fn change_index(
        &self,
        user: UserId,
        id: Uuid,
        settings: IndexSettings,
    ) -> Result<StoredIndex, StorageError> {
        let now = self.now();
        self.write(move |connection| change(connection, user, id, &settings, now)).await
    }

    /// Deletes an index.
    ///
    /// # Errors
    /// As [`delete`].
    pub async fn delete_index(&self, user: UserId, id: Uuid) -> Result<ChangeId, StorageError> {
        let now = self.now();
        self.write(move |connection| delete(connection, user, id, now)).await
    }

    /// Takes back the last change of an index.
    ///
    /// # Errors
    /// As [`undo`].
    pub async fn undo_index(&self, user: UserId, id: Uuid) -> Result<Option<StoredIndex>, StorageError> {
        let now = self.now();
        self.write(move |connection| undo(connection, user, id, now)).await
    }
}
