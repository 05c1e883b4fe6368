//! Hashing passwords, by argon2id at the cost that OWASP names: 19 MiB, two passes, one lane.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use bellwether_texts::{Sentence, Value};
use chrono::TimeDelta;
use tokio::sync::Semaphore;

use crate::TrackerError;

/// In KiB.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A password has at least so many characters.
pub(super) const SHORTEST: usize = 12;
/// And at most so many.
pub(super) const LONGEST: usize = 1_024;

/// So many are hashed at once: each takes a core and 19 MiB.
const AT_ONCE: usize = 2;
/// So many may wait for that; more are sent away.
const WAITING: usize = 32;

/// Of no password: where nobody has the name that was given, this is looked at instead, so that the answer takes as long.
const OF_NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyBpdC4$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords, a few at a time, on threads that may block.
#[derive(Debug)]
pub(super) struct Hasher {
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
    hashed: AtomicU64,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: AtomicUsize::new(0),
            hashed: AtomicU64::new(0),
        }
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).expect("within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl Hasher {
    /// How often a password was hashed or looked at: the work that an attempt costs.
    pub(super) fn count(&self) -> u64 {
        self.hashed.load(Relaxed)
    }

    /// The hash to store.
    pub(super) async fn hash(&self, password: String) -> Result<String, TrackerError> {
        self.run(move || {
            let hash = argon2().hash_password(password.as_bytes());
            hash.expect("the system has random numbers and the password is short").to_string()
        })
        .await
    }

    /// Whether a password is the one of a hash. It takes as long where there is no hash.
    pub(super) async fn is_of(&self, password: String, hash: Option<String>) -> Result<bool, TrackerError> {
        let looked = self.run(move || {
            let stored = hash.as_deref().unwrap_or(OF_NOBODY);
            let parsed = PasswordHash::new(stored);
            let is_right =
                parsed.is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok());
            is_right && hash.is_some()
        });
        looked.await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TrackerError> {
        let waiting = Waiting::begin(&self.waiting)?;
        let seat = Arc::clone(&self.seats).acquire_owned().await.expect("nobody closes it");
        drop(waiting);
        self.hashed.fetch_add(1, Relaxed);
        let done = tokio::task::spawn_blocking(move || {
            let value = work();
            drop(seat);
            value
        });
        match done.await {
            Ok(value) => Ok(value),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// Counts whoever waits, even one who gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Result<Self, TrackerError> {
        let before = waiting.fetch_add(1, Relaxed);
        let begun = Self(waiting);
        if before >= WAITING {
            return Err(TrackerError::TooManyAttempts { after: TimeDelta::seconds(2) });
        }
        Ok(begun)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// What is wrong with a new password, in a sentence.
pub(super) fn complaint(password: &str, name: &str) -> Option<Sentence> {
    if password.chars().count() < SHORTEST {
        return Some(Sentence::new("refused.password_short").with("shortest", Value::exact(SHORTEST)));
    }
    if password.chars().count() > LONGEST {
        return Some(Sentence::new("refused.password_long").with("longest", Value::exact(LONGEST)));
    }
    let small = password.to_lowercase();
    let is_one_sign = password.chars().all(|sign| password.starts_with(sign));
    let is_the_name = small.replace(name, "").chars().count() < SHORTEST / 2;
    (is_one_sign || is_the_name).then(|| Sentence::new("refused.password_easy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_passwords_are_complained_of() {
        for easy in ["short", "aaaaaaaaaaaaaa", "adalovelace1815", "elevenchars"] {
            assert!(complaint(easy, "adalovelace").is_some(), "{easy}");
        }
        assert!(complaint(&"x1".repeat(600), "ada").is_some());
        assert_eq!(complaint(&"é1".repeat(512), "ada"), None);
        assert!(complaint(&"é1".repeat(513), "ada").is_some());
        for good in ["correct horse battery", "åäöåäöåäöåäö12", "ada and the engine"] {
            assert_eq!(complaint(good, "ada"), None, "{good}");
        }
    }

    #[tokio::test]
    async fn a_hash_says_argon2id_with_owasps_cost_and_is_of_one_password() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse battery".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.is_of("correct horse battery".to_owned(), Some(hash.clone())).await.expect("looked"));
        assert!(!hasher.is_of("correct horse batterY".to_owned(), Some(hash)).await.expect("looked"));
        assert!(!hasher.is_of("anything at all".to_owned(), None).await.expect("looked"));
        assert_eq!(hasher.count(), 4);
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_anybodys() {
        let parsed = PasswordHash::new(OF_NOBODY).expect("a hash");
        let params = Params::try_from(&parsed).expect("its cost");
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY, PASSES, LANES));
        assert_eq!(parsed.hash.map(|hash| hash.len()), Some(32));
    }
}
