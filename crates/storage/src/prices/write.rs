//! Storing bars.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bellwether_domain::{DailyBar, InstrumentId};
use chrono::Datelike;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::chunk::{self, Encoded};
use super::merge::merge;
use super::source::SourceNumbers;
use super::{PriceBatch, WriteMode};
use crate::connection::{AnyConnection, on_either};
use crate::schema::price_chunks;
use crate::{StorageError, instruments};

/// Chunks in one insert. They are some kilobytes each.
const CHUNKS_PER_INSERT: usize = 250;

/// An instrument and the number of a source.
type Series = (InstrumentId, i32);

/// A year as it is stored, after instrument and source.
type StoredYear = (i32, i32, i32, Vec<u8>, Option<Vec<u8>>);

/// What one call tells about one series.
struct Told<'a> {
    source_name: &'a str,
    replace: bool,
    bars: Vec<DailyBar>,
}

#[derive(Insertable)]
#[diesel(table_name = price_chunks, treat_none_as_default_value = false)]
struct NewRow {
    instrument_id: i32,
    year: i32,
    source_id: i32,
    closes: Vec<u8>,
    details: Option<Vec<u8>>,
}

/// Stores bars and raises the price version of the instruments whose prices changed; see
/// [`Storage::write_prices`](crate::Storage::write_prices).
pub fn write(
    connection: &mut AnyConnection,
    batches: &[PriceBatch],
) -> Result<Vec<InstrumentId>, StorageError> {
    check(batches)?;
    let touched: BTreeSet<InstrumentId> = batches.iter().map(|batch| batch.instrument).collect();
    instruments::lock(connection, &touched)?;
    let numbers = SourceNumbers::find_or_create(connection, batches.iter().map(|batch| &batch.source))?;
    let told = gather(batches, &numbers)?;
    let mut known = known_chunks(connection, &told)?;

    let mut changed = BTreeSet::new();
    let mut rows = Vec::new();
    let mut gone = Vec::new();
    for ((instrument, source), told) in told {
        let mut old = known.remove(&(instrument, source)).unwrap_or_default();
        for (year, bars) in by_year(&told.bars) {
            let before = old.remove(&year);
            let kept = match &before {
                Some(stored) if !told.replace => merge(
                    &chunk::decode_bars(year, &stored.closes, stored.details.as_deref()).map_err(
                        |damage| StorageError::CorruptPrices {
                            instrument,
                            year,
                            source_name: told.source_name.to_owned(),
                            reason: damage.to_string(),
                        },
                    )?,
                    bars,
                ),
                _ => merge(&[], bars),
            };
            let after = chunk::encode(&kept);
            if before.as_ref() != Some(&after) {
                changed.insert(instrument);
                let Encoded { closes, details } = after;
                rows.push(NewRow { instrument_id: instrument.0, year, source_id: source, closes, details });
            }
        }
        if told.replace && !old.is_empty() {
            changed.insert(instrument);
            gone.push((instrument, source, old.into_keys().collect::<Vec<i32>>()));
        }
    }

    for (instrument, source, years) in gone {
        diesel::delete(
            price_chunks::table
                .filter(price_chunks::instrument_id.eq(instrument.0))
                .filter(price_chunks::source_id.eq(source))
                .filter(price_chunks::year.eq_any(years)),
        )
        .execute(connection)?;
    }
    for rows in rows.chunks(CHUNKS_PER_INSERT) {
        on_either!(connection, |inner| diesel::insert_into(price_chunks::table)
            .values(rows)
            .on_conflict((price_chunks::instrument_id, price_chunks::year, price_chunks::source_id))
            .do_update()
            .set((
                price_chunks::closes.eq(excluded(price_chunks::closes)),
                price_chunks::details.eq(excluded(price_chunks::details)),
            ))
            .execute(inner))?;
    }
    instruments::raise_price_versions(connection, &changed)?;
    Ok(changed.into_iter().collect())
}

fn check(batches: &[PriceBatch]) -> Result<(), StorageError> {
    for batch in batches {
        if let Some(bar) = batch.bars.iter().find(|bar| !bar.close.is_finite()) {
            return Err(StorageError::Refused(format!(
                "the close of instrument {} on {} is no number",
                batch.instrument.0, bar.date
            )));
        }
    }
    Ok(())
}

/// What is told about each series, several batches of one taken together in their order; bars ascend by date, those
/// of one day in the order of telling.
fn gather<'a>(
    batches: &'a [PriceBatch],
    numbers: &SourceNumbers,
) -> Result<BTreeMap<Series, Told<'a>>, StorageError> {
    let mut all: BTreeMap<Series, Told<'a>> = BTreeMap::new();
    for batch in batches.iter().filter(|batch| !batch.bars.is_empty()) {
        let told = all.entry((batch.instrument, numbers.of(&batch.source)?)).or_insert_with(|| Told {
            source_name: batch.source.name.as_str(),
            replace: false,
            bars: Vec::new(),
        });
        if batch.mode == WriteMode::Replace {
            told.replace = true;
            told.bars.clear();
        }
        told.bars.extend_from_slice(&batch.bars);
    }
    for told in all.values_mut() {
        told.bars.sort_by_key(|bar| bar.date);
    }
    Ok(all)
}

fn by_year(bars: &[DailyBar]) -> impl Iterator<Item = (i32, &[DailyBar])> {
    bars.chunk_by(|one, next| one.date.year() == next.date.year())
        .filter_map(|bars| Some((bars.first()?.date.year(), bars)))
}

/// What is stored of these series, as far as it may change: the years that are told, and all years of a series that
/// is told anew.
fn known_chunks(
    connection: &mut AnyConnection,
    told: &BTreeMap<Series, Told<'_>>,
) -> Result<HashMap<Series, BTreeMap<i32, Encoded>>, StorageError> {
    let instruments: BTreeSet<i32> = told.keys().map(|(instrument, _)| instrument.0).collect();
    let sources: BTreeSet<i32> = told.keys().map(|(_, source)| *source).collect();
    let (mut first, mut last) = (i32::MAX, i32::MIN);
    for told in told.values() {
        if told.replace {
            (first, last) = (i32::MIN, i32::MAX);
        }
        for year in told.bars.iter().map(|bar| bar.date.year()) {
            (first, last) = (first.min(year), last.max(year));
        }
    }
    let rows: Vec<StoredYear> = price_chunks::table
        .filter(price_chunks::instrument_id.eq_any(instruments))
        .filter(price_chunks::year.between(first, last))
        .filter(price_chunks::source_id.eq_any(sources))
        .select((
            price_chunks::instrument_id,
            price_chunks::source_id,
            price_chunks::year,
            price_chunks::closes,
            price_chunks::details,
        ))
        .load(connection)?;
    let mut known: HashMap<Series, BTreeMap<i32, Encoded>> = HashMap::new();
    for (instrument, source, year, closes, details) in rows {
        known
            .entry((InstrumentId(instrument), source))
            .or_default()
            .insert(year, Encoded { closes, details });
    }
    Ok(known)
}
