//! Trading days of what is compared with nothing.

use std::collections::BTreeSet;

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::{Datelike, NaiveDate, Weekday};

use crate::{Market, Subject};

/// The weekdays on which anything that the subject ever held has a price, in order, from its first day to its last.
///
/// A holding that trades on weekends, too, has its weekend's change in Monday's return: otherwise it would make days
/// without a session out of those of all others.
pub fn trading_days(subject: &Subject<'_>, market: &Market) -> Vec<NaiveDate> {
    let Some(first) = subject.first_day().map(epoch_day) else { return Vec::new() };
    let span = first..=epoch_day(subject.as_of());
    let instruments =
        subject.members().iter().filter_map(|member| market.instrument(&member.position.symbol));
    let priced: BTreeSet<i32> = instruments
        .flat_map(|instrument| instrument.known_prices().iter().map(|(day, _)| day).collect::<Vec<_>>())
        .filter(|day| span.contains(day))
        .collect();
    let weekday = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    priced.into_iter().map(from_epoch_day).filter(weekday).collect()
}
