//! Which job is begun when.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::run::{Ended, Run};
use super::{Phase, Registered, Stopped, Worker};
use crate::{Job, JobStoreError, Timekeeper};

/// The jobs that run, each in a task of its own.
#[derive(Default)]
pub(super) struct Runs {
    tasks: JoinSet<Ended>,
    kinds: HashMap<Id, String>,
    stopped: Stopped,
}

impl Runs {
    /// Waits until one ends; false when none runs.
    pub(super) async fn next_ended(&mut self) -> bool {
        let Some(ended) = self.tasks.join_next_with_id().await else { return false };
        self.note(ended);
        true
    }

    fn note_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.note(ended);
        }
    }

    fn of_kind(&self, kind: &str) -> usize {
        self.kinds.values().filter(|running| *running == kind).count()
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

impl Worker {
    /// The one task that claims jobs.
    pub(super) async fn work(mut self, mut phase: watch::Receiver<Phase>) -> Stopped {
        let mut news = self.queue.news.subscribe();
        let watched = phase.clone();
        let mut runs = Runs::default();
        let mut next_round = Instant::now();
        let mut next_lease_check = Instant::now();
        while *phase.borrow() == Phase::Working {
            runs.note_ended();
            if Instant::now() >= next_round {
                // What nobody announces: the time of day and vanished workers.
                if let Err(error) = self.keep_time().await {
                    tracing::warn!(%error, "cannot keep the timetable");
                }
                if Instant::now() >= next_lease_check {
                    next_lease_check = Instant::now() + self.settings.lease_checks();
                    if let Err(error) = self.release_expired().await {
                        tracing::warn!(%error, "cannot look for lost workers");
                    }
                }
                next_round = Instant::now() + self.settings.rounds();
            }
            news.mark_unchanged();
            match self.claim(&runs).await {
                Ok(Some(job)) => {
                    self.begin(job, &watched, &mut runs);
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "cannot claim jobs"),
            }
            tokio::select! {
                _ = news.changed() => {}
                _ = phase.changed() => {}
                () = tokio::time::sleep_until(next_round) => {}
                true = runs.next_ended() => {}
            }
        }
        runs.stopped = Stopped::default();
        while runs.next_ended().await {}
        runs.stopped
    }

    pub(super) async fn release_expired(&self) -> Result<(), JobStoreError> {
        let expired = self.queue.store.release_expired(self.queue.clock.now(), self.settings.lease).await?;
        let (requeued, ended) = (expired.requeued.len(), expired.ended.len());
        if requeued + ended > 0 {
            tracing::warn!(requeued, ended, "took back jobs of lost workers");
        }
        for id in expired.requeued.into_iter().chain(expired.ended) {
            self.queue.tell_of(id).await;
        }
        Ok(())
    }

    pub(super) async fn keep_time(&mut self) -> Result<(), JobStoreError> {
        if self.timetable.entries.is_empty() {
            return Ok(());
        }
        let mut keeper = if let Some(keeper) = self.timekeeper.take() {
            keeper
        } else {
            let mut mine = self.timetable.clone();
            mine.entries.retain(|entry| self.handlers.contains_key(&entry.job.kind));
            Timekeeper::resume(self.queue.clone(), &mine).await?
        };
        let ticked = keeper.tick().await;
        self.timekeeper = Some(keeper);
        ticked.map(drop)
    }

    pub(super) async fn claim(&self, runs: &Runs) -> Result<Option<Job>, JobStoreError> {
        if runs.tasks.len() >= self.settings.slots {
            return Ok(None);
        }
        let has_room = |(kind, registered): &(&String, &Registered)| runs.of_kind(kind) < registered.limit;
        let kinds: Vec<&str> = self.handlers.iter().filter(has_room).map(|(kind, _)| kind.as_str()).collect();
        if kinds.is_empty() {
            return Ok(None);
        }
        let (now, lease) = (self.queue.clock.now(), self.settings.held_for());
        self.queue.store.claim(now, &self.settings.name, &kinds, lease).await
    }

    pub(super) fn begin(&self, job: Job, phase: &watch::Receiver<Phase>, runs: &mut Runs) {
        let Some(registered) = self.handlers.get(&job.kind) else {
            tracing::error!(job = %job.id, kind = job.kind, "the store handed out a job of an unwanted kind");
            return;
        };
        let waited = self.queue.clock.now().signed_duration_since(job.run_at).max(TimeDelta::zero());
        let (kind, attempt) = (job.kind.clone(), job.attempts);
        tracing::debug!(job = %job.id, kind, key = job.key, attempt, waited_ms = waited.num_milliseconds(), "job begins");
        self.queue.tell(&job);
        let run = Run {
            queue: self.queue.clone(),
            settings: self.settings.clone(),
            handler: Arc::clone(&registered.handler),
            phase: phase.clone(),
            job,
        };
        let task = runs.tasks.spawn(run.carry_out());
        runs.kinds.insert(task.id(), kind);
    }
}
