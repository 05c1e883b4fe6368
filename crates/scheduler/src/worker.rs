//! Who runs the jobs.

mod dispatch;
mod run;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use dispatch::Runs;

use crate::{Backoff, JobHandler, JobStoreError, Queue, Timekeeper, Timetable};

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Its name on leases, unlike that of any other worker on the store.
    pub name: String,
    /// How many jobs run at once.
    pub slots: usize,
    /// After so long at the latest the jobs of a worker that stopped answering are taken over, by workers of the same
    /// settings. A lease itself is three quarters of it, and the rest is the time to find it run out.
    pub lease: TimeDelta,
    /// How often to look for work that nobody in this process announced, and at the timetable.
    pub poll: Duration,
    /// How often changed progress is stored, at most.
    pub progress_every: Duration,
    /// How long to wait before another attempt.
    pub backoff: Backoff,
}

impl WorkerSettings {
    /// Four jobs at once, leases of a minute, a look every second.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            slots: 4,
            lease: TimeDelta::seconds(60),
            poll: Duration::from_secs(1),
            progress_every: Duration::from_millis(500),
            backoff: Backoff::default(),
        }
    }

    /// For how long a heartbeat holds a job.
    fn held_for(&self) -> TimeDelta {
        self.lease * 3 / 4
    }

    /// How often to look for leases that ran out: it may write, and nothing is urgent about it.
    fn lease_checks(&self) -> Duration {
        self.lease.to_std().unwrap_or_default() / 8
    }

    /// How often to look around.
    fn rounds(&self) -> Duration {
        self.poll.min(self.lease_checks()).max(Duration::from_millis(1))
    }
}

#[derive(Clone)]
struct Registered {
    handler: Arc<dyn JobHandler>,
    /// How many jobs of the kind run at once.
    limit: usize,
}

/// A pool that runs jobs, until it is [started](Self::start) a plan for one.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use bellwether_domain::SystemClock;
/// use bellwether_scheduler::*;
///
/// struct Greet;
///
/// #[async_trait]
/// impl JobHandler for Greet {
///     async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
///         context.report(Progress::of(1, 1).note(format!("greeted {}", job.key)));
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let queue = Queue::new(Arc::new(MemoryJobStore::new()), Arc::new(SystemClock));
/// let worker = Worker::new(queue.clone(), WorkerSettings::named("doc")).handle("greet", 1, Greet).start();
/// let id = queue.enqueue(&NewJob::new("greet", "world")).await?.id();
/// while queue.store().find(id).await?.is_some_and(|job| !job.state.is_ended()) {
///     tokio::task::yield_now().await;
/// }
/// assert_eq!(worker.stop(std::time::Duration::from_secs(5)).await.released, 0);
/// # Ok(())
/// # }
/// ```
pub struct Worker {
    queue: Queue,
    settings: WorkerSettings,
    handlers: HashMap<String, Registered>,
    timetable: Timetable,
    timekeeper: Option<Timekeeper>,
}

impl Worker {
    /// A worker without handlers.
    pub fn new(queue: Queue, settings: WorkerSettings) -> Self {
        Self { queue, settings, handlers: HashMap::new(), timetable: Timetable::default(), timekeeper: None }
    }

    /// Runs jobs of a kind, at most `limit` at once. Kinds without a handler are left to other workers.
    #[must_use]
    pub fn handle(mut self, kind: impl Into<String>, limit: usize, handler: impl JobHandler) -> Self {
        self.handlers.insert(kind.into(), Registered { handler: Arc::new(handler), limit });
        self
    }

    /// Enqueues what is due by a timetable, as far as it is of kinds that this worker has handlers for. Several workers
    /// may keep the same one.
    #[must_use]
    pub fn timetable(self, timetable: Timetable) -> Self {
        Self { timetable, timekeeper: None, ..self }
    }

    /// Ticks the timetable and runs every job that is due by the clock, those that follow from them included, until
    /// nothing is. Does not wait for what is due later: whoever leads a clock of their own steps through days by it.
    /// Gives the number of runs.
    ///
    /// # Errors
    /// [`JobStoreError::Unavailable`] when the store is out of reach.
    pub async fn run_due(&mut self) -> Result<usize, JobStoreError> {
        let (_working, phase) = watch::channel(Phase::Working);
        self.release_expired().await?;
        let mut runs = Runs::default();
        let mut begun = 0;
        loop {
            self.keep_time().await?;
            while let Some(job) = self.claim(&runs).await? {
                self.begin(job, &phase, &mut runs);
                begun += 1;
            }
            if !runs.next_ended().await {
                return Ok(begun);
            }
        }
    }

    /// Begins to work, in tasks of the tokio runtime that this is called in.
    pub fn start(self) -> RunningWorker {
        let (phase, watched) = watch::channel(Phase::Working);
        RunningWorker { phase, task: tokio::spawn(self.work(watched)) }
    }
}

/// What a running worker is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Run jobs.
    Working,
    /// Begin no more jobs.
    Finishing,
    /// Give back what still runs.
    Releasing,
}

/// What became of a worker's jobs when it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stopped {
    /// Jobs that ended, well or not, in time.
    pub finished: usize,
    /// Jobs that were broken off and given back.
    pub released: usize,
}

/// A worker at work. Dropped without [`stop`](Self::stop) it ends as in a crash: its leases run out.
#[derive(Debug)]
pub struct RunningWorker {
    phase: watch::Sender<Phase>,
    task: JoinHandle<Stopped>,
}

impl RunningWorker {
    /// Begins no more jobs, waits up to `limit` for those that run, breaks off the rest and gives them back.
    ///
    /// A handler that blocks its thread cannot be broken off: its job is given back all the same.
    pub async fn stop(mut self, limit: Duration) -> Stopped {
        self.phase.send_replace(Phase::Finishing);
        if let Ok(ended) = tokio::time::timeout(limit, &mut self.task).await {
            return ended.unwrap_or_default();
        }
        self.phase.send_replace(Phase::Releasing);
        (&mut self.task).await.unwrap_or_default()
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
