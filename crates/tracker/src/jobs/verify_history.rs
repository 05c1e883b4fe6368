//! The weekly look at whole histories.

use async_trait::async_trait;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler};
use chrono::TimeDelta;

use super::failed;
use crate::Tracker;

pub(super) const KIND: &str = "verify-history";

/// A source that does not answer is asked again so much later.
const AGAIN: TimeDelta = TimeDelta::hours(1);

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, _: &Job, context: &JobContext) -> Result<(), JobError> {
        let report = |progress| context.report(progress);
        let verified = tokio::select! {
            verified = self.0.verify_histories(&report) => verified.map_err(failed)?,
            // What was told is stored; the rest has the next turn.
            () = context.cancelled() => return Err(JobError::Cancelled),
        };
        tracing::info!(verified.told, verified.untold, "verification.ended");
        if verified.is_broken_off {
            return Err(JobError::retry_after("the source does not answer", AGAIN));
        }
        Ok(())
    }
}
