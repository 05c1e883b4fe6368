//! What processes share in Redis: finished answers, claims, limits and messages.
//!
//! Nothing here is ever the only copy, so nobody waits long for it: each call has a short time limit, and after a
//! failure the server is left alone for a moment. Callers treat every [`RedisError`] as "not known there" and go on.
//! Without the crate's feature `redis` there is no way to connect, and all else is the same.

mod claim;
mod error;
mod health;
mod limits;
mod subscription;
#[cfg(feature = "redis")]
mod wire;
#[cfg(not(feature = "redis"))]
#[path = "redis/no_wire.rs"]
mod wire;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bellwether_domain::SharedClock;
use bytes::Bytes;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::breaker::Breaker;
use health::Counters;
use wire::Wire;

pub use claim::Claim;
pub use error::{RedisError, UnusableRedis};
pub use health::{RedisHealth, RedisState};
pub use limits::{Bucket, Limits, Taken};
pub use subscription::{Heard, Subscription};

/// The version of what is stored, in every key: another version of the program with other contents uses others.
const FORMAT: u32 = 1;
/// How long a call may take, connecting included. A server beside this one answers in well under a millisecond.
const PATIENCE: Duration = Duration::from_millis(250);
/// For so long it is left alone at the most.
const LONGEST_REST: TimeDelta = TimeDelta::seconds(15);

/// Removes some of the keys that a pattern matches, and says from where to go on.
const REMOVE: &str = "\
    local found = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[1], 'COUNT', 1000) \
    for _, key in ipairs(found[2]) do redis.call('UNLINK', key) end \
    return found[1]";

/// Removes a key that still holds a value.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Prolongs the life of a key that still holds a value.
const RENEW: &str = "\
    if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

/// A Redis server that processes share; a clone is the same one.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    wire: Wire,
    prefix: String,
    patience: Duration,
    clock: SharedClock,
    /// Whether the server answers.
    server: Breaker,
    /// Whether it takes writes: it may be full, or unable to save.
    writes: Breaker,
    counters: Counters,
}

impl Redis {
    /// The server at `redis://[user:password@]host[:port][/database]`, for the installation of that name. Connects when
    /// it is first used, so it may be away.
    ///
    /// # Errors
    /// [`UnusableRedis`] for an address that is none, and in a build without the feature `redis`.
    pub fn connect(address: &str, installation: &str, clock: SharedClock) -> Result<Self, UnusableRedis> {
        Self::connect_patiently(address, installation, clock, PATIENCE)
    }

    /// As [`connect`](Self::connect), with another limit for the time that each call may take.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn connect_patiently(
        address: &str,
        installation: &str,
        clock: SharedClock,
        patience: Duration,
    ) -> Result<Self, UnusableRedis> {
        Ok(Self(Arc::new(Inner {
            wire: Wire::open(address, patience)?,
            prefix: format!("bellwether:{FORMAT}:{installation}:"),
            patience,
            server: Breaker::new(SharedClock::clone(&clock), LONGEST_REST),
            writes: Breaker::new(SharedClock::clone(&clock), LONGEST_REST),
            clock,
            counters: Counters::default(),
        })))
    }

    /// How the server fares, as far as calls have shown; [`ping`](Self::ping) first for how it fares now.
    pub fn health(&self) -> RedisHealth {
        let inner = &self.0;
        inner.counters.health(&inner.server, &inner.writes)
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// [`RedisError`] when it does not.
    pub async fn ping(&self) -> Result<(), RedisError> {
        self.ask(&[b"PING"]).await.map(drop)
    }

    /// The bytes under `key`.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be known now.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, RedisError> {
        match self.ask(&[b"GET", self.name(key).as_bytes()]).await? {
            Reply::Bytes(bytes) => Ok(Some(bytes)),
            Reply::Nothing => Ok(None),
            Reply::Done | Reply::Number(_) => Err(RedisError::unexpected("GET")),
        }
    }

    /// Keeps bytes under `key` for a time, in place of whatever is there.
    ///
    /// # Errors
    /// [`RedisError`] when they cannot be kept now.
    pub async fn put(&self, key: &str, bytes: &[u8], time_to_live: Duration) -> Result<(), RedisError> {
        let (name, millis) = (self.name(key), millis(time_to_live));
        self.keep(&[b"SET", name.as_bytes(), bytes, b"PX", millis.as_bytes()]).await.map(drop)
    }

    /// Forgets what is under `key`.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be done now.
    pub async fn remove(&self, key: &str) -> Result<(), RedisError> {
        self.ask(&[b"DEL", self.name(key).as_bytes()]).await.map(drop)
    }

    /// Forgets everything whose key begins so.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be done now; some may be gone by then.
    pub async fn remove_all(&self, prefix: &str) -> Result<(), RedisError> {
        let pattern = format!("{}*", self.name(prefix));
        let mut cursor = Bytes::from_static(b"0");
        loop {
            let request: [&[u8]; 5] = [b"EVAL", REMOVE.as_bytes(), b"0", pattern.as_bytes(), &cursor];
            cursor = match self.ask(&request).await? {
                Reply::Bytes(cursor) => cursor,
                _ => return Err(RedisError::unexpected("EVAL")),
            };
            if cursor == "0" {
                return Ok(());
            }
        }
    }

    /// Claims `key`, which no other process then can until the claim is released or its time is over; `None` when
    /// somebody has it.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be known now.
    pub async fn claim(&self, key: &str, time_to_live: Duration) -> Result<Option<Claim>, RedisError> {
        let (name, token) = (self.name(key), Uuid::now_v7().to_string());
        let millis = millis(time_to_live);
        let request: [&[u8]; 6] =
            [b"SET", name.as_bytes(), token.as_bytes(), b"NX", b"PX", millis.as_bytes()];
        match self.keep(&request).await? {
            Reply::Done => Ok(Some(Claim::new(self.clone(), name, token))),
            Reply::Nothing => Ok(None),
            Reply::Bytes(_) | Reply::Number(_) => Err(RedisError::unexpected("SET NX")),
        }
    }

    /// Whether somebody has claimed `key`.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be known now.
    pub async fn is_claimed(&self, key: &str) -> Result<bool, RedisError> {
        Ok(self.ask(&[b"EXISTS", self.name(key).as_bytes()]).await? == Reply::Number(1))
    }

    /// Tells whoever has subscribed to `channel` in any process.
    ///
    /// # Errors
    /// [`RedisError`] when it cannot be told now; nothing is kept for later.
    pub async fn publish(&self, channel: &str, message: &[u8]) -> Result<(), RedisError> {
        self.ask(&[b"PUBLISH", self.name(channel).as_bytes(), message]).await.map(drop)
    }

    /// Subscribes to `channel`, now and again whenever the connection is lost.
    pub fn subscribe(&self, channel: &str) -> Subscription {
        Subscription::new(self.clone(), self.name(channel))
    }

    async fn release(&self, name: &str, token: &str) -> Result<bool, RedisError> {
        let request: [&[u8]; 5] = [b"EVAL", RELEASE.as_bytes(), b"1", name.as_bytes(), token.as_bytes()];
        Ok(self.ask(&request).await? == Reply::Number(1))
    }

    async fn renew(&self, name: &str, token: &str, time_to_live: Duration) -> Result<bool, RedisError> {
        let millis = millis(time_to_live);
        let request: [&[u8]; 6] =
            [b"EVAL", RENEW.as_bytes(), b"1", name.as_bytes(), token.as_bytes(), millis.as_bytes()];
        Ok(self.ask(&request).await? == Reply::Number(1))
    }

    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.0.prefix)
    }

    /// Asks for something to be kept, which a full server refuses.
    async fn keep(&self, request: &[&[u8]]) -> Result<Reply, RedisError> {
        let Some(pass) = self.0.writes.admit() else {
            self.0.counters.skipped.fetch_add(1, Relaxed);
            return Err(RedisError::Resting);
        };
        let answered = self.ask(request).await;
        match &answered {
            Ok(_) => pass.succeed(),
            Err(RedisError::TakesNoWrites(_)) => pass.fail(),
            // Tells nothing about writes.
            Err(_) => drop(pass),
        }
        answered
    }

    async fn ask(&self, request: &[&[u8]]) -> Result<Reply, RedisError> {
        let inner = &*self.0;
        let Some(pass) = inner.server.admit() else {
            inner.counters.skipped.fetch_add(1, Relaxed);
            return Err(RedisError::Resting);
        };
        inner.counters.calls.fetch_add(1, Relaxed);
        let answered = match tokio::time::timeout(inner.patience, inner.wire.ask(request)).await {
            Ok(answered) => answered,
            Err(_elapsed) => {
                // Its answer may come later and would hold up the others behind it.
                inner.wire.hang_up();
                Err(RedisError::Away("no answer in time".to_owned()))
            }
        };
        match &answered {
            Err(error @ RedisError::Away(_)) => {
                inner.counters.fail(error);
                pass.fail();
            }
            told => {
                if let Err(error) = told {
                    inner.counters.fail(error);
                }
                inner.counters.answered(inner.clock.now());
                pass.succeed();
            }
        }
        answered
    }
}

impl fmt::Debug for Redis {
    /// Leaves the address out: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("health", &self.health()).finish_non_exhaustive()
    }
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "there is no server to say anything"))]
enum Reply {
    Done,
    Nothing,
    Number(i64),
    Bytes(Bytes),
}

/// At least 1, for no time at all is an error to the server.
fn millis(time: Duration) -> String {
    time.as_millis().max(1).to_string()
}
