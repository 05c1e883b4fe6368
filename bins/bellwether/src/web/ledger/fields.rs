//! The form of a transaction.

use bellwether_domain::{Currency, TransactionKind};
use bellwether_texts::Locale;
use bellwether_tracker::{EnteredLot, EnteredTransaction, FieldFault, NewTransaction};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::facts::name_of;
use crate::web::view::refusal::refused;

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

    /// What stands in a field.
    fn value(&self, name: &str) -> &str {
        match name {
            "kind" => &self.kind,
            "date" => &self.date,
            "symbol" => &self.symbol,
            "other_symbol" => &self.other_symbol,
            "quantity" => &self.quantity,
            "price" => &self.price,
            "amount" => &self.amount,
            "fee" => &self.fee,
            "tax" => &self.tax,
            "ratio" => &self.ratio,
            "cost_share" => &self.cost_share,
            "cash_in_lieu" => &self.cash_in_lieu,
            "lots" => &self.lots,
            "acquired" => &self.acquired,
            "currency" => &self.currency,
            "fx_rate" => &self.fx_rate,
            "account" => &self.account,
            "note" => &self.note,
            _ => "",
        }
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
    label: String,
    value: String,
    /// What is wrong with it.
    fault: Option<String>,
    /// What may be chosen; none where one writes.
    choices: Vec<Choice>,
    input: &'static str,
    /// The kinds that have it, with spaces between; empty for all.
    kinds: &'static str,
    /// Whether few transactions have it.
    is_rare: bool,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    name: String,
}

/// A field as it is on every form: its name, the key of its label, how it is filled in, and of which kinds.
struct Field(&'static str, &'static str, &'static str, &'static str);

const CONCERNING: &str =
    "buy sell dividend reinvestment fee tax split transfer-in transfer-out spin-off merger ticker-change";
const BECOMING: &str = "spin-off merger ticker-change";
const MOVING: &str = "buy sell reinvestment transfer-in transfer-out";
const PRICED: &str = "buy sell reinvestment transfer-in merger";
const PAID: &str = "buy sell dividend reinvestment deposit withdrawal fee tax interest";
const CHARGED: &str = "buy sell dividend reinvestment transfer-in transfer-out";
const TAXED: &str = "buy sell dividend reinvestment interest";
const IN_RATIO: &str = "split spin-off merger";

const FIELDS: [Field; 15] = [
    Field("kind", "entry.kind", "text", ""),
    Field("date", "entry.date", "date", ""),
    Field("symbol", "entry.symbol", "text", CONCERNING),
    Field("other_symbol", "entry.other_symbol", "text", BECOMING),
    Field("quantity", "entry.quantity", "number", MOVING),
    Field("ratio", "entry.ratio", "text", IN_RATIO),
    Field("price", "entry.price", "number", PRICED),
    Field("amount", "entry.amount", "number", PAID),
    Field("cost_share", "entry.cost_share", "number", "spin-off merger"),
    Field("cash_in_lieu", "entry.cash_in_lieu", "number", IN_RATIO),
    Field("fee", "entry.fee", "number", CHARGED),
    Field("tax", "entry.tax", "number", TAXED),
    Field("acquired", "entry.acquired", "date", "transfer-in"),
    Field("currency", "entry.currency", "text", ""),
    Field("note", "entry.note", "lines", ""),
];

const RARE: [Field; 3] = [
    Field("account", "entry.account", "text", ""),
    Field("fx_rate", "entry.fx_rate", "number", ""),
    Field("lots", "entry.lots", "text", "sell transfer-out"),
];

/// The fields of the form as it was filled in, with what is wrong beside each.
pub(super) fn fields_of(
    locale: Locale,
    typed: &TransactionForm,
    faults: &[FieldFault],
    base: Currency,
) -> Vec<FieldShown> {
    let shown = |Field(name, label, input, kinds): &Field, is_rare: bool| {
        let fault =
            faults.iter().find(|fault| fault.field == *name).map(|fault| refused(locale, &fault.said()));
        let value = if *name == "currency" && typed.currency.is_empty() {
            base.to_string()
        } else {
            typed.value(name).to_owned()
        };
        let choice = |kind: TransactionKind| Choice { value: kind.as_str(), name: name_of(kind, locale) };
        FieldShown {
            name,
            label: locale.text(label),
            is_rare: is_rare && fault.is_none() && value.is_empty(),
            value,
            fault,
            choices: if *name == "kind" { TransactionKind::ALL.map(choice).into() } else { Vec::new() },
            input,
            kinds,
        }
    };
    let often = FIELDS.iter().map(|field| shown(field, false));
    often.chain(RARE.iter().map(|field| shown(field, true))).collect()
}
