//! A server that is slow, gone, full or back.

use std::time::Duration;

use bellwether_cache::redis::{Heard, RedisError, RedisState, Taken};
use bellwether_domain::Clock;
use chrono::TimeDelta;

use super::server::Server;
use super::{LONG, clock};

/// Longer than any rest.
const REST: TimeDelta = TimeDelta::seconds(60);

#[tokio::test]
async fn a_server_that_does_not_answer_is_left_alone_and_tried_again() {
    let Some(server) = Server::start() else { return };
    let clock = clock();
    let redis = server.connect(&clock);
    redis.put("page", b"figures", LONG).await.unwrap();
    assert_eq!(server.say("CLIENT PAUSE 6000 ALL"), "+OK");

    assert!(matches!(redis.get("page").await, Err(RedisError::Away(_))));
    for _ in 0..1_000 {
        assert_eq!(redis.get("page").await, Err(RedisError::Resting));
    }
    let health = redis.health();
    assert_eq!((health.state, health.failures, health.skipped), (RedisState::Away, 1, 1_000));
    assert_eq!(health.failing_since, Some(clock.now()));

    // Each rest is followed by one trial, until the server answers again.
    let answered = loop {
        clock.advance(REST);
        if let Ok(answered) = redis.get("page").await {
            break answered;
        }
    };
    assert_eq!(answered.unwrap(), "figures");
    let health = redis.health();
    assert_eq!((health.state, health.failing_since), (RedisState::Up, None));
}

#[tokio::test]
async fn while_one_call_tries_a_server_the_others_do_not_wait() {
    let Some(mut server) = Server::start() else { return };
    let clock = clock();
    let redis = server.connect(&clock);
    server.stop();
    assert!(matches!(redis.ping().await, Err(RedisError::Away(_))));
    server.start_again();
    server.say("CLIENT PAUSE 1000 ALL");
    clock.advance(REST);

    let trial = tokio::spawn({
        let redis = redis.clone();
        async move { redis.ping().await }
    });
    while redis.health().resting_until.is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(redis.ping().await, Err(RedisError::Resting));

    assert_eq!(trial.await.unwrap(), Ok(()));
    assert_eq!(redis.ping().await, Ok(()));
}

#[tokio::test]
async fn a_server_that_went_away_and_came_back_is_used_again() {
    let Some(mut server) = Server::start() else { return };
    let clock = clock();
    let redis = server.connect(&clock);
    redis.put("page", b"figures", LONG).await.unwrap();
    server.stop();

    assert!(matches!(redis.get("page").await, Err(RedisError::Away(_))));
    assert_eq!(redis.put("page", b"figures", LONG).await, Err(RedisError::Resting));
    clock.advance(REST);
    assert!(matches!(redis.get("page").await, Err(RedisError::Away(_))));
    server.start_again();
    clock.advance(REST);

    // It came back empty.
    assert_eq!(redis.get("page").await, Ok(None));
    redis.put("page", b"new", LONG).await.unwrap();
    assert_eq!(redis.health().state, RedisState::Up);
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_found_later() {
    let Some(mut server) = Server::start() else { return };
    server.stop();
    let clock = clock();
    let redis = server.connect(&clock);
    assert!(matches!(redis.ping().await, Err(RedisError::Away(_))));

    server.start_again();
    clock.advance(REST);

    assert_eq!(redis.ping().await, Ok(()));
}

#[tokio::test]
async fn a_full_server_is_read_and_gets_nothing_new_until_it_has_room() {
    let Some(server) = Server::start() else { return };
    let clock = clock();
    let redis = server.connect(&clock);
    redis.put("page", b"figures", LONG).await.unwrap();
    server.say("CONFIG SET maxmemory-policy noeviction");
    assert_eq!(server.say("CONFIG SET maxmemory 1"), "+OK");

    assert!(matches!(redis.put("page", b"new", LONG).await, Err(RedisError::TakesNoWrites(_))));
    assert_eq!(redis.put("page", b"new", LONG).await, Err(RedisError::Resting));
    assert_eq!(redis.claim("AAPL", LONG).await.map(drop), Err(RedisError::Resting));
    assert_eq!(redis.get("page").await.unwrap().unwrap(), "figures");
    redis.publish("events", b"1").await.unwrap();
    let limits = redis.limits("calls");
    assert_eq!(limits.tell(clock.now(), None, "state", &[clock.now()]).await, Ok(true));
    assert!(matches!(limits.take(clock.now(), "state", 5, &[]).await, Ok(Taken::Given { calls: 2, .. })));
    let health = redis.health();
    assert_eq!(health.state, RedisState::ReadOnly);
    assert!(health.last_failure.is_some_and(|words| words.contains("maxmemory")));

    clock.advance(REST);
    assert!(matches!(redis.claim("AAPL", LONG).await, Err(RedisError::TakesNoWrites(_))));
    server.say("CONFIG SET maxmemory 0");
    clock.advance(REST);

    redis.put("page", b"new", LONG).await.unwrap();
    assert_eq!(redis.health().state, RedisState::Up);
}

#[tokio::test]
async fn a_subscription_outlives_its_server() {
    let Some(mut server) = Server::start() else { return };
    let redis = server.connect(&clock());
    let mut subscription = redis.subscribe("events");
    assert_eq!(subscription.next().await, Heard::Subscribed);

    server.stop();
    let lost = tokio::time::timeout(Duration::from_millis(300), subscription.next()).await;
    assert!(lost.is_err(), "there is nothing to hear");
    server.start_again();

    assert_eq!(subscription.next().await, Heard::Subscribed);
    let speaker = server.connect(&clock());
    speaker.publish("events", b"again").await.unwrap();
    assert_eq!(subscription.next().await, Heard::Message("again".into()));
}

#[tokio::test]
async fn a_claim_of_a_process_that_died_ends_with_its_time() {
    let Some(server) = Server::start() else { return };
    let redis = server.connect(&clock());
    std::mem::forget(redis.claim("AAPL", Duration::from_millis(400)).await.unwrap().unwrap());
    assert!(redis.claim("AAPL", LONG).await.unwrap().is_none());
    while redis.claim("AAPL", LONG).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
