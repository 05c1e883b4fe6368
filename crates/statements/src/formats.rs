//! The forms of files, one file each, and the choice among them.
//!
//! A new form is a type that implements [`Format`] and a line in [`FORMATS`].

mod american;
mod american_symbol;
pub(crate) mod broker;
mod degiro;
mod etrade;
mod fidelity;
mod ghostfolio;
mod ibkr;
mod joining;
mod mergers;
mod ofx;
mod plain;
mod portfolio_performance;
mod robinhood;
mod schwab;
mod spelled;
mod trading_212;
mod vanguard;
mod wealthfolio;

use crate::header::{Document, Header};
use crate::mapping::SuggestedMapping;
use crate::statement::Detected;
use crate::{ReadOptions, Row, Statement, StatementFormat, UnreadableFile};

/// One form of files.
pub(crate) trait Format: Sync {
    /// Which form it is.
    fn format(&self) -> StatementFormat;

    /// How sure it is that the document is of this form, in per cent; `None` when it is not. 100 is for marks that
    /// no other form has.
    fn confidence(&self, document: &Document<'_>) -> Option<u8>;

    /// Reads a document that [`Format::confidence`] recognised.
    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile>;

    /// How near the document comes, when it is not of this form.
    fn near_miss(&self, _document: &Document<'_>) -> Option<NearMiss> {
        None
    }
}

/// A header that would do if it named more columns.
pub(crate) struct NearMiss {
    /// How many columns were understood.
    pub(crate) known: usize,
    pub(crate) header: Header,
    /// What it still needs, in words.
    pub(crate) missing: String,
}

const FORMATS: &[&dyn Format] = &[
    &plain::PlainTransactions,
    &plain::PlainDividends,
    &robinhood::Robinhood,
    &schwab::Schwab,
    &fidelity::Fidelity,
    &vanguard::Vanguard,
    &etrade::Etrade,
    &ibkr::IbkrFlex,
    &ibkr::IbkrActivity,
    &trading_212::Trading212,
    &degiro::Degiro,
    &portfolio_performance::PortfolioPerformance,
    &ghostfolio::Ghostfolio,
    &wealthfolio::Wealthfolio,
    &ofx::Ofx,
];

/// A header that is always understood.
const EXAMPLE: &str = "Ticker,Type,Date,Price,Shares";

/// More rows than anybody's ledger; a file of this many blank lines must still fit in memory.
pub(crate) const MAX_ROWS: usize = 250_000;

/// Adds a row, unless there are too many.
pub(crate) fn keep(rows: &mut Vec<Row>, row: Row) -> Result<(), UnreadableFile> {
    if rows.len() >= MAX_ROWS {
        return Err(UnreadableFile::TooManyRows { limit: MAX_ROWS });
    }
    rows.push(row);
    Ok(())
}

/// Reads a document in the form that was asked for, or else in the one that is surest of it.
pub(crate) fn read(document: Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
    if let Some(mapping) = &options.mapping {
        return plain::read_mapped(&document, mapping, options);
    }
    if let Some(wanted) = options.format {
        let format = FORMATS.iter().find(|format| format.format() == wanted);
        let Some(format) = format.filter(|format| format.confidence(&document).is_some()) else {
            return Err(UnreadableFile::NotOfForm { wanted });
        };
        return format.read(&document, options);
    }
    let mut surest: Option<(u8, &dyn Format)> = None;
    for format in FORMATS {
        if let Some(confidence) = format.confidence(&document)
            && surest.is_none_or(|(best, _)| confidence > best)
        {
            surest = Some((confidence, *format));
        }
    }
    if let Some((_, format)) = surest {
        return format.read(&document, options);
    }
    let nearest =
        FORMATS.iter().filter_map(|format| format.near_miss(&document)).max_by_key(|near| near.known);
    Err(document.no_header(nearest.map(|near| (near.header, near.missing)), EXAMPLE))
}

/// The forms that a document may have, the surest first.
pub(crate) fn detect(document: &Document<'_>) -> Vec<Detected> {
    let mut found: Vec<Detected> = FORMATS
        .iter()
        .filter_map(|format| {
            let confidence = format.confidence(document)?;
            Some(Detected { format: format.format(), confidence })
        })
        .collect();
    found.sort_by_key(|detected| std::cmp::Reverse(detected.confidence));
    found
}

/// A guess at the columns of a document in no known form.
pub(crate) fn suggest(document: &Document<'_>) -> Option<SuggestedMapping> {
    plain::suggest(document)
}
