//! The client against a real server: what it does when all is well, and when the server is slow, gone or full.

#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod faults;
mod limits;
mod server;
mod tiers;

use std::sync::Arc;
use std::time::Duration;

use bellwether_cache::redis::{Heard, Redis, RedisError, RedisState, UnusableRedis};
use bellwether_domain::{FixedClock, SharedClock};
use chrono::DateTime;
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(60);

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(DateTime::UNIX_EPOCH))
}

/// The shared server under a name of this test's own; `None` where there is none.
fn shared(installation: &str, clock: &Arc<FixedClock>) -> Option<Redis> {
    let url = std::env::var("TEST_REDIS_URL").ok()?;
    let clock: SharedClock = Arc::clone(clock) as _;
    Some(Redis::connect_patiently(&url, installation, clock, Duration::from_secs(10)).unwrap())
}

fn redis() -> Option<Redis> {
    shared(&Uuid::now_v7().to_string(), &clock())
}

#[tokio::test]
async fn what_is_put_is_got_until_it_is_removed() {
    let Some(redis) = redis() else { return };
    assert_eq!(redis.health().state, RedisState::Untried);
    assert_eq!(redis.get("page").await, Ok(None));

    redis.put("page", b"\0figures\xff", LONG).await.unwrap();
    assert_eq!(redis.get("page").await.unwrap().unwrap(), &b"\0figures\xff"[..]);

    redis.remove("page").await.unwrap();
    assert_eq!(redis.get("page").await, Ok(None));
    let health = redis.health();
    assert_eq!((health.state, health.calls, health.failures), (RedisState::Up, 5, 0));
}

#[tokio::test]
async fn what_is_put_goes_when_its_time_is_over() {
    let Some(redis) = redis() else { return };
    redis.put("page", b"figures", Duration::from_millis(1)).await.unwrap();
    while redis.get("page").await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn installations_do_not_see_each_other() {
    let (Some(one), Some(other)) = (redis(), redis()) else { return };
    one.put("page", b"figures", LONG).await.unwrap();
    assert_eq!(other.get("page").await, Ok(None));
}

#[tokio::test]
async fn one_at_a_time_has_a_claim() {
    let Some(redis) = redis() else { return };
    let claim = redis.claim("AAPL", LONG).await.unwrap().expect("nobody has it");
    assert!(redis.claim("AAPL", LONG).await.unwrap().is_none());
    assert!(redis.claim("MSFT", LONG).await.unwrap().is_some());
    assert!(redis.is_claimed("AAPL").await.unwrap());

    assert!(claim.release().await.unwrap());

    assert!(!redis.is_claimed("AAPL").await.unwrap());
    assert!(redis.claim("AAPL", LONG).await.unwrap().is_some());
}

#[tokio::test]
async fn a_dropped_claim_is_given_back() {
    let Some(redis) = redis() else { return };
    drop(redis.claim("AAPL", LONG).await.unwrap());
    while redis.claim("AAPL", LONG).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_lasting_claim_outlives_its_time_and_ends_when_it_is_dropped() {
    let Some(redis) = redis() else { return };
    let time = Duration::from_secs(3);
    let claim = redis.claim("AAPL", time).await.unwrap().expect("nobody has it").lasting(time);
    let begun = std::time::Instant::now();
    while begun.elapsed() < time * 2 {
        assert!(redis.claim("AAPL", LONG).await.unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(claim);
    while redis.is_claimed("AAPL").await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_claim_whose_time_is_over_is_not_taken_from_the_next() {
    let Some(redis) = redis() else { return };
    let late = redis.claim("AAPL", Duration::from_millis(1)).await.unwrap().unwrap();
    let next = loop {
        if let Some(claim) = redis.claim("AAPL", LONG).await.unwrap() {
            break claim;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };

    assert!(!late.release().await.unwrap());

    assert!(redis.is_claimed("AAPL").await.unwrap());
    assert!(next.release().await.unwrap());
}

#[tokio::test]
async fn subscribers_hear_their_channel_in_order() {
    let Some(redis) = redis() else { return };
    let mut subscription = redis.subscribe("events");
    assert_eq!(subscription.next().await, Heard::Subscribed);

    redis.publish("other", b"0").await.unwrap();
    redis.publish("events", b"1").await.unwrap();
    redis.publish("events", b"2").await.unwrap();

    assert_eq!(subscription.next().await, Heard::Message("1".into()));
    assert_eq!(subscription.next().await, Heard::Message("2".into()));
}

#[tokio::test]
async fn a_key_of_another_type_is_refused_and_overwritten() {
    let Some(redis) = redis() else { return };
    // Calls are counted in a sorted set.
    let limits = redis.limits("page");
    assert!(limits.tell(DateTime::UNIX_EPOCH, None, "state", &[DateTime::UNIX_EPOCH]).await.unwrap());
    assert!(matches!(redis.get("limits:page:calls").await, Err(RedisError::Refused(_))));

    redis.put("limits:page:calls", b"figures", LONG).await.unwrap();

    assert_eq!(redis.get("limits:page:calls").await.unwrap().unwrap(), "figures");
    let health = redis.health();
    assert_eq!((health.state, health.failures), (RedisState::Up, 1));
}

#[test]
fn an_address_that_is_none_is_said_so_without_its_password() {
    for address in ["", "localhost", "http://localhost", "rediss://user:secret@localhost"] {
        let refused = Redis::connect(address, "test", clock()).map(drop).unwrap_err();
        assert!(matches!(refused, UnusableRedis::Address(_)), "{address}");
        assert!(!refused.to_string().contains("secret"));
    }
}
