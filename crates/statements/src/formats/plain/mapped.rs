//! Tables whose columns a person has named, and guesses at what they would say.

use bellwether_domain::TransactionKind;

use super::columns::{Field, GATHERED, VOCABULARY};
use super::kind_words::read_kind;
use super::{Recognised, read};
use crate::date::{DateOrder, order_hint, read_date};
use crate::header::{Columns, Document, Header, is_absent};
use crate::mapping::{ColumnMapping, MappedField, SignRule, SuggestedMapping, header_key};
use crate::number::{DecimalStyle, read_number};
use crate::records::Record;
use crate::ticker::read_symbol;
use crate::verdict::shortened;
use crate::{ReadOptions, Statement, StatementFormat, UnreadableFile};

const FIELDS: [(MappedField, Field); 14] = [
    (MappedField::Date, Field::Date),
    (MappedField::Kind, Field::Kind),
    (MappedField::Symbol, Field::Symbol),
    (MappedField::Quantity, Field::Quantity),
    (MappedField::Price, Field::Price),
    (MappedField::Amount, Field::Amount),
    (MappedField::NetAmount, Field::NetAmount),
    (MappedField::Fee, Field::Fee),
    (MappedField::Tax, Field::Tax),
    (MappedField::Currency, Field::Currency),
    (MappedField::Account, Field::Account),
    (MappedField::Note, Field::Note),
    (MappedField::Ratio, Field::Ratio),
    (MappedField::OtherSymbol, Field::OtherSymbol),
];

fn field_of(mapped: MappedField) -> Option<Field> {
    FIELDS.iter().find(|(known, _)| *known == mapped).map(|(_, field)| *field)
}

/// Reads the table below the first header that has all columns of the mapping.
pub(crate) fn read_mapped(
    document: &Document<'_>,
    mapping: &ColumnMapping,
    options: &ReadOptions,
) -> Result<Statement, UnreadableFile> {
    let mut fields = Vec::new();
    for (mapped, names) in &mapping.columns {
        let Some(field) = field_of(*mapped) else { continue };
        let several = GATHERED.contains(&field);
        fields.extend(
            names.iter().take(if several { usize::MAX } else { 1 }).map(|name| (field, name.as_str())),
        );
    }
    let mut nearest: Option<(usize, &Header, Vec<&str>)> = None;
    for header in &document.headers {
        let missing: Vec<&str> =
            fields.iter().map(|(_, name)| *name).filter(|name| header.column(name).is_none()).collect();
        if missing.is_empty() && fields.iter().any(|(field, _)| *field == Field::Date) {
            let columns = Columns::chosen(header, &fields);
            let recognised = Recognised { header, columns, confidence: 100 };
            return read(
                document,
                Some(recognised),
                StatementFormat::Mapped,
                mapping.kind,
                Some(mapping),
                options,
            );
        }
        let found = fields.len() - missing.len();
        if nearest.as_ref().is_none_or(|(most, ..)| found > *most) {
            nearest = Some((found, header, missing));
        }
    }
    match nearest {
        Some((_, header, missing)) => Err(UnreadableFile::MissingColumns {
            line: header.line,
            header: header.names.clone(),
            missing: if missing.is_empty() { "a column of dates".to_owned() } else { missing.join(" and ") },
            example: super::super::EXAMPLE,
        }),
        None => Err(UnreadableFile::NoHeader { example: super::super::EXAMPLE }),
    }
}

/// So many rows are looked at to guess what columns hold.
const SAMPLED_ROWS: usize = 200;
/// So many different words of kinds are told.
const MOST_WORDS: usize = 60;

/// What the columns of an unknown table hold, by their names and, where those say nothing, by what is in them.
pub(crate) fn suggest(document: &Document<'_>) -> Option<SuggestedMapping> {
    let known = |header: &&Header| Columns::find(header, VOCABULARY, GATHERED).known();
    // Of headers that say equally much the first.
    let header = document.headers.iter().rev().max_by_key(|header| (known(header), header.names.len()))?;
    let columns = Columns::find(header, VOCABULARY, GATHERED);
    let mut mapping = ColumnMapping::default();
    let mut used = vec![false; header.names.len()];
    for (mapped, field) in FIELDS {
        let places = columns.places(field).inspect(|place| used[place.column] = true);
        let names: Vec<String> = places.map(|place| place.name.clone()).collect();
        if !names.is_empty() {
            mapping.columns.insert(mapped, names);
        }
    }
    let sampled = sample(document, header);
    let mut doubt = 0;
    for (mapped, tells) in BY_CONTENT {
        if mapping.columns.contains_key(mapped) {
            continue;
        }
        let found =
            (0..header.names.len()).filter(|column| !used[*column] && !header.names[*column].is_empty());
        if let Some(column) = found.into_iter().find(|column| tells(&sampled[*column])) {
            used[column] = true;
            doubt += 10;
            mapping.columns.insert(*mapped, vec![header.names[column].clone()]);
        }
    }
    let has = |field| mapping.columns.contains_key(&field);
    if !has(MappedField::Kind) {
        mapping.signs =
            match (has(MappedField::Quantity), has(MappedField::Amount) || has(MappedField::NetAmount)) {
                (_, true) => SignRule::Amount,
                (true, false) => SignRule::Quantity,
                (false, false) => SignRule::Nothing,
            };
    }
    let worth = [
        (has(MappedField::Date), 30),
        (has(MappedField::Kind), 30),
        (has(MappedField::Quantity) || has(MappedField::Amount) || has(MappedField::NetAmount), 30),
        (has(MappedField::Symbol), 10),
    ];
    let sum: u8 = worth.iter().filter(|(has, _)| *has).map(|(_, worth)| *worth).sum();
    let kind_column = mapping.columns.get(&MappedField::Kind).and_then(|names| header.column(names.first()?));
    let mut kind_words: Vec<(String, Option<TransactionKind>)> = Vec::new();
    for word in kind_column.and_then(|column| sampled.get(column)).into_iter().flatten() {
        let word = shortened(word);
        if kind_words.len() < MOST_WORDS && !kind_words.iter().any(|(known, _)| *known == word) {
            let kind = read_kind(&word).map(|word| word.kind);
            kind_words.push((word, kind));
        }
    }
    Some(SuggestedMapping {
        header: header.names.clone(),
        header_line: header.line,
        header_key: header_key(header.names.iter().map(String::as_str)),
        mapping,
        confidence: sum.saturating_sub(doubt),
        kind_words,
    })
}

/// The cells of each column that have something in them, of the first rows.
fn sample(document: &Document<'_>, header: &Header) -> Vec<Vec<String>> {
    let mut cells: Vec<Vec<String>> = vec![Vec::new(); header.names.len()];
    let mut records = document.below(header);
    let mut record = Record::default();
    let mut rows = 0;
    while rows < SAMPLED_ROWS && records.read(&mut record) {
        rows += 1;
        for (column, cells) in cells.iter_mut().enumerate() {
            let cell = record.cell(column);
            if !is_absent(cell) {
                cells.push(shortened(cell));
            }
        }
    }
    cells
}

type Tells = fn(&[String]) -> bool;

/// What the cells of a column that has no known name can still tell.
const BY_CONTENT: &[(MappedField, Tells)] = &[
    (MappedField::Date, |cells| {
        mostly(cells, |cell| {
            read_date(cell, DateOrder::MonthFirst).is_ok() || order_hint(cell) != crate::date::OrderHint::None
        })
    }),
    (MappedField::Kind, |cells| mostly(cells, |cell| read_kind(cell).is_some())),
    (MappedField::Symbol, |cells| {
        mostly(cells, |cell| {
            let letters = cell.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'.' | b'-' | b'/'));
            letters
                && cell.len() <= 6
                && read_symbol(cell).is_ok()
                && read_number(cell, DecimalStyle::Point).is_err()
        })
    }),
];

fn mostly(cells: &[String], is: impl Fn(&str) -> bool) -> bool {
    !cells.is_empty() && cells.iter().filter(|cell| is(cell)).count() * 10 >= cells.len() * 8
}
