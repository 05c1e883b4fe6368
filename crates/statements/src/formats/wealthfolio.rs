//! Wealthfolio: activities as CSV, `date,symbol,quantity,activityType,unitPrice,currency,fee,amount`.
//!
//! Rows of cash name no symbol or `$CASH-USD`. Their amount is in a column of its own, or, in older files, the product of
//! quantity and price.

use bellwether_domain::{InvalidCurrency, QuoteUnit, TransactionKind};
use rust_decimal::Decimal;

use super::Format;
use super::broker::{BrokerRow, BrokerTable, fill_trade};
use super::spelled::spelling_of;
use crate::header::{Document, Vocabulary};
use crate::instrument::Instrument;
use crate::ratio::split_ratio;
use crate::verdict::shortened;
use crate::{ReadOptions, Reason, Statement, StatementFormat, UnreadableFile, Verdict};

/// Activities as CSV.
pub(super) struct Wealthfolio;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Symbol,
    Quantity,
    Kind,
    Price,
    Currency,
    Fee,
    Amount,
    Subtype,
    Isin,
    Account,
    Comment,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Date, &["date"]),
    (Field::Symbol, &["symbol"]),
    (Field::Quantity, &["quantity"]),
    (Field::Kind, &["activitytype"]),
    (Field::Price, &["unitprice"]),
    (Field::Currency, &["currency"]),
    (Field::Fee, &["fee"]),
    (Field::Amount, &["amount"]),
    (Field::Subtype, &["subtype"]),
    (Field::Isin, &["isin"]),
    (Field::Account, &["account", "accountname"]),
    (Field::Comment, &["comment"]),
];

const NEEDED: &[Field] = &[Field::Date, Field::Symbol, Field::Quantity, Field::Kind, Field::Price];

impl Format for Wealthfolio {
    fn format(&self) -> StatementFormat {
        StatementFormat::Wealthfolio
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        BrokerTable::find(document, VOCABULARY, NEEDED).map(|_| 100)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let Some(table) = BrokerTable::find(document, VOCABULARY, NEEDED) else {
            return Err(UnreadableFile::NotOfForm { wanted: self.format() });
        };
        let mut statement = Statement::new(self.format(), 100);
        let numbers = [Field::Quantity, Field::Price, Field::Fee, Field::Amount];
        let (spelling, notes) = spelling_of(document, &table, &[Field::Date], &numbers)?;
        statement.notes = notes;
        let judge = |row: &mut BrokerRow<'_, Field>| judge(row, options);
        table.read(document, &mut statement, (spelling, Field::Date), options, judge)?;
        statement.notes.extend(table.columns.notes());
        Ok(statement)
    }
}

fn judge(row: &mut BrokerRow<'_, Field>, options: &ReadOptions) -> Verdict {
    use TransactionKind::{
        Buy, Deposit, Dividend, Fee, Interest, Reinvestment, Sell, Split, Tax, TransferIn, TransferOut,
        Withdrawal,
    };
    let cash = row.text(Field::Symbol).to_ascii_uppercase();
    let is_cash = cash.is_empty() || cash.starts_with("$CASH");
    let subtype = row.text(Field::Subtype).to_ascii_uppercase();
    let word = row.text(Field::Kind).to_ascii_uppercase();
    let kind = match word.as_str() {
        "BUY" => Buy,
        "SELL" => Sell,
        "DIVIDEND" if subtype == "DRIP" => Reinvestment,
        "DIVIDEND" if subtype.contains("KIND") => {
            let what = "which shares these came from, and what part of their cost belongs to them";
            return row.rejected(Field::Subtype, Reason::Untold { kind: TransactionKind::SpinOff, what });
        }
        "DIVIDEND" => Dividend,
        "DEPOSIT" | "CONVERSION_IN" => Deposit,
        "WITHDRAWAL" | "CONVERSION_OUT" => Withdrawal,
        "TRANSFER_IN" | "ADD_HOLDING" if is_cash => Deposit,
        "TRANSFER_IN" | "ADD_HOLDING" => TransferIn,
        "TRANSFER_OUT" | "REMOVE_HOLDING" if is_cash => Withdrawal,
        "TRANSFER_OUT" | "REMOVE_HOLDING" => TransferOut,
        "FEE" => Fee,
        "TAX" => Tax,
        "CREDIT" if subtype.contains("FEE") => Fee,
        "INTEREST" | "CREDIT" => Interest,
        "SPLIT" => Split,
        _ => {
            let text = shortened(row.text(Field::Kind));
            return row.rejected(Field::Kind, Reason::UnknownEntry { text });
        }
    };
    let date = row.date(Field::Date);
    let unit = unit(row);
    let quantity = row.number(Field::Quantity);
    let price = row.number(Field::Price).map(|price| unit.to_major(price));
    let fee = row.number(Field::Fee).map(|fee| unit.to_major(fee).abs()).filter(|fee| !fee.is_zero());
    let amount =
        row.number(Field::Amount).map(|amount| unit.to_major(amount)).filter(|amount| !amount.is_zero());
    let product = || price.zip(quantity).and_then(|(price, quantity)| price.checked_mul(quantity));
    let mut draft = row.draft(kind, date);
    row.text(Field::Comment).clone_into(&mut draft.note);
    row.text(Field::Account).clone_into(&mut draft.account);
    if word.starts_with("CONVERSION") || word == "CREDIT" {
        draft.note = if draft.note.is_empty() { row.text(Field::Kind).to_owned() } else { draft.note };
    }
    if !is_cash && !matches!(kind, Deposit | Withdrawal | Interest) {
        let instrument = Instrument {
            isin: row.text(Field::Isin),
            ticker: row.text(Field::Symbol),
            is_symbol: true,
            ..Instrument::default()
        };
        draft.symbol = instrument.symbol(options).map_err(|reason| row.problem(Field::Symbol, reason)).ok();
    }
    match kind {
        Buy | Sell => fill_trade(&mut draft, quantity.unwrap_or_default(), price, None, fee),
        Reinvestment => {
            draft.quantity = quantity;
            draft.price = price;
            draft.amount = amount;
            draft.fee = fee;
        }
        TransferIn => {
            draft.quantity = quantity;
            draft.price = price;
            draft.fee = fee;
        }
        TransferOut => {
            draft.quantity = quantity.map(|quantity| quantity.abs());
            draft.fee = fee;
        }
        // What stands in the amount is new shares for one old.
        Split => draft.ratio = row.number(Field::Amount).and_then(|ratio| split_ratio(ratio, Decimal::ONE)),
        Dividend => {
            draft.amount = amount.or_else(product);
            draft.fee = fee;
        }
        Fee if word == "CREDIT" => draft.amount = amount.or_else(product).map(|amount| -amount.abs()),
        Fee => draft.amount = amount.or(fee).or_else(product).map(|amount| amount.abs()),
        Deposit | Withdrawal | Tax => draft.amount = amount.or_else(product).map(|amount| amount.abs()),
        _ => draft.amount = amount.or_else(product),
    }
    row.is(vec![draft])
}

/// What the row's amounts are in: the currency that it names, or that its cash is in.
fn unit(row: &mut BrokerRow<'_, Field>) -> QuoteUnit {
    let told = row.given(Field::Currency).or_else(|| row.text(Field::Symbol).strip_prefix("$CASH-"));
    let read = told.map(str::parse::<QuoteUnit>).transpose();
    let unit = read.unwrap_or_else(|error: InvalidCurrency| {
        row.problem(Field::Currency, error.into());
        None
    });
    let unit = unit.unwrap_or(QuoteUnit { currency: row.currency, units_in_one: 1 });
    row.currency = unit.currency;
    unit
}
