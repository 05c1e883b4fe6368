//! What was looked at lately, whether anybody holds it or not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Symbol;
use chrono::{DateTime, TimeDelta, Utc};

/// A price is kept fresh for so long after somebody looked at it.
const LATELY: TimeDelta = TimeDelta::minutes(10);
/// Of so many at most: five calls.
const MOST: usize = 100;

/// Symbols, and when somebody last looked at each.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<HashMap<Symbol, DateTime<Utc>>>);

impl Looked {
    pub(crate) fn at(&self, symbol: &Symbol, now: DateTime<Utc>) {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looked.insert(symbol.clone(), now);
        if looked.len() > MOST {
            let oldest = looked.iter().min_by_key(|(_, at)| **at).map(|(symbol, _)| symbol.clone());
            oldest.and_then(|symbol| looked.remove(&symbol));
        }
    }

    pub(crate) fn lately(&self, now: DateTime<Utc>) -> Vec<Symbol> {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looked.retain(|_, at| now - *at < LATELY);
        looked.keys().cloned().collect()
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
        assert_eq!((lately.len(), lately.contains(&symbol(0))), (MOST, false));
        let later = start + TimeDelta::seconds(MOST as i64 - 1) + LATELY;
        assert_eq!(looked.lately(later), [symbol(MOST)]);
    }
}
