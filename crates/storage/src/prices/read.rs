//! Reading closes, bars and coverage.

use std::collections::HashMap;

use bellwether_domain::{InstrumentId, PriceColumns, PriceSource, epoch_day};
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::chunk::{self, Damage};
use super::source::source_of;
use super::{Coverage, SourceBars, SourceCloses};
use crate::StorageError;
use crate::connection::AnyConnection;
use crate::schema::{price_chunks, price_sources};

/// A stored year of closes with the name and basis of its source, after instrument and source.
type ClosesRow = (i32, i32, i32, Vec<u8>, Option<String>, Option<String>);
/// A stored year of bars with the name and basis of its source, after the source.
type BarsRow = (i32, i32, Vec<u8>, Option<Vec<u8>>, String, String);

/// The closes of instruments by source; see [`Storage::read_closes`](crate::Storage::read_closes).
pub fn read_closes(
    connection: &mut AnyConnection,
    instruments: &[InstrumentId],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<HashMap<InstrumentId, Vec<SourceCloses>>, StorageError> {
    // The outer join keeps SQLite from beginning with the few sources and sorting the many chunks afterwards.
    let mut rows: Vec<ClosesRow> = price_chunks::table
        .left_join(price_sources::table)
        .filter(price_chunks::instrument_id.eq_any(instruments.iter().map(|id| id.0)))
        .filter(price_chunks::year.between(from.year(), to.year()))
        .select((
            price_chunks::instrument_id,
            price_chunks::source_id,
            price_chunks::year,
            price_chunks::closes,
            price_sources::name.nullable(),
            price_sources::basis.nullable(),
        ))
        .load(connection)?;
    rows.sort_unstable_by_key(|(instrument, source, year, ..)| (*instrument, *source, *year));

    let (first, last) = (epoch_day(from), epoch_day(to));
    let mut found: HashMap<InstrumentId, Vec<SourceCloses>> = HashMap::new();
    for years in rows.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
        let Some((instrument, _, _, _, name, basis)) = years.first() else { continue };
        let instrument = InstrumentId(*instrument);
        let source = named(name.as_deref(), basis.as_deref())?;
        let mut prices = PriceColumns::default();
        for (_, _, year, closes, _, _) in years {
            chunk::decode_closes(*year, closes, first, last, &mut prices)
                .map_err(|damage| corrupt(instrument, *year, &source, &damage))?;
        }
        if !prices.is_empty() {
            found.entry(instrument).or_default().push(SourceCloses { source, prices });
        }
    }
    for sources in found.values_mut() {
        sources.sort_by_key(|closes| closes.source.rank());
    }
    Ok(found)
}

/// The bars of an instrument by source; see [`Storage::read_bars`](crate::Storage::read_bars).
pub fn read_bars(
    connection: &mut AnyConnection,
    instrument: InstrumentId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<SourceBars>, StorageError> {
    let rows: Vec<BarsRow> = price_chunks::table
        .inner_join(price_sources::table)
        .filter(price_chunks::instrument_id.eq(instrument.0))
        .filter(price_chunks::year.between(from.year(), to.year()))
        .order((price_chunks::source_id, price_chunks::year))
        .select((
            price_chunks::source_id,
            price_chunks::year,
            price_chunks::closes,
            price_chunks::details,
            price_sources::name,
            price_sources::basis,
        ))
        .load(connection)?;
    let mut found = Vec::new();
    for years in rows.chunk_by(|one, next| one.0 == next.0) {
        let Some((_, _, _, _, name, basis)) = years.first() else { continue };
        let source = source_of(name, basis)?;
        let mut bars = Vec::new();
        for (_, year, closes, details, _, _) in years {
            let year_of_bars = chunk::decode_bars(*year, closes, details.as_deref())
                .map_err(|damage| corrupt(instrument, *year, &source, &damage))?;
            bars.extend(year_of_bars.into_iter().filter(|bar| (from..=to).contains(&bar.date)));
        }
        if !bars.is_empty() {
            found.push(SourceBars { source, bars });
        }
    }
    found.sort_by_key(|bars| bars.source.rank());
    Ok(found)
}

/// What is stored of an instrument; see [`Storage::coverage`](crate::Storage::coverage).
pub fn coverage(
    connection: &mut AnyConnection,
    instrument: InstrumentId,
) -> Result<Vec<Coverage>, StorageError> {
    let all = read_bars(connection, instrument, NaiveDate::MIN, NaiveDate::MAX)?;
    let covered = |SourceBars { source, bars }: SourceBars| {
        Some(Coverage {
            first: bars.first()?.date,
            last: bars.last()?.date,
            days: bars.len(),
            last_final: bars.iter().rev().find(|bar| !bar.provisional).map(|bar| bar.date),
            source,
        })
    };
    Ok(all.into_iter().filter_map(covered).collect())
}

/// Every source that ever told something, the most trusted first.
pub fn sources(connection: &mut AnyConnection) -> Result<Vec<PriceSource>, StorageError> {
    let rows: Vec<(String, String)> = price_sources::table
        .order(price_sources::name)
        .select((price_sources::name, price_sources::basis))
        .load(connection)?;
    let mut sources: Vec<PriceSource> =
        rows.iter().map(|(name, basis)| source_of(name, basis)).collect::<Result<_, _>>()?;
    sources.sort_by_key(PriceSource::rank);
    Ok(sources)
}

fn named(name: Option<&str>, basis: Option<&str>) -> Result<PriceSource, StorageError> {
    match (name, basis) {
        (Some(name), Some(basis)) => source_of(name, basis),
        _ => Err(StorageError::corrupt("price source", "prices from a source that is not registered")),
    }
}

fn corrupt(instrument: InstrumentId, year: i32, source: &PriceSource, damage: &Damage) -> StorageError {
    StorageError::CorruptPrices {
        instrument,
        year,
        source_name: source.name.as_str().to_owned(),
        reason: damage.to_string(),
    }
}
