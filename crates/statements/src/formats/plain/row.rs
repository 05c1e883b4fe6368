//! One row of a plain table to a verdict.

mod figures;

use std::collections::HashMap;

use bellwether_domain::{
    Currency, InvalidTransaction, QuoteUnit, SplitRatio, Symbol, TransactionDraft, TransactionId,
    TransactionKind,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use self::figures::Figures;
use super::Signs;
use super::columns::Field;
use super::kind_words::{KindWord, read_kind};
use crate::currency_mark::CurrencyMark;
use crate::date::{DateOrder, read_date};
use crate::formats::broker::round_money;
use crate::header::{Columns, Header, is_absent};
use crate::number::{DecimalStyle, read_number};
use crate::ratio::{looks_like_ratio, read_ratio, read_ratio_or_factor};
use crate::records::Record;
use crate::survey::Survey;
use crate::ticker::{is_no_ticker, read_symbol};
use crate::verdict::{Problems, shortened};
use crate::{
    ColumnMapping, IgnoredRow, MappedDates, MappedDecimals, MappedKind, Problem, ReadOptions, Reason,
    SignRule, Verdict,
};

pub(super) use crate::formats::broker::MONEY_DECIMALS;

/// Gives each row of a file its verdict.
pub(super) struct RowReader<'a> {
    header: &'a Header,
    columns: &'a Columns<Field>,
    /// The kind of all rows, where the form has no column for it.
    kind: Option<TransactionKind>,
    /// What a person said about the file.
    mapping: Option<&'a ColumnMapping>,
    /// What it says that words mean, in lower case.
    meanings: HashMap<String, MappedKind>,
    order: DateOrder,
    style: DecimalStyle,
    signs: Signs,
    options: &'a ReadOptions,
    symbols: HashMap<String, Symbol>,
    rounded_rows: usize,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(
        header: &'a Header,
        columns: &'a Columns<Field>,
        kind: Option<TransactionKind>,
        survey: &Survey,
        signs: Signs,
        mapping: Option<&'a ColumnMapping>,
        options: &'a ReadOptions,
    ) -> Self {
        let order = mapping.and_then(|mapping| mapping.dates).map(|dates| match dates {
            MappedDates::MonthFirst => DateOrder::MonthFirst,
            MappedDates::DayFirst => DateOrder::DayFirst,
        });
        let style = mapping.and_then(|mapping| mapping.decimals).map(|mark| match mark {
            MappedDecimals::Point => DecimalStyle::Point,
            MappedDecimals::Comma => DecimalStyle::Comma,
        });
        Self {
            header,
            columns,
            kind,
            mapping,
            meanings: mapping.map(ColumnMapping::meanings).unwrap_or_default(),
            order: order.unwrap_or_else(|| survey.date_order()),
            style: style.unwrap_or_else(|| survey.decimal_style(header.delimiter)),
            signs,
            options,
            symbols: HashMap::new(),
            rounded_rows: 0,
        }
    }

    /// How many transactions had their prices or amounts rounded so far.
    pub(super) fn rounded_rows(&self) -> usize {
        self.rounded_rows
    }

    pub(super) fn verdict(&mut self, record: &Record<'_>) -> Verdict {
        if record.is_blank() {
            return Verdict::Ignored(IgnoredRow::Blank);
        }
        let whole_row = |reason| Verdict::Rejected(vec![Problem { column: None, reason }]);
        if record.unclosed_quote {
            return whole_row(Reason::UnclosedQuote);
        }
        if self.header.is_repeated_by(record) {
            return Verdict::Ignored(IgnoredRow::RepeatedHeader);
        }
        if let Some(why) = self.beside_the_table(record) {
            return Verdict::Ignored(why);
        }
        let (expected, found) = (self.columns.width, record.filled());
        if found > expected {
            // Which cell is which is not known, so nothing more can be said about them.
            return whole_row(Reason::TooManyCells { expected, found });
        }
        if self.meaning(self.cell(record, Field::Kind)) == Some(MappedKind::LeaveOut) {
            return Verdict::Ignored(IgnoredRow::LeftOut);
        }
        self.transaction(record)
    }

    /// Comments and totals. Neither has a date.
    fn beside_the_table(&self, record: &Record<'_>) -> Option<IgnoredRow> {
        const TOTALS: [&str; 8] =
            ["total", "totals", "grand total", "subtotal", "sub total", "sub-total", "sum", "sums"];
        let comment = record.cell(0).starts_with('#');
        let total =
            record.cells.iter().map(|cell| cell.trim().trim_end_matches(':')).find(|cell| !cell.is_empty());
        let total = total.is_some_and(|cell| TOTALS.iter().any(|word| cell.eq_ignore_ascii_case(word)));
        if !comment && !total {
            return None;
        }
        let dated = self.cell(record, Field::Date).is_some_and(|cell| read_date(cell, self.order).is_ok());
        match (dated, comment) {
            (true, _) => None,
            (false, true) => Some(IgnoredRow::Comment),
            (false, false) => Some(IgnoredRow::Total),
        }
    }

    fn transaction(&mut self, record: &Record<'_>) -> Verdict {
        let mut problems = Problems::default();
        let date = self.date(record, &mut problems);
        let kind = self.kind_of(record, &mut problems);
        let unit = self.unit(record, &mut problems);
        let figures = Figures::read(self, record, kind.map(|word| word.kind), unit, &mut problems);
        let symbol = self.symbol(record, kind.map(|word| word.kind), &mut problems);
        let today = self.options.today;
        let Some(word) = kind else {
            // The kind with the fewest needs, to learn what is wrong with the date.
            let mut draft =
                TransactionDraft::new(TransactionKind::Deposit, date.unwrap_or(today), Currency::USD);
            draft.amount = Some(Decimal::ONE);
            self.validate(&draft, &mut problems);
            return Verdict::Rejected(problems.0);
        };
        let mut draft =
            TransactionDraft::new(word.kind, date.unwrap_or(today), self.options.default_currency);
        draft.symbol = symbol;
        draft.account = self.text(record, Field::Account);
        draft.note = self.text(record, Field::Note);
        figures.fill(&mut draft, word.direction, &mut problems);
        self.corporate_event(record, &mut draft, &mut problems);
        let rounded = round_money(&mut draft);
        self.validate(&draft, &mut problems);
        if problems.0.is_empty() {
            self.rounded_rows += usize::from(rounded);
            Verdict::Transaction(draft)
        } else {
            Verdict::Rejected(problems.0)
        }
    }

    /// The cell of a field, unless it is absent.
    fn cell<'r>(&self, record: &'r Record<'_>, field: Field) -> Option<&'r str> {
        let cell = record.cell(self.columns.place(field)?.column);
        (!is_absent(cell)).then_some(cell)
    }

    /// A cell of words, of which every one is meant but the apostrophe by which a spreadsheet takes them for text.
    fn text(&self, record: &Record<'_>, field: Field) -> String {
        let Some(place) = self.columns.place(field) else { return String::new() };
        let cell = record.cell(place.column);
        let is_guarded =
            |bare: &&str| bare.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
        cell.strip_prefix('\'').filter(is_guarded).unwrap_or(cell).to_owned()
    }

    fn column(&self, field: Field) -> Option<&str> {
        self.columns.place(field).map(|place| place.name.as_str())
    }

    fn date(&self, record: &Record<'_>, problems: &mut Problems) -> Option<NaiveDate> {
        let read = match self.cell(record, Field::Date) {
            Some(cell) => read_date(cell, self.order),
            None => Err(Reason::Missing { field: "the date" }),
        };
        read.map_err(|reason| problems.add(self.column(Field::Date), reason)).ok()
    }

    fn kind_of(&self, record: &Record<'_>, problems: &mut Problems) -> Option<KindWord> {
        let cell = self.cell(record, Field::Kind);
        if let Some(MappedKind::Kind(kind)) = self.meaning(cell) {
            return Some(KindWord::usual(kind));
        }
        let unsaid = if self.mapping.is_none() || cell.is_none() { self.kind } else { None };
        if let Some(kind) = unsaid.or_else(|| self.kind_by_signs(record, cell)) {
            return Some(KindWord::usual(kind));
        }
        let read = match cell {
            Some(cell) => read_kind(cell).ok_or_else(|| Reason::UnknownKind { text: shortened(cell) }),
            None => Err(Reason::Missing { field: "the type" }),
        };
        read.map_err(|reason| problems.add(self.column(Field::Kind), reason)).ok()
    }

    /// What a person said that a word means.
    fn meaning(&self, word: Option<&str>) -> Option<MappedKind> {
        let word = word.filter(|_| !self.meanings.is_empty())?;
        self.meanings.get(&word.trim().to_lowercase()).copied()
    }

    /// What the signs say, where a mapping says that they do and no word is there.
    fn kind_by_signs(&self, record: &Record<'_>, word: Option<&str>) -> Option<TransactionKind> {
        use TransactionKind::{Buy, Deposit, Dividend, Sell, Withdrawal};
        let mapping = self.mapping.filter(|_| word.is_none())?;
        let number = |field| Some(read_number(self.cell(record, field)?, self.style).ok()?.value);
        let quantity = number(Field::Quantity).filter(|quantity| !quantity.is_zero());
        match mapping.signs {
            SignRule::Nothing => None,
            SignRule::Quantity => {
                quantity.map(|quantity| if quantity.is_sign_negative() { Sell } else { Buy })
            }
            SignRule::Amount => {
                let paid = number(Field::Amount).or_else(|| number(Field::NetAmount))?.is_sign_negative();
                let named = self.cell(record, Field::Symbol).is_some_and(|cell| !is_no_ticker(cell));
                Some(match (quantity.is_some(), paid, named) {
                    (true, true, _) => Buy,
                    (true, false, _) => Sell,
                    (false, false, true) => Dividend,
                    (false, true, _) => Withdrawal,
                    (false, false, false) => Deposit,
                })
            }
        }
    }

    /// The unit that the currency column names.
    fn unit(&self, record: &Record<'_>, problems: &mut Problems) -> Option<QuoteUnit> {
        let cell = self.cell(record, Field::Currency)?;
        let read = match CurrencyMark::parse(cell) {
            Some(mark) => Ok(mark.unit(None, self.options.default_currency)),
            None => cell.parse(),
        };
        read.map_err(|reason| problems.add(self.column(Field::Currency), reason.into())).ok()
    }

    /// The symbol, where the kind has one. A faulty one is replaced, so that it is not called missing as well.
    fn symbol(
        &mut self,
        record: &Record<'_>,
        kind: Option<TransactionKind>,
        problems: &mut Problems,
    ) -> Option<Symbol> {
        use TransactionKind::{Deposit, Interest, Withdrawal};
        if matches!(kind, Some(Deposit | Withdrawal | Interest)) {
            return None;
        }
        let cell = record.cell(self.columns.place(Field::Symbol)?.column);
        if is_no_ticker(cell) {
            return None;
        }
        if let Some(symbol) = self.symbols.get(cell) {
            return Some(symbol.clone());
        }
        match read_symbol(cell) {
            Ok(symbol) => {
                self.symbols.insert(cell.to_owned(), symbol.clone());
                Some(symbol)
            }
            Err(reason) => {
                problems.add(self.column(Field::Symbol), reason);
                placeholder_symbol()
            }
        }
    }

    /// What only corporate events and transfers have.
    fn corporate_event(&self, record: &Record<'_>, draft: &mut TransactionDraft, problems: &mut Problems) {
        use TransactionKind::{Merger, SpinOff, Split, TickerChange, TransferIn};
        if matches!(draft.kind, Split | SpinOff | Merger) {
            draft.ratio = self.ratio(record, problems);
        }
        if let (SpinOff | Merger | TickerChange, Some(cell)) =
            (draft.kind, self.cell(record, Field::OtherSymbol))
        {
            draft.other_symbol = read_symbol(cell)
                .map_err(|reason| problems.add(self.column(Field::OtherSymbol), reason))
                .ok()
                .or_else(other_placeholder_symbol);
        }
        if let (SpinOff | Merger, Some(cell)) = (draft.kind, self.cell(record, Field::CostShare)) {
            draft.cost_share = Some(match read_number(cell, self.style) {
                Ok(number) if number.mark.is_none() => number.value,
                Ok(_) => {
                    problems.add(self.column(Field::CostShare), Reason::NotANumber { text: shortened(cell) });
                    Decimal::ZERO
                }
                Err(reason) => {
                    problems.add(self.column(Field::CostShare), reason);
                    Decimal::ZERO
                }
            });
        }
        if let (TransferIn, Some(cell)) = (draft.kind, self.cell(record, Field::Acquired)) {
            let read = read_date(cell, self.order);
            draft.acquired = read.map_err(|reason| problems.add(self.column(Field::Acquired), reason)).ok();
        }
    }

    /// The ratio from its own column, or from another that holds one such as 2:1.
    fn ratio(&self, record: &Record<'_>, problems: &mut Problems) -> Option<SplitRatio> {
        let (field, read) = if let Some(cell) = self.cell(record, Field::Ratio) {
            (Field::Ratio, read_ratio_or_factor(cell, self.style))
        } else {
            [Field::Amount, Field::Quantity, Field::Price].into_iter().find_map(|field| {
                let cell = self.cell(record, field).filter(|cell| looks_like_ratio(cell))?;
                Some((field, read_ratio(cell, self.style)))
            })?
        };
        match read {
            Ok(ratio) => Some(ratio),
            Err(reason) => {
                problems.add(self.column(field), reason);
                SplitRatio::new(Decimal::ONE, Decimal::ONE)
            }
        }
    }

    /// Asks the one validation of all transactions, again with each field that it refuses put right, until
    /// everything that is wrong is known.
    fn validate(&self, draft: &TransactionDraft, problems: &mut Problems) {
        const MORE_THAN_FIELDS: usize = 16;
        let id = TransactionId::from_uuid(Uuid::nil());
        let Err(mut error) = draft.check(id, 0, self.options.today) else { return };
        let mut draft = draft.clone();
        for _ in 0..MORE_THAN_FIELDS {
            let field = field_of(&error);
            match field {
                Some(Field::Symbol) => draft.symbol = placeholder_symbol(),
                Some(Field::Quantity) => draft.quantity = Some(Decimal::ONE),
                Some(Field::Price) => draft.price = Some(Decimal::ONE),
                Some(Field::Amount) => draft.amount = Some(Decimal::ONE),
                Some(Field::Fee) => draft.fee = None,
                Some(Field::Tax) => draft.tax = None,
                Some(Field::Ratio) => draft.ratio = SplitRatio::new(Decimal::ONE, Decimal::ONE),
                Some(Field::OtherSymbol) => draft.other_symbol = other_placeholder_symbol(),
                Some(Field::CostShare) => draft.cost_share = Some(Decimal::ZERO),
                Some(Field::CashInLieu) => draft.cash_in_lieu = None,
                Some(Field::Acquired) => draft.acquired = None,
                Some(Field::Date) => draft.date = NaiveDate::default().min(self.options.today),
                _ => {}
            }
            problems.add(field.and_then(|field| self.column(field)), error.into());
            match draft.check(id, 0, self.options.today) {
                Ok(_) => return,
                Err(next) => error = next,
            }
        }
    }
}

/// Stands for a symbol that was there but faulty.
fn placeholder_symbol() -> Option<Symbol> {
    "X".parse().ok()
}

/// Stands for the other symbol of an event where it is faulty.
fn other_placeholder_symbol() -> Option<Symbol> {
    "Y".parse().ok()
}

/// The column that an error of the validation is about.
fn field_of(error: &InvalidTransaction) -> Option<Field> {
    match error {
        InvalidTransaction::Missing { field, .. }
        | InvalidTransaction::NotPositive { field }
        | InvalidTransaction::Zero { field }
        | InvalidTransaction::Negative { field }
        | InvalidTransaction::OutOfRange { field } => match field.split_once(' ')?.1 {
            "symbol" => Some(Field::Symbol),
            "quantity" => Some(Field::Quantity),
            "price" | "cash per share" | "other symbol, or the cash per share as its price" => {
                Some(Field::Price)
            }
            "other symbol" => Some(Field::OtherSymbol),
            "share of the cost" | "share of the cost that moves" => Some(Field::CostShare),
            "cash in lieu" => Some(Field::CashInLieu),
            "amount" => Some(Field::Amount),
            "fee" => Some(Field::Fee),
            "tax" => Some(Field::Tax),
            "ratio of new to old shares" => Some(Field::Ratio),
            _ => None,
        },
        InvalidTransaction::Quantity(_) => Some(Field::Quantity),
        InvalidTransaction::Future(_) | InvalidTransaction::TooEarly(_) => Some(Field::Date),
        InvalidTransaction::CostShare(_) => Some(Field::CostShare),
        InvalidTransaction::SameSymbol(_) => Some(Field::OtherSymbol),
        InvalidTransaction::AcquiredLater { .. } => Some(Field::Acquired),
        InvalidTransaction::LotsSum { .. }
        | InvalidTransaction::LotTwice(_)
        | InvalidTransaction::Unprintable { .. }
        | InvalidTransaction::TooLong { .. } => None,
    }
}
