//! The form of a transaction.

use bellwether_domain::{Currency, TransactionKind};
use bellwether_tracker::{EnteredLot, EnteredTransaction, FieldFault, NewTransaction};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a form of a transaction says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TransactionForm {
    kind: String,
    date: String,
    symbol: String,
    other_symbol: String,
    quantity: String,
    price: String,
    amount: String,
    fee: String,
    tax: String,
    ratio: String,
    cost_share: String,
    cash_in_lieu: String,
    /// Each as the transaction that opened it and its shares, with `=` between, and spaces between lots.
    lots: String,
    acquired: String,
    currency: String,
    fx_rate: String,
    account: String,
    note: String,
    /// A box that is ticked, or not there.
    accept_duplicate: Option<String>,
    custom: Option<String>,
    /// The tag of the transaction as it was when the form was made.
    pub(super) seen: String,
}

impl TransactionForm {
    pub(super) fn new(today: NaiveDate) -> Self {
        let kind = TransactionKind::Buy.to_string();
        Self { kind, date: today.to_string(), ..Self::default() }
    }

    pub(super) fn of(entered: &EnteredTransaction) -> Self {
        let entered = entered.clone();
        let lot = |lot: &EnteredLot| format!("{}={}", lot.opened_by, lot.quantity);
        Self {
            lots: entered.lots.iter().map(lot).collect::<Vec<_>>().join(" "),
            kind: entered.kind,
            date: entered.date,
            symbol: entered.symbol,
            other_symbol: entered.other_symbol,
            quantity: entered.quantity,
            price: entered.price,
            amount: entered.amount,
            fee: entered.fee,
            tax: entered.tax,
            ratio: entered.ratio,
            cost_share: entered.cost_share,
            cash_in_lieu: entered.cash_in_lieu,
            acquired: entered.acquired,
            currency: entered.currency,
            fx_rate: entered.fx_rate,
            account: entered.account,
            note: entered.note,
            accept_duplicate: None,
            custom: None,
            seen: String::new(),
        }
    }

    pub(super) fn is_custom(&self) -> bool {
        self.custom.is_some()
    }

    pub(super) fn new_transaction(&self) -> NewTransaction {
        let typed = self.clone();
        let lot = |text: &str| {
            let (opened_by, quantity) = text.split_once('=').unwrap_or((text, ""));
            EnteredLot { opened_by: opened_by.to_owned(), quantity: quantity.to_owned() }
        };
        let entered = EnteredTransaction {
            lots: typed.lots.split_whitespace().map(lot).collect(),
            kind: typed.kind,
            date: typed.date,
            symbol: typed.symbol,
            other_symbol: typed.other_symbol,
            quantity: typed.quantity,
            price: typed.price,
            amount: typed.amount,
            fee: typed.fee,
            tax: typed.tax,
            ratio: typed.ratio,
            cost_share: typed.cost_share,
            cash_in_lieu: typed.cash_in_lieu,
            acquired: typed.acquired,
            currency: typed.currency,
            fx_rate: typed.fx_rate,
            account: typed.account,
            note: plain_lines(&typed.note),
        };
        let (accept_duplicate, custom) = (typed.accept_duplicate.is_some(), typed.custom.is_some());
        NewTransaction { entered, accept_duplicate, custom }
    }
}

/// Lines as they were entered: forms end them in a way of their own.
pub(super) fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A field on a page.
#[derive(Debug, Serialize)]
pub(super) struct FieldShown {
    name: &'static str,
    label: &'static str,
    value: String,
    /// What is wrong with it.
    fault: Option<String>,
    /// What may be chosen; none where one writes.
    choices: Vec<&'static str>,
    input: &'static str,
    /// Whether few transactions have it.
    is_rare: bool,
}

/// The fields of the form as it was filled in, with what is wrong beside each.
pub(super) fn fields_of(typed: &TransactionForm, faults: &[FieldFault], base: Currency) -> Vec<FieldShown> {
    let currency = if typed.currency.is_empty() { base.to_string() } else { typed.currency.clone() };
    let field = |name: &'static str, label, value: &String, input, is_rare| {
        let fault = faults.iter().find(|fault| fault.field == name).map(ToString::to_string);
        let choices = if name == "kind" {
            TransactionKind::ALL.map(TransactionKind::as_str).to_vec()
        } else {
            Vec::new()
        };
        FieldShown {
            name,
            label,
            value: value.clone(),
            is_rare: is_rare && fault.is_none() && value.is_empty(),
            fault,
            choices,
            input,
        }
    };
    vec![
        field("kind", "Kind", &typed.kind, "text", false),
        field("date", "Day", &typed.date, "date", false),
        field("symbol", "Symbol", &typed.symbol, "text", false),
        field("quantity", "Shares", &typed.quantity, "number", false),
        field("price", "Price per share", &typed.price, "number", false),
        field("amount", "Amount in all", &typed.amount, "number", false),
        field("fee", "Fee", &typed.fee, "number", false),
        field("tax", "Tax", &typed.tax, "number", false),
        field("currency", "Currency", &currency, "text", false),
        field("note", "Note", &typed.note, "lines", false),
        field("account", "Account", &typed.account, "text", true),
        field("fx_rate", "Exchange rate, as booked", &typed.fx_rate, "number", true),
        field("other_symbol", "New symbol (spin-off, merger, change)", &typed.other_symbol, "text", true),
        field("ratio", "New to old shares, like 4:1", &typed.ratio, "text", true),
        field("cost_share", "Part of the cost, 0 to 1", &typed.cost_share, "number", true),
        field("cash_in_lieu", "Cash for a fraction", &typed.cash_in_lieu, "number", true),
        field("acquired", "First acquired on", &typed.acquired, "date", true),
        field("lots", "Lots, each as transaction=shares", &typed.lots, "text", true),
    ]
}
