//! What is read from a broker's file or a table of transactions.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::header::Document;
use crate::{
    ColumnMapping, Corrections, Note, Problem, Row, StatedCash, StatedPosition, StatedSplit,
    SuggestedMapping, UnreadableFile, Verdict, corrections, file_text, formats,
};

/// What the file does not say itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The currency of rows that name none: usually the portfolio's.
    pub default_currency: Currency,
    /// The day after which everything is in the future.
    pub today: NaiveDate,
    /// The form that the file has; found out when `None`.
    pub format: Option<StatementFormat>,
    /// What the columns hold, of a file in no known form; the form does not matter then.
    pub mapping: Option<ColumnMapping>,
    /// What a person corrected, by the place of the row among [`Statement::rows`].
    pub corrections: Corrections,
    /// The symbols that a person chose for instruments which files name by ISIN or by words.
    pub symbols: BTreeMap<String, Symbol>,
}

impl ReadOptions {
    /// Finds out the rest from the file.
    pub fn new(default_currency: Currency, today: NaiveDate) -> Self {
        Self {
            default_currency,
            today,
            format: None,
            mapping: None,
            corrections: Corrections::new(),
            symbols: BTreeMap::new(),
        }
    }
}

/// The forms of files that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StatementFormat {
    /// A table with a type in each row: `Ticker,Type,Date,Price,Shares`.
    PlainTransactions,
    /// A table of dividends: `Ticker,Date,Amount`.
    PlainDividends,
    /// Fidelity: `Accounts_History.csv`.
    Fidelity,
    /// Robinhood: the account activity report.
    Robinhood,
    /// Charles Schwab: the history of transactions as CSV.
    Schwab,
    /// Vanguard: `OfxDownload.csv`, with holdings and transactions.
    Vanguard,
    /// E*Trade: `DownloadTxnHistory.csv`.
    Etrade,
    /// Interactive Brokers: a Flex query as XML.
    IbkrFlex,
    /// Interactive Brokers: an activity statement or a Flex query as CSV.
    IbkrActivity,
    /// Trading 212: the history as CSV.
    #[serde(rename = "trading-212")]
    Trading212,
    /// DEGIRO: `Transactions.csv` or `Account.csv`.
    Degiro,
    /// Portfolio Performance: all transactions as CSV.
    PortfolioPerformance,
    /// Ghostfolio: an export as JSON.
    Ghostfolio,
    /// Wealthfolio: activities as CSV.
    Wealthfolio,
    /// OFX and QFX, of both generations.
    Ofx,
    /// A table whose columns a person named: see [`ColumnMapping`].
    Mapped,
}

/// The word names no form of files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no form of files that is known")]
pub struct UnknownFormat(String);

impl StatementFormat {
    /// All of them, in the order in which lists show them.
    pub const ALL: [Self; 16] = [
        Self::PlainTransactions,
        Self::PlainDividends,
        Self::Fidelity,
        Self::Robinhood,
        Self::Schwab,
        Self::Vanguard,
        Self::Etrade,
        Self::IbkrFlex,
        Self::IbkrActivity,
        Self::Trading212,
        Self::Degiro,
        Self::PortfolioPerformance,
        Self::Ghostfolio,
        Self::Wealthfolio,
        Self::Ofx,
        Self::Mapped,
    ];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlainTransactions => "plain-transactions",
            Self::PlainDividends => "plain-dividends",
            Self::Fidelity => "fidelity",
            Self::Robinhood => "robinhood",
            Self::Schwab => "schwab",
            Self::Vanguard => "vanguard",
            Self::Etrade => "etrade",
            Self::IbkrFlex => "ibkr-flex",
            Self::IbkrActivity => "ibkr-activity",
            Self::Trading212 => "trading-212",
            Self::Degiro => "degiro",
            Self::PortfolioPerformance => "portfolio-performance",
            Self::Ghostfolio => "ghostfolio",
            Self::Wealthfolio => "wealthfolio",
            Self::Ofx => "ofx",
            Self::Mapped => "mapped",
        }
    }
}

impl FromStr for StatementFormat {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == word);
        known.ok_or_else(|| UnknownFormat(word.chars().take(40).collect()))
    }
}

impl fmt::Display for StatementFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::PlainTransactions => "table of transactions",
            Self::PlainDividends => "table of dividends",
            Self::Fidelity => "Fidelity",
            Self::Robinhood => "Robinhood",
            Self::Schwab => "Charles Schwab",
            Self::Vanguard => "Vanguard",
            Self::Etrade => "E*Trade",
            Self::IbkrFlex => "Interactive Brokers Flex query",
            Self::IbkrActivity => "Interactive Brokers activity statement",
            Self::Trading212 => "Trading 212",
            Self::Degiro => "DEGIRO",
            Self::PortfolioPerformance => "Portfolio Performance",
            Self::Ghostfolio => "Ghostfolio",
            Self::Wealthfolio => "Wealthfolio",
            Self::Ofx => "OFX",
            Self::Mapped => "table with chosen columns",
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
    /// The physical line of the header, from 1; 0 where a file has none.
    pub header_line: usize,
    /// Every line of a table but the header, in order; a quoted cell may spread a row over several. Of other files every
    /// entry, whose lines may be shared.
    pub rows: Vec<Row>,
    /// What had to be assumed, and what was not read.
    pub notes: Vec<Note>,
    /// Holdings that the file states.
    pub positions: Vec<StatedPosition>,
    /// Balances of cash that the file states.
    pub cash: Vec<StatedCash>,
    /// Splits that the file states without their ratio.
    pub splits: Vec<StatedSplit>,
}

impl Statement {
    /// A statement in which nothing was read yet.
    pub(crate) fn new(format: StatementFormat, confidence: u8) -> Self {
        Self {
            format,
            confidence,
            header: Vec::new(),
            header_line: 0,
            rows: Vec::new(),
            notes: Vec::new(),
            positions: Vec::new(),
            cash: Vec::new(),
            splits: Vec::new(),
        }
    }

    /// The transactions in the order of the file, with their rows.
    pub fn transactions(&self) -> impl Iterator<Item = (&Row, &TransactionDraft)> {
        self.rows.iter().flat_map(|row| row.verdict.drafts().iter().map(move |draft| (row, draft)))
    }

    /// Whether the file tells the last first, as most brokers do: what happened on one day then stands in it the wrong way
    /// round.
    pub fn newest_first(&self) -> bool {
        let (mut falls, mut rises) = (0_usize, 0_usize);
        let mut before = None;
        for date in self.transactions().map(|(_, draft)| draft.date) {
            match before.map(|before: NaiveDate| date.cmp(&before)) {
                Some(Ordering::Less) => falls += 1,
                Some(Ordering::Greater) => rises += 1,
                Some(Ordering::Equal) | None => {}
            }
            before = Some(date);
        }
        falls > rises
    }

    /// The rows that cannot be used, with what is wrong about each.
    pub fn rejected(&self) -> impl Iterator<Item = (&Row, &[Problem])> {
        self.rows.iter().filter_map(|row| match &row.verdict {
            Verdict::Rejected(problems) => Some((row, problems.as_slice())),
            Verdict::Transaction(_) | Verdict::Transactions(_) | Verdict::Ignored(_) => None,
        })
    }
}

/// The largest file of transactions that is read, unpacked.
const MAX_BYTES: usize = 32 << 20;

/// Reads a file of transactions in the form that [`ReadOptions::format`] names, or else in the surest known one.
///
/// # Errors
/// [`UnreadableFile`] when it gives no rows at all. What is wrong with single rows is in their verdicts.
pub fn read_transactions(bytes: &[u8], options: &ReadOptions) -> Result<Statement, UnreadableFile> {
    let file = file_text::open(bytes, MAX_BYTES)?;
    let mut statement = formats::read(Document::new(&file.text), options)?;
    let cells = corrections::cells_by_line(&statement, &options.corrections);
    if !cells.is_empty() {
        statement = formats::read(Document::new(&file.text).corrected(&cells), options)?;
    }
    corrections::apply(&mut statement, &options.corrections, options.today);
    note_untold_costs(&mut statement);
    if file.assumed_windows_1252 {
        statement.notes.insert(0, Note::AssumedWindows1252);
    }
    Ok(statement)
}

/// Says where shares came without their cost, which then counts as nothing.
fn note_untold_costs(statement: &mut Statement) {
    let mut lines = statement
        .transactions()
        .filter(|(_, draft)| draft.kind == TransactionKind::TransferIn && draft.price.is_none())
        .map(|(row, _)| row.line);
    if let Some(line) = lines.next() {
        let rows = 1 + lines.count();
        statement.notes.push(Note::UntoldCosts { rows, line });
    }
}

/// A guess at what the columns of an unknown file hold; `None` when no line of it names columns.
///
/// # Errors
/// [`UnreadableFile`] when it is no text.
pub fn suggest_mapping(bytes: &[u8]) -> Result<Option<SuggestedMapping>, UnreadableFile> {
    let file = file_text::open(bytes, MAX_BYTES)?;
    Ok(formats::suggest(&Document::new(&file.text)))
}

/// A form that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// The form.
    pub format: StatementFormat,
    /// How sure that is, in per cent.
    pub confidence: u8,
}

/// The forms that a file may have, the surest first; none when it needs a mapping of its columns.
///
/// # Errors
/// [`UnreadableFile`] when it is no text.
pub fn detect(bytes: &[u8]) -> Result<Vec<Detected>, UnreadableFile> {
    let file = file_text::open(bytes, MAX_BYTES)?;
    Ok(formats::detect(&Document::new(&file.text)))
}
