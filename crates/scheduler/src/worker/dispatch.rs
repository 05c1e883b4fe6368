//! Which job is begun when.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::run::{Ended, Run};
use super::{Phase, Registered, Stopped, Worker, WorkerSettings};
use crate::{Job, Queue, Timekeeper, Timetable};

/// How often in the time of a lease to look for those that ran out: it may write, and nothing is urgent about it.
const LEASE_CHECKS: u32 = 6;

/// The one task that claims jobs; each job has a task of its own.
pub(super) struct Dispatcher {
    queue: Queue,
    settings: Arc<WorkerSettings>,
    handlers: HashMap<String, Registered>,
    timetable: Timetable,
    timekeeper: Option<Timekeeper>,
    phase: watch::Receiver<Phase>,
    runs: JoinSet<Ended>,
    kinds: HashMap<Id, String>,
    next_round: Instant,
    next_lease_check: Instant,
    stopped: Stopped,
}

impl Dispatcher {
    pub(super) fn new(worker: Worker, phase: watch::Receiver<Phase>) -> Self {
        Self {
            queue: worker.queue,
            settings: Arc::new(worker.settings),
            handlers: worker.handlers,
            timetable: worker.timetable,
            timekeeper: None,
            phase,
            runs: JoinSet::new(),
            kinds: HashMap::new(),
            next_round: Instant::now(),
            next_lease_check: Instant::now(),
            stopped: Stopped::default(),
        }
    }

    pub(super) async fn work(mut self) -> Stopped {
        let mut news = self.queue.news.subscribe();
        while *self.phase.borrow() == Phase::Working {
            while let Some(ended) = self.runs.try_join_next_with_id() {
                self.note(ended);
            }
            if Instant::now() >= self.next_round {
                self.make_round().await;
                self.next_round = Instant::now() + self.settings.poll;
            }
            news.mark_unchanged();
            if let Some(job) = self.claim().await {
                self.begin(job);
                continue;
            }
            tokio::select! {
                _ = news.changed() => {}
                _ = self.phase.changed() => {}
                () = tokio::time::sleep_until(self.next_round) => {}
                Some(ended) = self.runs.join_next_with_id() => self.note(ended),
            }
        }
        self.stopped = Stopped::default();
        while let Some(ended) = self.runs.join_next_with_id().await {
            self.note(ended);
        }
        self.stopped
    }

    /// Looks after what nobody announces: the time of day and vanished workers.
    async fn make_round(&mut self) {
        if let Err(error) = self.keep_time().await {
            tracing::warn!(%error, "cannot keep the timetable");
        }
        if Instant::now() >= self.next_lease_check {
            let lease = self.settings.lease.to_std().unwrap_or_default();
            self.next_lease_check = Instant::now() + lease / LEASE_CHECKS;
            self.release_expired().await;
        }
    }

    async fn release_expired(&self) {
        match self.queue.store.release_expired(self.queue.clock.now()).await {
            Ok(expired) if expired.requeued + expired.ended > 0 => {
                tracing::warn!(
                    requeued = expired.requeued,
                    ended = expired.ended,
                    "took back jobs of lost workers"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot look for lost workers"),
        }
    }

    async fn keep_time(&mut self) -> Result<(), crate::JobStoreError> {
        if self.timetable.entries.is_empty() {
            return Ok(());
        }
        let mut keeper = match self.timekeeper.take() {
            Some(keeper) => keeper,
            None => Timekeeper::resume(self.queue.clone(), &self.timetable).await?,
        };
        let ticked = keeper.tick().await;
        self.timekeeper = Some(keeper);
        ticked.map(drop)
    }

    async fn claim(&mut self) -> Option<Job> {
        let mut running: HashMap<&str, usize> = HashMap::new();
        for kind in self.kinds.values() {
            *running.entry(kind).or_default() += 1;
        }
        if self.kinds.len() >= self.settings.slots {
            return None;
        }
        let with_room = |(kind, registered): (&'_ String, &Registered)| {
            running.get(kind.as_str()).copied().unwrap_or(0) < registered.limit
        };
        let kinds: Vec<&str> =
            self.handlers.iter().filter(|entry| with_room(*entry)).map(|(kind, _)| kind.as_str()).collect();
        if kinds.is_empty() {
            return None;
        }
        let (now, lease) = (self.queue.clock.now(), self.settings.lease);
        self.queue.store.claim(now, &self.settings.name, &kinds, lease).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot claim jobs");
            None
        })
    }

    fn begin(&mut self, job: Job) {
        let Some(registered) = self.handlers.get(&job.kind) else {
            tracing::error!(job = %job.id, kind = job.kind, "the store handed out a job of an unwanted kind");
            return;
        };
        let waited = self.queue.clock.now().signed_duration_since(job.run_at).max(TimeDelta::zero());
        let (kind, attempt) = (job.kind.clone(), job.attempts);
        tracing::debug!(job = %job.id, kind, key = job.key, attempt, waited_ms = waited.num_milliseconds(), "job begins");
        let run = Run {
            queue: self.queue.clone(),
            settings: Arc::clone(&self.settings),
            handler: Arc::clone(&registered.handler),
            phase: self.phase.clone(),
            job,
        };
        let task = self.runs.spawn(run.carry_out());
        self.kinds.insert(task.id(), kind);
    }

    fn note(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let id = match ended {
            Ok((id, Ended::Finished)) => {
                self.stopped.finished += 1;
                id
            }
            Ok((id, Ended::Released)) => {
                self.stopped.released += 1;
                id
            }
            Ok((id, Ended::Lost)) => id,
            Err(error) => {
                tracing::error!(%error, "the task that looks after a job broke");
                error.id()
            }
        };
        self.kinds.remove(&id);
    }
}
