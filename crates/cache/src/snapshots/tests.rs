#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::KindStatistics;

fn answer(text: &str) -> Answer {
    Answer::new("text/plain", text.into())
}

async fn keep(snapshots: &Snapshots<usize>, key: usize, text: &str) -> Arc<Answer> {
    snapshots.get_or_build(key, async { Ok::<_, String>(answer(text)) }).await.unwrap()
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_is_built_once_and_then_only_handed_out() {
    let snapshots: Snapshots<usize> = Snapshots::new(1 << 20);
    let first = keep(&snapshots, 1, "figures").await;

    let again = snapshots.get_or_build(1, async { Err("it is kept") }).await.unwrap();

    assert!(Arc::ptr_eq(&first, &again));
    let counts = snapshots.statistics().all;
    assert_eq!((counts.hits, counts.misses, counts.waits, counts.entries), (1, 1, 0, 1));
    assert_eq!(counts.hit_ratio(), Some(0.5));
}

#[tokio::test]
async fn a_hundred_readers_build_once() {
    let snapshots: Arc<Snapshots<usize>> = Arc::new(Snapshots::new(1 << 20));
    let (built, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let (snapshots, built, go) = (Arc::clone(&snapshots), Arc::clone(&built), Arc::clone(&go));
            tokio::spawn(async move {
                let build = async {
                    built.fetch_add(1, Ordering::SeqCst);
                    go.notified().await;
                    Ok::<_, String>(answer("figures"))
                };
                snapshots.get_or_build(1, build).await.unwrap()
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
    let counts = snapshots.statistics().all;
    assert_eq!((counts.hits, counts.misses, counts.waits), (0, 1, 99));
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_wait_and_kept_for_nobody() {
    let snapshots: Arc<Snapshots<usize>> = Arc::new(Snapshots::new(1 << 20));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let snapshots = Arc::clone(&snapshots);
            let build = async {
                settle().await;
                Err("no prices".to_owned())
            };
            tokio::spawn(async move { snapshots.get_or_build(1, build).await.unwrap_err() })
        })
        .collect();
    for reader in readers {
        assert_eq!(*reader.await.unwrap(), "no prices");
    }

    keep(&snapshots, 1, "figures").await;

    let counts = snapshots.statistics().all;
    assert_eq!((counts.failures, counts.misses, counts.waits, counts.entries), (1, 2, 2, 1));
}

#[tokio::test]
async fn an_empty_answer_is_given_but_not_kept() {
    let snapshots: Snapshots<usize> = Snapshots::new(1 << 20);

    assert!(keep(&snapshots, 1, "").await.is_empty());
    assert!(!keep(&snapshots, 1, "figures").await.is_empty());

    let counts = snapshots.statistics().all;
    assert_eq!((counts.misses, counts.failures, counts.entries), (2, 0, 1));
}

#[tokio::test]
async fn a_builder_that_goes_away_leaves_nobody_waiting() {
    let snapshots: Arc<Snapshots<usize>> = Arc::new(Snapshots::new(1 << 20));
    let leaving = Arc::clone(&snapshots);
    let gone = tokio::spawn(async move {
        leaving.get_or_build(1, std::future::pending::<Result<Answer, String>>()).await.is_ok()
    });
    settle().await;
    let waiting = Arc::clone(&snapshots);
    let second = tokio::spawn(async move { keep(&waiting, 1, "figures").await.is_empty() });
    settle().await;
    assert!(!second.is_finished());

    gone.abort();

    let answered = tokio::time::timeout(std::time::Duration::from_secs(30), second).await;
    assert!(!answered.expect("nobody is stuck").unwrap());
}

#[tokio::test]
async fn a_builder_that_panics_leaves_nobody_waiting() {
    let snapshots: Arc<Snapshots<usize>> = Arc::new(Snapshots::new(1 << 20));
    let (breaking, go) = (Arc::clone(&snapshots), Arc::new(Notify::new()));
    let gone = go.clone();
    let broken = tokio::spawn(async move {
        let build = async {
            gone.notified().await;
            panic!("a bug");
        };
        breaking.get_or_build::<String>(1, build).await.is_ok()
    });
    settle().await;
    let waiting = Arc::clone(&snapshots);
    let second = tokio::spawn(async move { keep(&waiting, 1, "figures").await.is_empty() });
    settle().await;

    go.notify_one();

    assert!(broken.await.unwrap_err().is_panic());
    let answered = tokio::time::timeout(std::time::Duration::from_secs(30), second).await;
    assert!(!answered.expect("nobody is stuck").unwrap());
}

#[tokio::test]
async fn memory_is_bounded_and_the_longest_unused_goes_first() {
    let snapshots: Snapshots<usize> = Snapshots::new(40_000);
    for key in 0..100 {
        keep(&snapshots, key, &"x".repeat(1_000)).await;
        keep(&snapshots, 0, "is kept by use").await;
        snapshots.kept.run_pending_tasks().await;
    }

    let counts = snapshots.statistics().all;

    assert!(counts.bytes <= 40_000 && counts.bytes > 30_000, "{counts:?}");
    assert_eq!(counts.entries + counts.evictions, 100);
    assert_eq!(counts.misses, 100, "the one in use was never built again");
    let newest = snapshots.get_or_build(99, async { Err("it is kept") }).await;
    assert!(newest.is_ok());
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_given_all_the_same() {
    let snapshots: Snapshots<usize> = Snapshots::new(1_000);
    assert!(!keep(&snapshots, 1, &"x".repeat(5_000)).await.is_empty());
    snapshots.kept.run_pending_tasks().await;
    assert_eq!(snapshots.statistics().all.bytes, 0);
}

#[tokio::test]
async fn versions_are_part_of_the_key() {
    let snapshots = Snapshots::by_kind(1 << 20, SnapshotKey::kind);
    let key = |ledger_version, view| SnapshotKey {
        portfolio: "01234567-89ab-7def-8123-456789abcdef".parse().unwrap(),
        view,
        detail: "1y".into(),
        ledger_version,
        price_version: 7,
        as_of: NaiveDate::from_ymd_opt(2024, 11, 29).unwrap(),
    };
    let get = async |key, text: &str| {
        let made = snapshots.get_or_build(key, async { Ok::<_, String>(answer(text)) }).await.unwrap();
        made.body(crate::Encoding::Identity).await
    };

    assert_eq!(get(key(1, "dashboard"), "before").await, "before");
    assert_eq!(get(key(1, "dashboard"), "unused").await, "before");
    assert_eq!(get(key(2, "dashboard"), "after").await, "after");
    assert_eq!(get(key(2, "chart"), "a chart").await, "a chart");

    let statistics = snapshots.statistics();
    let counts = |kind: &str| statistics.kinds.get(kind).map(|counts| (counts.hits, counts.misses));
    assert_eq!((counts("dashboard"), counts("chart"), counts("other")), (Some((1, 2)), Some((0, 1)), None));
    assert_eq!(statistics.all.misses, 3);
}

#[tokio::test]
async fn clearing_drops_everything() {
    let snapshots: Snapshots<usize> = Snapshots::new(1 << 20);
    keep(&snapshots, 1, "figures").await;

    snapshots.clear();

    snapshots.kept.run_pending_tasks().await;
    let KindStatistics { entries, bytes, evictions, .. } = snapshots.statistics().all;
    assert_eq!((entries, bytes, evictions), (0, 0, 0));
    assert_eq!(keep(&snapshots, 1, "new").await.body(crate::Encoding::Identity).await, "new");
}
