//! The rest of a cold portfolio's histories, a load's worth at a time.

use async_trait::async_trait;
use bellwether_domain::PortfolioId;
use bellwether_prices::Priority as Urgency;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, NewJob, Priority};
use chrono::{DateTime, TimeDelta, Utc};

use super::{failed, portfolio_of};
use crate::refresh::Refreshed;
use crate::{Tracker, TrackerError};

/// The rest of a cold portfolio's histories.
pub(super) const KIND: &str = "fill-history";
/// So long after a load the next part of the histories is fetched.
const PAUSE: TimeDelta = TimeDelta::seconds(20);
/// So long after a load whose calls had no time to go out, because the source's pace is slow.
const PACE_PAUSE: TimeDelta = TimeDelta::minutes(10);

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let id = portfolio_of(job)?;
        let tracker = self.0.of_portfolio(id).await.map_err(failed)?;
        let refreshed = tracker
            .refresh(id, Urgency::Background, &|progress| context.report(progress))
            .await
            .map_err(failed)?;
        self.0.fill_history_after(id, refreshed, Urgency::Background).await.map_err(failed)
    }
}

/// When the background fetches more histories; `None` when none is missing that a call could bring.
fn goes_on_at(refreshed: Refreshed, urgency: Urgency, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // A load that found too much for anybody to wait for leaves all of it to the background.
    let is_flowing = refreshed.calls > 0 || urgency == Urgency::Foreground;
    let pause = if is_flowing { PAUSE } else { PACE_PAUSE };
    let more = (refreshed.remaining > 0).then_some(now + pause);
    let next = more.into_iter().chain(refreshed.resumes_at).min()?;
    Some(next.max(now + PAUSE))
}

impl Tracker {
    /// Enqueues what a load left to be done, if it left something.
    pub(super) async fn fill_history_after(
        &self,
        id: PortfolioId,
        refreshed: Refreshed,
        urgency: Urgency,
    ) -> Result<(), TrackerError> {
        let Some(at) = goes_on_at(refreshed, urgency, self.clock().now()) else { return Ok(()) };
        let job = NewJob::new(KIND, format!("{KIND}:{id}"))
            .payload(serde_json::json!(id))
            .priority(Priority::LAST)
            .run_at(at)
            .max_attempts(NewJob::MAX_ATTEMPTS);
        self.queue().enqueue(&job).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_rest_is_no_busy_loop() {
        let now = DateTime::UNIX_EPOCH;
        let at = |remaining, calls, resumes_in: Option<i64>| {
            let resumes_at = resumes_in.map(|seconds| now + TimeDelta::seconds(seconds));
            let next = goes_on_at(Refreshed { remaining, resumes_at, calls }, Urgency::Background, now);
            next.map(|next| (next - now).num_seconds())
        };
        assert_eq!(at(0, 9, None), None);
        assert_eq!(at(9, 9, Some(3_000)), Some(20));
        assert_eq!(at(0, 0, Some(3)), Some(20));
        assert_eq!(at(0, 0, Some(3_000)), Some(3_000));
        assert_eq!(at(9, 0, None), Some(600));
        assert_eq!(at(9, 0, Some(300)), Some(300));
    }
}
