//! What keeping prices fresh has to remember of each instrument, over restarts and for other processes.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{InstrumentId, epoch_day, from_epoch_day};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::columns::{instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::upkeep;
use crate::{Storage, StorageError};

/// What is remembered of an instrument; nothing of one that was never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// When its newest closes were last told.
    pub closes_fetched_at: Option<DateTime<Utc>>,
    /// When its history was last told whole.
    pub verified_at: Option<DateTime<Utc>>,
    /// Since when the told closes do not continue the stored ones.
    pub doubted_at: Option<DateTime<Utc>>,
    /// Since when whole histories are refused because they contradict the stored one.
    pub refused_since: Option<DateTime<Utc>>,
    /// When the last one was.
    pub refused_at: Option<DateTime<Utc>>,
    /// The day on which it is expected to go ex-dividend.
    pub ex_date: Option<NaiveDate>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = upkeep, treat_none_as_default_value = false)]
struct Row {
    instrument_id: i32,
    closes_fetched_at: Option<i64>,
    verified_at: Option<i64>,
    doubted_at: Option<i64>,
    refused_since: Option<i64>,
    refused_at: Option<i64>,
    ex_date: Option<i32>,
}

impl Row {
    fn of(id: InstrumentId, upkeep: &Upkeep) -> Self {
        Self {
            instrument_id: id.0,
            closes_fetched_at: upkeep.closes_fetched_at.map(micros),
            verified_at: upkeep.verified_at.map(micros),
            doubted_at: upkeep.doubted_at.map(micros),
            refused_since: upkeep.refused_since.map(micros),
            refused_at: upkeep.refused_at.map(micros),
            ex_date: upkeep.ex_date.map(epoch_day),
        }
    }

    fn read(&self) -> Upkeep {
        Upkeep {
            closes_fetched_at: self.closes_fetched_at.map(instant),
            verified_at: self.verified_at.map(instant),
            doubted_at: self.doubted_at.map(instant),
            refused_since: self.refused_since.map(instant),
            refused_at: self.refused_at.map(instant),
            ex_date: self.ex_date.map(from_epoch_day),
        }
    }
}

/// What is remembered of these instruments, as far as anything is.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn read(
    connection: &mut AnyConnection,
    of: &[InstrumentId],
) -> Result<HashMap<InstrumentId, Upkeep>, StorageError> {
    let rows: Vec<Row> = upkeep::table
        .filter(upkeep::instrument_id.eq_any(of.iter().map(|id| id.0)))
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.iter().map(|row| (InstrumentId(row.instrument_id), row.read())).collect())
}

/// Changes what is remembered of an instrument: one transaction after another, so that none undoes another's change.
///
/// # Errors
/// [`StorageError::NotFound`] when the instrument is not registered.
pub fn change(
    connection: &mut AnyConnection,
    id: InstrumentId,
    change: impl FnOnce(&mut Upkeep),
) -> Result<(), StorageError> {
    crate::instruments::lock(connection, &BTreeSet::from([id]))?;
    let mut known = read(connection, &[id])?.remove(&id).unwrap_or_default();
    change(&mut known);
    let row = Row::of(id, &known);
    on_either!(connection, |inner| diesel::insert_into(upkeep::table)
        .values(&row)
        .on_conflict(upkeep::instrument_id)
        .do_update()
        .set((
            upkeep::closes_fetched_at.eq(excluded(upkeep::closes_fetched_at)),
            upkeep::verified_at.eq(excluded(upkeep::verified_at)),
            upkeep::doubted_at.eq(excluded(upkeep::doubted_at)),
            upkeep::refused_since.eq(excluded(upkeep::refused_since)),
            upkeep::refused_at.eq(excluded(upkeep::refused_at)),
            upkeep::ex_date.eq(excluded(upkeep::ex_date)),
        ))
        .execute(inner))?;
    Ok(())
}

impl Storage {
    /// What is remembered of these instruments, as far as anything is.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn upkeep(&self, of: Vec<InstrumentId>) -> Result<HashMap<InstrumentId, Upkeep>, StorageError> {
        self.read(move |connection| read(connection, &of)).await
    }

    /// Changes what is remembered of an instrument.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the instrument is not registered.
    pub async fn change_upkeep(
        &self,
        of: InstrumentId,
        changed: impl Fn(&mut Upkeep) + Send + 'static,
    ) -> Result<(), StorageError> {
        self.write_repeatable(move |connection| change(connection, of, changed)).await
    }
}
