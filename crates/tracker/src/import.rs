//! Files of transactions into a ledger: all good rows or, when anything breaks, none.

mod candidate;
mod choices;
mod commit;
mod draft;
mod mappings;
mod preview;
mod proposals;
mod reconciliation;
mod stated;
mod words;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use bellwether_domain::{
    Currency, Exchange, ImportId, Portfolio, PortfolioId, TransactionDraft, TransactionId, UserId,
};
use bellwether_portfolio::Options;
use bellwether_statements::{ReadOptions, Twins, read_transactions};
use bellwether_storage::imports::{self, ImportHeader, ImportedRow, NewImport};
use bellwether_storage::portfolios::{self, PortfolioSettings};
use bellwether_storage::{AnyConnection, StorageError, ledger};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::jobs::JobOfImport;
use crate::ledger::{TRIES, kept_changing};
use crate::notifications::{self, Happening, Named};
use crate::{Tracker, TrackerError};

use candidate::Candidate;
pub use choices::{Choices, DraftChange};
pub use commit::{DraftOutcome, ImportRecord};
pub use draft::Draft;
pub(crate) use draft::kept_name;
pub use mappings::Mapping;
pub(crate) use preview::Previews;
pub use preview::{AskedInstrument, Preview, PreviewCounts, PreviewReason, PreviewRow, RowStatus};
pub use proposals::Proposal;
pub use reconciliation::{Compared, Reconciliation, ReconciliationLine};
pub(crate) use words::{faulty, phrase};
pub use words::{kind_words, unreadable};

/// Where a file goes.
#[derive(Debug, Clone)]
pub enum ImportTarget {
    /// Into this portfolio.
    Portfolio(PortfolioId),
    /// Into the portfolio of that name, which is created with these settings when there is none.
    Named(PortfolioSettings),
}

/// A file of transactions.
#[derive(Debug, Clone)]
pub struct ImportFile {
    /// Its name, for the records.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The currency of rows that name none; the portfolio's when `None`.
    pub currency: Option<Currency>,
}

/// A row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The line in the file, from 1.
    pub line: usize,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The portfolio; `None` when a trial run found none of that name.
    pub portfolio: Option<PortfolioId>,
    /// Its name.
    pub portfolio_name: String,
    /// Rows that became transactions, or would.
    pub imported: usize,
    /// Rows that the ledger has already.
    pub already_there: usize,
    /// Rows that were not imported, with every reason; a row with two faults is here twice.
    pub rejected: Vec<RejectedRow>,
    /// How many rows that is.
    pub rejected_rows: usize,
    /// What had to be assumed, and what the owner should look at.
    pub notes: Vec<String>,
}

impl ImportReport {
    /// What happened, in a sentence.
    pub fn sentence(&self, dry_run: bool) -> String {
        let verb = if dry_run { "would be imported" } else { "imported" };
        let mut sentence =
            format!("{} {verb} into {}", counted(self.imported, "transaction"), self.portfolio_name);
        if self.already_there > 0 {
            // Writing to a String cannot fail, here and below.
            let _ = write!(sentence, ", {} known already", self.already_there);
        }
        if self.rejected_rows > 0 {
            let _ = write!(sentence, ", {} rejected", counted(self.rejected_rows, "row"));
        }
        sentence.push('.');
        sentence
    }
}

pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl Tracker {
    /// Imports a file in one database transaction; with `dry_run`, says what that would do.
    ///
    /// Rows that cannot be used are reported and left out. Rows that the ledger has already change nothing. A sale of
    /// more shares than there are is rejected, unless splits of its instrument may be missing: then it is kept and
    /// noted. New instruments get their prices in the background.
    ///
    /// # Errors
    /// [`TrackerError::File`] when the file gives no rows at all, [`TrackerError::NotFound`] when there is no such
    /// portfolio, and the database's; nothing is changed then.
    pub async fn import(
        &self,
        target: ImportTarget,
        file: ImportFile,
        dry_run: bool,
    ) -> Result<ImportReport, TrackerError> {
        self.import_for(target, file, dry_run, None).await
    }

    /// The same for a kept file: it goes, and the report is kept in its place, in the transaction that brings its
    /// rows. When somebody else was there before, nothing is changed.
    pub(crate) async fn import_of_job(
        &self,
        target: ImportTarget,
        file: ImportFile,
        of: JobOfImport,
    ) -> Result<ImportReport, TrackerError> {
        self.import_for(target, file, false, Some(of)).await
    }

    async fn import_for(
        &self,
        target: ImportTarget,
        file: ImportFile,
        dry_run: bool,
        of: Option<JobOfImport>,
    ) -> Result<ImportReport, TrackerError> {
        let (file, of) = (Arc::new(file), of.map(Arc::new));
        for _ in 0..TRIES {
            if let Some(report) = self.import_once(&target, &file, dry_run, of.as_ref()).await? {
                return Ok(report);
            }
        }
        Err(kept_changing())
    }

    /// The same where nobody changes the ledger between its reading and the writing; otherwise nothing is changed, and
    /// the answer is `None`.
    async fn import_once(
        &self,
        target: &ImportTarget,
        file: &Arc<ImportFile>,
        dry_run: bool,
        of: Option<&Arc<JobOfImport>>,
    ) -> Result<Option<ImportReport>, TrackerError> {
        let user = self.user();
        let seen = match self.target(target).await? {
            Some(portfolio) => Some(self.ledger_seen(portfolio.id).await?),
            None => None,
        };
        let (base, name) = match (&seen, target) {
            (Some(seen), _) => (seen.portfolio.base_currency, seen.portfolio.name.clone()),
            (None, ImportTarget::Named(settings)) => (settings.base_currency, settings.name.clone()),
            (None, ImportTarget::Portfolio(_)) => {
                return Err(TrackerError::NotFound("such portfolio".to_owned()));
            }
        };
        let read = ReadOptions::new(file.currency.unwrap_or(base), self.today());
        let content = Arc::clone(file);
        let (statement, mut candidate, sha256) = self
            .compute(move || {
                let sha256: [u8; 32] = Sha256::digest(&content.bytes).into();
                let statement = read_transactions(&content.bytes, &read)?;
                let candidate = Candidate::of(&statement);
                Ok::<_, TrackerError>((statement, candidate, sha256))
            })
            .await?;

        let rows = statement.rows.len();
        let reached = |step, note| of.map_or(Ok(()), |of| of.reached(step, rows, note));
        reached(1, "looking for sales without shares")?;
        let options = seen.as_ref().map_or(Options::new(base), |seen| Options::of(&seen.portfolio));
        let entries = seen.as_ref().map_or(&[][..], |seen| &seen.entries);
        candidate.check_shares(self, entries, options).await?;
        reached(2, "writing into the ledger")?;
        let judged_over = seen.as_ref().map(|seen| (seen.portfolio.id, seen.version));
        let mut report = candidate.report(judged_over.map(|(id, _)| id), name);
        if dry_run {
            let known: HashSet<&str> = entries.iter().map(|entry| entry.fingerprint.as_str()).collect();
            let already_there = candidate.rows.iter().filter(|row| known.contains(row.fingerprint.as_str()));
            report.count_known(already_there.count());
            return Ok(Some(report));
        }

        let header = ImportHeader {
            file_name: kept_name(&file.name),
            format: statement.format.as_str().to_owned(),
            sha256,
        };
        let (now, target, of) = (self.clock().now(), target.clone(), of.map(Arc::clone));
        let outcome = self
            .storage()
            .write(move |connection| {
                let found = found(connection, user, &target)?;
                let held =
                    found.map(|id| Ok::<_, StorageError>((id, portfolios::lock(connection, user, id)?)));
                if held.transpose()? != judged_over {
                    return Ok(None);
                }
                let id = match (found, &target) {
                    (Some(id), _) => id,
                    (None, ImportTarget::Portfolio(id)) => *id,
                    (None, ImportTarget::Named(settings)) => {
                        portfolios::create(connection, user, settings, now)?.id
                    }
                };
                let stored_rejects = candidate.stored_rejects(&statement);
                let mut rows = candidate.rows;
                let first = ledger::next_sequence(connection, user, id)?;
                for (row, sequence) in rows.iter_mut().zip(first..) {
                    row.transaction.sequence = sequence;
                }
                let new = NewImport { id: ImportId::new(), stated: stated::of(&statement) };
                let outcome =
                    imports::commit_as(connection, user, id, new, &header, &rows, &stored_rejects, now)?;
                report.portfolio = Some(id);
                report.count_known(outcome.already_there.len());
                if let Some(of) = of {
                    of.conclude(connection, &report, now)?;
                }
                let finished = Happening::ImportFinished {
                    portfolio: Named { id, name: report.portfolio_name.clone() },
                    file: header.file_name,
                    outcome: report.sentence(false),
                    at: now,
                };
                let told = notifications::tell(connection, user, &finished, now)?;
                Ok(Some((id, report, !outcome.inserted.is_empty(), told)))
            })
            .await?;
        let Some((id, report, changed, told)) = outcome else { return Ok(None) };
        self.tell_pages(told.into_iter().collect());
        if changed {
            self.ledger_changed(id).await;
        }
        Ok(Some(report))
    }

    /// Adds transactions that a program made, such as the demonstration's. All of them or none.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] when one of them is no transaction, and the database's.
    pub async fn record(
        &self,
        portfolio: PortfolioId,
        origin: &str,
        drafts: Vec<TransactionDraft>,
    ) -> Result<usize, TrackerError> {
        let (user, now, today) = (self.user(), self.clock().now(), self.today());
        let mut twins = Twins::default();
        let mut rows = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.iter().enumerate() {
            let transaction = draft
                .check(TransactionId::new(), 0, today)
                .map_err(|error| TrackerError::refused(format!("transaction {}: {error}", index + 1)))?;
            rows.push(ImportedRow {
                line: u32::try_from(index + 1).unwrap_or(u32::MAX),
                transaction,
                fingerprint: twins.fingerprint(draft),
            });
        }
        let header =
            ImportHeader { file_name: origin.to_owned(), format: origin.to_owned(), sha256: [0; 32] };
        let outcome = self
            .storage()
            .write(move |connection| {
                let first = ledger::next_sequence(connection, user, portfolio)?;
                for (row, sequence) in rows.iter_mut().zip(first..) {
                    row.transaction.sequence = sequence;
                }
                imports::commit(connection, user, portfolio, &header, &rows, &[], now)
            })
            .await?;
        Ok(outcome.inserted.len())
    }

    async fn target(&self, target: &ImportTarget) -> Result<Option<Portfolio>, TrackerError> {
        match target {
            ImportTarget::Portfolio(id) => self.portfolio(*id).await.map(Some),
            ImportTarget::Named(settings) => match self.portfolio_named(&settings.name).await {
                Ok(portfolio) => Ok(Some(portfolio)),
                Err(TrackerError::NotFound(_)) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }
}

/// The portfolio that a file goes into, where there is one.
fn found(
    connection: &mut AnyConnection,
    user: UserId,
    target: &ImportTarget,
) -> Result<Option<PortfolioId>, StorageError> {
    match target {
        ImportTarget::Portfolio(id) => Ok(Some(*id)),
        ImportTarget::Named(settings) => match portfolios::find_by_name(connection, user, &settings.name) {
            Ok(portfolio) => Ok(Some(portfolio.id)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        },
    }
}

impl ImportReport {
    fn count_known(&mut self, known: usize) {
        self.already_there = known;
        self.imported -= known.min(self.imported);
    }
}

/// Today at the exchange that decides when a day begins here.
pub(crate) const HOME_EXCHANGE: Exchange = Exchange::NewYork;
