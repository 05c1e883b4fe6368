use bellwether_storage::StorageError;
use bellwether_storage::clean_up::{Outdated, Removed};
use bellwether_storage::job_files::{self, JobFile};
use bellwether_storage::jobs::{self, Enqueued, JobFilter, JobOutcome, NewJob};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::database::{TestDatabase, on_both, start};

on_both!(
    a_file_stays_until_it_is_removed,
    what_is_outdated_goes_and_what_is_open_stays,
    what_there_is_much_of_goes_earlier_and_in_portions,
);

fn day(days: i64) -> DateTime<Utc> {
    start() + TimeDelta::days(days)
}

fn file(content: &[u8]) -> JobFile {
    JobFile { name: "ü.csv".to_owned(), media_type: "text/csv".to_owned(), content: content.to_vec() }
}

fn outdated(all: DateTime<Utc>, frequent: DateTime<Utc>) -> Outdated {
    Outdated { jobs: all, frequent_kinds: &["warm"], frequent_jobs: frequent, files: all, notifications: all }
}

async fn put(db: &TestDatabase, at: DateTime<Utc>) -> Uuid {
    let id = Uuid::now_v7();
    db.storage.write(move |connection| job_files::put(connection, id, &file(b"a,b\0"), at)).await.unwrap();
    id
}

async fn a_file_stays_until_it_is_removed(db: &TestDatabase) {
    let id = put(db, day(0)).await;
    let again = db.storage.write(move |connection| job_files::put(connection, id, &file(b""), day(0))).await;
    assert!(matches!(again, Err(StorageError::Duplicate)), "{again:?}");
    assert_eq!(db.storage.job_file(id).await.unwrap(), Some(file(b"a,b\0")));
    let remove =
        async || db.storage.write(move |connection| job_files::remove(connection, id)).await.unwrap();
    assert!(remove().await);
    assert!(!remove().await, "once");
    assert_eq!(db.storage.job_file(id).await.unwrap(), None);
}

async fn what_is_outdated_goes_and_what_is_open_stays(db: &TestDatabase) {
    let enqueue = async |key: &str, at| {
        let job = NewJob {
            kind: "import".to_owned(),
            key: key.to_owned(),
            payload: Value::Null,
            priority: 5,
            run_at: at,
            max_attempts: 1,
        };
        let Enqueued::New(id) = db.storage.enqueue_job(at, job).await.unwrap() else { panic!("one waits") };
        id
    };
    let end = async |id, at| {
        let lease = TimeDelta::days(99);
        assert_eq!(
            db.storage.claim_job(at, "w", &["import"], lease).await.unwrap().map(|job| job.id),
            Some(id)
        );
        db.storage.finish_job(id, "w", at, JobOutcome::Succeeded).await.unwrap();
    };
    let old = enqueue("old", day(0)).await;
    end(old, day(1)).await;
    let recent = enqueue("recent", day(2)).await;
    end(recent, day(20)).await;
    let forgotten = put(db, day(3)).await;
    let open = enqueue("open", day(5)).await;
    let needed = put(db, day(6)).await;

    let outdated = outdated(day(10), day(10));
    let removed = db.storage.remove_outdated(outdated).await.unwrap();

    assert_eq!(removed, Removed { jobs: 1, files: 1, notifications: 0 });
    assert_eq!(db.storage.job(old).await.unwrap(), None);
    assert!(db.storage.job(recent).await.unwrap().is_some() && db.storage.job(open).await.unwrap().is_some());
    assert_eq!(db.storage.job_file(forgotten).await.unwrap(), None);
    assert!(db.storage.job_file(needed).await.unwrap().is_some(), "the open job may need it");
    assert_eq!(db.storage.remove_outdated(outdated).await.unwrap(), Removed::default());
}

async fn what_there_is_much_of_goes_earlier_and_in_portions(db: &TestDatabase) {
    // More than two portions of warmings that were called off on the fifth day, and one of the eighth; an import.
    let wish = |kind: &str| NewJob {
        kind: kind.to_owned(),
        key: kind.to_owned(),
        payload: Value::Null,
        priority: 5,
        run_at: day(1),
        max_attempts: 1,
    };
    let warm = wish("warm");
    let import = wish("import");
    db.storage
        .write(move |connection| {
            for (wish, ended, count) in [(&warm, day(5), 1_001), (&import, day(5), 1), (&warm, day(8), 1)] {
                for _ in 0..count {
                    let Enqueued::New(id) = jobs::enqueue(connection, day(1), wish)? else {
                        panic!("one waits")
                    };
                    jobs::cancel(connection, id, ended)?;
                }
            }
            Ok::<_, StorageError>(())
        })
        .await
        .unwrap();

    let removed = db.storage.remove_outdated(outdated(day(1), day(7))).await.unwrap();

    assert_eq!(removed, Removed { jobs: 1_001, files: 0, notifications: 0 });
    let left = db.storage.jobs(JobFilter::default(), 9).await.unwrap();
    assert_eq!(left.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["warm", "import"]);
}
