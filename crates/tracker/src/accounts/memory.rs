//! What credentials were lately found to be.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_domain::UserId;
use bellwether_storage::Digest;
use chrono::{DateTime, TimeDelta, Utc};

use super::SignedIn;

/// What other processes revoked is of no use here after so long.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(5);
/// While the database is away nobody can revoke anything, and pages that were made before go on being read.
const GOOD_WITHOUT_DATABASE: TimeDelta = TimeDelta::minutes(15);
/// So many are remembered.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    found: HashMap<Digest, Found>,
    /// Rises with whatever is revoked: what was read before is not remembered after.
    revocations: u64,
}

#[derive(Debug)]
struct Found {
    who: SignedIn,
    at: DateTime<Utc>,
    ends: DateTime<Utc>,
}

/// What is to be shown to remember something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading(u64);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn recall(&self, digest: Digest, now: DateTime<Utc>) -> Option<SignedIn> {
        self.recall_for(digest, now, GOOD_FOR)
    }

    pub(super) fn recall_without_database(&self, digest: Digest, now: DateTime<Utc>) -> Option<SignedIn> {
        self.recall_for(digest, now, GOOD_WITHOUT_DATABASE)
    }

    fn recall_for(&self, digest: Digest, now: DateTime<Utc>, span: TimeDelta) -> Option<SignedIn> {
        let known = self.lock();
        let found = known.found.get(&digest)?;
        let is_good = (now - found.at).abs() < span && now < found.ends;
        is_good.then(|| found.who.clone())
    }

    /// Before the database is read.
    pub(super) fn read(&self) -> Reading {
        Reading(self.lock().revocations)
    }

    pub(super) fn remember(
        &self,
        reading: Reading,
        digest: Digest,
        who: &SignedIn,
        at: DateTime<Utc>,
        ends: DateTime<Utc>,
    ) {
        let mut known = self.lock();
        if known.revocations != reading.0 {
            return;
        }
        if known.found.len() >= MOST {
            known.found.retain(|_, found| (at - found.at).abs() < GOOD_FOR);
        }
        if known.found.len() < MOST {
            known.found.insert(digest, Found { who: who.clone(), at, ends });
        }
    }

    /// Whether it let somebody in lately, in this process.
    pub(super) fn holds(&self, digest: Digest) -> bool {
        self.lock().found.contains_key(&digest)
    }

    /// After the database knew nothing of it. What else was read meanwhile is as right as it was.
    pub(super) fn drop(&self, digest: Digest) {
        self.lock().found.remove(&digest);
    }

    /// After something of that was revoked in the database.
    pub(super) fn forget(&self, digest: Digest) {
        let mut known = self.lock();
        known.revocations += 1;
        known.found.remove(&digest);
    }

    /// After something of that user was revoked in the database.
    pub(super) fn forget_user(&self, user: UserId) {
        let mut known = self.lock();
        known.revocations += 1;
        known.found.retain(|_, found| found.who.user != user);
    }
}
