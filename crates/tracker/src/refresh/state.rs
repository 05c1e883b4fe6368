//! How far refreshes came, and what they share.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Symbol;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::costs::Costs;
use super::quiet::{Cause, Quiet};

/// What other processes do is looked at no more often.
const LOOK_ELSEWHERE: TimeDelta = TimeDelta::seconds(1);

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

impl RefreshProgress {
    /// With the items of another refresh.
    fn add(&mut self, other: &Self) {
        self.current += other.current;
        self.total += other.total;
        self.updated_count += other.updated_count;
        self.failed_count += other.failed_count;
        for symbol in &other.stale_data {
            if !self.stale_data.contains(symbol) {
                self.stale_data.push(symbol.clone());
            }
        }
        self.upstream_calls = self.upstream_calls.saturating_add(other.upstream_calls);
    }
}

/// What refreshes of this process share.
#[derive(Debug, Default)]
pub(crate) struct RefreshState {
    local: Mutex<Local>,
    pub(super) quiet: Quiet,
    /// Symbols whose stored history is to be fetched in full, for a price was in other units.
    restated: Mutex<HashSet<Symbol>>,
    /// When no price was told of each symbol last, for its own sake.
    untold: Mutex<HashMap<Symbol, DateTime<Utc>>>,
    elsewhere: Mutex<Elsewhere>,
    pub(super) costs: Costs,
}

/// What this process is doing.
#[derive(Debug, Default)]
struct Local {
    /// Whether one waits, or how those ended that did: since a refresh last began while none ran, taken together.
    ended: RefreshProgress,
    /// Those that run, each by its number.
    running: BTreeMap<u64, RefreshProgress>,
    begun: u64,
}

impl Local {
    /// All of them together.
    fn together(&self) -> RefreshProgress {
        let mut sum = self.ended.clone();
        for progress in self.running.values() {
            sum.status = RefreshStatus::Updating;
            sum.add(progress);
        }
        sum
    }

    /// One of them runs no more; none that was broken off is made good by another.
    fn take(&mut self, number: u64) {
        if let Some(progress) = self.running.remove(&number) {
            self.ended.add(&progress);
        }
        if self.running.is_empty() && self.ended.status == RefreshStatus::Updating {
            self.ended.status = RefreshStatus::Completed;
        }
    }
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
        !self.here().running.is_empty()
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
            Some((current, total)) if local.status != RefreshStatus::Updating => RefreshProgress {
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
        self.here().together()
    }

    fn here(&self) -> std::sync::MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// A refresh is about to be enqueued; gives the state to go back to should that fail.
    pub(crate) fn queue_up(&self) -> RefreshStatus {
        let mut here = self.here();
        let before = here.ended.status;
        if here.running.is_empty() {
            here.ended.status = RefreshStatus::Queued;
        }
        before
    }

    /// It could not be enqueued.
    pub(crate) fn step_back(&self, before: RefreshStatus) {
        self.update(|progress| {
            if progress.status == RefreshStatus::Queued {
                progress.status = before;
            }
        });
    }

    /// Changes how the refreshes ended, or that one waits.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut RefreshProgress) -> T) -> T {
        change(&mut self.here().ended)
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

/// A refresh that runs: its record among the others', for as long as it lives, however it ends.
#[derive(Debug)]
pub(super) struct Running<'a> {
    state: &'a RefreshState,
    number: u64,
}

impl<'a> Running<'a> {
    pub(super) fn begin(state: &'a RefreshState, total: usize) -> Self {
        let mut here = state.here();
        if here.running.is_empty() {
            here.ended = RefreshProgress {
                status: RefreshStatus::Updating,
                last_updated: here.ended.last_updated,
                ..RefreshProgress::default()
            };
        }
        here.begun += 1;
        let number = here.begun;
        here.running.insert(number, RefreshProgress { total, ..RefreshProgress::default() });
        Self { state, number }
    }

    /// Changes its own record.
    pub(super) fn update<T: Default>(&self, change: impl FnOnce(&mut RefreshProgress) -> T) -> T {
        self.state.here().running.get_mut(&self.number).map(change).unwrap_or_default()
    }

    /// It came to its end.
    pub(super) fn complete(self, now: DateTime<Utc>) {
        let mut here = self.state.here();
        here.ended.last_updated = Some(now);
        here.take(self.number);
    }
}

impl Drop for Running<'_> {
    /// Broken off, unless it came to its end.
    fn drop(&mut self) {
        let mut here = self.state.here();
        if here.running.contains_key(&self.number) {
            here.ended.status = RefreshStatus::Error;
            here.take(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(1)
    }

    fn count(running: &Running<'_>, symbols: usize, calls: u32) {
        running.update(|progress| {
            progress.current += symbols;
            progress.updated_count += symbols;
            progress.upstream_calls += calls;
        });
    }

    fn told(state: &RefreshState) -> (RefreshStatus, usize, usize) {
        let progress = state.progress();
        (progress.status, progress.current, progress.total)
    }

    #[test]
    fn refreshes_that_overlap_are_told_together_and_end_with_the_last() {
        let state = RefreshState::default();
        let load = Running::begin(&state, 50);
        count(&load, 30, 2);
        assert_eq!(told(&state), (RefreshStatus::Updating, 30, 50));

        let round = Running::begin(&state, 20);
        assert_eq!(told(&state), (RefreshStatus::Updating, 30, 70));
        count(&round, 20, 1);
        round.complete(now());
        assert_eq!(told(&state), (RefreshStatus::Updating, 50, 70), "one of them goes on");
        count(&load, 20, 1);
        load.complete(now());

        assert_eq!(told(&state), (RefreshStatus::Completed, 70, 70));
        let ended = state.progress();
        assert_eq!((ended.updated_count, ended.upstream_calls), (70, 4));
        assert_eq!(ended.last_updated, Some(now()));
        assert!(!state.is_busy());
        let _next = Running::begin(&state, 5);
        assert_eq!(told(&state), (RefreshStatus::Updating, 0, 5), "what ended is over");
    }

    #[test]
    fn a_refresh_that_is_broken_off_is_told_as_such() {
        let state = RefreshState::default();
        Running::begin(&state, 1).complete(now());
        let broken_off = Running::begin(&state, 50);
        count(&broken_off, 30, 2);
        let other = Running::begin(&state, 20);
        drop(broken_off);
        assert_eq!(told(&state), (RefreshStatus::Updating, 30, 70), "the other goes on");
        drop(other);

        assert_eq!(told(&state), (RefreshStatus::Error, 30, 70));
        assert_eq!(state.progress().last_updated, Some(now()), "of the one before");
        assert!(!state.is_busy());
    }

    #[test]
    fn a_refresh_that_waits_behind_another_does_not_hide_it() {
        let state = RefreshState::default();
        let running = Running::begin(&state, 3);
        let before = state.queue_up();
        state.step_back(before);
        assert_eq!(told(&state), (RefreshStatus::Updating, 0, 3));
        running.complete(now());
        assert_eq!(told(&state).0, RefreshStatus::Completed);
        state.queue_up();
        assert_eq!(told(&state).0, RefreshStatus::Queued);
    }
}
