//! All that one user entered, as one JSON document that restores exactly: written again it is the same, but for the time.
//!
//! ```json
//! {"format":"bellwether-export","version":1,"program":"0.1.0","exported_at":"2024-05-03T14:30:00Z","tables":[
//! {"table":"portfolios","columns":["id","name", ...],"rows":[
//! ["018f...","Main", ...]]},
//! ...]}
//! ```
//!
//! Its tables are those of the database, as far as they are the user's, by their keys: portfolios with their settings and
//! benchmarks, imports with their rows, transactions with fingerprints, targets, indices, rules, quiet hours and the audit
//! log. Identifiers are hexadecimal, amounts text with every digit, days counted from 1970-01-01, instants in microseconds
//! since then; instruments stand by their symbols. Whose it is it does not say: it is whoever restores it.

use std::collections::BTreeSet;

use bellwether_domain::{PortfolioId, Symbol, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::{self, Column, Holds, Table, quoted};
use crate::columns::Key;
use crate::connection::{AnyConnection, on_either};
use crate::schema::{audit_log, portfolios};
use crate::{Storage, StorageError, changes, instruments, transaction};

const FORMAT: &str = "bellwether-export";
const VERSION: u32 = 1;

/// The tables, and which of their rows are the user's. Those come first that others refer to.
const TABLES: &[(&str, &str)] = &[
    ("portfolios", "user_id = {user}"),
    ("portfolio_benchmarks", "portfolio_id IN (SELECT id FROM portfolios WHERE user_id = {user})"),
    ("imports", "portfolio_id IN (SELECT id FROM portfolios WHERE user_id = {user})"),
    ("transactions", "user_id = {user}"),
    (
        "import_rows",
        "import_id IN (SELECT i.id FROM imports i JOIN portfolios p ON p.id = i.portfolio_id WHERE p.user_id = {user})",
    ),
    ("target_allocations", "user_id = {user}"),
    ("indices", "user_id = {user}"),
    ("index_components", "index_id IN (SELECT id FROM indices WHERE user_id = {user})"),
    ("notification_rules", "user_id = {user}"),
    ("quiet_hours", "user_id = {user}"),
    ("import_mappings", "user_id = {user}"),
    ("audit_log", "user_id = {user}"),
];

/// Rows that are written at a time.
const PORTION: usize = 1_000;

/// The document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u32,
    program: String,
    exported_at: DateTime<Utc>,
    tables: Vec<TableOfUser>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableOfUser {
    table: String,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Who it is and what numbers the database gave are not told.
fn is_told(table: &str, column: &Column) -> bool {
    column.name != "user_id" && (table, column.name.as_str()) != ("audit_log", "id")
}

fn is_instrument(column: &Column) -> bool {
    matches!(column.name.as_str(), "instrument_id" | "other_instrument_id")
}

fn columns_of(table: &Table) -> Vec<&Column> {
    table.columns.iter().filter(|column| is_told(&table.name, column)).collect()
}

fn user_literal(connection: &AnyConnection, user: UserId) -> String {
    let hex = user.uuid().simple();
    match connection {
        AnyConnection::Sqlite(_) => format!("x'{hex}'"),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => format!("decode('{hex}', 'hex')"),
    }
}

fn told_cell(connection: &AnyConnection, column: &Column) -> String {
    let name = format!("t.{}", quoted(&column.name));
    if is_instrument(column) {
        return format!("(SELECT i.symbol FROM instruments i WHERE i.id = {name})");
    }
    match connection {
        AnyConnection::Sqlite(_) => match column.holds {
            Holds::Bytes => format!("iif({name} IS NULL, NULL, lower(hex({name})))"),
            _ => name,
        },
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => match column.holds {
            Holds::Bytes => format!("encode({name}, 'hex')"),
            Holds::Integer if column.sql_type == "boolean" => format!("{name}::int4"),
            Holds::Integer => name,
            _ => format!("{name}::text"),
        },
    }
}

fn read_tables(connection: &mut AnyConnection, user: UserId) -> Result<Vec<TableOfUser>, StorageError> {
    let known = catalog::tables(connection)?;
    let user = user_literal(connection, user);
    let mut tables = Vec::with_capacity(TABLES.len());
    for (name, whose) in TABLES {
        let table = known.iter().find(|table| table.name == *name).ok_or(StorageError::NotFound)?;
        let columns = columns_of(table);
        let cells: Vec<String> = columns.iter().map(|column| told_cell(connection, column)).collect();
        let key: Vec<String> = table
            .key
            .iter()
            .map(|name| match table.columns.iter().find(|column| column.name == *name) {
                // Numbers of instruments are other ones elsewhere.
                Some(column) if is_instrument(column) => told_cell(connection, column),
                _ => format!("t.{}", quoted(name)),
            })
            .collect();
        let array = match connection {
            AnyConnection::Sqlite(_) => "json_array",
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(_) => "json_build_array",
        };
        let query = format!(
            "SELECT CAST({array}({}) AS TEXT) AS line FROM {} t WHERE {} ORDER BY {}",
            cells.join(", "),
            quoted(name),
            whose.replace("{user}", &user),
            key.join(", ")
        );
        let lines: Vec<Line> = on_either!(connection, |inner| diesel::sql_query(query).load(inner))?;
        let rows = lines.into_iter().map(|row| serde_json::from_str(&row.line)).collect::<Result<_, _>>();
        let rows = rows.map_err(|error| StorageError::corrupt(format!("a row of {name}"), error))?;
        let columns = columns.into_iter().map(|column| column.name.clone()).collect();
        tables.push(TableOfUser { table: (*name).to_owned(), columns, rows });
    }
    Ok(tables)
}

/// All that a user entered, as a JSON document.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn export(
    connection: &mut AnyConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, StorageError> {
    transaction::without_time_limit(connection)?;
    let tables = read_tables(connection, user)?;
    let document = Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        exported_at: now,
        tables,
    };
    serde_json::to_vec(&document).map_err(|error| StorageError::Refused(error.to_string()))
}

/// Puts an export back, for a user who has nothing yet. Exported again it is the same; what would not be is refused.
///
/// # Errors
/// [`StorageError::Refused`] with what is wrong with the document, or when the user has something already;
/// [`StorageError::Duplicate`] when what it tells of is there, with somebody else too.
pub fn restore(connection: &mut AnyConnection, user: UserId, document: &[u8]) -> Result<(), StorageError> {
    let refused = |words: &str| StorageError::Refused(words.to_owned());
    let document: Document = serde_json::from_slice(document)
        .map_err(|error| StorageError::Refused(format!("This is no export of Bellwether: {error}.")))?;
    if document.format != FORMAT {
        return Err(refused("This is no export of Bellwether."));
    }
    if document.version > VERSION {
        return Err(StorageError::Refused(format!(
            "The export was made by a newer version of Bellwether ({}). Restore it with that version or a later one.",
            document.program
        )));
    }
    transaction::without_time_limit(connection)?;
    let there = read_tables(connection, user)?;
    let has_something = |table: &TableOfUser| {
        matches!(table.table.as_str(), "portfolios" | "indices" | "audit_log") && !table.rows.is_empty()
    };
    if there.iter().any(has_something) {
        return Err(refused(
            "There are portfolios or their history already. An export is restored where there is nothing yet.",
        ));
    }
    let known = catalog::tables(connection)?;
    // The first rules that everybody has give way.
    let literal = user_literal(connection, user);
    for name in ["notification_rules", "quiet_hours"] {
        let delete = format!("DELETE FROM {name} WHERE user_id = {literal}");
        on_either!(connection, |inner| diesel::sql_query(delete).execute(inner))?;
    }
    let names: Vec<&str> = document.tables.iter().map(|table| table.table.as_str()).collect();
    if names != TABLES.iter().map(|(name, _)| *name).collect::<Vec<_>>() {
        return Err(refused("The export does not have the tables that exports have, in their order."));
    }
    for told in &document.tables {
        let table = known.iter().find(|table| table.name == told.table).ok_or(StorageError::NotFound)?;
        write_table(connection, table, told, &literal)?;
    }
    if read_tables(connection, user)? != document.tables {
        return Err(refused("The export is not as Bellwether wrote it: read back, it would be another one."));
    }
    follow(connection, user)
}

fn write_table(
    connection: &mut AnyConnection,
    table: &Table,
    told: &TableOfUser,
    user: &str,
) -> Result<(), StorageError> {
    let columns = columns_of(table);
    if columns.iter().map(|column| &column.name).ne(&told.columns) {
        return Err(StorageError::Refused(format!(
            "The columns of {} are not those of this version: restore the export with the version that made it.",
            told.table
        )));
    }
    if told.rows.iter().any(|row| row.len() != columns.len()) {
        return Err(StorageError::Refused(format!("A row of {} is not like its table.", told.table)));
    }
    register(connection, &columns, told)?;
    let mut cells: Vec<String> =
        columns.iter().enumerate().map(|(place, column)| written_cell(connection, column, place)).collect();
    let mut names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    if table.columns.iter().any(|column| column.name == "user_id") {
        names.push("user_id".to_owned());
        cells.push(user.to_owned());
    }
    let from = match connection {
        AnyConnection::Sqlite(_) => "json_each(?) AS r ORDER BY r.key",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {
            "json_array_elements($1::json) WITH ORDINALITY AS r (value, key) ORDER BY r.key"
        }
    };
    let insert = format!(
        "INSERT INTO {} ({}) SELECT {} FROM {from}",
        quoted(&table.name),
        names.join(", "),
        cells.join(", ")
    );
    for rows in told.rows.chunks(PORTION) {
        let json = serde_json::to_string(rows).map_err(|error| StorageError::Refused(error.to_string()))?;
        let written =
            on_either!(connection, |inner| diesel::sql_query(&insert).bind::<Text, _>(&json).execute(inner));
        written.map_err(|error| match StorageError::from(error) {
            StorageError::Query(error) => {
                StorageError::Refused(format!("Rows of {} are not possible: {error}.", told.table))
            }
            error => error,
        })?;
    }
    Ok(())
}

/// Makes the instruments known that rows tell of.
fn register(
    connection: &mut AnyConnection,
    columns: &[&Column],
    told: &TableOfUser,
) -> Result<(), StorageError> {
    let mut symbols: BTreeSet<Symbol> = BTreeSet::new();
    for (place, _) in columns.iter().enumerate().filter(|(_, column)| is_instrument(column)) {
        for cell in told.rows.iter().filter_map(|row| row.get(place)) {
            let Value::String(text) = cell else { continue };
            let symbol = text
                .parse()
                .map_err(|error| StorageError::Refused(format!("{text:?} is no symbol: {error}.")))?;
            symbols.insert(symbol);
        }
    }
    let symbols: Vec<Symbol> = symbols.into_iter().collect();
    instruments::find_or_create(connection, &symbols).map(drop)
}

fn written_cell(connection: &AnyConnection, column: &Column, place: usize) -> String {
    let cell = match connection {
        AnyConnection::Sqlite(_) => format!("json_extract(r.value, '$[{place}]')"),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => format!("(r.value ->> {place})"),
    };
    if is_instrument(column) {
        return format!("(SELECT i.id FROM instruments i WHERE i.symbol = {cell})");
    }
    match connection {
        AnyConnection::Sqlite(_) if column.holds == Holds::Bytes => format!("unhex({cell})"),
        AnyConnection::Sqlite(_) => cell,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) if column.holds == Holds::Bytes => format!("decode({cell}, 'hex')"),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => format!("{cell}::{}", column.sql_type),
    }
}

/// What was restored must be readable, and what its audit log tells.
fn follow(connection: &mut AnyConnection, user: UserId) -> Result<(), StorageError> {
    let mut all: Vec<Key> = portfolios::table
        .filter(portfolios::user_id.eq(Key(user.uuid())))
        .select(portfolios::id)
        .load(connection)?;
    let told: Vec<Option<Key>> = audit_log::table
        .filter(audit_log::user_id.eq(Key(user.uuid())))
        .select(audit_log::portfolio_id)
        .distinct()
        .load(connection)?;
    all.extend(told.into_iter().flatten());
    all.sort_unstable();
    all.dedup();
    for Key(id) in all {
        let portfolio = PortfolioId::from_uuid(id);
        let unlike = |error: StorageError| match error {
            error if error.is_transient() => error,
            error => StorageError::Refused(format!("The portfolio {id} cannot be read: {error}.")),
        };
        let read = changes::read(connection, user, portfolio).map_err(unlike)?;
        let replayed = changes::replay(connection, user, portfolio, None).map_err(unlike)?;
        if read != replayed {
            return Err(StorageError::Refused(format!(
                "The portfolio {id} is not what its audit log tells."
            )));
        }
    }
    Ok(())
}

impl Storage {
    /// All that a user entered, as of one moment, as a JSON document.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn export_user(&self, user: UserId) -> Result<Vec<u8>, StorageError> {
        let now = self.now();
        self.snapshot(move |connection| export(connection, user, now)).await
    }

    /// Puts an export back, for a user who has nothing yet: all of it or nothing.
    ///
    /// # Errors
    /// As [`restore`].
    pub async fn restore_user(&self, user: UserId, document: Vec<u8>) -> Result<(), StorageError> {
        self.write(move |connection| restore(connection, user, &document)).await
    }
}
