//! Answers that processes share: each of these `Snapshots` stands for a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bellwether_cache::redis::{Redis, RedisState};
use bellwether_cache::{Answer, Edition, Encoding, Lag, SnapshotKey, Snapshots};
use bellwether_domain::{FixedClock, SharedClock};
use chrono::TimeDelta;

use super::server::Server;
use super::{clock, redis};

const EDITION: Edition = Edition { entered: 7, prices: 12, refreshing: false };

fn process(redis: &Redis, clock: &Arc<FixedClock>) -> Arc<Snapshots> {
    Arc::new(Snapshots::new(1 << 20, Some(redis.clone()), Arc::clone(clock) as SharedClock))
}

fn key() -> SnapshotKey {
    let portfolio = "01234567-89ab-7def-8123-456789abcdef".parse().unwrap();
    SnapshotKey { portfolio, kind: "dashboard", detail: "1Y".into() }
}

async fn get(process: &Arc<Snapshots>, wanted: Edition, lag: Lag, text: &'static str) -> String {
    let build = move || async move { Ok::<_, String>(Answer::new("text/html", text.into())) };
    let answer = process.get_or_build(key(), wanted, lag, build).await.unwrap();
    String::from_utf8(answer.body(Encoding::Identity).await.to_vec()).unwrap()
}

/// Waits until what a process made is where the others find it.
async fn shared(redis: &Redis) {
    let name = format!("answer:{}:dashboard:1Y", key().portfolio);
    while redis.get(&name).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_one_process_made_the_others_only_send() {
    let (Some(redis), clock) = (redis(), clock()) else { return };
    let (one, other) = (process(&redis, &clock), process(&redis, &clock));
    assert_eq!(get(&one, EDITION, Lag::None, "figures").await, "figures");
    shared(&redis).await;

    assert_eq!(get(&other, EDITION, Lag::None, "unused").await, "figures");
    assert_eq!(get(&other, EDITION, Lag::None, "unused").await, "figures");

    let counts = other.statistics().all;
    assert_eq!((counts.builds, counts.shared.hits, counts.memory.misses, counts.memory.hits), (0, 1, 1, 1));
    let counts = one.statistics().all;
    assert_eq!((counts.builds, counts.shared.misses, counts.shared.failures), (1, 1, 0));
}

#[tokio::test]
async fn another_build_of_the_program_makes_its_own_answers() {
    let (Some(redis), clock) = (redis(), clock()) else { return };
    let build = |mark| {
        let snapshots = Snapshots::new(1 << 20, Some(redis.clone()), Arc::clone(&clock) as SharedClock);
        Arc::new(snapshots.of_build(mark))
    };
    assert_eq!(get(&build("1"), EDITION, Lag::None, "old page").await, "old page");
    let name = format!("answer:1:{}:dashboard:1Y", key().portfolio);
    while redis.get(&name).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    assert_eq!(get(&build("2"), EDITION, Lag::Any, "new page").await, "new page");
    assert_eq!(get(&build("1"), EDITION, Lag::None, "unused").await, "old page");
}

#[tokio::test]
async fn processes_build_an_edition_once() {
    let (Some(redis), clock) = (redis(), clock()) else { return };
    let built = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (process, built) = (process(&redis, &clock), Arc::clone(&built));
            tokio::spawn(async move {
                let build = move || {
                    let built = Arc::clone(&built);
                    async move {
                        built.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        Ok::<_, String>(Answer::new("text/html", b"figures".to_vec()))
                    }
                };
                let answer = process.get_or_build(key(), EDITION, Lag::None, build).await.unwrap();
                (answer.etag().to_owned(), process.statistics().all.shared.waits)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for reader in readers {
        answers.push(reader.await.unwrap());
    }

    assert_eq!(built.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|(etag, _)| *etag == answers[0].0));
    assert_eq!(answers.iter().map(|(_, waits)| waits).sum::<u64>(), 3);
}

#[tokio::test]
async fn an_older_answer_of_another_process_goes_out_while_a_newer_one_is_made() {
    let (Some(redis), clock) = (redis(), clock()) else { return };
    get(&process(&redis, &clock), EDITION, Lag::None, "before").await;
    shared(&redis).await;
    let other = process(&redis, &clock);
    let newer = Edition { prices: 13, ..EDITION };
    let a_minute = Lag::UpTo { said: TimeDelta::minutes(1), made: TimeDelta::minutes(1) };

    assert_eq!(get(&other, newer, a_minute, "after").await, "before");

    while get(&other, newer, a_minute, "unused").await != "after" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let entered = Edition { entered: 8, ..newer };
    assert_eq!(get(&other, entered, Lag::Any, "entered").await, "entered");
}

#[tokio::test]
async fn what_was_cleared_is_in_no_tier() {
    let (Some(redis), clock) = (redis(), clock()) else { return };
    let (one, other) = (process(&redis, &clock), process(&redis, &clock));
    get(&one, EDITION, Lag::None, "before").await;
    shared(&redis).await;

    one.clear().await;

    assert_eq!(get(&other, EDITION, Lag::None, "after").await, "after");
}

#[tokio::test]
async fn a_process_that_died_while_it_built_delays_the_others_for_a_while_only() {
    let (Some(redis), clock) = (redis(), clock()) else { return };
    let dead = process(&redis, &clock);
    let builds = tokio::spawn(async move {
        let build = std::future::pending::<Result<Answer, String>>;
        dead.get_or_build(key(), EDITION, Lag::None, build).await.is_ok()
    });
    tokio::time::sleep(Duration::from_millis(100)).await;

    assert_eq!(get(&process(&redis, &clock), EDITION, Lag::None, "figures").await, "figures");

    builds.abort();
}

#[tokio::test]
async fn reads_go_on_whatever_becomes_of_redis() {
    let Some(mut server) = Server::start() else { return };
    let clock = clock();
    let redis = server.connect(&clock);
    let process = process(&redis, &clock);
    let edition = |prices| Edition { prices, ..EDITION };
    assert_eq!(get(&process, edition(1), Lag::None, "one").await, "one");
    shared(&redis).await;

    server.say("CONFIG SET maxmemory-policy noeviction");
    server.say("CONFIG SET maxmemory 1");
    assert_eq!(get(&process, edition(2), Lag::None, "full").await, "full");
    assert_eq!(redis.health().state, RedisState::ReadOnly);
    server.say("CONFIG SET maxmemory 0");
    server.stop();
    assert_eq!(get(&process, edition(3), Lag::None, "gone").await, "gone");
    assert_eq!(redis.health().state, RedisState::Away);
    for prices in 4..100 {
        assert_eq!(get(&process, edition(prices), Lag::None, "alone").await, "alone");
    }
    assert!(process.statistics().all.shared.failures > 90);

    server.start_again();
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(get(&process, edition(100), Lag::None, "back").await, "back");
    shared(&redis).await;
    assert_eq!(redis.health().state, RedisState::Up);
}
