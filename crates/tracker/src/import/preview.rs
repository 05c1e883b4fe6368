//! What a file would do to the ledger, row by row, before anything is written.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_domain::{
    ImportId, Portfolio, PortfolioId, Symbol, Transaction, TransactionDraft, TransactionKind,
};
use bellwether_portfolio::Options;
use bellwether_statements::{Reason, Statement, Verdict, read_transactions};
use bellwether_storage::ledger::LedgerEntry;
use bellwether_storage::{AnyConnection, portfolios};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::Choices;
use super::candidate::Candidate;
use super::draft::Draft;
use super::stated::{self, Stated};
use super::words;
use crate::{Tracker, TrackerError};

/// What would become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// It comes into the ledger.
    New,
    /// The ledger has it already.
    Duplicate,
    /// It comes into the ledger, but somebody should look at it.
    Attention,
    /// It cannot be used as it is.
    Error,
    /// It is no transaction, and not meant as one.
    Ignored,
}

impl RowStatus {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 5] = [Self::New, Self::Duplicate, Self::Attention, Self::Error, Self::Ignored];

    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Duplicate => "duplicate",
            Self::Attention => "attention",
            Self::Error => "error",
            Self::Ignored => "ignored",
        }
    }
}

/// One reason for a row's status.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewReason {
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// In words for programs, with what to do about it.
    pub reason: String,
    /// The same for people.
    pub said: Sentence,
}

/// What the ledger says of a row, for programs and for people.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Doubt {
    pub(super) words: String,
    pub(super) said: Sentence,
}

/// A row as it would be imported.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewRow {
    /// Its place in the file, from 0: by this it is corrected.
    pub place: usize,
    /// The physical line on which it begins, from 1.
    pub line: usize,
    /// Its cells as they stand in the file.
    pub cells: Vec<String>,
    /// What would become of it.
    pub status: RowStatus,
    /// Why.
    pub reasons: Vec<PreviewReason>,
    /// The transactions that it is.
    pub transactions: Vec<TransactionDraft>,
}

/// How many rows have each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PreviewCounts {
    /// Rows that come into the ledger.
    pub new: usize,
    /// Rows that the ledger has already.
    pub duplicate: usize,
    /// Rows that come into the ledger, but somebody should look at.
    pub attention: usize,
    /// Rows that cannot be used.
    pub error: usize,
    /// Rows that are no transactions.
    pub ignored: usize,
}

impl PreviewCounts {
    /// Those of one status.
    pub fn of(&self, status: RowStatus) -> usize {
        match status {
            RowStatus::New => self.new,
            RowStatus::Duplicate => self.duplicate,
            RowStatus::Attention => self.attention,
            RowStatus::Error => self.error,
            RowStatus::Ignored => self.ignored,
        }
    }

    fn count(&mut self, status: RowStatus) {
        match status {
            RowStatus::New => self.new += 1,
            RowStatus::Duplicate => self.duplicate += 1,
            RowStatus::Attention => self.attention += 1,
            RowStatus::Error => self.error += 1,
            RowStatus::Ignored => self.ignored += 1,
        }
    }
}

/// An instrument whose symbol has to be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedInstrument {
    /// What the file calls it: the key of the choice.
    pub instrument: String,
    /// Its ticker or name as the file tells them; may be empty.
    pub known_as: String,
    /// How many rows wait for it.
    pub rows: usize,
}

/// What a draft's file would do to the ledger as it was a moment ago.
#[derive(Debug)]
pub struct Preview {
    /// How many rows have each status.
    pub counts: PreviewCounts,
    /// How many transactions would come into the ledger.
    pub transactions: usize,
    /// What had to be assumed, and what somebody should look at.
    pub notes: Vec<String>,
    /// Instruments whose symbols have to be chosen.
    pub asked: Vec<AskedInstrument>,
    statement: Statement,
    states: Vec<State>,
    pub(super) ledger_version: i64,
}

#[derive(Debug)]
struct State {
    status: RowStatus,
    /// What the ledger says, beside what the file's reader does.
    words: Option<Box<[Doubt]>>,
}

impl Preview {
    /// The names of the columns as the file spells them.
    pub fn header(&self) -> &[String] {
        &self.statement.header
    }

    /// The form that it was read in, in words.
    pub fn format(&self) -> String {
        self.statement.format.to_string()
    }

    /// The form itself.
    pub fn form(&self) -> bellwether_statements::StatementFormat {
        self.statement.format
    }

    /// The notes for people.
    pub fn notes_said(&self) -> impl Iterator<Item = Sentence> {
        self.statement.notes.iter().map(words::note)
    }

    /// How sure that is, in per cent.
    pub fn confidence(&self) -> u8 {
        self.statement.confidence
    }

    /// Whether the file states positions or cash to compare with.
    pub fn can_be_reconciled(&self) -> bool {
        !self.statement.positions.is_empty() || !self.statement.cash.is_empty()
    }

    /// At most so many rows from a place on, of one status where given, in the order of the file.
    pub fn rows(&self, status: Option<RowStatus>, from: usize, limit: usize) -> Vec<PreviewRow> {
        let states = self.states.iter().enumerate().skip(from);
        let wanted = states.filter(|(_, state)| status.is_none_or(|status| state.status == status));
        wanted.take(limit).filter_map(|(place, _)| self.row(place)).collect()
    }

    /// How many rows of a status, or of any, stand before a place.
    pub fn rows_before(&self, status: Option<RowStatus>, place: usize) -> usize {
        let before = self.states.iter().take(place);
        before.filter(|state| status.is_none_or(|status| state.status == status)).count()
    }

    /// The place of the row of a status, or of any, before which so many stand.
    pub fn place_of(&self, status: Option<RowStatus>, number: usize) -> Option<usize> {
        let states = self.states.iter().enumerate();
        let mut wanted = states.filter(|(_, state)| status.is_none_or(|status| state.status == status));
        wanted.nth(number).map(|(place, _)| place)
    }

    /// The transactions of rows that come into the ledger.
    pub fn news(&self) -> impl Iterator<Item = &TransactionDraft> {
        let is_new = |state: &State| matches!(state.status, RowStatus::New | RowStatus::Attention);
        let rows = self.statement.rows.iter().zip(&self.states);
        rows.filter(move |(_, state)| is_new(state)).flat_map(|(row, _)| row.verdict.drafts())
    }

    /// One row by its place.
    pub fn row(&self, place: usize) -> Option<PreviewRow> {
        let (row, state) = (self.statement.rows.get(place)?, self.states.get(place)?);
        let mut reasons = Vec::new();
        match &row.verdict {
            Verdict::Rejected(problems) => reasons.extend(problems.iter().map(|problem| PreviewReason {
                column: problem.column.clone(),
                reason: problem.reason.to_string(),
                said: words::reason(&problem.reason),
            })),
            Verdict::Ignored(why) => {
                let said = words::ignored(why);
                reasons.push(PreviewReason { column: None, reason: why.to_string(), said });
            }
            Verdict::Transaction(_) | Verdict::Transactions(_) => {}
        }
        let words = state.words.iter().flatten().cloned();
        let told = |Doubt { words: reason, said }| PreviewReason { column: None, reason, said };
        reasons.extend(words.map(told));
        Some(PreviewRow {
            place,
            line: row.line,
            cells: row.text.iter().map(str::to_owned).collect(),
            status: state.status,
            reasons,
            transactions: row.verdict.drafts().to_vec(),
        })
    }

    /// The rows that cannot be used, each as a line of CSV with everything that is wrong about it.
    pub(super) fn rejects(&self) -> impl Iterator<Item = (usize, String, String)> {
        let errors = self.states.iter().enumerate().filter(|(_, state)| state.status == RowStatus::Error);
        errors.filter_map(|(place, _)| {
            let (row, shown) = (self.statement.rows.get(place)?, self.row(place)?);
            let reasons = shown.reasons.iter().map(|why| match &why.column {
                Some(column) => format!("{column}: {}", why.reason),
                None => why.reason.clone(),
            });
            let reasons: Vec<String> = reasons.collect();
            Some((row.line, stated::line_of(&self.statement, row), reasons.join("; ")))
        })
    }

    pub(super) fn stated(&self) -> Stated {
        Stated::by(&self.statement)
    }

    pub(super) fn format_word(&self) -> &'static str {
        self.statement.format.as_str()
    }

    fn of(statement: Statement, candidate: &Candidate, entries: &[LedgerEntry], ledger_version: i64) -> Self {
        let mut words: HashMap<usize, (bool, Vec<Doubt>)> = HashMap::new();
        for (place, is_certain, doubt) in &candidate.doubts {
            let (certain, doubts) = words.entry(*place).or_default();
            *certain |= is_certain;
            doubts.push(if *is_certain {
                doubt.clone()
            } else {
                Doubt {
                    words: format!("{}. Splits may be missing; prices bring them along", doubt.words),
                    said: Sentence::new("row.splits_missing").with("doubt", doubt.said.clone()),
                }
            });
        }
        let known: HashSet<&str> = entries.iter().map(|entry| entry.fingerprint.as_str()).collect();
        let of_file: HashSet<&str> = candidate.rows.iter().map(|row| row.fingerprint.as_str()).collect();
        let alike = alike(entries.iter().filter(|entry| !of_file.contains(entry.fingerprint.as_str())));
        // Rows of several transactions are known when all of them are.
        let mut news: HashMap<usize, usize> = HashMap::new();
        let mut transactions = 0;
        for row in &candidate.rows {
            let Some(place) = candidate.places.get(&row.transaction.id) else { continue };
            let new = news.entry(*place).or_default();
            if known.contains(row.fingerprint.as_str()) {
                continue;
            }
            *new += 1;
            transactions += 1;
            if let Some(other) = Likeness::of(&row.transaction).and_then(|likeness| alike.get(&likeness)) {
                words.entry(*place).or_default().1.push(other.clone());
            }
        }
        let mut counts = PreviewCounts::default();
        let mut asked: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut states = Vec::with_capacity(statement.rows.len());
        for (place, row) in statement.rows.iter().enumerate() {
            let told = words.remove(&place);
            let status = match (&row.verdict, &told) {
                (Verdict::Ignored(_), _) => RowStatus::Ignored,
                (Verdict::Rejected(problems), _) => {
                    for problem in problems {
                        if let Reason::WhichSymbol { instrument, known_as } = &problem.reason {
                            *asked.entry((instrument, known_as)).or_default() += 1;
                        }
                    }
                    RowStatus::Error
                }
                (_, Some((true, _))) => RowStatus::Error,
                _ if news.get(&place).is_none_or(|new| *new == 0) => RowStatus::Duplicate,
                (_, Some(_)) => RowStatus::Attention,
                (_, None) => RowStatus::New,
            };
            counts.count(status);
            states.push(State { status, words: told.map(|(_, words)| words.into()) });
        }
        let asked = asked
            .into_iter()
            .map(|((instrument, known_as), rows)| AskedInstrument {
                instrument: instrument.to_owned(),
                known_as: known_as.to_owned(),
                rows,
            })
            .collect();
        let notes = statement.notes.iter().map(ToString::to_string).collect();
        Self { counts, transactions, notes, asked, statement, states, ledger_version }
    }
}

/// What two transactions share that are probably the same, told by two people or in two ways.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    kind: TransactionKind,
    date: NaiveDate,
    symbol: Option<Symbol>,
    size: Decimal,
}

impl Likeness {
    fn of(transaction: &Transaction) -> Option<Self> {
        let draft = TransactionDraft::of(transaction);
        let size = draft.quantity.or(draft.amount)?.normalize();
        Some(Self { kind: draft.kind, date: draft.date, symbol: draft.symbol, size })
    }
}

/// What may be told once more, with words for it.
fn alike<'a>(entries: impl Iterator<Item = &'a LedgerEntry>) -> HashMap<Likeness, Doubt> {
    entries
        .filter_map(|entry| {
            let draft = TransactionDraft::of(&entry.transaction);
            let at = draft.price.map(|price| format!(" at {}", price.normalize())).unwrap_or_default();
            let size = draft.quantity.or(draft.amount).unwrap_or_default().normalize();
            let other = format!("{} of {size}{at} on {}", draft.kind, draft.date);
            let said = Sentence::new("row.alike")
                .with("kind", words::kind_words(draft.kind))
                .with("size", Value::Number(size, 9))
                .with("day", draft.date);
            let words =
                format!("the ledger has one like it already ({other}): leave this one out if it is the same");
            Some((Likeness::of(&entry.transaction)?, Doubt { words, said }))
        })
        .collect()
}

/// A draft's file, judged over the ledger of a moment.
pub(super) struct Judged {
    pub(super) preview: Preview,
    pub(super) candidate: Candidate,
}

/// So many rows are remembered, in however many previews; the newest always is.
const MOST_ROWS: usize = 150_000;

#[derive(PartialEq, Eq, Clone, Copy)]
struct Of {
    draft: ImportId,
    version: i64,
    ledger: i64,
}

/// The newest previews: they are the same as long as neither draft nor ledger changes. One is made at a time.
pub(crate) struct Previews {
    known: Mutex<VecDeque<(Of, Arc<Preview>)>>,
    turn: Semaphore,
}

impl Default for Previews {
    fn default() -> Self {
        Self { known: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Previews {
    fn recall(&self, of: Of) -> Option<Arc<Preview>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(known, _)| *known == of).map(|(_, preview)| Arc::clone(preview))
    }

    fn remember(&self, of: Of, preview: &Arc<Preview>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(older, _)| older.draft != of.draft);
        known.push_front((of, Arc::clone(preview)));
        let mut rows = 0;
        known.retain(|(one, preview)| {
            rows += preview.states.len();
            *one == of || rows <= MOST_ROWS
        });
    }

    pub(super) fn forget(&self, draft: ImportId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known.draft != draft);
    }
}

impl Tracker {
    /// What a draft would do to the ledger; `None` as long as it needs a mapping of its columns.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such draft, [`TrackerError::File`] when the file gives no rows as
    /// chosen.
    pub async fn preview(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<Option<Arc<Preview>>, TrackerError> {
        let draft = self.draft(portfolio, id).await?;
        if draft.choices.need_mapping() {
            return Ok(None);
        }
        let user = self.user();
        let version = move |connection: &mut AnyConnection| portfolios::version(connection, user, portfolio);
        let of = |ledger| Of { draft: id, version: draft.version, ledger };
        let now = of(self.storage().read(version).await?);
        if let Some(known) = self.previews().recall(now) {
            return Ok(Some(known));
        }
        let Ok(_turn) = self.previews().turn.acquire().await else {
            return Err(TrackerError::conflict(Sentence::new("refused.stopping")));
        };
        if let Some(known) = self.previews().recall(now) {
            return Ok(Some(known));
        }
        let (draft, content) = self.draft_with_file(portfolio, id).await?;
        let preview = Arc::new(self.judge(&draft, content).await?.preview);
        let of = Of { draft: id, version: draft.version, ledger: preview.ledger_version };
        self.previews().remember(of, &preview);
        Ok(Some(preview))
    }

    /// Reads a draft's file and judges each row over the ledger as it is now.
    pub(super) async fn judge(&self, draft: &Draft, content: Vec<u8>) -> Result<Judged, TrackerError> {
        let seen = self.ledger_seen(draft.portfolio).await?;
        let (statement, mut candidate) = self.read_file(content, &draft.choices, &seen.portfolio).await?;
        candidate.check_shares(self, &seen.entries, Options::of(&seen.portfolio)).await?;
        Ok(self
            .compute(move || {
                let preview = Preview::of(statement, &candidate, &seen.entries, seen.version);
                Judged { preview, candidate }
            })
            .await)
    }

    async fn read_file(
        &self,
        content: Vec<u8>,
        choices: &Choices,
        portfolio: &Portfolio,
    ) -> Result<(Statement, Candidate), TrackerError> {
        let options = choices.options(portfolio.base_currency, self.today());
        self.compute(move || {
            let statement = read_transactions(&content, &options)?;
            let candidate = Candidate::of(&statement);
            Ok((statement, candidate))
        })
        .await
    }
}
