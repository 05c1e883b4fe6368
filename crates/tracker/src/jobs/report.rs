//! Reports for a tax return or a folder, made in the background and kept as a file for a while.

mod performance;
mod tax_year;

pub(crate) use tax_year::{csv as tax_year_csv, year_of};

use async_trait::async_trait;
use bellwether_domain::{Portfolio, PortfolioId};
use bellwether_portfolio::{Books, LedgerError, Market, Options};
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, JobId, NewJob, Priority, Progress};
use bellwether_storage::job_files::{self, JobFile};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::failed;
use crate::compute::replay;
use crate::{Tracker, TrackerError};

pub(super) const KIND: &str = "report";

/// A report that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "report", deny_unknown_fields)]
pub enum WantedReport {
    /// Every lot that was sold in a calendar year, with its gain, as CSV.
    TaxYear {
        /// Which.
        year: i32,
    },
    /// What came of the portfolio in a period, as JSON.
    Performance {
        /// The day at whose close it begins.
        from: NaiveDate,
        /// Its last day.
        to: NaiveDate,
    },
}

impl WantedReport {
    /// What is wrong with it, in a sentence.
    fn check(self) -> Result<(), TrackerError> {
        match self {
            Self::TaxYear { year } => tax_year::year_of(year).map(drop),
            Self::Performance { from, to } => performance::period_of(from, to).map(drop),
        }
    }

    /// The last day that it looks at.
    fn until(self, today: NaiveDate) -> Result<NaiveDate, TrackerError> {
        let last = match self {
            Self::TaxYear { year } => tax_year::year_of(year)?.to,
            Self::Performance { to, .. } => to,
        };
        Ok(last.min(today))
    }
}

#[derive(Serialize, Deserialize)]
struct Payload {
    portfolio: PortfolioId,
    wanted: WantedReport,
}

pub(super) struct Handler(pub(super) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let Payload { portfolio, wanted } = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        let theirs = self.0.of_portfolio(portfolio).await.map_err(failed)?;
        let file = theirs.report(portfolio, wanted).await.map_err(failed)?;
        let (id, now, name) = (job.id.uuid(), self.0.clock().now(), file.name.clone());
        let keep = self.0.storage().write(move |connection| {
            // A crash after this and before the end of the job makes it anew.
            job_files::remove(connection, id)?;
            job_files::put(connection, id, &file, now)
        });
        keep.await.map_err(|error| failed(error.into()))?;
        context.report(Progress::of(1, 1).note(name));
        Ok(())
    }
}

impl Tracker {
    /// Has a report made by a worker; the file is the job's result.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] when there can be no such
    /// report, and the queue's.
    pub async fn request_report(&self, id: PortfolioId, wanted: WantedReport) -> Result<JobId, TrackerError> {
        wanted.check()?;
        self.portfolio(id).await?;
        let payload = serde_json::json!(Payload { portfolio: id, wanted });
        let key = match wanted {
            WantedReport::TaxYear { year } => format!("{KIND}:{id}:tax-year:{year}"),
            WantedReport::Performance { from, to } => format!("{KIND}:{id}:performance:{from}:{to}"),
        };
        let job = NewJob::new(KIND, key).payload(payload).priority(Priority::NORMAL);
        Ok(self.queue().enqueue(&job).await?.id())
    }

    async fn report(&self, id: PortfolioId, wanted: WantedReport) -> Result<JobFile, TrackerError> {
        let portfolio = self.portfolio(id).await?;
        let until = wanted.until(self.today())?;
        let transactions = self.ledger(id).await?;
        let market = self.stored_market(&portfolio, &transactions, &[], until).await?;
        let make = move || {
            let books = replay(&transactions, &market.market, Options::of(&portfolio), until).map_err(
                |fault: LedgerError| {
                    TrackerError::refused(format!("The ledger contradicts itself: {fault}."))
                },
            )?;
            file_of(wanted, &portfolio, &books, &market.market)
        };
        self.compute(make).await
    }
}

fn file_of(
    wanted: WantedReport,
    portfolio: &Portfolio,
    books: &Books,
    market: &Market,
) -> Result<JobFile, TrackerError> {
    let (name, media_type, content) = match wanted {
        WantedReport::TaxYear { year } => {
            (format!("tax-year-{year}.csv"), "text/csv; charset=utf-8", tax_year::csv(books, year)?)
        }
        WantedReport::Performance { from, to } => {
            let told = performance::json(portfolio, books, market, from, to)?;
            (format!("performance-{from}-{to}.json"), "application/json", format!("{told:#}\n"))
        }
    };
    Ok(JobFile { name, media_type: media_type.to_owned(), content: content.into_bytes() })
}
