//! Questions about jobs, and calling them off.

use bellwether_domain::PortfolioId;
use bellwether_scheduler::{Cancellation, Job, JobFilter, JobId, JobStoreError};
use bellwether_storage::job_files::JobFile;

use crate::{Tracker, TrackerError};

/// So many jobs are looked through at a time for those that the user may see.
const LOOKED_THROUGH: usize = 200;

/// The portfolio that a job is about, if it is about one.
pub fn portfolio_named_in(job: &Job) -> Option<PortfolioId> {
    let named = job.payload.get("portfolio").unwrap_or(&job.payload);
    // Deliveries name a record of their own by the same kind of identifier.
    if job.kind == Tracker::NOTIFY { None } else { serde_json::from_value(named.clone()).ok() }
}

impl Tracker {
    /// Jobs newest first, at most `limit`: those about the user's portfolios, and the installation's for its owner.
    ///
    /// # Errors
    /// The queue's.
    pub async fn jobs(&self, filter: &JobFilter, limit: usize) -> Result<Vec<Job>, TrackerError> {
        let mut filter = filter.clone();
        let mut found = Vec::new();
        loop {
            let page = self.queue().store().list(&filter, limit.max(LOOKED_THROUGH)).await?;
            let is_last = page.len() < limit.max(LOOKED_THROUGH);
            filter.before = page.last().map(|job| job.id);
            for job in page {
                if found.len() < limit && self.may_see(&job).await? {
                    found.push(job);
                }
            }
            if is_last || found.len() == limit {
                return Ok(found);
            }
        }
    }

    /// One job.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none, and the queue's.
    pub async fn job(&self, id: JobId) -> Result<Job, TrackerError> {
        let no_such_job = || TrackerError::NotFound("such job".to_owned());
        let job = self.queue().store().find(id).await?.ok_or_else(no_such_job)?;
        if self.may_see(&job).await? { Ok(job) } else { Err(no_such_job()) }
    }

    /// What concerns a portfolio is its user's; what concerns none is the owner's, who runs the installation.
    async fn may_see(&self, job: &Job) -> Result<bool, TrackerError> {
        let Some(portfolio) = portfolio_named_in(job) else { return Ok(self.is_owners()) };
        match self.of_portfolio(portfolio).await {
            Ok(theirs) => Ok(theirs.user() == self.user()),
            // Of a portfolio that was deleted there is nothing left to see, whoever's it was.
            Err(TrackerError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What a job made, for those that make a file.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when it made none, or none that is still kept.
    pub async fn job_result(&self, id: JobId) -> Result<JobFile, TrackerError> {
        self.job(id).await?;
        let file = self.storage().job_file(id.uuid()).await?;
        file.ok_or_else(|| TrackerError::NotFound("result of that job".to_owned()))
    }

    /// Calls a waiting job off, or asks a running one to end: at once when it runs in this process, with its next
    /// heartbeat otherwise.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such job, and the queue's.
    pub async fn cancel_job(&self, id: JobId) -> Result<Cancellation, TrackerError> {
        self.job(id).await?;
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
