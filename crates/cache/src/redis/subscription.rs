//! Messages of a channel, across broken connections.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout, timeout_at};

use super::Redis;
use super::wire::Channel;

/// A connection on which nothing came for so long is asked whether it still stands.
const QUIET: Duration = Duration::from_secs(20);
/// The pause before a lost connection is tried again; each failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The subscription stands, for the first time or again; messages sent while it did not were missed.
    Subscribed,
    /// Somebody's message.
    Message(Bytes),
}

/// A subscription to one channel, which outlives connections.
#[derive(Debug)]
pub struct Subscription {
    redis: Redis,
    channel: String,
    connection: Option<Channel>,
    /// When the connection is to be looked after: made, or asked whether it still stands.
    due: Instant,
    pause: Duration,
}

impl Subscription {
    pub(super) fn new(redis: Redis, channel: String) -> Self {
        Self { redis, channel, connection: None, due: Instant::now(), pause: FIRST_PAUSE }
    }

    /// What comes next, however long that takes. May be given up and called again; nothing is lost by it.
    pub async fn next(&mut self) -> Heard {
        let patience = self.redis.0.patience;
        loop {
            let Some(connection) = &mut self.connection else {
                tokio::time::sleep_until(self.due).await;
                if self.connect(patience).await {
                    return Heard::Subscribed;
                }
                continue;
            };
            match timeout_at(self.due, connection.next()).await {
                Ok(Some(message)) => {
                    self.due = Instant::now() + QUIET;
                    return Heard::Message(message);
                }
                Ok(None) => self.lose(),
                Err(_quiet) if timeout(patience, connection.is_alive()).await.unwrap_or(false) => {
                    self.due = Instant::now() + QUIET;
                }
                Err(_quiet) => self.lose(),
            }
        }
    }

    async fn connect(&mut self, patience: Duration) -> bool {
        let subscribed = timeout(patience, self.redis.0.wire.subscribe(&self.channel)).await;
        let Ok(Ok(connection)) = subscribed else {
            self.due = Instant::now() + self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return false;
        };
        self.connection = Some(connection);
        self.pause = FIRST_PAUSE;
        self.due = Instant::now() + QUIET;
        true
    }

    fn lose(&mut self) {
        self.connection = None;
        self.due = Instant::now() + self.pause;
    }
}
