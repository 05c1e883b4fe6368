//! A key that one process has for a time.

use super::{Redis, RedisError};

/// A claim to a key. Released when dropped, by a task of its own; without a runtime, when its time is over.
#[derive(Debug)]
pub struct Claim {
    redis: Redis,
    name: String,
    /// Tells this claim from a later one to the same key; `None` once released.
    token: Option<String>,
}

impl Claim {
    pub(super) fn new(redis: Redis, name: String, token: String) -> Self {
        Self { redis, name, token: Some(token) }
    }

    /// Gives the key back, and says whether it was still ours.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be done now; the claim then ends with its time.
    pub async fn release(mut self) -> Result<bool, RedisError> {
        match self.token.take() {
            Some(token) => self.redis.release(&self.name, &token).await,
            None => Ok(false),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(token) = self.token.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (redis, name) = (self.redis.clone(), std::mem::take(&mut self.name));
        runtime.spawn(async move { redis.release(&name, &token).await });
    }
}
