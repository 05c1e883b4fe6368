//! A file's rows on their way into a ledger, and which of them its sales do not allow.

mod blame;

use std::collections::{BTreeMap, HashMap, HashSet};

use bellwether_domain::{PortfolioId, Transaction, TransactionId};
use bellwether_portfolio::Options;
use bellwether_statements::{Statement, Verdict};
use bellwether_storage::imports::{self, ImportedRow};
use bellwether_storage::ledger::LedgerEntry;
use bellwether_texts::{Sentence, Value};

use self::blame::Blame;
use super::preview::Doubt;
use super::{ImportReport, RejectedRow, stated, words};
use crate::ledger::{Shortage, left_short};
use crate::{Tracker, TrackerError};

/// So often rows are taken out and the rest looked at again.
const MOST_ROUNDS: usize = 12;
/// After so many, all that a file says of the instruments concerned is taken out.
const PATIENT_ROUNDS: usize = 6;

fn of_shortage(short: &Shortage) -> Doubt {
    Doubt { words: short.reason.to_string(), said: short.said.clone() }
}

/// A file's rows on their way into a ledger.
pub(super) struct Candidate {
    pub(super) rows: Vec<ImportedRow>,
    rejected: Vec<RejectedRow>,
    notes: Vec<String>,
    /// The place in the file of the row that each transaction comes from.
    pub(super) places: HashMap<TransactionId, usize>,
    /// What the ledger says of transactions: their rows, whether it is certain, and the words.
    pub(super) doubts: Vec<(usize, bool, Doubt)>,
}

impl Candidate {
    pub(super) fn of(statement: &Statement) -> Self {
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
            let drafts = row.verdict.drafts();
            // The reader accepted it as of today already; what it accepted has no reason to fail here.
            let checked: Result<Vec<Transaction>, _> =
                drafts.iter().map(|draft| draft.check(TransactionId::new(), 0, draft.date)).collect();
            match checked {
                Ok(transactions) => {
                    let line = u32::try_from(row.line).unwrap_or(u32::MAX);
                    for (transaction, fingerprint) in transactions.into_iter().zip(fingerprints) {
                        candidate.places.insert(transaction.id, place);
                        candidate.rows.push(ImportedRow { line, transaction, fingerprint });
                    }
                }
                Err(error) => {
                    let doubt = Doubt { words: error.to_string(), said: words::faulty(&error) };
                    candidate.doubts.push((place, true, doubt));
                    candidate.reject(row.line, None, error.to_string());
                }
            }
        }
        candidate
    }

    fn reject(&mut self, line: usize, column: Option<String>, reason: String) {
        self.rejected.push(RejectedRow { line, column, reason });
    }

    /// Takes out rows with sales of more shares than there are, and rows that would take the shares of sales which the
    /// ledger has already; judged over the ledger as it would become. A row goes with all that it is.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when what the rows need of each other cannot be told apart, and the database's.
    pub(super) async fn check_shares(
        &mut self,
        tracker: &Tracker,
        entries: &[LedgerEntry],
        options: Options,
    ) -> Result<(), TrackerError> {
        let known: HashSet<&str> = entries.iter().map(|entry| entry.fingerprint.as_str()).collect();
        let before: Vec<Transaction> = entries.iter().map(|entry| entry.transaction.clone()).collect();
        let after_all = before.iter().map(|booked| booked.sequence + 1).max().unwrap_or(0);
        for (row, sequence) in self.rows.iter_mut().zip(after_all..) {
            row.transaction.sequence = sequence;
        }
        for round in 0..MOST_ROUNDS {
            let news = || self.rows.iter().filter(|row| !known.contains(row.fingerprint.as_str()));
            let mut after = before.clone();
            after.extend(news().map(|row| row.transaction.clone()));
            let short = tracker.short_sales(before.clone(), after, options).await?;
            if short.new.is_empty() {
                self.note_old(&short.old);
                return Ok(());
            }
            let lines: HashMap<TransactionId, u32> =
                news().map(|row| (row.transaction.id, row.line)).collect();
            let (own, others): (Vec<&Shortage>, Vec<&Shortage>) =
                short.new.iter().partition(|short| lines.contains_key(&short.transaction));
            let (excused, robbed): (Vec<&Shortage>, Vec<&Shortage>) =
                others.into_iter().partition(|short| tracker.may_yet_be_split(short));
            let blame = Blame::new(&before, news().map(|row| &row.transaction), &own);
            let mut out: BTreeMap<usize, BTreeMap<String, Doubt>> = BTreeMap::new();
            let mut take_out = |transaction: TransactionId, doubt: Doubt| {
                if let Some(place) = self.places.get(&transaction) {
                    out.entry(*place).or_default().insert(doubt.words.clone(), doubt);
                }
            };
            for (transaction, doubt) in blame.of(&robbed, round >= PATIENT_ROUNDS) {
                take_out(transaction, doubt);
            }
            // What comes after a sale that lost its shares may have its own once that has them again.
            for short in
                own.iter().filter(|short| short.may_be_split.is_none() && !blame.waits(short, &robbed))
            {
                take_out(short.transaction, of_shortage(short));
            }
            if !out.is_empty() {
                self.take_out(out);
                continue;
            }
            // Nothing of the file is to blame.
            if let Some(refused) = left_short(&robbed) {
                return Err(refused);
            }
            let taking = blame.of(&excused, false);
            let doubted = own.iter().map(|short| (short.transaction, of_shortage(short))).chain(taking);
            let doubted: Vec<(TransactionId, Doubt)> = doubted.collect();
            for (transaction, doubt) in doubted {
                let (Some(line), Some(place)) = (lines.get(&transaction), self.places.get(&transaction))
                else {
                    continue;
                };
                let note = Sentence::new("imports.report.doubtful")
                    .with("line", Value::exact(*line))
                    .with("doubt", doubt.words.as_str());
                self.notes.push(note.to_string());
                self.doubts.push((*place, false, doubt));
            }
            self.note_old(&short.old);
            return Ok(());
        }
        Err(TrackerError::conflict(Sentence::new("refused.in_parts")))
    }

    fn note_old(&mut self, short: &[Shortage]) {
        let words = short.iter().map(|short| {
            Sentence::new("imports.report.attention").with("fault", short.reason.clone()).to_string()
        });
        self.notes.extend(words);
        self.rejected.sort_by_key(|row| row.line);
    }

    /// Takes rows out, by their places, for these reasons.
    fn take_out(&mut self, out: BTreeMap<usize, BTreeMap<String, Doubt>>) {
        let mut lines: HashMap<usize, u32> = HashMap::new();
        self.rows.retain(|row| {
            match self.places.get(&row.transaction.id).filter(|place| out.contains_key(place)) {
                Some(place) => {
                    lines.insert(*place, row.line);
                    false
                }
                None => true,
            }
        });
        for (place, reasons) in out {
            for doubt in reasons.into_values() {
                if let Some(line) = lines.get(&place) {
                    self.reject(*line as usize, None, doubt.words.clone());
                }
                self.doubts.push((place, true, doubt));
            }
        }
    }

    pub(super) fn report(&self, portfolio: Option<PortfolioId>, portfolio_name: String) -> ImportReport {
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

    pub(super) fn stored_rejects(&self, statement: &Statement) -> Vec<imports::RejectedRow> {
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
