//! How many upstream calls one piece of work may cost, and by when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use chrono::{DateTime, Utc};

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Somebody looks at a page.
    Foreground,
    /// Nobody: these calls have a smaller share of the pace.
    Background,
}

/// The calls that one load may make, its deadline and its priority.
///
/// Clones share one account, so a budget handed down to many tasks bounds them together. Every attempt is counted
/// when it goes out, retries included; a call that never went out costs nothing.
#[derive(Debug, Clone)]
pub struct LoadBudget {
    account: Arc<Account>,
    deadline: Option<DateTime<Utc>>,
    priority: Priority,
    in_use: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Account {
    calls: u32,
    reserved: AtomicU32,
    reserved_retries: AtomicU32,
    spent: AtomicU32,
    retries: AtomicU32,
}

impl LoadBudget {
    /// Retries that every load may make; above that they are a tenth of its calls.
    pub const FEWEST_RETRIES: u32 = 3;

    /// At most `calls` attempts, for somebody who waits until `deadline`.
    pub fn foreground(calls: u32, deadline: DateTime<Utc>) -> Self {
        Self::new(calls, Some(deadline), Priority::Foreground)
    }

    /// At most `calls` attempts, with no deadline.
    pub fn background(calls: u32) -> Self {
        Self::new(calls, None, Priority::Background)
    }

    /// At most `calls` attempts.
    pub fn new(calls: u32, deadline: Option<DateTime<Utc>>, priority: Priority) -> Self {
        let [reserved, reserved_retries, spent, retries] = Default::default();
        let account = Arc::new(Account { calls, reserved, reserved_retries, spent, retries });
        Self { account, deadline, priority, in_use: Arc::default() }
    }

    /// The same account for a call that others, too, wait for: until `deadline`, and with `priority`.
    pub(crate) fn joint(&self, deadline: Option<DateTime<Utc>>, priority: Priority) -> Self {
        Self { account: Arc::clone(&self.account), deadline, priority, in_use: Arc::default() }
    }

    /// Whether both pay from one account.
    pub(crate) fn shares_account_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.account, &other.account)
    }

    /// Whether an attempt went out on this budget or its clones, whatever others spent of the same account.
    pub(crate) fn is_in_use(&self) -> bool {
        self.in_use.load(Ordering::SeqCst)
    }

    /// When the answer is of no use any more.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.deadline
    }

    /// Who waits.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// Attempts allowed in all.
    pub fn calls(&self) -> u32 {
        self.account.calls
    }

    /// Attempts made so far, retries included.
    pub fn spent(&self) -> u32 {
        self.account.spent.load(Ordering::SeqCst)
    }

    /// Retries made so far.
    pub fn retries(&self) -> u32 {
        self.account.retries.load(Ordering::SeqCst)
    }

    /// Attempts that may still be made.
    pub fn left(&self) -> u32 {
        self.account.calls.saturating_sub(self.account.reserved.load(Ordering::SeqCst))
    }

    /// Sets one attempt aside; `None` when there is none left, or, for a retry, when retries are used up.
    pub(crate) fn reserve(&self, retry: bool) -> Option<Reservation> {
        let below = |limit: u32| move |reserved: u32| (reserved < limit).then_some(reserved + 1);
        let take = |from: &AtomicU32, limit| {
            from.fetch_update(Ordering::SeqCst, Ordering::SeqCst, below(limit)).ok()
        };
        if retry {
            let first_attempts = self.spent().saturating_sub(self.retries());
            take(&self.account.reserved_retries, (first_attempts / 10).max(Self::FEWEST_RETRIES))?;
        }
        // Given back on all ways from here on that do not spend it.
        let (account, in_use) = (Arc::clone(&self.account), Arc::clone(&self.in_use));
        let mut reservation = Reservation { account, in_use, retry, call: false, went_out: false };
        take(&self.account.reserved, self.account.calls)?;
        reservation.call = true;
        Some(reservation)
    }
}

/// One attempt set aside; given back when dropped before it went out.
#[derive(Debug)]
pub(crate) struct Reservation {
    account: Arc<Account>,
    in_use: Arc<AtomicBool>,
    retry: bool,
    call: bool,
    went_out: bool,
}

impl Reservation {
    /// The attempt goes out now.
    pub(crate) fn spend(mut self) {
        self.went_out = true;
        self.in_use.store(true, Ordering::SeqCst);
        // In this order, so that nobody on another thread takes a retry for a first attempt and allows more retries.
        if self.retry {
            self.account.retries.fetch_add(1, Ordering::SeqCst);
        }
        self.account.spent.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.went_out {
            return;
        }
        if self.call {
            self.account.reserved.fetch_sub(1, Ordering::SeqCst);
        }
        if self.retry {
            self.account.reserved_retries.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clones_share_one_account() {
        let budget = LoadBudget::background(2);
        budget.clone().reserve(false).expect("a call").spend();
        budget.reserve(false).expect("a call").spend();
        assert!(budget.reserve(false).is_none());
        assert_eq!((budget.spent(), budget.left()), (2, 0));
    }

    #[test]
    fn a_joint_budget_spends_the_same_calls_under_terms_of_its_own() {
        let budget = LoadBudget::background(1);
        let later = DateTime::UNIX_EPOCH;
        let joint = budget.joint(Some(later), Priority::Foreground);
        assert_eq!((joint.deadline(), joint.priority()), (Some(later), Priority::Foreground));
        assert_eq!((budget.deadline(), budget.priority()), (None, Priority::Background));
        joint.reserve(false).expect("a call").spend();
        assert_eq!((budget.spent(), budget.left()), (1, 0));
        assert!(joint.is_in_use() && !budget.is_in_use());
        assert!(joint.shares_account_with(&budget) && !joint.shares_account_with(&LoadBudget::background(1)));
    }

    #[test]
    fn a_call_that_never_went_out_costs_nothing() {
        let budget = LoadBudget::background(1);
        drop(budget.reserve(false));
        assert_eq!((budget.spent(), budget.left()), (0, 1));
        assert!(budget.reserve(false).is_some());
    }

    #[test]
    fn retries_set_aside_count_before_they_go_out() {
        let budget = LoadBudget::background(4);
        let waiting: Vec<_> = (0..10).filter_map(|_| budget.reserve(true)).collect();
        assert_eq!(waiting.len(), 3);
        drop(waiting);
        budget.reserve(true).expect("given back").spend();
        assert_eq!((budget.spent(), budget.retries(), budget.left()), (1, 1, 3));
    }

    #[test]
    fn retries_are_three_or_a_tenth_of_the_calls() {
        let budget = LoadBudget::background(1_000);
        let spend = |retry| budget.reserve(retry).map(Reservation::spend).is_some();
        assert_eq!((0..10).filter(|_| spend(true)).count(), 3);
        for _ in 0..57 {
            assert!(spend(false));
        }
        assert_eq!((0..10).filter(|_| spend(true)).count(), 2, "five in all for 57 calls");
    }

    proptest! {
        #[test]
        fn no_order_of_events_makes_more_calls_or_retries_than_are_allowed(
            calls in 0..60_u32,
            events in prop::collection::vec((0..4_u8, any::<prop::sample::Index>()), 0..300),
        ) {
            let budget = LoadBudget::background(calls);
            let mut waiting = Vec::new();
            for (event, which) in events {
                match event {
                    0 | 1 => waiting.extend(budget.reserve(event == 1)),
                    _ if waiting.is_empty() => {}
                    2 => waiting.swap_remove(which.index(waiting.len())).spend(),
                    _ => drop(waiting.swap_remove(which.index(waiting.len()))),
                }
                prop_assert!(budget.spent() + waiting.len() as u32 <= calls);
                prop_assert_eq!(budget.left(), calls - budget.spent() - waiting.len() as u32);
                let first = budget.spent() - budget.retries();
                prop_assert!(budget.retries() <= (first / 10).max(LoadBudget::FEWEST_RETRIES));
            }
        }
    }
}
