//! How many upstream calls one piece of work may cost, and by when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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
pub struct LoadBudget(Arc<Account>);

#[derive(Debug)]
struct Account {
    calls: u32,
    deadline: Option<DateTime<Utc>>,
    priority: Priority,
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
        Self(Arc::new(Account { calls, deadline, priority, reserved, reserved_retries, spent, retries }))
    }

    /// When the answer is of no use any more.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.0.deadline
    }

    /// Who waits.
    pub fn priority(&self) -> Priority {
        self.0.priority
    }

    /// Attempts allowed in all.
    pub fn calls(&self) -> u32 {
        self.0.calls
    }

    /// Attempts made so far, retries included.
    pub fn spent(&self) -> u32 {
        self.0.spent.load(Ordering::SeqCst)
    }

    /// Retries made so far.
    pub fn retries(&self) -> u32 {
        self.0.retries.load(Ordering::SeqCst)
    }

    /// Attempts that may still be made.
    pub fn left(&self) -> u32 {
        self.0.calls.saturating_sub(self.0.reserved.load(Ordering::SeqCst))
    }

    /// Sets one attempt aside; `None` when there is none left, or, for a retry, when retries are used up.
    pub(crate) fn reserve(&self, retry: bool) -> Option<Reservation> {
        let below = |limit: u32| move |reserved: u32| (reserved < limit).then_some(reserved + 1);
        let take = |from: &AtomicU32, limit| {
            from.fetch_update(Ordering::SeqCst, Ordering::SeqCst, below(limit)).ok()
        };
        if retry {
            let first_attempts = self.spent().saturating_sub(self.retries());
            take(&self.0.reserved_retries, (first_attempts / 10).max(Self::FEWEST_RETRIES))?;
        }
        // Given back on all ways from here on that do not spend it.
        let mut reservation =
            Reservation { account: Arc::clone(&self.0), retry, call: false, went_out: false };
        take(&self.0.reserved, self.0.calls)?;
        reservation.call = true;
        Some(reservation)
    }
}

/// One attempt set aside; given back when dropped before it went out.
#[derive(Debug)]
pub(crate) struct Reservation {
    account: Arc<Account>,
    retry: bool,
    call: bool,
    went_out: bool,
}

impl Reservation {
    /// The attempt goes out now.
    pub(crate) fn spend(mut self) {
        self.went_out = true;
        self.account.spent.fetch_add(1, Ordering::SeqCst);
        if self.retry {
            self.account.retries.fetch_add(1, Ordering::SeqCst);
        }
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

    #[test]
    fn clones_share_one_account() {
        let budget = LoadBudget::background(2);
        budget.clone().reserve(false).expect("a call").spend();
        budget.reserve(false).expect("a call").spend();
        assert!(budget.reserve(false).is_none());
        assert_eq!((budget.spent(), budget.left()), (2, 0));
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
}
