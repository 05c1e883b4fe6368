#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use bellwether_domain::{Clock, FixedClock};
use tokio::sync::Notify;

use super::*;
use crate::{Encoding, KindStatistics, TierStatistics, Validity};

const EDITION: Edition = Edition { entered: 7, prices: 12, refreshing: false };
const NEWER: Edition = Edition { prices: 13, ..EDITION };
const A_MINUTE: Lag = Lag::UpTo { said: TimeDelta::minutes(1), made: TimeDelta::minutes(1) };

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(DateTime::UNIX_EPOCH))
}

fn snapshots(bytes: u64) -> Arc<Snapshots> {
    Arc::new(Snapshots::new(bytes, None, clock()))
}

fn key(number: u32) -> SnapshotKey {
    SnapshotKey {
        portfolio: "01234567-89ab-7def-8123-456789abcdef".parse().unwrap(),
        kind: "dashboard",
        detail: number.to_string().into(),
    }
}

fn answer(text: &str) -> Answer {
    Answer::new("text/plain", text.into())
}

async fn body(answer: &Answer) -> bytes::Bytes {
    answer.body(Encoding::Identity).await
}

/// What a reader of this edition is given where a build makes `text`.
async fn get(snapshots: &Arc<Snapshots>, wanted: Edition, lag: Lag, text: &'static str) -> bytes::Bytes {
    let build = move || async move { Ok::<_, String>(answer(text)) };
    body(&snapshots.get_or_build(key(1), wanted, lag, build).await.unwrap()).await
}

async fn keep(snapshots: &Arc<Snapshots>, key: SnapshotKey, text: &str) -> Arc<Answer> {
    let text = text.to_owned();
    let build = move || {
        let made = answer(&text);
        async move { Ok::<_, String>(made) }
    };
    snapshots.get_or_build(key, EDITION, Lag::None, build).await.unwrap()
}

fn memory(snapshots: &Snapshots) -> TierStatistics {
    snapshots.statistics().all.memory
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_is_built_once_and_then_only_handed_out() {
    let snapshots = snapshots(1 << 20);
    let first = keep(&snapshots, key(1), "figures").await;

    let failing = || async { Err::<Answer, _>("it is kept") };
    let again = snapshots.get_or_build(key(1), EDITION, Lag::None, failing).await.unwrap();

    assert!(Arc::ptr_eq(&first, &again));
    let counts = snapshots.statistics().all;
    assert_eq!((counts.memory.hits, counts.memory.misses, counts.builds, counts.entries), (1, 1, 1, 1));
    assert_eq!(counts.memory.hit_ratio(), Some(0.5));
}

#[tokio::test]
async fn a_hundred_readers_build_once() {
    let snapshots = snapshots(1 << 20);
    let (built, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let (snapshots, built, go) = (Arc::clone(&snapshots), Arc::clone(&built), Arc::clone(&go));
            tokio::spawn(async move {
                let build = move || {
                    let (built, go) = (Arc::clone(&built), Arc::clone(&go));
                    async move {
                        built.fetch_add(1, Ordering::SeqCst);
                        go.notified().await;
                        Ok::<_, String>(answer("figures"))
                    }
                };
                snapshots.get_or_build(key(1), EDITION, Lag::None, build).await.unwrap()
            })
        })
        .collect();
    settle().await;
    go.notify_one();
    let mut answers = Vec::new();
    for reader in readers {
        answers.push(reader.await.unwrap());
    }

    assert_eq!(built.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|answer| Arc::ptr_eq(answer, &answers[0])));
    let counts = memory(&snapshots);
    assert_eq!((counts.hits, counts.misses, counts.waits), (0, 1, 99));
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_wait_and_kept_for_nobody() {
    let snapshots = snapshots(1 << 20);
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let snapshots = Arc::clone(&snapshots);
            let build = || async {
                settle().await;
                Err::<Answer, _>("no prices".to_owned())
            };
            tokio::spawn(async move {
                snapshots.get_or_build(key(1), EDITION, Lag::None, build).await.unwrap_err()
            })
        })
        .collect();
    for reader in readers {
        assert_eq!(*reader.await.unwrap(), "no prices");
    }

    keep(&snapshots, key(1), "figures").await;

    let counts = snapshots.statistics().all;
    assert_eq!((counts.failures, counts.memory.misses, counts.memory.waits, counts.entries), (1, 2, 2, 1));
}

#[tokio::test]
async fn an_empty_answer_is_given_but_not_kept() {
    let snapshots = snapshots(1 << 20);

    assert!(keep(&snapshots, key(1), "").await.is_empty());
    assert!(!keep(&snapshots, key(1), "figures").await.is_empty());

    let counts = snapshots.statistics().all;
    assert_eq!((counts.memory.misses, counts.failures, counts.entries), (2, 0, 1));
}

#[tokio::test]
async fn a_builder_that_goes_away_leaves_nobody_waiting() {
    let snapshots = snapshots(1 << 20);
    let leaving = Arc::clone(&snapshots);
    let gone = tokio::spawn(async move {
        let build = std::future::pending::<Result<Answer, String>>;
        leaving.get_or_build(key(1), EDITION, Lag::None, build).await.is_ok()
    });
    settle().await;
    let waiting = Arc::clone(&snapshots);
    let second = tokio::spawn(async move { keep(&waiting, key(1), "figures").await.is_empty() });
    settle().await;
    assert!(!second.is_finished());

    gone.abort();

    let answered = tokio::time::timeout(std::time::Duration::from_secs(30), second).await;
    assert!(!answered.expect("nobody is stuck").unwrap());
}

#[tokio::test]
async fn a_builder_that_panics_leaves_nobody_waiting() {
    let snapshots = snapshots(1 << 20);
    let (breaking, go) = (Arc::clone(&snapshots), Arc::new(Notify::new()));
    let gone = Arc::clone(&go);
    let broken = tokio::spawn(async move {
        let build = move || {
            let gone = Arc::clone(&gone);
            async move {
                gone.notified().await;
                panic!("a bug");
            }
        };
        breaking.get_or_build::<String, _>(key(1), EDITION, Lag::None, build).await.is_ok()
    });
    settle().await;
    let waiting = Arc::clone(&snapshots);
    let second = tokio::spawn(async move { keep(&waiting, key(1), "figures").await.is_empty() });
    settle().await;

    go.notify_one();

    assert!(broken.await.unwrap_err().is_panic());
    let answered = tokio::time::timeout(std::time::Duration::from_secs(30), second).await;
    assert!(!answered.expect("nobody is stuck").unwrap());
}

#[tokio::test]
async fn memory_is_bounded_and_the_longest_unused_goes_first() {
    let snapshots = snapshots(40_000);
    for detail in 0..100 {
        keep(&snapshots, key(detail), &"x".repeat(1_000)).await;
        keep(&snapshots, key(0), "is kept by use").await;
        snapshots.kept.run_pending_tasks().await;
    }

    let counts = snapshots.statistics().all;

    assert!(counts.bytes <= 40_000 && counts.bytes > 30_000, "{counts:?}");
    assert_eq!(counts.entries + counts.evictions, 100);
    assert_eq!(counts.memory.misses, 100, "the one in use was never built again");
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_given_all_the_same() {
    let snapshots = snapshots(1_000);
    assert!(!keep(&snapshots, key(1), &"x".repeat(5_000)).await.is_empty());
    snapshots.kept.run_pending_tasks().await;
    assert_eq!(snapshots.statistics().all.bytes, 0);
}

#[tokio::test]
async fn older_prices_go_out_at_once_and_newer_ones_are_made_behind() {
    let snapshots = snapshots(1 << 20);
    assert_eq!(get(&snapshots, EDITION, A_MINUTE, "before").await, "before");

    assert_eq!(get(&snapshots, NEWER, A_MINUTE, "after").await, "before");
    settle().await;

    assert_eq!(get(&snapshots, NEWER, A_MINUTE, "unused").await, "after");
    let counts = snapshots.statistics().all;
    assert_eq!((counts.memory.hits, counts.memory.stale_hits, counts.builds), (1, 1, 2));
    snapshots.kept.run_pending_tasks().await;
    assert_eq!(snapshots.statistics().all.entries, 1, "of each answer the last edition is kept");
}

#[tokio::test]
async fn many_readers_of_an_older_answer_make_one_newer() {
    let snapshots = snapshots(1 << 20);
    get(&snapshots, EDITION, A_MINUTE, "before").await;
    for _ in 0..100 {
        assert_eq!(get(&snapshots, NEWER, A_MINUTE, "after").await, "before");
    }
    settle().await;
    assert_eq!(snapshots.statistics().all.builds, 2);
}

#[tokio::test]
async fn what_people_entered_is_never_older() {
    let snapshots = snapshots(1 << 20);
    get(&snapshots, EDITION, Lag::Any, "before").await;

    let entered = Edition { entered: 8, ..EDITION };

    assert_eq!(get(&snapshots, entered, Lag::Any, "after").await, "after");
    assert_eq!(memory(&snapshots).stale_hits, 0);
}

#[tokio::test]
async fn who_asked_for_newer_prices_waits_for_them() {
    let snapshots = snapshots(1 << 20);
    get(&snapshots, EDITION, Lag::None, "before").await;
    assert_eq!(get(&snapshots, NEWER, Lag::None, "after").await, "after");
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_not_given_out() {
    let clock = clock();
    let snapshots = Arc::new(Snapshots::new(1 << 20, None, Arc::clone(&clock) as SharedClock));
    get(&snapshots, EDITION, A_MINUTE, "before").await;
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(get(&snapshots, NEWER, A_MINUTE, "after").await, "before");
    settle().await;
    assert_eq!(memory(&snapshots).oldest_served_millis, 60_000);

    clock.advance(TimeDelta::seconds(61));

    assert_eq!(get(&snapshots, EDITION, A_MINUTE, "new").await, "new");
}

/// As [`get`], of an answer that says something else from then on, or when newer prices are fetched.
async fn get_valid(
    snapshots: &Arc<Snapshots>,
    wanted: Edition,
    validity: Validity,
    text: &'static str,
) -> bytes::Bytes {
    let build = move || async move { Ok::<_, String>(answer(text).valid(validity)) };
    body(&snapshots.get_or_build(key(1), wanted, A_MINUTE, build).await.unwrap()).await
}

#[tokio::test]
async fn an_answer_serves_until_what_it_says_changes() {
    let clock = clock();
    let snapshots = Arc::new(Snapshots::new(1 << 20, None, Arc::clone(&clock) as SharedClock));
    let noon = clock.now() + TimeDelta::hours(12);
    let until = |at| Validity { changes_at: Some(at), refreshing: None };
    assert_eq!(get_valid(&snapshots, EDITION, until(noon), "morning").await, "morning");
    clock.set(noon - TimeDelta::seconds(1));
    assert_eq!(get_valid(&snapshots, EDITION, until(noon), "unused").await, "morning");
    assert_eq!((memory(&snapshots).hits, snapshots.statistics().all.builds), (1, 1));

    // For a minute the old one goes out, and a newer one is made behind.
    clock.set(noon + TimeDelta::minutes(1));
    let evening = until(noon + TimeDelta::hours(6));
    assert_eq!(get_valid(&snapshots, EDITION, evening, "afternoon").await, "morning");
    settle().await;
    assert_eq!(get_valid(&snapshots, EDITION, evening, "unused").await, "afternoon");
    assert_eq!((memory(&snapshots).hits, memory(&snapshots).stale_hits), (2, 1));

    clock.set(noon + TimeDelta::hours(6) + TimeDelta::seconds(61));
    assert_eq!(get_valid(&snapshots, EDITION, Validity::default(), "night").await, "night");
}

#[tokio::test]
async fn an_answer_that_was_right_until_now_goes_out_whenever_it_was_made() {
    let clock = clock();
    let snapshots = Arc::new(Snapshots::new(1 << 20, None, Arc::clone(&clock) as SharedClock));
    get_valid(&snapshots, EDITION, Validity::default(), "before").await;
    clock.advance(TimeDelta::hours(60));
    assert_eq!(get_valid(&snapshots, EDITION, Validity::default(), "unused").await, "before");
    // Since when newer prices are known nobody knows.
    assert_eq!(get_valid(&snapshots, NEWER, Validity::default(), "after").await, "after");
}

#[tokio::test]
async fn that_prices_are_fetched_matters_to_what_says_so() {
    let snapshots = snapshots(1 << 20);
    let fetching = Edition { refreshing: true, ..EDITION };
    get_valid(&snapshots, EDITION, Validity::default(), "all is new").await;
    assert_eq!(get_valid(&snapshots, fetching, Validity::default(), "unused").await, "all is new");

    snapshots.clear().await;
    let says = |refreshing| Validity { changes_at: None, refreshing: Some(refreshing) };
    assert_eq!(get_valid(&snapshots, EDITION, says(false), "stale").await, "stale");
    assert_eq!(get_valid(&snapshots, fetching, says(true), "on its way").await, "stale");
    settle().await;
    assert_eq!(get_valid(&snapshots, fetching, says(true), "unused").await, "on its way");
}

#[tokio::test]
async fn a_newer_answer_that_fails_is_tried_again_by_the_next_reader() {
    let snapshots = snapshots(1 << 20);
    get(&snapshots, EDITION, A_MINUTE, "before").await;
    let failing = || async { Err::<Answer, _>("no database".to_owned()) };
    let given = snapshots.get_or_build(key(1), NEWER, A_MINUTE, failing).await.unwrap();
    assert_eq!(body(&given).await, "before");
    settle().await;

    assert_eq!(get(&snapshots, NEWER, A_MINUTE, "after").await, "before");
    settle().await;

    assert_eq!(get(&snapshots, NEWER, A_MINUTE, "unused").await, "after");
    assert_eq!(snapshots.statistics().all.failures, 1);
}

#[tokio::test]
async fn kinds_are_counted_apart() {
    let snapshots = snapshots(1 << 20);
    keep(&snapshots, key(1), "a page").await;
    keep(&snapshots, SnapshotKey { kind: "chart", ..key(1) }, "a chart").await;
    keep(&snapshots, key(1), "unused").await;

    let statistics = snapshots.statistics();
    let counts =
        |kind: &str| statistics.kinds.get(kind).map(|counts| (counts.memory.hits, counts.memory.misses));
    assert_eq!((counts("dashboard"), counts("chart"), counts("other")), (Some((1, 1)), Some((0, 1)), None));
    assert_eq!(statistics.all.memory.misses, 2);
}

#[tokio::test]
async fn clearing_drops_everything() {
    let snapshots = snapshots(1 << 20);
    keep(&snapshots, key(1), "figures").await;

    snapshots.clear().await;

    let KindStatistics { entries, bytes, evictions, .. } = snapshots.statistics().all;
    assert_eq!((entries, bytes, evictions), (0, 0, 0));
    let new = keep(&snapshots, key(1), "new").await;
    assert_eq!(body(&new).await, "new");
}
