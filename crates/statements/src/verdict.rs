//! What is said about each row of a file.

use bellwether_domain::{
    Currency, InvalidCurrency, InvalidSymbol, InvalidTransaction, TransactionDraft, TransactionKind,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::records::Record;

/// One row of a statement and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The physical line on which it begins, from 1.
    pub line: usize,
    /// The physical line on which it ends: later than `line` where a quoted cell has line breaks.
    pub last_line: usize,
    /// Its cells as they stand in the file.
    pub text: RawCells,
    /// What it is.
    pub verdict: Verdict,
}

/// What a row is.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all rows are transactions")]
pub enum Verdict {
    /// A transaction that [`TransactionDraft::check`] accepts.
    Transaction(TransactionDraft),
    /// Several of them, in their order, that one row tells of. At least two.
    Transactions(Vec<TransactionDraft>),
    /// Meant as a transaction, with everything that is wrong about it. Never empty.
    Rejected(Vec<Problem>),
    /// No transaction, and not meant as one.
    Ignored(IgnoredRow),
}

impl Verdict {
    /// The transactions that the row is: none, one, or several.
    pub fn drafts(&self) -> &[TransactionDraft] {
        match self {
            Self::Transaction(draft) => std::slice::from_ref(draft),
            Self::Transactions(drafts) => drafts,
            Self::Rejected(_) | Self::Ignored(_) => &[],
        }
    }

    /// The verdict on a row that is these transactions, of which there is at least one.
    pub(crate) fn of(mut drafts: Vec<TransactionDraft>) -> Self {
        match drafts.pop() {
            Some(draft) if drafts.is_empty() => Self::Transaction(draft),
            last => {
                drafts.extend(last);
                Self::Transactions(drafts)
            }
        }
    }

    /// A row with one thing wrong about the whole of it.
    pub(crate) fn rejected(reason: Reason) -> Self {
        Self::Rejected(vec![Problem { column: None, reason }])
    }
}

/// Why a row is not meant as a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IgnoredRow {
    /// All its cells are empty.
    #[error("blank line")]
    Blank,
    /// It stands above the names of the columns.
    #[error("above the header")]
    AboveHeader,
    /// The names of the columns again.
    #[error("the header again")]
    RepeatedHeader,
    /// A sum over other rows.
    #[error("a total of other rows")]
    Total,
    /// It begins with `#`.
    #[error("a comment")]
    Comment,
    /// Words around the table, such as a disclaimer or the name of a section.
    #[error("words beside the table")]
    BesideTable,
    /// A row of a section that tells something else than transactions, such as positions.
    #[error("{0}")]
    OtherSection(&'static str),
    /// It says more about the transaction of another row, and went into that.
    #[error("part of the transaction on line {line}")]
    PartOf {
        /// The physical line on which the other row begins, from 1.
        line: usize,
    },
    /// It moves neither shares nor cash of the account as a whole.
    #[error("changes nothing here: {0}")]
    WithoutEffect(&'static str),
    /// The shares that a split brought, where the file does not tell its ratio. Splits come with the prices.
    #[error("the shares of a split: splits come with the prices, and the file does not tell its ratio")]
    SplitShares,
    /// A person took it out.
    #[error("left out")]
    LeftOut,
}

/// A row that cannot be used, from a file of prices or corporate actions.
#[derive(Debug, Clone, PartialEq)]
pub struct RejectedRow {
    /// The physical line on which it begins, from 1.
    pub line: usize,
    /// Its cells as they stand in the file.
    pub text: RawCells,
    /// Everything that is wrong about it. Never empty.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The column as the file names it; `None` when the whole row is meant, or a column that the file has not.
    pub column: Option<String>,
    /// What is wrong.
    pub reason: Reason,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}

/// More problems than a row has that was meant as one.
const MAX_PROBLEMS: usize = 16;

/// The problems of one row as they are found, up to a number that nobody reads to its end.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, column: Option<&str>, reason: Reason) {
        let problem = Problem { column: column.map(str::to_owned), reason };
        self.keep(problem);
    }

    /// Adds the problems of another part of what is judged.
    pub(crate) fn extend(&mut self, others: Self) {
        for problem in others.0 {
            self.keep(problem);
        }
    }

    fn keep(&mut self, problem: Problem) {
        if self.0.len() < MAX_PROBLEMS && !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }
}

/// What is wrong with a cell or a row. The text tells the person what to change.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Reason {
    /// A cell that every row needs is empty.
    #[error("{field} is missing")]
    Missing {
        /// The field, with its article.
        field: &'static str,
    },
    /// More cells than there are columns.
    #[error(
        "the row has {found} cells but there are {expected} columns: put cells that contain the delimiter in quotation marks"
    )]
    TooManyCells {
        /// Columns in the header.
        expected: usize,
        /// Cells in the row.
        found: usize,
    },
    /// A quoted cell without an end.
    #[error("a quotation mark is opened and never closed")]
    UnclosedQuote,
    /// Not a date in any known form.
    #[error("{text:?} is not a date: write it as 2012-03-05")]
    NotADate {
        /// The cell.
        text: String,
    },
    /// A date that contradicts the order in which the file's other dates are written.
    #[error("{text:?} is not a date with the {first} first, as the other dates of the file are")]
    OtherDateOrder {
        /// The cell.
        text: String,
        /// What comes first in the others: `month` or `day`.
        first: &'static str,
    },
    /// A date that could be two, in a file that has both orders.
    #[error("{text:?} could be two dates, and the file has both orders: write it as 2012-03-05")]
    AmbiguousDate {
        /// The cell.
        text: String,
    },
    /// A price or an event of a day to come.
    #[error("the date {0} is in the future")]
    Future(NaiveDate),
    /// Not a number in any known form.
    #[error("{text:?} is not a number")]
    NotANumber {
        /// The cell.
        text: String,
    },
    /// A number that contradicts the way in which the file's other numbers are written.
    #[error(
        "{text:?} is not a number with {mark:?} before the decimals, as the other numbers of the file are"
    )]
    OtherDecimalMark {
        /// The cell.
        text: String,
        /// What stands before the decimals in the others.
        mark: char,
    },
    /// A number that could be two, in a file that has decimal points and decimal commas.
    #[error(
        "{text:?} could be two numbers, and the file has decimal points and decimal commas: write it without thousands separators"
    )]
    AmbiguousNumber {
        /// The cell.
        text: String,
    },
    /// A number too large, or with too many digits.
    #[error("{text:?} is out of range")]
    NumberOutOfRange {
        /// The cell.
        text: String,
    },
    /// A number that must be positive is not.
    #[error("{field} must be greater than zero")]
    NotPositive {
        /// The field, with its article.
        field: &'static str,
    },
    /// Not a ratio.
    #[error("{text:?} is not a ratio: write new and old shares as 2:1")]
    NotARatio {
        /// The cell.
        text: String,
    },
    /// No known kind of transaction.
    #[error(
        "{text:?} is no kind of transaction: use buy, sell, dividend, reinvestment, deposit, withdrawal, fee, tax, interest, split, spin-off, merger, ticker-change, transfer-in or transfer-out"
    )]
    UnknownKind {
        /// The cell.
        text: String,
    },
    /// A word of the broker's that is not known.
    #[error("{text:?} is not known as an entry of this broker's: say what it is, or leave the row out")]
    UnknownEntry {
        /// The cell.
        text: String,
    },
    /// Something that a ledger of shares and cash cannot hold.
    #[error("{what} cannot be kept here: enter what it did to the cash by hand, or leave the row out")]
    Unsupported {
        /// What it is, with its article or in the plural.
        what: &'static str,
    },
    /// An event of which the file tells too little.
    #[error("the file does not tell {what}: enter the {kind} by hand")]
    Untold {
        /// What the row is about.
        kind: TransactionKind,
        /// What is not told.
        what: &'static str,
    },
    /// An instrument that the file names without its symbol.
    #[error("{}", which_symbol(instrument, known_as))]
    WhichSymbol {
        /// What the file calls it: the key under which [`crate::ReadOptions::symbols`] may give its symbol.
        instrument: String,
        /// Its ticker or name as the file tells them; may be empty.
        known_as: String,
    },
    /// An entry that takes back one that the file does not have.
    #[error("this takes back a {0} that is not in the file: change that one, or leave the row out")]
    TakesBack(TransactionKind),
    /// Not a ticker.
    #[error(transparent)]
    Symbol(#[from] InvalidSymbol),
    /// A cell that a spreadsheet would run.
    #[error("{text:?} begins like a formula and is not taken for a symbol")]
    FormulaSymbol {
        /// The cell.
        text: String,
    },
    /// Not a currency.
    #[error(transparent)]
    Currency(#[from] InvalidCurrency),
    /// A cell in another currency than the rest of the row.
    #[error("the row is in {row} but this is in {cell}")]
    OtherCurrency {
        /// What the row is in.
        row: Currency,
        /// What the cell is in.
        cell: Currency,
    },
    /// A purchase of less than nothing.
    #[error("the quantity of a {kind} is negative: is it a sell or a transfer-out?")]
    NegativeQuantity {
        /// The kind that the row names.
        kind: TransactionKind,
    },
    /// A fee or tax where the kind of transaction has none.
    #[error("a {kind} has no {field} of its own: give it a row of its own")]
    NotForKind {
        /// The kind that the row names.
        kind: TransactionKind,
        /// The field.
        field: &'static str,
    },
    /// An earlier row says otherwise.
    #[error("line {line} says otherwise about the same day")]
    Contradicts {
        /// The earlier row's physical line, from 1.
        line: usize,
    },
    /// What the one validation of all transactions says.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
}

fn which_symbol(instrument: &str, known_as: &str) -> String {
    let known_as = if known_as.is_empty() { String::new() } else { format!(" ({known_as})") };
    format!("which symbol is {instrument}{known_as}? Choose it once, and all of its rows are read with it")
}

/// The cells of a row as they stand in the file, unquoted; trailing empty ones left out.
///
/// Kept as one text with the ends of its cells, because a file has hundreds of thousands of them.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct RawCells {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl RawCells {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell of a column, counted from 0; `None` beyond the last that has something in it.
    pub fn get(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)? as usize;
        let start =
            column.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..end)
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map_while(|column| self.get(column))
    }

    pub(crate) fn of(record: &Record<'_>) -> Self {
        record.cells.iter().take(record.filled()).map(AsRef::as_ref).collect()
    }
}

impl<'a> FromIterator<&'a str> for RawCells {
    fn from_iter<I: IntoIterator<Item = &'a str>>(cells: I) -> Self {
        let mut text = String::new();
        let mut ends = Vec::new();
        for cell in cells {
            text.push_str(cell);
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

impl From<Vec<String>> for RawCells {
    fn from(cells: Vec<String>) -> Self {
        cells.iter().map(String::as_str).collect()
    }
}

impl From<RawCells> for Vec<String> {
    fn from(cells: RawCells) -> Self {
        cells.iter().map(str::to_owned).collect()
    }
}

impl std::fmt::Debug for RawCells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The beginning of a cell, for a message.
pub(crate) fn shortened(cell: &str) -> String {
    shortened_to(40, cell)
}

/// At most so many characters of a text.
pub(crate) fn shortened_to(characters: usize, cell: &str) -> String {
    match cell.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_cells_are_a_list_of_texts() {
        let cells: RawCells = ["AAPL", "", "1,5"].into_iter().collect();
        assert_eq!(cells.iter().collect::<Vec<_>>(), ["AAPL", "", "1,5"]);
        assert_eq!((cells.len(), cells.get(1), cells.get(3)), (3, Some(""), None));
        let json = serde_json::to_string(&cells).expect("a list");
        assert_eq!(json, r#"["AAPL","","1,5"]"#);
        assert_eq!(serde_json::from_str::<RawCells>(&json).expect("a list"), cells);
    }

    #[test]
    fn a_problem_names_its_column() {
        let problem = Problem {
            column: Some("Trade Date".into()),
            reason: Reason::NotADate { text: shortened(&"x".repeat(100)) },
        };
        let text = problem.to_string();
        assert!(text.starts_with("Trade Date: \"xxx") && text.len() < 150, "{text}");
    }
}
