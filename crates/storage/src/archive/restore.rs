//! Putting an archive in the place of what a database holds.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::line::TableHead;
use super::reading::{Archive, Next};
use super::{ArchiveError, KEYS, LEFT_ALONE, LEFT_OUT, writing};
use crate::catalog::{self, Column, Holds, Table, quoted};
use crate::connection::{AnyConnection, on_either};
use crate::{Storage, StorageError, ledger_hash, transaction};

/// How an archive is restored.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// Only where there are neither portfolios nor their history nor people beside the owner.
    pub only_where_nothing_is: bool,
    /// Where a backup of what is replaced is kept, if there is something.
    pub keep_old: Option<PathBuf>,
    /// Whether API tokens, share links and what providers know users by work again. One that was revoked after the backup
    /// does too.
    pub with_keys: bool,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made_at: DateTime<Utc>,
    /// Rows that were written.
    pub rows: u64,
    /// Where what it replaced is kept.
    pub old: Option<PathBuf>,
}

/// Rows that are written at a time, by their length as text.
const PORTION: usize = 1 << 20;

/// What finishes a restored state, in the same transaction.
type Finish = Box<dyn FnOnce(&mut AnyConnection) -> Result<(), StorageError> + Send>;

fn restore(
    connection: &mut AnyConnection,
    archive: &Archive,
    options: &RestoreOptions,
    now: DateTime<Utc>,
) -> Result<Restored, StorageError> {
    let tables = catalog::tables(connection)?;
    let known = catalog::migrations(connection)?;
    if let Some(newer) = archive.manifest.migrations.iter().find(|version| !known.contains(version)) {
        let program = &archive.manifest.program;
        return Err(ArchiveError::Newer(format!("{program}, with the migration {newer}")).into());
    }
    for head in &archive.tables {
        fits(&tables, head)?;
    }
    transaction::without_time_limit(connection)?;
    let guards = Guards::lift(connection, &tables)?;
    // Now that nobody else writes.
    let is_lived_in = is_lived_in(connection)?;
    if is_lived_in && options.only_where_nothing_is {
        return Err(ArchiveError::WouldReplace.into());
    }
    let old = options.keep_old.clone().filter(|_| is_lived_in);
    if let Some(path) = &old {
        // It may be damaged, and replaced for that very reason: then it has no hash.
        let hash = match transaction::attempt(connection, ledger_hash::of_database) {
            Err(error) if error.is_transient() => return Err(error),
            read => read.ok(),
        };
        writing::write(connection, path, hash, now)?.place(path)?;
    }
    for table in tables.iter().rev().filter(|table| !LEFT_ALONE.contains(&table.name.as_str())) {
        let delete = format!("DELETE FROM {}", quoted(&table.name));
        on_either!(connection, |inner| inner.batch_execute(&delete))?;
    }
    let rows = fill(connection, archive, &tables, options.with_keys)?;
    for table in &tables {
        count_on(connection, table)?;
    }
    guards.put_back(connection)?;
    let told = &archive.manifest.ledger;
    // One without a hash is of a damaged state, which was kept as it was.
    if !told.is_empty() && ledger_hash::of_database(connection)?.to_string() != *told {
        let words = "its ledgers are not those that were backed up".to_owned();
        return Err(ArchiveError::Damaged(words).into());
    }
    Ok(Restored { made_at: archive.manifest.made_at, rows, old })
}

/// Whether anybody would miss something. What cannot be read is something.
fn is_lived_in(connection: &mut AnyConnection) -> Result<bool, StorageError> {
    for what in ["portfolios", "audit_log", "indices", "users WHERE role <> 'owner'"] {
        match transaction::attempt(connection, |connection| catalog::has_row(connection, what)) {
            Ok(false) => {}
            Err(error) if error.is_transient() => return Err(error),
            Ok(true) | Err(_) => return Ok(true),
        }
    }
    Ok(false)
}

/// Whether a table's rows can stand here.
fn fits(tables: &[Table], head: &TableHead) -> Result<(), ArchiveError> {
    let unlike = |words: String| Err(ArchiveError::Unlike(words));
    let Some(table) = tables.iter().find(|table| table.name == head.table) else {
        return unlike(format!("this version has no table {:?}", head.table));
    };
    if LEFT_OUT.contains(&table.name.as_str()) {
        return unlike(format!("the table {:?} belongs to no backup", head.table));
    }
    let (mut names, columns): (Vec<&str>, _) =
        (head.columns.iter().map(|column| column.name.as_str()).collect(), &head.columns);
    names.sort_unstable();
    if names.windows(2).any(|two| two[0] == two[1]) {
        return unlike(format!("a column of {:?} is there twice", head.table));
    }
    for column in columns {
        let here = table.columns.iter().find(|here| here.name == column.name);
        if here.is_none_or(|here| here.holds != column.holds) {
            return unlike(format!("this version has no such column {:?} of {:?}", column.name, head.table));
        }
    }
    match table.columns.iter().find(|here| here.required && !names.contains(&here.name.as_str())) {
        Some(missing) => unlike(format!("the backup lacks {:?} of {:?}", missing.name, head.table)),
        None => Ok(()),
    }
}

/// Writes the rows of the archive, and says how many there were. Its tables come in the order of what refers to what.
fn fill(
    connection: &mut AnyConnection,
    archive: &Archive,
    tables: &[Table],
    with_keys: bool,
) -> Result<u64, StorageError> {
    let mut reader = archive.reader()?;
    let mut insert: Option<String> = None;
    let (mut portion, mut count) = (String::new(), 0);
    while let Some(next) = reader.next()? {
        match next {
            Next::Table(head) => {
                if let Some(insert) = &insert {
                    write_rows(connection, insert, &mut portion)?;
                }
                let is_wanted = with_keys || !KEYS.contains(&head.table.as_str());
                let table = tables.iter().find(|table| table.name == head.table && is_wanted);
                insert = table.map(|table| statement(connection, table, &head)).transpose()?;
            }
            Next::Row(row) => {
                let Some(insert) = &insert else { continue };
                count += 1;
                portion.push(if portion.is_empty() { '[' } else { ',' });
                portion.push_str(row);
                if portion.len() >= PORTION {
                    write_rows(connection, insert, &mut portion)?;
                }
            }
        }
    }
    if let Some(insert) = &insert {
        write_rows(connection, insert, &mut portion)?;
    }
    Ok(count)
}

fn write_rows(
    connection: &mut AnyConnection,
    insert: &str,
    portion: &mut String,
) -> Result<(), StorageError> {
    if portion.is_empty() {
        return Ok(());
    }
    portion.push(']');
    on_either!(connection, |inner| diesel::sql_query(insert)
        .bind::<Text, _>(portion.as_str())
        .execute(inner))?;
    portion.clear();
    Ok(())
}

/// The statement that adds rows, which it is given as one JSON array of arrays.
fn statement(connection: &AnyConnection, table: &Table, head: &TableHead) -> Result<String, StorageError> {
    let mut cells = Vec::with_capacity(head.columns.len());
    for (place, column) in head.columns.iter().enumerate() {
        let here =
            table.columns.iter().find(|here| here.name == column.name).ok_or(StorageError::NotFound)?;
        cells.push(match connection {
            AnyConnection::Sqlite(_) => sqlite_cell(here, place),
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(_) => postgres_cell(here, place),
        });
    }
    let rows = match connection {
        AnyConnection::Sqlite(_) => "json_each(?) AS row",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "json_array_elements($1::json) AS row (value)",
    };
    let names: Vec<String> = head.columns.iter().map(|column| quoted(&column.name)).collect();
    let (name, names, cells) = (quoted(&table.name), names.join(", "), cells.join(", "));
    Ok(format!("INSERT INTO {name} ({names}) SELECT {cells} FROM {rows}"))
}

fn sqlite_cell(column: &Column, place: usize) -> String {
    let cell = format!("json_extract(row.value, '$[{place}]')");
    match column.holds {
        Holds::Bytes => format!("unhex({cell})"),
        Holds::Text | Holds::Integer => cell,
        Holds::Real => format!("CAST({cell} AS REAL)"),
    }
}

#[cfg(feature = "postgres")]
fn postgres_cell(column: &Column, place: usize) -> String {
    let cell = format!("(row.value ->> {place})");
    match column.holds {
        Holds::Bytes => format!("decode({cell}, 'hex')"),
        _ => format!("{cell}::{}", column.sql_type),
    }
}

/// Has numbers that the database gives go on after those that were restored. SQLite goes on after the highest that it
/// ever gave.
#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "the other back end is a feature"))]
fn count_on(connection: &mut AnyConnection, table: &Table) -> Result<(), StorageError> {
    match connection {
        AnyConnection::Sqlite(_) => {}
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => {
            for column in table.columns.iter().filter(|column| column.numbered) {
                let (name, of) = (quoted(&column.name), quoted(&table.name));
                // A sequence keeps its number when the transaction fails, so it is never lowered.
                postgres.batch_execute(&format!(
                    "SELECT setval(s, greatest(nextval(s), (SELECT coalesce(max({name}), 0) + 1 FROM {of})), false)
                     FROM (SELECT pg_get_serial_sequence('{of}', '{}')::regclass AS s) AS sequence",
                    column.name
                ))?;
            }
        }
    }
    Ok(())
}

/// What keeps the audit log from being changed, lifted while all of it is replaced.
struct Guards {
    /// How they come back.
    statements: Vec<String>,
}

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

impl Guards {
    /// Lifts them within the transaction, in which nobody else writes.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "the other back end is a feature")
    )]
    fn lift(connection: &mut AnyConnection, tables: &[Table]) -> Result<Self, StorageError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                let all = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'";
                let triggers: Vec<Trigger> = diesel::sql_query(all).load(sqlite)?;
                for trigger in &triggers {
                    sqlite.batch_execute(&format!("DROP TRIGGER {}", quoted(&trigger.name)))?;
                }
                Ok(Self { statements: triggers.into_iter().map(|trigger| trigger.sql).collect() })
            }
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(postgres) => {
                let alter = |word: &str| -> Vec<String> {
                    let all = tables.iter();
                    all.map(|table| format!("ALTER TABLE {} {word} TRIGGER USER", quoted(&table.name)))
                        .collect()
                };
                let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
                postgres.batch_execute("SET LOCAL lock_timeout = '60s'")?;
                // Others go on reading what was; who writes waits.
                postgres.batch_execute(&format!("LOCK TABLE {} IN EXCLUSIVE MODE", names.join(", ")))?;
                for statement in alter("DISABLE") {
                    postgres.batch_execute(&statement)?;
                }
                Ok(Self { statements: alter("ENABLE") })
            }
        }
    }

    fn put_back(self, connection: &mut AnyConnection) -> Result<(), StorageError> {
        for statement in self.statements {
            on_either!(connection, |inner| inner.batch_execute(&statement))?;
        }
        Ok(())
    }
}

impl Storage {
    /// Puts an archive, which was checked, in the place of all that the installation keeps; what `finish` does belongs to
    /// it. All of it happens or nothing. Who is signed in is no longer; background work goes on.
    ///
    /// # Errors
    /// [`StorageError::Archive`] when the archive is of another version or changed since it was checked, or the old state
    /// cannot be kept; [`StorageError::Unavailable`] when the database is.
    pub async fn restore(
        &self,
        archive: Archive,
        options: RestoreOptions,
        finish: impl FnOnce(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<Restored, StorageError> {
        let now = self.now();
        let finish: Finish = Box::new(finish);
        self.write(move |connection| {
            let restored = restore(connection, &archive, &options, now)?;
            finish(connection)?;
            Ok(restored)
        })
        .await
    }
}
