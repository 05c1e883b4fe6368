//! What is read from a broker's file or a table of transactions.

use std::fmt;

use bellwether_domain::{Currency, TransactionDraft};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::header::Document;
use crate::{Note, Problem, Row, UnreadableFile, Verdict, file_text, formats};

/// What the file does not say itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The currency of rows that name none: usually the portfolio's.
    pub default_currency: Currency,
    /// The day after which everything is in the future.
    pub today: NaiveDate,
}

/// The forms of files that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StatementFormat {
    /// A table with a type in each row: `Ticker,Type,Date,Price,Shares`.
    PlainTransactions,
    /// A table of dividends: `Ticker,Date,Amount`.
    PlainDividends,
}

impl StatementFormat {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlainTransactions => "plain-transactions",
            Self::PlainDividends => "plain-dividends",
        }
    }
}

impl fmt::Display for StatementFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::PlainTransactions => "table of transactions",
            Self::PlainDividends => "table of dividends",
        })
    }
}

/// A file of transactions with a verdict for each of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The form that was recognised.
    pub format: StatementFormat,
    /// How sure that is, in per cent.
    pub confidence: u8,
    /// The names of the columns as the file spells them.
    pub header: Vec<String>,
    /// The physical line of the header, from 1.
    pub header_line: usize,
    /// Every line of the file but the header, in order; a quoted cell may spread a row over several.
    pub rows: Vec<Row>,
    /// What had to be assumed, and what was not read.
    pub notes: Vec<Note>,
}

impl Statement {
    /// The transactions in the order of the file, with their rows.
    pub fn transactions(&self) -> impl Iterator<Item = (&Row, &TransactionDraft)> {
        self.rows.iter().filter_map(|row| match &row.verdict {
            Verdict::Transaction(draft) => Some((row, draft)),
            Verdict::Rejected(_) | Verdict::Ignored(_) => None,
        })
    }

    /// The rows that cannot be used, with what is wrong about each.
    pub fn rejected(&self) -> impl Iterator<Item = (&Row, &[Problem])> {
        self.rows.iter().filter_map(|row| match &row.verdict {
            Verdict::Rejected(problems) => Some((row, problems.as_slice())),
            Verdict::Transaction(_) | Verdict::Ignored(_) => None,
        })
    }
}

/// The largest file of transactions that is read, unpacked.
const MAX_BYTES: usize = 32 << 20;

/// Reads a file of transactions in whichever known form it is.
///
/// # Errors
/// [`UnreadableFile`] when it gives no rows at all. What is wrong with single rows is in their verdicts.
pub fn read_transactions(bytes: &[u8], options: &ReadOptions) -> Result<Statement, UnreadableFile> {
    let file = file_text::open(bytes, MAX_BYTES)?;
    let mut statement = formats::read(Document::new(&file.text), options)?;
    if file.assumed_windows_1252 {
        statement.notes.insert(0, Note::AssumedWindows1252);
    }
    Ok(statement)
}
