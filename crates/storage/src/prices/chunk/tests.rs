#![allow(clippy::unwrap_used)]

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
    let bars: Vec<_> = first.iter_days().take(252).map(|date| DailyBar::close_only(date, 100.0)).collect();
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
    assert_eq!(decode_bars(2013, &closes, Some(&one_day)), Err(Damage::Details { details: 1, closes: 2 }));
}

#[test]
fn a_correct_checksum_does_not_excuse_a_wrong_content() {
    let sealed = |head: [u8; 4], body: &[u8]| [&head[..], &checksum(head, body).to_le_bytes(), body].concat();
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
