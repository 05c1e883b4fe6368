//! Backups: all that an installation keeps, as one file that restores into either back end.
//!
//! An archive is gzip over lines of JSON in UTF-8:
//!
//! | line | content |
//! |---|---|
//! | first | [`Manifest`]: the format and its version, who made it and when, the migrations of its schema, the ledger hash |
//! | `{"table": ..., "columns": [{"name": ..., "holds": ...}, ...]}` | a table begins |
//! | `[...]` | a row: bytes as hexadecimal text, exact numbers and text as text, whole numbers as numbers |
//! | `{"end": ..., "rows": ..., "sha256": ...}` | a table ends; the digest is of its rows' lines |
//! | last | `{"tables": ..., "rows": ..., "sha256": ...}`; the digest is of all lines before |
//!
//! Every table is in it but those of `LEFT_OUT`. It is read in one transaction that sees one state of the database, and
//! written beside its place and moved there when it is whole and on the disk.

mod line;
mod reading;
mod restore;
mod writing;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use reading::{Archive, check};
pub use restore::{RestoreOptions, Restored};
pub use writing::Backup;

/// The only version of the format that there is. A migration that gives rows another meaning raises it.
const VERSION: u32 = 1;
const FORMAT: &str = "bellwether-backup";

/// The longest line: a record of the audit log holds all the rejected rows of an import that went with its portfolio.
const LONGEST_LINE: usize = 512 << 20;
/// So much an archive may unpack to in any case, and beyond it so many times its own size.
const ALWAYS_ALLOWED: u64 = 16 << 20;
const LARGEST_RATIO: u64 = 200;

/// What an archive of a size may unpack to.
fn allowance(packed: u64) -> u64 {
    ALWAYS_ALLOWED.saturating_add(packed.saturating_mul(LARGEST_RATIO))
}

/// Tables that are no data of anybody's: work in progress, and who is signed in or tries to be.
const LEFT_OUT: &[&str] =
    &["jobs", "job_files", "import_drafts", "sessions", "sign_in_failures", "oidc_sign_ins"];
/// Of these, what an installation has stays as it is when a backup is restored.
const LEFT_ALONE: &[&str] = &["jobs", "job_files"];
/// What opens doors: restored only where that is asked for, since one that was revoked since would open them again.
const KEYS: &[&str] = &["api_tokens", "share_links", "oidc_identities"];

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `bellwether-backup`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// The migrations that the database had.
    pub migrations: Vec<String>,
    /// The [`ledger_hash`](crate::ledger_hash) of all that owners had entered; empty where it could not be read.
    pub ledger: String,
}

/// Why a file cannot be restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read or written.
    #[error("{} cannot be read or written: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("the file is no backup of Bellwether, or its beginning is damaged")]
    NotAnArchive,
    /// It ends too early, or more follows where it should end.
    #[error("the backup is not whole: it was cut off, or something was added to it")]
    NotWhole,
    /// A digest is another one, or compressed data are damaged.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A row is longer than any that is read again.
    #[error("a row of {0} is longer than a backup can hold")]
    TooLong(String),
    /// There is something that nobody said may be replaced.
    #[error("there are portfolios, their history or other people, which a backup would replace")]
    WouldReplace,
    /// It unpacks to far more than any backup does.
    #[error("the backup unpacks to more than any backup does; it is refused")]
    TooLarge,
    /// It is of a format or schema that this version does not know.
    #[error(
        "the backup was made by a newer version of Bellwether ({0}); restore it with that version or a later one"
    )]
    Newer(String),
    /// Its schema lacks what this version needs.
    #[error(
        "the backup cannot be brought to this version's schema: {0}; restore it with the version that made it"
    )]
    Unlike(String),
}

impl From<serde_json::Error> for ArchiveError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
