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
    let first = first_day(year)?;
    columns.days.reserve(chunk.count);
    columns.closes.reserve(chunk.count);
    for (offset, close) in chunk.checked_days(year)?.zip(words(chunk.close)) {
        let (day, close) = (first + i32::from(offset?), f64::from_le_bytes(close));
        if !close.is_finite() {
            return Err(Damage::Close);
        }
        if from <= day && day <= to {
            columns.days.push(day);
            columns.closes.push(close);
        }
    }
    Ok(())
}

/// The bars of a year.
pub(crate) fn decode_bars(year: i32, closes: &[u8], details: Option<&[u8]>) -> Result<Vec<DailyBar>, Damage> {
    let chunk = Chunk::closes(closes)?;
    let first = first_day(year)?;
    let mut bars = Vec::with_capacity(chunk.count);
    for (place, (offset, close)) in chunk.checked_days(year)?.zip(words(chunk.close)).enumerate() {
        let close = f64::from_le_bytes(close);
        if !close.is_finite() {
            return Err(Damage::Close);
        }
        let provisional =
            chunk.provisional.get(place / 8).is_some_and(|eight| eight & (1 << (place % 8)) != 0);
        let date = from_epoch_day(first + i32::from(offset?));
        bars.push(DailyBar { provisional, ..DailyBar::close_only(date, close) });
    }
    if let Some(details) = details {
        add_details(&Chunk::details(details)?, &mut bars)?;
    }
    Ok(bars)
}

fn add_details(chunk: &Chunk<'_>, bars: &mut [DailyBar]) -> Result<(), Damage> {
    if chunk.count != bars.len() {
        return Err(Damage::Details { details: chunk.count, closes: bars.len() });
    }
    let prices: [(&[u8], fn(&mut DailyBar) -> &mut f64); 3] = [
        (chunk.open, |bar| &mut bar.open),
        (chunk.high, |bar| &mut bar.high),
        (chunk.low, |bar| &mut bar.low),
    ];
    for (column, field) in prices {
        // A column that is absent has no words: its fields keep what they have.
        for (bar, word) in bars.iter_mut().zip(words(column)) {
            *field(bar) = f64::from_le_bytes(word);
        }
    }
    for (bar, word) in bars.iter_mut().zip(words(chunk.volume)) {
        bar.volume = u64::from_le_bytes(word);
    }
    Ok(())
}

/// A chunk's columns, those that it lacks empty.
struct Chunk<'a> {
    count: usize,
    day: &'a [u8],
    close: &'a [u8],
    provisional: &'a [u8],
    open: &'a [u8],
    high: &'a [u8],
    low: &'a [u8],
    volume: &'a [u8],
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
                day: take(DAY, 2 * count)?,
                close: take(CLOSE, 8 * count)?,
                provisional: take(PROVISIONAL, count.div_ceil(8))?,
                open: take(OPEN, 8 * count)?,
                high: take(HIGH, 8 * count)?,
                low: take(LOW, 8 * count)?,
                volume: take(VOLUME, 8 * count)?,
            })
        };
        match take_all() {
            Some(chunk) if rest.is_empty() => Ok(chunk),
            _ => Err(wrong_length),
        }
    }

    /// The days of the year from 0, each checked to be one and later than the one before.
    fn checked_days(&self, year: i32) -> Result<impl Iterator<Item = Result<u16, Damage>> + use<'a>, Damage> {
        let in_year = (first_day(year + 1)? - first_day(year)?) as u16;
        let mut least = 0;
        Ok(words::<2>(self.day).map(move |word| {
            let day = u16::from_le_bytes(word);
            if day < least || day >= in_year {
                return Err(Damage::Days);
            }
            least = day + 1;
            Ok(day)
        }))
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

fn words<const N: usize>(column: &[u8]) -> impl Iterator<Item = [u8; N]> + use<'_, N> {
    column.chunks_exact(N).filter_map(|word| word.try_into().ok())
}

fn day_of_year(date: NaiveDate) -> u16 {
    use chrono::Datelike;
    date.ordinal0() as u16
}

fn first_day(year: i32) -> Result<i32, Damage> {
    NaiveDate::from_ymd_opt(year, 1, 1).map(epoch_day).ok_or(Damage::Days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;
    use proptest::prelude::*;

    fn price() -> impl Strategy<Value = f64> {
        (1..9_999_999_i64).prop_map(|cents| cents as f64 / 100.0)
    }

    fn maybe(price: impl Strategy<Value = f64>) -> impl Strategy<Value = f64> {
        prop_oneof![1 => Just(f64::NAN), 3 => price]
    }

    fn year_of_bars() -> impl Strategy<Value = (i32, Vec<DailyBar>)> {
        let fields = (price(), maybe(price()), maybe(price()), maybe(price()), any::<u64>(), any::<bool>());
        let days = prop::collection::btree_map(0..365_u32, fields, 1..300);
        (1900..2100_i32, days, any::<bool>()).prop_map(|(year, days, full)| {
            let bar = |(day, (close, open, high, low, volume, provisional))| {
                let date = NaiveDate::from_yo_opt(year, day + 1).unwrap();
                if full {
                    DailyBar { date, open, high, low, close, volume, provisional }
                } else {
                    DailyBar::close_only(date, close)
                }
            };
            (year, days.into_iter().map(bar).collect())
        })
    }

    /// `NaN` is not equal to itself, its bits are.
    fn bits(bar: &DailyBar) -> (NaiveDate, [u64; 4], u64, bool) {
        let prices = [bar.open, bar.high, bar.low, bar.close].map(f64::to_bits);
        (bar.date, prices, bar.volume, bar.provisional)
    }

    fn march() -> Vec<DailyBar> {
        let date = NaiveDate::from_ymd_opt(2013, 3, 1).unwrap();
        let full = DailyBar {
            open: 435.0,
            high: 438.18,
            low: 429.98,
            volume: 19_730_300,
            provisional: true,
            ..DailyBar::close_only(date, 430.47)
        };
        vec![full, DailyBar::close_only(date.succ_opt().unwrap(), 431.0)]
    }

    #[test]
    fn the_bytes_are_as_documented() {
        let encoded = encode(&march()[1..]);
        let expected = [&[1, 3, 1, 0][..], &[60, 0], &431.0_f64.to_le_bytes()].concat();
        assert_eq!([&encoded.closes[..4], &encoded.closes[8..]].concat(), expected);
        assert_eq!(encoded.closes[4..8], crc32fast::hash(&expected).to_le_bytes());
        assert_eq!(encoded.details, None);
    }

    #[test]
    fn a_year_of_closes_is_two_and_a_half_kilobytes() {
        let first = NaiveDate::from_ymd_opt(2012, 1, 1).unwrap();
        let bars: Vec<_> =
            first.iter_days().take(252).map(|date| DailyBar::close_only(date, 100.0)).collect();
        assert_eq!(encode(&bars).closes.len(), 8 + 252 * 10);
    }

    #[test]
    fn a_leap_years_last_day_is_read_only_in_a_leap_year() {
        let last = NaiveDate::from_ymd_opt(2012, 12, 31).unwrap();
        let closes = encode(&[DailyBar::close_only(last, 1.0)]).closes;
        assert_eq!(decode_bars(2012, &closes, None).unwrap()[0].date, last);
        assert_eq!(decode_bars(2013, &closes, None), Err(Damage::Days));
    }

    #[test]
    fn chunks_of_another_kind_or_version_are_refused() {
        let Encoded { closes, details } = encode(&march());
        let details = details.unwrap();
        assert!(matches!(decode_bars(2013, &details, None), Err(Damage::Columns(_))));
        assert!(matches!(decode_bars(2013, &closes, Some(&closes)), Err(Damage::Columns(_))));
        let mut newer = closes.clone();
        newer[0] = 2;
        assert_eq!(decode_bars(2013, &newer, None), Err(Damage::Version(2)));
        let one_day = encode(&march()[..1]).details.unwrap();
        assert_eq!(
            decode_bars(2013, &closes, Some(&one_day)),
            Err(Damage::Details { details: 1, closes: 2 })
        );
    }

    #[test]
    fn a_correct_checksum_does_not_excuse_a_wrong_content() {
        let sealed =
            |head: [u8; 4], body: &[u8]| [&head[..], &checksum(head, body).to_le_bytes(), body].concat();
        let two = |first: u16, second: u16, close: f64| {
            let days = [first.to_le_bytes(), second.to_le_bytes()].concat();
            sealed([1, DAY | CLOSE, 2, 0], &[days, close.to_le_bytes().repeat(2)].concat())
        };
        assert!(decode_bars(2013, &two(3, 4, 1.0), None).is_ok());
        assert_eq!(decode_bars(2013, &two(4, 4, 1.0), None), Err(Damage::Days));
        assert_eq!(decode_bars(2013, &two(4, 365, 1.0), None), Err(Damage::Days));
        assert_eq!(decode_bars(2013, &two(3, 4, f64::NAN), None), Err(Damage::Close));
        assert!(matches!(decode_bars(2013, &sealed([1, 3, 0, 0], &[]), None), Err(Damage::Length { .. })));
        let too_many = sealed([1, 3, 111, 1], &[0; 3670]);
        assert!(matches!(decode_bars(2013, &too_many, None), Err(Damage::Length { .. })));
    }

    proptest! {
        #[test]
        fn bars_survive_the_way_through_bytes((year, bars) in year_of_bars()) {
            let encoded = encode(&bars);
            let again = decode_bars(year, &encoded.closes, encoded.details.as_deref()).unwrap();
            prop_assert_eq!(again.iter().map(bits).collect::<Vec<_>>(), bars.iter().map(bits).collect::<Vec<_>>());
        }

        #[test]
        fn closes_are_read_without_the_details((year, bars) in year_of_bars(), from in 0..366_i32, length in 0..366_i32) {
            let first = epoch_day(NaiveDate::from_ymd_opt(year, 1, 1).unwrap());
            let (from, to) = (first + from, first + from + length);
            let mut columns = PriceColumns::default();
            decode_closes(year, &encode(&bars).closes, from, to, &mut columns).unwrap();
            let wanted: Vec<_> = bars
                .iter()
                .map(|bar| (epoch_day(bar.date), bar.close.to_bits()))
                .filter(|(day, _)| (from..=to).contains(day))
                .collect();
            let got: Vec<_> =
                columns.days.iter().copied().zip(columns.closes.iter().map(|close| close.to_bits())).collect();
            prop_assert_eq!(got, wanted);
        }

        #[test]
        fn a_changed_byte_is_always_noticed((year, bars) in year_of_bars(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
            let Encoded { mut closes, details } = encode(&bars);
            let place = at.index(closes.len());
            closes[place] ^= flip;
            prop_assert!(decode_bars(year, &closes, details.as_deref()).is_err());
            let mut columns = PriceColumns::default();
            prop_assert!(decode_closes(year, &closes, i32::MIN, i32::MAX, &mut columns).is_err());
        }

        #[test]
        fn a_truncated_or_padded_chunk_is_always_noticed((year, bars) in year_of_bars(), length in any::<prop::sample::Index>()) {
            let closes = encode(&bars).closes;
            prop_assert!(decode_bars(year, &closes[..length.index(closes.len())], None).is_err());
            prop_assert!(decode_bars(year, &[&closes[..], &[0]].concat(), None).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(year in any::<i16>(), closes in prop::collection::vec(any::<u8>(), 0..200), details in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_bars(year.into(), &closes, Some(&details));
        }

        #[test]
        fn no_sealed_bytes_make_it_panic(year in 1900..2100_i32, columns in any::<u8>(), count in 0..20_u16, body in prop::collection::vec(any::<u8>(), 0..400)) {
            let [low, high] = count.to_le_bytes();
            let head = [VERSION, columns, low, high];
            let bytes = [&head[..], &checksum(head, &body).to_le_bytes(), &body].concat();
            if let Ok(bars) = decode_bars(year, &bytes, None) {
                prop_assert!(bars.iter().all(|bar| bar.date.year() == year && bar.close.is_finite()));
            }
        }
    }
}
