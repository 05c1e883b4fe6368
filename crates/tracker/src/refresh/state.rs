//! How far refreshes came, and what they share.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Symbol;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::quiet::{Cause, Quiet};

/// What other processes do is looked at no more often.
const LOOK_ELSEWHERE: TimeDelta = TimeDelta::seconds(1);
/// Looks have the upkeep come earlier no more often.
const HURRY_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// Whether prices are being fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshStatus {
    /// Nothing is to be done.
    Idle,
    /// It waits for its turn.
    Queued,
    /// It runs.
    Updating,
    /// The last one ended well.
    Completed,
    /// The last one could not be carried out.
    Error,
}

/// How far a refresh came, in real items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RefreshProgress {
    /// Whether prices are being fetched.
    pub status: RefreshStatus,
    /// Instruments done.
    pub current: usize,
    /// Instruments that it asks for.
    pub total: usize,
    /// Instruments that got something new.
    pub updated_count: usize,
    /// Instruments that were not answered.
    pub failed_count: usize,
    /// Which those are.
    pub stale_data: Vec<Symbol>,
    /// When the last refresh ended.
    pub last_updated: Option<DateTime<Utc>>,
    /// Attempts that the last refresh made upstream.
    pub upstream_calls: u32,
}

impl Default for RefreshProgress {
    fn default() -> Self {
        Self {
            status: RefreshStatus::Idle,
            current: 0,
            total: 0,
            updated_count: 0,
            failed_count: 0,
            stale_data: Vec::new(),
            last_updated: None,
            upstream_calls: 0,
        }
    }
}

/// What refreshes of this process share.
#[derive(Debug, Default)]
pub(crate) struct RefreshState {
    progress: Mutex<RefreshProgress>,
    pub(super) quiet: Quiet,
    /// Symbols whose stored history is to be fetched in full, for a price was in other units.
    restated: Mutex<HashSet<Symbol>>,
    /// When no price was told of each symbol last, for its own sake.
    untold: Mutex<HashMap<Symbol, DateTime<Utc>>>,
    running: AtomicU32,
    elsewhere: Mutex<Elsewhere>,
    /// When somebody's look last had the upkeep come earlier.
    hurried_at: Mutex<Option<DateTime<Utc>>>,
}

/// What other processes are doing, as they wrote it down.
#[derive(Debug, Default)]
struct Elsewhere {
    looked_at: Option<DateTime<Utc>>,
    /// How many are done of how many.
    progress: Option<(usize, usize)>,
}

impl RefreshState {
    /// Whether a refresh runs in this process.
    pub(super) fn runs_here(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }

    /// Whether a refresh runs anywhere, or is to.
    pub(super) fn is_busy(&self) -> bool {
        self.runs_here()
            || self.local().status == RefreshStatus::Queued
            || self.elsewhere().progress.is_some()
    }

    pub(crate) fn progress(&self) -> RefreshProgress {
        let local = self.local();
        match self.elsewhere().progress {
            Some((current, total)) if !self.runs_here() => RefreshProgress {
                status: RefreshStatus::Updating,
                current,
                total,
                last_updated: local.last_updated,
                ..RefreshProgress::default()
            },
            _ => local,
        }
    }

    fn local(&self) -> RefreshProgress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn elsewhere(&self) -> std::sync::MutexGuard<'_, Elsewhere> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to look again at what other processes do.
    pub(super) fn may_look_elsewhere(&self, now: DateTime<Utc>) -> bool {
        let mut elsewhere = self.elsewhere();
        let may = elsewhere.looked_at.is_none_or(|at| (now - at).abs() >= LOOK_ELSEWHERE);
        if may {
            elsewhere.looked_at = Some(now);
        }
        may
    }

    /// Takes over what was found: how far the refreshes of others came, and whether one that was asked for here waits
    /// still.
    pub(super) fn seen_elsewhere(&self, progress: Option<(usize, usize)>, waits: bool) {
        self.elsewhere().progress = progress;
        self.update(|local| {
            if local.status == RefreshStatus::Queued && !waits {
                local.status = RefreshStatus::Completed;
            }
        });
    }

    /// Whether a look may have the upkeep come earlier: not for each of many looks.
    pub(crate) fn may_hurry(&self, now: DateTime<Utc>) -> bool {
        let mut hurried_at = self.hurried_at.lock().unwrap_or_else(PoisonError::into_inner);
        let may = hurried_at.is_none_or(|at| (now - at).abs() >= HURRY_AGAIN);
        if may {
            *hurried_at = Some(now);
        }
        may
    }

    /// A refresh is about to be enqueued; gives the state to go back to should that fail.
    pub(crate) fn queue_up(&self) -> RefreshStatus {
        self.update(|progress| {
            let before = progress.status;
            if before != RefreshStatus::Updating {
                progress.status = RefreshStatus::Queued;
            }
            before
        })
    }

    /// It could not be enqueued.
    pub(crate) fn step_back(&self, before: RefreshStatus) {
        self.update(|progress| {
            if progress.status == RefreshStatus::Queued {
                progress.status = before;
            }
        });
    }

    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut RefreshProgress) -> T) -> T {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until when nobody is asked for a symbol for its own sake; whether its source rests, its circuit tells.
    pub(crate) fn rests_until(&self, symbol: &Symbol, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.quiet.symbol_rests_until(symbol, now)
    }

    pub(super) fn silence(&self, symbol: &Symbol, until: DateTime<Utc>) {
        self.quiet.leave_alone(symbol, until, Cause::Symbol);
    }

    pub(super) fn note_untold(&self, symbol: &Symbol, now: DateTime<Utc>) {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).insert(symbol.clone(), now);
    }

    pub(crate) fn untold_at(&self, symbol: &Symbol) -> Option<DateTime<Utc>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).get(symbol).copied()
    }

    pub(crate) fn is_restated(&self, symbol: &Symbol) -> bool {
        self.restated.lock().unwrap_or_else(PoisonError::into_inner).contains(symbol)
    }

    pub(super) fn set_restated(&self, symbol: &Symbol, is_restated: bool) {
        let mut restated = self.restated.lock().unwrap_or_else(PoisonError::into_inner);
        if is_restated {
            restated.insert(symbol.clone());
        } else {
            restated.remove(symbol);
        }
    }
}

/// Counts a running refresh for as long as it lives, however it ends.
pub(super) struct Running<'a>(&'a RefreshState);

impl<'a> Running<'a> {
    pub(super) fn begin(state: &'a RefreshState) -> Self {
        state.running.fetch_add(1, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
