//! Work that nobody waits for.

use std::time::Duration;

use async_trait::async_trait;
use bellwether_domain::PortfolioId;
use bellwether_prices::Priority as Urgency;
use bellwether_scheduler::{
    Job, JobContext, JobError, JobHandler, JobId, NewJob, Priority, Worker, WorkerSettings,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::refresh::{RefreshStatus, Refreshed};
use crate::{Event, Tracker, TrackerError};

/// A portfolio's due prices.
const REFRESH: &str = "refresh-prices";
/// The rest of a cold portfolio's histories, a load's worth at a time.
const FILL: &str = "fill-history";
/// So long after a load the next part of the histories is fetched.
const FILL_PAUSE: TimeDelta = TimeDelta::seconds(20);
/// So long after a load whose calls had no time to go out, because the source's pace is slow.
const PACE_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// How long running jobs may take to end when the worker stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// A worker at work; stop it before the process ends, so that its jobs are given back at once.
#[derive(Debug)]
pub struct RunningWorker(bellwether_scheduler::RunningWorker);

impl RunningWorker {
    /// Waits a while for what runs and gives the rest back to the queue.
    pub async fn stop(self) {
        let stopped = self.0.stop(FAREWELL).await;
        tracing::info!(?stopped, "worker.stopped");
    }
}

struct RefreshHandler {
    tracker: Tracker,
    urgency: Urgency,
}

#[async_trait]
impl JobHandler for RefreshHandler {
    async fn run(&self, job: &Job, _: &JobContext) -> Result<(), JobError> {
        self.carry_out(job).await
    }
}

impl RefreshHandler {
    async fn carry_out(&self, job: &Job) -> Result<(), JobError> {
        let id: PortfolioId = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        match self.tracker.refresh(id, self.urgency).await {
            Ok(refreshed) => {
                if let Some(at) = goes_on_at(refreshed, self.urgency, self.tracker.clock().now()) {
                    self.tracker
                        .enqueue_fill(id, at)
                        .await
                        .map_err(|error| JobError::retry(error.to_string()))?;
                }
                Ok(())
            }
            Err(TrackerError::NotFound(what)) => Err(JobError::permanent(format!("there is no {what}"))),
            Err(error) => Err(JobError::retry(error.to_string())),
        }
    }
}

/// When the background fetches more histories; `None` when none is missing that a call could bring.
fn goes_on_at(refreshed: Refreshed, urgency: Urgency, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // A load that found too much for anybody to wait for leaves all of it to the background.
    let is_flowing = refreshed.calls > 0 || urgency == Urgency::Foreground;
    let pause = if is_flowing { FILL_PAUSE } else { PACE_PAUSE };
    let more = (refreshed.remaining > 0).then_some(now + pause);
    let next = more.into_iter().chain(refreshed.resumes_at).min()?;
    Some(next.max(now + FILL_PAUSE))
}

impl Tracker {
    /// Starts a worker in this process, within the tokio runtime of the caller.
    pub fn start_worker(&self) -> RunningWorker {
        let handler = |urgency| RefreshHandler { tracker: self.clone(), urgency };
        let name = format!("{}-{}", std::process::id(), JobId::new());
        let worker = Worker::new(self.queue().clone(), WorkerSettings::named(name))
            .handle(REFRESH, 2, handler(Urgency::Foreground))
            .handle(FILL, 1, handler(Urgency::Background));
        RunningWorker(worker.start())
    }

    pub(crate) async fn enqueue_refresh(&self, id: PortfolioId) -> Result<JobId, TrackerError> {
        let job = NewJob::new(REFRESH, format!("{REFRESH}:{id}"))
            .payload(serde_json::json!(id))
            .priority(Priority::FIRST)
            .max_attempts(2);
        // Before a worker can have it, who would be done with it and then be contradicted.
        let mut before = RefreshStatus::Idle;
        self.refresh_state().update(|progress| {
            before = progress.status;
            if before != RefreshStatus::Updating {
                progress.status = RefreshStatus::Queued;
            }
        });
        let enqueued = self.queue().enqueue(&job).await.inspect_err(|_| {
            self.refresh_state().update(|progress| {
                if progress.status == RefreshStatus::Queued {
                    progress.status = before;
                }
            });
        })?;
        Ok(enqueued.id())
    }

    async fn enqueue_fill(&self, id: PortfolioId, at: DateTime<Utc>) -> Result<(), TrackerError> {
        let job = NewJob::new(FILL, format!("{FILL}:{id}"))
            .payload(serde_json::json!(id))
            .priority(Priority::LAST)
            .run_at(at)
            .max_attempts(2);
        self.queue().enqueue(&job).await?;
        Ok(())
    }

    /// What follows from a changed ledger: new instruments get their prices.
    pub(crate) async fn ledger_changed(&self, id: PortfolioId) {
        self.publish(Event::LedgerChanged { portfolio: id });
        if !self.has_provider() {
            return;
        }
        if let Err(error) = self.enqueue_refresh(id).await {
            // The next look at the portfolio asks again.
            tracing::warn!(%error, "refresh.not_enqueued");
        }
    }
}

#[cfg(test)]
mod tests;
