//! Files of corporate actions: splits as `date,symbol,new,old`, dividends as `ex_date,symbol,amount[,currency]`.

use std::collections::HashMap;

use bellwether_domain::{
    ActionKind, CorporateAction, Currency, InvalidCurrency, QuoteUnit, SplitRatio, Symbol,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::currency_mark::CurrencyMark;
use crate::header::{Columns, Document, Header, Vocabulary};
use crate::ratio::{read_ratio_or_factor, split_ratio};
use crate::records::Record;
use crate::table::{Problems, Table};
use crate::{Note, Reason, RejectedRow, UnreadableFile, file_text};

/// The corporate actions of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionsFile {
    /// Splits or dividends, in the order of the file. Dividends are per share, in the currency's major unit.
    pub actions: Vec<CorporateAction>,
    /// The rows that cannot be used, by line.
    pub rejected: Vec<RejectedRow>,
    /// Rows that say the same as an earlier one.
    pub merged: usize,
    /// What had to be assumed, and what was not read.
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Symbol,
    New,
    Old,
    Ratio,
    Amount,
    Currency,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (
        Field::Date,
        &[
            "ex date",
            "exdate",
            "ex dividend date",
            "ex div date",
            "ex split date",
            "date",
            "split date",
            "effective date",
        ],
    ),
    (Field::Symbol, &["symbol", "ticker", "ticker symbol", "stock symbol", "instrument", "security", "code"]),
    (Field::New, &["new", "new shares", "shares after", "to", "split to", "numerator"]),
    (Field::Old, &["old", "old shares", "shares before", "from", "split from", "denominator"]),
    (Field::Ratio, &["ratio", "split ratio", "split", "splits", "stock split", "stock splits"]),
    (
        Field::Amount,
        &[
            "amount",
            "dividend",
            "dividends",
            "dividend per share",
            "amount per share",
            "per share",
            "dividend amount",
            "cash amount",
        ],
    ),
    (Field::Currency, &["currency", "ccy", "currency code"]),
];

const EXAMPLE: &str = "date,symbol,new,old for splits or ex_date,symbol,amount for dividends";

const MAX_BYTES: usize = 32 << 20;
const MAX_ROWS: usize = 500_000;

/// Reads a file of splits or of dividends, whichever its columns tell, packed with gzip or not.
///
/// New and old shares may also stand in one column as `2:1`. Two dividends of different amounts on one day are both
/// kept; a second, different split on one day is rejected.
///
/// # Errors
/// [`UnreadableFile`] when there are no such columns, or those of both.
pub fn read_actions(bytes: &[u8]) -> Result<ActionsFile, UnreadableFile> {
    let file = file_text::open(bytes, MAX_BYTES)?;
    let document = Document::new(&file.text);
    let Some((header, columns)) = find_header(&document) else { return Err(why_not(document)) };
    if states_splits(&columns) && columns.has(Field::Amount) {
        return Err(UnreadableFile::SplitsAndDividends { line: header.line });
    }
    let numbers = [Field::New, Field::Old, Field::Amount];
    let table = Table::open(&document, header, columns, Field::Date, &numbers, MAX_ROWS)?;
    let mut collected = Collected::default();
    let rejected = table.read(|record| collected.take(&table, record))?;

    let assumed = file.assumed_windows_1252.then_some(Note::AssumedWindows1252);
    let notes = assumed.into_iter().chain(table.notes).collect();
    Ok(ActionsFile { actions: collected.actions, rejected, merged: collected.merged, notes })
}

fn states_splits(columns: &Columns<Field>) -> bool {
    columns.has(Field::Ratio) || columns.has(Field::New) && columns.has(Field::Old)
}

fn find_header<'h>(document: &'h Document<'_>) -> Option<(&'h Header, Columns<Field>)> {
    document.headers.iter().find_map(|header| {
        let columns = Columns::find(header, VOCABULARY, &[]);
        let who_and_when = columns.has(Field::Date) && columns.has(Field::Symbol);
        let complete = who_and_when && (states_splits(&columns) || columns.has(Field::Amount));
        complete.then_some((header, columns))
    })
}

fn why_not(document: Document<'_>) -> UnreadableFile {
    let known = |header: &Header| Columns::find(header, VOCABULARY, &[]).known();
    let best = document.headers.iter().filter(|header| known(header) >= 2).max_by_key(|header| known(header));
    let best = best.map(|header| {
        let columns = Columns::find(header, VOCABULARY, &[]);
        let mut missing = Vec::new();
        if !columns.has(Field::Date) {
            missing.push("date");
        }
        if !columns.has(Field::Symbol) {
            missing.push("symbol");
        }
        if !states_splits(&columns) && !columns.has(Field::Amount) {
            missing.push("new and old shares or the amount");
        }
        (header.clone(), missing.join(" and "))
    });
    document.no_header(best, EXAMPLE)
}

/// Actions in the order of the file.
#[derive(Default)]
struct Collected {
    actions: Vec<CorporateAction>,
    splits: HashMap<(Symbol, NaiveDate), (SplitRatio, usize)>,
    dividends: HashMap<CorporateAction, usize>,
    merged: usize,
}

impl Collected {
    fn take(&mut self, table: &Table<'_, Field>, record: &Record<'_>) -> Result<(), Problems> {
        let mut problems = Vec::new();
        let ex_date = table.date(record, Field::Date, &mut problems);
        let symbol = table.symbol(record, Field::Symbol, &mut problems);
        let kind = if table.has(Field::Amount) {
            dividend(table, record, &mut problems)
        } else {
            ratio(table, record, &mut problems).map(ActionKind::Split)
        };
        let (Some(ex_date), Some(symbol), Some(kind), true) = (ex_date, symbol, kind, problems.is_empty())
        else {
            return Err(problems);
        };
        let action = CorporateAction { symbol, ex_date, kind };
        if self.is_new(table, &action, record.line)? {
            self.actions.push(action);
        } else {
            self.merged += 1;
        }
        Ok(())
    }

    /// False when an earlier row says the same.
    fn is_new(
        &mut self,
        table: &Table<'_, Field>,
        action: &CorporateAction,
        line: usize,
    ) -> Result<bool, Problems> {
        let ActionKind::Split(ratio) = action.kind else {
            return Ok(self.dividends.insert(action.clone(), line).is_none());
        };
        match self.splits.get(&(action.symbol.clone(), action.ex_date)) {
            None => {
                self.splits.insert((action.symbol.clone(), action.ex_date), (ratio, line));
                Ok(true)
            }
            // 4:2 is 2:1.
            Some((known, _)) if known.new * ratio.old == ratio.new * known.old => Ok(false),
            Some((_, line)) => Err(vec![table.problem(Field::Date, Reason::Contradicts { line: *line })]),
        }
    }
}

fn ratio(table: &Table<'_, Field>, record: &Record<'_>, problems: &mut Problems) -> Option<SplitRatio> {
    if let Some(cell) = table.cell(record, Field::Ratio) {
        let ratio = read_ratio_or_factor(cell, table.style);
        return ratio.map_err(|reason| problems.push(table.problem(Field::Ratio, reason))).ok();
    }
    let mut shares = |field, name| {
        if table.cell(record, field).is_none() {
            problems.push(table.problem(field, Reason::Missing { field: name }));
            return None;
        }
        table.number(record, field, problems)
    };
    let (new, old) =
        (shares(Field::New, "the number of new shares"), shares(Field::Old, "the number of old shares"));
    let (new, old) = (new?.value, old?.value);
    let ratio = split_ratio(new, old);
    if ratio.is_none() {
        let reason = Reason::NotARatio { text: format!("{new}:{old}") };
        problems.push(table.problem(Field::New, reason));
    }
    ratio
}

fn dividend(table: &Table<'_, Field>, record: &Record<'_>, problems: &mut Problems) -> Option<ActionKind> {
    const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
    const DECIMALS: u32 = 12;
    let said = currency_unit(table, record, problems);
    if table.cell(record, Field::Amount).is_none() {
        problems.push(table.problem(Field::Amount, Reason::Missing { field: "the amount" }));
        return None;
    }
    let number = table.number(record, Field::Amount, problems)?;
    let marked = match number.mark {
        Some(CurrencyMark::Exactly(unit)) => Some(unit),
        // Which dollar is the listing's affair, unless the row tells.
        Some(CurrencyMark::Dollar) | None => None,
    };
    let amount = marked.or(said).map_or(number.value, |unit| unit.to_major(number.value));
    let amount = amount.round_dp(DECIMALS).normalize();
    let currency = |unit: QuoteUnit| unit.currency;
    let reason = match (said.map(currency), marked.map(currency)) {
        (Some(row), Some(cell)) if row != cell => Reason::OtherCurrency { row, cell },
        _ if amount <= Decimal::ZERO => Reason::NotPositive { field: "the amount" },
        _ if amount > LARGEST => Reason::NumberOutOfRange { text: amount.to_string() },
        (said, marked) => return Some(ActionKind::CashDividend { amount, currency: said.or(marked) }),
    };
    problems.push(table.problem(Field::Amount, reason));
    None
}

/// The unit that the currency column names.
fn currency_unit(
    table: &Table<'_, Field>,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Option<QuoteUnit> {
    let cell = table.cell(record, Field::Currency)?;
    let read = match CurrencyMark::parse(cell) {
        Some(mark) => return Some(mark.unit(None, Currency::USD)),
        None => cell.parse(),
    };
    read.map_err(|error: InvalidCurrency| problems.push(table.problem(Field::Currency, error.into()))).ok()
}
