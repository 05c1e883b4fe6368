//! Charles Schwab: the history of transactions as CSV.
//!
//! Newest first. A line with the account may stand above the header and a total below the rows; older files end each line
//! with a comma. `06/27/2026 as of 06/26/2026` was booked on the first day and counts from the second.

use bellwether_domain::{Symbol, TransactionKind};

use super::Format;
use super::american::{Entry, Fields, Reading, symbol_in_parentheses};
use super::american_symbol::american_symbol;
use super::broker::{BrokerRow, BrokerTable};
use crate::header::{Document, Vocabulary};
use crate::ticker::is_no_ticker;
use crate::{ReadOptions, Reason, Statement, StatementFormat, UnreadableFile};

pub(super) struct Schwab;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Action,
    Symbol,
    Description,
    Quantity,
    Price,
    Fees,
    Amount,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Date, &["date"]),
    (Field::Action, &["action"]),
    (Field::Symbol, &["symbol"]),
    (Field::Description, &["description"]),
    (Field::Quantity, &["quantity"]),
    (Field::Price, &["price"]),
    (Field::Fees, &["fees comm"]),
    (Field::Amount, &["amount"]),
];

const NEEDED: &[Field] = &[
    Field::Date,
    Field::Action,
    Field::Symbol,
    Field::Description,
    Field::Quantity,
    Field::Price,
    Field::Fees,
    Field::Amount,
];

const READING: Reading<Field> = Reading {
    fields: Fields {
        date: Field::Date,
        entry: Field::Action,
        symbol: Field::Symbol,
        description: Field::Description,
        quantity: Field::Quantity,
        price: Field::Price,
        fees: &[Field::Fees],
        amount: Field::Amount,
        account: None,
    },
    entry,
    date: |cell| cell.split_once(" as of ").map_or(cell, |(_, counts)| counts.trim()),
    symbol,
};

const CONFIDENCE: u8 = 98;

impl Format for Schwab {
    fn format(&self) -> StatementFormat {
        StatementFormat::Schwab
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

/// Dividends that came over from TD Ameritrade name their instrument in the description only.
fn symbol(row: &BrokerRow<'_, Field>) -> Option<Result<Symbol, Reason>> {
    if is_no_ticker(row.text(Field::Symbol)) {
        return symbol_in_parentheses(row.text(Field::Description)).map(american_symbol);
    }
    None
}

fn entry(row: &BrokerRow<'_, Field>) -> Entry {
    use TransactionKind::{Buy, Sell};
    let shares = row.given(Field::Quantity).is_some();
    match row.text(Field::Action).to_ascii_lowercase().as_str() {
        "buy" | "buy to cover" => Entry::Trade(Buy),
        "sell" | "sell short" => Entry::Trade(Sell),
        "reinvest shares" => Entry::Reinvestment,
        "cash dividend"
        | "qualified dividend"
        | "qual div reinvest"
        | "reinvest dividend"
        | "special qual div"
        | "special dividend"
        | "non-qualified div"
        | "non-qual div"
        | "pr yr cash div"
        | "pr yr div reinvest"
        | "pr yr special div"
        | "pr yr non-qual div"
        | "div adjustment"
        | "short term cap gain"
        | "long term cap gain"
        | "short term cap gain reinvest"
        | "long term cap gain reinvest"
        | "return of capital"
        | "ret cap reinvest"
        | "mutual fund dist" => Entry::Dividend,
        "nra tax adj"
        | "nra withholding"
        | "foreign tax paid"
        | "irs withhold adj"
        | "tax withholding"
        | "backup withholding"
        | "pr yr nra tax"
        | "foreign tax reclaim"
        | "tax reversal" => Entry::Withheld,
        "adr mgmt fee" | "service fee" | "misc fee" | "foreign custody fee" | "wire fee" | "fee" => {
            Entry::Fee
        }
        "bank interest" | "credit interest" | "margin interest" | "bond interest" | "cd interest"
        | "interest adj" | "promotional award" | "schwab atm rebate" => Entry::Interest,
        "journal"
        | "journaled shares"
        | "internal transfer"
        | "security transfer"
        | "stock plan activity"
        | "adjustment"
            if shares =>
        {
            Entry::Transfer
        }
        "moneylink transfer"
        | "moneylink deposit"
        | "moneylink adj"
        | "wire funds"
        | "wire received"
        | "wire sent"
        | "wire transfer"
        | "wire funds received"
        | "wire funds adj"
        | "funds received"
        | "funds paid"
        | "visa purchase"
        | "atm withdrawal"
        | "bank transfer"
        | "auto s1 debit"
        | "auto s1 credit"
        | "check paid"
        | "misc cash entry"
        | "misc credits"
        | "adjustment"
        | "journal"
        | "internal transfer"
        | "security transfer" => Entry::Cash,
        "stock split" | "stock split adj" | "reverse split" => Entry::SplitShares,
        "stock dividend" | "stock div dist" => Entry::STOCK_DIVIDEND,
        "spin-off" => Entry::SPIN_OFF,
        "cash merger"
        | "stock merger"
        | "cash/stock merger"
        | "cash merger adj"
        | "stock merger adj"
        | "mandatory reorg exc" => Entry::Merger,
        "name change" => Entry::TICKER_CHANGE,
        "cash in lieu" => Entry::CASH_IN_LIEU,
        "buy to open"
        | "buy to close"
        | "sell to open"
        | "sell to close"
        | "expired"
        | "assigned"
        | "exchange or exercise"
        | "options frwd split"
        | "options rev split" => Entry::OPTIONS,
        "full redemption" | "full redemption adj" | "redemption" | "partial redemption" | "maturity" => {
            Entry::Unsupported("the redemption of a bond or bill")
        }
        "cancel buy" | "cancel sell" | "rev reinvest shares" | "reverse reinvest" => Entry::CANCELLED,
        _ => Entry::Unknown,
    }
}
