//! Files too large to be imported while somebody waits.

use async_trait::async_trait;
use bellwether_domain::{Currency, PortfolioId};
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, JobId, Progress};
use bellwether_storage::job_files::{self, JobFile};
use bellwether_storage::jobs::{self, NewJob};
use bellwether_storage::{AnyConnection, StorageError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::failed;
use crate::import::kept_name;
use crate::{ImportFile, ImportReport, ImportTarget, Tracker, TrackerError};

/// Imports a kept file.
pub(crate) const KIND: &str = "import";
/// A crash costs an attempt; a file that brings the process down is left alone after so many.
const ATTEMPTS: u16 = 8;

#[derive(Serialize, Deserialize)]
struct Payload {
    portfolio: PortfolioId,
    file: Uuid,
    currency: Option<Currency>,
}

/// The portfolio that a job imports into.
pub(crate) fn portfolio_of(job: &Job) -> Option<PortfolioId> {
    serde_json::from_value::<Payload>(job.payload.clone()).ok().map(|payload| payload.portfolio)
}

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let Payload { portfolio, file, currency } = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        let kept = self.0.storage().job_file(file).await.map_err(|error| failed(error.into()))?;
        let Some(kept) = kept else {
            // The file goes in the transaction that brings its rows. Then the attempt before this one got as far as
            // that, and perhaps not further.
            return match self.0.storage().job_file(job.id.uuid()).await {
                Ok(Some(_)) => {
                    self.0.ledger_changed(portfolio).await;
                    Ok(())
                }
                Ok(None) => Err(JobError::permanent("the file is no longer kept")),
                Err(error) => Err(failed(error.into())),
            };
        };
        let of = JobOfImport { job: job.id.uuid(), file, context: context.clone() };
        let wanted = ImportFile { name: kept.name, bytes: kept.content, currency };
        let tracker = self.0.of_portfolio(portfolio).await.map_err(failed)?;
        match tracker.import_of_job(ImportTarget::Portfolio(portfolio), wanted, of).await {
            Ok(report) => {
                let rows = report.imported + report.already_there + report.rejected_rows;
                let rows = u32::try_from(rows).unwrap_or(u32::MAX);
                context.report(Progress::of(rows, rows).note(report.sentence(false)));
                Ok(())
            }
            Err(TrackerError::File(error)) => {
                Err(JobError::permanent(format!("the file cannot be used: {error}")))
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// The job that imports a kept file.
pub(crate) struct JobOfImport {
    job: Uuid,
    file: Uuid,
    context: JobContext,
}

impl JobOfImport {
    /// Says how far it came: each row is read, checked and written. Ends here when it was called off.
    pub(crate) fn reached(&self, step: usize, rows: usize, note: &str) -> Result<(), TrackerError> {
        let count = |items| u32::try_from(items).unwrap_or(u32::MAX);
        self.context.report(Progress::of(count(step * rows), count(3 * rows)).note(note));
        if self.context.is_cancelled() {
            return Err(TrackerError::conflict("the import was called off".to_owned()));
        }
        Ok(())
    }

    /// Puts the report in the place of the file.
    pub(crate) fn conclude(
        &self,
        connection: &mut AnyConnection,
        report: &ImportReport,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if !job_files::remove(connection, self.file)? {
            return Err(StorageError::NotFound);
        }
        let content = serde_json::to_vec(report).map_err(|error| StorageError::Refused(error.to_string()))?;
        let (name, media_type) = ("import.json".to_owned(), "application/json".to_owned());
        job_files::put(connection, self.job, &JobFile { name, media_type, content }, now)
    }
}

impl Tracker {
    /// Has a file imported into a portfolio by a worker, all of it or nothing. The file and the job are kept in one
    /// database transaction; what became of it is the job's result, an [`ImportReport`] as JSON.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's: the file was not taken.
    pub async fn request_import(&self, id: PortfolioId, file: ImportFile) -> Result<JobId, TrackerError> {
        self.portfolio(id).await?;
        let now = self.clock().now();
        let kept = Uuid::now_v7();
        let payload = Payload { portfolio: id, file: kept, currency: file.currency };
        let wish = NewJob {
            kind: KIND.to_owned(),
            key: format!("{KIND}:{kept}"),
            payload: serde_json::json!(payload),
            priority: 2,
            run_at: now,
            max_attempts: ATTEMPTS,
        };
        let file =
            JobFile { name: kept_name(&file.name), media_type: "text/csv".to_owned(), content: file.bytes };
        let enqueued = self
            .storage()
            .write(move |connection| {
                job_files::put(connection, kept, &file, now)?;
                jobs::enqueue(connection, now, &wish)
            })
            .await?;
        let (jobs::Enqueued::New(job) | jobs::Enqueued::AlreadyPending(job)) = enqueued;
        let job = JobId::from_uuid(job);
        self.queue().announce(job).await;
        Ok(job)
    }
}
