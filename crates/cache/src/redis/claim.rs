//! A key that one process has for a time.

use std::time::Duration;

use tokio::task::AbortHandle;

use super::{Redis, RedisError};

/// A claim to a key. Released when dropped, by a task of its own; without a runtime, when its time is over.
#[derive(Debug)]
pub struct Claim {
    redis: Redis,
    name: String,
    /// Tells this claim from a later one to the same key; `None` once released.
    token: Option<String>,
    /// Renews it again and again.
    renewal: Option<AbortHandle>,
}

impl Claim {
    pub(super) fn new(redis: Redis, name: String, token: String) -> Self {
        Self { redis, name, token: Some(token), renewal: None }
    }

    /// From now on it lasts until it is released or dropped, and ends so long after the end of this process. Within the
    /// tokio runtime of the caller.
    #[must_use]
    pub fn lasting(mut self, time_to_live: Duration) -> Self {
        let (redis, name, token) = (self.redis.clone(), self.name.clone(), self.token.clone());
        let renews = tokio::spawn(async move {
            let Some(token) = token else { return };
            loop {
                tokio::time::sleep(time_to_live / 3).await;
                // Somebody else has it: there is nothing to renew. What cannot be known now may be known next time.
                if redis.renew(&name, &token, time_to_live).await == Ok(false) {
                    return;
                }
            }
        });
        self.renewal = Some(renews.abort_handle());
        self
    }

    /// Gives the key back, and says whether it was still ours.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be done now; the claim then ends with its time.
    pub async fn release(mut self) -> Result<bool, RedisError> {
        self.stop_renewal();
        match self.token.take() {
            Some(token) => self.redis.release(&self.name, &token).await,
            None => Ok(false),
        }
    }

    fn stop_renewal(&mut self) {
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.stop_renewal();
        let Some(token) = self.token.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (redis, name) = (self.redis.clone(), std::mem::take(&mut self.name));
        runtime.spawn(async move { redis.release(&name, &token).await });
    }
}
