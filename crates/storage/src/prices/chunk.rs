//! The bytes in which one year of daily bars is stored.
//!
//! All numbers are little-endian. A chunk is
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 1 | version of the format: 1 |
//! | 1 | 1 | which columns follow, one bit each |
//! | 2 | 2 | `n`, the number of days: 1 to 366 |
//! | 4 | 4 | CRC-32 (IEEE) of all other bytes in their order |
//! | 8 | | the columns, in the order of their bits |
//!
//! | bit | column | bytes | |
//! |---|---|---|---|
//! | 0 | day | 2n | day of the year from 0, ascending |
//! | 1 | close | 8n | `f64`, finite |
//! | 2 | provisional | n/8, rounded up | one bit for each day, lowest first; absent when none is set |
//! | 3 | open | 8n | `f64`, `NaN` where unknown; absent when all are |
//! | 4 | high | 8n | likewise |
//! | 5 | low | 8n | likewise |
//! | 6 | volume | 8n | `u64`, 0 where unknown; absent when all are |
//!
//! A year is stored as two chunks over the same days: `closes` with the columns of bits 0 to 2, and `details` with
//! those of bits 3 to 6, absent when it would have no column. Bit 7 is free; a reader refuses bits and versions that
//! it does not know.

use bellwether_domain::{DailyBar, PriceColumns, epoch_day, from_epoch_day};
use chrono::NaiveDate;

const VERSION: u8 = 1;
const HEADER: usize = 8;
const MAX_DAYS: usize = 366;

const DAY: u8 = 1;
const CLOSE: u8 = 1 << 1;
const PROVISIONAL: u8 = 1 << 2;
const OPEN: u8 = 1 << 3;
const HIGH: u8 = 1 << 4;
const LOW: u8 = 1 << 5;
const VOLUME: u8 = 1 << 6;

/// What is wrong with a chunk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Damage {
    #[error("only {0} bytes")]
    TooShort(usize),
    #[error("format version {0} is not known")]
    Version(u8),
    #[error("the checksum does not match")]
    Checksum,
    #[error("columns {0:#04x} are not those that belong here")]
    Columns(u8),
    #[error("{count} days do not fill {bytes} bytes")]
    Length { count: usize, bytes: usize },
    #[error("days are not ascending days of the year")]
    Days,
    #[error("a close is no number")]
    Close,
    #[error("{details} days of details for {closes} closes")]
    Details { details: usize, closes: usize },
}

/// A year of bars as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) closes: Vec<u8>,
    pub(crate) details: Option<Vec<u8>>,
}

/// The bytes of one year's bars, which ascend by date, lie in one year and have finite closes.
pub(crate) fn encode(bars: &[DailyBar]) -> Encoded {
    let days: Vec<u8> = bars.iter().flat_map(|bar| day_of_year(bar.date).to_le_bytes()).collect();
    let prices = |of: fn(&DailyBar) -> f64| -> Option<Vec<u8>> {
        let known = bars.iter().any(|bar| !of(bar).is_nan());
        known.then(|| bars.iter().flat_map(|bar| of(bar).to_le_bytes()).collect())
    };
    let provisional = bars.iter().any(|bar| bar.provisional).then(|| {
        let bit = |(place, bar): (usize, &DailyBar)| u8::from(bar.provisional) << place;
        bars.chunks(8).map(|eight| eight.iter().enumerate().map(bit).sum()).collect()
    });
    let volume = bars
        .iter()
        .any(|bar| bar.volume != 0)
        .then(|| bars.iter().flat_map(|bar| bar.volume.to_le_bytes()).collect());
    Encoded {
        closes: seal(
            bars.len(),
            &[(DAY, Some(days)), (CLOSE, prices(|bar| bar.close)), (PROVISIONAL, provisional)],
        )
        .unwrap_or_default(),
        details: seal(
            bars.len(),
            &[
                (OPEN, prices(|bar| bar.open)),
                (HIGH, prices(|bar| bar.high)),
                (LOW, prices(|bar| bar.low)),
                (VOLUME, volume),
            ],
        ),
    }
}

/// Appends the days from `from` to `to`, both included and in epoch days, with their closes.
pub(crate) fn decode_closes(
    year: i32,
    closes: &[u8],
    from: i32,
    to: i32,
    columns: &mut PriceColumns,
) -> Result<(), Damage> {
    let chunk = Chunk::closes(closes)?;
    let start = columns.days.len();
    chunk.days_into(year, &mut columns.days)?;
    let known = columns.days.get(start..).unwrap_or_default();
    let first = known.partition_point(|day| *day < from);
    let end = known.partition_point(|day| *day <= to).max(first);
    let wanted = chunk.close.get(first..end).unwrap_or_default();
    columns.closes.extend(wanted.iter().map(|word| f64::from_le_bytes(*word)));
    columns.days.truncate(start + end);
    columns.days.drain(start..start + first);
    Ok(())
}

/// The bars of a year.
pub(crate) fn decode_bars(year: i32, closes: &[u8], details: Option<&[u8]>) -> Result<Vec<DailyBar>, Damage> {
    let chunk = Chunk::closes(closes)?;
    let mut days = Vec::new();
    chunk.days_into(year, &mut days)?;
    let bar = |(place, (day, close)): (usize, (&i32, &[u8; 8]))| {
        let eight = chunk.provisional.get(place / 8).copied().unwrap_or_default();
        let provisional = eight & (1 << (place % 8)) != 0;
        DailyBar { provisional, ..DailyBar::close_only(from_epoch_day(*day), f64::from_le_bytes(*close)) }
    };
    let mut bars: Vec<DailyBar> = days.iter().zip(chunk.close).enumerate().map(bar).collect();
    if let Some(details) = details {
        add_details(&Chunk::details(details)?, &mut bars)?;
    }
    Ok(bars)
}

fn add_details(chunk: &Chunk<'_>, bars: &mut [DailyBar]) -> Result<(), Damage> {
    if chunk.count != bars.len() {
        return Err(Damage::Details { details: chunk.count, closes: bars.len() });
    }
    // A column that is absent has no words: its fields keep what they have.
    let mut fill = |column: &[[u8; 8]], field: fn(&mut DailyBar) -> &mut f64| {
        for (bar, word) in bars.iter_mut().zip(column) {
            *field(bar) = f64::from_le_bytes(*word);
        }
    };
    fill(chunk.open, |bar| &mut bar.open);
    fill(chunk.high, |bar| &mut bar.high);
    fill(chunk.low, |bar| &mut bar.low);
    for (bar, word) in bars.iter_mut().zip(chunk.volume) {
        bar.volume = u64::from_le_bytes(*word);
    }
    Ok(())
}

/// A chunk's columns, those that it lacks empty.
struct Chunk<'a> {
    count: usize,
    day: &'a [[u8; 2]],
    close: &'a [[u8; 8]],
    provisional: &'a [u8],
    open: &'a [[u8; 8]],
    high: &'a [[u8; 8]],
    low: &'a [[u8; 8]],
    volume: &'a [[u8; 8]],
}

impl<'a> Chunk<'a> {
    fn closes(bytes: &'a [u8]) -> Result<Self, Damage> {
        Self::open(bytes, |columns| matches!(columns & !PROVISIONAL, both if both == DAY | CLOSE))
    }

    fn details(bytes: &'a [u8]) -> Result<Self, Damage> {
        Self::open(bytes, |columns| columns != 0 && columns & !(OPEN | HIGH | LOW | VOLUME) == 0)
    }

    fn open(bytes: &'a [u8], belongs: impl Fn(u8) -> bool) -> Result<Self, Damage> {
        let Some((&[version, columns, low, high, a, b, c, d], body)) = bytes.split_first_chunk::<HEADER>()
        else {
            return Err(Damage::TooShort(bytes.len()));
        };
        if version != VERSION {
            return Err(Damage::Version(version));
        }
        if checksum([version, columns, low, high], body) != u32::from_le_bytes([a, b, c, d]) {
            return Err(Damage::Checksum);
        }
        if !belongs(columns) {
            return Err(Damage::Columns(columns));
        }
        let count = usize::from(u16::from_le_bytes([low, high]));
        let wrong_length = Damage::Length { count, bytes: bytes.len() };
        if !(1..=MAX_DAYS).contains(&count) {
            return Err(wrong_length);
        }
        let mut rest = body;
        let mut take = |bit: u8, length: usize| {
            if columns & bit == 0 {
                return Some(&[] as &[u8]);
            }
            let (column, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(column)
        };
        let mut take_all = || {
            Some(Self {
                count,
                day: take(DAY, 2 * count)?.as_chunks().0,
                close: take(CLOSE, 8 * count)?.as_chunks().0,
                provisional: take(PROVISIONAL, count.div_ceil(8))?,
                open: take(OPEN, 8 * count)?.as_chunks().0,
                high: take(HIGH, 8 * count)?.as_chunks().0,
                low: take(LOW, 8 * count)?.as_chunks().0,
                volume: take(VOLUME, 8 * count)?.as_chunks().0,
            })
        };
        match take_all() {
            Some(chunk) if rest.is_empty() => Ok(chunk),
            _ => Err(wrong_length),
        }
    }

    /// Appends the days as epoch days, after checking that they ascend within the year and that each has a close.
    fn days_into(&self, year: i32, days: &mut Vec<i32>) -> Result<(), Damage> {
        let first = first_day(year)?;
        let mut least = first;
        let end = first_day(year + 1)?;
        days.reserve(self.count);
        for word in self.day {
            let day = first + i32::from(u16::from_le_bytes(*word));
            if day < least || day >= end {
                return Err(Damage::Days);
            }
            least = day + 1;
            days.push(day);
        }
        if self.close.iter().all(|word| f64::from_le_bytes(*word).is_finite()) {
            Ok(())
        } else {
            Err(Damage::Close)
        }
    }
}

/// Header and columns; `None` without columns.
fn seal(count: usize, columns: &[(u8, Option<Vec<u8>>)]) -> Option<Vec<u8>> {
    let present = || columns.iter().filter_map(|(bit, column)| Some((*bit, column.as_ref()?)));
    let bits: u8 = present().map(|(bit, _)| bit).sum();
    if bits == 0 {
        return None;
    }
    let body: Vec<u8> = present().flat_map(|(_, column)| column.iter().copied()).collect();
    let [low, high] = (count as u16).to_le_bytes();
    let head = [VERSION, bits, low, high];
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(head);
    bytes.extend(checksum(head, &body).to_le_bytes());
    bytes.extend(body);
    Some(bytes)
}

fn checksum(head: [u8; 4], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head);
    hasher.update(body);
    hasher.finalize()
}

fn day_of_year(date: NaiveDate) -> u16 {
    use chrono::Datelike;
    date.ordinal0() as u16
}

fn first_day(year: i32) -> Result<i32, Damage> {
    NaiveDate::from_ymd_opt(year, 1, 1).map(epoch_day).ok_or(Damage::Days)
}

#[cfg(test)]
mod tests;
