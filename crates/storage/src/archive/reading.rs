//! Reading an archive, of which nothing is believed that was not checked.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::GzDecoder;
use sha2::{Digest as _, Sha256};

use super::line::{Mark, TableHead};
use super::writing::hex;
use super::{ArchiveError, FORMAT, LONGEST_LINE, Manifest, VERSION, allowance};

/// An archive that was read through and found to be right.
#[derive(Debug)]
pub struct Archive {
    file: File,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Rows of all tables.
    pub rows: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The columns of its tables.
    pub(super) tables: Vec<TableHead>,
}

/// Reads an archive to its end and checks all of it: digests, numbers of rows, what each row holds.
///
/// # Errors
/// What is wrong with it.
pub fn check(path: &Path) -> Result<Archive, ArchiveError> {
    let failed = |source| ArchiveError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ArchiveError::NotAnArchive);
    }
    let size = metadata.len();
    let mut reader = Reader::of(&file)?;
    let manifest = reader.manifest.clone();
    let (mut tables, mut rows): (Vec<TableHead>, u64) = (Vec::new(), 0);
    while let Some(next) = reader.next()? {
        match next {
            Next::Table(head) => {
                if tables.iter().any(|known| known.table == head.table) {
                    return Err(ArchiveError::Damaged(format!("the table {} is there twice", head.table)));
                }
                tables.push(head);
            }
            Next::Row(row) => {
                let head = tables.last().ok_or(ArchiveError::NotAnArchive)?;
                head.check_row(row)?;
                rows += 1;
            }
        }
    }
    Ok(Archive { file, manifest, rows, size, tables })
}

impl Archive {
    /// Reads it again from its beginning.
    pub(super) fn reader(&self) -> Result<Reader<'_>, ArchiveError> {
        Reader::of(&self.file)
    }
}

/// What comes next in an archive.
pub(super) enum Next<'r> {
    /// A table begins.
    Table(TableHead),
    /// A row of the table that began last.
    Row(&'r str),
}

/// An archive as it is read, line by line.
pub(super) struct Reader<'f> {
    lines: BufReader<Bounded<'f>>,
    line: String,
    pub(super) manifest: Manifest,
    all: Sha256,
    table: Sha256,
    /// The table whose rows come, with their number so far.
    within: Option<(String, u64)>,
    tables: u64,
    rows: u64,
}

/// What is unpacked, up to what a backup of that size may be.
struct Bounded<'f> {
    unpacked: GzDecoder<BufReader<&'f File>>,
    left: u64,
}

const TOO_LARGE: &str = "unpacks to too much";

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.unpacked.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| std::io::Error::other(TOO_LARGE))?;
        Ok(count)
    }
}

impl<'f> Reader<'f> {
    fn of(mut file: &'f File) -> Result<Self, ArchiveError> {
        let packed = file.metadata().map_err(broken)?.len();
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        let left = allowance(packed);
        let lines = BufReader::new(Bounded { unpacked: GzDecoder::new(BufReader::new(file)), left });
        let none = Manifest {
            format: String::new(),
            version: 0,
            program: String::new(),
            made_at: chrono::DateTime::UNIX_EPOCH,
            migrations: Vec::new(),
            ledger: String::new(),
        };
        let mut reader = Self {
            lines,
            line: String::new(),
            manifest: none,
            all: Sha256::default(),
            table: Sha256::default(),
            within: None,
            tables: 0,
            rows: 0,
        };
        match reader.read_line() {
            Ok(true) => {}
            Err(error @ (ArchiveError::TooLarge | ArchiveError::File { .. })) => return Err(error),
            _ => return Err(ArchiveError::NotAnArchive),
        }
        reader.manifest = manifest(&reader.line)?;
        reader.count_line();
        Ok(reader)
    }

    /// Reads a line; `false` at the end.
    fn read_line(&mut self) -> Result<bool, ArchiveError> {
        self.line.clear();
        let mut bytes = std::mem::take(&mut self.line).into_bytes();
        (&mut self.lines).take(LONGEST_LINE as u64).read_until(b'\n', &mut bytes).map_err(broken)?;
        if bytes.is_empty() {
            return Ok(false);
        }
        if bytes.pop() != Some(b'\n') {
            let is_long = bytes.len() + 1 >= LONGEST_LINE;
            return Err(if is_long { ArchiveError::TooLarge } else { ArchiveError::NotWhole });
        }
        self.line = String::from_utf8(bytes).map_err(|error| ArchiveError::Damaged(error.to_string()))?;
        Ok(true)
    }

    fn count_line(&mut self) {
        self.all.update(&self.line);
        self.all.update("\n");
    }

    /// The next table or row; `None` after the last line, when all of it was right.
    pub(super) fn next(&mut self) -> Result<Option<Next<'_>>, ArchiveError> {
        loop {
            if !self.read_line()? {
                return Err(ArchiveError::NotWhole);
            }
            if self.line.starts_with('[') {
                let Some((_, rows)) = &mut self.within else {
                    return Err(ArchiveError::Damaged("a row stands outside of any table".to_owned()));
                };
                *rows += 1;
                self.table.update(&self.line);
                self.table.update("\n");
                self.count_line();
                return Ok(Some(Next::Row(&self.line)));
            }
            match (serde_json::from_str(&self.line)?, self.within.take()) {
                (Mark::Table(head), None) => {
                    self.count_line();
                    self.within = Some((head.table.clone(), 0));
                    return Ok(Some(Next::Table(head)));
                }
                (Mark::End(end), Some((table, rows))) => {
                    let digest = hex(std::mem::take(&mut self.table));
                    if end.end != table || end.rows != rows || end.sha256 != digest {
                        return Err(ArchiveError::Damaged(format!("the table {table} has another digest")));
                    }
                    self.count_line();
                    self.tables += 1;
                    self.rows += rows;
                }
                (Mark::Last(last), None) => {
                    if last.tables != self.tables
                        || last.rows != self.rows
                        || last.sha256 != hex(self.all.clone())
                    {
                        return Err(ArchiveError::Damaged("it has another digest".to_owned()));
                    }
                    return if self.is_at_end()? { Ok(None) } else { Err(ArchiveError::NotWhole) };
                }
                _ => return Err(ArchiveError::Damaged("its tables are not one after another".to_owned())),
            }
        }
    }

    /// Whether neither the unpacked lines nor the file go on.
    fn is_at_end(&mut self) -> Result<bool, ArchiveError> {
        if !self.lines.fill_buf().map_err(broken)?.is_empty() {
            return Ok(false);
        }
        let packed = self.lines.get_mut().unpacked.get_mut();
        Ok(packed.fill_buf().map_err(broken)?.is_empty())
    }
}

fn manifest(line: &str) -> Result<Manifest, ArchiveError> {
    #[derive(serde::Deserialize)]
    struct Beginning {
        format: String,
        version: u32,
        program: String,
    }
    // A later version may say more, which must not hide that it is one.
    let beginning: Beginning = serde_json::from_str(line)
        .ok()
        .filter(|beginning: &Beginning| beginning.format == FORMAT)
        .ok_or(ArchiveError::NotAnArchive)?;
    if beginning.version > VERSION {
        return Err(ArchiveError::Newer(beginning.program));
    }
    Ok(serde_json::from_str(line)?)
}

#[expect(clippy::needless_pass_by_value, reason = "what maps errors is given them")]
fn broken(error: std::io::Error) -> ArchiveError {
    if error.to_string() == TOO_LARGE {
        return ArchiveError::TooLarge;
    }
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => ArchiveError::NotWhole,
        _ => ArchiveError::Damaged(error.to_string()),
    }
}
