//! Taking away, by night, what nobody asks for any more.

use async_trait::async_trait;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler};
use bellwether_storage::clean_up::Outdated;
use bellwether_storage::{idempotency_keys, import_drafts, oidc_sign_ins, sessions, sign_in_failures};
use chrono::TimeDelta;

use super::keep_prices;
use crate::{Tracker, accounts};

pub(super) const KIND: &str = "clean-up";
/// The history of jobs goes back so far: over more than a turn of every line of the timetable, which goes by it.
const JOBS_KEPT: TimeDelta = TimeDelta::days(30);
/// These come again and again, and are of no use to anybody the day after.
const FREQUENT: &[&str] = &[Tracker::WARM, Tracker::CHART_DATA, keep_prices::KIND];
const FREQUENT_JOBS_KEPT: TimeDelta = TimeDelta::days(1);
/// Files of failed imports, and what jobs made for download.
const FILES_KEPT: TimeDelta = TimeDelta::days(7);
const NOTIFICATIONS_KEPT: TimeDelta = TimeDelta::days(90);

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, _: &Job, _: &JobContext) -> Result<(), JobError> {
        let now = self.0.clock().now();
        let outdated = Outdated {
            jobs: now - JOBS_KEPT,
            frequent_kinds: FREQUENT,
            frequent_jobs: now - FREQUENT_JOBS_KEPT,
            files: now - FILES_KEPT,
            notifications: now - NOTIFICATIONS_KEPT,
        };
        let removed = self.0.storage().remove_outdated(outdated).await;
        let removed = removed.map_err(|error| super::failed(error.into()))?;
        let (idle, forgotten) = (now - accounts::IDLE_FOR, now - accounts::REMEMBERED_FOR);
        let answered = now - crate::idempotency::KEPT_FOR;
        let accounts = self.0.storage().write_repeatable(move |connection| {
            sessions::remove_outdated(connection, now, idle)?;
            oidc_sign_ins::remove_expired(connection, now)?;
            import_drafts::remove_expired(connection, now)?;
            idempotency_keys::remove_outdated(connection, answered)?;
            sign_in_failures::remove_outdated(connection, forgotten)
        });
        accounts.await.map_err(|error| super::failed(error.into()))?;
        tracing::info!(?removed, "clean_up.ended");
        Ok(())
    }
}
