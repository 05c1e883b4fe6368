//! What does the work.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{Job, JobError, Progress};

/// Does the jobs of one kind.
///
/// A job may be begun again after a crash, with everything or nothing of an earlier attempt done: a handler must
/// bring about a state, not add to one.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// Does the job. A panic counts as an error that may pass.
    ///
    /// # Errors
    /// [`JobError`] says whether another attempt may help.
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError>;
}

#[async_trait]
impl<H: JobHandler + ?Sized> JobHandler for Arc<H> {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        (**self).run(job, context).await
    }
}

/// A handler's line to the outside while it works.
#[derive(Debug, Clone)]
pub struct JobContext {
    progress: watch::Sender<Progress>,
    cancelled: watch::Receiver<bool>,
}

impl JobContext {
    pub(crate) fn new(progress: watch::Sender<Progress>, cancelled: watch::Receiver<bool>) -> Self {
        Self { progress, cancelled }
    }

    /// Says how far the job came. Cheap: it is stored from time to time, and at the end.
    pub fn report(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }

    /// Whether the job should end, with [`JobError::Cancelled`], at the next point where that is safe.
    pub fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    /// Waits until the job should end.
    pub async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            // Nobody is left who could cancel.
            std::future::pending::<()>().await;
        }
    }

    /// [`JobError::Cancelled`] if the job should end; to be called between steps.
    ///
    /// # Errors
    /// [`JobError::Cancelled`].
    pub fn check(&self) -> Result<(), JobError> {
        if self.is_cancelled() { Err(JobError::Cancelled) } else { Ok(()) }
    }
}
