//! How often looks may hurry those who ask for prices.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_domain::PortfolioId;
use chrono::{DateTime, TimeDelta, Utc};

/// Not for each of many looks.
const AGAIN: TimeDelta = TimeDelta::seconds(10);

/// When looks of this process last hurried whom.
#[derive(Debug, Default)]
pub(crate) struct Hurry(Mutex<Hurried>);

#[derive(Debug, Default)]
struct Hurried {
    /// The upkeep, which may be yet to come.
    upkeep: Option<DateTime<Utc>>,
    /// First loads, which are each portfolio's own.
    loads: HashMap<PortfolioId, DateTime<Utc>>,
}

impl Hurry {
    /// When the upkeep is to come for the sake of a look: now or in a moment. `None` where it comes anyway.
    pub(super) fn upkeep(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut hurried = self.hurried();
        let at = match hurried.upkeep {
            Some(last) if (now - last).abs() < AGAIN => {
                if last > now {
                    return None;
                }
                last + AGAIN
            }
            _ => now,
        };
        hurried.upkeep = Some(at);
        Some(at)
    }

    /// Whether a portfolio may be loaded for the sake of a look.
    pub(super) fn load(&self, id: PortfolioId, now: DateTime<Utc>) -> bool {
        let mut hurried = self.hurried();
        hurried.loads.retain(|_, at| (now - *at).abs() < AGAIN);
        let may = !hurried.loads.contains_key(&id);
        hurried.loads.entry(id).or_insert(now);
        may
    }

    fn hurried(&self) -> MutexGuard<'_, Hurried> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn many_looks_bring_one_round_in_ten_seconds_and_none_is_lost() {
        let hurry = Hurry::default();
        let rounds = [0, 1, 3, 9, 10, 11, 19, 20, 30, 31].map(|second| hurry.upkeep(at(second)));
        let expected = [Some(0), Some(10), None, None, Some(20), None, None, Some(30), Some(40), None];
        assert_eq!(rounds, expected.map(|second| second.map(at)));
        assert_eq!(hurry.upkeep(at(-500)), Some(at(-500)), "a clock that was set back stops nobody");
    }

    #[test]
    fn no_portfolios_first_load_waits_for_another() {
        let (hurry, one, other) = (Hurry::default(), PortfolioId::new(), PortfolioId::new());
        assert!(hurry.load(one, at(0)) && !hurry.load(one, at(9)));
        assert!(hurry.load(other, at(9)));
        assert!(hurry.load(one, at(10)) && !hurry.load(other, at(10)));
    }
}
