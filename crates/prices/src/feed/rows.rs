//! What a document says, row by row.

use bellwether_domain::{DailyBar, QuoteUnit};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cell::{Cell, DateFormat};

/// One day as told, in the unit that is quoted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) bar: DailyBar,
    /// For messages: the line of a CSV, or the place in a JSON list.
    number: usize,
}

/// What a document told.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Days ascending and unique.
    pub(super) rows: Vec<Row>,
    /// The unit of its prices, where it tells it.
    pub(super) unit: Option<QuoteUnit>,
    /// The current price and its time, where they are apart from the rows.
    pub(super) price: Option<(f64, Option<DateTime<Utc>>)>,
}

/// A value and the name of its column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) column: &'a str,
    pub(super) cell: Cell<'a>,
}

/// The values of a row; `None` for columns that are not read.
pub(super) struct Cells<'a> {
    pub(super) date: Named<'a>,
    pub(super) close: Named<'a>,
    pub(super) open: Option<Named<'a>>,
    pub(super) high: Option<Named<'a>>,
    pub(super) low: Option<Named<'a>>,
    pub(super) volume: Option<Named<'a>>,
}

/// How values are spelled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling<'a> {
    pub(super) dates: &'a DateFormat,
    pub(super) zone: Tz,
    pub(super) decimal_comma: bool,
    /// Futures have been traded below zero.
    pub(super) may_be_negative: bool,
}

impl Spelling<'_> {
    /// Reads a row; `None` for one without a close. What is no price says so with its row and column.
    pub(super) fn row(&self, number: usize, cells: &Cells<'_>) -> Result<Option<Row>, String> {
        let wrong =
            |named: &Named<'_>, what: String| format!("row {number}, column {:?}: {what}", named.column);
        let price = |named: &Named<'_>| match named.cell.number(self.decimal_comma) {
            Ok(Some(price)) if price == 0.0 || (price < 0.0 && !self.may_be_negative) => {
                Err(wrong(named, format!("{price} is no price")))
            }
            Ok(price) => Ok(price),
            Err(what) => Err(wrong(named, what)),
        };
        let optional = |named: &Option<Named<'_>>| match named {
            Some(named) => price(named).map(|price| price.unwrap_or(f64::NAN)),
            None => Ok(f64::NAN),
        };
        let Some(close) = price(&cells.close)? else { return Ok(None) };
        let date = cells.date.cell.date(self.dates, self.zone).map_err(|what| wrong(&cells.date, what))?;
        let volume = match &cells.volume {
            Some(named) => named.cell.number(self.decimal_comma).map_err(|what| wrong(named, what))?,
            None => None,
        };
        let volume = volume.filter(|volume| *volume >= 0.0).map_or(0, |volume| volume as u64);
        let (open, high, low) = (optional(&cells.open)?, optional(&cells.high)?, optional(&cells.low)?);
        let bar = DailyBar { date, open, high, low, close, volume, provisional: false };
        Ok(Some(Row { bar, number }))
    }
}

/// Days ascending, each once. Two rows of a day with different closes contradict each other: nobody can say which is
/// true, and what comes later in the document need not be told later.
pub(super) fn in_order(mut rows: Vec<Row>) -> Result<Vec<Row>, String> {
    if !rows.is_sorted_by_key(|row| row.bar.date) {
        rows.sort_by_key(|row| row.bar.date);
    }
    for pair in rows.windows(2) {
        let [one, other] = pair else { continue };
        if one.bar.date == other.bar.date && one.bar.close.to_bits() != other.bar.close.to_bits() {
            let (first, second) = (one.number.min(other.number), one.number.max(other.number));
            return Err(format!("rows {first} and {second} tell different closes of {}", one.bar.date));
        }
    }
    rows.dedup_by_key(|row| row.bar.date);
    Ok(rows)
}
