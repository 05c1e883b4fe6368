//! Those who wait for a batch, and who of them pays for it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use chrono::{DateTime, Utc};

use crate::{LoadBudget, Priority};

/// Somebody who waits. Lives as long as the future in which he does.
pub(super) struct Asker {
    budget: LoadBudget,
    /// Batches that he can still be charged with: calls go out later than batches are made up.
    can_pay: AtomicU32,
}

impl Asker {
    pub(super) fn with(budget: &LoadBudget) -> Arc<Self> {
        Arc::new(Self { budget: budget.clone(), can_pay: AtomicU32::new(budget.left()) })
    }

    pub(super) fn priority(&self) -> Priority {
        self.budget.priority()
    }

    /// Himself, if he can be charged with one batch more.
    pub(super) fn pays(self: &Arc<Self>, now: DateTime<Utc>) -> Option<Arc<Self>> {
        let one_less = |left: u32| left.checked_sub(1);
        let in_time = self.budget.deadline().is_none_or(|deadline| now < deadline);
        let charged =
            in_time && self.can_pay.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
        charged.then(|| Arc::clone(self))
    }
}

/// A key of a batch, and who asked for it, first to last.
pub(super) struct Wish<K> {
    pub(super) key: K,
    pub(super) askers: Vec<Weak<Asker>>,
}

impl<K> Wish<K> {
    pub(super) fn is_given_up(&self) -> bool {
        self.askers.iter().all(|asker| asker.strong_count() == 0)
    }
}

/// The first who can pay for one batch more, who is charged with it.
pub(super) fn payer<K>(wishes: &[Wish<K>], now: DateTime<Utc>) -> Option<Arc<Asker>> {
    wishes.iter().flat_map(|wish| &wish.askers).filter_map(Weak::upgrade).find_map(|asker| asker.pays(now))
}

/// The account of one asker, with the patience of the most patient and the priority of the highest. `None` when
/// nobody waits any more.
pub(super) fn joint_budget<K>(wishes: &[Wish<K>], payer: Option<Arc<Asker>>) -> Option<LoadBudget> {
    let askers: Vec<Arc<Asker>> =
        wishes.iter().flat_map(|wish| &wish.askers).filter_map(Weak::upgrade).collect();
    // Where nobody can pay, the first one's budget says so.
    let payer = payer.or_else(|| askers.first().cloned())?;
    let deadlines = askers.iter().map(|asker| asker.budget.deadline());
    let latest = deadlines.reduce(|one, other| Some(one?.max(other?))).flatten();
    let watched = askers.iter().any(|asker| asker.priority() == Priority::Foreground);
    let priority = if watched { Priority::Foreground } else { Priority::Background };
    Some(payer.budget.joint(latest, priority))
}
