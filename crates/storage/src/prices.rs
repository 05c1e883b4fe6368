//! Daily prices, stored as one chunk of columns per instrument, year and source.
//!
//! The dashboard reads days and closes of all holdings; they stand in a chunk of their own, 2.5 KB a year, so that one
//! query of 50 instruments and five years reads 250 rows instead of 63,000. The bytes are described in
//! `prices/chunk.rs`.

mod chunk;
mod merge;
mod read;
mod remove;
mod source;
mod write;

use std::collections::HashMap;

use bellwether_domain::{DailyBar, InstrumentId, PriceColumns, PriceSource};
use chrono::NaiveDate;

use crate::{Storage, StorageError};

pub(crate) use chunk::decode_bars;
pub use read::{coverage, read_bars, read_closes, sources};
pub use remove::remove;
pub(crate) use source::{SourceNumbers, source_of};
pub use write::write;

/// What a write does with bars that are stored already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteMode {
    /// Adds days; of two bars of one day the new one is kept, but never a provisional one instead of a final one.
    Merge,
    /// Takes the place of all that is stored of the instrument from the source: a full fetch, in units that may have
    /// changed. Without a bar it changes nothing: no prices are no reason to forget prices.
    Replace,
}

/// Bars of one instrument from one source, in the order of their telling.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceBatch {
    /// Whose prices.
    pub instrument: InstrumentId,
    /// Who tells them. A source is registered with its basis when it first tells something.
    pub source: PriceSource,
    /// The bars, of any days.
    pub bars: Vec<DailyBar>,
    /// What to do with bars that are stored already.
    pub mode: WriteMode,
}

/// The closes of one instrument from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceCloses {
    /// Who tells them, and what they are stated in.
    pub source: PriceSource,
    /// Days and closes.
    pub prices: PriceColumns,
}

/// The bars of one instrument from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceBars {
    /// Who tells them, and what they are stated in.
    pub source: PriceSource,
    /// The bars, ascending by date.
    pub bars: Vec<DailyBar>,
}

/// What is stored of one instrument from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Who told it.
    pub source: PriceSource,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// How many days.
    pub days: usize,
    /// The last day that is final, if one is.
    pub last_final: Option<NaiveDate>,
}

impl Storage {
    /// Stores bars of any number of instruments in one database transaction, and raises the price version of those
    /// whose prices changed. Returns them, ascending.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when an instrument is not registered, [`StorageError::Refused`] when a close is no
    /// finite number or a source tells another basis than before, [`StorageError::CorruptPrices`] when a year that is
    /// to be merged with is damaged: [`WriteMode::Replace`] mends it.
    pub async fn write_prices(&self, batches: Vec<PriceBatch>) -> Result<Vec<InstrumentId>, StorageError> {
        self.write(move |connection| write(connection, &batches)).await
    }

    /// Forgets what a source told of one day of an instrument, and raises its price version. False when that was
    /// nothing.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the instrument is not registered, [`StorageError::CorruptPrices`] when the
    /// year is damaged.
    pub async fn remove_price(
        &self,
        instrument: InstrumentId,
        source: PriceSource,
        day: NaiveDate,
    ) -> Result<bool, StorageError> {
        self.write(move |connection| remove(connection, instrument, &source, day)).await
    }

    /// The closes of instruments from `from` to `to`, both included, by source: the most trusted source first. One
    /// query, however many instruments. An instrument without prices is absent.
    ///
    /// # Errors
    /// [`StorageError::CorruptPrices`] when a year is damaged.
    pub async fn read_closes(
        &self,
        instruments: Vec<InstrumentId>,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<HashMap<InstrumentId, Vec<SourceCloses>>, StorageError> {
        self.read(move |connection| read_closes(connection, &instruments, from, to)).await
    }

    /// The bars of an instrument from `from` to `to`, both included, by source: the most trusted source first.
    ///
    /// # Errors
    /// [`StorageError::CorruptPrices`] when a year is damaged.
    pub async fn read_bars(
        &self,
        instrument: InstrumentId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<SourceBars>, StorageError> {
        self.read(move |connection| read_bars(connection, instrument, from, to)).await
    }

    /// What is stored of an instrument, by source: the most trusted source first.
    ///
    /// # Errors
    /// [`StorageError::CorruptPrices`] when a year is damaged.
    pub async fn coverage(&self, instrument: InstrumentId) -> Result<Vec<Coverage>, StorageError> {
        self.read(move |connection| coverage(connection, instrument)).await
    }

    /// Every source that ever told something, the most trusted first.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn price_sources(&self) -> Result<Vec<PriceSource>, StorageError> {
        self.read(sources).await
    }
}
