//! Taking back a single day.

use std::collections::BTreeSet;

use bellwether_domain::{InstrumentId, PriceSource};
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::chunk::{self, Encoded};
use crate::connection::AnyConnection;
use crate::schema::{price_chunks, price_sources};
use crate::{StorageError, instruments};

/// Forgets what a source told of one day, and raises the instrument's price version; see
/// [`Storage::remove_price`](crate::Storage::remove_price).
pub fn remove(
    connection: &mut AnyConnection,
    instrument: InstrumentId,
    source: &PriceSource,
    day: NaiveDate,
) -> Result<bool, StorageError> {
    let touched = BTreeSet::from([instrument]);
    instruments::lock(connection, &touched)?;
    let number = price_sources::table
        .filter(price_sources::name.eq(source.name.as_str()))
        .select(price_sources::id)
        .first::<i32>(connection)
        .optional()?;
    let Some(number) = number else { return Ok(false) };
    let year = price_chunks::table.find((instrument.0, day.year(), number));
    let stored: Option<(Vec<u8>, Option<Vec<u8>>)> =
        year.select((price_chunks::closes, price_chunks::details)).first(connection).optional()?;
    let Some((closes, details)) = stored else { return Ok(false) };
    let mut bars = chunk::decode_bars(day.year(), &closes, details.as_deref()).map_err(|damage| {
        StorageError::CorruptPrices {
            instrument,
            year: day.year(),
            source_name: source.name.as_str().to_owned(),
            reason: damage.to_string(),
        }
    })?;
    let known = bars.len();
    bars.retain(|bar| bar.date != day);
    if bars.len() == known {
        return Ok(false);
    }
    if bars.is_empty() {
        diesel::delete(year).execute(connection)?;
    } else {
        let Encoded { closes, details } = chunk::encode(&bars);
        diesel::update(year)
            .set((price_chunks::closes.eq(closes), price_chunks::details.eq(details)))
            .execute(connection)?;
    }
    instruments::raise_price_versions(connection, &touched)?;
    Ok(true)
}
