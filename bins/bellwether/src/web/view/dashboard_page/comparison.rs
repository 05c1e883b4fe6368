//! The portfolio beside index funds bought with the same deposits.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Rate, Reason};
use bellwether_texts::{Locale, Sentence, direction_of};
use bellwether_tracker::{Figures, reason};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::Serialize;

use super::super::column_width::ColumnWidth;
use super::super::figure::{Cell, exact_money};

#[derive(Debug, Serialize)]
pub(super) struct ComparisonRow {
    name: String,
    /// Empty for the portfolio itself.
    symbol: String,
    note: Option<String>,
    value: Cell,
    gain: Cell,
    xirr: Cell,
    twr: Cell,
}

/// How wide the columns of the comparison are.
#[derive(Debug, Serialize)]
pub(super) struct ComparisonColumns {
    value: ColumnWidth,
    gain: ColumnWidth,
    xirr: ColumnWidth,
    twr: ColumnWidth,
}

impl ComparisonColumns {
    pub(super) fn of(locale: Locale, rows: &[ComparisonRow]) -> Self {
        let column = |heading: &'static str, text: fn(&ComparisonRow) -> &str| {
            let heading = ColumnWidth::under(&locale.text(heading));
            rows.iter().fold(heading, |width, row| width.fits(text(row)))
        };
        Self {
            value: column("column.worth", |row| &row.value.shown),
            gain: column("column.gain", |row| &row.gain.shown),
            xirr: column("column.xirr", |row| &row.xirr.shown),
            twr: column("column.time_weighted", |row| &row.twr.shown),
        }
    }
}

pub(super) fn comparison(locale: Locale, figures: &Figures) -> Vec<ComparisonRow> {
    let (report, base) = (&figures.report, figures.report.base);
    let (totals, returns) = (&report.totals, &report.returns);
    let linked = returns.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone);
    let own = (&totals.value, &totals.total_gain, &returns.xirr, linked);
    let mut rows = vec![ComparisonRow::new(locale, locale.text("comparison.own"), None, own, base)];
    let decimal = |value: f64| Decimal::from_f64(value).ok_or(Reason::OutOfRange);
    for against in &figures.benchmarks {
        let name = against.title().to_owned();
        let mut row = match &against.portfolio {
            Ok(other) => {
                let note = other
                    .starts_late
                    .map(|day| locale.say(&Sentence::new("comparison.starts_late").with("day", day)));
                let theirs =
                    (&decimal(other.value), &decimal(other.gain), &other.xirr, Ok(other.total_return));
                ComparisonRow::new(locale, name, note, theirs, base)
            }
            Err(why) => {
                let unknown = || Err(why.clone());
                let none = (&unknown(), &unknown(), &Err(why.clone()), Err(why.clone()));
                ComparisonRow::new(locale, name, Some(locale.say(&reason(why))), none, base)
            }
        };
        row.symbol = against.symbol.to_string();
        rows.push(row);
    }
    rows
}

impl ComparisonRow {
    fn new(
        locale: Locale,
        name: String,
        note: Option<String>,
        (value, gain, xirr, twr): (&Figure<Decimal>, &Figure<Decimal>, &Figure<Rate>, Figure<f64>),
        base: Currency,
    ) -> Self {
        let named = |cell: Cell, column: &str| cell.named(format!("beside:{name}:{column}"));
        let value = Cell::of(locale, value, |value| Cell {
            shown: locale.money(*value, base),
            title: exact_money(*value, base),
            ..Cell::default()
        });
        let gain = Cell::of(locale, gain, |gain| Cell {
            shown: locale.money_change(*gain, base),
            title: exact_money(*gain, base),
            direction: direction_of(*gain),
            ..Cell::default()
        });
        let xirr = xirr.as_ref().map(Rate::headline).map_err(Clone::clone);
        Self {
            value: named(value, "value"),
            gain: named(gain, "gain"),
            xirr: named(rate_alone(locale, &xirr), "xirr"),
            twr: named(rate_alone(locale, &twr), "twr"),
            symbol: String::new(),
            name,
            note,
        }
    }
}

/// A rate that its column does not colour.
fn rate_alone(locale: Locale, rate: &Figure<f64>) -> Cell {
    Cell { direction: "", ..Cell::rate(locale, rate) }
}
