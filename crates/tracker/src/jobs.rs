//! Work that nobody waits for.

use std::time::Duration;

use async_trait::async_trait;
use bellwether_domain::PortfolioId;
use bellwether_prices::Priority as Urgency;
use bellwether_scheduler::{
    Job, JobContext, JobError, JobHandler, JobId, NewJob, Priority, Worker, WorkerSettings,
};
use chrono::TimeDelta;

use crate::refresh::RefreshStatus;
use crate::{Tracker, TrackerError};

/// A portfolio's due prices.
const REFRESH: &str = "refresh-prices";
/// The rest of a cold portfolio's histories, a load's worth at a time.
const FILL: &str = "fill-history";
/// So long after a load the next part of the histories is fetched.
const FILL_PAUSE: TimeDelta = TimeDelta::seconds(20);
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
        let id: PortfolioId = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        match self.tracker.refresh(id, self.urgency).await {
            Ok(refreshed) => {
                // A load that found too much for anybody to wait for leaves all of it to the background.
                let goes_on = refreshed.calls > 0 || self.urgency == Urgency::Foreground;
                if refreshed.remaining > 0 && goes_on {
                    self.tracker
                        .enqueue_fill(id)
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
        let enqueued = self.queue().enqueue(&job).await?;
        self.refresh_state().update(|progress| {
            if progress.status != RefreshStatus::Updating {
                progress.status = RefreshStatus::Queued;
            }
        });
        Ok(enqueued.id())
    }

    async fn enqueue_fill(&self, id: PortfolioId) -> Result<(), TrackerError> {
        let job = NewJob::new(FILL, format!("{FILL}:{id}"))
            .payload(serde_json::json!(id))
            .priority(Priority::LAST)
            .run_at(self.clock().now() + FILL_PAUSE)
            .max_attempts(2);
        self.queue().enqueue(&job).await?;
        Ok(())
    }

    /// What follows from a changed ledger: new instruments get their prices.
    pub(crate) async fn ledger_changed(&self, id: PortfolioId) {
        if !self.has_provider() {
            return;
        }
        if let Err(error) = self.enqueue_refresh(id).await {
            // The next look at the portfolio asks again.
            tracing::warn!(%error, "refresh.not_enqueued");
        }
    }
}
