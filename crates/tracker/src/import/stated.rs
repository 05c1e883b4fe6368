//! What is kept of a file with its import: the names of its columns, and what it says should come out.

use bellwether_statements::{Row, StatedCash, StatedPosition, StatedSplit, Statement, csv_line};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a file states beside its transactions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stated {
    /// The names of the columns, as a line of CSV.
    pub(crate) header: String,
    pub(crate) positions: Vec<StatedPosition>,
    pub(crate) cash: Vec<StatedCash>,
    pub(crate) splits: Vec<StatedSplit>,
    /// The days of the first and the last transaction.
    pub(crate) days: Option<(NaiveDate, NaiveDate)>,
}

impl Stated {
    pub(crate) fn by(statement: &Statement) -> Self {
        let days = || statement.transactions().map(|(_, draft)| draft.date);
        Self {
            header: csv_line(statement.header.iter().map(String::as_str), statement.header.len()),
            positions: statement.positions.clone(),
            cash: statement.cash.clone(),
            splits: statement.splits.clone(),
            days: days().min().zip(days().max()),
        }
    }
}

/// What a file states, as it is stored.
pub(super) fn of(statement: &Statement) -> Option<String> {
    serde_json::to_string(&Stated::by(statement)).ok()
}

/// A row as a line of CSV with as many cells as there are columns.
pub(super) fn line_of(statement: &Statement, row: &Row) -> String {
    csv_line(row.text.iter(), row.text.len().max(statement.header.len()))
}
