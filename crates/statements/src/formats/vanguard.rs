//! Vanguard: `OfxDownload.csv`, with a section of holdings and one of transactions for all accounts.
//!
//! Each line ends with a comma. Holdings become what our own positions are compared with. Cash lies in a settlement fund:
//! sweeps into and out of it, and its reinvestments, change nothing.

use bellwether_domain::{Currency, TransactionKind};

use super::american::{Entry, Events, Fields, Reading};
use super::american_symbol::american_symbol;
use super::broker::{BrokerRow, Spelling, beside_the_table, note_rounding, row_of};
use super::{Format, keep};
use crate::header::{Columns, Document, Header, Vocabulary};
use crate::records::Record;
use crate::ticker::is_no_ticker;
use crate::{
    IgnoredRow, ReadOptions, StatedCash, StatedPosition, Statement, StatementFormat, UnreadableFile, Verdict,
};

pub(super) struct Vanguard;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Account,
    Date,
    Type,
    Description,
    Name,
    Symbol,
    Shares,
    Price,
    Fees,
    Amount,
    /// Of a holding.
    Value,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Account, &["account number"]),
    (Field::Date, &["trade date"]),
    (Field::Type, &["transaction type"]),
    (Field::Description, &["transaction description"]),
    (Field::Name, &["investment name"]),
    (Field::Symbol, &["symbol"]),
    (Field::Shares, &["shares"]),
    (Field::Price, &["share price"]),
    (Field::Fees, &["commissions and fees", "commission fees", "commissions fees"]),
    (Field::Amount, &["net amount", "principal amount"]),
    (Field::Value, &["total value"]),
];

const READING: Reading<Field> = Reading {
    fields: Fields {
        date: Field::Date,
        entry: Field::Type,
        symbol: Field::Symbol,
        description: Field::Description,
        quantity: Field::Shares,
        price: Field::Price,
        fees: &[Field::Fees],
        amount: Field::Amount,
        account: Some(Field::Account),
    },
    entry,
    date: |cell| cell,
    symbol: |_| None,
};

const CONFIDENCE: u8 = 98;

/// The settlement funds.
const SETTLEMENT: [&str; 2] = ["VMFXX", "VMRXX"];

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Holdings,
    Transactions,
}

fn section_of(header: &Header) -> Option<(Section, Columns<Field>)> {
    let columns = Columns::find(header, VOCABULARY, &[]);
    let has = |fields: &[Field]| fields.iter().all(|field| columns.has(*field));
    let section =
        if has(&[Field::Account, Field::Date, Field::Type, Field::Symbol, Field::Shares, Field::Amount]) {
            Section::Transactions
        } else if has(&[
            Field::Account,
            Field::Name,
            Field::Symbol,
            Field::Shares,
            Field::Price,
            Field::Value,
        ]) {
            Section::Holdings
        } else {
            return None;
        };
    Some((section, columns))
}

impl Format for Vanguard {
    fn format(&self) -> StatementFormat {
        StatementFormat::Vanguard
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        document.headers.iter().find_map(section_of).map(|_| CONFIDENCE)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let found = document.headers.iter().find_map(|header| Some((header, section_of(header)?)));
        let Some((first, (mut section, mut columns))) = found else {
            return Err(UnreadableFile::NotOfForm { wanted: self.format() });
        };
        let mut statement = Statement::new(self.format(), CONFIDENCE);
        let mut header = first.clone();
        let mut record = Record::default();
        let mut above = document.above(first);
        while above.read(&mut record) {
            record.within_bounds()?;
            let why = if record.is_blank() { IgnoredRow::Blank } else { IgnoredRow::AboveHeader };
            keep(&mut statement.rows, row_of(&record, Verdict::Ignored(why)))?;
        }
        // Where the header of the first section stands among the rows, once it is not the statement's.
        let at = statement.rows.len();
        let first_row = document.at(first);
        adopt(&mut statement, &header);
        let mut told = section == Section::Transactions;
        let mut events = Events::default();
        let mut rounded_rows = 0;
        let mut below = document.below(first);
        while below.read(&mut record) {
            record.within_bounds()?;
            if record.cell(0).eq_ignore_ascii_case("account number") && !header.is_repeated_by(&record) {
                let next = Header::of(&record, header.delimiter, &below);
                if let Some(known) = section_of(&next) {
                    (section, columns) = known;
                    header = next;
                    if section == Section::Transactions && !told {
                        told = true;
                        adopt(&mut statement, &header);
                        let names = Verdict::Ignored(IgnoredRow::OtherSection(HOLDINGS_HEADER));
                        statement.rows.insert(at, row_of(&first_row, names));
                    } else {
                        let names = Verdict::Ignored(IgnoredRow::OtherSection(HOLDINGS_HEADER));
                        keep(&mut statement.rows, row_of(&record, names))?;
                    }
                    continue;
                }
            }
            let verdict = beside_the_table(&record, &header, columns.width).unwrap_or_else(|| {
                let mut row = BrokerRow::new(&record, &columns, Spelling::AMERICAN, options);
                let verdict = match section {
                    Section::Holdings => holding(&mut row, &mut statement),
                    Section::Transactions => READING.verdict(&mut row, &mut events),
                };
                rounded_rows += usize::from(row.rounded());
                verdict
            });
            keep(&mut statement.rows, row_of(&record, verdict))?;
        }
        events.join(&mut statement, options.today);
        note_rounding(&mut statement, rounded_rows);
        Ok(statement)
    }
}

const HOLDINGS_HEADER: &str = "the names of the columns of another section";

fn adopt(statement: &mut Statement, header: &Header) {
    statement.header.clone_from(&header.names);
    statement.header_line = header.line;
}

/// A holding, or cash where it is that of the settlement fund.
fn holding(row: &mut BrokerRow<'_, Field>, statement: &mut Statement) -> Verdict {
    row.currency = Currency::USD;
    let account = row.words(Field::Account);
    let (shares, value) = (row.number(Field::Shares), row.number(Field::Value));
    let price = row.number(Field::Price);
    let line = row.line();
    let symbol = row.text(Field::Symbol);
    if !row.problems.is_empty() {
        return row.is(Vec::new());
    }
    let named_cash = || row.text(Field::Name).to_ascii_uppercase().contains("CASH");
    let cash = SETTLEMENT.contains(&symbol) || is_no_ticker(symbol) && named_cash();
    if cash && let Some(amount) = value {
        statement.cash.push(StatedCash { line, amount, currency: row.currency, date: None, account });
        return Verdict::Ignored(IgnoredRow::OtherSection("the account's cash, to compare with"));
    }
    if let (Ok(symbol), Some(quantity)) = (american_symbol(symbol), shares.filter(|shares| !shares.is_zero()))
    {
        let currency = row.currency;
        statement.positions.push(StatedPosition {
            line,
            symbol,
            quantity,
            price,
            cost: None,
            currency,
            date: None,
            account,
        });
        return Verdict::Ignored(IgnoredRow::OtherSection("a holding, to compare with"));
    }
    Verdict::Ignored(IgnoredRow::OtherSection("a holding without a symbol"))
}

fn entry(row: &BrokerRow<'_, Field>) -> Entry {
    use TransactionKind::{Buy, Sell};
    let settlement = SETTLEMENT.contains(&row.text(Field::Symbol));
    let kind = row.text(Field::Type).to_ascii_lowercase();
    match kind.as_str() {
        "sweep in" | "sweep out" => Entry::NoEffect("the cash goes into or out of its settlement fund"),
        _ if kind.starts_with("reinvestment") && settlement => {
            Entry::NoEffect("the cash stays in its settlement fund")
        }
        "dividend" if settlement => Entry::Interest,
        "buy" | "buy (exchange)" => Entry::Trade(Buy),
        "sell" | "sell (exchange)" => Entry::Trade(Sell),
        "dividend" | "special dividend" | "return of capital" => Entry::Dividend,
        _ if kind.starts_with("reinvestment") => Entry::Reinvestment,
        _ if kind.starts_with("capital gain") => Entry::Dividend,
        "foreign tax" | "foreign tax withheld" | "nra withholding" | "withholding" | "tax withheld" => {
            Entry::Withheld
        }
        "fee" | "account fee" | "adr fee" | "broker fee" => Entry::Fee,
        "interest" => Entry::Interest,
        "funds received" | "funds sent" | "contribution" | "distribution" | "deposit" | "withdrawal"
        | "wire in" | "wire out" | "check" => Entry::Cash,
        "transfer (incoming)"
        | "transfer (outgoing)"
        | "transfer"
        | "rollover (incoming)"
        | "rollover (outgoing)"
        | "rollover"
        | "asset transfer" => Entry::Transfer,
        "conversion (incoming)" | "conversion (outgoing)" => Entry::Conversion,
        "stock split" | "corp action (stock split)" | "corp action (reverse split)" => Entry::SplitShares,
        "corp action (stock dividend)" | "stock dividend" => Entry::STOCK_DIVIDEND,
        "corp action (spinoff)" | "corp action (spin-off)" | "spin-off" => Entry::SPIN_OFF,
        "corp action (merger)" | "corp action (conversion)" | "merger" => Entry::Merger,
        "corp action (name change)" | "name change" => Entry::TICKER_CHANGE,
        "corp action (cash in lieu)" | "cash in lieu" => Entry::CASH_IN_LIEU,
        "corp action (redemption)" | "redemption" => Entry::Unsupported("the redemption of a bond or bill"),
        "buy to open" | "buy to close" | "sell to open" | "sell to close" | "expired" | "assigned"
        | "exercised" => Entry::OPTIONS,
        "buy (cancel)" | "sell (cancel)" => Entry::CANCELLED,
        _ => Entry::Unknown,
    }
}
