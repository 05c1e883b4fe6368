//! What is known of the world: instruments, prices, actions, quotes.

use std::collections::HashSet;

use bellwether_domain::{ActionKind, DailyBar, InstrumentId, epoch_day};
use chrono::{Datelike, NaiveDate, TimeDelta};
use diesel::prelude::*;

use super::Findings;
use crate::StorageError;
use crate::connection::AnyConnection;
use crate::prices::decode_bars;
use crate::schema::{instruments, price_chunks, price_sources};
use crate::{actions, quotes};

const FETCH: &str = "Prices can be fetched again: delete the instrument's rows of that year and source from \
                     price_chunks, or restore the last good backup.";
const LOOK: &str = "Look at the day's price; record the right one with \"bellwether prices set\".";
/// A close so many times those beside it is no price.
const NONSENSE: f64 = 100.0;
/// No price of a unit is beyond.
const HIGHEST: f64 = 1e12;

pub(super) fn examine(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), StorageError> {
    let all: Vec<(i32, String)> = instruments::table
        .order(instruments::id)
        .select((instruments::id, instruments::symbol))
        .load(connection)?;
    for (id, symbol) in all {
        let id = InstrumentId(id);
        let read = crate::instruments::by_ids(connection, &[id]);
        if findings.readable("instruments", read)?.is_none() {
            continue;
        }
        let quote = quotes::read(connection, &[id]);
        if let Some(quotes) = findings.readable("quotes", quote)? {
            let is_wrong = |quote: &bellwether_domain::Quote| {
                quote.price.is_sign_negative() || quote.as_of > findings.now + TimeDelta::days(2)
            };
            if quotes.values().any(is_wrong) {
                let what = format!("The quote of {symbol} is negative or lies in the future.");
                findings.add("quotes", what, "The next refresh replaces it; look again then.");
            }
        }
        let told = actions::read(connection, &[id]);
        let mut splits = HashSet::new();
        if let Some(told) = findings.readable("corporate actions", told)? {
            let actions = told.values().flatten().flat_map(|source| &source.actions);
            splits.extend(
                actions
                    .filter(|action| matches!(action.kind, ActionKind::Split(_)))
                    .map(|action| epoch_day(action.ex_date)),
            );
        }
        years(connection, findings, id, &symbol, &splits)?;
    }
    Ok(())
}

/// A stored year: its source's name, the year, closes, details.
type Year = (String, i32, Vec<u8>, Option<Vec<u8>>);

fn years(
    connection: &mut AnyConnection,
    findings: &mut Findings,
    id: InstrumentId,
    symbol: &str,
    splits: &HashSet<i32>,
) -> Result<(), StorageError> {
    let years: Vec<Year> = price_chunks::table
        .inner_join(price_sources::table)
        .filter(price_chunks::instrument_id.eq(id.0))
        .order((price_chunks::source_id, price_chunks::year))
        .select((price_sources::name, price_chunks::year, price_chunks::closes, price_chunks::details))
        .load(connection)?;
    let (mut damaged, mut nonsense) = (Vec::new(), Vec::new());
    let horizon = (findings.now + TimeDelta::days(2)).date_naive();
    for (source, year, closes, details) in years {
        let place = format!("The prices of {symbol} in {year} from {source}");
        match decode_bars(year, &closes, details.as_deref()) {
            Err(damage) => damaged.push(format!("{place} cannot be read: {damage}.")),
            Ok(bars) => nonsense.extend(
                wrong_days(&bars, horizon, splits)
                    .into_iter()
                    .map(|(day, why)| format!("{place}: {day} {why}.")),
            ),
        }
    }
    findings.add_all("prices", FETCH, damaged);
    findings.add_all("prices", LOOK, nonsense);
    Ok(())
}

/// The days of a year whose bars cannot be.
fn wrong_days(
    bars: &[DailyBar],
    horizon: NaiveDate,
    splits: &HashSet<i32>,
) -> Vec<(NaiveDate, &'static str)> {
    let mut wrong = Vec::new();
    for bar in bars {
        let mut told = [bar.close, bar.open, bar.high, bar.low].into_iter().filter(|price| !price.is_nan());
        if told.any(|price| !(0.0..=HIGHEST).contains(&price)) {
            wrong.push((bar.date, "has a price beyond all bounds"));
        } else if bar.high < bar.low {
            wrong.push((bar.date, "has a low above its high"));
        } else if bar.date > horizon {
            wrong.push((bar.date, "lies in the future"));
        }
    }
    for three in bars.windows(3) {
        let [before, bar, after] = three else { continue };
        let is_far = |one: f64, other: f64| one > other * NONSENSE || one * NONSENSE < other;
        let is_alone = is_far(bar.close, before.close) && is_far(bar.close, after.close);
        let agree = !is_far(before.close, after.close);
        let is_split = [bar, after].iter().any(|bar| splits.contains(&epoch_day(bar.date)));
        if is_alone && agree && !is_split && !bar.provisional && bar.close > 0.0 {
            wrong.push((bar.date, "closed a hundred times away from the days beside it"));
        }
    }
    wrong.retain(|(day, _)| day.year() > 0);
    wrong
}
