//! How far refreshes came, and what they share.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Symbol;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::quiet::{Cause, Quiet};

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
    running: AtomicU32,
}

impl RefreshState {
    /// Whether a refresh runs in this process, or is to.
    pub(super) fn is_busy(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0 || self.progress().status == RefreshStatus::Queued
    }

    pub(crate) fn progress(&self) -> RefreshProgress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut RefreshProgress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn silence(&self, symbol: &Symbol, until: DateTime<Utc>) {
        self.quiet.leave_alone(symbol, until, Cause::Symbol);
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
