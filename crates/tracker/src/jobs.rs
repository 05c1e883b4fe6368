//! Work that nobody waits for: which kinds of jobs there are, and who does them.

mod asked;
mod backup;
mod clean_up;
mod fill_history;
mod import;
mod keep_prices;
mod observed;
mod refresh_prices;
mod report;
mod timetable;
mod verify_history;
mod warm;

use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::PortfolioId;
use bellwether_scheduler::{Job, JobError, JobHandler, JobId, Worker, WorkerSettings};
use chrono::TimeDelta;
use tokio::task::JoinHandle;

use crate::{Event, Tracker, TrackerError, notifications};

pub use asked::portfolio_named_in;
pub use backup::{BackupPlan, BackupRecord, BackupsKept};
pub(crate) use import::{JobOfImport, KIND as IMPORT, portfolio_of as portfolio_of_import};
pub(crate) use keep_prices::KIND as KEEP_PRICES;
pub(crate) use observed::Announced;
pub(crate) use refresh_prices::KIND as REFRESH_PRICES;
pub use report::WantedReport;
pub(crate) use report::{tax_year_csv, year_of};

/// How long running jobs may take to end when the worker stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// A worker at work; stop it before the process ends, so that its jobs are given back at once.
#[derive(Debug)]
pub struct RunningWorker {
    worker: bellwether_scheduler::RunningWorker,
    watch: JoinHandle<()>,
}

impl RunningWorker {
    /// Waits a while for what runs and gives the rest back to the queue.
    pub async fn stop(self) {
        self.watch.abort();
        let stopped = self.worker.stop(FAREWELL).await;
        tracing::info!(?stopped, "worker.stopped");
    }
}

/// What a worker does besides the tracker's own kinds of jobs, and for how long it may be silent.
#[derive(Default)]
pub struct WorkerPlan {
    backups: Option<BackupPlan>,
    handlers: Vec<(String, usize, Arc<dyn JobHandler>)>,
    lease: Option<TimeDelta>,
}

impl WorkerPlan {
    /// Makes backups by night.
    #[must_use]
    pub fn backups(self, backups: Option<BackupPlan>) -> Self {
        Self { backups, ..self }
    }

    /// Has jobs of a kind done by this handler, at most `at_once` at a time.
    #[must_use]
    pub fn handle(mut self, kind: impl Into<String>, at_once: usize, handler: impl JobHandler) -> Self {
        self.handlers.push((kind.into(), at_once, Arc::new(handler)));
        self
    }

    /// After so long at the latest the jobs of a process that vanished are taken over; a minute unless said.
    #[must_use]
    pub fn lease(self, lease: TimeDelta) -> Self {
        Self { lease: Some(lease), ..self }
    }
}

impl Tracker {
    /// A worker for all kinds of jobs, of the tracker and of the plan, that is not started: its
    /// [`run_due`](Worker::run_due) lets whoever leads the clock run what is due by it.
    pub fn worker(&self, plan: WorkerPlan) -> Worker {
        let mut settings = WorkerSettings::named(format!("{}-{}", std::process::id(), JobId::new()));
        settings.lease = plan.lease.unwrap_or(settings.lease);
        let worker = Worker::new(self.queue().clone(), settings)
            .handle(refresh_prices::KIND, 2, refresh_prices::Handler(self.clone()))
            .handle(fill_history::KIND, 1, fill_history::Handler(self.clone()))
            .handle(keep_prices::KIND, 1, keep_prices::Handler(self.clone()))
            .handle(warm::ROUND, 1, warm::Handler(self.clone()))
            .handle(import::KIND, 1, import::Handler(self.clone()))
            .handle(report::KIND, 1, report::Handler(self.clone()))
            .handle(clean_up::KIND, 1, clean_up::Handler(self.clone()))
            .handle(verify_history::KIND, 1, verify_history::Handler(self.clone()))
            .handle(notifications::CHECK, 1, notifications::CheckHandler(self.clone()))
            .timetable(timetable::timetable(self.has_provider(), plan.backups.is_some()));
        let worker = match plan.backups {
            Some(plan) => worker.handle(backup::KIND, 1, backup::Handler { tracker: self.clone(), plan }),
            None => worker,
        };
        plan.handlers
            .into_iter()
            .fold(worker, |worker, (kind, at_once, handler)| worker.handle(kind, at_once, handler))
    }

    /// Starts a worker in this process, within the tokio runtime of the caller.
    pub fn start_worker(&self, plan: WorkerPlan) -> RunningWorker {
        let tracker = self.clone();
        let are_made = plan.backups.is_some();
        tokio::spawn(async move {
            if are_made && let Err(error) = tracker.note_backups().await {
                tracing::warn!(%error, "backups.not_noted");
            }
            // Whatever was missed while nobody worked.
            if let Err(error) = tracker.enqueue_keep_prices(tracker.clock().now()).await {
                tracing::warn!(%error, "upkeep.not_enqueued");
            }
        });
        let watch = tokio::spawn(notifications::watch(self.clone(), self.bus().listen().coming));
        RunningWorker { worker: self.worker(plan).start(), watch }
    }

    /// What follows from a changed ledger: new instruments get their prices.
    pub(crate) async fn ledger_changed(&self, id: PortfolioId) {
        self.publish(Event::LedgerChanged { portfolio: id });
        if !self.has_provider() {
            return;
        }
        if let Err(error) = self.enqueue_refresh(id).await {
            // The next look at the portfolio asks again.
            tracing::warn!(%error, "refresh.not_enqueued");
        }
    }
}

/// The portfolio that a job is about.
pub(crate) fn portfolio_of(job: &Job) -> Result<PortfolioId, JobError> {
    serde_json::from_value(job.payload.clone()).map_err(|error| JobError::permanent(error.to_string()))
}

/// What a failure of the tracker means for a job: what is not there will not come by waiting.
pub(crate) fn failed(error: TrackerError) -> JobError {
    match error {
        TrackerError::NotFound(what) => JobError::permanent(format!("there is no {what}")),
        TrackerError::Refused(words) | TrackerError::Conflict(words) => {
            JobError::permanent(words.to_string())
        }
        // What a job failed of is shown to people; what the database said is not.
        error => {
            tracing::warn!(%error, "job.broken_off");
            let is_transient = error.is_transient() || matches!(error, TrackerError::Jobs(_));
            let words =
                if is_transient { "the database did not answer" } else { "a fault here broke it off" };
            JobError::retry(words)
        }
    }
}

#[cfg(test)]
mod tests;
