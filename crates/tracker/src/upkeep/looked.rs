//! What was looked at lately, whether anybody holds it or not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Symbol;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// A price is kept fresh for so long after somebody looked at it.
const LATELY: TimeDelta = TimeDelta::minutes(10);
/// Of so many at most: five calls.
const MOST: usize = 100;

/// Symbols, and how somebody last looked at each.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<HashMap<Symbol, Look>>);

#[derive(Debug, Clone, Copy)]
struct Look {
    at: DateTime<Utc>,
    /// The first day of the history that was looked at, if it was.
    history_from: Option<NaiveDate>,
}

impl Looked {
    pub(crate) fn at(&self, symbol: &Symbol, now: DateTime<Utc>) {
        self.note(symbol, Look { at: now, history_from: None });
    }

    /// Somebody looks at its history too. Whether nobody lately did, or not from so early on.
    pub(crate) fn history_at(&self, symbol: &Symbol, from: NaiveDate, now: DateTime<Utc>) -> bool {
        let before = self.note(symbol, Look { at: now, history_from: Some(from) });
        let known = before.filter(|look| now - look.at < LATELY).and_then(|look| look.history_from);
        known.is_none_or(|known| known > from)
    }

    fn note(&self, symbol: &Symbol, new: Look) -> Option<Look> {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = looked.get(symbol).copied();
        let known = before.and_then(|look| look.history_from);
        let history_from = new.history_from.into_iter().chain(known).min();
        looked.insert(symbol.clone(), Look { history_from, ..new });
        if looked.len() > MOST {
            let oldest = looked.iter().min_by_key(|(_, look)| look.at).map(|(symbol, _)| symbol.clone());
            oldest.and_then(|symbol| looked.remove(&symbol));
        }
        before
    }

    /// What was looked at lately, and the first day of the history that was.
    pub(crate) fn lately(&self, now: DateTime<Utc>) -> Vec<(Symbol, Option<NaiveDate>)> {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looked.retain(|_, look| now - look.at < LATELY);
        looked.iter().map(|(symbol, look)| (symbol.clone(), look.history_from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_for_ten_minutes_and_the_oldest_gives_way() {
        let (looked, start) = (Looked::default(), DateTime::UNIX_EPOCH);
        let symbol = |n: usize| -> Symbol { format!("S{n}").parse().expect("a symbol") };
        for n in 0..=MOST {
            looked.at(&symbol(n), start + TimeDelta::seconds(n as i64));
        }
        let lately = looked.lately(start + TimeDelta::seconds(MOST as i64));
        assert_eq!((lately.len(), lately.iter().any(|(kept, _)| *kept == symbol(0))), (MOST, false));
        let later = start + TimeDelta::seconds(MOST as i64 - 1) + LATELY;
        assert_eq!(looked.lately(later), [(symbol(MOST), None)]);
    }
    #[test]
    fn the_earliest_history_that_somebody_looks_at_is_wanted() {
        let (looked, now) = (Looked::default(), DateTime::UNIX_EPOCH);
        let symbol: Symbol = "VOO".parse().expect("a symbol");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        assert!(looked.history_at(&symbol, day("2020-01-02"), now), "it is news");
        assert!(!looked.history_at(&symbol, day("2021-01-04"), now), "there is more already");
        looked.at(&symbol, now);
        assert_eq!(looked.lately(now), [(symbol.clone(), Some(day("2020-01-02")))]);
        assert!(looked.history_at(&symbol, day("2019-01-02"), now));
        assert!(looked.history_at(&symbol, day("2019-01-02"), now + LATELY), "that was long ago");
    }
}
