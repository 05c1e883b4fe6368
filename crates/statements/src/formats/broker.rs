//! What the brokers' tables have in common: columns by their names, cells in the broker's one spelling, and a verdict
//! on each row once everything that is wrong about it is known.

use bellwether_domain::{Currency, Quantity, Symbol, TransactionDraft, TransactionId, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::american_symbol::american_symbol;
use super::keep;
use crate::date::{DateOrder, read_date};
use crate::header::{Columns, Document, Header, Vocabulary, is_absent};
use crate::number::{DecimalStyle, read_number};
use crate::records::Record;
use crate::ticker::is_no_ticker;
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

/// What a sale brought before costs. Below zero is what cost more than it brought, or the sign of a file that has its
/// signs the other way around: what comes nearer to the `stated` price counts, and without one the sign if it can be.
fn proceeds(net: Decimal, costs: Decimal, stated: Option<Decimal>) -> Option<Decimal> {
    let unsigned = net.abs().checked_add(costs)?;
    let signed = net.checked_add(costs)?;
    if net.is_sign_positive() || signed <= Decimal::ZERO {
        return Some(unsigned);
    }
    let off = |gross: Decimal| Some(gross.checked_sub(stated?)?.abs());
    let unsigned_is_nearer =
        off(unsigned).zip(off(signed)).is_some_and(|(unsigned, signed)| unsigned < signed);
    Some(if unsigned_is_nearer { unsigned } else { signed })
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
    let stated = price.and_then(|price| price.checked_mul(quantity.abs()));
    let gross = net.filter(|net| !net.is_zero()).and_then(|net| {
        if draft.kind == TransactionKind::Sell {
            proceeds(net, costs, stated)
        } else {
            net.abs().checked_sub(costs)
        }
    });
    match gross {
        Some(gross) if gross > Decimal::ZERO && stated != Some(gross) => draft.amount = Some(gross),
        _ => draft.price = price,
    }
}
