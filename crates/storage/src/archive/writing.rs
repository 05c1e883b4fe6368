//! Making an archive.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::line::{Last, Mark, TableEnd, TableHead};
use super::{ArchiveError, FORMAT, LEFT_OUT, LONGEST_LINE, Manifest, VERSION, allowance, check};
use crate::catalog::{self, Column, Holds, Table, quoted};
use crate::connection::AnyConnection;
use crate::ledger_hash::{self, LedgerHash};
use crate::storage::blocking;
use crate::{Storage, StorageError, transaction};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Its size in bytes.
    pub size: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// The hash of all that owners had entered.
    pub ledger: LedgerHash,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What is written, with the digests of it.
struct Lines<W: Write> {
    out: W,
    all: Sha256,
    table: Sha256,
    /// In bytes.
    written: u64,
}

impl<W: Write> Lines<W> {
    fn put(&mut self, line: &str) -> std::io::Result<()> {
        self.written += line.len() as u64 + 1;
        self.all.update(line);
        self.all.update("\n");
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")
    }

    fn put_json(&mut self, content: &impl serde::Serialize) -> std::io::Result<()> {
        self.put(&serde_json::to_string(content)?)
    }

    fn put_row(&mut self, line: &str) -> std::io::Result<()> {
        self.table.update(line);
        self.table.update("\n");
        self.put(line)
    }
}

pub(super) fn hex(digest: Sha256) -> String {
    LedgerHash(digest.finalize().into()).to_string()
}

/// An archive that was written but does not have its name yet.
pub(super) struct Unplaced {
    file: NamedTempFile,
    /// In bytes.
    size: u64,
    unpacked: u64,
    rows: u64,
}

impl Unplaced {
    /// Gives it its name when all of it is on the disk and can be read again.
    pub(super) fn place(self, path: &Path) -> Result<(), ArchiveError> {
        let failed = |source| ArchiveError::File { path: path.to_owned(), source };
        self.file.as_file().sync_all().map_err(failed)?;
        check(self.file.path())?;
        self.file.persist(path).map_err(|error| failed(error.error))?;
        // The name is on the disk when the folder is.
        File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the present state beside a path, where it is to be placed; `ledger` is its hash, where that can be told.
pub(super) fn write(
    connection: &mut AnyConnection,
    path: &Path,
    ledger: Option<LedgerHash>,
    now: DateTime<Utc>,
) -> Result<Unplaced, StorageError> {
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        migrations: catalog::migrations(connection)?,
        ledger: ledger.map(|hash| hash.to_string()).unwrap_or_default(),
    };
    let written = write_packed(connection, path, &manifest, Compression::new(3))?;
    if written.unpacked <= allowance(written.size) {
        return Ok(written);
    }
    // What repeats itself packs better than any reader believes: that is not packed.
    write_packed(connection, path, &manifest, Compression::none())
}

fn write_packed(
    connection: &mut AnyConnection,
    path: &Path,
    manifest: &Manifest,
    compression: Compression,
) -> Result<Unplaced, StorageError> {
    let failed = |source| ArchiveError::File { path: path.to_owned(), source };
    // Readable for its owner only, whatever the umask.
    let file = NamedTempFile::new_in(folder_of(path)).map_err(failed)?;
    let mut lines = Lines {
        out: GzEncoder::new(BufWriter::new(file), compression),
        all: Sha256::default(),
        table: Sha256::default(),
        written: 0,
    };
    lines.put_json(manifest).map_err(failed)?;
    let (mut tables, mut rows) = (0, 0);
    for table in catalog::tables(connection)? {
        if LEFT_OUT.contains(&table.name.as_str()) {
            continue;
        }
        lines.put_json(&Mark::Table(TableHead::of(&table))).map_err(failed)?;
        let mut count = 0;
        each_row(connection, &table, |line| {
            if line.len() + 1 >= LONGEST_LINE {
                return Err(ArchiveError::TooLong(table.name.clone()));
            }
            count += 1;
            lines.put_row(line).map_err(failed)
        })?;
        let sha256 = hex(std::mem::take(&mut lines.table));
        lines.put_json(&Mark::End(TableEnd { end: table.name, rows: count, sha256 })).map_err(failed)?;
        tables += 1;
        rows += count;
    }
    let sha256 = hex(lines.all.clone());
    lines.put_json(&Mark::Last(Last { tables, rows, sha256 })).map_err(failed)?;
    let unpacked = lines.written;
    let buffered = lines.out.finish().map_err(failed)?;
    let file = buffered.into_inner().map_err(|error| failed(error.into_error()))?;
    let size = file.as_file().metadata().map_err(failed)?.len();
    Ok(Unplaced { file, size, unpacked, rows })
}

/// Hands out a table's rows one by one, by their keys.
fn each_row(
    connection: &mut AnyConnection,
    table: &Table,
    mut each: impl FnMut(&str) -> Result<(), ArchiveError>,
) -> Result<(), StorageError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            let query = diesel::sql_query(select(table, "json_array", sqlite_cell));
            for row in query.load_iter::<Line, diesel::connection::DefaultLoadingMode>(sqlite)? {
                each(&row?.line)?;
            }
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => {
            let query = diesel::sql_query(select(table, "json_build_array", postgres_cell));
            for row in query.load_iter::<Line, diesel::pg::PgRowByRowLoadingMode>(postgres)? {
                each(&row?.line)?;
            }
        }
    }
    Ok(())
}

fn select(table: &Table, array: &str, cell: fn(&Column) -> String) -> String {
    let cells: Vec<String> = table.columns.iter().map(cell).collect();
    let key: Vec<String> = table.key.iter().map(|column| quoted(column)).collect();
    let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) };
    format!("SELECT CAST({array}({}) AS TEXT) AS line FROM {}{order}", cells.join(", "), quoted(&table.name))
}

fn sqlite_cell(column: &Column) -> String {
    let name = quoted(&column.name);
    match column.holds {
        Holds::Bytes => format!("iif({name} IS NULL, NULL, lower(hex({name})))"),
        Holds::Text | Holds::Integer => name,
        Holds::Real => format!("iif({name} IS NULL, NULL, printf('%!.17g', {name}))"),
    }
}

#[cfg(feature = "postgres")]
fn postgres_cell(column: &Column) -> String {
    let name = quoted(&column.name);
    match column.holds {
        Holds::Bytes => format!("encode({name}, 'hex')"),
        Holds::Text | Holds::Real => format!("{name}::text"),
        Holds::Integer if column.sql_type == "boolean" => format!("{name}::int4"),
        Holds::Integer => name,
    }
}

impl Storage {
    /// Writes all that the installation keeps, as of one moment, into a file that only its owner may read. Others go on
    /// reading and writing meanwhile. The file is there when it is whole, on the disk and was read again, or not at all.
    ///
    /// # Errors
    /// [`StorageError::Archive`] when the file cannot be written, [`StorageError::Unavailable`] when the database is.
    pub async fn back_up(&self, path: PathBuf) -> Result<Backup, StorageError> {
        let now = self.now();
        let at = path.clone();
        let write = move |connection: &mut _| {
            transaction::without_time_limit(connection)?;
            let ledger = ledger_hash::of_database(connection)?;
            Ok((write(connection, &at, Some(ledger), now)?, ledger))
        };
        let (unplaced, ledger) = self.snapshot(write).await?;
        let backup = Backup { path, made_at: now, size: unplaced.size, rows: unplaced.rows, ledger };
        blocking(move || {
            unplaced.place(&backup.path)?;
            Ok(backup)
        })
        .await?
    }
}
