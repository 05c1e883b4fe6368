//! Rows of a CSV document.

use bellwether_domain::QuoteUnit;
use csv::{ReaderBuilder, StringRecord, Trim};

use super::cell::Cell;
use super::rows::{Cells, Document, Named, Spelling, in_order};
use super::settings::CsvFormat;
use crate::Unreadable;

pub(super) fn read(body: &[u8], format: &CsvFormat, spelling: Spelling<'_>) -> Result<Document, Unreadable> {
    // Old encodings differ in letters only, which stand in no date or price.
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body));
    let mut records = ReaderBuilder::new()
        .delimiter(u8::try_from(format.delimiter).unwrap_or(b','))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    document(&mut records, format, spelling).map_err(Unreadable::Inconsistent)
}

fn document(
    records: &mut csv::Reader<&[u8]>,
    format: &CsvFormat,
    spelling: Spelling<'_>,
) -> Result<Document, String> {
    let header = records.headers().map_err(|error| error.to_string())?.clone();
    let at = |column: &str| {
        header.iter().position(|name| name == column).ok_or_else(|| {
            let there: String = header.iter().collect::<Vec<_>>().join(", ").chars().take(200).collect();
            format!("there is no column {column:?}; there are {there}")
        })
    };
    let at_if_given = |column: &Option<String>| column.as_deref().map(at).transpose();
    let (date, close) = (at(&format.date)?, at(&format.close)?);
    let (open, high, low) =
        (at_if_given(&format.open)?, at_if_given(&format.high)?, at_if_given(&format.low)?);
    let (volume, currency) = (at_if_given(&format.volume)?, at_if_given(&format.currency)?);

    let mut rows = Vec::new();
    let mut unit: Option<QuoteUnit> = None;
    let mut record = StringRecord::new();
    while records.read_record(&mut record).map_err(|error| error.to_string())? {
        let number = record.position().map_or(0, |position| position.line() as usize);
        let named = |at: usize| Named {
            column: header.get(at).unwrap_or_default(),
            cell: Cell::of_text(record.get(at).unwrap_or_default()),
        };
        let cells = Cells {
            date: named(date),
            close: named(close),
            open: open.map(named),
            high: high.map(named),
            low: low.map(named),
            volume: volume.map(named),
        };
        let Some(row) = spelling.row(number, &cells)? else { continue };
        if let Some(at) = currency {
            let told = record.get(at).unwrap_or_default();
            let told: QuoteUnit = told
                .parse()
                .map_err(|error| format!("row {number}, column {:?}: {error}", named(at).column))?;
            if *unit.get_or_insert(told) != told {
                return Err(format!("row {number} is in another currency than those before"));
            }
        }
        rows.push(row);
    }
    Ok(Document { rows: in_order(rows)?, unit, price: None })
}
