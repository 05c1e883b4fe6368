//! In the place of `wire.rs` in a build that cannot speak to Redis.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;

use super::{RedisError, Reply, UnusableRedis};

#[derive(Debug)]
pub(super) struct Wire(Infallible);

#[derive(Debug)]
pub(super) struct Channel(Infallible);

impl Wire {
    pub(super) fn open(_: &str, _: Duration) -> Result<Self, UnusableRedis> {
        Err(UnusableRedis::NotBuilt)
    }

    #[expect(clippy::unused_async, reason = "as the real one")]
    pub(super) async fn ask(&self, _: &[&[u8]]) -> Result<Reply, RedisError> {
        match self.0 {}
    }

    pub(super) fn hang_up(&self) {
        match self.0 {}
    }

    #[expect(clippy::unused_async, reason = "as the real one")]
    pub(super) async fn subscribe(&self, _: &str) -> Result<Channel, RedisError> {
        match self.0 {}
    }
}

impl Channel {
    #[expect(clippy::unused_async, reason = "as the real one")]
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        match self.0 {}
    }

    #[expect(clippy::unused_async, reason = "as the real one")]
    pub(super) async fn is_alive(&mut self) -> bool {
        match self.0 {}
    }
}
