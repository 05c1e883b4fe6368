//! Limits of a source's calls, held together by all processes that share a Redis.

use async_trait::async_trait;
use bellwether_cache::redis::{self, Redis, RedisError, Taken};
use bellwether_domain::SharedClock;
use bellwether_prices::{Common, Leave, SharedLimits, Unshared, Wish};
use chrono::{DateTime, Utc};

/// The common place of gateways to one source.
pub(crate) struct LimitsInRedis {
    limits: redis::Limits,
    clock: SharedClock,
}

impl LimitsInRedis {
    /// Of the source at that address.
    pub(crate) fn new(redis: &Redis, source: &str, address: &str, clock: &SharedClock) -> Self {
        Self { limits: redis.limits(&format!("{source}:{address}")), clock: SharedClock::clone(clock) }
    }
}

fn unshared(error: &RedisError) -> Unshared {
    Unshared(error.to_string())
}

#[async_trait]
impl SharedLimits for LimitsInRedis {
    async fn look(&self, now: DateTime<Utc>) -> Result<Common, Unshared> {
        let (calls_last_hour, state) = self.limits.look(now).await.map_err(|error| unshared(&error))?;
        Ok(Common { state, calls_last_hour })
    }

    async fn tell(
        &self,
        known: Option<&str>,
        state: &str,
        calls: &[DateTime<Utc>],
    ) -> Result<bool, Unshared> {
        self.limits.tell(self.clock.now(), known, state, calls).await.map_err(|error| unshared(&error))
    }

    async fn take(&self, known: &str, wish: &Wish) -> Result<Leave, Unshared> {
        let bucket = |of: &bellwether_prices::Bucket| redis::Bucket {
            name: of.name,
            holds: of.holds,
            one_per: of.one_per,
        };
        let buckets: Vec<_> = wish.buckets.iter().map(bucket).collect();
        let taken = self.limits.take(wish.at, known, wish.calls_an_hour, &buckets).await;
        Ok(match taken.map_err(|error| unshared(&error))? {
            Taken::Given { leave, calls } => Leave::Given { leave, calls_last_hour: calls },
            Taken::NotBefore(until) => Leave::NotBefore(until),
            Taken::Outdated => Leave::Outdated,
        })
    }

    async fn give(&self, leave: &str) -> Result<(), Unshared> {
        self.limits.give(self.clock.now(), leave).await.map_err(|error| unshared(&error))
    }
}
