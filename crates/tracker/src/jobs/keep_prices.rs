//! Keeping all prices fresh: one job for the installation, which is always either waiting for its time or running.

use std::collections::HashSet;

use async_trait::async_trait;
use bellwether_domain::PortfolioId;
use bellwether_scheduler::{
    Job, JobContext, JobError, JobFilter, JobHandler, JobId, JobState, NewJob, Priority, Progress,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{failed, portfolio_of, refresh_prices};
use crate::{Tracker, TrackerError};

/// All prices, round by round.
pub(crate) const KIND: &str = "keep-prices";
/// After a failure of our own the next round comes so much later.
const AFTER_FAILURE: TimeDelta = TimeDelta::minutes(1);
/// Loads of portfolios that may wait or run at once, for a look at them.
const MANY: usize = 1_000;
/// Refreshes that are looked at for how far they came.
const FEW: usize = 20;

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, _: &Job, context: &JobContext) -> Result<(), JobError> {
        let kept = self.0.keep_prices(&|progress| context.report(progress)).await;
        let next = kept.as_ref().map_or_else(|_| self.0.clock().now() + AFTER_FAILURE, |next| *next);
        // Whatever came of this round there is another; a failed one gives way to it.
        self.0.enqueue_keep_prices(next).await.map_err(failed)?;
        kept.map(|_| ()).map_err(failed)
    }
}

impl Tracker {
    /// Has prices kept from `at` on; the round that waits comes earlier if need be.
    pub(crate) async fn enqueue_keep_prices(&self, at: DateTime<Utc>) -> Result<JobId, TrackerError> {
        let job = NewJob::new(KIND, KIND).priority(Priority::NORMAL).run_at(at);
        Ok(self.queue().enqueue(&job).await?.id())
    }

    /// How far refreshes of all processes came together, where one runs; and whether one waits whose time has come.
    pub(crate) async fn refreshes_elsewhere(
        &self,
        now: DateTime<Utc>,
    ) -> Result<(Option<(usize, usize)>, bool), TrackerError> {
        let mut running = None;
        let mut waits = false;
        for kind in [refresh_prices::KIND, super::fill_history::KIND, KIND] {
            for state in [JobState::Running, JobState::Queued] {
                let filter =
                    JobFilter { kind: Some(kind.to_owned()), state: Some(state), ..JobFilter::default() };
                for job in self.queue().store().list(&filter, FEW).await? {
                    waits |= state == JobState::Queued && job.run_at <= now;
                    let lease_holds = job.lease_until.is_some_and(|until| now < until);
                    if lease_holds && job.progress.total > 0 {
                        let (done, total) = running.unwrap_or_default();
                        let Progress { done: more, total: of, .. } = job.progress;
                        running = Some((done + more as usize, total + of as usize));
                    }
                }
            }
        }
        Ok((running, waits))
    }

    /// Portfolios that a load is to price, or is at it.
    pub(crate) async fn portfolios_loading(&self) -> Result<HashSet<PortfolioId>, TrackerError> {
        let mut loading = HashSet::new();
        for state in [JobState::Queued, JobState::Running] {
            let kind = Some(refresh_prices::KIND.to_owned());
            let filter = JobFilter { kind, state: Some(state), ..JobFilter::default() };
            let jobs = self.queue().store().list(&filter, MANY).await?;
            loading.extend(jobs.iter().filter_map(|job| portfolio_of(job).ok()));
        }
        Ok(loading)
    }
}
