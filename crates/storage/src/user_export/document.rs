//! The document as it is read: each cell is looked at before anything is written.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;

use bellwether_domain::Symbol;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{FORMAT, TABLES, VERSION, columns_of, is_instrument};
use crate::StorageError;
use crate::catalog::{Column, Holds, Table};

/// The document without its head.
pub(super) struct Document {
    pub(super) tables: Vec<TableOfUser>,
    /// What rows call by a symbol.
    pub(super) symbols: Vec<Symbol>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    format: String,
    version: u32,
    program: String,
    #[serde(rename = "exported_at")]
    _exported_at: chrono::DateTime<chrono::Utc>,
    tables: Vec<TableOfUser>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableOfUser {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row as JSON, written as this program writes it: two rows are the same when their texts are. As values of their own
/// cells take many times the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row(pub(super) Box<str>);

impl Row {
    pub(super) fn of(cells: &[Value]) -> Result<Self, serde_json::Error> {
        serde_json::to_string(cells).map(|text| Self(text.into()))
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(told: D) -> Result<Self, D::Error> {
        Self::of(&Vec::deserialize(told)?).map_err(serde::de::Error::custom)
    }
}

/// Columns of exact numbers.
const AMOUNTS: &[&str] = &[
    "quantity",
    "price",
    "amount",
    "fee",
    "tax",
    "ratio_new",
    "ratio_old",
    "fx_rate",
    "cost_share",
    "cash_in_lieu",
    "weight",
    "threshold",
];

/// Columns that name a row of another table, which must be the user's own.
const OWN: &[(&str, &str)] = &[
    ("portfolio_id", "portfolios"),
    ("import_id", "imports"),
    ("transaction_id", "transactions"),
    ("index_id", "indices"),
];

/// What programs in any language count exactly, so that adding one never overflows.
const COUNTED: RangeInclusive<i64> = 0..=1 << 53;
/// From 1970 to the end of the year 9999, in microseconds.
const INSTANTS: RangeInclusive<i64> = 0..=253_402_300_799_999_999;
/// From the year 1800 to the end of the year 9999, in days since 1970.
const DAYS: RangeInclusive<i64> = -62_091..=2_932_896;

fn possible(column: &str) -> RangeInclusive<i64> {
    match column {
        "ledger_version" | "sequence" => COUNTED,
        "trade_date" | "date" | "acquired" => DAYS,
        "at" => INSTANTS,
        other if other.ends_with("_at") => INSTANTS,
        _ => 0..=i32::MAX.into(),
    }
}

/// What is wrong with a cell, as words after its column's name.
fn fault(column: &Column, cell: &Value) -> Option<String> {
    let name = column.name.as_str();
    match (column.holds, cell) {
        (_, Value::Null) => None,
        (_, Value::String(text)) if is_instrument(column) => {
            text.parse::<Symbol>().err().map(|error| format!("is {text:?}, which is no symbol: {error}"))
        }
        (Holds::Text, Value::String(text)) if AMOUNTS.contains(&name) => {
            let is_number = Decimal::from_str_exact(text).is_ok();
            (!is_number).then(|| format!("is {text:?}, which is no exact number"))
        }
        (Holds::Text, Value::String(text)) => {
            // Which PostgreSQL cannot store.
            text.contains('\0').then(|| "has a NUL in it".to_owned())
        }
        (Holds::Bytes, Value::String(text)) => {
            let is_key = name == "id" || name.ends_with("_id");
            let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            let is_long_enough = if is_key { text.len() == 32 } else { text.len() == 64 };
            (!is_hex || !is_long_enough).then(|| "is no identifier or digest".to_owned())
        }
        (Holds::Integer, Value::Number(number)) if !is_instrument(column) => {
            let is_possible = number.as_i64().is_some_and(|number| possible(name).contains(&number));
            (!is_possible).then(|| format!("is {number}, which cannot be"))
        }
        _ => Some("is of another type".to_owned()),
    }
}

fn refused(words: impl Into<String>) -> StorageError {
    StorageError::Refused(words.into())
}

impl Document {
    /// Reads a document and looks at each of its cells; `known` are the tables that the database has.
    pub(super) fn read(known: &[Table], document: &[u8]) -> Result<Self, StorageError> {
        let whole: Whole = serde_json::from_slice(document)
            .map_err(|error| refused(format!("This is no export of Bellwether: {error}.")))?;
        if whole.format != FORMAT {
            return Err(refused("This is no export of Bellwether."));
        }
        if whole.version > VERSION {
            return Err(refused(format!(
                "The export was made by a newer version of Bellwether ({}). Restore it with that version or a later one.",
                whole.program
            )));
        }
        let names = whole.tables.iter().map(|table| table.table.as_str());
        if !names.eq(TABLES.iter().map(|(name, _)| *name)) {
            return Err(refused("The export does not have the tables that exports have, in their order."));
        }
        let (mut own, mut symbols) = (BTreeMap::new(), BTreeSet::new());
        for told in &whole.tables {
            let table = known.iter().find(|table| table.name == told.table).ok_or(StorageError::NotFound)?;
            look_at(table, told, &mut own, &mut symbols)?;
        }
        Ok(Self { tables: whole.tables, symbols: symbols.into_iter().collect() })
    }
}

/// Looks at a table's cells, and notes the identifiers of its rows and the symbols that they name.
fn look_at<'k>(
    table: &'k Table,
    told: &TableOfUser,
    own: &mut BTreeMap<&'k str, HashSet<String>>,
    symbols: &mut BTreeSet<Symbol>,
) -> Result<(), StorageError> {
    let name = table.name.as_str();
    let columns = columns_of(table);
    if columns.iter().map(|column| &column.name).ne(&told.columns) {
        return Err(refused(format!(
            "The columns of {name} are not those of this version: restore the export with the version that made it."
        )));
    }
    // Its records outlive portfolios.
    let refers = name != "audit_log";
    let mut ids = HashSet::new();
    for (number, Row(row)) in (1..).zip(&told.rows) {
        let wrong = |words: &str| refused(format!("Row {number} of {name} is not possible: {words}."));
        let cells: Vec<Value> = serde_json::from_str(row).map_err(|error| wrong(&error.to_string()))?;
        if cells.len() != columns.len() {
            return Err(wrong("it is not like its table"));
        }
        for (column, cell) in columns.iter().zip(&cells) {
            if let Some(words) = fault(column, cell) {
                return Err(wrong(&format!("its {} {words}", column.name)));
            }
            let Value::String(text) = cell else { continue };
            let parent = OWN.iter().find(|(child, _)| refers && *child == column.name);
            if let Some((_, parent)) = parent
                && !own.get(*parent).is_some_and(|ids| ids.contains(text))
            {
                return Err(wrong(&format!("its {} is of nothing in the export", column.name)));
            }
            if column.name == "id" {
                ids.insert(text.clone());
            } else if is_instrument(column) {
                symbols.extend(text.parse::<Symbol>().ok());
            }
        }
    }
    own.insert(name, ids);
    Ok(())
}
