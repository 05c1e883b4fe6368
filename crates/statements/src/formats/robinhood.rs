//! Robinhood: the account activity report.
//!
//! Newest first, all cells quoted, `$` before amounts and parentheses around what was paid. The code in "Trans Code"
//! says what a row is. Shares that leave by a corporate action have an `S` after their number.

use bellwether_domain::TransactionKind;

use super::Format;
use super::american::{Entry, Fields, Reading};
use super::broker::{BrokerRow, BrokerTable};
use crate::header::{Document, Vocabulary};
use crate::{ReadOptions, Statement, StatementFormat, UnreadableFile};

pub(super) struct Robinhood;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Instrument,
    Description,
    Code,
    Quantity,
    Price,
    Amount,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Date, &["activity date"]),
    (Field::Instrument, &["instrument"]),
    (Field::Description, &["description"]),
    (Field::Code, &["trans code"]),
    (Field::Quantity, &["quantity"]),
    (Field::Price, &["price"]),
    (Field::Amount, &["amount"]),
];

const NEEDED: &[Field] = &[
    Field::Date,
    Field::Instrument,
    Field::Description,
    Field::Code,
    Field::Quantity,
    Field::Price,
    Field::Amount,
];

const READING: Reading<Field> = Reading {
    fields: Fields {
        date: Field::Date,
        entry: Field::Code,
        symbol: Field::Instrument,
        description: Field::Description,
        quantity: Field::Quantity,
        price: Field::Price,
        fees: &[],
        amount: Field::Amount,
        account: None,
    },
    entry,
    date: |cell| cell,
    symbol: |_| None,
};

const CONFIDENCE: u8 = 98;

impl Format for Robinhood {
    fn format(&self) -> StatementFormat {
        StatementFormat::Robinhood
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        BrokerTable::find(document, VOCABULARY, NEEDED).map(|_| CONFIDENCE)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let Some(table) = BrokerTable::find(document, VOCABULARY, NEEDED) else {
            return Err(UnreadableFile::NotOfForm { wanted: self.format() });
        };
        let mut statement = Statement::new(self.format(), CONFIDENCE);
        READING.read(&table, document, &mut statement, options)?;
        Ok(statement)
    }
}

fn entry(row: &BrokerRow<'_, Field>) -> Entry {
    match row.text(Field::Code).to_ascii_uppercase().as_str() {
        "BUY" if row.text(Field::Description).to_ascii_lowercase().contains("dividend reinvestment") => {
            Entry::Reinvestment
        }
        "BUY" => Entry::Trade(TransactionKind::Buy),
        "SELL" => Entry::Trade(TransactionKind::Sell),
        "CDIV" | "MDIV" => Entry::Dividend,
        "DTAX" => Entry::Withheld,
        "DFEE" | "AFEE" | "GOLD" | "GMPC" => Entry::Fee,
        "INT" | "IADJ" | "MINT" | "SLIP" | "MTCH" | "GDBP" => Entry::Interest,
        "ACH" | "RTP" | "WIRE" | "DCF" | "XENT" | "XENT_CC" | "FUTSWP" | "JNLC" | "CFIR" | "CFRO" => {
            Entry::Cash
        }
        "ACATI" | "ITRF" | "JNLS" | "REC" => Entry::Transfer,
        "ACATO" => Entry::TransferOut,
        "SPL" | "SPR" => Entry::SplitShares,
        "MRGS" | "MRGC" => Entry::Merger,
        "SXCH" | "CONV" => Entry::TICKER_CHANGE,
        "SOFF" => Entry::SPIN_OFF,
        "SDIV" => Entry::STOCK_DIVIDEND,
        "CIL" => Entry::CASH_IN_LIEU,
        "BTO" | "STO" | "BTC" | "STC" | "OEXP" | "OASGN" | "OEXCS" | "OCA" | "OCC" => Entry::OPTIONS,
        "BCXL" | "SCXL" => Entry::CANCELLED,
        _ => Entry::Unknown,
    }
}
