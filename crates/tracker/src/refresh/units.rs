//! Whether prices are in the units of those that are stored.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::{DailyBar, Instrument, InstrumentKind, Quote, Split, price_of_decimal};
use bellwether_prices::{Overlap, overlap};
use bellwether_storage::prices::WriteMode;
use chrono::NaiveDate;

/// Two closes of one day that differ by more are in different units, unless rounding explains it. Less than any split,
/// and more than a close is corrected by as a rule.
const DIFFERENCE: f64 = 0.01;
/// Between the days of two closes the market moves further than this seldom, and most splits more.
const MOVE: f64 = 1.4;
/// A source corrects so many closes at most, and none by more than this; otherwise its answer is taken for a mix-up.
const CORRECTIONS: usize = 5;
const CORRECTION: f64 = 0.2;
/// How far a split's ratio may be from the one by which closes were restated.
const RATIO_SLACK: f64 = 1e-3;

/// What a current price's units are, as far as stored closes of the same source tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    /// Those of the stored closes, or there is nothing to compare.
    Stored,
    /// Perhaps others: the market does not move so far as a rule, or the close of one and the same day differs by what
    /// may be a small split, or only an auction that one of the two closes leaves out. The history tells.
    Unclear,
    /// Others: the close of one and the same day differs by far.
    Others,
}

/// Compares a quote with stored closes, days ascending.
pub(super) fn units_of(quote: &Quote, instrument: &Instrument, stored: &[(NaiveDate, f64)]) -> Units {
    use InstrumentKind::{Equity, Etf, Fund, Other};
    if !matches!(instrument.kind, Equity | Etf | Fund | Other) {
        // Never split; and where trading never rests, every source ends the day at an hour of its own.
        return Units::Stored;
    }
    let exchange = instrument.exchange;
    let day = exchange.local_date(quote.as_of);
    let Some((date, close)) = stored.iter().rfind(|(date, close)| *date < day && *close > 0.0) else {
        return Units::Stored;
    };
    if let Some(previous) = quote.previous_close
        && *date == exchange.previous_trading_day(day)
    {
        let half_of_the_last_digit = 0.5 * 10_f64.powi(-i32::try_from(previous.scale()).unwrap_or(0));
        let slack = (close * DIFFERENCE).max(half_of_the_last_digit);
        let previous = price_of_decimal(previous);
        return match (previous - close).abs() {
            difference if difference <= slack => Units::Stored,
            _ if is_small(previous / close) => Units::Unclear,
            _ => Units::Others,
        };
    }
    let moved = price_of_decimal(quote.previous_close.unwrap_or(quote.price)) / close;
    if is_small(moved) { Units::Stored } else { Units::Unclear }
}

fn is_small(ratio: f64) -> bool {
    (1.0 / MOVE..=MOVE).contains(&ratio)
}

/// How a full history is to be stored beside what is stored of its source, so that all days are in one unit and none
/// is lost. `None` when it cannot be: the two disagree by more than splits explain. A small ratio needs no split to
/// explain it: histories are restated for what shareholders were given of another company, too.
///
/// Both are days ascending.
pub(super) fn in_one_unit(
    stored: &[DailyBar],
    fetched: &[DailyBar],
    splits: &[Split],
) -> Option<(Vec<DailyBar>, WriteMode)> {
    let closes: Vec<(NaiveDate, f64)> =
        stored.iter().filter(|bar| !bar.provisional).map(|bar| (bar.date, bar.close)).collect();
    if closes.is_empty() || fetched.is_empty() {
        return Some((fetched.to_vec(), WriteMode::Replace));
    }
    match overlap(&closes, fetched, 0.0) {
        Overlap::Append => Some((fetched.to_vec(), WriteMode::Merge)),
        Overlap::Restated { ratio } => {
            let after = last_common_day(&closes, fetched)?;
            let factor = explaining(ratio, splits, after).or(is_small(ratio).then(|| 1.0 / ratio))?;
            let mut bars: BTreeMap<NaiveDate, DailyBar> =
                stored.iter().map(|bar| (bar.date, restated(bar, factor))).collect();
            bars.extend(fetched.iter().map(|bar| (bar.date, *bar)));
            Some((bars.into_values().collect(), WriteMode::Replace))
        }
        Overlap::Disagree if is_correction(&closes, fetched) => Some((fetched.to_vec(), WriteMode::Merge)),
        Overlap::Disagree | Overlap::Apart => None,
    }
}

fn last_common_day(stored: &[(NaiveDate, f64)], fetched: &[DailyBar]) -> Option<NaiveDate> {
    let is_stored = |day: &NaiveDate| stored.binary_search_by_key(day, |(date, _)| *date).is_ok();
    fetched.iter().rev().filter(|bar| !bar.provisional).map(|bar| bar.date).find(is_stored)
}

/// New shares for an old one in the newest splits after a day, when they are why closes are `ratio` of what they were.
fn explaining(ratio: f64, splits: &[Split], after: NaiveDate) -> Option<f64> {
    let mut later: Vec<&Split> = splits.iter().filter(|split| split.ex_date > after).collect();
    later.sort_by_key(|split| std::cmp::Reverse(split.ex_date));
    // The first of them may be contained in the stored history, which was then told ahead of it.
    let shares = later.into_iter().scan(1.0, |shares, split| {
        *shares *= price_of_decimal(split.ratio.factor());
        Some(*shares)
    });
    shares.into_iter().find(|shares| (shares * ratio - 1.0).abs() <= RATIO_SLACK)
}

/// The bar as after a split in which one share became `shares`.
fn restated(bar: &DailyBar, shares: f64) -> DailyBar {
    DailyBar {
        open: bar.open / shares,
        high: bar.high / shares,
        low: bar.low / shares,
        close: bar.close / shares,
        volume: (bar.volume as f64 * shares).round() as u64,
        ..*bar
    }
}

/// Whether a source told a few closes anew, in the same units.
fn is_correction(stored: &[(NaiveDate, f64)], fetched: &[DailyBar]) -> bool {
    let known: HashMap<NaiveDate, f64> = stored.iter().copied().collect();
    let ratios = fetched.iter().filter(|bar| !bar.provisional).filter_map(|bar| {
        let close = known.get(&bar.date)?;
        Some((bar.close / close - 1.0).abs())
    });
    let (same, others): (Vec<f64>, Vec<f64>) = ratios.partition(|by| *by <= DIFFERENCE);
    others.len() <= CORRECTIONS.min(same.len()) && others.iter().all(|by| *by <= CORRECTION)
}

#[cfg(test)]
mod tests {
    use bellwether_domain::{Currency, Exchange, InstrumentId, PriceSource};
    use rust_decimal::Decimal;

    use super::*;

    fn units(kind: InstrumentKind, price: &str, previous: Option<&str>, stored: &[(&str, f64)]) -> Units {
        let symbol: bellwether_domain::Symbol = "ANY".parse().expect("a symbol");
        let instrument = Instrument {
            id: InstrumentId(1),
            symbol: symbol.clone(),
            name: None,
            kind,
            currency: Some(Currency::USD),
            exchange: Exchange::NewYork,
            history_fetched_at: None,
            price_version: 1,
        };
        let decimal = |text: &str| text.parse::<Decimal>().expect("a number");
        let tuesday = "2026-12-01T16:00:00Z".parse().expect("an instant");
        let quote = Quote {
            symbol,
            price: decimal(price),
            currency: Currency::USD,
            as_of: tuesday,
            fetched_at: tuesday,
            previous_close: previous.map(decimal),
            delay_minutes: 0,
            source: PriceSource::yahoo().name,
        };
        let stored: Vec<(NaiveDate, f64)> =
            stored.iter().map(|(day, close)| (day.parse().expect("a date"), *close)).collect();
        units_of(&quote, &instrument, &stored)
    }

    #[test]
    fn the_close_of_one_day_tells_the_units_however_far_the_market_moves() {
        let monday = [("2026-11-30", 100.0)];
        assert_eq!(units(InstrumentKind::Equity, "40", Some("100"), &monday), Units::Stored);
        assert_eq!(units(InstrumentKind::Equity, "25", Some("25"), &monday), Units::Others);
        assert_eq!(units(InstrumentKind::Etf, "1000", Some("1000"), &monday), Units::Others);
        assert_eq!(units(InstrumentKind::Fund, "95.3", Some("95.24"), &monday), Units::Unclear, "21 for 20");
    }

    #[test]
    fn rounding_is_no_other_unit() {
        let penny = [("2026-11-30", 0.0352)];
        assert_eq!(units(InstrumentKind::Equity, "0.04", Some("0.04"), &penny), Units::Stored);
        let halves = [("2026-11-30", 170.504)];
        assert_eq!(units(InstrumentKind::Equity, "171", Some("170.5"), &halves), Units::Stored);
    }

    #[test]
    fn where_the_day_before_is_not_known_a_great_move_is_unclear() {
        let friday = [("2026-11-27", 100.0)];
        assert_eq!(units(InstrumentKind::Equity, "25", Some("25"), &friday), Units::Unclear);
        assert_eq!(units(InstrumentKind::Equity, "110", Some("105"), &friday), Units::Stored);
        assert_eq!(units(InstrumentKind::Equity, "25", None, &[("2026-11-30", 100.0)]), Units::Unclear);
        assert_eq!(units(InstrumentKind::Equity, "25", Some("25"), &[]), Units::Stored);
    }

    #[test]
    fn a_small_ratio_needs_no_split_and_a_great_one_does() {
        let bars = |scale: f64| -> Vec<DailyBar> {
            let day = |day: u32| NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
            (2..14).map(|n| DailyBar::close_only(day(n), f64::from(n + 90) * scale)).collect()
        };
        let (kept, mode) = in_one_unit(&bars(1.0), &bars(0.9)[2..], &[]).expect("a company was spun off");
        assert_eq!((kept.len(), mode), (12, WriteMode::Replace));
        assert!((kept[0].close - bars(0.9)[0].close).abs() < 1e-9, "days that the answer lacks go along");
        for scale in [0.5, 0.01, 100.0] {
            assert!(in_one_unit(&bars(1.0), &bars(scale), &[]).is_none(), "{scale}");
        }
    }

    #[test]
    fn what_never_splits_is_not_compared() {
        assert_eq!(units(InstrumentKind::Crypto, "25", Some("25"), &[("2026-11-30", 100.0)]), Units::Stored);
    }
}
