//! How a Redis server fares.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::RedisError;
use crate::breaker::Breaker;

/// What can be expected of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedisState {
    /// Nobody has asked it for anything yet.
    Untried,
    /// It answers and takes writes.
    Up,
    /// It answers but takes no writes: full, a replica, or unable to save.
    ReadOnly,
    /// It cannot be reached or does not answer in time.
    Away,
}

impl RedisState {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Untried => "not asked yet",
            Self::Up => "up",
            Self::ReadOnly => "takes no writes",
            Self::Away => "away",
        }
    }
}

/// How a Redis server fares, and what it was asked since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedisHealth {
    /// What can be expected of it.
    pub state: RedisState,
    /// When it last answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it began to fail, while it does.
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when it is left alone.
    pub resting_until: Option<DateTime<Utc>>,
    /// What it last failed with; for operators, not for pages.
    #[serde(skip)]
    pub last_failure: Option<String>,
    /// Calls that were made.
    pub calls: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Calls that were not made, because it failed a moment before.
    pub skipped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) calls: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) skipped: AtomicU64,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    answered_at: Option<DateTime<Utc>>,
    failure: Option<String>,
}

impl Counters {
    pub(super) fn fail(&self, error: &RedisError) {
        self.failures.fetch_add(1, Relaxed);
        self.last().failure = Some(error.to_string());
    }

    pub(super) fn answered(&self, at: DateTime<Utc>) {
        self.last().answered_at = Some(at);
    }

    pub(super) fn health(&self, server: &Breaker, writes: &Breaker) -> RedisHealth {
        let (away, read_only) = (server.rest(), writes.rest());
        let last = self.last();
        let state = match (away, read_only) {
            (Some(_), _) => RedisState::Away,
            (None, Some(_)) => RedisState::ReadOnly,
            (None, None) if last.answered_at.is_none() => RedisState::Untried,
            (None, None) => RedisState::Up,
        };
        let rest = away.or(read_only);
        RedisHealth {
            state,
            answered_at: last.answered_at,
            failing_since: rest.map(|rest| rest.since),
            resting_until: rest.and_then(|rest| rest.until),
            last_failure: last.failure.clone(),
            calls: self.calls.load(Relaxed),
            failures: self.failures.load(Relaxed),
            skipped: self.skipped.load(Relaxed),
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
