//! Flex queries as CSV: several tables below one another, each with its own names of columns, and with or without lines
//! around them that tell where a section begins.

use super::entry::{Beside, Entry, Field, Section, Told};
use crate::formats::MAX_ROWS;
use crate::records::{Record, Records};
use crate::verdict::RawCells;
use crate::{IgnoredRow, UnreadableFile};

/// How sure it is that a text is one, from its first lines.
pub(super) fn confidence(text: &str) -> Option<u8> {
    let mut records = Records::new(text, b',');
    let mut record = Record::default();
    for _ in 0..12 {
        if !records.read(&mut record) {
            break;
        }
        if is_mark(record.cell(0)) {
            continue;
        }
        let (section, fields) = header(&record, None)?;
        let own = |name: &str| record.cells.iter().any(|cell| cell.trim().trim_matches('"') == name);
        return match (section, own("ClientAccountID") || own("CurrencyPrimary")) {
            (Some(_), true) if fields.len() >= 4 => Some(100),
            (None, true) if fields.len() >= 3 => Some(80),
            _ => None,
        };
    }
    None
}

/// Lines that tell where files, accounts and sections begin and end.
fn is_mark(cell: &str) -> bool {
    matches!(cell, "BOF" | "BOA" | "BOS" | "EOS" | "EOA" | "EOF")
}

fn section_of_code(code: &str) -> Option<Section> {
    Some(match code {
        "TRNT" => Section::Trades,
        "CTRN" => Section::Cash,
        "CORP" => Section::CorporateActions,
        "TRSF" | "TRFR" => Section::Transfers,
        "POST" => Section::Positions,
        "CRTT" => Section::CashReport,
        _ => return None,
    })
}

/// A table's section, if it is one with entries, and the columns of its fields.
type Table = (Option<Section>, Vec<(Field, usize)>);

/// The table that a line of names begins.
fn header(record: &Record<'_>, code: Option<&str>) -> Option<Table> {
    if (0..3).all(|column| Field::named(record.cell(column)).is_none()) && code.is_none() {
        return None;
    }
    let fields: Vec<(Field, usize)> = (0..record.cells.len())
        .filter_map(|column| Some((Field::named(record.cell(column))?, column)))
        .collect();
    let filled = record.filled();
    if fields.len() < 3 || fields.len() * 6 < filled {
        return None;
    }
    let named = |name: &str| (0..filled).any(|column| record.cell(column).eq_ignore_ascii_case(name));
    let has = |field| fields.iter().any(|(known, _)| *known == field);
    let section = if let Some(code) = code {
        section_of_code(code)
    } else if named("TradePrice") && (has(Field::BuySell) || has(Field::TradeDate)) {
        Some(Section::Trades)
    } else if has(Field::EndingCash) {
        Some(Section::CashReport)
    } else if has(Field::Direction) && has(Field::CashTransfer) || named("TransferPrice") {
        Some(Section::Transfers)
    } else if named("MarkPrice") || named("CostBasisMoney") {
        Some(Section::Positions)
    } else if has(Field::ActionId) && has(Field::Proceeds) || named("ActionDescription") {
        Some(Section::CorporateActions)
    } else if has(Field::Type) && has(Field::Amount) {
        Some(Section::Cash)
    } else {
        None
    };
    Some((section, fields))
}

pub(super) fn read(text: &str) -> Result<Told<'_>, UnreadableFile> {
    let mut told = Told::default();
    let mut records = Records::new(text, b',');
    let mut record = Record::default();
    let mut table: Option<Table> = None;
    let mut code = String::new();
    while records.read(&mut record) {
        record.within_bounds()?;
        if told.entries.len() + told.beside.len() == MAX_ROWS {
            return Err(UnreadableFile::TooManyRows { limit: MAX_ROWS });
        }
        let beside =
            |why| Beside { line: record.line, last_line: record.last_line, text: RawCells::of(&record), why };
        if record.is_blank() {
            told.beside.push(beside(IgnoredRow::Blank));
            continue;
        }
        let first = record.cell(0);
        if is_mark(first) {
            if first == "BOS" {
                record.cell(1).clone_into(&mut code);
                table = None;
            }
            told.beside.push(beside(IgnoredRow::BesideTable));
            continue;
        }
        if first == "HEADER" {
            record.cell(1).clone_into(&mut code);
        }
        let known = Some(code.as_str()).filter(|code| !code.is_empty());
        if first != "DATA"
            && (first == "HEADER" || table.is_none() || known.is_none())
            && let Some(found) = header(&record, known)
        {
            table = Some(found);
            told.beside.push(beside(IgnoredRow::OtherSection("the names of columns")));
            continue;
        }
        match &table {
            Some((Some(section), fields)) => {
                let values = fields
                    .iter()
                    .filter(|(_, column)| !record.cell(*column).is_empty())
                    .filter_map(|(field, column)| Some((*field, record.cells.get(*column)?.clone())))
                    .collect();
                told.entries.push(Entry {
                    line: record.line,
                    last_line: record.last_line,
                    section: *section,
                    values,
                });
            }
            _ => told.beside.push(beside(IgnoredRow::OtherSection("a section without transactions"))),
        }
    }
    Ok(told)
}
