//! Fidelity: `Accounts_History.csv` and `History_for_Account_....csv`.
//!
//! Two blank lines, the header, the rows with the last first, then disclaimers. What a row is stands at the beginning of
//! "Action", before the name of the instrument: `YOU BOUGHT APPLE INC (AAPL) (Cash)`. Cash lies in a money market fund,
//! whose reinvestments change nothing.

use bellwether_domain::{Symbol, TransactionKind};

use super::Format;
use super::american::{Entry, Fields, Reading, symbol_in_parentheses};
use super::american_symbol::american_symbol;
use super::broker::{BrokerRow, BrokerTable};
use crate::header::{Document, Vocabulary};
use crate::ticker::is_no_ticker;
use crate::{ReadOptions, Reason, Statement, StatementFormat, UnreadableFile};

pub(super) struct Fidelity;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Account,
    Action,
    Symbol,
    Description,
    Quantity,
    Currency,
    Price,
    Commission,
    Fees,
    Amount,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Date, &["run date"]),
    (Field::Account, &["account", "account number"]),
    (Field::Action, &["action"]),
    (Field::Symbol, &["symbol"]),
    (Field::Description, &["description", "security description"]),
    (Field::Quantity, &["quantity"]),
    (Field::Currency, &["currency"]),
    (Field::Price, &["price"]),
    (Field::Commission, &["commission"]),
    (Field::Fees, &["fees"]),
    (Field::Amount, &["amount"]),
];

const NEEDED: &[Field] =
    &[Field::Date, Field::Action, Field::Symbol, Field::Quantity, Field::Price, Field::Amount];

const READING: Reading<Field> = Reading {
    fields: Fields {
        date: Field::Date,
        entry: Field::Action,
        symbol: Field::Symbol,
        description: Field::Action,
        quantity: Field::Quantity,
        price: Field::Price,
        fees: &[Field::Commission, Field::Fees],
        amount: Field::Amount,
        account: Some(Field::Account),
    },
    entry,
    date: |cell| cell,
    symbol,
};

const CONFIDENCE: u8 = 98;

/// The funds in which accounts keep their cash.
const CORE: [&str; 5] = ["SPAXX", "FDRXX", "FZFXX", "FCASH", "CORE"];

impl Format for Fidelity {
    fn format(&self) -> StatementFormat {
        StatementFormat::Fidelity
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

fn symbol(row: &BrokerRow<'_, Field>) -> Option<Result<Symbol, Reason>> {
    if is_no_ticker(row.text(Field::Symbol)) {
        return symbol_in_parentheses(row.text(Field::Action)).map(american_symbol);
    }
    None
}

fn entry(row: &BrokerRow<'_, Field>) -> Entry {
    if row.given(Field::Currency).is_some_and(|currency| !currency.eq_ignore_ascii_case("USD")) {
        return Entry::Unsupported("a trade in another currency, of which the file mixes two currencies,");
    }
    let action = row.text(Field::Action).to_ascii_uppercase();
    let core = CORE.contains(&row.text(Field::Symbol));
    let known = ENTRIES.iter().find(|(words, _)| action.starts_with(words)).map(|(_, entry)| *entry);
    match known {
        Some(Entry::Reinvestment) if core => Entry::NoEffect("the cash stays in its money market fund"),
        Some(Entry::Dividend) if core => Entry::Interest,
        Some(Entry::Cash) if row.given(Field::Symbol).is_some_and(|symbol| !symbol.is_empty()) && !core => {
            Entry::Transfer
        }
        Some(entry) => entry,
        None => Entry::Unknown,
    }
}

/// What an action begins with; of two that fit, the longer one stands first.
const ENTRIES: &[(&str, Entry)] = &[
    ("YOU BOUGHT", Entry::Trade(TransactionKind::Buy)),
    ("YOU SOLD", Entry::Trade(TransactionKind::Sell)),
    ("REINVESTMENT", Entry::Reinvestment),
    ("DIVIDEND RECEIVED", Entry::Dividend),
    ("DIVIDEND ADJUSTMENT", Entry::Dividend),
    ("LONG-TERM CAP GAIN", Entry::Dividend),
    ("SHORT-TERM CAP GAIN", Entry::Dividend),
    ("RETURN OF CAPITAL", Entry::Dividend),
    ("ROYALTY TR PYMT", Entry::Dividend),
    ("FOREIGN TAX PAID", Entry::Withheld),
    ("ADJ FOREIGN TAX", Entry::Withheld),
    ("NON-RESIDENT TAX", Entry::Withheld),
    ("FED TAX W/H", Entry::Withheld),
    ("FEE CHARGED", Entry::Fee),
    ("ADJ FEE", Entry::Fee),
    ("ADVISORY FEE", Entry::Fee),
    ("ACCOUNT FEE", Entry::Fee),
    ("FOREIGN TRANSACTION FEE", Entry::Fee),
    ("SHORT SALE FEE", Entry::Fee),
    ("MARGIN INTEREST", Entry::Interest),
    ("INTEREST", Entry::Interest),
    ("ELECTRONIC FUNDS TRANSFER", Entry::Cash),
    ("DIRECT DEPOSIT", Entry::Cash),
    ("DIRECT DEBIT", Entry::Cash),
    ("CHECK RECEIVED", Entry::Cash),
    ("CHECK PAID", Entry::Cash),
    ("DEPOSIT RECEIVED", Entry::Cash),
    ("WIRE TRANSFER", Entry::Cash),
    ("BILL PAYMENT", Entry::Cash),
    ("CASH CONTRIBUTION", Entry::Cash),
    ("CASH ADVANCE", Entry::Cash),
    ("CONTRIBUTION", Entry::Cash),
    ("PARTIC CONTR", Entry::Cash),
    ("CO CONTR", Entry::Cash),
    ("EMPLOYER CONTRIBUTION", Entry::Cash),
    ("ROLLOVER", Entry::Cash),
    ("NORMAL DISTR", Entry::Cash),
    ("PREMATURE DISTR", Entry::Cash),
    ("DEBIT CARD PURCHASE", Entry::Cash),
    ("ATM ", Entry::Cash),
    ("TRANSFERRED FROM", Entry::Transfer),
    ("TRANSFERRED TO", Entry::Transfer),
    ("TRANSFER OF ASSETS", Entry::Transfer),
    ("JOURNALED JNL VS A/C TYPES", Entry::NoEffect("between two types of one account")),
    ("JOURNALED", Entry::Transfer),
    ("RECEIVED FROM YOU", Entry::Transfer),
    ("SHARES DEPOSITED", Entry::Transfer),
    ("CONVERSION SHARES DEPOSITED", Entry::Transfer),
    ("REVERSE SPLIT", Entry::SplitShares),
    ("MERGER", Entry::Merger),
    ("NAME CHANGED", Entry::TICKER_CHANGE),
    ("SPIN-OFF", Entry::SPIN_OFF),
    ("SPINOFF", Entry::SPIN_OFF),
    (
        "DISTRIBUTION",
        Entry::Untold(
            TransactionKind::SpinOff,
            "whether these shares came from a split, which comes with the prices, or from a spin-off",
        ),
    ),
    ("STOCK DIVIDEND", Entry::STOCK_DIVIDEND),
    ("IN LIEU OF FRX SHARE", Entry::CASH_IN_LIEU),
    ("EXPIRED", Entry::OPTIONS),
    ("ASSIGNED", Entry::OPTIONS),
    ("EXERCISED", Entry::OPTIONS),
    ("REDEMPTION FROM CORE ACCOUNT", Entry::NoEffect("the cash leaves its money market fund")),
    ("REDEMPTION PAYOUT", Entry::Unsupported("the redemption of a bond or bill")),
    ("PURCHASE INTO CORE ACCOUNT", Entry::NoEffect("the cash goes into its money market fund")),
    ("BUY CANCEL", Entry::CANCELLED),
    ("SELL CANCEL", Entry::CANCELLED),
];
