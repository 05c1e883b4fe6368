//! Waiting, as an argument like the clock.

use std::sync::Arc;

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock, SharedClock};
use chrono::{DateTime, Utc};

/// Waits for an instant of the clock that it belongs to.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Returns at `until`, or at once when that has passed.
    async fn until(&self, until: DateTime<Utc>);
}

#[async_trait]
impl<P: Pause + ?Sized> Pause for Arc<P> {
    async fn until(&self, until: DateTime<Utc>) {
        (**self).until(until).await;
    }
}

/// Sleeps for real, as long as the clock says is left.
pub struct RealPause(SharedClock);

impl RealPause {
    /// Sleeps by this clock.
    pub fn by(clock: SharedClock) -> Self {
        Self(clock)
    }
}

#[async_trait]
impl Pause for RealPause {
    async fn until(&self, until: DateTime<Utc>) {
        if let Ok(left) = (until - self.0.now()).to_std() {
            tokio::time::sleep(left).await;
        }
    }
}

/// Moves a [`FixedClock`] on instead of waiting, so that an hour passes in no time.
#[derive(Debug, Clone)]
pub struct SteppingPause(Arc<FixedClock>);

impl SteppingPause {
    /// Moves this clock.
    pub fn of(clock: Arc<FixedClock>) -> Self {
        Self(clock)
    }
}

#[async_trait]
impl Pause for SteppingPause {
    async fn until(&self, until: DateTime<Utc>) {
        // Others get their turn first, as they would during a real wait.
        tokio::task::yield_now().await;
        if self.0.now() < until {
            self.0.set(until);
        }
    }
}
