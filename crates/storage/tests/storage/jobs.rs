use std::collections::HashSet;
use std::time::Duration;

use bellwether_storage::jobs::{
    Cancellation, Enqueued, Expired, JobCount, JobFilter, JobOutcome, JobOverview, JobProgress, JobState,
    Lease, NewJob, StoredJob,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::database::{TestDatabase, on_both, start};

on_both!(
    a_job_keeps_what_was_wished,
    one_job_waits_for_a_key,
    the_most_urgent_due_job_goes_first,
    a_key_is_not_worked_on_twice_at_once,
    workers_of_several_processes_never_share_a_job,
    only_the_holder_extends_and_finishes,
    each_outcome_has_its_state,
    a_retry_gives_way_to_a_newer_job,
    a_released_job_counts_no_attempt,
    an_expired_lease_is_taken_back,
    a_lease_from_the_future_is_cut_short,
    a_job_can_be_called_off,
    history_is_listed_newest_first,
    wishes_for_one_key_from_several_processes_make_one_job,
    the_queue_is_counted_by_kind_and_state,
);

const LEASE: TimeDelta = TimeDelta::minutes(1);

fn at(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

fn wish(key: &str) -> NewJob {
    NewJob {
        kind: "refresh".to_owned(),
        key: key.to_owned(),
        payload: json!({ "key": key }),
        priority: 5,
        run_at: at(0),
        max_attempts: 3,
    }
}

async fn add(db: &TestDatabase, wish: NewJob) -> Uuid {
    let Enqueued::New(id) = db.storage.enqueue_job(at(0), wish).await.unwrap() else {
        panic!("one waits already")
    };
    id
}

async fn claim(db: &TestDatabase, worker: &str, seconds: i64) -> Option<StoredJob> {
    db.storage.claim_job(at(seconds), worker, &["refresh"], LEASE).await.unwrap()
}

async fn finish(db: &TestDatabase, id: Uuid, worker: &str, seconds: i64, outcome: JobOutcome) -> Lease {
    db.storage.finish_job(id, worker, at(seconds), outcome).await.unwrap()
}

async fn job(db: &TestDatabase, id: Uuid) -> StoredJob {
    db.storage.job(id).await.unwrap().unwrap()
}

async fn a_job_keeps_what_was_wished(db: &TestDatabase) {
    let wish = NewJob { priority: 2, run_at: at(30), max_attempts: 0, ..wish("quotes:new-york") };
    let id = add(db, wish.clone()).await;
    let job = job(db, id).await;
    assert_eq!((&job.kind, &job.key, &job.payload), (&wish.kind, &wish.key, &wish.payload));
    assert_eq!((job.priority, job.run_at, job.max_attempts), (2, at(30), 1));
    assert_eq!((job.state, job.attempts, job.created_at), (JobState::Queued, 0, at(0)));
    assert_eq!(job.progress, JobProgress::default());
    assert_eq!(db.storage.job(Uuid::now_v7()).await.unwrap(), None);
}

async fn one_job_waits_for_a_key(db: &TestDatabase) {
    let first = add(db, NewJob { run_at: at(60), ..wish("k") }).await;
    let urgent = NewJob { priority: 1, run_at: at(90), payload: json!("other"), ..wish("k") };
    assert_eq!(db.storage.enqueue_job(at(1), urgent).await.unwrap(), Enqueued::AlreadyPending(first));
    let early = NewJob { priority: 9, run_at: at(30), ..wish("k") };
    assert_eq!(db.storage.enqueue_job(at(2), early).await.unwrap(), Enqueued::AlreadyPending(first));
    let job = job(db, first).await;
    assert_eq!((job.priority, job.run_at, &job.payload), (1, at(30), &json!({ "key": "k" })));
}

async fn the_most_urgent_due_job_goes_first(db: &TestDatabase) {
    add(db, NewJob { priority: 1, run_at: at(60), ..wish("not yet") }).await;
    add(db, NewJob { priority: 5, run_at: at(-5), ..wish("third") }).await;
    add(db, NewJob { priority: 2, run_at: at(-1), ..wish("second") }).await;
    add(db, NewJob { priority: 2, run_at: at(-9), ..wish("first") }).await;
    add(db, NewJob { kind: "report".to_owned(), priority: 1, run_at: at(-9), ..wish("other kind") }).await;
    let mut order = Vec::new();
    while let Some(job) = claim(db, "w", 0).await {
        order.push(job.key);
    }
    assert_eq!(order, ["first", "second", "third"]);
    assert_eq!(claim(db, "w", 60).await.unwrap().key, "not yet");
}

async fn a_key_is_not_worked_on_twice_at_once(db: &TestDatabase) {
    let first = add(db, wish("k")).await;
    let running = claim(db, "w1", 0).await.unwrap();
    assert_eq!((running.id, running.attempts, running.state), (first, 1, JobState::Running));
    assert_eq!((running.started_at, running.lease_until), (Some(at(0)), Some(at(60))));
    let second = add(db, wish("k")).await;
    assert_eq!(claim(db, "w2", 1).await, None);
    assert_eq!(finish(db, first, "w1", 2, JobOutcome::Succeeded).await, Lease::Held);
    assert_eq!(claim(db, "w2", 3).await.unwrap().id, second);
}

async fn workers_of_several_processes_never_share_a_job(db: &TestDatabase) {
    for number in 0..40 {
        add(db, wish(&format!("k{number}"))).await;
    }
    let mut workers = Vec::new();
    for number in 0..4 {
        let storage = db.opened_again().await;
        workers.push(tokio::spawn(async move {
            let name = format!("w{number}");
            let mut done = Vec::new();
            while let Some(job) = storage.claim_job(at(0), &name, &["refresh"], LEASE).await.unwrap() {
                done.push(job.id);
                storage.finish_job(job.id, &name, at(1), JobOutcome::Succeeded).await.unwrap();
            }
            done
        }));
    }
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 40);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 40);
}

async fn only_the_holder_extends_and_finishes(db: &TestDatabase) {
    let id = add(db, wish("k")).await;
    claim(db, "holder", 0).await.unwrap();
    let progress = JobProgress { done: 3, total: 50, note: Some("AAPL".to_owned()), detail: None };
    let beat = async |worker: &str, progress| {
        db.storage.extend_job_lease(id, worker, at(30), LEASE, progress).await.unwrap()
    };
    assert_eq!(beat("other", None).await, Lease::Lost);
    assert_eq!(finish(db, id, "other", 31, JobOutcome::Succeeded).await, Lease::Lost);
    assert_eq!(job(db, id).await.lease_until, Some(at(60)));
    assert_eq!(beat("holder", Some(progress.clone())).await, Lease::Held);
    assert_eq!(beat("holder", None).await, Lease::Held);
    let running = job(db, id).await;
    assert_eq!((running.lease_until, running.progress), (Some(at(90)), progress));
    assert_eq!(finish(db, id, "holder", 40, JobOutcome::Succeeded).await, Lease::Held);
    assert_eq!(finish(db, id, "holder", 41, JobOutcome::Succeeded).await, Lease::Lost, "it ended");
}

async fn each_outcome_has_its_state(db: &TestDatabase) {
    let error = || "upstream refuses".to_owned();
    let outcomes = [
        (JobOutcome::Succeeded, JobState::Succeeded, None),
        (JobOutcome::Failed { error: error() }, JobState::Failed, Some(error())),
        (JobOutcome::Dead { error: error() }, JobState::Dead, Some(error())),
        (JobOutcome::Cancelled, JobState::Cancelled, None),
    ];
    for (outcome, state, error) in outcomes {
        let id = add(db, wish("k")).await;
        claim(db, "w", 0).await.unwrap();
        finish(db, id, "w", 7, outcome).await;
        let job = job(db, id).await;
        assert_eq!((job.state, job.error, job.lease_until), (state, error, None));
        assert_eq!(job.finished_at, Some(at(7)));
    }
    let id = add(db, wish("k")).await;
    claim(db, "w", 0).await.unwrap();
    finish(db, id, "w", 7, JobOutcome::Retry { at: at(100), error: error() }).await;
    let job = job(db, id).await;
    assert_eq!((job.state, job.run_at, job.error), (JobState::Queued, at(100), Some(error())));
    assert_eq!(claim(db, "w", 99).await, None);
    assert_eq!(claim(db, "w", 100).await.unwrap().attempts, 2);
}

async fn a_retry_gives_way_to_a_newer_job(db: &TestDatabase) {
    let old = add(db, wish("k")).await;
    claim(db, "w", 0).await.unwrap();
    let new = add(db, wish("k")).await;
    let retry = JobOutcome::Retry { at: at(100), error: "no".to_owned() };
    assert_eq!(finish(db, old, "w", 5, retry).await, Lease::Held);
    assert_eq!(job(db, old).await.state, JobState::Failed);
    assert_eq!(claim(db, "w", 6).await.unwrap().id, new);
}

async fn a_released_job_counts_no_attempt(db: &TestDatabase) {
    let id = add(db, wish("k")).await;
    claim(db, "w", 0).await.unwrap();
    finish(db, id, "w", 5, JobOutcome::Released).await;
    let released = job(db, id).await;
    assert_eq!((released.state, released.attempts, released.run_at), (JobState::Queued, 0, at(0)));
    assert_eq!(claim(db, "other", 6).await.unwrap().attempts, 1);
}

async fn an_expired_lease_is_taken_back(db: &TestDatabase) {
    let id = add(db, NewJob { max_attempts: 2, ..wish("k") }).await;
    claim(db, "gone", 0).await.unwrap();
    let none = Expired::default();
    assert_eq!(
        db.storage.release_expired_jobs(at(60), LEASE).await.unwrap(),
        none,
        "it holds until it is over"
    );
    assert_eq!(
        db.storage.release_expired_jobs(at(61), LEASE).await.unwrap(),
        Expired { requeued: vec![id], ended: vec![] }
    );
    assert_eq!(finish(db, id, "gone", 62, JobOutcome::Succeeded).await, Lease::Lost);
    assert_eq!(claim(db, "next", 62).await.unwrap().attempts, 2);
    assert_eq!(
        db.storage.release_expired_jobs(at(200), LEASE).await.unwrap(),
        Expired { requeued: vec![], ended: vec![id] }
    );
    let dead = job(db, id).await;
    assert_eq!((dead.state, dead.finished_at), (JobState::Dead, Some(at(200))));
    assert!(dead.error.is_some());
}

async fn a_lease_from_the_future_is_cut_short(db: &TestDatabase) {
    const YEAR: i64 = 365 * 86_400;
    let id = add(db, wish("k")).await;
    claim(db, "gone", YEAR).await.unwrap();
    let release = async |seconds| db.storage.release_expired_jobs(at(seconds), LEASE).await.unwrap();

    assert_eq!(release(10).await, Expired::default(), "its worker may live");
    assert_eq!(job(db, id).await.lease_until, Some(at(70)));
    assert_eq!(release(71).await, Expired { requeued: vec![id], ended: vec![] });
    assert_eq!(claim(db, "heir", 71).await.unwrap().id, id);
}

async fn a_job_can_be_called_off(db: &TestDatabase) {
    let cancel = async |id| db.storage.cancel_job(id, at(5)).await;
    let waiting = add(db, wish("waiting")).await;
    assert_eq!(cancel(waiting).await.unwrap(), Cancellation::Cancelled);
    assert_eq!(cancel(waiting).await.unwrap(), Cancellation::AlreadyEnded);
    let running = add(db, wish("running")).await;
    claim(db, "w", 0).await.unwrap();
    assert_eq!(cancel(running).await.unwrap(), Cancellation::Requested);
    let beat = db.storage.extend_job_lease(running, "w", at(6), LEASE, None).await.unwrap();
    assert_eq!(beat, Lease::CancelRequested);
    let retry = JobOutcome::Retry { at: at(10), error: "no".to_owned() };
    finish(db, running, "w", 7, retry).await;
    assert_eq!(job(db, running).await.state, JobState::Cancelled);
    assert!(cancel(Uuid::now_v7()).await.unwrap_err().is_not_found());
}

async fn history_is_listed_newest_first(db: &TestDatabase) {
    let first = add(db, wish("a")).await;
    let report = add(db, NewJob { kind: "report".to_owned(), ..wish("b") }).await;
    let last = add(db, wish("c")).await;
    claim(db, "w", 0).await.unwrap();
    let list = async |filter| -> Vec<Uuid> {
        db.storage.jobs(filter, 10).await.unwrap().into_iter().map(|job| job.id).collect()
    };
    let any = JobFilter::default();
    assert_eq!(list(any.clone()).await, [last, report, first]);
    assert_eq!(list(JobFilter { kind: Some("report".to_owned()), ..any.clone() }).await, [report]);
    assert_eq!(list(JobFilter { state: Some(JobState::Running), ..any.clone() }).await, [first]);
    assert_eq!(list(JobFilter { key: Some("c".to_owned()), ..any.clone() }).await, [last]);
    let early = |seconds| JobFilter { created_until: Some(at(seconds)), ..any.clone() };
    assert_eq!(list(early(-1)).await, Vec::<Uuid>::new());
    assert_eq!(list(early(0)).await, [last, report, first]);
    assert_eq!(db.storage.jobs(any, 2).await.unwrap().len(), 2);
}

async fn wishes_for_one_key_from_several_processes_make_one_job(db: &TestDatabase) {
    let mut processes = Vec::new();
    for _ in 0..4 {
        let storage = db.opened_again().await;
        processes.push(tokio::spawn(async move {
            let mut made = 0;
            for _ in 0..10 {
                made += usize::from(matches!(
                    storage.enqueue_job(at(0), wish("k")).await.unwrap(),
                    Enqueued::New(_)
                ));
            }
            made
        }));
    }
    let mut made = 0;
    for process in processes {
        made += process.await.unwrap();
    }
    assert_eq!(made, 1);
    assert_eq!(db.storage.jobs(JobFilter::default(), 10).await.unwrap().len(), 1);
}

async fn the_queue_is_counted_by_kind_and_state(db: &TestDatabase) {
    assert_eq!(db.storage.job_overview(at(0), at(0)).await.unwrap(), JobOverview::default());
    for key in ["a", "b", "c"] {
        add(db, wish(key)).await;
    }
    add(db, NewJob { kind: "import".to_owned(), run_at: at(500), ..wish("d") }).await;
    for (worker, began, ended, outcome) in
        [("w1", 10, 15, JobOutcome::Succeeded), ("w2", 20, 50, JobOutcome::Failed { error: "no".to_owned() })]
    {
        let claimed = claim(db, worker, began).await.unwrap();
        finish(db, claimed.id, worker, ended, outcome).await;
    }

    let overview = db.storage.job_overview(at(60), at(20)).await.unwrap();

    let count = |kind: &str, state, count| JobCount { kind: kind.to_owned(), state, count };
    assert_eq!(
        overview.counts,
        [
            count("import", JobState::Queued, 1),
            count("refresh", JobState::Failed, 1),
            count("refresh", JobState::Queued, 1),
            count("refresh", JobState::Succeeded, 1),
        ]
    );
    assert_eq!(overview.waiting_since, Some(at(0)));
    assert_eq!(overview.ran, [("refresh".to_owned(), Duration::from_secs(30))]);
}
