//! The last known price of each instrument.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bellwether_domain::{InstrumentId, PriceSourceName, Quote};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::columns::{Amount, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::{instruments, quotes};
use crate::{ROWS_PER_INSERT, Storage, StorageError};

#[derive(Debug, Clone, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = quotes, treat_none_as_default_value = false)]
struct Row {
    instrument_id: i32,
    price: Amount,
    currency: String,
    as_of: i64,
    fetched_at: i64,
    previous_close: Option<Amount>,
    delay_minutes: i32,
    source: String,
}

impl Row {
    fn of(instrument: InstrumentId, quote: &Quote) -> Self {
        Self {
            instrument_id: instrument.0,
            price: Amount(quote.price),
            currency: quote.currency.to_string(),
            as_of: micros(quote.as_of),
            fetched_at: micros(quote.fetched_at),
            previous_close: quote.previous_close.map(Amount),
            delay_minutes: quote.delay_minutes.into(),
            source: quote.source.as_str().to_owned(),
        }
    }

    /// Newer is what was true later, then what was learned later.
    fn age(&self) -> (i64, i64) {
        (self.as_of, self.fetched_at)
    }

    fn says_the_same_as(&self, other: &Self) -> bool {
        *self == Self { fetched_at: self.fetched_at, ..other.clone() }
    }
}

/// Stores quotes that are newer than those known, and raises the price version of the instruments of which they say
/// something else. Returns those, ascending.
///
/// # Errors
/// [`StorageError::NotFound`] when an instrument is not registered.
pub fn upsert(
    connection: &mut AnyConnection,
    told: &[(InstrumentId, Quote)],
) -> Result<Vec<InstrumentId>, StorageError> {
    let mut newest: BTreeMap<i32, Row> = BTreeMap::new();
    for (instrument, quote) in told {
        let row = Row::of(*instrument, quote);
        let known = newest.entry(instrument.0).or_insert_with(|| row.clone());
        if known.age() < row.age() {
            *known = row;
        }
    }
    crate::instruments::lock(connection, &newest.keys().map(|id| InstrumentId(*id)).collect())?;
    let known: Vec<Row> = quotes::table
        .filter(quotes::instrument_id.eq_any(newest.keys().copied()))
        .select(Row::as_select())
        .load(connection)?;
    let known: HashMap<i32, Row> = known.into_iter().map(|row| (row.instrument_id, row)).collect();

    let mut changed = BTreeSet::new();
    newest.retain(|id, row| match known.get(id) {
        Some(known) if known.age() >= row.age() => false,
        Some(known) if known.says_the_same_as(row) => true,
        _ => {
            changed.insert(InstrumentId(*id));
            true
        }
    });
    let rows: Vec<Row> = newest.into_values().collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_either!(connection, |inner| diesel::insert_into(quotes::table)
            .values(rows)
            .on_conflict(quotes::instrument_id)
            .do_update()
            .set((
                quotes::price.eq(excluded(quotes::price)),
                quotes::currency.eq(excluded(quotes::currency)),
                quotes::as_of.eq(excluded(quotes::as_of)),
                quotes::fetched_at.eq(excluded(quotes::fetched_at)),
                quotes::previous_close.eq(excluded(quotes::previous_close)),
                quotes::delay_minutes.eq(excluded(quotes::delay_minutes)),
                quotes::source.eq(excluded(quotes::source)),
            ))
            .execute(inner))?;
    }
    crate::instruments::raise_price_versions(connection, &changed)?;
    Ok(changed.into_iter().collect())
}

/// The quotes of instruments, as far as there are any, in one query.
pub fn read(
    connection: &mut AnyConnection,
    of: &[InstrumentId],
) -> Result<HashMap<InstrumentId, Quote>, StorageError> {
    let rows: Vec<(Row, String)> = quotes::table
        .inner_join(instruments::table)
        .filter(quotes::instrument_id.eq_any(of.iter().map(|id| id.0)))
        .select((Row::as_select(), instruments::symbol))
        .load(connection)?;
    rows.into_iter()
        .map(|(row, symbol)| {
            let damaged =
                |reason: String| StorageError::corrupt(format!("quote of instrument {symbol}"), reason);
            let quote = Quote {
                symbol: symbol.parse().map_err(|error| damaged(format!("{error}")))?,
                price: row.price.0,
                currency: row.currency.parse().map_err(|error| damaged(format!("{error}")))?,
                as_of: instant(row.as_of),
                fetched_at: instant(row.fetched_at),
                previous_close: row.previous_close.map(|close| close.0),
                delay_minutes: row.delay_minutes.try_into().map_err(|error| damaged(format!("{error}")))?,
                source: PriceSourceName::new(&row.source),
            };
            Ok((InstrumentId(row.instrument_id), quote))
        })
        .collect()
}

impl Storage {
    /// Stores quotes that are newer than those known, and raises the price version of the instruments of which they
    /// say something else. Returns those, ascending.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when an instrument is not registered.
    pub async fn write_quotes(
        &self,
        told: Vec<(InstrumentId, Quote)>,
    ) -> Result<Vec<InstrumentId>, StorageError> {
        self.write_repeatable(move |connection| upsert(connection, &told)).await
    }

    /// The quotes of instruments, as far as there are any, in one query.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn read_quotes(
        &self,
        of: Vec<InstrumentId>,
    ) -> Result<HashMap<InstrumentId, Quote>, StorageError> {
        self.read(move |connection| read(connection, &of)).await
    }
}
