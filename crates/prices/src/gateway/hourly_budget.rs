//! How many calls an hour may have: a tenth more after a clean hour, half after a refusal.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};

use super::limits::HourlyBounds;

/// The present hourly limit, and what was spent of it within the last hour.
///
/// Plain data: no clock and no waiting of its own.
#[derive(Debug)]
pub(super) struct HourlyBudget {
    bounds: HourlyBounds,
    limit: NonZeroU32,
    /// When the hour began that had no refusal so far: with its first call, so that idle hours prove nothing.
    clean_since: Option<DateTime<Utc>>,
    /// In order, each no later than the present.
    calls: VecDeque<DateTime<Utc>>,
    changes: u64,
}

impl HourlyBudget {
    const HOUR: TimeDelta = TimeDelta::hours(1);
    /// When all that is left is set aside for calls that are about to go out, and may yet not do so.
    const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);

    pub(super) fn new(bounds: HourlyBounds) -> Self {
        let limit = bounds.hold(bounds.start.get());
        Self { bounds, limit, clean_since: None, calls: VecDeque::new(), changes: 0 }
    }

    /// Takes over what an earlier one knew; `None` for a limit means that it knew none.
    pub(super) fn restore(
        &mut self,
        limit: Option<u32>,
        clean_since: Option<DateTime<Utc>>,
        calls: &[DateTime<Utc>],
        now: DateTime<Utc>,
    ) {
        self.limit = self.bounds.hold(limit.unwrap_or(self.bounds.start.get()));
        self.clean_since = clean_since;
        self.calls = calls.iter().copied().collect();
        self.calls.make_contiguous().sort_unstable();
        self.move_on(now);
    }

    /// Goes by what others told; says whether the limit changed.
    pub(super) fn adopt(&mut self, limit: u32, clean_since: Option<DateTime<Utc>>) -> bool {
        self.clean_since = clean_since;
        self.change(limit)
    }

    pub(super) fn limit(&self) -> NonZeroU32 {
        self.limit
    }

    pub(super) fn clean_since(&self) -> Option<DateTime<Utc>> {
        self.clean_since
    }

    /// When calls went out within the last hour, the oldest first.
    pub(super) fn calls(&mut self, now: DateTime<Utc>) -> &VecDeque<DateTime<Utc>> {
        self.move_on(now);
        &self.calls
    }

    /// Rises with each change of the limit.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Until when one more call would be more than `allowed` within an hour, if so.
    pub(super) fn full_until(&mut self, allowed: usize, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.move_on(now);
        let surplus = self.calls.len().checked_sub(allowed)?;
        Some(self.calls.get(surplus).map_or(now + Self::LOOK_AGAIN, |at| *at + Self::HOUR))
    }

    /// A call goes out.
    pub(super) fn spend(&mut self, now: DateTime<Utc>) {
        self.move_on(now);
        self.calls.push_back(now);
        self.clean_since.get_or_insert(now);
    }

    /// Grows the limit if an hour was clean; says whether it changed.
    pub(super) fn review(&mut self, now: DateTime<Utc>) -> bool {
        if self.clean_since.is_none_or(|since| now - since < Self::HOUR) {
            return false;
        }
        self.clean_since = None;
        self.change(self.limit.get().saturating_add((self.limit.get() / 10).max(1)))
    }

    /// The upstream refused a call, so this hour is not clean.
    pub(super) fn spoil(&mut self) {
        self.clean_since = None;
    }

    /// Halves the limit; says whether it changed.
    pub(super) fn halve(&mut self) -> bool {
        self.change(self.limit.get() / 2)
    }

    fn change(&mut self, limit: u32) -> bool {
        let before = std::mem::replace(&mut self.limit, self.bounds.hold(limit));
        let changed = self.limit != before;
        self.changes += u64::from(changed);
        changed
    }

    fn move_on(&mut self, now: DateTime<Utc>) {
        // A wall clock that was set back must not make calls count for longer than an hour.
        for at in self.calls.iter_mut().rev().take_while(|at| **at > now) {
            *at = now;
        }
        self.clean_since = self.clean_since.map(|since| since.min(now));
        while self.calls.front().is_some_and(|at| now - *at >= Self::HOUR) {
            self.calls.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn bounds(least: u32, start: u32, most: u32) -> HourlyBounds {
        let [least, start, most] = [least, start, most].map(|n| NonZeroU32::new(n).expect("not zero"));
        HourlyBounds { least, start, most }
    }

    fn budget() -> HourlyBudget {
        HourlyBudget::new(bounds(30, 300, 1_000))
    }

    /// Hours with a call each quarter, from the one that begins at `minute` on.
    fn busy_hours(budget: &mut HourlyBudget, minute: i64, hours: i64) -> Vec<u32> {
        let mut limits = Vec::new();
        for quarter in 0..=hours * 4 {
            let now = at(minute + quarter * 15);
            if budget.review(now) {
                limits.push(budget.limit().get());
            }
            budget.spend(now);
        }
        limits
    }

    #[test]
    fn clean_hours_add_a_tenth_each_up_to_the_most() {
        let grown = busy_hours(&mut budget(), 0, 24);
        assert_eq!(grown, [330, 363, 399, 438, 481, 529, 581, 639, 702, 772, 849, 933, 1_000]);
    }

    #[test]
    fn an_hour_without_calls_proves_nothing() {
        let mut budget = budget();
        assert!(!budget.review(at(600)));
        budget.spend(at(600));
        assert!(budget.review(at(6_000)), "the hour that began with the call was clean");
        assert!(!budget.review(at(9_000)), "and the ones after it had no call");
    }

    #[test]
    fn a_refusal_starts_the_hour_over() {
        let mut budget = budget();
        budget.spend(at(0));
        budget.spoil();
        budget.spend(at(50));
        assert!(!budget.review(at(60)));
        assert!(!budget.review(at(109)));
        assert!(budget.review(at(110)));
    }

    #[test]
    fn refusals_halve_down_to_the_least() {
        let mut budget = budget();
        let mut halved = || {
            budget.halve();
            budget.limit().get()
        };
        assert_eq!([halved(), halved(), halved(), halved(), halved()], [150, 75, 37, 30, 30]);
        assert_eq!(budget.changes(), 4);
    }

    #[test]
    fn one_more_may_go_when_the_oldest_is_an_hour_old() {
        let mut budget = budget();
        for minute in 0..3 {
            assert_eq!(budget.full_until(3, at(minute)), None);
            budget.spend(at(minute));
        }
        assert_eq!(budget.full_until(3, at(10)), Some(at(60)));
        assert_eq!(budget.full_until(2, at(10)), Some(at(61)));
        assert_eq!(budget.full_until(3, at(60)), None);
        assert_eq!(budget.calls(at(60)).len(), 2);
    }

    #[test]
    fn a_clock_set_back_holds_calls_for_an_hour_only() {
        let mut budget = budget();
        for minute in 500..503 {
            budget.spend(at(minute));
        }
        assert_eq!(budget.full_until(3, at(0)), Some(at(60)));
        assert_eq!(budget.full_until(3, at(60)), None);
    }

    #[test]
    fn what_is_restored_is_held_within_the_bounds() {
        for (kept, limit) in [(None, 300), (Some(0), 30), (Some(438), 438), (Some(5_000), 1_000)] {
            let mut budget = budget();
            budget.restore(kept, Some(at(90)), &[at(70), at(5), at(99)], at(80));
            assert_eq!(budget.limit().get(), limit);
            assert_eq!(*budget.calls(at(80)), [at(70), at(80)], "neither too old nor of the future");
            assert!(!budget.review(at(139)) && (budget.review(at(140)) || limit == 1_000));
        }
    }
}
