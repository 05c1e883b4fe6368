//! The forms of files, one file each, and the choice among them.
//!
//! A new form is a type that implements [`Format`] and a line in [`FORMATS`].

mod plain;

use crate::header::{Document, Header};
use crate::{ReadOptions, Statement, UnreadableFile};

/// One form of files.
pub(crate) trait Format: Sync {
    /// How sure it is that the document is of this form, in per cent; `None` when it is not. 100 is for marks that
    /// no other form has.
    fn confidence(&self, document: &Document<'_>) -> Option<u8>;

    /// Reads a document that [`Format::confidence`] recognised.
    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile>;

    /// How near the document comes, when it is not of this form.
    fn near_miss(&self, document: &Document<'_>) -> Option<NearMiss>;
}

/// A header that would do if it named more columns.
pub(crate) struct NearMiss {
    /// How many columns were understood.
    pub(crate) known: usize,
    pub(crate) header: Header,
    /// What it still needs, in words.
    pub(crate) missing: String,
}

const FORMATS: [&dyn Format; 2] = [&plain::PlainTransactions, &plain::PlainDividends];

/// A header that is always understood.
const EXAMPLE: &str = "Ticker,Type,Date,Price,Shares";

/// More rows than anybody's ledger; a file of this many blank lines must still fit in memory.
pub(crate) const MAX_ROWS: usize = 250_000;

/// Reads a document in the form that is surest of it.
pub(crate) fn read(document: Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
    let mut surest: Option<(u8, &dyn Format)> = None;
    for format in FORMATS {
        if let Some(confidence) = format.confidence(&document)
            && surest.is_none_or(|(best, _)| confidence > best)
        {
            surest = Some((confidence, format));
        }
    }
    if let Some((_, format)) = surest {
        return format.read(&document, options);
    }
    let nearest =
        FORMATS.iter().filter_map(|format| format.near_miss(&document)).max_by_key(|near| near.known);
    Err(document.no_header(nearest.map(|near| (near.header, near.missing)), EXAMPLE))
}
