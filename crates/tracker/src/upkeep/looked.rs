//! What was looked at lately, whether anybody holds it or not. It is noted in the database, for who looks and who asks
//! for prices may be different processes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_domain::Symbol;
use bellwether_storage::settings;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{Tracker, TrackerError};

/// The setting that holds them.
const LOOKS: &str = "looks";
/// A price is kept fresh for so long after a look was noted.
const LATELY: TimeDelta = TimeDelta::minutes(10);
/// Looks of one process at the same are noted no more often.
const NOTED_FOR: TimeDelta = TimeDelta::minutes(1);
/// Of so many at most: five calls.
const MOST: usize = 100;

/// The last look at a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Look {
    at: DateTime<Utc>,
    /// The first day that its history must have; `None` where only its price is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<NaiveDate>,
}

impl Look {
    fn is_lately(&self, now: DateTime<Utc>, span: TimeDelta) -> bool {
        (now - self.at).abs() < span
    }

    /// Whether as much history comes of this one as of the other.
    fn covers(&self, other: Self) -> bool {
        other.from.is_none_or(|from| self.from.is_some_and(|known| known <= from))
    }
}

/// Looks, by symbol.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Looks(BTreeMap<Symbol, Look>);

impl Looks {
    fn note(&mut self, symbol: Symbol, look: Look) {
        let known = self.0.entry(symbol).or_insert(look);
        let from = known.from.into_iter().chain(look.from).min();
        *known = Look { at: known.at.max(look.at), from };
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        self.0.retain(|_, look| look.is_lately(now, LATELY));
        while self.0.len() > MOST {
            let oldest = self.0.iter().min_by_key(|(_, look)| look.at).map(|(symbol, _)| symbol.clone());
            oldest.and_then(|symbol| self.0.remove(&symbol));
        }
    }
}

/// The looks that this process noted, so that not each is written down.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<Looks>);

impl Looked {
    fn noted(&self) -> MutexGuard<'_, Looks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracker {
    /// Has these kept fresh for a while; with their histories `from` a day on, where one is given.
    pub(super) async fn note_looks(
        &self,
        mut symbols: Vec<Symbol>,
        from: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<(), TrackerError> {
        let look = Look { at: now, from };
        symbols.retain(|symbol| {
            let is_noted = |noted: &Look| noted.is_lately(now, NOTED_FOR) && noted.covers(look);
            !self.looked().noted().0.get(symbol).is_some_and(is_noted)
        });
        if symbols.is_empty() {
            return Ok(());
        }
        let written = symbols.clone();
        let write = move |connection: &mut _| {
            settings::change(connection, LOOKS, now, |looks: &mut Looks| {
                for symbol in written {
                    looks.note(symbol, look);
                }
                looks.forget(now);
            })
        };
        // A look that is lost is followed by another.
        self.storage().write_repeatable(write).await?;
        let mut noted = self.looked().noted();
        for symbol in symbols {
            noted.note(symbol, look);
        }
        noted.forget(now);
        Ok(())
    }

    /// What was looked at lately, in any process.
    pub(super) async fn looks(&self, now: DateTime<Utc>) -> Result<BTreeMap<Symbol, Look>, TrackerError> {
        let mut looks: Looks = self.storage().setting(LOOKS).await?.unwrap_or_default();
        looks.forget(now);
        Ok(looks.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(n: usize) -> Symbol {
        format!("S{n}").parse().expect("a symbol")
    }

    fn look(at: DateTime<Utc>, from: Option<&str>) -> Look {
        Look { at, from: from.map(|day| day.parse().expect("a date")) }
    }

    #[test]
    fn a_look_counts_for_ten_minutes_and_the_oldest_gives_way() {
        let (mut looks, start) = (Looks::default(), DateTime::UNIX_EPOCH);
        for n in 0..=MOST {
            looks.note(symbol(n), look(start + TimeDelta::seconds(n as i64), None));
        }
        looks.forget(start + TimeDelta::seconds(MOST as i64));
        assert_eq!((looks.0.len(), looks.0.contains_key(&symbol(0))), (MOST, false));
        looks.forget(start + TimeDelta::seconds(MOST as i64 - 1) + LATELY);
        assert_eq!(looks.0.keys().collect::<Vec<_>>(), [&symbol(MOST)]);
    }

    #[test]
    fn a_look_at_the_price_leaves_the_wish_for_the_history() {
        let (mut looks, start) = (Looks::default(), DateTime::UNIX_EPOCH);
        let later = start + TimeDelta::minutes(5);
        looks.note(symbol(1), look(start, Some("2021-03-01")));
        looks.note(symbol(1), look(later, None));
        assert_eq!(looks.0[&symbol(1)], look(later, Some("2021-03-01")));
        looks.note(symbol(1), look(start, Some("2020-03-01")));
        assert_eq!(looks.0[&symbol(1)], look(later, Some("2020-03-01")));
        assert!(!look(start, None).covers(look(start, Some("2020-03-01"))));
        assert!(!look(start, Some("2020-03-02")).covers(look(start, Some("2020-03-01"))));
        assert!(look(start, Some("2020-03-01")).covers(look(start, None)));
    }
}
