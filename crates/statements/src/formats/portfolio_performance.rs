//! Portfolio Performance: the CSV that it exports for accounts and securities accounts, in English and in German.
//!
//! The value of a row is what moved, after fees and taxes, in the currency of the account; whether it is signed depends on
//! the version and on the kind of account. Dates, decimals and the delimiter follow the computer's language.

use bellwether_domain::{QuoteUnit, TransactionDraft, TransactionKind};
use rust_decimal::Decimal;

use super::Format;
use super::broker::{BrokerRow, BrokerTable, fill_trade};
use super::spelled::{spelling_of, unit_of};
use crate::header::{Document, Vocabulary};
use crate::instrument::Instrument;
use crate::verdict::shortened;
use crate::{ReadOptions, Reason, Statement, StatementFormat, UnreadableFile, Verdict};

/// Exported accounts and securities accounts.
pub(super) struct PortfolioPerformance;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Kind,
    Value,
    Currency,
    Fees,
    Taxes,
    Shares,
    Isin,
    Wkn,
    Ticker,
    Name,
    Note,
    /// Told again in the currency of the security.
    Gross,
    GrossCurrency,
    Rate,
    Account,
    Custody,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (Field::Date, &["date", "datum"]),
    (Field::Kind, &["type", "typ"]),
    (Field::Value, &["value", "wert"]),
    (Field::Currency, &["transaction currency", "buchungswährung"]),
    (Field::Fees, &["fees", "gebühren"]),
    (Field::Taxes, &["taxes", "steuern"]),
    (Field::Shares, &["shares", "stück"]),
    (Field::Isin, &["isin"]),
    (Field::Wkn, &["wkn"]),
    (Field::Ticker, &["ticker symbol"]),
    (Field::Name, &["security name", "wertpapiername"]),
    (Field::Note, &["note", "notiz"]),
    (Field::Gross, &["gross amount", "bruttobetrag"]),
    (Field::GrossCurrency, &["currency gross amount", "währung bruttobetrag"]),
    (Field::Rate, &["exchange rate", "wechselkurs"]),
    (Field::Account, &["cash account", "konto"]),
    (Field::Custody, &["securities account", "depot"]),
];

const NEEDED: &[Field] = &[Field::Date, Field::Kind, Field::Value, Field::Currency];

/// What a row is, by the words of both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Plain(TransactionKind),
    /// Fees, taxes and interest the other way around.
    Reversed(TransactionKind),
    /// Between two of the person's own accounts: cash, or shares where the row names some.
    OwnTransfer {
        arrives: bool,
    },
}

fn entry(word: &str) -> Option<Entry> {
    use TransactionKind::{
        Buy, Deposit, Dividend, Fee, Interest, Sell, Tax, TransferIn, TransferOut, Withdrawal,
    };
    Some(match word.to_lowercase().as_str() {
        "buy" | "kauf" => Entry::Plain(Buy),
        "sell" | "verkauf" => Entry::Plain(Sell),
        "delivery (inbound)" | "einlieferung" => Entry::Plain(TransferIn),
        "delivery (outbound)" | "auslieferung" => Entry::Plain(TransferOut),
        "transfer (inbound)" | "umbuchung (eingang)" => Entry::OwnTransfer { arrives: true },
        "transfer (outbound)" | "umbuchung (ausgang)" => Entry::OwnTransfer { arrives: false },
        "deposit" | "einlage" => Entry::Plain(Deposit),
        "removal" | "entnahme" => Entry::Plain(Withdrawal),
        "dividend" | "dividends" | "dividende" => Entry::Plain(Dividend),
        "interest" | "zinsen" => Entry::Plain(Interest),
        "interest charge" | "zinsbelastung" => Entry::Reversed(Interest),
        "fees" | "gebühren" => Entry::Plain(Fee),
        "fees refund" | "gebührenerstattung" => Entry::Reversed(Fee),
        "taxes" | "steuern" => Entry::Plain(Tax),
        "tax refund" | "steuerrückerstattung" => Entry::Reversed(Tax),
        _ => return None,
    })
}

impl Format for PortfolioPerformance {
    fn format(&self) -> StatementFormat {
        StatementFormat::PortfolioPerformance
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        let table = BrokerTable::find(document, VOCABULARY, NEEDED)?;
        Some(if table.columns.has(Field::Shares) && table.columns.has(Field::Wkn) { 100 } else { 90 })
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let Some(table) = BrokerTable::find(document, VOCABULARY, NEEDED) else {
            return Err(UnreadableFile::NotOfForm { wanted: self.format() });
        };
        let mut statement = Statement::new(self.format(), self.confidence(document).unwrap_or_default());
        let numbers = [Field::Value, Field::Fees, Field::Taxes, Field::Shares, Field::Gross];
        let (spelling, notes) = spelling_of(document, &table, &[Field::Date], &numbers)?;
        statement.notes = notes;
        let judge = |row: &mut BrokerRow<'_, Field>| judge(row, options);
        table.read(document, &mut statement, (spelling, Field::Date), options, judge)?;
        statement.notes.extend(table.columns.notes());
        Ok(statement)
    }
}

fn judge(row: &mut BrokerRow<'_, Field>, options: &ReadOptions) -> Verdict {
    use TransactionKind::{Buy, Dividend, Fee, Interest, Sell, Tax, TransferIn, TransferOut};
    let word = row.text(Field::Kind);
    let Some(entry) = entry(word) else {
        return row.rejected(Field::Kind, Reason::UnknownEntry { text: shortened(word) });
    };
    let date = row.date(Field::Date);
    let own = QuoteUnit { currency: row.currency, units_in_one: 1 };
    // Pence are told as GBX, agorot as ILA.
    let unit = unit_of(row, Field::Currency).unwrap_or(own);
    row.currency = unit.currency;
    let mut amount = |field| row.number(field).map(|amount| unit.to_major(amount));
    let (signed, fees, taxes) = (amount(Field::Value), amount(Field::Fees), amount(Field::Taxes));
    let value = signed.map(|value| value.abs());
    let (fees, taxes) = (fees.unwrap_or_default().abs(), taxes.unwrap_or_default().abs());
    let names_security =
        row.given(Field::Isin).or(row.given(Field::Ticker)).or(row.given(Field::Name)).is_some();
    let (kind, reversed) = match entry {
        Entry::Plain(kind) => (kind, false),
        Entry::Reversed(kind) => (kind, true),
        Entry::OwnTransfer { arrives } => (own_transfer(arrives, names_security), false),
    };
    let mut draft = row.draft(kind, date);
    row.text(Field::Note).clone_into(&mut draft.note);
    if matches!(kind, Buy | Sell | Dividend | TransferIn | TransferOut)
        || matches!(kind, Fee | Tax) && names_security
    {
        let instrument = Instrument {
            isin: row.text(Field::Isin),
            ticker: row.text(Field::Ticker),
            name: row.text(Field::Name),
            is_symbol: true,
            ..Instrument::default()
        };
        let column = if row.given(Field::Isin).is_some() { Field::Isin } else { Field::Ticker };
        draft.symbol = instrument.symbol(options).map_err(|reason| row.problem(column, reason)).ok();
    }
    let costs = fees.checked_add(taxes);
    let quantity = row.number(Field::Shares).unwrap_or_default().abs();
    match kind {
        Buy | Sell => {
            fill_trade(&mut draft, quantity, None, signed, costs);
            set_costs(&mut draft, fees, taxes);
        }
        TransferIn => {
            let gross = value.zip(costs).and_then(|(value, costs)| value.checked_sub(costs));
            draft.quantity = Some(quantity);
            draft.price = gross.and_then(|gross| gross.checked_div(quantity)).map(|price| price.round_dp(12));
            draft.fee = costs.filter(|costs| !costs.is_zero());
        }
        TransferOut => {
            draft.quantity = Some(quantity);
            draft.fee = costs.filter(|costs| !costs.is_zero());
        }
        Dividend => {
            draft.amount = value.zip(costs).and_then(|(value, costs)| value.checked_add(costs));
            set_costs(&mut draft, fees, taxes);
        }
        Interest => {
            let gross = value.and_then(|value| value.checked_add(taxes));
            draft.amount = if reversed { value.map(|value| -value) } else { gross };
            draft.tax = Some(taxes).filter(|tax| !reversed && !tax.is_zero());
        }
        _ => draft.amount = if reversed { value.map(|value| -value) } else { value },
    }
    row.is(vec![draft])
}

fn set_costs(draft: &mut TransactionDraft, fees: Decimal, taxes: Decimal) {
    draft.fee = Some(fees).filter(|fee| !fee.is_zero());
    draft.tax = Some(taxes).filter(|tax| !tax.is_zero());
}

fn own_transfer(arrives: bool, names_security: bool) -> TransactionKind {
    match (arrives, names_security) {
        (true, true) => TransactionKind::TransferIn,
        (false, true) => TransactionKind::TransferOut,
        (true, false) => TransactionKind::Deposit,
        (false, false) => TransactionKind::Withdrawal,
    }
}
