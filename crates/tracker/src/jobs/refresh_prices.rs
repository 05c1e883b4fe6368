//! Fetching a portfolio's due prices.

use async_trait::async_trait;
use bellwether_domain::PortfolioId;
use bellwether_prices::Priority as Urgency;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, JobId, NewJob, Priority};
use chrono::TimeDelta;

use super::{failed, portfolio_of};
use crate::{Tracker, TrackerError};

/// A portfolio's due prices.
pub(crate) const KIND: &str = "refresh-prices";

/// So long after a load the upkeep goes on from it.
const BEFORE_UPKEEP: TimeDelta = TimeDelta::seconds(20);

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let id = portfolio_of(job)?;
        let report = |progress| context.report(progress);
        // What is not there is found out by the refresh, which tells that it ended.
        let tracker = self.0.of_portfolio(id).await.unwrap_or_else(|_| self.0.clone());
        let refreshed = tokio::select! {
            refreshed = tracker.refresh(id, Urgency::Foreground, &report) => refreshed.map_err(failed)?,
            // What was fetched is stored; the rest is due as before.
            () = context.cancelled() => return Err(JobError::Cancelled),
        };
        self.0.fill_history_after(id, refreshed, Urgency::Foreground).await.map_err(failed)?;
        // What was loaded is kept from then on.
        let at = self.0.clock().now() + BEFORE_UPKEEP;
        self.0.enqueue_keep_prices(at).await.map(|_| ()).map_err(failed)
    }
}

impl Tracker {
    pub(crate) async fn enqueue_refresh(&self, id: PortfolioId) -> Result<JobId, TrackerError> {
        let job = NewJob::new(KIND, format!("{KIND}:{id}"))
            .payload(serde_json::json!(id))
            .priority(Priority::FIRST)
            .max_attempts(NewJob::MAX_ATTEMPTS);
        // Before a worker can have it, who would be done with it and then be contradicted.
        let before = self.refresh_state().queue_up();
        let enqueued =
            self.queue().enqueue(&job).await.inspect_err(|_| self.refresh_state().step_back(before))?;
        Ok(enqueued.id())
    }
}
