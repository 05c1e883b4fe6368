//! Tables in which all rows are of one kind, as in files of prices and of corporate actions.

use bellwether_domain::{InvalidTransaction, Symbol};
use chrono::NaiveDate;

use crate::date::{DateOrder, read_date};
use crate::header::{Columns, Document, Header, is_absent};
use crate::number::{DecimalStyle, Number, read_number};
use crate::records::{Record, Records};
use crate::survey::Survey;
use crate::ticker::{is_no_ticker, read_symbol};
use crate::verdict::RawCells;
use crate::{Note, Problem, Reason, RejectedRow, UnreadableFile};

/// So many bad rows are told one by one; with more of them it is another kind of file.
const MAX_REJECTED: usize = 10_000;

/// A table whose columns are known.
pub(crate) struct Table<'a, F> {
    header: &'a Header,
    columns: Columns<F>,
    records: Records<'a>,
    order: DateOrder,
    pub(crate) style: DecimalStyle,
    pub(crate) notes: Vec<Note>,
}

/// Why a row gives nothing.
pub(crate) type Problems = Vec<Problem>;

impl<'a, F: Copy + PartialEq> Table<'a, F> {
    /// Reads the file once to learn how it writes dates and numbers.
    pub(crate) fn open(
        document: &Document<'a>,
        header: &'a Header,
        columns: Columns<F>,
        dates: F,
        numbers: &[F],
        max_rows: usize,
    ) -> Result<Self, UnreadableFile> {
        let date = columns.place(dates).map(|place| place.column);
        let numbers: Vec<usize> =
            numbers.iter().filter_map(|field| columns.place(*field)).map(|place| place.column).collect();
        let records = document.below(header);
        let mut survey = Survey::default();
        let mut record = Record::default();
        let mut reading = records.clone();
        let mut rows = 0;
        while reading.read(&mut record) {
            record.within_bounds()?;
            rows += 1;
            if rows > max_rows {
                return Err(UnreadableFile::TooManyRows { limit: max_rows });
            }
            if let Some(column) = date {
                survey.date(record.line, record.cell(column));
            }
            for column in &numbers {
                survey.number(record.line, record.cell(*column));
            }
        }
        let mut notes = survey.notes(header.delimiter);
        notes.extend(columns.notes());
        let (order, style) = (survey.date_order(), survey.decimal_style(header.delimiter));
        Ok(Self { header, columns, records, order, style, notes })
    }

    /// Gives each row to `take`, and returns those that it refused. Comments, blank lines and repeated headers are
    /// no rows.
    pub(crate) fn read(
        &self,
        mut take: impl FnMut(&Record<'a>) -> Result<(), Problems>,
    ) -> Result<Vec<RejectedRow>, UnreadableFile> {
        let mut rejected = Vec::new();
        let mut record = Record::default();
        let mut records = self.records.clone();
        while records.read(&mut record) {
            if record.is_blank() || record.cell(0).starts_with('#') || self.header.is_repeated_by(&record) {
                continue;
            }
            if let Err(problems) = self.well_formed(&record).and_then(|()| take(&record)) {
                rejected.push(RejectedRow { line: record.line, text: RawCells::of(&record), problems });
                refuse_if_too_many(&rejected)?;
            }
        }
        Ok(rejected)
    }

    /// A row that was taken before, to reject it after all.
    pub(crate) fn reject(&self, offset: usize, line: usize, problem: Problem) -> RejectedRow {
        let mut record = Record::default();
        self.records.at(offset, line).read(&mut record);
        RejectedRow { line, text: RawCells::of(&record), problems: vec![problem] }
    }

    fn well_formed(&self, record: &Record<'_>) -> Result<(), Problems> {
        let (expected, found) = (self.columns.width, record.filled());
        let reason = if record.unclosed_quote {
            Reason::UnclosedQuote
        } else if found > expected {
            Reason::TooManyCells { expected, found }
        } else {
            return Ok(());
        };
        Err(vec![Problem { column: None, reason }])
    }

    /// The cell of a field, unless it is absent.
    pub(crate) fn cell<'r>(&self, record: &'r Record<'_>, field: F) -> Option<&'r str> {
        let cell = record.cell(self.columns.place(field)?.column);
        (!is_absent(cell)).then_some(cell)
    }

    pub(crate) fn has(&self, field: F) -> bool {
        self.columns.has(field)
    }

    /// A problem with the cell of a field.
    pub(crate) fn problem(&self, field: F, reason: Reason) -> Problem {
        Problem { column: self.columns.place(field).map(|place| place.name.clone()), reason }
    }

    pub(crate) fn date(&self, record: &Record<'_>, field: F, problems: &mut Problems) -> Option<NaiveDate> {
        let read = match self.cell(record, field) {
            None => Err(Reason::Missing { field: "the date" }),
            Some(cell) => read_date(cell, self.order),
        };
        let earliest = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
        read.and_then(
            |date| {
                if date < earliest { Err(InvalidTransaction::TooEarly(date).into()) } else { Ok(date) }
            },
        )
        .map_err(|reason| problems.push(self.problem(field, reason)))
        .ok()
    }

    pub(crate) fn symbol(&self, record: &Record<'_>, field: F, problems: &mut Problems) -> Option<Symbol> {
        let cell = self.columns.place(field).map_or("", |place| record.cell(place.column));
        let read =
            if is_no_ticker(cell) { Err(Reason::Missing { field: "the symbol" }) } else { read_symbol(cell) };
        read.map_err(|reason| problems.push(self.problem(field, reason))).ok()
    }

    /// A number that may be absent, with the unit beside it or in the column's name.
    pub(crate) fn number(&self, record: &Record<'_>, field: F, problems: &mut Problems) -> Option<Number> {
        let place = self.columns.place(field)?;
        let cell = self.cell(record, field)?;
        match read_number(cell, self.style) {
            Ok(number) => Some(Number { mark: number.mark.or(place.unit), ..number }),
            Err(reason) => {
                problems.push(self.problem(field, reason));
                None
            }
        }
    }
}

/// Keeps the memory for bad rows within bounds.
pub(crate) fn refuse_if_too_many(rejected: &[RejectedRow]) -> Result<(), UnreadableFile> {
    match rejected.first() {
        Some(first) if rejected.len() > MAX_REJECTED => Err(UnreadableFile::TooManyBadRows {
            limit: MAX_REJECTED,
            line: first.line,
            problem: first.problems.first().map(ToString::to_string).unwrap_or_default(),
        }),
        _ => Ok(()),
    }
}
