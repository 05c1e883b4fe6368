//! A draft into the ledger, all of its good rows or none; and what came of files before.

use std::fmt::Write as _;

use bellwether_domain::{ImportId, PortfolioId};
use bellwether_portfolio::Options;
use bellwether_storage::imports::{self, ImportHeader, NewImport, RejectedRow};
use bellwether_storage::{AnyConnection, StorageError, import_drafts, ledger, portfolios};
use bellwether_texts::Sentence;

pub use bellwether_storage::imports::ImportRecord;

use super::ImportReport;
use super::draft::{changed_meanwhile, no_such_import};
use super::preview::Judged;
use super::stated::Stated;
use crate::ledger::{TRIES, kept_changing, left_short};
use crate::notifications::{self, Happening, Named};
use crate::{Tracker, TrackerError};

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftOutcome {
    /// The import; `None` when there was nothing new in the file. Then nothing was changed, and the draft is still there.
    pub import: Option<ImportRecord>,
    /// What became of the rows.
    pub report: ImportReport,
}

enum Attempt {
    Committed(Option<notifications::Message>),
    NothingNew,
    /// The ledger is no longer what the rows were judged over.
    LedgerChanged,
    DraftChanged,
}

impl Tracker {
    /// Brings the good rows of a draft, of the version `expected` where given, into the ledger in one database transaction.
    /// They are judged anew over the ledger as it is then.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such draft, [`TrackerError::Conflict`] when it needs a mapping, was changed
    /// meanwhile or is in the ledger already, [`TrackerError::File`] when the file gives no rows; nothing is changed then.
    pub async fn commit_draft(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
        expected: Option<i64>,
    ) -> Result<DraftOutcome, TrackerError> {
        let tracker = self.clone();
        // Whoever asked may be gone before it ends.
        let carried_out = tokio::spawn(async move { tracker.bring_in(portfolio, id, expected).await });
        match carried_out.await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_cancelled) => Err(TrackerError::conflict(Sentence::new("refused.stopping"))),
            },
        }
    }

    async fn bring_in(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
        expected: Option<i64>,
    ) -> Result<DraftOutcome, TrackerError> {
        let name = self.portfolio(portfolio).await?.name;
        for _ in 0..TRIES {
            let (draft, content) = match self.draft_with_file(portfolio, id).await {
                Err(TrackerError::NotFound(_)) if self.import_record(portfolio, id).await.is_ok() => {
                    return Err(TrackerError::conflict(Sentence::new("refused.imported_already")));
                }
                found => found?,
            };
            if expected.is_some_and(|expected| expected != draft.version) {
                return Err(changed_meanwhile());
            }
            if draft.choices.need_mapping() {
                return Err(TrackerError::conflict(Sentence::new("refused.form_unknown")));
            }
            let Judged { preview, candidate } = self.judge(&draft, content).await?;
            let mut report = candidate.report(Some(portfolio), name.clone());
            report.rejected_rows = preview.counts.error;
            report.count_known(candidate.rows.len() - preview.transactions);
            let (user, now) = (self.user(), self.clock().now());
            let told_of = report.clone();
            let attempt = self
                .storage()
                .write(move |connection| {
                    if portfolios::lock(connection, user, portfolio)? != preview.ledger_version {
                        return Ok(Attempt::LedgerChanged);
                    }
                    match import_drafts::find(connection, user, portfolio, id, now) {
                        Ok(stored) if stored.version == draft.version => {}
                        Ok(_) => return Ok(Attempt::DraftChanged),
                        Err(error) if error.is_not_found() => return Ok(Attempt::DraftChanged),
                        Err(error) => return Err(error),
                    }
                    let header = ImportHeader {
                        file_name: draft.file_name.clone(),
                        format: preview.format_word().to_owned(),
                        sha256: draft.sha256,
                    };
                    let mut rows = candidate.rows;
                    let first = ledger::next_sequence(connection, user, portfolio)?;
                    for (row, sequence) in rows.iter_mut().zip(first..) {
                        row.transaction.sequence = sequence;
                    }
                    let rejects: Vec<RejectedRow> = preview.rejects().map(stored_reject).collect();
                    let stated = serde_json::to_string(&preview.stated())
                        .map_err(|error| StorageError::Refused(error.to_string()))?;
                    let new = NewImport { id, stated: Some(stated) };
                    let outcome =
                        imports::commit_as(connection, user, portfolio, new, &header, &rows, &rejects, now)?;
                    if outcome.import.is_none() {
                        return Ok(Attempt::NothingNew);
                    }
                    import_drafts::remove(connection, user, portfolio, id, None)?;
                    let finished = Happening::ImportFinished {
                        portfolio: Named { id: portfolio, name: told_of.portfolio_name.clone() },
                        file: header.file_name,
                        outcome: told_of.sentence(false),
                        at: now,
                    };
                    Ok(Attempt::Committed(notifications::tell(connection, user, &finished, now)?))
                })
                .await?;
            match attempt {
                Attempt::Committed(told) => {
                    self.previews().forget(id);
                    self.tell_pages(told.into_iter().collect());
                    self.ledger_changed(portfolio).await;
                    return Ok(DraftOutcome {
                        import: Some(self.import_record(portfolio, id).await?),
                        report,
                    });
                }
                Attempt::NothingNew => return Ok(DraftOutcome { import: None, report }),
                Attempt::DraftChanged => return Err(changed_meanwhile()),
                Attempt::LedgerChanged => {}
            }
        }
        Err(kept_changing())
    }

    /// The imports into a portfolio, newest first, undone ones too.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio.
    pub async fn imports(&self, portfolio: PortfolioId) -> Result<Vec<ImportRecord>, TrackerError> {
        self.portfolio(portfolio).await?;
        Ok(self.storage().imports(self.user(), portfolio).await?)
    }

    /// One import.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none.
    pub async fn import_record(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<ImportRecord, TrackerError> {
        Ok(self.import_with_statement(portfolio, id).await?.0)
    }

    /// One import with what its file stated, as far as that was kept.
    pub(super) async fn import_with_statement(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<(ImportRecord, Stated), TrackerError> {
        let user = self.user();
        let read = move |connection: &mut AnyConnection| imports::one(connection, user, portfolio, id);
        let (record, stated) = self.storage().snapshot(read).await.map_err(no_such_import)?;
        let stated = stated.and_then(|stated| serde_json::from_str(&stated).ok()).unwrap_or_default();
        Ok((record, stated))
    }

    /// Takes an import back: what is left of its transactions goes, edited ones included.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such import, [`TrackerError::Conflict`] when it was undone before, or
    /// later transactions would be left without shares.
    pub async fn undo_import(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<ImportRecord, TrackerError> {
        if self.draft(portfolio, id).await.is_ok() {
            return Err(TrackerError::conflict(Sentence::new("refused.not_imported")));
        }
        for _ in 0..TRIES {
            let seen = self.ledger_seen(portfolio).await?;
            let kept = seen.entries.iter().filter(|entry| entry.import != Some(id));
            let after: Vec<_> = kept.map(|entry| entry.transaction.clone()).collect();
            if after.len() < seen.entries.len() {
                let options = Options::of(&seen.portfolio);
                let short = self.short_sales(seen.transactions(), after, options).await?.new;
                let left: Vec<_> = short.iter().filter(|short| !self.may_yet_be_split(short)).collect();
                if let Some(refused) = left_short(&left) {
                    return Err(refused);
                }
            }
            let (user, now) = (self.user(), self.clock().now());
            let undone = self.storage().write(move |connection| {
                imports::undo_as_of(connection, user, portfolio, id, seen.version, now)
            });
            match undone.await {
                Ok(Some(_)) => {
                    self.ledger_changed(portfolio).await;
                    return self.import_record(portfolio, id).await;
                }
                // Somebody else was faster: what was checked is checked again over their ledger.
                Ok(None) => {}
                Err(StorageError::Refused(_)) => {
                    return Err(TrackerError::conflict(Sentence::new("refused.undone_already")));
                }
                Err(error) => return Err(no_such_import(error)),
            }
        }
        Err(kept_changing())
    }

    /// The rows of a draft or an import that could not be used, as CSV in UTF-8 with a byte order mark, each with everything
    /// that is wrong about it in a last column. Corrected, it can be imported.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is neither.
    pub async fn import_rejects(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<Vec<u8>, TrackerError> {
        match self.preview(portfolio, id).await {
            Ok(Some(preview)) => Ok(self
                .compute(move || {
                    let rows = preview.rejects().map(|(_, content, reason)| (content, reason));
                    rejects_file(&preview.stated().header, rows)
                })
                .await),
            Ok(None) => Ok(rejects_file("", std::iter::empty())),
            Err(TrackerError::NotFound(_)) => {
                let (_, stated) = self.import_with_statement(portfolio, id).await?;
                let rows = self.storage().import_rejects(self.user(), portfolio, id).await?;
                let mut by_row: Vec<(u32, String, String)> = Vec::with_capacity(rows.len());
                for row in rows {
                    match by_row
                        .last_mut()
                        .filter(|(line, content, _)| *line == row.line && *content == row.content)
                    {
                        // Writing to a String cannot fail.
                        Some((_, _, reasons)) => drop(write!(reasons, "; {}", row.reason)),
                        None => by_row.push((row.line, row.content, row.reason)),
                    }
                }
                let rows = by_row.into_iter().map(|(_, content, reason)| (content, reason));
                Ok(rejects_file(&stated.header, rows))
            }
            Err(error) => Err(error),
        }
    }
}

fn stored_reject((line, content, reason): (usize, String, String)) -> RejectedRow {
    RejectedRow { line: u32::try_from(line).unwrap_or(u32::MAX), content, reason }
}

fn rejects_file(header: &str, rows: impl Iterator<Item = (String, String)>) -> Vec<u8> {
    let mut csv = String::from("\u{feff}");
    let mut add = |content: &str, last: &str| {
        csv.push_str(content);
        if !content.is_empty() {
            csv.push(',');
        }
        csv.push_str(&bellwether_statements::csv_line(std::iter::once(last), 1));
        csv.push_str("\r\n");
    };
    add(header, "Reason");
    for (content, reason) in rows {
        add(&content, &reason);
    }
    csv.into_bytes()
}
