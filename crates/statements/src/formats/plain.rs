//! The two plain tables: `Ticker,Type,Date,Price,Shares` for transactions and `Ticker,Date,Amount` for dividends.
//!
//! Columns come in any order and under their usual names. Understood beside the named ones: amount, fee, tax, split
//! ratio, currency, account, note, and what corporate events need: other symbol, cost share, cash in lieu, acquired.

mod columns;
mod kind_words;
mod mapped;
mod row;

pub(super) use self::mapped::{read_mapped, suggest};

use bellwether_domain::TransactionKind;

use self::columns::{Field, GATHERED, VOCABULARY};
use self::row::RowReader;
use super::{Format, NearMiss, keep};
use crate::header::{Columns, Document, Header};
use crate::records::Record;
use crate::survey::Survey;
use crate::verdict::RawCells;
use crate::{
    ColumnMapping, IgnoredRow, Note, ReadOptions, Row, Statement, StatementFormat, UnreadableFile, Verdict,
};

/// `Ticker,Type,Date,Price,Shares`.
pub(super) struct PlainTransactions;

/// `Ticker,Date,Amount`.
pub(super) struct PlainDividends;

/// A header with its meaning.
struct Recognised<'h> {
    header: &'h Header,
    columns: Columns<Field>,
    confidence: u8,
}

/// The surest of a document's headers by `confidence`.
fn recognise<'h>(
    document: &'h Document<'_>,
    confidence: fn(&Header, &Columns<Field>) -> Option<u8>,
) -> Option<Recognised<'h>> {
    let mut surest: Option<Recognised<'h>> = None;
    for header in &document.headers {
        let columns = Columns::find(header, VOCABULARY, GATHERED);
        if let Some(confidence) = confidence(header, &columns)
            && surest.as_ref().is_none_or(|best| confidence > best.confidence)
        {
            surest = Some(Recognised { header, columns, confidence });
        }
    }
    surest
}

/// Names spelled exactly as documented leave less doubt than synonyms.
fn named(header: &Header, names: &[&str]) -> bool {
    names.iter().all(|name| header.names.iter().any(|own| own.eq_ignore_ascii_case(name)))
}

fn states_a_total(columns: &Columns<Field>) -> bool {
    columns.has(Field::Amount) || columns.has(Field::NetAmount)
}

impl PlainTransactions {
    fn confidence_of(header: &Header, columns: &Columns<Field>) -> Option<u8> {
        let has = |field| columns.has(field);
        if !has(Field::Kind) || !has(Field::Date) || !(has(Field::Quantity) || states_a_total(columns)) {
            return None;
        }
        Some(if named(header, &["Ticker", "Type", "Date", "Price", "Shares"]) {
            95
        } else if has(Field::Symbol) && has(Field::Quantity) {
            80
        } else {
            60
        })
    }
}

impl PlainDividends {
    fn confidence_of(header: &Header, columns: &Columns<Field>) -> Option<u8> {
        let has = |field| columns.has(field);
        if has(Field::Kind) || has(Field::Price) {
            return None;
        }
        if !has(Field::Symbol) || !has(Field::Date) || !states_a_total(columns) {
            return None;
        }
        Some(if has(Field::Quantity) {
            60
        } else if named(header, &["Ticker", "Date", "Amount"]) {
            95
        } else {
            80
        })
    }
}

impl Format for PlainTransactions {
    fn format(&self) -> StatementFormat {
        StatementFormat::PlainTransactions
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        recognise(document, Self::confidence_of).map(|recognised| recognised.confidence)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let recognised = recognise(document, Self::confidence_of);
        read(document, recognised, StatementFormat::PlainTransactions, None, None, options)
    }

    fn near_miss(&self, document: &Document<'_>) -> Option<NearMiss> {
        nearest(document, |columns| {
            let mut missing = Vec::new();
            if !columns.has(Field::Kind) {
                missing.push("Type (buy, sell, dividend ...)");
            }
            if !columns.has(Field::Date) {
                missing.push("Date");
            }
            if !columns.has(Field::Quantity) && !states_a_total(columns) {
                missing.push("Shares or Amount");
            }
            missing
        })
    }
}

impl Format for PlainDividends {
    fn format(&self) -> StatementFormat {
        StatementFormat::PlainDividends
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        recognise(document, Self::confidence_of).map(|recognised| recognised.confidence)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let recognised = recognise(document, Self::confidence_of);
        let kind = Some(TransactionKind::Dividend);
        read(document, recognised, StatementFormat::PlainDividends, kind, None, options)
    }

    // No near miss: whatever lacks a column of this form lacks one of the richer form too, and is better told that.
}

/// The header with the most known columns, at least two, and what it lacks.
fn nearest(
    document: &Document<'_>,
    missing: impl Fn(&Columns<Field>) -> Vec<&'static str>,
) -> Option<NearMiss> {
    let mut nearest: Option<NearMiss> = None;
    for header in &document.headers {
        let columns = Columns::find(header, VOCABULARY, GATHERED);
        let known = columns.known();
        if known >= 2 && nearest.as_ref().is_none_or(|best| known > best.known) {
            let missing = missing(&columns).join(" and ");
            nearest = Some(NearMiss { known, header: header.clone(), missing });
        }
    }
    nearest
}

fn read(
    document: &Document<'_>,
    recognised: Option<Recognised<'_>>,
    format: StatementFormat,
    kind: Option<TransactionKind>,
    mapping: Option<&ColumnMapping>,
    options: &ReadOptions,
) -> Result<Statement, UnreadableFile> {
    let Some(Recognised { header, columns, confidence }) = recognised else {
        return Err(UnreadableFile::NoHeader { example: super::EXAMPLE });
    };
    let (survey, signs) = survey(document, header, &columns)?;
    let mut rows = Vec::new();
    let mut record = Record::default();

    let mut above = document.above(header);
    while above.read(&mut record) {
        record.within_bounds()?;
        let why = if record.is_blank() { IgnoredRow::Blank } else { IgnoredRow::AboveHeader };
        keep(&mut rows, row(&record, Verdict::Ignored(why)))?;
    }
    let mut reader = RowReader::new(header, &columns, kind, &survey, signs, mapping, options);
    let mut below = document.below(header);
    while below.read(&mut record) {
        record.within_bounds()?;
        keep(&mut rows, row(&record, reader.verdict(&record)))?;
    }

    let mut notes = survey.notes(header.delimiter);
    if reader.rounded_rows() > 0 {
        notes.push(Note::RoundedAmounts { rows: reader.rounded_rows(), decimals: row::MONEY_DECIMALS });
    }
    notes.extend(columns.notes());
    let read = Statement::new(format, confidence);
    Ok(Statement { header: header.names.clone(), header_line: header.line, rows, notes, ..read })
}

fn row(record: &Record<'_>, verdict: Verdict) -> Row {
    Row { line: record.line, last_line: record.last_line, text: RawCells::of(record), verdict }
}

/// Whether the file writes what was paid in fees and taxes as negative numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Signs {
    fees_negative: bool,
    taxes_negative: bool,
}

/// Reads the file once to learn how it writes dates, numbers and fees.
fn survey(
    document: &Document<'_>,
    header: &Header,
    columns: &Columns<Field>,
) -> Result<(Survey, Signs), UnreadableFile> {
    const NUMBERS: [Field; 6] =
        [Field::Price, Field::Quantity, Field::Amount, Field::NetAmount, Field::Fee, Field::Tax];
    let dates: Vec<usize> = [Field::Date, Field::Acquired]
        .iter()
        .filter_map(|field| columns.place(*field))
        .map(|place| place.column)
        .collect();
    let numbers: Vec<usize> =
        NUMBERS.iter().flat_map(|field| columns.places(*field)).map(|place| place.column).collect();
    let signed = |field| columns.places(field).map(|place| place.column).collect::<Vec<_>>();
    let (fees, taxes) = (signed(Field::Fee), signed(Field::Tax));

    let mut survey = Survey::default();
    let (mut fee_signs, mut tax_signs) = ((0, 0), (0, 0));
    let mut records = document.below(header);
    let mut record = Record::default();
    while records.read(&mut record) {
        record.within_bounds()?;
        if record.unclosed_quote || record.filled() > columns.width {
            continue;
        }
        for column in &dates {
            survey.date(record.line, record.cell(*column));
        }
        for column in &numbers {
            survey.number(record.line, record.cell(*column));
        }
        count_signs(&record, &fees, &mut fee_signs);
        count_signs(&record, &taxes, &mut tax_signs);
    }
    let negative = |(negative, positive): (usize, usize)| negative > 0 && positive == 0;
    Ok((survey, Signs { fees_negative: negative(fee_signs), taxes_negative: negative(tax_signs) }))
}

fn count_signs(record: &Record<'_>, columns: &[usize], (negative, positive): &mut (usize, usize)) {
    for column in columns {
        let cell = record.cell(*column);
        if cell.bytes().any(|b| matches!(b, b'1'..=b'9')) {
            *(if cell.contains(['-', '(', '\u{2212}']) { &mut *negative } else { &mut *positive }) += 1;
        }
    }
}
