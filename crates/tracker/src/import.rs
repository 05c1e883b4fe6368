//! Files of transactions into a ledger: all good rows or, when anything breaks, none.

mod choices;
mod commit;
mod draft;
mod mappings;
mod preview;
mod proposals;
mod reconciliation;
mod stated;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use bellwether_domain::{
    Currency, Exchange, ImportId, Portfolio, PortfolioId, TransactionDraft, TransactionId, UserId,
};
use bellwether_portfolio::Options;
use bellwether_statements::{ReadOptions, Statement, Twins, Verdict, read_transactions};
use bellwether_storage::imports::{self, ImportHeader, ImportedRow, NewImport};
use bellwether_storage::portfolios::{self, PortfolioSettings};
use bellwether_storage::{AnyConnection, StorageError, ledger};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::jobs::JobOfImport;
use crate::ledger::Shortage;
use crate::notifications::{self, Happening, Named};
use crate::{Tracker, TrackerError};

pub use choices::{Choices, DraftChange};
pub use commit::{DraftOutcome, ImportRecord};
pub use draft::Draft;
pub(crate) use draft::kept_name;
pub use mappings::Mapping;
pub(crate) use preview::Previews;
pub use preview::{AskedInstrument, Preview, PreviewCounts, PreviewReason, PreviewRow, RowStatus};
pub use proposals::Proposal;
pub use reconciliation::{Compared, Reconciliation, ReconciliationLine};

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
        let user = self.user();
        let portfolio = self.target(&target).await?;
        let base = match (&portfolio, &target) {
            (Some(portfolio), _) => portfolio.base_currency,
            (None, ImportTarget::Named(settings)) => settings.base_currency,
            (None, ImportTarget::Portfolio(_)) => {
                return Err(TrackerError::NotFound("such portfolio".to_owned()));
            }
        };
        let today = self.today();
        let options = ReadOptions::new(file.currency.unwrap_or(base), today);
        let bytes = file.bytes;
        let (statement, mut candidate, sha256) = self
            .compute(move || {
                let sha256: [u8; 32] = Sha256::digest(&bytes).into();
                let statement = read_transactions(&bytes, &options)?;
                let candidate = Candidate::of(&statement);
                Ok::<_, TrackerError>((statement, candidate, sha256))
            })
            .await?;

        let rows = statement.rows.len();
        let reached = |step, note| of.as_ref().map_or(Ok(()), |of| of.reached(step, rows, note));
        reached(1, "looking for sales without shares")?;
        candidate.check_shares(self, portfolio.as_ref(), base).await?;
        reached(2, "writing into the ledger")?;
        let name = match (&portfolio, &target) {
            (Some(portfolio), _) => portfolio.name.clone(),
            (None, ImportTarget::Named(settings)) => settings.name.clone(),
            (None, ImportTarget::Portfolio(_)) => String::new(),
        };
        let mut report = candidate.report(portfolio.as_ref().map(|portfolio| portfolio.id), name);
        if dry_run {
            let known = match &portfolio {
                Some(portfolio) => self.storage().fingerprints(user, portfolio.id).await?,
                None => HashSet::new(),
            };
            report.count_known(candidate.rows.iter().filter(|row| known.contains(&row.fingerprint)).count());
            return Ok(report);
        }

        let header = ImportHeader {
            file_name: kept_name(&file.name),
            format: statement.format.as_str().to_owned(),
            sha256,
        };
        let now = self.clock().now();
        let outcome = self
            .storage()
            .write(move |connection| {
                let stored_rejects = candidate.stored_rejects(&statement);
                let mut rows = candidate.rows;
                let id = ensure(connection, user, &target, now)?;
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
                Ok((id, report, !outcome.inserted.is_empty(), told))
            })
            .await?;
        let (id, report, changed, told) = outcome;
        self.tell_pages(told.into_iter().collect());
        if changed {
            self.ledger_changed(id).await;
        }
        Ok(report)
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
                .map_err(|error| TrackerError::Refused(format!("transaction {}: {error}", index + 1)))?;
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

/// The portfolio's identifier, in the transaction that imports into it.
fn ensure(
    connection: &mut AnyConnection,
    user: UserId,
    target: &ImportTarget,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<PortfolioId, StorageError> {
    match target {
        ImportTarget::Portfolio(id) => Ok(*id),
        ImportTarget::Named(settings) => match portfolios::find_by_name(connection, user, &settings.name) {
            Ok(portfolio) => Ok(portfolio.id),
            Err(error) if error.is_not_found() => {
                portfolios::create(connection, user, settings, now).map(|portfolio| portfolio.id)
            }
            Err(error) => Err(error),
        },
    }
}

/// A file's rows on their way into a ledger.
struct Candidate {
    rows: Vec<ImportedRow>,
    rejected: Vec<RejectedRow>,
    notes: Vec<String>,
    /// The place in the file of the row that each transaction comes from.
    places: HashMap<TransactionId, usize>,
    /// What the ledger says of transactions: their rows, whether it is certain, and the words.
    doubts: Vec<(usize, bool, String)>,
}

impl Candidate {
    fn of(statement: &Statement) -> Self {
        let fingerprints = bellwether_statements::number_twins(&statement.rows);
        let mut candidate = Self {
            rows: Vec::with_capacity(statement.rows.len()),
            rejected: Vec::new(),
            notes: statement.notes.iter().map(ToString::to_string).collect(),
            places: HashMap::with_capacity(statement.rows.len()),
            doubts: Vec::new(),
        };
        let mut rows: Vec<_> = statement.rows.iter().enumerate().zip(fingerprints).collect();
        if statement.newest_first() {
            // The ledger's order within a day is that of its rows.
            rows.reverse();
        }
        for ((place, row), fingerprints) in rows {
            if let Verdict::Rejected(problems) = &row.verdict {
                for problem in problems {
                    candidate.reject(row.line, problem.column.clone(), problem.reason.to_string());
                }
            }
            for (draft, fingerprint) in row.verdict.drafts().iter().zip(fingerprints) {
                // The reader accepted it as of today already; what it accepted has no reason to fail here.
                match draft.check(TransactionId::new(), 0, draft.date) {
                    Ok(transaction) => {
                        candidate.places.insert(transaction.id, place);
                        candidate.rows.push(ImportedRow {
                            line: u32::try_from(row.line).unwrap_or(u32::MAX),
                            transaction,
                            fingerprint,
                        });
                    }
                    Err(error) => {
                        candidate.doubts.push((place, true, error.to_string()));
                        candidate.reject(row.line, None, error.to_string());
                    }
                }
            }
        }
        candidate
    }

    fn reject(&mut self, line: usize, column: Option<String>, reason: String) {
        self.rejected.push(RejectedRow { line, column, reason });
    }

    /// Takes out sales of more shares than there are, judged over the ledger as it would become.
    async fn check_shares(
        &mut self,
        tracker: &Tracker,
        portfolio: Option<&Portfolio>,
        base: Currency,
    ) -> Result<(), TrackerError> {
        let (existing, known) = match portfolio {
            Some(portfolio) => (
                tracker.ledger(portfolio.id).await?,
                tracker.storage().fingerprints(tracker.user(), portfolio.id).await?,
            ),
            None => (Vec::new(), HashSet::new()),
        };
        let after_existing = existing.iter().map(|booked| booked.sequence + 1).max().unwrap_or(0);
        let mut all = existing;
        let mut lines = HashMap::new();
        for (row, sequence) in self.rows.iter_mut().zip(after_existing..) {
            row.transaction.sequence = sequence;
            if !known.contains(&row.fingerprint) {
                lines.insert(row.transaction.id, row.line);
                all.push(row.transaction.clone());
            }
        }
        let options =
            portfolio.map_or(Options::new(base), |portfolio| Options { base, ..Options::of(portfolio) });
        let mut taken_out = HashSet::new();
        for Shortage { transaction, may_be_split, words } in tracker.shortages(all, options).await? {
            let certain = may_be_split.is_none();
            if let Some(place) = self.places.get(&transaction).filter(|_| lines.contains_key(&transaction)) {
                self.doubts.push((*place, certain, words.clone()));
            }
            match lines.get(&transaction) {
                Some(line) if certain => {
                    taken_out.insert(transaction);
                    self.reject(*line as usize, None, words);
                }
                Some(line) => self.notes.push(format!(
                    "Line {line} was kept but needs attention: {words}. Splits may be missing; prices bring them along."
                )),
                None => self.notes.push(format!("The ledger needs attention: {words}.")),
            }
        }
        self.rows.retain(|row| !taken_out.contains(&row.transaction.id));
        self.rejected.sort_by_key(|row| row.line);
        Ok(())
    }

    fn report(&self, portfolio: Option<PortfolioId>, portfolio_name: String) -> ImportReport {
        let lines: HashSet<usize> = self.rejected.iter().map(|row| row.line).collect();
        ImportReport {
            portfolio,
            portfolio_name,
            imported: self.rows.len(),
            already_there: 0,
            rejected: self.rejected.clone(),
            rejected_rows: lines.len(),
            notes: self.notes.clone(),
        }
    }

    fn stored_rejects(&self, statement: &Statement) -> Vec<imports::RejectedRow> {
        let content = |line: usize| {
            let at = statement.rows.partition_point(|row| row.line < line);
            let row = statement.rows.get(at).filter(|row| row.line == line);
            row.map(|row| stated::line_of(statement, row)).unwrap_or_default()
        };
        self.rejected
            .iter()
            .map(|row| imports::RejectedRow {
                line: u32::try_from(row.line).unwrap_or(u32::MAX),
                content: content(row.line),
                reason: row
                    .column
                    .as_ref()
                    .map_or_else(|| row.reason.clone(), |c| format!("{c}: {}", row.reason)),
            })
            .collect()
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
