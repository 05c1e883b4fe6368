//! Activity statements as CSV: each line begins with its section and with what it is there, `Trades,Data,Order,...`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::entry::{Beside, Entry, Field, MAX_SHARED, Section, Told};
use crate::formats::MAX_ROWS;
use crate::records::{Record, Records};
use crate::verdict::{RawCells, shortened_to};
use crate::{IgnoredRow, UnreadableFile};

/// Whether a text is one, by its first line.
pub(super) fn is_statement(text: &str) -> bool {
    let mut record = Record::default();
    Records::new(text, b',').read(&mut record)
        && matches!(record.cell(0), "Statement" | "Account Information" | "Trades")
        && record.cell(1) == "Header"
}

/// Sections with entries; those of cash with the type that they are of in a Flex query.
fn section_of(name: &str) -> Option<(Section, &'static str)> {
    Some(match name {
        "Trades" => (Section::Trades, ""),
        "Dividends" => (Section::Cash, "Dividends"),
        "Payment In Lieu Of Dividends" => (Section::Cash, "Payment In Lieu Of Dividends"),
        "Withholding Tax" | "871(m) Withholding" => (Section::Cash, "Withholding Tax"),
        "Interest" | "Broker Interest" | "Bond Interest" => (Section::Cash, "Broker Interest Received"),
        "Deposits & Withdrawals" => (Section::Cash, "Deposits/Withdrawals"),
        "Fees" | "Other Fees" | "Advisor Fees" | "Commission Adjustments" => (Section::Cash, "Other Fees"),
        "Sales Tax Details" => (Section::SalesTaxes, ""),
        "Corporate Actions" => (Section::CorporateActions, ""),
        "Transfers" => (Section::Transfers, ""),
        "Open Positions" => (Section::Positions, ""),
        "Cash Report" => (Section::CashReport, ""),
        _ => return None,
    })
}

pub(super) fn read(text: &str) -> Result<Told<'_>, UnreadableFile> {
    let mut told = Told::default();
    let mut records = Records::new(text, b',');
    let mut record = Record::default();
    // The columns of each section, as its last line of names has them.
    let mut columns: HashMap<String, Columns> = HashMap::new();
    while records.read(&mut record) {
        record.within_bounds()?;
        if told.entries.len() + told.beside.len() == MAX_ROWS {
            return Err(UnreadableFile::TooManyRows { limit: MAX_ROWS });
        }
        let why = line(&mut told, &record, &mut columns);
        if let Some(why) = why {
            told.beside.push(Beside {
                line: record.line,
                last_line: record.last_line,
                text: RawCells::of(&record),
                why,
            });
        }
    }
    Ok(told)
}

/// The columns of a section.
#[derive(Default)]
struct Columns {
    fields: Vec<(Field, usize)>,
    /// Of commissions, where the name of their column ends with it: `Comm in EUR`.
    commission_in: Option<String>,
    /// By name, for what only one section has.
    names: Vec<String>,
}

impl Columns {
    fn of(record: &Record<'_>) -> Self {
        let names: Vec<String> = (0..record.filled()).map(|column| record.cell(column).to_owned()).collect();
        let mut fields: Vec<(Field, usize)> = Vec::new();
        let mut commission_in = None;
        for (column, name) in names.iter().enumerate().skip(2) {
            // Exchanges of currencies state the commission in the currency of the account.
            let code = name.strip_prefix("Comm in ");
            commission_in = commission_in.or(code.map(|code| shortened_to(MAX_SHARED, code)));
            let named = match name.as_str() {
                _ if code.is_some() => Some(Field::Commission),
                // Of consolidated statements.
                "Account" => Some(Field::Account),
                _ => Field::named(name),
            };
            if let Some(field) = named.filter(|field| fields.iter().all(|(known, _)| known != field)) {
                fields.push((field, column));
            }
        }
        Self { fields, commission_in, names }
    }

    fn cell<'r>(&self, record: &'r Record<'_>, name: &str) -> &'r str {
        self.names.iter().position(|known| known == name).map_or("", |column| record.cell(column))
    }
}

/// Takes in a line, and says why it is no entry if it is none.
fn line<'a>(
    told: &mut Told<'a>,
    record: &Record<'a>,
    columns: &mut HashMap<String, Columns>,
) -> Option<IgnoredRow> {
    if record.is_blank() {
        return Some(IgnoredRow::Blank);
    }
    let (name, what) = (record.cell(0), record.cell(1));
    match what {
        "Header" => {
            if columns.len() < 100 {
                columns.insert(name.to_owned(), Columns::of(record));
            }
            return Some(IgnoredRow::OtherSection("the names of columns"));
        }
        "Data" => {}
        "Total" | "SubTotal" => return Some(IgnoredRow::Total),
        _ => return Some(IgnoredRow::BesideTable),
    }
    let Some(known) = columns.get(name) else {
        return Some(IgnoredRow::OtherSection("a section whose columns are not named"));
    };
    match name {
        "Statement" | "Account Information" => {
            let (field, value) = (record.cell(2), record.cell(3));
            if field == "Account" {
                told.account = shortened_to(MAX_SHARED, value);
            } else if field == "Period" {
                // "January 1, 2025 - December 31, 2025", or a day alone.
                told.to_date = shortened_to(MAX_SHARED, value.rsplit(" - ").next().unwrap_or_default());
            }
            return Some(IgnoredRow::OtherSection("about the statement itself"));
        }
        "Financial Instrument Information" => {
            let (isin, exchange) = (known.cell(record, "Security ID"), known.cell(record, "Listing Exch"));
            // An instrument that was renamed lists its names with commas.
            for symbol in
                known.cell(record, "Symbol").split(',').map(str::trim).filter(|name| !name.is_empty())
            {
                told.list(symbol, isin, exchange, known.cell(record, "Currency"));
            }
            return Some(IgnoredRow::OtherSection("about an instrument"));
        }
        "Transaction Fees" => {
            return Some(IgnoredRow::WithoutEffect("what the costs of the trades already contain"));
        }
        _ => {}
    }
    let Some((section, kind)) = section_of(name) else {
        return Some(IgnoredRow::OtherSection("a section without transactions"));
    };
    let mut values: Vec<(Field, Cow<'a, str>)> = known
        .fields
        .iter()
        .filter(|(_, column)| !record.cell(*column).is_empty())
        .filter_map(|(field, column)| Some((*field, record.cells.get(*column)?.clone())))
        .collect();
    let text = |field| values.iter().find(|(known, _)| *known == field).map_or("", |(_, value)| value.trim());
    if record.cell(2).starts_with("Total")
        || text(Field::Currency).starts_with("Total")
        || text(Field::AssetCategory).starts_with("Total")
    {
        return Some(IgnoredRow::Total);
    }
    match section {
        Section::CashReport => {
            if known.cell(record, "Currency Summary") != "Ending Cash" {
                return Some(IgnoredRow::OtherSection("how a balance of cash came about"));
            }
            values.push((Field::EndingCash, Cow::Owned(known.cell(record, "Total").to_owned())));
        }
        Section::Trades if matches!(text(Field::LevelOfDetail), "ClosedLot" | "SubTotal" | "Total") => {
            return Some(IgnoredRow::OtherSection("the lots that a trade closed, and totals"));
        }
        Section::Cash if text(Field::Type).is_empty() => values.push((Field::Type, Cow::Borrowed(kind))),
        _ => {}
    }
    if let Some(currency) = &known.commission_in {
        values.push((Field::CommissionCurrency, Cow::Owned(currency.clone())));
    }
    if !told.account.is_empty() && text_missing(&values, Field::Account) {
        values.push((Field::Account, Cow::Owned(told.account.clone())));
    }
    told.entries.push(Entry { line: record.line, last_line: record.last_line, section, values });
    None
}

fn text_missing(values: &[(Field, Cow<'_, str>)], field: Field) -> bool {
    values.iter().all(|(known, _)| *known != field)
}
