//! E*Trade: `DownloadTxnHistory.csv`, in the layout with two-digit years and in the newer one with an activity type.
//!
//! The account and totals may stand above the header. Rows with the last first. A dividend with shares is a reinvestment.

use bellwether_domain::TransactionKind;

use super::Format;
use super::american::{Entry, Fields, Reading};
use super::broker::{BrokerRow, BrokerTable};
use crate::header::{Document, Vocabulary};
use crate::{ReadOptions, Statement, StatementFormat, UnreadableFile};

pub(super) struct Etrade;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Type,
    SecurityType,
    Symbol,
    Description,
    Quantity,
    Price,
    Commission,
    Amount,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Date, &["transactiondate", "activity trade date"]),
    (Field::Type, &["transactiontype", "activity type"]),
    (Field::SecurityType, &["securitytype"]),
    (Field::Symbol, &["symbol"]),
    (Field::Description, &["description"]),
    (Field::Quantity, &["quantity"]),
    (Field::Price, &["price"]),
    (Field::Commission, &["commission"]),
    (Field::Amount, &["amount"]),
];

const NEEDED: &[Field] = &[
    Field::Date,
    Field::Type,
    Field::Symbol,
    Field::Description,
    Field::Quantity,
    Field::Price,
    Field::Commission,
    Field::Amount,
];

const READING: Reading<Field> = Reading {
    fields: Fields {
        date: Field::Date,
        entry: Field::Type,
        symbol: Field::Symbol,
        description: Field::Description,
        quantity: Field::Quantity,
        price: Field::Price,
        fees: &[Field::Commission],
        amount: Field::Amount,
        account: None,
    },
    entry,
    date: |cell| cell,
    symbol: |_| None,
};

const CONFIDENCE: u8 = 98;

impl Format for Etrade {
    fn format(&self) -> StatementFormat {
        StatementFormat::Etrade
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

/// `PUT  AAPL   07/17/26   150.000 APPLE INC`, `AAPL Jul 17 '26 $150 Put`.
fn names_an_option(description: &str) -> bool {
    let is_side = |word: Option<&str>| {
        word.is_some_and(|word| word.eq_ignore_ascii_case("put") || word.eq_ignore_ascii_case("call"))
    };
    let mut words = description.split_whitespace();
    let (first, last) = (words.next(), words.next_back());
    last.is_some() && (is_side(first) || is_side(last) && description.contains('$'))
}

fn entry(row: &BrokerRow<'_, Field>) -> Entry {
    use TransactionKind::{Buy, Sell};
    match row.text(Field::SecurityType).to_ascii_uppercase().as_str() {
        "OPTN" | "OPT" => return Entry::OPTIONS,
        "BOND" => return Entry::Unsupported("bonds"),
        // The newer layout has no such column, and names options by their shares.
        "" if names_an_option(row.text(Field::Description)) => return Entry::OPTIONS,
        _ => {}
    }
    let shares =
        row.given(Field::Quantity).is_some_and(|cell| cell.bytes().any(|b| matches!(b, b'1'..=b'9')));
    let paid = row.text(Field::Amount).contains(['-', '(']);
    match row.text(Field::Type).to_ascii_lowercase().as_str() {
        "bought" | "bought to cover" => Entry::Trade(Buy),
        "sold" | "sold short" => Entry::Trade(Sell),
        "dividend" | "qualified dividend" | "dividend reinvestment" | "reinvest" if shares => {
            Entry::Reinvestment
        }
        "dividend" | "qualified dividend"
            if paid && row.text(Field::Description).to_ascii_uppercase().contains("TAX") =>
        {
            Entry::Withheld
        }
        "dividend"
        | "qualified dividend"
        | "capital gain"
        | "lt cap gain distribution"
        | "st cap gain distribution"
        | "return of capital"
        | "distribution" => Entry::Dividend,
        "foreign tax" | "foreign tax withheld" | "tax withholding" | "tax" => Entry::Withheld,
        "fee" | "service fee" | "adr fee" | "misc fee" => Entry::Fee,
        "interest" | "interest income" | "margin interest" | "credit interest" => Entry::Interest,
        "transfer" | "online transfer" | "adjustment" | "journal" | "acat" | "shares received"
        | "shares delivered" => Entry::Transfer,
        "deposit" | "withdrawal" | "direct debit" | "direct deposit" | "wire" | "wire in" | "wire out"
        | "check" | "check deposit" | "pos" | "atm" | "debit" | "credit" | "funds received"
        | "bill payment" => Entry::Cash,
        "stock split" | "forward split" | "reverse split" => Entry::SplitShares,
        "stock dividend" => Entry::STOCK_DIVIDEND,
        "spin-off" | "spin off" | "spinoff" => Entry::SPIN_OFF,
        "merger" | "reorganization" | "cash merger" => Entry::Merger,
        "name change" | "symbol change" | "exchange" => Entry::TICKER_CHANGE,
        "cash-in-lieu" | "cash in lieu" => Entry::CASH_IN_LIEU,
        "option expiration" | "option expired" | "option assigned" | "option assignment"
        | "option exercise" | "option exercised" | "bought to open" | "sold to open" | "bought to close"
        | "sold to close" => Entry::OPTIONS,
        "redemption" | "maturity" | "bond redemption" => {
            Entry::Unsupported("the redemption of a bond or bill")
        }
        "cancelled" | "cancel buy" | "cancel sell" => Entry::CANCELLED,
        _ => Entry::Unknown,
    }
}
