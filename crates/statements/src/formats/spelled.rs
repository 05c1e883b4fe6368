//! How a file spells dates, numbers and currencies, where its form leaves that to the language of the person.

use bellwether_domain::{InvalidCurrency, QuoteUnit};

use super::broker::{BrokerRow, BrokerTable, Spelling};
use crate::header::Document;
use crate::records::Record;
use crate::survey::Survey;
use crate::{Note, UnreadableFile};

/// Reads a table once to learn how it writes the dates and numbers of these columns.
pub(super) fn spelling_of<F: Copy + PartialEq>(
    document: &Document<'_>,
    table: &BrokerTable<'_, F>,
    dates: &[F],
    numbers: &[F],
) -> Result<(Spelling, Vec<Note>), UnreadableFile> {
    let columns = |fields: &[F]| -> Vec<usize> {
        fields.iter().filter_map(|field| table.columns.place(*field)).map(|place| place.column).collect()
    };
    let (dates, numbers) = (columns(dates), columns(numbers));
    let mut survey = Survey::default();
    let mut record = Record::default();
    let mut below = document.below(table.header);
    while below.read(&mut record) {
        record.within_bounds()?;
        for column in &dates {
            survey.date(record.line, record.cell(*column));
        }
        for column in &numbers {
            survey.number(record.line, record.cell(*column));
        }
    }
    let delimiter = table.header.delimiter;
    let spelling = Spelling { order: survey.date_order(), style: survey.decimal_style(delimiter) };
    Ok((spelling, survey.notes(delimiter)))
}

/// The unit that a field of currencies names: `GBX` and `GBp` are hundredths of a pound.
pub(super) fn unit_of<F: Copy + PartialEq>(row: &mut BrokerRow<'_, F>, field: F) -> Option<QuoteUnit> {
    row.given(field)?.parse().map_err(|error: InvalidCurrency| row.problem(field, error.into())).ok()
}
