//! What the brokers' tables have in common: columns by their names, cells in the broker's one spelling, and a verdict
//! on each row once everything that is wrong about it is known.

use std::collections::{HashMap, VecDeque};

use bellwether_domain::{Currency, Quantity, Symbol, TransactionDraft, TransactionId, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::keep;
use crate::date::{DateOrder, read_date};
use crate::header::{Columns, Document, Header, Vocabulary, is_absent};
use crate::number::{DecimalStyle, read_number};
use crate::records::Record;
use crate::ticker::{is_no_ticker, read_symbol};
use crate::verdict::{Problems, RawCells, shortened_to};
use crate::{IgnoredRow, Note, ReadOptions, Reason, Row, Statement, UnreadableFile, Verdict};

/// Prices and amounts are kept with so many decimals; more come from binary fractions in a spreadsheet.
pub(crate) const MONEY_DECIMALS: u32 = 12;

/// So many characters of a broker's words go into a note.
const MAX_NOTE: usize = 200;

/// How a broker writes dates and numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelling {
    pub(crate) order: DateOrder,
    pub(crate) style: DecimalStyle,
}

impl Spelling {
    /// `3/25/2012`, `1,234.50`.
    pub(crate) const AMERICAN: Self = Self { order: DateOrder::MonthFirst, style: DecimalStyle::Point };
}

/// A table that was found by the names of its columns.
pub(crate) struct BrokerTable<'h, F> {
    pub(crate) header: &'h Header,
    pub(crate) columns: Columns<F>,
}

impl<'h, F: Copy + PartialEq> BrokerTable<'h, F> {
    /// The first header of the document that has all of the columns `needed`.
    pub(crate) fn find(document: &'h Document<'_>, vocabulary: &Vocabulary<F>, needed: &[F]) -> Option<Self> {
        document.headers.iter().find_map(|header| {
            let columns = Columns::find(header, vocabulary, &[]);
            needed.iter().all(|field| columns.has(*field)).then_some(Self { header, columns })
        })
    }

    /// Reads every line of the document into the statement: the rows of the table by what `judge` says, and what stands
    /// around it as what it is. `date` is the column that every row of the table has something in.
    pub(crate) fn read(
        &self,
        document: &Document<'_>,
        statement: &mut Statement,
        (spelling, date): (Spelling, F),
        options: &ReadOptions,
        mut judge: impl FnMut(&mut BrokerRow<'_, F>) -> Verdict,
    ) -> Result<(), UnreadableFile> {
        let header = self.header;
        statement.header.clone_from(&header.names);
        statement.header_line = header.line;
        let mut record = Record::default();
        let mut above = document.above(header);
        while above.read(&mut record) {
            record.within_bounds()?;
            let why = if record.is_blank() { IgnoredRow::Blank } else { IgnoredRow::AboveHeader };
            keep(&mut statement.rows, row_of(&record, Verdict::Ignored(why)))?;
        }
        let mut rounded_rows = 0;
        let mut below = document.below(header);
        while below.read(&mut record) {
            record.within_bounds()?;
            let verdict = beside_the_table(&record, header, self.columns.width).unwrap_or_else(|| {
                let mut row = BrokerRow::new(&record, &self.columns, spelling, options);
                if row.text(date).to_ascii_lowercase().ends_with("total") {
                    return Verdict::Ignored(IgnoredRow::Total);
                }
                if row.is_prose(date) {
                    return Verdict::Ignored(IgnoredRow::BesideTable);
                }
                let verdict = judge(&mut row);
                rounded_rows += usize::from(row.rounded);
                verdict
            });
            keep(&mut statement.rows, row_of(&record, verdict))?;
        }
        note_rounding(statement, rounded_rows);
        Ok(())
    }
}

/// Says that so many rows had more decimals than are kept, if some had.
pub(crate) fn note_rounding(statement: &mut Statement, rows: usize) {
    if rows > 0 {
        statement.notes.push(Note::RoundedAmounts { rows, decimals: MONEY_DECIMALS });
    }
}

pub(crate) fn row_of(record: &Record<'_>, verdict: Verdict) -> Row {
    Row { line: record.line, last_line: record.last_line, text: RawCells::of(record), verdict }
}

/// What is no row of the table, or none that can be told apart into cells.
pub(crate) fn beside_the_table(record: &Record<'_>, header: &Header, width: usize) -> Option<Verdict> {
    if record.is_blank() {
        return Some(Verdict::Ignored(IgnoredRow::Blank));
    }
    if record.unclosed_quote {
        return Some(Verdict::rejected(Reason::UnclosedQuote));
    }
    if header.is_repeated_by(record) {
        return Some(Verdict::Ignored(IgnoredRow::RepeatedHeader));
    }
    let filled = record.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    if filled == 1 && width > 3 {
        // A title, a time of download, a disclaimer.
        return Some(Verdict::Ignored(IgnoredRow::BesideTable));
    }
    let found = record.filled();
    (found > width).then(|| Verdict::rejected(Reason::TooManyCells { expected: width, found }))
}

/// A row of a broker's table while it is judged.
pub(crate) struct BrokerRow<'r, F> {
    record: &'r Record<'r>,
    columns: &'r Columns<F>,
    spelling: Spelling,
    options: &'r ReadOptions,
    /// What numbers are in; the default currency until the row says otherwise.
    pub(crate) currency: Currency,
    pub(crate) problems: Problems,
    /// More decimals were there than are kept.
    rounded: bool,
}

impl<'r, F: Copy + PartialEq> BrokerRow<'r, F> {
    pub(crate) fn new(
        record: &'r Record<'r>,
        columns: &'r Columns<F>,
        spelling: Spelling,
        options: &'r ReadOptions,
    ) -> Self {
        Self {
            record,
            columns,
            spelling,
            options,
            currency: options.default_currency,
            problems: Problems::default(),
            rounded: false,
        }
    }

    /// Whether more decimals were there than are kept.
    pub(crate) fn rounded(&self) -> bool {
        self.rounded
    }

    pub(crate) fn line(&self) -> usize {
        self.record.line
    }

    /// The cell of a field without the white space around it; empty where the table has no such column.
    pub(crate) fn text(&self, field: F) -> &'r str {
        self.columns.place(field).map_or("", |place| self.record.cell(place.column))
    }

    /// The cell of a field, unless it is empty or stands for nothing.
    pub(crate) fn given(&self, field: F) -> Option<&'r str> {
        Some(self.text(field)).filter(|cell| !is_absent(cell))
    }

    /// The words of a field for a note: on one line, and not without end.
    pub(crate) fn words(&self, field: F) -> String {
        let words: Vec<&str> = self.text(field).split_whitespace().collect();
        shortened_to(MAX_NOTE, &words.join(" "))
    }

    /// Several words where a date should be.
    fn is_prose(&self, field: F) -> bool {
        let cell = self.text(field);
        cell.split_whitespace().nth(4).is_some() && read_date(cell, self.spelling.order).is_err()
    }

    pub(crate) fn problem(&mut self, field: F, reason: Reason) {
        self.problems.add(self.columns.place(field).map(|place| place.name.as_str()), reason);
    }

    /// The date of a field that every row has; today's, with the problem noted, where it is faulty.
    pub(crate) fn date(&mut self, field: F) -> NaiveDate {
        if let Some(cell) = self.given(field) {
            return self.date_in(field, cell);
        }
        self.problem(field, Reason::Missing { field: "the date" });
        self.options.today
    }

    /// The date that a part of a field's cell is; today's, with the problem noted, where it is none.
    pub(crate) fn date_in(&mut self, field: F, text: &str) -> NaiveDate {
        read_date(text, self.spelling.order).unwrap_or_else(|reason| {
            self.problem(field, reason);
            self.options.today
        })
    }

    /// A number that may be absent; zero, with the problem noted, where it is faulty or in another currency.
    pub(crate) fn number(&mut self, field: F) -> Option<Decimal> {
        let cell = self.given(field)?;
        Some(self.number_in(field, cell))
    }

    /// The number that a part of a field's cell is.
    pub(crate) fn number_in(&mut self, field: F, text: &str) -> Decimal {
        let reason = match read_number(text, self.spelling.style) {
            Ok(number) => match number.mark.map(|mark| mark.unit(Some(self.currency), self.currency)) {
                Some(unit) if unit.currency != self.currency => {
                    Reason::OtherCurrency { row: self.currency, cell: unit.currency }
                }
                Some(unit) => return unit.to_major(number.value),
                None => return number.value,
            },
            Err(reason) => reason,
        };
        self.problem(field, reason);
        Decimal::ZERO
    }

    /// The instrument of a field, as American brokers write it; `None`, with the problem noted, where it is none that can
    /// be kept.
    pub(crate) fn american_symbol(&mut self, field: F) -> Option<Symbol> {
        let cell = self.text(field);
        if is_no_ticker(cell) {
            self.problem(field, Reason::Missing { field: "the symbol" });
            return None;
        }
        american_symbol(cell).map_err(|reason| self.problem(field, reason)).ok()
    }

    /// A draft with nothing but kind, date and the row's currency.
    pub(crate) fn draft(&self, kind: TransactionKind, date: NaiveDate) -> TransactionDraft {
        TransactionDraft::new(kind, date, self.currency)
    }

    /// The verdict on the row when it is these transactions.
    pub(crate) fn is(&mut self, drafts: Vec<TransactionDraft>) -> Verdict {
        let (verdict, rounded) = judged(drafts, std::mem::take(&mut self.problems), self.options.today);
        self.rounded |= rounded;
        verdict
    }

    /// The verdict when a field makes it impossible to say more.
    pub(crate) fn rejected(&mut self, field: F, reason: Reason) -> Verdict {
        self.problem(field, reason);
        Verdict::Rejected(std::mem::take(&mut self.problems).0)
    }
}

/// The verdict on drafts that one row or entry of a file told, and whether something in them was rounded. With problems
/// that were found on the way there is no more to be asked.
pub(crate) fn judged(
    mut drafts: Vec<TransactionDraft>,
    mut problems: Problems,
    today: NaiveDate,
) -> (Verdict, bool) {
    let mut rounded = false;
    if problems.0.is_empty() {
        for draft in &mut drafts {
            rounded |= round(draft);
            if let Err(error) = draft.check(TransactionId::from_uuid(Uuid::nil()), 0, today) {
                problems.add(None, error.into());
            }
        }
    }
    if problems.0.is_empty() && !drafts.is_empty() {
        (Verdict::of(drafts), rounded)
    } else {
        (Verdict::Rejected(problems.0), false)
    }
}

/// Rounds what has more decimals than are kept, and says whether something had.
pub(crate) fn round(draft: &mut TransactionDraft) -> bool {
    let rounded = round_money(draft);
    let finer = draft.quantity.filter(|quantity| quantity.normalize().scale() > Quantity::DECIMALS);
    match finer.map(|quantity| quantity.round_dp(Quantity::DECIMALS)) {
        Some(kept) if !kept.is_zero() => {
            draft.quantity = Some(kept);
            true
        }
        _ => rounded,
    }
}

/// Rounds prices and amounts that have more decimals than are kept, and says whether some had.
pub(crate) fn round_money(draft: &mut TransactionDraft) -> bool {
    let mut rounded = false;
    for value in
        [&mut draft.price, &mut draft.amount, &mut draft.fee, &mut draft.tax, &mut draft.cash_in_lieu]
            .into_iter()
            .flatten()
    {
        let kept = value.normalize();
        // A number that would become nothing is refused by the validation instead.
        if kept.scale() > MONEY_DECIMALS && !kept.round_dp(MONEY_DECIMALS).is_zero() {
            *value = kept.round_dp(MONEY_DECIMALS);
            rounded = true;
        }
    }
    rounded
}

/// Fills in quantity, price, fee and what the trade came to, where `net` is what it did to the cash.
///
/// Brokers round the price that they state. The cash is exact, so the price is kept only where it gives the cash to the
/// cent's last digit, and is worked out from the cash elsewhere.
pub(crate) fn fill_trade(
    draft: &mut TransactionDraft,
    quantity: Decimal,
    price: Option<Decimal>,
    net: Option<Decimal>,
    fee: Option<Decimal>,
) {
    let costs = fee.unwrap_or_default();
    draft.quantity = Some(quantity.abs());
    draft.fee = fee.filter(|fee| !fee.is_zero());
    let gross = net.filter(|net| !net.is_zero()).and_then(|net| {
        if draft.kind == TransactionKind::Sell {
            net.abs().checked_add(costs)
        } else {
            net.abs().checked_sub(costs)
        }
    });
    let stated = price.and_then(|price| price.checked_mul(quantity.abs()));
    match gross {
        Some(gross) if gross > Decimal::ZERO && stated != Some(gross) => draft.amount = Some(gross),
        _ => draft.price = price,
    }
}

/// Reads a symbol as American brokers write it: share classes after a slash, a point or a blank. Options, and what has a
/// number instead of a symbol, are said to be what they are.
pub(crate) fn american_symbol(cell: &str) -> Result<Symbol, Reason> {
    let upper = cell.trim().to_ascii_uppercase();
    if is_option(&upper) {
        return Err(Reason::Unsupported { what: "options" });
    }
    if is_cusip(&upper) {
        return Err(Reason::Unsupported {
            what: "what has a CUSIP and no symbol, such as a bond or a bill,",
        });
    }
    // Written without their mark by two of the brokers, and no other companies are called so.
    if let "BRKA" | "BRKB" | "BFA" | "BFB" = upper.as_str() {
        let (root, class) = upper.split_at(upper.len() - 1);
        return read_symbol(&format!("{root}-{class}"));
    }
    let class = upper.split_once(['/', '.', ' ']).filter(|(root, class)| {
        let letters = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase());
        letters(root) && letters(class) && class.len() <= 4
    });
    match class {
        Some((root, class)) if class.len() == 1 || !cell.contains('.') => {
            // Preferred shares: BAC/PRK, where the quote's source says BAC-PK.
            let class = class
                .strip_prefix("PR")
                .filter(|series| series.len() == 1)
                .map_or_else(|| class.to_owned(), |series| format!("P{series}"));
            read_symbol(&format!("{root}-{class}"))
        }
        _ => read_symbol(&upper),
    }
}

/// `-AAPL240119C150`, `AAPL  240119C00150000`, `AAPL 01/19/2024 150.00 C`, `AAPL Jan 19 '24 $150 Call`.
fn is_option(upper: &str) -> bool {
    if upper.split_whitespace().any(|word| matches!(word, "CALL" | "PUT")) {
        return true;
    }
    let words: Vec<&str> = upper.split_whitespace().collect();
    if let [_, date, strike, "C" | "P"] = words[..] {
        return date.contains('/') && strike.bytes().any(|b| b.is_ascii_digit());
    }
    let packed: String = upper.trim_start_matches('-').chars().filter(|c| !c.is_whitespace()).collect();
    let root = packed.bytes().take_while(u8::is_ascii_uppercase).count();
    let Some(rest) = packed.get(root..).filter(|_| (1..=6).contains(&root)) else { return false };
    let bytes = rest.as_bytes();
    bytes.len() >= 8
        && bytes[..6].iter().all(u8::is_ascii_digit)
        && matches!(bytes[6], b'C' | b'P')
        && bytes[7..].iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

/// Nine characters of which the last is the right check digit.
fn is_cusip(upper: &str) -> bool {
    let bytes = upper.as_bytes();
    if bytes.len() != 9 || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let value = |b: u8| u32::from(if b.is_ascii_digit() { b - b'0' } else { b - b'A' + 10 });
    let sum: u32 = bytes[..8]
        .iter()
        .enumerate()
        .map(|(place, b)| value(*b) * (1 + u32::from(place % 2 == 1)))
        .map(|product| product / 10 + product % 10)
        .sum();
    bytes[8].is_ascii_digit() && value(bytes[8]) == (10 - sum % 10) % 10
}

/// Joins each reinvestment with the dividend that paid for it: of the same day, instrument and amount after tax. What was
/// a dividend and a purchase for the same money is then one transaction. `reinvested` are the lines of purchases from
/// dividends, rising; those without their dividend stay purchases.
pub(crate) fn join_reinvestments(rows: &mut [Row], reinvested: &[usize]) {
    let mut dividends: HashMap<(NaiveDate, Symbol, Decimal), VecDeque<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Verdict::Transaction(draft) = &row.verdict
            && draft.kind == TransactionKind::Dividend
            && let (Some(symbol), Some(received)) = (&draft.symbol, received(draft))
        {
            let key = (draft.date, symbol.clone(), received.normalize());
            dividends.entry(key).or_default().push_back(index);
        }
    }
    for index in 0..rows.len() {
        let Verdict::Transaction(purchase) = &rows[index].verdict else { continue };
        let from_dividend = reinvested.binary_search(&rows[index].line).is_ok();
        let (Some(symbol), true) = (&purchase.symbol, from_dividend) else { continue };
        let Some(spent) = cost_of(purchase) else { continue };
        let paid_for_it = dividends.get_mut(&(purchase.date, symbol.clone(), spent.normalize()));
        let Some(dividend) = paid_for_it.and_then(VecDeque::pop_front) else { continue };
        let Some(paid) = rows[dividend].verdict.drafts().first().cloned() else { continue };
        let line = rows[index].line;
        if let Verdict::Transaction(purchase) = &mut rows[index].verdict {
            if purchase.price.is_none() {
                // What the draft's amount says from now on is the dividend.
                purchase.price = purchase.amount.zip(purchase.quantity).and_then(|(amount, quantity)| {
                    amount.checked_div(quantity).map(|price| price.round_dp(18))
                });
            }
            purchase.kind = TransactionKind::Reinvestment;
            purchase.amount = paid.amount;
            purchase.tax = paid.tax;
        }
        rows[dividend].verdict = Verdict::Ignored(IgnoredRow::PartOf { line });
    }
}

/// What a purchase took from the cash.
fn cost_of(purchase: &TransactionDraft) -> Option<Decimal> {
    let gross = match (purchase.price, purchase.amount) {
        (Some(price), _) => price.checked_mul(purchase.quantity?)?,
        (None, amount) => amount?,
    };
    gross.checked_add(purchase.fee.unwrap_or_default())?.checked_add(purchase.tax.unwrap_or_default())
}

/// What a dividend brought.
fn received(dividend: &TransactionDraft) -> Option<Decimal> {
    dividend
        .amount?
        .checked_sub(dividend.fee.unwrap_or_default())?
        .checked_sub(dividend.tax.unwrap_or_default())
}

/// Puts a tax that was withheld into the dividend of its day and instrument; where there is none it stays a tax.
/// `withheld` are the lines of such taxes, rising.
pub(crate) fn join_withheld(rows: &mut [Row], withheld: &[usize]) {
    let mut dividends: HashMap<(NaiveDate, Symbol), usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Verdict::Transaction(draft) = &row.verdict
            && draft.kind == TransactionKind::Dividend
            && let Some(symbol) = &draft.symbol
        {
            dividends.entry((draft.date, symbol.clone())).or_insert(index);
        }
    }
    for index in 0..rows.len() {
        let Verdict::Transaction(tax) = &rows[index].verdict else { continue };
        let (TransactionKind::Tax, Some(symbol), Some(amount)) = (tax.kind, &tax.symbol, tax.amount) else {
            continue;
        };
        let Some(dividend) = dividends.get(&(tax.date, symbol.clone())).copied() else { continue };
        if withheld.binary_search(&rows[index].line).is_err() {
            continue;
        }
        let line = rows[dividend].line;
        let Verdict::Transaction(paid) = &mut rows[dividend].verdict else { continue };
        let sum = paid.tax.unwrap_or_default().checked_add(amount);
        let Some(sum) = sum.filter(|sum| *sum >= Decimal::ZERO) else { continue };
        paid.tax = Some(sum).filter(|sum| !sum.is_zero());
        rows[index].verdict = Verdict::Ignored(IgnoredRow::PartOf { line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_classes_are_spelled_as_the_prices_are() {
        let read = |cell| american_symbol(cell).map(String::from);
        for (cell, symbol) in [
            ("AAPL", "AAPL"),
            ("brk.b", "BRK-B"),
            ("BRK/B", "BRK-B"),
            ("BRK B", "BRK-B"),
            ("BRKB", "BRK-B"),
            ("BAC/PRK", "BAC-PK"),
            ("SHOP.TO", "SHOP.TO"),
            ("XYZ/WS", "XYZ-WS"),
            ("SPAXX", "SPAXX"),
        ] {
            assert_eq!(read(cell), Ok(symbol.to_owned()), "{cell}");
        }
    }

    #[test]
    fn options_and_numbered_securities_are_not_taken_for_shares() {
        for cell in [
            "-AAPL240119C150",
            "AAPL  240119C00150000",
            "AAPL 01/19/2024 150.00 C",
            "AAPL Jan 19 '24 $150 Call",
            "-SPXW251219P5800.5",
        ] {
            assert_eq!(american_symbol(cell), Err(Reason::Unsupported { what: "options" }), "{cell}");
        }
        for cell in ["912797GK7", "037833100", "91282CJL6"] {
            assert!(matches!(american_symbol(cell), Err(Reason::Unsupported { .. })), "{cell}");
        }
        assert!(american_symbol("037833101").is_ok(), "the check digit is another");
        assert!(american_symbol("=1+1").is_err());
    }
}
