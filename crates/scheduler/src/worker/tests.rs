#![allow(clippy::unwrap_used)]

mod by_hand;
mod leases;
mod order;
mod store_outage;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock};
use chrono::{DateTime, Utc};

use super::*;
use crate::{
    Cancellation, Enqueued, Expired, Heartbeat, Job, JobContext, JobError, JobFilter, JobId, JobState,
    JobStore, JobStoreError, MemoryJobStore, NewJob, Outcome, Priority, Progress,
};

/// A handler made of a closure.
struct Does<F>(F);

#[async_trait]
impl<F> JobHandler for Does<F>
where
    F: AsyncFnShim + Send + Sync + 'static,
{
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        self.0.call(job.clone(), context.clone()).await
    }
}

type Running = std::pin::Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;

trait AsyncFnShim {
    fn call(&self, job: Job, context: JobContext) -> Running;
}

impl<F, R> AsyncFnShim for F
where
    F: Fn(Job, JobContext) -> R,
    R: Future<Output = Result<(), JobError>> + Send + 'static,
{
    fn call(&self, job: Job, context: JobContext) -> Running {
        Box::pin(self(job, context))
    }
}

fn start_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn queue() -> (Queue, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(start_of_time()));
    (Queue::new(Arc::new(MemoryJobStore::new()), clock.clone()), clock)
}

fn worker(queue: &Queue, name: &str) -> Worker {
    Worker::new(queue.clone(), WorkerSettings::named(name))
}

/// Waits, in virtual time, until the condition holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..50_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

async fn job(queue: &Queue, id: JobId) -> Job {
    queue.store().find(id).await.unwrap().unwrap()
}

async fn until_state(queue: &Queue, id: JobId, state: JobState) -> Job {
    until(state.as_str(), async || job(queue, id).await.state == state).await;
    job(queue, id).await
}

async fn enqueue(queue: &Queue, kind: &str, key: &str) -> JobId {
    queue.enqueue(&NewJob::new(kind, key)).await.unwrap().id()
}

const PATIENCE: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_job_runs_and_its_history_says_how_it_went() {
    let (queue, clock) = queue();
    let ticking = clock.clone();
    let handler = Does(move |_, context: JobContext| {
        ticking.advance(TimeDelta::seconds(9));
        async move {
            context.report(Progress::of(50, 50).note("all prices are current"));
            Ok(())
        }
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let running = worker(&queue, "w").handle("refresh", 1, handler).start();

    let job = until_state(&queue, id, JobState::Succeeded).await;

    assert_eq!(job.duration(), Some(TimeDelta::seconds(9)));
    assert_eq!(job.progress, Progress::of(50, 50).note("all prices are current"));
    assert_eq!(job.worker.as_deref(), Some("w"));
    assert_eq!(running.stop(PATIENCE).await, Stopped::default());
}

#[tokio::test(start_paused = true)]
async fn a_new_job_wakes_the_worker_without_waiting_for_the_next_look() {
    let (queue, _) = queue();
    let mut plan = worker(&queue, "w").handle("refresh", 1, Does(async |_, _| Ok(())));
    plan.settings.poll = Duration::from_secs(86_400);
    let _running = plan.start();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = tokio::time::Instant::now();

    let id = enqueue(&queue, "refresh", "k").await;

    until_state(&queue, id, JobState::Succeeded).await;
    assert!(before.elapsed() < Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn work_announced_elsewhere_is_found_by_looking() {
    let (queue, clock) = queue();
    let _running = worker(&queue, "w").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    tokio::time::sleep(Duration::from_secs(5)).await;

    let id = queue.store().enqueue(clock.now(), &NewJob::new("refresh", "k")).await.unwrap().id();

    until_state(&queue, id, JobState::Succeeded).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_for_later_waits_for_the_clock() {
    let (queue, clock) = queue();
    let _running = worker(&queue, "w").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    let later = clock.now() + TimeDelta::hours(1);
    let id = queue.enqueue(&NewJob::new("refresh", "k").run_at(later)).await.unwrap().id();
    tokio::time::sleep(Duration::from_secs(7200)).await;
    assert_eq!(job(&queue, id).await.state, JobState::Queued, "time passes by the clock only");

    clock.set(later);

    until_state(&queue, id, JobState::Succeeded).await;
}

#[tokio::test(start_paused = true)]
async fn an_error_that_may_pass_is_retried_after_a_wait() {
    let (queue, clock) = queue();
    let handler = Does(async |job: Job, _| {
        if job.attempts < 3 {
            Err(JobError::retry_after(format!("attempt {}", job.attempts), TimeDelta::seconds(30)))
        } else {
            Ok(())
        }
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    for attempt in 1..3 {
        until("a retry", async || job(&queue, id).await.error == Some(format!("attempt {attempt}"))).await;
        let waiting = job(&queue, id).await;
        assert_eq!((waiting.state, waiting.run_at), (JobState::Queued, clock.now() + TimeDelta::seconds(30)));
        clock.advance(TimeDelta::seconds(30));
    }

    let job = until_state(&queue, id, JobState::Succeeded).await;

    assert_eq!((job.attempts, job.error), (3, None));
}

#[tokio::test(start_paused = true)]
async fn the_backoff_is_the_workers_unless_the_handler_knows_better() {
    let (queue, clock) = queue();
    let mut plan = worker(&queue, "w").handle("refresh", 1, Does(async |_, _| Err(JobError::retry("busy"))));
    plan.settings.backoff = Backoff { first: TimeDelta::seconds(5), longest: TimeDelta::seconds(5) };
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = plan.start();

    until("a retry", async || job(&queue, id).await.error.is_some()).await;

    let wait = job(&queue, id).await.run_at.signed_duration_since(clock.now());
    assert!((TimeDelta::zero()..=TimeDelta::seconds(5)).contains(&wait), "{wait}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_always_fails_is_dead_after_its_attempts() {
    let (queue, _) = queue();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let handler = Does(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(JobError::retry_after("busy", TimeDelta::zero())) }
    });
    let id = queue.enqueue(&NewJob::new("refresh", "k").max_attempts(3)).await.unwrap().id();
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();

    let job = until_state(&queue, id, JobState::Dead).await;

    assert_eq!((runs.load(Ordering::SeqCst), job.attempts, job.error.as_deref()), (3, 3, Some("busy")));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_no_repetition_cures_ends_the_job() {
    let (queue, _) = queue();
    let handler = Does(async |_, _| Err(JobError::permanent("no such portfolio")));
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();

    let job = until_state(&queue, id, JobState::Failed).await;

    assert_eq!((job.attempts, job.error.as_deref()), (1, Some("no such portfolio")));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_the_job_and_not_of_the_worker() {
    let (queue, clock) = queue();
    let handler = Does(async |job: Job, _| {
        assert!(job.attempts > 1, "the first attempt of {} breaks", job.key);
        Ok(())
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    until("a failure", async || job(&queue, id).await.error.is_some()).await;
    let failed = job(&queue, id).await;
    assert_eq!(failed.error.as_deref(), Some("the handler panicked: the first attempt of k breaks"));

    clock.advance(TimeDelta::hours(1));

    until_state(&queue, id, JobState::Succeeded).await;
}

#[tokio::test(start_paused = true)]
async fn a_running_job_ends_at_a_safe_point_when_it_is_called_off() {
    let (queue, _) = queue();
    let handler = Does(async |_, context: JobContext| {
        context.report(Progress::of(3, 9));
        context.cancelled().await;
        context.check()
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    until_state(&queue, id, JobState::Running).await;

    assert_eq!(queue.cancel(id).await.unwrap(), Cancellation::Requested);

    let job = until_state(&queue, id, JobState::Cancelled).await;
    assert_eq!((job.progress, job.error), (Progress::of(3, 9), None));
}

#[tokio::test(start_paused = true)]
async fn a_job_of_another_process_is_called_off_by_its_heartbeat() {
    let (queue, clock) = queue();
    let handler = Does(async |_, context: JobContext| {
        context.cancelled().await;
        Err(JobError::Cancelled)
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    until_state(&queue, id, JobState::Running).await;

    queue.store().cancel(id, clock.now()).await.unwrap();

    until_state(&queue, id, JobState::Cancelled).await;
}

#[tokio::test(start_paused = true)]
async fn progress_shows_while_the_job_runs() {
    let (queue, _) = queue();
    let handler = Does(async |_, context: JobContext| {
        for done in 1..=50 {
            context.report(Progress::of(done, 50));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    let mut seen = HashSet::new();

    until("the end", async || {
        let job = job(&queue, id).await;
        seen.insert(job.progress.done);
        job.state.is_ended()
    })
    .await;

    assert!(seen.len() > 40, "{seen:?}");
    assert_eq!(job(&queue, id).await.progress, Progress::of(50, 50));
}
