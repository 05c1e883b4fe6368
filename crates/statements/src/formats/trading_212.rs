//! Trading 212: `History > Export` as CSV, in each of its layouts since 2021.
//!
//! The header names only what the period had: a column for each fee and tax that occurred, each with its currency in a
//! column of its own, or in older files in the name. Prices are in the currency of the instrument, totals in that of
//! the account, after fees. Dividends are told after the tax that was withheld.

use std::collections::HashMap;

use bellwether_domain::{Currency, QuoteUnit, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Format;
use super::broker::{BrokerRow, BrokerTable, Spelling, fill_trade, judged};
use super::spelled::unit_of;
use crate::date::DateOrder;
use crate::header::{Columns, Document, Header};
use crate::instrument::Instrument;
use crate::number::DecimalStyle;
use crate::ratio::ratio_of_positions;
use crate::verdict::{Problems, shortened};
use crate::{IgnoredRow, ReadOptions, Reason, Statement, StatementFormat, UnreadableFile, Verdict};

/// The history as CSV.
pub(super) struct Trading212;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Action,
    Time,
    Isin,
    Ticker,
    Name,
    Notes,
    Shares,
    Price,
    PriceCurrency,
    Total,
    TotalCurrency,
    Withheld,
    WithheldCurrency,
    FromAmount,
    FromCurrency,
    ToAmount,
    ToCurrency,
    /// A fee or tax, by its place in [`Layout::costs`].
    Cost(usize),
    CostCurrency(usize),
}

const NAMES: [(Field, &str); 17] = [
    (Field::Action, "Action"),
    (Field::Time, "Time"),
    (Field::Isin, "ISIN"),
    (Field::Ticker, "Ticker"),
    (Field::Name, "Name"),
    (Field::Notes, "Notes"),
    (Field::Shares, "No. of shares"),
    (Field::Price, "Price / share"),
    (Field::PriceCurrency, "Currency (Price / share)"),
    (Field::Total, "Total"),
    (Field::TotalCurrency, "Currency (Total)"),
    (Field::Withheld, "Withholding tax"),
    (Field::WithheldCurrency, "Currency (Withholding tax)"),
    (Field::FromAmount, "Currency conversion from amount"),
    (Field::FromCurrency, "Currency (Currency conversion from amount)"),
    (Field::ToAmount, "Currency conversion to amount"),
    (Field::ToCurrency, "Currency (Currency conversion to amount)"),
];

/// A column of fees or taxes.
struct Cost {
    is_tax: bool,
    /// Where the column's name ends with it.
    currency: Option<Currency>,
}

/// The columns of one file.
struct Layout<'h> {
    table: BrokerTable<'h, Field>,
    costs: Vec<Cost>,
    /// Of the totals, where the column's name ends with it.
    total_currency: Option<Currency>,
}

/// `Total (EUR)` as its name and currency.
fn with_currency(name: &str) -> (&str, Option<Currency>) {
    let ended = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    match ended {
        Some((plain, code)) if code.len() == 3 => match code.parse() {
            Ok(currency) => (plain, Some(currency)),
            Err(_) => (name, None),
        },
        _ => (name, None),
    }
}

impl<'h> Layout<'h> {
    fn find(document: &'h Document<'_>) -> Option<Self> {
        document.headers.iter().find_map(Self::of)
    }

    fn of(header: &'h Header) -> Option<Self> {
        let mut fields = Vec::new();
        let mut costs = Vec::new();
        let mut total_currency = None;
        for (column, full) in header.names.iter().enumerate() {
            let (name, currency) = with_currency(full);
            let name = if full == "Time (UTC)" { "Time" } else { name };
            if let Some((field, _)) = NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)) {
                fields.push((*field, column));
                if *field == Field::Total {
                    total_currency = currency;
                }
                continue;
            }
            let lower = name.to_ascii_lowercase();
            let is_tax = ["tax", "duty", "levy"].iter().any(|word| lower.contains(word));
            if lower.starts_with("currency (") || !(is_tax || lower.contains("fee")) {
                continue;
            }
            fields.push((Field::Cost(costs.len()), column));
            let beside = format!("currency ({lower})");
            let beside = header.names.iter().position(|other| other.eq_ignore_ascii_case(&beside));
            fields.extend(beside.map(|column| (Field::CostCurrency(costs.len()), column)));
            costs.push(Cost { is_tax, currency });
        }
        let columns = Columns::at(header, fields);
        let needed = [Field::Action, Field::Time, Field::Total];
        let told = needed.into_iter().all(|field| columns.has(field));
        let own = columns.has(Field::Shares) && columns.has(Field::Price) && columns.has(Field::Isin);
        let cash_alone = header.names.iter().any(|name| name == "ID") && columns.has(Field::Notes);
        (told && (own || cash_alone)).then_some(Self {
            table: BrokerTable { header, columns },
            costs,
            total_currency,
        })
    }

    fn confidence(&self) -> u8 {
        if self.table.columns.has(Field::Shares) { 100 } else { 85 }
    }
}

/// Times are those of Greenwich.
const SPELLING: Spelling = Spelling { order: DateOrder::DayFirst, style: DecimalStyle::Point };

impl Format for Trading212 {
    fn format(&self) -> StatementFormat {
        StatementFormat::Trading212
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        Layout::find(document).map(|layout| layout.confidence())
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let Some(layout) = Layout::find(document) else {
            return Err(UnreadableFile::NotOfForm { wanted: self.format() });
        };
        let mut statement = Statement::new(self.format(), layout.confidence());
        let mut halves = Vec::new();
        let judge = |row: &mut BrokerRow<'_, Field>| judge(row, &layout, options, &mut halves);
        layout.table.read(document, &mut statement, (SPELLING, Field::Time), options, judge)?;
        join_splits(&mut statement, halves, options.today);
        statement.notes.extend(layout.table.columns.notes());
        Ok(statement)
    }
}

fn judge(
    row: &mut BrokerRow<'_, Field>,
    layout: &Layout<'_>,
    options: &ReadOptions,
    halves: &mut Vec<SplitHalf>,
) -> Verdict {
    use TransactionKind::{
        Buy, Deposit, Dividend, Fee, Interest, Merger, Sell, SpinOff, TransferIn, TransferOut, Withdrawal,
    };
    let action = row.text(Field::Action).to_ascii_lowercase();
    let date = row.date(Field::Time);
    let kind = match action.as_str() {
        "market buy" | "limit buy" | "stop buy" | "stop limit buy" => Buy,
        "market sell" | "limit sell" | "stop sell" | "stop limit sell" => {
            if row.number(Field::Total).is_some_and(|total| total.is_zero()) {
                let what = "what the shares were exchanged for: they left without a price";
                return row.rejected(Field::Action, Reason::Untold { kind: Merger, what });
            }
            Sell
        }
        "deposit" | "card credit" | "card refund" => Deposit,
        "withdrawal" | "card debit" => Withdrawal,
        "interest on cash" | "lending interest" | "spending cashback" => Interest,
        "new card cost" | "adr fee" => Fee,
        "currency conversion" => return conversion(row, layout, date),
        "stock split open" | "stock split close" => {
            return split_half(row, date, action.ends_with("open"), options, halves);
        }
        "transfer in" => TransferIn,
        "transfer out" => TransferOut,
        "stock distribution" | "custom stock distribution" | "spin off" | "equity rights" => {
            let what = "which shares these came from, and what part of their cost belongs to them";
            return row.rejected(Field::Action, Reason::Untold { kind: SpinOff, what });
        }
        "dividend" => Dividend,
        other if other.starts_with("dividend") => Dividend,
        _ => {
            let text = shortened(row.text(Field::Action));
            return row.rejected(Field::Action, Reason::UnknownEntry { text });
        }
    };
    match kind {
        Buy | Sell => trade(row, layout, options, (kind, date)),
        Dividend => dividend(row, layout, options, date),
        TransferIn | TransferOut => {
            let price = price_of(row);
            row.currency = price.map_or(row.currency, |(_, unit)| unit.currency);
            let mut draft = row.draft(kind, date);
            draft.symbol = symbol(row, options);
            draft.quantity = row.number(Field::Shares);
            draft.price = price.map(|(price, _)| price).filter(|_| kind == TransferIn);
            row.is(vec![draft])
        }
        _ => {
            row.currency = total_currency(row, layout);
            let mut draft = row.draft(kind, date);
            let total = row.number(Field::Total);
            draft.amount = if kind == Interest { total } else { total.map(|total| total.abs()) };
            draft.note = note(row, &["deposit", "withdrawal", "interest on cash"]);
            row.is(vec![draft])
        }
    }
}

/// What the action says beyond the kind of the transaction.
fn note(row: &BrokerRow<'_, Field>, plain: &[&str]) -> String {
    let action = row.text(Field::Action);
    if plain.iter().any(|word| action.eq_ignore_ascii_case(word)) { String::new() } else { action.to_owned() }
}

/// The price per share in the major unit of its currency: `GBX` are hundredths of a pound.
fn price_of(row: &mut BrokerRow<'_, Field>) -> Option<(Decimal, QuoteUnit)> {
    let unit = unit_of(row, Field::PriceCurrency)?;
    Some((unit.to_major(row.number(Field::Price)?), unit))
}

fn total_currency(row: &mut BrokerRow<'_, Field>, layout: &Layout<'_>) -> Currency {
    let told = unit_of(row, Field::TotalCurrency).map(|unit| unit.currency);
    told.or(layout.total_currency).unwrap_or(row.currency)
}

fn symbol(row: &mut BrokerRow<'_, Field>, options: &ReadOptions) -> Option<Symbol> {
    let currency = row.given(Field::PriceCurrency).and_then(|code| code.parse().ok());
    let instrument = Instrument {
        isin: row.text(Field::Isin),
        ticker: row.text(Field::Ticker),
        name: row.text(Field::Name),
        currency: currency.map(|unit: QuoteUnit| unit.currency),
        ..Instrument::default()
    };
    instrument.symbol(options).map_err(|reason| row.problem(Field::Ticker, reason)).ok()
}

/// What a trade cost beside its price: fees and taxes, in the currency of the row.
fn costs(row: &mut BrokerRow<'_, Field>, layout: &Layout<'_>) -> (Decimal, Decimal) {
    let (mut fees, mut taxes) = (Decimal::ZERO, Decimal::ZERO);
    for (place, cost) in layout.costs.iter().enumerate() {
        let Some(amount) = row.number(Field::Cost(place)).filter(|amount| !amount.is_zero()) else {
            continue;
        };
        let currency = unit_of(row, Field::CostCurrency(place)).map(|unit| unit.currency).or(cost.currency);
        if let Some(currency) = currency
            && currency != row.currency
        {
            row.problem(Field::Cost(place), Reason::OtherCurrency { row: row.currency, cell: currency });
        }
        let sum = if cost.is_tax { &mut taxes } else { &mut fees };
        match sum.checked_add(amount.abs()) {
            Some(more) => *sum = more,
            None => row.problem(Field::Cost(place), Reason::NumberOutOfRange { text: amount.to_string() }),
        }
    }
    (fees, taxes)
}

fn trade(
    row: &mut BrokerRow<'_, Field>,
    layout: &Layout<'_>,
    options: &ReadOptions,
    (kind, date): (TransactionKind, NaiveDate),
) -> Verdict {
    let symbol = symbol(row, options);
    let price = price_of(row);
    let total = row.number(Field::Total);
    row.currency = match (total, price) {
        (None, Some((_, unit))) => unit.currency,
        _ => total_currency(row, layout),
    };
    let quantity = row.number(Field::Shares).unwrap_or_default();
    let (fees, taxes) = costs(row, layout);
    let mut draft = row.draft(kind, date);
    draft.symbol = symbol;
    // A price in another currency than the account's only tells what the total tells better.
    let price = price.filter(|(_, unit)| unit.currency == row.currency).map(|(price, _)| price);
    fill_trade(&mut draft, quantity, price, total, fees.checked_add(taxes));
    draft.fee = Some(fees).filter(|fee| !fee.is_zero());
    draft.tax = Some(taxes).filter(|tax| !tax.is_zero());
    row.is(vec![draft])
}

fn dividend(
    row: &mut BrokerRow<'_, Field>,
    layout: &Layout<'_>,
    options: &ReadOptions,
    date: NaiveDate,
) -> Verdict {
    let symbol = symbol(row, options);
    let price = price_of(row);
    let shares = row.number(Field::Shares);
    let net_quoted = price.zip(shares).and_then(|((price, _), shares)| price.checked_mul(shares));
    let quoted = price.map(|(_, unit)| unit.currency);
    let (net, currency) = match (row.number(Field::Total), quoted) {
        (Some(total), _) => (Some(total), total_currency(row, layout)),
        (None, quoted) => (net_quoted, quoted.unwrap_or(row.currency)),
    };
    row.currency = currency;
    if net.is_some_and(|net| net.is_sign_negative() && !net.is_zero()) {
        return row.rejected(Field::Total, Reason::TakesBack(TransactionKind::Dividend));
    }
    let mut draft = row.draft(TransactionKind::Dividend, date);
    draft.symbol = symbol;
    draft.tax = withheld(row, net, net_quoted, quoted).filter(|tax| !tax.is_zero());
    draft.amount = net.and_then(|net| net.checked_add(draft.tax.unwrap_or_default()));
    draft.note = note(row, &["dividend", "dividend (ordinary)", "dividend (dividend)"]);
    row.is(vec![draft])
}

/// The tax that was withheld from a dividend, in the currency of the row. It is told in that of the instrument, and the
/// dividend in both: that is its rate.
fn withheld(
    row: &mut BrokerRow<'_, Field>,
    net: Option<Decimal>,
    net_quoted: Option<Decimal>,
    quoted: Option<Currency>,
) -> Option<Decimal> {
    let tax = row.number(Field::Withheld)?;
    let unit = unit_of(row, Field::WithheldCurrency);
    let tax = unit.map_or(tax, |unit| unit.to_major(tax));
    let currency = unit.map(|unit| unit.currency).or(quoted).unwrap_or(row.currency);
    if currency == row.currency || tax.is_zero() {
        return Some(tax);
    }
    let rate = net
        .zip(net_quoted.filter(|_| quoted == Some(currency)))
        .and_then(|(net, quoted)| net.checked_div(quoted));
    let Some(converted) = rate.and_then(|rate| rate.checked_mul(tax)) else {
        row.problem(Field::Withheld, Reason::OtherCurrency { row: row.currency, cell: currency });
        return None;
    };
    Some(converted.round_dp(row.currency.minor_digits()))
}

/// Cash of one currency for cash of another.
fn conversion(row: &mut BrokerRow<'_, Field>, layout: &Layout<'_>, date: NaiveDate) -> Verdict {
    let from = row.number(Field::FromAmount).zip(unit_of(row, Field::FromCurrency));
    let to = row.number(Field::ToAmount).zip(unit_of(row, Field::ToCurrency));
    let (Some((gone, from)), Some((come, to))) = (from, to) else {
        let what = "from which currency to which the cash went";
        return row.rejected(Field::Action, Reason::Untold { kind: TransactionKind::Deposit, what });
    };
    let leg = |kind, currency, amount: Decimal| TransactionDraft {
        amount: Some(amount.abs()),
        note: "Currency conversion".to_owned(),
        ..TransactionDraft::new(kind, date, currency)
    };
    let mut drafts = vec![
        leg(TransactionKind::Withdrawal, from.currency, gone),
        leg(TransactionKind::Deposit, to.currency, come),
    ];
    for (place, cost) in layout.costs.iter().enumerate() {
        if let Some(amount) = row.number(Field::Cost(place)).filter(|amount| !amount.is_zero()) {
            let told = unit_of(row, Field::CostCurrency(place)).map(|unit| unit.currency).or(cost.currency);
            drafts.push(leg(TransactionKind::Fee, told.unwrap_or(to.currency), amount));
        }
    }
    row.is(drafts)
}

/// One of the two rows of a split: the whole position before it, or after it.
struct SplitHalf {
    line: usize,
    instrument: String,
    date: NaiveDate,
    shares: Decimal,
    draft: TransactionDraft,
    opens: bool,
}

fn split_half(
    row: &mut BrokerRow<'_, Field>,
    date: NaiveDate,
    opens: bool,
    options: &ReadOptions,
    halves: &mut Vec<SplitHalf>,
) -> Verdict {
    let shares = row.number(Field::Shares).unwrap_or_default();
    row.currency = price_of(row).map_or(row.currency, |(_, unit)| unit.currency);
    let mut draft = row.draft(TransactionKind::Split, date);
    draft.symbol = symbol(row, options);
    if !row.problems.is_empty() {
        return row.is(Vec::new());
    }
    // An ISIN may change with the split; the ticker stays.
    let instrument = row.text(Field::Ticker).to_owned();
    halves.push(SplitHalf { line: row.line(), instrument, date, shares, draft, opens });
    Verdict::Ignored(IgnoredRow::SplitShares)
}

/// Joins the positions before and after each split, which tell its ratio.
fn join_splits(statement: &mut Statement, halves: Vec<SplitHalf>, today: NaiveDate) {
    let (opened, closed): (Vec<_>, Vec<_>) = halves.into_iter().partition(|half| half.opens);
    let mut before: HashMap<(String, NaiveDate), Vec<SplitHalf>> = HashMap::new();
    for half in closed {
        before.entry((half.instrument.clone(), half.date)).or_default().push(half);
    }
    let mut set = |line: usize, verdict: Verdict| {
        if let Ok(index) = statement.rows.binary_search_by_key(&line, |row| row.line) {
            statement.rows[index].verdict = verdict;
        }
    };
    let alone = || {
        let what = "its ratio: the row with the shares on the other side of the split is missing";
        Verdict::rejected(Reason::Untold { kind: TransactionKind::Split, what })
    };
    for half in opened {
        let close = before.get_mut(&(half.instrument.clone(), half.date)).and_then(Vec::pop);
        let ratio = close.as_ref().and_then(|close| ratio_of_positions(half.shares, close.shares));
        let verdict = match ratio {
            Some(ratio) => {
                let draft = TransactionDraft { ratio: Some(ratio), ..half.draft };
                judged(vec![draft], Problems::default(), today).0
            }
            None => alone(),
        };
        set(half.line, verdict);
        if let Some(close) = close {
            set(close.line, Verdict::Ignored(IgnoredRow::PartOf { line: half.line }));
        }
    }
    for half in before.into_values().flatten() {
        set(half.line, alone());
    }
}
