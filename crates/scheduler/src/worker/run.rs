//! One run of one job.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use super::{Phase, WorkerSettings};
use crate::{
    Heartbeat, Job, JobContext, JobError, JobHandler, JobId, JobStoreError, Outcome, Progress, Queue,
};

/// How often an outcome is offered to a store that is out of reach, before the lease is left to run out.
const FINISH_ATTEMPTS: u32 = 4;

/// How a run ended for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The handler ended.
    Finished,
    /// Broken off and given back.
    Released,
    /// The job was no longer ours, or its end could not be recorded: others take it up.
    Lost,
}

pub(super) struct Run {
    pub(super) queue: Queue,
    pub(super) settings: WorkerSettings,
    pub(super) handler: Arc<dyn JobHandler>,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) job: Job,
}

/// Ends the handler's task, and forgets how to cancel it, when the run ends in whatever way.
struct Held<'a> {
    queue: &'a Queue,
    id: JobId,
    task: JoinHandle<Result<(), JobError>>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.queue.running.end(self.id);
        self.task.abort();
    }
}

impl Run {
    pub(super) async fn carry_out(self) -> Ended {
        let (cancel, cancelled) = watch::channel(false);
        let (reported, progress) = watch::channel(Progress::default());
        let mut stored = Progress::default();
        let mut phase = self.phase.clone();
        self.queue.running.begin(self.job.id, cancel.clone());
        let context = JobContext::new(reported, cancelled);
        let (handler, job) = (Arc::clone(&self.handler), self.job.clone());
        let task = tokio::spawn(async move { handler.run(&job, &context).await });
        let queue = self.queue.clone();
        let mut held = Held { queue: &queue, id: self.job.id, task };

        let every = self.settings.held_for().to_std().unwrap_or(Duration::ZERO) / 3;
        let look_every = self.settings.progress_every.min(every).max(Duration::from_millis(1));
        let mut looks = tokio::time::interval_at(Instant::now() + look_every, look_every);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last_beat = Instant::now();
        let result = loop {
            tokio::select! {
                result = &mut held.task => break result,
                () = release_asked(&mut phase) => {
                    drop(held);
                    return self.record(&Outcome::Released, Ended::Released).await;
                }
                _ = looks.tick() => {
                    let reached = progress.borrow().clone();
                    if reached == stored && last_beat.elapsed() < every {
                        continue;
                    }
                    last_beat = Instant::now();
                    match self.beat(&reached).await {
                        Ok(Heartbeat::Lost) => return Ended::Lost,
                        Ok(answer) => {
                            if reached != stored {
                                self.queue.tell(&Job { progress: reached.clone(), ..self.job.clone() });
                            }
                            stored = reached;
                            if answer == Heartbeat::Cancel {
                                cancel.send_replace(true);
                            }
                        }
                        Err(error) => tracing::warn!(job = %self.job.id, %error, "cannot extend the lease"),
                    }
                }
            }
        };
        let reached = progress.borrow().clone();
        if reached != stored
            && let Err(error) = self.beat(&reached).await
        {
            tracing::warn!(job = %self.job.id, %error, "cannot store the last progress");
        }
        let outcome = self.outcome(result, *cancel.borrow());
        self.record(&outcome, Ended::Finished).await
    }

    async fn beat(&self, progress: &Progress) -> Result<Heartbeat, JobStoreError> {
        let (now, lease) = (self.queue.clock.now(), self.settings.held_for());
        self.queue.store.heartbeat(self.job.id, &self.settings.name, now, lease, Some(progress)).await
    }

    fn outcome(&self, result: Result<Result<(), JobError>, JoinError>, cancelled: bool) -> Outcome {
        let (reason, after) = match result {
            Ok(Ok(())) => return Outcome::Succeeded,
            Ok(Err(_)) if cancelled => return Outcome::Cancelled,
            Ok(Err(JobError::Cancelled)) => return Outcome::Cancelled,
            Ok(Err(JobError::Permanent(error))) => return Outcome::Failed { error },
            Ok(Err(JobError::Retry { reason, after })) => (reason, after),
            Err(broken) => (panic_text(broken), None),
        };
        if self.job.attempts >= self.job.max_attempts {
            return Outcome::Dead { error: reason };
        }
        let wait = after.unwrap_or_else(|| self.settings.backoff.wait(self.job.attempts, &mut rand::rng()));
        Outcome::Retry { at: self.queue.clock.now() + wait, error: reason }
    }

    async fn record(&self, outcome: &Outcome, ended: Ended) -> Ended {
        let Job { id, kind, key, .. } = &self.job;
        for attempt in 1..=FINISH_ATTEMPTS {
            let now = self.queue.clock.now();
            match self.queue.store.finish(*id, &self.settings.name, now, outcome).await {
                Ok(()) => {
                    self.queue.tell_of(*id).await;
                    match outcome {
                        Outcome::Succeeded | Outcome::Cancelled | Outcome::Released => {
                            tracing::debug!(job = %id, kind, key, ?outcome, "job ended");
                        }
                        Outcome::Retry { .. } => {
                            tracing::warn!(job = %id, kind, key, ?outcome, "job to be retried");
                        }
                        Outcome::Failed { .. } | Outcome::Dead { .. } => {
                            tracing::error!(job = %id, kind, key, ?outcome, "job failed");
                        }
                    }
                    return ended;
                }
                Err(JobStoreError::LeaseLost(_) | JobStoreError::NotFound(_)) => {
                    tracing::warn!(job = %id, kind, key, "the job was given to another worker");
                    return Ended::Lost;
                }
                Err(error) => {
                    tracing::warn!(job = %id, kind, key, %error, attempt, "cannot record the job's end");
                    if attempt < FINISH_ATTEMPTS {
                        tokio::time::sleep(self.settings.poll).await;
                    }
                }
            }
        }
        Ended::Lost
    }
}

/// Waits until running jobs are to be given back.
async fn release_asked(phase: &mut watch::Receiver<Phase>) {
    if phase.wait_for(|phase| *phase == Phase::Releasing).await.is_err() {
        // The worker is being dropped: this task ends with it.
        std::future::pending::<()>().await;
    }
}

fn panic_text(broken: JoinError) -> String {
    let Ok(panic) = broken.try_into_panic() else { return "the handler's task was ended".to_owned() };
    let text = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => Some(*text),
        Err(panic) => panic.downcast_ref::<&str>().map(|text| (*text).to_owned()),
    };
    format!("the handler panicked: {}", text(panic).unwrap_or_else(|| "without a message".to_owned()))
}
