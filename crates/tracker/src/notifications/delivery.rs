//! Carrying what was told to where it is to go: a job for each destination.

use std::sync::Arc;

use async_trait::async_trait;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, NewJob, Priority};
use bellwether_storage::StorageError;
use bellwether_storage::notifications::{self as stored, DeliveryState};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Channel, Message, quiet_hours};
use crate::Tracker;

pub(super) const KIND: &str = "notify";
/// With the worker's backoff that is about an hour and a half.
pub(super) const ATTEMPTS: u16 = 10;
/// Before what fills pages, after what somebody waits for.
pub(super) const PRIORITY: u8 = 3;

/// At most one job for a delivery.
pub(super) fn key(delivery: Uuid) -> String {
    format!("{KIND}:{delivery}")
}

/// One notification for one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The delivery's identifier, the same in every attempt: who gets a letter twice can tell by it.
    pub id: Uuid,
    /// By what way it goes.
    pub channel: Channel,
    /// An address of that way.
    pub destination: String,
    /// What kind of thing it tells; the word of a [`Topic`](super::Topic) or `test`.
    pub kind: String,
    /// How grave it is: `info` or `warning`.
    pub severity: String,
    /// One line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// The page that shows more of it, without the server's name.
    pub link: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

/// Why a letter did not arrive, in words that may be shown to its owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDelivered {
    /// It may arrive another time.
    #[error("{words}")]
    Later {
        /// What happened.
        words: String,
        /// When to try again, where the receiver said so.
        after: Option<TimeDelta>,
    },
    /// It never will.
    #[error("{0}")]
    Never(String),
}

impl NotDelivered {
    /// It may arrive another time.
    pub fn later(words: impl Into<String>) -> Self {
        Self::Later { words: words.into(), after: None }
    }
}

/// Who takes letters to where they are to go.
#[async_trait]
pub trait Courier: Send + Sync + 'static {
    /// Delivers a letter. Must not take longer than a minute.
    ///
    /// # Errors
    /// [`NotDelivered`] says whether to try again.
    async fn deliver(&self, letter: &Letter) -> Result<(), NotDelivered>;
}

struct Handler {
    tracker: Tracker,
    courier: Arc<dyn Courier>,
}

impl Tracker {
    /// The kind of jobs that carry notifications to their destinations.
    pub const NOTIFY: &str = KIND;

    /// What does those jobs with the help of a courier.
    pub fn notifier(&self, courier: Arc<dyn Courier>) -> impl JobHandler + use<> {
        Handler { tracker: self.clone(), courier }
    }
}

fn unavailable(error: &StorageError) -> JobError {
    tracing::warn!(%error, "notification.not_recorded");
    JobError::retry("the database did not answer")
}

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, job: &Job, _: &JobContext) -> Result<(), JobError> {
        let id: Uuid = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        let tracker = &self.tracker;
        let Some((letter, held_until)) = self.letter(id).await.map_err(|error| unavailable(&error))? else {
            return Ok(());
        };
        if let Some(until) = held_until {
            return self.later(id, until).await;
        }
        let is_to_be_tried =
            tracker.storage().write(move |connection| stored::delivery_tried(connection, id)).await;
        if !is_to_be_tried.map_err(|error| unavailable(&error))? {
            return Ok(());
        }
        let Err(failure) = self.courier.deliver(&letter).await else {
            let now = tracker.clock().now();
            let made = tracker.storage().write(move |connection| stored::delivery_made(connection, id, now));
            return made.await.map_err(|error| unavailable(&error));
        };
        let is_last = job.attempts >= job.max_attempts || matches!(failure, NotDelivered::Never(_));
        let given_up = is_last.then(|| tracker.clock().now());
        let words = failure.to_string();
        let failed = tracker
            .storage()
            .write(move |connection| stored::delivery_failed(connection, id, &words, given_up));
        failed.await.map_err(|error| unavailable(&error))?;
        Err(match failure {
            NotDelivered::Later { words, after: Some(after) } => JobError::retry_after(words, after),
            NotDelivered::Later { words, after: None } => JobError::retry(words),
            NotDelivered::Never(words) => JobError::permanent(words),
        })
    }
}

impl Handler {
    /// What is to be delivered, and until when it is held back; `None` when there is nothing to do.
    async fn letter(&self, id: Uuid) -> Result<Option<(Letter, Option<DateTime<Utc>>)>, StorageError> {
        let now = self.tracker.clock().now();
        let read = self.tracker.storage().snapshot(move |connection| {
            let Some(delivery) = stored::delivery(connection, id)? else { return Ok(None) };
            if delivery.state != DeliveryState::Waiting {
                return Ok(None);
            }
            let user = stored::user_of(connection, delivery.notification)?;
            let told = stored::find(connection, user, delivery.notification)?;
            Ok(Some((delivery, told, quiet_hours::of(connection, user)?)))
        });
        let Some((delivery, told, quiet)) = read.await? else { return Ok(None) };
        // Written by a newer version of this program, which will see to it.
        let Some(channel) = Channel::from_word(&delivery.destination.channel) else { return Ok(None) };
        let held_until =
            quiet.filter(|_| told.content.kind != Message::TEST).and_then(|quiet| quiet.end_after(now));
        let letter = Letter {
            id,
            channel,
            destination: delivery.destination.address,
            kind: told.content.kind,
            severity: told.content.severity,
            title: told.content.title,
            body: told.content.body,
            link: told.content.link,
            created_at: told.created_at,
        };
        Ok(Some((letter, held_until)))
    }

    /// Has it delivered when the quiet hours end; this job ends here.
    async fn later(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), JobError> {
        let job = NewJob::new(KIND, key(id))
            .payload(serde_json::json!(id))
            .priority(Priority::new(PRIORITY).unwrap_or_default())
            .run_at(at)
            .max_attempts(ATTEMPTS);
        match self.tracker.queue().enqueue(&job).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "notification.not_held_back");
                Err(JobError::retry("the database did not answer"))
            }
        }
    }
}
