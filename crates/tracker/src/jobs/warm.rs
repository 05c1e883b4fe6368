//! Having answers built before anybody asks for them. The answers are the binary's: it has the handlers of the kinds
//! [`Tracker::WARM`] and [`Tracker::CHART_DATA`]; here is who asks for them.

use async_trait::async_trait;
use bellwether_domain::PortfolioId;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, JobId, NewJob, Priority, Progress};
use serde::{Deserialize, Serialize};

use super::failed;
use crate::{Tracker, TrackerError};

/// A round over all portfolios.
pub(super) const ROUND: &str = "warm-round";

/// Which answers a round has built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// Dashboards.
    Portfolios,
    /// Charts, which compare with the benchmarks.
    Benchmarks,
}

impl Part {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Portfolios => "warm:portfolios",
            Self::Benchmarks => "warm:benchmarks",
        }
    }
}

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let part: Part = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        let portfolios = self.0.everybodys_portfolios().await.map_err(failed)?;
        for (done, (tracker, portfolio)) in (1..).zip(&portfolios) {
            context.check()?;
            // Newer prices come first, where there are any; they have answers built again.
            tracker.refresh_if_due(portfolio.id).await.map_err(failed)?;
            match part {
                Part::Portfolios => self.0.request_warming(portfolio.id).await,
                Part::Benchmarks => self.0.request_chart_data(portfolio.id).await,
            }
            .map_err(failed)?;
            context.report(Progress::of(done, u32::try_from(portfolios.len()).unwrap_or(u32::MAX)));
        }
        Ok(())
    }
}

impl Tracker {
    /// The kind of the jobs that build a portfolio's pages and figures.
    pub const WARM: &str = "warm";
    /// The kind of the jobs that build a portfolio's chart.
    pub const CHART_DATA: &str = "chart-data";

    /// Has a portfolio's pages and figures built by a worker.
    ///
    /// # Errors
    /// The queue's.
    pub async fn request_warming(&self, id: PortfolioId) -> Result<JobId, TrackerError> {
        self.enqueue_building(Self::WARM, id).await
    }

    /// Has a portfolio's chart built by a worker.
    ///
    /// # Errors
    /// The queue's.
    pub async fn request_chart_data(&self, id: PortfolioId) -> Result<JobId, TrackerError> {
        self.enqueue_building(Self::CHART_DATA, id).await
    }

    async fn enqueue_building(&self, kind: &str, id: PortfolioId) -> Result<JobId, TrackerError> {
        let job =
            NewJob::new(kind, format!("{kind}:{id}")).payload(serde_json::json!(id)).priority(Priority::LAST);
        Ok(self.queue().enqueue(&job).await?.id())
    }
}
