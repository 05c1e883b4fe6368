//! The lines of an archive.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ArchiveError;
use crate::catalog::{Column, Holds, Table};

/// A line that is no row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Mark {
    /// A table begins.
    Table(TableHead),
    /// A table ends.
    End(TableEnd),
    /// The archive ends.
    Last(Last),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableHead {
    pub(super) table: String,
    pub(super) columns: Vec<ColumnHead>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnHead {
    pub(super) name: String,
    pub(super) holds: Holds,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableEnd {
    pub(super) end: String,
    pub(super) rows: u64,
    pub(super) sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Last {
    pub(super) tables: u64,
    pub(super) rows: u64,
    pub(super) sha256: String,
}

impl TableHead {
    pub(super) fn of(table: &Table) -> Self {
        let column = |column: &Column| ColumnHead { name: column.name.clone(), holds: column.holds };
        Self { table: table.name.clone(), columns: table.columns.iter().map(column).collect() }
    }

    /// Whether a line is a row of the table.
    pub(super) fn check_row(&self, line: &str) -> Result<(), ArchiveError> {
        let cells: Vec<Value> = serde_json::from_str(line)?;
        let is_right = cells.len() == self.columns.len()
            && self.columns.iter().zip(&cells).all(|(column, cell)| fits(column.holds, cell));
        if is_right {
            return Ok(());
        }
        Err(ArchiveError::Damaged(format!("a row of {} is not like its table", self.table)))
    }
}

fn fits(holds: Holds, cell: &Value) -> bool {
    match (holds, cell) {
        (_, Value::Null) | (Holds::Text, Value::String(_)) => true,
        (Holds::Bytes, Value::String(text)) => {
            text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        (Holds::Integer, Value::Number(number)) => number.is_i64(),
        (Holds::Real, Value::String(text)) => text.parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}
