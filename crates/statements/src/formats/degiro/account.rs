//! `Account.csv`: each movement of cash on a line of its own.
//!
//! Fees and taxes of a trade are bound to it by the number of its order, withheld tax to its dividend by day and ISIN.

use std::collections::HashMap;

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::change::{self, Change, Side};
use super::words::{Event, TradeWords, Word, trade_of, word_of};
use super::{DATE, ISIN, ORDER, PRODUCT, TIME, beside, column, order_of};
use crate::date::DateOrder;
use crate::formats::broker::{BrokerRow, BrokerTable, Spelling, fill_trade, judged};
use crate::formats::spelled::{spelling_of, unit_of};
use crate::header::{Columns, Document, Header};
use crate::instrument::Instrument;
use crate::verdict::{Problems, shortened};
use crate::{IgnoredRow, ReadOptions, Reason, Statement, UnreadableFile, Verdict};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Time,
    ValueDate,
    Product,
    Isin,
    Description,
    Rate,
    Currency,
    Amount,
    BalanceCurrency,
    Balance,
    Order,
}

/// The columns of one file.
pub(super) struct AccountLayout<'h>(BrokerTable<'h, Field>);

impl<'h> AccountLayout<'h> {
    pub(super) fn of(header: &'h Header) -> Option<Self> {
        const DESCRIPTION: &[&str] = &[
            "description",
            "omschrijving",
            "beschreibung",
            "descripción",
            "descrição",
            "descrizione",
            "opis",
        ];
        const CHANGE: &[&str] =
            &["change", "mutatie", "änderung", "variación", "mudança", "mouvements", "variazione", "zmiana"];
        const BALANCE: &[&str] = &["balance", "saldo", "solde"];
        const VALUE_DATE: &[&str] =
            &["value date", "valutadatum", "fecha valor", "data valor", "date de", "date de*"];
        let change = column(header, CHANGE)?;
        let amount = beside(header, change)?;
        let mut fields = vec![
            (Field::Date, column(header, DATE)?),
            (Field::Product, column(header, PRODUCT)?),
            (Field::Isin, column(header, ISIN)?),
            (Field::Description, column(header, DESCRIPTION)?),
            (Field::Currency, change),
            (Field::Amount, amount),
        ];
        fields.extend(column(header, TIME).map(|column| (Field::Time, column)));
        fields.extend(column(header, VALUE_DATE).map(|column| (Field::ValueDate, column)));
        fields.extend(column(header, &["fx"]).map(|column| (Field::Rate, column)));
        fields.extend(column(header, ORDER).map(|column| (Field::Order, column)));
        if let Some(balance) = column(header, BALANCE) {
            fields.push((Field::BalanceCurrency, balance));
            fields.extend(beside(header, balance).map(|column| (Field::Balance, column)));
        }
        Some(Self(BrokerTable { header, columns: Columns::at(header, fields) }))
    }
}

/// A line that moves cash, before it is known what belongs to it.
struct Booking {
    line: usize,
    date: NaiveDate,
    time: String,
    isin: String,
    currency: Currency,
    amount: Decimal,
    order: Option<String>,
    meaning: Meaning,
    symbol: Option<Result<Symbol, Reason>>,
}

enum Meaning {
    Word(Word),
    Trade(TradeWords),
}

pub(super) fn read(
    document: &Document<'_>,
    layout: &AccountLayout<'_>,
    statement: &mut Statement,
    options: &ReadOptions,
) -> Result<(), UnreadableFile> {
    let table = &layout.0;
    let (surveyed, notes) = spelling_of(document, table, &[], &[Field::Amount, Field::Balance])?;
    statement.notes = notes;
    let spelling = Spelling { order: DateOrder::DayFirst, ..surveyed };
    let mut bookings = Vec::new();
    let mut before = 0;
    let judge = |row: &mut BrokerRow<'_, Field>| {
        let verdict = take_in(row, &mut bookings, before, options);
        before =
            if matches!(verdict, Verdict::Ignored(IgnoredRow::PartOf { .. })) { before } else { row.line() };
        verdict
    };
    table.read(document, statement, (spelling, Field::Date), options, judge)?;
    let mut verdicts = verdicts(&bookings, options);
    for row in &mut statement.rows {
        if let Some(verdict) = verdicts.remove(&row.line) {
            row.verdict = verdict;
        }
    }
    Ok(())
}

/// Takes in one line, or says at once what it is.
fn take_in(
    row: &mut BrokerRow<'_, Field>,
    bookings: &mut Vec<Booking>,
    before: usize,
    options: &ReadOptions,
) -> Verdict {
    if row.text(Field::Date).is_empty() && row.text(Field::Amount).is_empty() && before > 0 {
        // The rest of a description or of an order's number.
        return Verdict::Ignored(IgnoredRow::PartOf { line: before });
    }
    let date = row.date(Field::Date);
    row.currency = unit_of(row, Field::Currency).map_or(row.currency, |unit| unit.currency);
    let description = row.text(Field::Description);
    let word = word_of(description);
    if let Some(Word::Nothing(why)) = word {
        return Verdict::Ignored(IgnoredRow::WithoutEffect(why));
    }
    let amount = row.number(Field::Amount);
    let trade = trade_of(description, amount);
    let meaning = match (trade, word) {
        (Some(trade), _) => Meaning::Trade(trade),
        (None, Some(word)) => Meaning::Word(word),
        (None, None) if amount.unwrap_or_default().is_zero() => {
            return Verdict::Ignored(IgnoredRow::WithoutEffect("it moves nothing"));
        }
        (None, None) => {
            return row.rejected(Field::Description, Reason::UnknownEntry { text: shortened(description) });
        }
    };
    if !row.problems.is_empty() {
        return row.is(Vec::new());
    }
    let isin = row.text(Field::Isin);
    let symbol = (!isin.is_empty()).then(|| {
        let name = row.text(Field::Product);
        Instrument { isin, name, ..Instrument::default() }.symbol(options)
    });
    bookings.push(Booking {
        line: row.line(),
        date,
        time: row.text(Field::Time).to_owned(),
        isin: isin.to_owned(),
        currency: row.currency,
        amount: amount.unwrap_or_default(),
        order: order_of(row.text(Field::Order)),
        meaning,
        symbol,
    });
    Verdict::Ignored(IgnoredRow::Blank)
}

/// The verdicts on all bookings, by their lines.
fn verdicts(bookings: &[Booking], options: &ReadOptions) -> HashMap<usize, Verdict> {
    let mut verdicts = HashMap::with_capacity(bookings.len());
    let mut costs: HashMap<usize, (Decimal, Decimal)> = HashMap::new();
    let mut withheld: HashMap<usize, Decimal> = HashMap::new();
    let trades = of_orders(bookings);
    let mut dividends: HashMap<(&str, NaiveDate, Currency), &Booking> = HashMap::new();
    for booking in bookings {
        if matches!(booking.meaning, Meaning::Word(Word::Dividend)) && booking.amount > Decimal::ZERO {
            dividends.entry((&booking.isin, booking.date, booking.currency)).or_insert(booking);
        }
    }
    for booking in bookings {
        let owner = match booking.meaning {
            Meaning::Word(Word::OrderFee | Word::OrderTax) => booking
                .order
                .as_deref()
                .and_then(|order| trades.get(&(order, booking.currency)))
                .filter(|_| booking.amount < Decimal::ZERO)
                .copied(),
            Meaning::Word(Word::DividendTax) => dividends
                .get(&(booking.isin.as_str(), booking.date, booking.currency))
                .filter(|dividend| {
                    !dividend.isin.is_empty()
                        && booking.amount < Decimal::ZERO
                        && -booking.amount < dividend.amount
                })
                .copied(),
            _ => None,
        };
        let Some(owner) = owner else { continue };
        let sum = match booking.meaning {
            Meaning::Word(Word::OrderFee) => &mut costs.entry(owner.line).or_default().0,
            Meaning::Word(Word::OrderTax) => &mut costs.entry(owner.line).or_default().1,
            _ => withheld.entry(owner.line).or_default(),
        };
        if let Some(more) = sum.checked_sub(booking.amount) {
            *sum = more;
            verdicts.insert(booking.line, Verdict::Ignored(IgnoredRow::PartOf { line: owner.line }));
        }
    }
    join_changes(bookings, options, &mut verdicts);
    for booking in bookings {
        if verdicts.contains_key(&booking.line) {
            continue;
        }
        let verdict = match &booking.meaning {
            Meaning::Trade(words) => {
                trade(booking, words, costs.get(&booking.line).copied().unwrap_or_default(), options)
            }
            Meaning::Word(word) => {
                let withheld = withheld.get(&booking.line).copied();
                cash(booking, *word, withheld, options)
            }
        };
        verdicts.insert(booking.line, verdict);
    }
    verdicts
}

/// The first trade of each order and currency.
fn of_orders(bookings: &[Booking]) -> HashMap<(&str, Currency), &Booking> {
    let mut trades = HashMap::new();
    for booking in bookings {
        if let (Meaning::Trade(_), Some(order)) = (&booking.meaning, &booking.order) {
            // Newest first in the file: the last is the first fill.
            trades.insert((order.as_str(), booking.currency), booking);
        }
    }
    trades
}

fn trade(
    booking: &Booking,
    words: &TradeWords,
    (fee, tax): (Decimal, Decimal),
    options: &ReadOptions,
) -> Verdict {
    match words.event {
        Event::Trade => {}
        Event::SpinOff => {
            let what = "what part of the cost moves to the new shares";
            return Verdict::rejected(Reason::Untold { kind: TransactionKind::SpinOff, what });
        }
        Event::Change(_) => {
            let what = "what came for what left: the other half is missing";
            return Verdict::rejected(Reason::Untold { kind: TransactionKind::Merger, what });
        }
        Event::Other => {
            return Verdict::rejected(Reason::Untold {
                kind: TransactionKind::Merger,
                what: "what this event did to the shares that were held",
            });
        }
    }
    let mut problems = Problems::default();
    let kind = if words.sells { TransactionKind::Sell } else { TransactionKind::Buy };
    let mut draft = TransactionDraft::new(kind, booking.date, booking.currency);
    draft.symbol = symbol(booking, &mut problems);
    let gross = Some(booking.amount.abs()).filter(|gross| !gross.is_zero());
    let costs = fee.checked_add(tax);
    let net = gross.zip(costs).and_then(|(gross, costs)| {
        if words.sells { gross.checked_sub(costs) } else { gross.checked_add(costs) }
    });
    let price = Some(words.price).filter(|_| words.unit.currency == booking.currency);
    fill_trade(&mut draft, words.shares, price, net, costs);
    draft.fee = Some(fee).filter(|fee| !fee.is_zero());
    draft.tax = Some(tax).filter(|tax| !tax.is_zero());
    judged(vec![draft], problems, options.today).0
}

fn symbol(booking: &Booking, problems: &mut Problems) -> Option<Symbol> {
    booking.symbol.clone()?.map_err(|reason| problems.add(Some("ISIN"), reason)).ok()
}

fn cash(booking: &Booking, word: Word, withheld: Option<Decimal>, options: &ReadOptions) -> Verdict {
    use TransactionKind::{Deposit, Dividend, Fee, Interest, Reinvestment, Tax, Withdrawal};
    let comes = !booking.amount.is_sign_negative();
    if booking.amount.is_zero() {
        return Verdict::Ignored(IgnoredRow::WithoutEffect("it moves nothing"));
    }
    let mut problems = Problems::default();
    let (kind, amount) = match word {
        Word::Cash | Word::Exchange => (if comes { Deposit } else { Withdrawal }, booking.amount.abs()),
        Word::Dividend | Word::CapitalReturn if !comes => {
            return Verdict::rejected(Reason::TakesBack(Dividend));
        }
        Word::Reinvested if !comes => {
            let what = "how many shares the dividend bought";
            return Verdict::rejected(Reason::Untold { kind: Reinvestment, what });
        }
        Word::Dividend | Word::Reinvested | Word::CapitalReturn => (Dividend, booking.amount),
        Word::DividendTax | Word::OrderTax => (Tax, -booking.amount),
        Word::OrderFee | Word::Fee => (Fee, -booking.amount),
        Word::Interest => (Interest, booking.amount),
        Word::Nothing(why) => return Verdict::Ignored(IgnoredRow::WithoutEffect(why)),
    };
    let mut draft = TransactionDraft::new(kind, booking.date, booking.currency);
    if matches!(kind, Dividend | Tax | Fee) {
        draft.symbol = symbol(booking, &mut problems);
    }
    draft.amount = Some(amount);
    draft.tax = withheld.filter(|_| kind == Dividend);
    match word {
        Word::Exchange => "Currency exchange".clone_into(&mut draft.note),
        Word::CapitalReturn => "Return of capital".clone_into(&mut draft.note),
        _ => {}
    }
    judged(vec![draft], problems, options.today).0
}

/// A booking that is one side of a change.
type Half<'b> = (&'b Booking, &'b TradeWords);

/// The sides of changes that alone have a text in common.
fn pairs_by<'b>(
    left: &[Half<'b>],
    came: &[Half<'b>],
    text: impl Fn(&'b Booking) -> &'b str,
) -> Vec<(Half<'b>, Half<'b>)> {
    let mut alike: HashMap<&str, (Vec<Half<'b>>, Vec<Half<'b>>)> = HashMap::new();
    for half in left {
        alike.entry(text(half.0)).or_default().0.push(*half);
    }
    for half in came {
        alike.entry(text(half.0)).or_default().1.push(*half);
    }
    let only = |(left, came): (Vec<Half<'b>>, Vec<Half<'b>>)| match (&left[..], &came[..]) {
        ([old], [new]) => Some((*old, *new)),
        _ => None,
    };
    alike.into_values().filter_map(only).collect()
}

/// Joins what left and what came in splits, mergers and changes of names.
fn join_changes(bookings: &[Booking], options: &ReadOptions, verdicts: &mut HashMap<usize, Verdict>) {
    let mut events: HashMap<(NaiveDate, u8), (Vec<Half<'_>>, Vec<Half<'_>>)> = HashMap::new();
    for booking in bookings {
        let Meaning::Trade(words) = &booking.meaning else { continue };
        let Event::Change(change) = words.event else { continue };
        let sides = events.entry((booking.date, change as u8)).or_default();
        (if words.sells { &mut sides.0 } else { &mut sides.1 }).push((booking, words));
    }
    for (left, came) in events.into_values() {
        let pairs = if let ([old], [new]) = (&left[..], &came[..]) {
            vec![(*old, *new)]
        } else {
            // Several on one day belong together by their number, or by their minute.
            let mut pairs = pairs_by(&left, &came, |booking| &booking.isin);
            if pairs.is_empty() {
                pairs = pairs_by(&left, &came, |booking| &booking.time);
            }
            pairs
        };
        for ((old, gone), (new, come)) in pairs {
            let side = |booking: &Booking, words: &TradeWords| Side {
                symbol: booking.symbol.clone().unwrap_or(Err(Reason::Missing { field: "the ISIN" })),
                shares: words.shares,
            };
            let Event::Change(change) = come.event else { continue };
            let change =
                if change == Change::NewName && gone.shares != come.shares { Change::Split } else { change };
            let of = (new.date, new.currency);
            let verdict = change::verdict(change, of, side(old, gone), side(new, come), options);
            verdicts.insert(new.line, verdict);
            verdicts.insert(old.line, Verdict::Ignored(IgnoredRow::PartOf { line: new.line }));
        }
    }
}
