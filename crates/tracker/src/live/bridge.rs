//! The bus across processes: what is told in one is heard in all that share its Redis.

use std::sync::Arc;

use bellwether_cache::redis::{Heard, Redis};
use bellwether_domain::SharedClock;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;

use super::{Bus, Event, Published};

const CHANNEL: &str = "events";

/// An event on its way. What a process of another release cannot read, it leaves.
#[derive(Serialize, Deserialize)]
struct Carried<T> {
    process: String,
    event: T,
}

/// Carries events both ways until it is dropped. Without the server, events go on within the process; those that
/// others tell meanwhile are missed, which pages make up for within a minute.
#[derive(Debug)]
pub(crate) struct Bridge([AbortHandle; 2]);

impl Drop for Bridge {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Bridge {
    /// Begins to carry, within the tokio runtime of the caller.
    pub(crate) fn open(bus: &Bus, redis: &Redis, clock: &SharedClock) -> Self {
        let sends = tokio::spawn(send(bus.process().to_owned(), bus.listen().coming, redis.clone()));
        let hears = tokio::spawn(hear(bus.clone(), redis.clone(), SharedClock::clone(clock)));
        Self([sends.abort_handle(), hears.abort_handle()])
    }
}

async fn send(process: String, mut coming: Receiver<Arc<Published>>, redis: Redis) {
    loop {
        let published = match coming.recv().await {
            Ok(published) if published.is_from_elsewhere => continue,
            Ok(published) => published,
            Err(RecvError::Lagged(events)) => {
                tracing::debug!(events, "events.not_sent");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let Ok(message) = serde_json::to_vec(&Carried { process: process.clone(), event: &published.event })
        else {
            continue;
        };
        if let Err(error) = redis.publish(CHANNEL, &message).await {
            tracing::debug!(%error, "events.not_sent");
        }
    }
}

async fn hear(bus: Bus, redis: Redis, clock: SharedClock) {
    let mut subscription = redis.subscribe(CHANNEL);
    loop {
        let Heard::Message(message) = subscription.next().await else { continue };
        match serde_json::from_slice::<Carried<Event>>(&message) {
            Ok(carried) if carried.process == bus.process() => {}
            Ok(carried) => bus.publish_from_elsewhere(clock.now(), carried.event),
            Err(error) => tracing::debug!(%error, "events.not_understood"),
        }
    }
}
