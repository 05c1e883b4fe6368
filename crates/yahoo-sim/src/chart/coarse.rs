//! Weekly, monthly and quarterly bars.

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::market::{Listing, Moment, midnight};

use super::request::Interval;
use super::rows::Row;

/// The unix second under which the bar of a session is filed: the start of its week, month or quarter.
pub(crate) fn group_stamp(listing: &Listing, session: usize, interval: Interval) -> i64 {
    let span = listing.sessions.span(session);
    let start = group_start(from_epoch_day(span.day), interval);
    match interval {
        Interval::Day | Interval::Minutes(_) => span.stamp,
        _ => midnight(listing.sessions.zone, start).unwrap_or(span.stamp),
    }
}

fn group_start(date: NaiveDate, interval: Interval) -> NaiveDate {
    let first_of = |month| NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap_or(date);
    match interval {
        Interval::Day | Interval::Minutes(_) => date,
        Interval::FiveDays | Interval::Week => {
            date - TimeDelta::days(date.weekday().num_days_from_monday().into())
        }
        Interval::Month => first_of(date.month()),
        Interval::Quarter => first_of((date.month() - 1) / 3 * 3 + 1),
    }
}

/// Merges daily rows. A session that is not settled stands once more at the end, with its own time.
pub(crate) fn merge(listing: &Listing, moment: &Moment, daily: Vec<Row>, interval: Interval) -> Vec<Row> {
    let start = |row: &Row| {
        let day = listing.sessions.span(row.session).day;
        epoch_day(group_start(from_epoch_day(day), interval))
    };
    let live = daily.last().copied().filter(|row| moment.provisional && moment.last == Some(row.session));
    let mut merged: Vec<(i32, Row)> = Vec::new();
    for row in daily {
        let group = start(&row);
        match merged.last_mut() {
            Some((current, bar)) if *current == group => {
                bar.high = bar.high.max(row.high);
                bar.low = bar.low.min(row.low);
                bar.close = row.close;
                bar.adjusted = row.adjusted;
                bar.volume += row.volume;
            }
            _ => merged.push((group, Row { stamp: group_stamp(listing, row.session, interval), ..row })),
        }
    }
    merged.into_iter().map(|(_, row)| row).chain(live).collect()
}
