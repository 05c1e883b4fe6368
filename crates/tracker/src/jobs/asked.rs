//! Questions about jobs, and calling them off.

use bellwether_domain::PortfolioId;
use bellwether_scheduler::{Cancellation, Job, JobFilter, JobId, JobStoreError};
use bellwether_storage::job_files::JobFile;

use crate::{Tracker, TrackerError};

impl Tracker {
    /// Jobs newest first, at most `limit`.
    ///
    /// # Errors
    /// The queue's.
    pub async fn jobs(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, TrackerError> {
        Ok(self.queue().store().list(filter, limit).await?)
    }

    /// One job.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none, and the queue's.
    pub async fn job(&self, id: JobId) -> Result<Job, TrackerError> {
        let job = self.queue().store().find(id).await?;
        job.ok_or_else(|| TrackerError::NotFound("such job".to_owned()))
    }

    /// What a job made, for those that make a file.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when it made none, or none that is still kept.
    pub async fn job_result(&self, id: JobId) -> Result<JobFile, TrackerError> {
        let file = self.storage().job_file(id.uuid()).await?;
        file.ok_or_else(|| TrackerError::NotFound("result of that job".to_owned()))
    }

    /// Calls a waiting job off, or asks a running one to end: at once when it runs in this process, with its next
    /// heartbeat otherwise.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such job, and the queue's.
    pub async fn cancel_job(&self, id: JobId) -> Result<Cancellation, TrackerError> {
        match self.queue().cancel(id).await {
            Ok(answer) => Ok(answer),
            Err(JobStoreError::NotFound(_)) => Err(TrackerError::NotFound("such job".to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest job that builds the portfolio's chart.
    ///
    /// # Errors
    /// The queue's.
    pub async fn chart_job(&self, id: PortfolioId) -> Result<Option<Job>, TrackerError> {
        let filter = JobFilter::for_key(format!("{}:{id}", Self::CHART_DATA));
        Ok(self.jobs(&filter, 1).await?.pop())
    }
}
