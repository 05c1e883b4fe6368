//! From parallel arrays to bars.

use std::collections::HashMap;

use bellwether_domain::{CashDividend, DailyBar, Split, SplitRatio};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use super::session::Session;
use super::wire::{ChartResult, Columns, Indicators, Payout, SplitEvent};
use crate::number::{Number, PriceReader, exact};

/// How far the service's clock may be ahead of ours.
const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

/// One day as reported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) bar: DailyBar,
    pub(super) adjusted: f64,
    pub(super) stamp: i64,
}

/// The days of a result, ascending and unique, in the major currency.
///
/// Arrays of different lengths, and values without times, are refused: nobody can say which value belongs to which
/// day. Of two rows for a day the later counts. A row without a close is left out, unless it is the day of the last
/// trade, whose price then stands in. Rows at or after `before`, or from the future, are extras that nobody asked
/// for.
pub(super) fn rows(
    result: &ChartResult,
    session: &Session,
    prices: &mut PriceReader,
    before: Option<i64>,
) -> Result<Vec<Row>, String> {
    let Indicators { quote, adjclose } = &result.indicators;
    let empty = Columns::default();
    let columns = quote.as_ref().and_then(|quote| quote.first()?.as_ref()).unwrap_or(&empty);
    let adjusted = adjclose.as_ref().and_then(|list| list.first()?.as_ref()?.adjclose.as_ref());
    let stamps = result.timestamp.as_deref().unwrap_or_default();
    let all = [&columns.open, &columns.high, &columns.low, &columns.close, &columns.volume];
    let lengths = all.iter().filter_map(|column| column.as_ref()).chain(adjusted).map(Vec::len);
    if lengths.clone().any(|length| length != stamps.len()) {
        return Err(if stamps.is_empty() {
            "values without times".into()
        } else {
            format!("{} times but columns of {:?} values", stamps.len(), lengths.collect::<Vec<_>>())
        });
    }
    if stamps.is_empty() {
        return Ok(Vec::new());
    }
    let Some(closes) = &columns.close else { return Err("times without closes".into()) };

    let end = (session.now + CLOCK_SLACK).timestamp().min(before.unwrap_or(i64::MAX));
    let market_date = session.market_date();
    let market_price = result.meta.regular_market_price;
    let cell = |column: Option<&Vec<Number>>, at: usize| {
        column.and_then(|column| column.get(at)).copied().unwrap_or_default()
    };
    let mut rows: Vec<Row> = Vec::with_capacity(stamps.len());
    for (at, (stamp, close)) in stamps.iter().zip(closes).enumerate() {
        let stamp = stamp.whole().ok_or("a time that is none")?;
        if stamp >= end {
            continue;
        }
        let date = session.bar_date(stamp).ok_or("a time beyond the calendar")?;
        let mut close = *close;
        if close.get().is_none() {
            if at + 1 < stamps.len() || market_date != Some(date) {
                continue;
            }
            close = market_price;
        }
        let close = prices.major(close);
        if !close.is_finite() {
            continue;
        }
        let [open, high, low] = [&columns.open, &columns.high, &columns.low]
            .map(|column| prices.major(cell(column.as_ref(), at)));
        let volume = cell(columns.volume.as_ref(), at).whole().unwrap_or(0).try_into().unwrap_or(0);
        let bar = DailyBar { date, open, high, low, close, volume, provisional: false };
        rows.push(Row { bar: plausible(bar), adjusted: prices.major(cell(adjusted, at)), stamp });
    }
    if !rows.is_sorted_by_key(|row| row.stamp) {
        rows.sort_by_key(|row| row.stamp);
    }
    keep_the_later_of_two(&mut rows);
    // Only the newest days can be unfinished.
    for row in rows.iter_mut().rev().take(3) {
        row.bar.provisional = session.is_provisional(row.bar.date);
    }
    Ok(rows)
}

fn keep_the_later_of_two(rows: &mut Vec<Row>) {
    let mut kept: usize = 0;
    for at in 0..rows.len() {
        let Some(row) = rows.get(at).copied() else { break };
        let same_day = kept
            .checked_sub(1)
            .and_then(|last| rows.get_mut(last))
            .filter(|last| last.bar.date == row.bar.date);
        if let Some(last) = same_day {
            *last = row;
        } else {
            if let Some(slot) = rows.get_mut(kept) {
                *slot = row;
            }
            kept += 1;
        }
    }
    rows.truncate(kept);
}

/// A day whose high is below its low has a close, but no range that could be shown.
fn plausible(bar: DailyBar) -> DailyBar {
    if bar.high < bar.low { DailyBar { open: f64::NAN, high: f64::NAN, low: f64::NAN, ..bar } } else { bar }
}

/// Dividends or capital gains by ex-date, amounts in the major currency; each once, however often it is reported.
pub(super) fn payouts(
    reported: Option<&HashMap<String, Payout>>,
    session: &Session,
    prices: &mut PriceReader,
) -> Vec<CashDividend> {
    let mut payouts: Vec<CashDividend> = reported
        .into_iter()
        .flat_map(HashMap::values)
        .filter_map(|payout| {
            let ex_date = session.bar_date(payout.date.whole()?)?;
            let unit = payout.currency.as_deref().and_then(|currency| currency.parse().ok());
            let amount = match unit {
                Some(unit) => PriceReader::new(unit).decimal(payout.amount)?,
                None => prices.decimal(payout.amount)?,
            };
            let currency = unit.map(|unit| unit.currency);
            (amount > Decimal::ZERO).then_some(CashDividend { ex_date, amount, currency })
        })
        .collect();
    payouts.sort_by_key(|payout| (payout.ex_date, payout.amount, payout.currency));
    payouts.dedup();
    payouts
}

/// Splits by ex-date, each once.
pub(super) fn splits(reported: Option<&HashMap<String, SplitEvent>>, session: &Session) -> Vec<Split> {
    let mut splits: Vec<Split> = reported
        .into_iter()
        .flat_map(HashMap::values)
        .filter_map(|event| {
            let ex_date = session.bar_date(event.date.whole()?)?;
            Some(Split { ex_date, ratio: ratio(event)? })
        })
        .collect();
    splits.sort_by_key(|split| (split.ex_date, split.ratio.new, split.ratio.old));
    splits.dedup();
    splits
}

fn ratio(event: &SplitEvent) -> Option<SplitRatio> {
    let stated = event.numerator.get().zip(event.denominator.get());
    let written = || {
        let (new, old) = event.split_ratio.as_deref()?.split_once([':', '/'])?;
        Some((new.trim().parse().ok()?, old.trim().parse().ok()?))
    };
    let (new, old) = stated.or_else(written)?;
    // Beyond, even one by the other may be more than a decimal holds.
    let shares = |number: f64| exact(number).filter(|_| (1e-6..=1e9).contains(&number));
    SplitRatio::new(shares(new)?, shares(old)?)
}

/// The newest of `rows` before `date`.
pub(super) fn newest_before(rows: &[Row], date: NaiveDate) -> Option<&DailyBar> {
    let at = rows.partition_point(|row| row.bar.date < date).checked_sub(1)?;
    rows.get(at).map(|row| &row.bar)
}
