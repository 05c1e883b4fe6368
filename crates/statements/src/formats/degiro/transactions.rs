//! `Transactions.csv`: trades alone, with their value in the instrument's currency and their total in the account's.

use std::collections::HashMap;

use bellwether_domain::{Currency, Symbol, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::change::{self, Change, Side};
use super::{DATE, ISIN, ORDER, PRODUCT, TIME, beside, column};
use crate::date::DateOrder;
use crate::formats::broker::{BrokerRow, BrokerTable, Spelling, fill_trade};
use crate::formats::spelled::{spelling_of, unit_of};
use crate::header::{Columns, Document, Header};
use crate::instrument::Instrument;
use crate::{IgnoredRow, ReadOptions, Reason, Statement, UnreadableFile, Verdict};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Time,
    Product,
    Isin,
    Shares,
    Price,
    PriceCurrency,
    Local,
    LocalCurrency,
    Value,
    ValueCurrency,
    Fee,
    FeeCurrency,
    AutoFx,
    Total,
    TotalCurrency,
    Order,
    OrderAside,
}

/// The columns of one file.
pub(super) struct TransactionsLayout<'h> {
    table: BrokerTable<'h, Field>,
    /// Of totals and fees, where the names of their columns end with it.
    currency: Option<Currency>,
}

const QUANTITY: &[&str] =
    &["quantity", "aantal", "anzahl", "number", "quantité", "número", "quantidade", "quantità", "liczba"];
const PRICE: &[&str] = &["price", "koers", "kurs", "cours", "precio", "preço", "preços", "quotazione"];
const LOCAL: &[&str] =
    &["local value", "lokale waarde", "wert in lokal*", "montant devise*", "valor local", "valore locale"];
const VALUE: &[&str] = &[
    "value",
    "value ???",
    "waarde",
    "waarde ???",
    "wert",
    "wert ???",
    "montant",
    "montant ???",
    "valor",
    "valor ???",
    "valore",
    "valore ???",
];
const FEE: &[&str] = &[
    "transaction*",
    "transactiekosten*",
    "transaktion*",
    "frais de courtage*",
    "costes de*",
    "custos de*",
    "costi di*",
    "gebühren*",
];
const TOTAL: &[&str] = &["total*", "totaal*", "gesamt*", "razem*", "montant négocié*"];

/// `Total EUR` as the currency at its end.
fn ending(name: &str) -> Option<Currency> {
    let code = name.rsplit(' ').next().filter(|code| code.len() == 3)?;
    if code.bytes().all(|b| b.is_ascii_uppercase()) { code.parse().ok() } else { None }
}

/// As [`column`], where `???` stands for a currency.
fn valued(header: &Header) -> Option<usize> {
    header.names.iter().position(|name| {
        let plain = match ending(name) {
            Some(_) => format!("{} ???", name[..name.len() - 3].trim_end().to_lowercase()),
            None => name.to_lowercase(),
        };
        VALUE.contains(&plain.as_str())
    })
}

impl<'h> TransactionsLayout<'h> {
    pub(super) fn of(header: &'h Header) -> Option<Self> {
        let (price, total) = (column(header, PRICE)?, column(header, TOTAL)?);
        let mut fields = vec![
            (Field::Date, column(header, DATE)?),
            (Field::Product, column(header, PRODUCT)?),
            (Field::Isin, column(header, ISIN)?),
            (Field::Shares, column(header, QUANTITY)?),
            (Field::Price, price),
            (Field::PriceCurrency, beside(header, price)?),
            (Field::Total, total),
        ];
        let mut money = |found: Option<usize>, amount, currency| {
            if let Some(place) = found {
                fields.push((amount, place));
                let named = header.names.get(place).is_some_and(|name| ending(name).is_some());
                fields.extend(beside(header, place).filter(|_| !named).map(|column| (currency, column)));
            }
        };
        money(column(header, LOCAL), Field::Local, Field::LocalCurrency);
        money(valued(header), Field::Value, Field::ValueCurrency);
        money(column(header, FEE), Field::Fee, Field::FeeCurrency);
        let currency = header.names.get(total).and_then(|name| ending(name));
        if currency.is_none() {
            fields.extend(beside(header, total).map(|column| (Field::TotalCurrency, column)));
        }
        fields.extend(column(header, TIME).map(|column| (Field::Time, column)));
        fields.extend(column(header, &["autofx*", "taxa autofx*"]).map(|column| (Field::AutoFx, column)));
        if let Some(order) = column(header, ORDER) {
            fields.push((Field::Order, order));
            // Recent files have the number one column further to the right.
            fields.extend(beside(header, order).map(|column| (Field::OrderAside, column)));
        }
        Some(Self { table: BrokerTable { header, columns: Columns::at(header, fields) }, currency })
    }
}

/// A trade without an order and without costs: perhaps one half of a split or of another change.
struct Half {
    line: usize,
    date: NaiveDate,
    time: String,
    isin: String,
    product: String,
    symbol: Result<Symbol, Reason>,
    shares: Decimal,
    value: Decimal,
    currency: Currency,
}

pub(super) fn read(
    document: &Document<'_>,
    layout: &TransactionsLayout<'_>,
    statement: &mut Statement,
    options: &ReadOptions,
) -> Result<(), UnreadableFile> {
    let numbers =
        [Field::Shares, Field::Price, Field::Local, Field::Value, Field::Fee, Field::AutoFx, Field::Total];
    let (surveyed, notes) = spelling_of(document, &layout.table, &[], &numbers)?;
    statement.notes = notes;
    let spelling = Spelling { order: DateOrder::DayFirst, ..surveyed };
    let mut halves = Vec::new();
    let judge = |row: &mut BrokerRow<'_, Field>| judge(row, layout, options, &mut halves);
    layout.table.read(document, statement, (spelling, Field::Date), options, judge)?;
    let mut changed = join_halves(halves, options);
    for row in &mut statement.rows {
        if let Some(verdict) = changed.remove(&row.line) {
            row.verdict = verdict;
        }
    }
    statement.notes.extend(layout.table.columns.notes());
    Ok(())
}

fn judge(
    row: &mut BrokerRow<'_, Field>,
    layout: &TransactionsLayout<'_>,
    options: &ReadOptions,
    halves: &mut Vec<Half>,
) -> Verdict {
    let date = row.date(Field::Date);
    let shares = row.number(Field::Shares).unwrap_or_default();
    let priced = unit_of(row, Field::PriceCurrency);
    let price = row.number(Field::Price).map(|price| priced.map_or(price, |unit| unit.to_major(price)));
    let local_in = unit_of(row, Field::LocalCurrency).or(priced);
    let local = row.number(Field::Local).map(|local| local_in.map_or(local, |unit| unit.to_major(local)));
    let value_in = unit_of(row, Field::ValueCurrency).map(|unit| unit.currency).or(layout.currency);
    let value = row.number(Field::Value);
    let total_in = unit_of(row, Field::TotalCurrency).map(|unit| unit.currency).or(layout.currency);
    let total = row.number(Field::Total).filter(|total| !total.is_zero());
    let fee_in = unit_of(row, Field::FeeCurrency).map(|unit| unit.currency).or(layout.currency);
    let fees = [row.number(Field::Fee), row.number(Field::AutoFx)];
    let fee = fees.into_iter().flatten().map(|fee| -fee).try_fold(Decimal::ZERO, Decimal::checked_add);
    let fee = fee.unwrap_or_default();
    // What the account paid counts; without it, what the shares cost where they trade.
    row.currency = total_in
        .filter(|_| total.is_some())
        .or(local_in.map(|unit| unit.currency))
        .unwrap_or(options.default_currency);
    if let Some(currency) = fee_in
        && !fee.is_zero()
        && currency != row.currency
    {
        row.problem(Field::Fee, Reason::OtherCurrency { row: row.currency, cell: currency });
    }
    let isin = row.text(Field::Isin);
    let symbol = Instrument { isin, name: row.text(Field::Product), ..Instrument::default() }.symbol(options);
    let ordered = row.given(Field::Order).or(row.given(Field::OrderAside)).is_some();
    if !ordered && fee.is_zero() && row.problems.is_empty() {
        halves.push(Half {
            line: row.line(),
            date,
            time: row.text(Field::Time).to_owned(),
            isin: isin.to_owned(),
            product: row.text(Field::Product).to_owned(),
            symbol: symbol.clone(),
            shares,
            value: value.or(local).unwrap_or_default(),
            currency: row.currency,
        });
    }
    let kind = if shares.is_sign_negative() { TransactionKind::Sell } else { TransactionKind::Buy };
    let mut draft = row.draft(kind, date);
    draft.symbol = symbol.map_err(|reason| row.problem(Field::Isin, reason)).ok();
    let gross = match total {
        Some(_) => value.filter(|_| value_in == Some(row.currency)),
        None => local,
    };
    let net = total.or(gross).filter(|_| gross.is_some() || total.is_some());
    let price = price.filter(|_| priced.is_some_and(|unit| unit.currency == row.currency));
    let given_back = fee.is_sign_negative() && !fee.is_zero();
    fill_trade(&mut draft, shares, price, net, Some(fee).filter(|_| !given_back));
    row.is(vec![draft])
}

/// Finds sales and purchases of one minute and one value that stand for a split, a new name or a merger.
fn join_halves(halves: Vec<Half>, options: &ReadOptions) -> HashMap<usize, Verdict> {
    let mut minutes: HashMap<(NaiveDate, String), Vec<Half>> = HashMap::new();
    for half in halves {
        minutes.entry((half.date, half.time.clone())).or_default().push(half);
    }
    let mut verdicts = HashMap::new();
    for mut pair in minutes.into_values().filter(|halves| halves.len() == 2) {
        pair.sort_by_key(|half| half.shares);
        let (Some(new), Some(old)) = (pair.pop(), pair.pop()) else { continue };
        let opposite = old.shares < Decimal::ZERO && new.shares > Decimal::ZERO;
        let near = old.value.abs().checked_sub(new.value.abs()).unwrap_or(Decimal::MAX).abs();
        let within = old.value.abs().checked_div(Decimal::ONE_HUNDRED).unwrap_or_default();
        if !opposite || near > within {
            continue;
        }
        let sold = old.shares.abs();
        let begins = |half: &Half| half.product.split_whitespace().next().map(str::to_lowercase);
        let change = if old.isin == new.isin || begins(&old) == begins(&new) {
            Change::Split
        } else if sold == new.shares {
            Change::NewName
        } else {
            Change::Merger
        };
        let of = (new.date, new.currency);
        let (held, into) =
            (Side { symbol: old.symbol, shares: sold }, Side { symbol: new.symbol, shares: new.shares });
        verdicts.insert(new.line, change::verdict(change, of, held, into, options));
        verdicts.insert(old.line, Verdict::Ignored(IgnoredRow::PartOf { line: new.line }));
    }
    verdicts
}
