//! How many upstream calls each load made lately.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// What is older is forgotten.
const LATELY: TimeDelta = TimeDelta::hours(1);

/// The costliest loads of the last hour: the calls of a load that a later one exceeded are of no interest any more.
#[derive(Debug, Default)]
pub(crate) struct Costs(Mutex<VecDeque<(DateTime<Utc>, u32)>>);

impl Costs {
    /// A load ended that made so many calls.
    pub(super) fn note(&self, at: DateTime<Utc>, calls: u32) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while costs.back().is_some_and(|(_, earlier)| *earlier <= calls) {
            costs.pop_back();
        }
        forget(&mut costs, at);
        costs.push_back((at, calls));
    }

    /// The most calls that one load of the last hour made; 0 when there was none.
    pub(crate) fn most(&self, now: DateTime<Utc>) -> u32 {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut costs, now);
        costs.front().map_or(0, |(_, calls)| *calls)
    }
}

fn forget(costs: &mut VecDeque<(DateTime<Utc>, u32)>, now: DateTime<Utc>) {
    while costs.front().is_some_and(|(at, _)| now - *at > LATELY) {
        costs.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_costliest_load_counts_for_an_hour_whatever_comes_after() {
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let costs = Costs::default();
        assert_eq!(costs.most(at(0)), 0);
        for (minute, calls) in [(0, 23), (1, 210), (2, 3), (30, 95), (31, 1)] {
            costs.note(at(minute), calls);
        }
        assert_eq!((costs.most(at(31)), costs.most(at(61))), (210, 210));
        assert_eq!(costs.most(at(62)), 95);
        assert_eq!((costs.most(at(91)), costs.most(at(92))), (1, 0));
    }
}
