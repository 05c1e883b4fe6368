//! The behaviour that every [`JobStore`] must show, one check for each rule.
//!
//! A test of a store hands each check, or [`all`], a way to make an empty store. A check panics where the store
//! breaks the rule.

#![expect(clippy::missing_panics_doc, reason = "panicking is how a check says no")]

use std::sync::Arc;

use bellwether_domain::{Clock, FixedClock};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::{
    Cancellation, Enqueued, Heartbeat, Job, JobFilter, JobId, JobState, JobStore, JobStoreError, NewJob,
    Outcome, Priority, Progress,
};

const LEASE: TimeDelta = TimeDelta::seconds(60);
const KIND: &str = "refresh-quotes";

/// A store with a clock, and shorthand for what the checks do often.
struct Bench<'a> {
    store: &'a dyn JobStore,
    clock: FixedClock,
}

impl<'a> Bench<'a> {
    fn new(store: &'a dyn JobStore) -> Self {
        let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a known instant");
        Self { store, clock: FixedClock::at(start) }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    async fn enqueue(&self, job: &NewJob) -> Enqueued {
        self.store.enqueue(self.now(), job).await.expect("the job is taken")
    }

    async fn add(&self, key: &str) -> JobId {
        self.enqueue(&NewJob::new(KIND, key)).await.id()
    }

    async fn claim(&self, worker: &str) -> Option<Job> {
        self.store.claim(self.now(), worker, &[KIND], LEASE).await.expect("the store answers")
    }

    async fn claim_key(&self, worker: &str) -> Option<String> {
        self.claim(worker).await.map(|job| job.key)
    }

    async fn beat(&self, id: JobId, worker: &str, progress: Option<&Progress>) -> Heartbeat {
        self.store.heartbeat(id, worker, self.now(), LEASE, progress).await.expect("the store answers")
    }

    async fn finish(&self, id: JobId, worker: &str, outcome: Outcome) {
        self.store.finish(id, worker, self.now(), &outcome).await.expect("the outcome is recorded");
    }

    async fn retry(&self, id: JobId, worker: &str, seconds: i64) {
        let at = self.now() + TimeDelta::seconds(seconds);
        self.finish(id, worker, Outcome::Retry { at, error: "timed out".to_owned() }).await;
    }

    async fn job(&self, id: JobId) -> Job {
        self.store.find(id).await.expect("the store answers").expect("the job is known")
    }

    async fn state(&self, id: JobId) -> JobState {
        self.job(id).await.state
    }

    async fn release_expired(&self) -> (usize, usize) {
        let expired = self.store.release_expired(self.now(), LEASE).await.expect("the store answers");
        (expired.requeued.len(), expired.ended.len())
    }
}

/// A job is found again with all that was wished for.
pub async fn a_job_keeps_what_was_wished(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let run_at = bench.now() + TimeDelta::seconds(5);
    let priority = Priority::new(3).expect("a priority");
    let wish = NewJob::new(KIND, "a key: ü").payload(json!({ "symbols": ["VOO", "QQQ"], "n": 1 }));
    let id = bench.enqueue(&wish.priority(priority).run_at(run_at).max_attempts(7)).await.id();

    let job = bench.job(id).await;

    assert_eq!((job.id, job.kind.as_str(), job.key.as_str()), (id, KIND, "a key: ü"));
    assert_eq!(job.payload, json!({ "symbols": ["VOO", "QQQ"], "n": 1 }));
    assert_eq!((job.priority, job.state, job.attempts, job.max_attempts), (priority, JobState::Queued, 0, 7));
    assert_eq!((job.created_at, job.run_at), (bench.now(), run_at));
    assert_eq!((job.started_at, job.finished_at, job.lease_until), (None, None, None));
    assert_eq!((job.worker, job.error, job.cancel_requested), (None, None, false));
    assert_eq!(job.progress, Progress::default());
    assert_eq!(store.find(JobId::new()).await.expect("the store answers"), None);
}

/// A key has one waiting job, which takes over the greater urgency and keeps its payload.
pub async fn one_job_waits_for_a_key(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let later = bench.now() + TimeDelta::seconds(600);
    let first = bench.enqueue(&NewJob::new(KIND, "k").payload(json!(1)).run_at(later)).await;
    let urgent = NewJob::new(KIND, "k").payload(json!(2)).priority(Priority::FIRST);

    assert!(matches!(first, Enqueued::New(_)));
    assert_eq!(bench.enqueue(&urgent).await, Enqueued::AlreadyPending(first.id()));
    let calm = NewJob::new(KIND, "k").priority(Priority::LAST).run_at(later);
    assert_eq!(bench.enqueue(&calm).await, Enqueued::AlreadyPending(first.id()));

    let job = bench.job(first.id()).await;
    assert_eq!((job.priority, job.run_at, job.payload), (Priority::FIRST, bench.now(), json!(1)));
    assert_eq!(bench.claim(KIND).await.map(|job| job.id), Some(first.id()));
    assert_eq!(bench.claim(KIND).await, None);
}

/// News that arrives while a job runs makes another job, which waits until the running one ended.
pub async fn a_key_is_not_worked_on_twice_at_once(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let running = bench.add("k").await;
    bench.claim("w").await.expect("a job");

    let next = bench.enqueue(&NewJob::new(KIND, "k")).await;

    assert!(matches!(next, Enqueued::New(_)), "a running job does not swallow news");
    assert_eq!(bench.claim("w2").await, None);
    bench.finish(running, "w", Outcome::Succeeded).await;
    assert_eq!(bench.claim("w2").await.map(|job| job.id), Some(next.id()));
}

/// Priority decides first, then the time, then the age; what is not due or of another kind stays.
pub async fn the_most_urgent_due_job_goes_first(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let now = bench.now();
    let at = |key: &str, priority: u8, seconds: i64| {
        let priority = Priority::new(priority).expect("a priority");
        NewJob::new(KIND, key).priority(priority).run_at(now + TimeDelta::seconds(seconds))
    };
    for wish in [
        at("low", 9, -100),
        at("second", 2, -5),
        at("third", 2, -5),
        at("first", 2, -10),
        at("not due", 1, 30),
    ] {
        bench.enqueue(&wish).await;
    }
    bench.enqueue(&NewJob::new("report", "other kind").priority(Priority::FIRST)).await;

    for expected in ["first", "second", "third", "low"] {
        assert_eq!(bench.claim_key("w").await.as_deref(), Some(expected));
    }
    assert_eq!(bench.claim_key("w").await, None);
    bench.wait(30);
    assert_eq!(bench.claim_key("w").await.as_deref(), Some("not due"));
    let any = store.claim(bench.now(), "w", &[KIND, "report"], LEASE).await.expect("the store answers");
    assert_eq!(any.map(|job| job.key).as_deref(), Some("other kind"));
    let none = store.claim(bench.now(), "w", &[], LEASE).await.expect("the store answers");
    assert_eq!(none, None);
}

/// A claim says who works, since when and until when, and counts the attempt.
pub async fn a_claim_is_a_lease(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    bench.wait(3);

    let claimed = bench.claim("w").await.expect("a job");

    assert_eq!((claimed.id, claimed.state, claimed.attempts), (id, JobState::Running, 1));
    assert_eq!((claimed.started_at, claimed.lease_until), (Some(bench.now()), Some(bench.now() + LEASE)));
    assert_eq!(claimed.worker.as_deref(), Some("w"));
    assert_eq!(bench.job(id).await, claimed);
}

/// A heartbeat extends the lease and records progress; another worker's does nothing.
pub async fn a_heartbeat_extends_the_lease(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    bench.wait(50);
    let progress = Progress::of(34, 50).note("fetching quotes").detail(json!({ "failed": ["X"] }));

    assert_eq!(bench.beat(id, "w", Some(&progress)).await, Heartbeat::Continue);
    assert_eq!(bench.beat(id, "w", None).await, Heartbeat::Continue);
    assert_eq!(bench.beat(id, "other", Some(&Progress::of(1, 1))).await, Heartbeat::Lost);

    let job = bench.job(id).await;
    assert_eq!((job.lease_until, job.progress), (Some(bench.now() + LEASE), progress));
    bench.wait(50);
    assert_eq!(bench.release_expired().await, (0, 0), "the lease holds");
    bench.finish(id, "w", Outcome::Succeeded).await;
    assert_eq!(bench.beat(id, "w", None).await, Heartbeat::Lost);
}

/// Each outcome leads to its state; the end is dated and its reason kept.
pub async fn each_outcome_has_its_state(store: &dyn JobStore) {
    let error = || "no such symbol".to_owned();
    let bench = Bench::new(store);
    for (outcome, state, reason) in [
        (Outcome::Succeeded, JobState::Succeeded, None),
        (Outcome::Failed { error: error() }, JobState::Failed, Some(error())),
        (Outcome::Dead { error: error() }, JobState::Dead, Some(error())),
        (Outcome::Cancelled, JobState::Cancelled, None),
    ] {
        let id = bench.add("k").await;
        let began = bench.now();
        bench.claim("w").await.expect("a job");
        bench.wait(7);

        bench.finish(id, "w", outcome).await;

        let job = bench.job(id).await;
        assert_eq!((job.state, job.error.clone()), (state, reason));
        assert_eq!((job.started_at, job.finished_at), (Some(began), Some(bench.now())));
        assert_eq!((job.lease_until, job.duration()), (None, Some(TimeDelta::seconds(7))));
        assert_eq!(bench.claim("w").await, None);
    }
}

/// A retry waits for its time, remembers why, and counts on.
pub async fn a_retry_waits_for_its_time(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    bench.beat(id, "w", Some(&Progress::of(3, 4))).await;

    bench.retry(id, "w", 10).await;

    let job = bench.job(id).await;
    assert_eq!((job.state, job.lease_until, job.finished_at), (JobState::Queued, None, None));
    assert_eq!(job.error.as_deref(), Some("timed out"));
    assert_eq!(bench.claim("w").await, None);
    bench.wait(10);
    let again = bench.claim("w2").await.expect("a job");
    assert_eq!((again.id, again.attempts, again.progress), (id, 2, Progress::default()));
    bench.finish(id, "w2", Outcome::Succeeded).await;
    let job = bench.job(id).await;
    assert_eq!((job.state, job.error), (JobState::Succeeded, None));
}

/// A wish for a job that waits to be retried brings it forward.
pub async fn a_wish_brings_a_retry_forward(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    bench.retry(id, "w", 600).await;

    assert_eq!(bench.enqueue(&NewJob::new(KIND, "k")).await, Enqueued::AlreadyPending(id));

    assert_eq!(bench.claim("w").await.map(|job| job.id), Some(id));
}

/// A job that would wait again gives way to the one that waits for its key by then.
pub async fn a_retry_gives_way_to_a_newer_job(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let old = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    let new = bench.add("k").await;

    bench.retry(old, "w", 0).await;

    let job = bench.job(old).await;
    assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some("timed out")));
    assert_eq!(job.finished_at, Some(bench.now()));
    assert_eq!(bench.claim("w").await.map(|job| job.id), Some(new));
}

/// A job given back by a stopping worker is as it was before.
pub async fn a_released_job_counts_no_attempt(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    bench.wait(1);

    bench.finish(id, "w", Outcome::Released).await;

    let job = bench.job(id).await;
    assert_eq!((job.state, job.attempts, job.error), (JobState::Queued, 0, None));
    assert_eq!(bench.claim("w2").await.map(|job| (job.id, job.attempts)), Some((id, 1)));
}

/// Only the holder of the lease may finish a job, and only once.
pub async fn only_the_holder_finishes(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    let refused = async |worker: &str| {
        let answer = store.finish(id, worker, bench.now(), &Outcome::Succeeded).await;
        matches!(answer, Err(JobStoreError::LeaseLost(lost)) if lost == id)
    };

    assert!(refused("w").await, "nobody holds it yet");
    bench.claim("w").await.expect("a job");
    assert!(refused("other").await);
    bench.finish(id, "w", Outcome::Failed { error: "no".to_owned() }).await;
    assert!(refused("w").await, "it has ended");
    assert_eq!(bench.state(id).await, JobState::Failed);
}

/// The job of a vanished worker waits again, and the worker is told when it comes back.
pub async fn an_expired_lease_is_taken_back(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.add("k").await;
    bench.claim("gone").await.expect("a job");
    bench.wait(60);
    assert_eq!(bench.release_expired().await, (0, 0), "the lease ends now, not before");
    bench.wait(1);

    assert_eq!(bench.release_expired().await, (1, 0));
    assert_eq!(bench.release_expired().await, (0, 0));

    let job = bench.job(id).await;
    assert_eq!((job.state, job.run_at, job.attempts), (JobState::Queued, bench.now(), 1));
    assert!(job.error.is_some(), "the history says what happened");
    assert_eq!(bench.beat(id, "gone", None).await, Heartbeat::Lost);
    let again = bench.claim("w").await.expect("a job");
    assert_eq!((again.id, again.attempts), (id, 2));
    let late = store.finish(id, "gone", bench.now(), &Outcome::Succeeded).await;
    assert!(matches!(late, Err(JobStoreError::LeaseLost(_))));
    assert_eq!(bench.state(id).await, JobState::Running);
}

/// A lease that a clock gave which ran ahead ends, once the clock is put right, as soon as any other.
pub async fn a_lease_from_the_future_is_cut_short(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let right = bench.now();
    bench.wait(365 * 86_400);
    let id = bench.add("k").await;
    bench.claim("gone").await.expect("a job");
    bench.clock.set(right);

    assert_eq!(bench.release_expired().await, (0, 0), "its worker may live");
    assert_eq!(bench.job(id).await.lease_until, Some(right + LEASE));
    assert_eq!(bench.beat(id, "gone", None).await, Heartbeat::Continue);
    bench.wait(61);

    assert_eq!(bench.release_expired().await, (1, 0));
    assert_eq!(bench.claim("w").await.map(|job| job.id), Some(id));
}

/// A job whose workers vanish each time is dead in the end, and does not take the fleet with it.
pub async fn a_job_that_kills_its_workers_dies(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let id = bench.enqueue(&NewJob::new(KIND, "k").max_attempts(2)).await.id();
    for expected in [(1, 0), (0, 1)] {
        bench.claim("w").await.expect("a job");
        bench.wait(61);
        assert_eq!(bench.release_expired().await, expected);
    }

    let job = bench.job(id).await;

    assert_eq!((job.state, job.attempts, job.finished_at), (JobState::Dead, 2, Some(bench.now())));
    assert!(job.error.is_some());
    assert_eq!(bench.claim("w").await, None);
}

/// An expired job gives way to the one that waits for its key.
pub async fn an_expired_job_gives_way_to_a_newer_one(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let old = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    let new = bench.add("k").await;
    bench.wait(61);

    assert_eq!(bench.release_expired().await, (0, 1));

    assert_eq!(bench.state(old).await, JobState::Failed);
    assert_eq!(bench.claim("w").await.map(|job| job.id), Some(new));
}

/// A waiting job is called off at once and frees its key; a running one is asked to end.
pub async fn a_job_can_be_called_off(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let cancel = async |id| store.cancel(id, bench.now()).await;
    let waiting = bench.add("k").await;
    assert_eq!(cancel(waiting).await.expect("known"), Cancellation::Cancelled);
    let job = bench.job(waiting).await;
    assert_eq!((job.state, job.finished_at), (JobState::Cancelled, Some(bench.now())));
    assert_eq!(bench.claim("w").await, None);
    assert_eq!(cancel(waiting).await.expect("known"), Cancellation::AlreadyEnded);

    let running = bench.add("k").await;
    assert_ne!(running, waiting);
    bench.claim("w").await.expect("a job");
    assert_eq!(cancel(running).await.expect("known"), Cancellation::Requested);
    assert_eq!(bench.state(running).await, JobState::Running);
    assert!(bench.job(running).await.cancel_requested);
    assert_eq!(bench.beat(running, "w", None).await, Heartbeat::Cancel);
    bench.finish(running, "w", Outcome::Cancelled).await;
    assert_eq!(bench.state(running).await, JobState::Cancelled);

    assert!(matches!(cancel(JobId::new()).await, Err(JobStoreError::NotFound(_))));
}

/// A job that was asked to end does not come back by a retry, a release or an expired lease.
pub async fn a_called_off_job_does_not_come_back(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let begin = async || {
        let id = bench.add("k").await;
        bench.claim("w").await.expect("a job");
        store.cancel(id, bench.now()).await.expect("known");
        id
    };
    let retried = begin().await;
    bench.retry(retried, "w", 0).await;
    let released = begin().await;
    bench.finish(released, "w", Outcome::Released).await;
    let expired = begin().await;
    bench.wait(61);
    assert_eq!(bench.release_expired().await, (0, 1));

    for id in [retried, released, expired] {
        assert_eq!(bench.state(id).await, JobState::Cancelled);
    }
    assert_eq!(bench.claim("w").await, None);
}

/// Calling off the job that waits behind a running one leaves the running one alone.
pub async fn calling_off_the_next_leaves_the_running_one(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let running = bench.add("k").await;
    bench.claim("w").await.expect("a job");
    let next = bench.add("k").await;
    store.cancel(next, bench.now()).await.expect("known");
    let another = bench.add("k").await;

    assert_eq!(bench.claim("w2").await, None, "the key is still worked on");
    bench.finish(running, "w", Outcome::Succeeded).await;
    assert_eq!(bench.claim("w2").await.map(|job| job.id), Some(another));
}

/// History is listed newest first, by kind, key and state, as many as wanted.
pub async fn history_is_listed_newest_first(store: &dyn JobStore) {
    let bench = Bench::new(store);
    let mut ids = Vec::new();
    for key in ["a", "b", "c"] {
        ids.push(bench.add(key).await);
        bench.wait(1);
    }
    let report = bench.enqueue(&NewJob::new("report", "r")).await.id();
    bench.claim("w").await.expect("a job");
    let list = async |filter: JobFilter, limit| {
        let jobs = store.list(&filter, limit).await.expect("the store answers");
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    let of_state = |state| JobFilter { state: Some(state), ..JobFilter::default() };

    assert_eq!(list(JobFilter::default(), 9).await, [report, ids[2], ids[1], ids[0]]);
    assert_eq!(list(JobFilter::default(), 2).await, [report, ids[2]]);
    let older = JobFilter { before: Some(ids[2]), ..JobFilter::default() };
    assert_eq!(list(older, 9).await, [ids[1], ids[0]]);
    assert_eq!(list(JobFilter::for_key("b"), 9).await, [ids[1]]);
    let early =
        JobFilter { created_until: Some(bench.now() - TimeDelta::seconds(2)), ..JobFilter::default() };
    assert_eq!(list(early, 9).await, [ids[1], ids[0]]);
    let kind = JobFilter { kind: Some("report".to_owned()), ..JobFilter::default() };
    assert_eq!(list(kind, 9).await, [report]);
    assert_eq!(list(of_state(JobState::Running), 9).await, [ids[0]]);
    assert_eq!(list(of_state(JobState::Dead), 9).await, []);
}

/// Workers that claim at the same time never get the same job, and get all of them.
pub async fn claims_do_not_collide(store: &Arc<dyn JobStore>) {
    const JOBS: usize = 40;
    let bench = Bench::new(store.as_ref());
    for number in 0..JOBS {
        bench.add(&format!("k{number}")).await;
    }
    let now = bench.now();
    let workers = (0..4).map(|number| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let worker = format!("w{number}");
            let mut claimed = Vec::new();
            while let Some(job) = store.claim(now, &worker, &[KIND], LEASE).await.expect("the store answers")
            {
                claimed.push(job.id);
                tokio::task::yield_now().await;
            }
            claimed
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.expect("the worker ends"));
    }

    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), JOBS);
    let running = JobFilter { state: Some(JobState::Running), ..JobFilter::default() };
    assert_eq!(store.list(&running, JOBS + 1).await.expect("the store answers").len(), JOBS);
}

/// Runs every check, each on a store of its own. Needs a tokio runtime.
pub async fn all(empty_store: impl AsyncFn() -> Arc<dyn JobStore>) {
    macro_rules! each {
        ($($check:ident),* $(,)?) => { $($check(empty_store().await.as_ref()).await;)* };
    }
    each!(
        a_job_keeps_what_was_wished,
        one_job_waits_for_a_key,
        a_key_is_not_worked_on_twice_at_once,
        the_most_urgent_due_job_goes_first,
        a_claim_is_a_lease,
        a_heartbeat_extends_the_lease,
        each_outcome_has_its_state,
        a_retry_waits_for_its_time,
        a_wish_brings_a_retry_forward,
        a_retry_gives_way_to_a_newer_job,
        a_released_job_counts_no_attempt,
        only_the_holder_finishes,
        an_expired_lease_is_taken_back,
        a_lease_from_the_future_is_cut_short,
        a_job_that_kills_its_workers_dies,
        an_expired_job_gives_way_to_a_newer_one,
        a_job_can_be_called_off,
        a_called_off_job_does_not_come_back,
        calling_off_the_next_leaves_the_running_one,
        history_is_listed_newest_first,
    );
    claims_do_not_collide(&empty_store().await).await;
}
