#![allow(clippy::unwrap_used)]

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
async fn each_kind_has_its_limit_and_all_share_the_slots() {
    #[derive(Default)]
    struct Load {
        now: HashSet<String>,
        most_charts: usize,
        most: usize,
    }
    let (queue, _) = queue();
    let load = Arc::new(Mutex::new(Load::default()));
    let handler = || {
        let load = load.clone();
        Does(move |job: Job, _| {
            let load = load.clone();
            async move {
                {
                    let mut load = load.lock().unwrap();
                    load.now.insert(job.key.clone());
                    load.most = load.most.max(load.now.len());
                    let charts = load.now.iter().filter(|key| key.starts_with("chart")).count();
                    load.most_charts = load.most_charts.max(charts);
                }
                tokio::time::sleep(Duration::from_secs(10)).await;
                load.lock().unwrap().now.remove(&job.key);
                Ok(())
            }
        })
    };
    for number in 0..8 {
        enqueue(&queue, "chart", &format!("chart{number}")).await;
        enqueue(&queue, "refresh", &format!("refresh{number}")).await;
    }
    let _running = worker(&queue, "w").handle("chart", 1, handler()).handle("refresh", 9, handler()).start();

    let done = JobFilter { state: Some(JobState::Succeeded), ..JobFilter::default() };
    until("all done", async || queue.store().list(&done, 99).await.unwrap().len() == 16).await;

    let load = load.lock().unwrap();
    assert_eq!((load.most, load.most_charts), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn kinds_without_a_handler_are_left_to_others() {
    let (queue, _) = queue();
    let id = enqueue(&queue, "mail", "k").await;
    let running = worker(&queue, "w").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(job(&queue, id).await.state, JobState::Queued);
    running.stop(PATIENCE).await;

    let _other = worker(&queue, "other").handle("mail", 1, Does(async |_, _| Ok(()))).start();

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

#[tokio::test(start_paused = true)]
async fn a_long_job_keeps_its_lease_by_heartbeats() {
    let (queue, clock) = queue();
    let ticking = clock.clone();
    // Ten minutes of work under a lease of one, with the clock and the timer in step.
    let handler = Does(move |_, _| {
        let ticking = ticking.clone();
        async move {
            for _ in 0..600 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                ticking.advance(TimeDelta::seconds(1));
            }
            Ok(())
        }
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _first = worker(&queue, "first").handle("refresh", 1, handler).start();
    until_state(&queue, id, JobState::Running).await;
    let _second = worker(&queue, "second").handle("refresh", 1, Does(async |_, _| Ok(()))).start();

    let job = until_state(&queue, id, JobState::Succeeded).await;

    assert_eq!((job.worker.as_deref(), job.attempts), (Some("first"), 1));
}

/// Tells when it is dropped.
struct Noticed(Arc<AtomicBool>);

impl Drop for Noticed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn the_jobs_of_a_crashed_worker_are_taken_over() {
    let (queue, clock) = queue();
    let broken_off = Arc::new(AtomicBool::new(false));
    let noticed = broken_off.clone();
    let handler = Does(move |_, _| {
        let noticed = Noticed(noticed.clone());
        async move {
            let _noticed = noticed;
            std::future::pending().await
        }
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let crashing = worker(&queue, "crashing").handle("refresh", 1, handler).start();
    until_state(&queue, id, JobState::Running).await;

    drop(crashing);

    until("the handler ends", async || broken_off.load(Ordering::SeqCst)).await;
    let _heir = worker(&queue, "heir").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(job(&queue, id).await.worker.as_deref(), Some("crashing"), "the lease still holds");
    clock.advance(TimeDelta::seconds(61));
    let job = until_state(&queue, id, JobState::Succeeded).await;
    assert_eq!((job.worker.as_deref(), job.attempts), (Some("heir"), 2));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lost_its_lease_breaks_the_job_off() {
    let (queue, clock) = queue();
    let id = enqueue(&queue, "refresh", "k").await;
    let slow = worker(&queue, "slow").handle("refresh", 1, Does(async |_, _| std::future::pending().await));
    let slow = slow.start();
    until_state(&queue, id, JobState::Running).await;
    clock.advance(TimeDelta::seconds(61));

    // Somebody else finds the lease expired, before the slow worker's heartbeat.
    queue.store().release_expired(clock.now()).await.unwrap();
    let taken = queue.store().claim(clock.now(), "heir", &["refresh"], TimeDelta::hours(9)).await.unwrap();

    assert_eq!(taken.map(|job| job.id), Some(id));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(slow.stop(Duration::ZERO).await, Stopped::default(), "nothing is left to release");
    assert_eq!(job(&queue, id).await.worker.as_deref(), Some("heir"));
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_running_jobs_end() {
    let (queue, _) = queue();
    let handler = Does(async |_, _| {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok(())
    });
    let running = worker(&queue, "w").handle("refresh", 1, handler).start();
    let first = enqueue(&queue, "refresh", "first").await;
    until_state(&queue, first, JobState::Running).await;
    let second = enqueue(&queue, "refresh", "second").await;

    let stopped = running.stop(Duration::from_secs(60)).await;

    assert_eq!(stopped, Stopped { finished: 1, released: 0 });
    assert_eq!(job(&queue, first).await.state, JobState::Succeeded);
    assert_eq!(job(&queue, second).await.state, JobState::Queued);
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_back_what_does_not_end_in_time() {
    let (queue, _) = queue();
    let handler = Does(async |_, _| std::future::pending().await);
    let running = worker(&queue, "w").handle("refresh", 1, handler).start();
    let id = enqueue(&queue, "refresh", "k").await;
    until_state(&queue, id, JobState::Running).await;

    let stopped = running.stop(Duration::from_secs(5)).await;

    assert_eq!(stopped, Stopped { finished: 0, released: 1 });
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempts, job.error), (JobState::Queued, 0, None));
}

/// A store that can be taken away.
#[derive(Default)]
struct Fragile {
    inner: MemoryJobStore,
    down: AtomicBool,
}

impl Fragile {
    fn up(&self) -> Result<&MemoryJobStore, JobStoreError> {
        if self.down.load(Ordering::SeqCst) {
            Err(JobStoreError::Unavailable("the database restarts".into()))
        } else {
            Ok(&self.inner)
        }
    }
}

#[async_trait]
impl JobStore for Fragile {
    async fn enqueue(&self, now: DateTime<Utc>, job: &NewJob) -> Result<Enqueued, JobStoreError> {
        self.up()?.enqueue(now, job).await
    }
    async fn claim(
        &self,
        now: DateTime<Utc>,
        worker: &str,
        kinds: &[&str],
        lease: TimeDelta,
    ) -> Result<Option<Job>, JobStoreError> {
        self.up()?.claim(now, worker, kinds, lease).await
    }
    async fn heartbeat(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        lease: TimeDelta,
        progress: Option<&Progress>,
    ) -> Result<Heartbeat, JobStoreError> {
        self.up()?.heartbeat(id, worker, now, lease, progress).await
    }
    async fn finish(
        &self,
        id: JobId,
        worker: &str,
        now: DateTime<Utc>,
        outcome: &Outcome,
    ) -> Result<(), JobStoreError> {
        self.up()?.finish(id, worker, now, outcome).await
    }
    async fn cancel(&self, id: JobId, now: DateTime<Utc>) -> Result<Cancellation, JobStoreError> {
        self.up()?.cancel(id, now).await
    }
    async fn release_expired(&self, now: DateTime<Utc>) -> Result<Expired, JobStoreError> {
        self.up()?.release_expired(now).await
    }
    async fn find(&self, id: JobId) -> Result<Option<Job>, JobStoreError> {
        self.up()?.find(id).await
    }
    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, JobStoreError> {
        self.up()?.list(filter, limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_goes_away_for_a_while_costs_nothing_but_time() {
    let store = Arc::new(Fragile::default());
    let clock = Arc::new(FixedClock::at(start_of_time()));
    let queue = Queue::new(store.clone(), clock);
    let handler = Does(async |_, _| {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    let first = enqueue(&queue, "refresh", "first").await;
    let _running = worker(&queue, "w").handle("refresh", 1, handler).start();
    until_state(&queue, first, JobState::Running).await;

    // Gone while the job runs and when it ends; back within the attempts to record the end.
    store.down.store(true, Ordering::SeqCst);
    assert!(queue.enqueue(&NewJob::new("refresh", "refused")).await.is_err());
    tokio::time::sleep(Duration::from_millis(6500)).await;
    store.down.store(false, Ordering::SeqCst);

    assert_eq!(until_state(&queue, first, JobState::Succeeded).await.attempts, 1);
    let second = enqueue(&queue, "refresh", "second").await;
    until_state(&queue, second, JobState::Succeeded).await;
}

/// What ran, in order, as `(priority, number)`.
type Runs = Arc<Mutex<Vec<(u8, usize)>>>;

async fn fill(queue: &Queue, jobs: usize) {
    for number in 0..jobs {
        let priority = Priority::new((number % 10) as u8 + 1).unwrap();
        let wish = NewJob::new("refresh", format!("k{number}"))
            .priority(priority)
            .payload(serde_json::json!(number));
        queue.enqueue(&wish).await.unwrap();
    }
}

fn recorder(runs: &Runs) -> impl JobHandler + use<> {
    let runs = runs.clone();
    Does(move |job: Job, _| {
        let runs = runs.clone();
        async move {
            let number = job.payload.as_u64().unwrap() as usize;
            runs.lock().unwrap().push((job.priority.number(), number));
            tokio::task::yield_now().await;
            Ok(())
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_jobs_on_four_workers_run_once_each_in_order_of_priority() {
    const JOBS: usize = 1000;
    let (queue, _) = queue();
    fill(&queue, JOBS).await;
    let runs = Runs::default();
    let workers: Vec<_> = (0..4)
        .map(|n| worker(&queue, &format!("w{n}")).handle("refresh", 4, recorder(&runs)).start())
        .collect();

    until("all ran", async || runs.lock().unwrap().len() >= JOBS).await;
    for worker in workers {
        worker.stop(PATIENCE).await;
    }
    let done = JobFilter { state: Some(JobState::Succeeded), ..JobFilter::default() };
    let finished = queue.store().list(&done, JOBS + 1).await.unwrap().len();

    let runs = runs.lock().unwrap().clone();
    assert_eq!((runs.len(), finished), (JOBS, JOBS));
    assert_eq!(runs.iter().map(|(_, number)| number).collect::<HashSet<_>>().len(), JOBS);
    // 16 jobs are under way at once, so that single ones are noted out of order; on the average none may be.
    let mut places = [0; 10];
    for (place, (priority, _)) in runs.iter().enumerate() {
        places[usize::from(priority - 1)] += place;
    }
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test(start_paused = true)]
async fn one_slot_runs_jobs_strictly_by_priority() {
    let (queue, _) = queue();
    fill(&queue, 200).await;
    let runs = Runs::default();
    let mut plan = worker(&queue, "w").handle("refresh", 4, recorder(&runs));
    plan.settings.slots = 1;
    let _running = plan.start();

    until("all ran", async || runs.lock().unwrap().len() == 200).await;

    let runs = runs.lock().unwrap().clone();
    assert!(runs.is_sorted(), "first by priority, then by age");
}

#[tokio::test(start_paused = true)]
async fn crashes_lose_no_job() {
    const JOBS: usize = 100;
    let (queue, clock) = queue();
    fill(&queue, JOBS).await;
    let done = Arc::new(Mutex::new(HashSet::new()));
    let handler = || {
        let done = done.clone();
        Does(move |job: Job, _| {
            let done = done.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(3)).await;
                done.lock().unwrap().insert(job.key);
                Ok(())
            }
        })
    };
    // Each generation of workers dies after a few jobs, in the middle of others.
    for generation in 0.. {
        let running = worker(&queue, &format!("w{generation}")).handle("refresh", 4, handler()).start();
        tokio::time::sleep(Duration::from_millis(3500)).await;
        drop(running);
        clock.advance(TimeDelta::seconds(61));
        let open = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
        let running = JobFilter { state: Some(JobState::Running), ..JobFilter::default() };
        let left = queue.store().list(&open, 1).await.unwrap().len()
            + queue.store().list(&running, 1).await.unwrap().len();
        if left == 0 {
            break;
        }
        assert!(generation < 200, "it never ends");
    }

    let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
    assert_eq!(queue.store().list(&dead, JOBS).await.unwrap(), []);
    assert_eq!(done.lock().unwrap().len(), JOBS);
}
