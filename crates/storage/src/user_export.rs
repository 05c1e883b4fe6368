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

mod document;
mod readable;

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;

use self::document::{Document, Row, TableOfUser};
use crate::catalog::{self, Column, Holds, Table, quoted};
use crate::connection::{AnyConnection, on_either};
use crate::{Storage, StorageError, instruments, transaction};

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

/// Rows that are written at a time, by their length as text.
const PORTION: usize = 1 << 20;

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

/// Hands out the user's rows of a table one by one, by their keys.
fn each_row(
    connection: &mut AnyConnection,
    table: &Table,
    whose: &str,
    mut each: impl FnMut(Row) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
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
    let query = diesel::sql_query(format!(
        "SELECT CAST({array}({}) AS TEXT) AS line FROM {} t WHERE {whose} ORDER BY {}",
        cells.join(", "),
        quoted(&table.name),
        key.join(", ")
    ));
    let mut hand_out = |line: Line| {
        let row = serde_json::from_str::<Row>(&line.line);
        each(row.map_err(|error| StorageError::corrupt(format!("a row of {}", table.name), error))?)
    };
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            for line in query.load_iter::<Line, diesel::connection::DefaultLoadingMode>(sqlite)? {
                hand_out(line?)?;
            }
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => {
            for line in query.load_iter::<Line, diesel::pg::PgRowByRowLoadingMode>(postgres)? {
                hand_out(line?)?;
            }
        }
    }
    Ok(())
}

/// The user's tables, each with the condition that its rows are the user's.
fn tables_of(connection: &mut AnyConnection, user: UserId) -> Result<Vec<(Table, String)>, StorageError> {
    let known = catalog::tables(connection)?;
    let user = user_literal(connection, user);
    TABLES
        .iter()
        .map(|(name, whose)| {
            let table = known.iter().find(|table| table.name == *name).ok_or(StorageError::NotFound)?;
            Ok((table.clone(), whose.replace("{user}", &user)))
        })
        .collect()
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
    let program = env!("CARGO_PKG_VERSION");
    let head = serde_json::json!([FORMAT, VERSION, program, now]);
    let mut document = format!(
        "{{\"format\":{},\"version\":{},\"program\":{},\"exported_at\":{},\"tables\":[",
        head[0], head[1], head[2], head[3]
    );
    for (place, (table, whose)) in tables_of(connection, user)?.into_iter().enumerate() {
        let columns: Vec<&String> = columns_of(&table).into_iter().map(|column| &column.name).collect();
        let comma = if place == 0 { "" } else { "," };
        let (name, columns) = (serde_json::json!(table.name), serde_json::json!(columns));
        let begin = format!("{comma}{{\"table\":{name},\"columns\":{columns},\"rows\":[");
        document.push_str(&begin);
        let mut is_first = true;
        each_row(connection, &table, &whose, |Row(row)| {
            document.push_str(if std::mem::take(&mut is_first) { "" } else { "," });
            document.push_str(&row);
            Ok(())
        })?;
        document.push_str("]}");
    }
    document.push_str("]}");
    Ok(document.into_bytes())
}

/// Puts an export back, for a user who has nothing yet. Exported again it is the same; what would not be is refused, and
/// what cannot be read as all else is read.
fn restore(connection: &mut AnyConnection, user: UserId, document: &Document) -> Result<(), StorageError> {
    let refused = |words: &str| StorageError::Refused(words.to_owned());
    transaction::without_time_limit(connection)?;
    let tables = tables_of(connection, user)?;
    for (table, whose) in &tables {
        let counts = matches!(table.name.as_str(), "portfolios" | "indices" | "audit_log");
        if counts && catalog::has_row(connection, &format!("{} t WHERE {whose}", quoted(&table.name)))? {
            return Err(refused(
                "There are portfolios or their history already. An export is restored where there is nothing yet.",
            ));
        }
    }
    let literal = user_literal(connection, user);
    // The first rules that everybody has give way.
    for name in ["notification_rules", "quiet_hours"] {
        let delete = format!("DELETE FROM {name} WHERE user_id = {literal}");
        on_either!(connection, |inner| diesel::sql_query(delete).execute(inner))?;
    }
    instruments::find_or_create(connection, &document.symbols)?;
    for ((table, _), told) in tables.iter().zip(&document.tables) {
        write_table(connection, table, told, &literal)?;
    }
    for ((table, whose), told) in tables.iter().zip(&document.tables) {
        let mut rows = told.rows.iter();
        let mut is_same = true;
        each_row(connection, table, whose, |row| {
            is_same &= rows.next() == Some(&row);
            Ok(())
        })?;
        if !is_same || rows.next().is_some() {
            return Err(refused(
                "The export is not as Bellwether wrote it: read back, it would be another one.",
            ));
        }
    }
    readable::read_all(connection, user)
}

fn write_table(
    connection: &mut AnyConnection,
    table: &Table,
    told: &TableOfUser,
    user: &str,
) -> Result<(), StorageError> {
    let columns = columns_of(table);
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
    let mut write = |portion: &mut String| -> Result<(), StorageError> {
        portion.push(']');
        let written = on_either!(connection, |inner| diesel::sql_query(&insert)
            .bind::<Text, _>(portion.as_str())
            .execute(inner));
        portion.clear();
        written.map(drop).map_err(|error| match StorageError::from(error) {
            StorageError::Query(error) => {
                StorageError::Refused(format!("Rows of {} are not possible: {error}.", told.table))
            }
            error => error,
        })
    };
    let mut portion = String::new();
    for Row(row) in &told.rows {
        portion.push(if portion.is_empty() { '[' } else { ',' });
        portion.push_str(row);
        if portion.len() >= PORTION {
            write(&mut portion)?;
        }
    }
    if portion.is_empty() { Ok(()) } else { write(&mut portion) }
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

impl Storage {
    /// All that a user entered, as of one moment, as a JSON document.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn export_user(&self, user: UserId) -> Result<Vec<u8>, StorageError> {
        let now = self.now();
        self.snapshot(move |connection| export(connection, user, now)).await
    }

    /// Puts an export back, for a user who has nothing yet: all of it or nothing. What `check` refuses, which sees what
    /// was restored, is not there either.
    ///
    /// # Errors
    /// [`StorageError::Refused`] with what is wrong with the document, or when the user has something already;
    /// [`StorageError::Duplicate`] when what it tells of is there, with somebody else too; and those of `check`.
    pub async fn restore_user(
        &self,
        user: UserId,
        document: Vec<u8>,
        check: impl FnOnce(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), StorageError> {
        // Reading takes longer than others should wait to write.
        let read = move |connection: &mut _| Document::read(&catalog::tables(connection)?, &document);
        let document = self.read(read).await?;
        self.write(move |connection| {
            restore(connection, user, &document)?;
            check(connection)
        })
        .await
    }
}
