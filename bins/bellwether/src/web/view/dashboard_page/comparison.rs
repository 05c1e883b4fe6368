//! The portfolio beside index funds bought with the same deposits.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Rate, Reason};
use bellwether_tracker::Figures;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::Serialize;

use super::super::column_width::ColumnWidth;
use super::super::figure::{Cell, exact_money};
use super::long;
use crate::number;

#[derive(Debug, Serialize)]
pub(super) struct ComparisonRow {
    name: String,
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
    pub(super) fn of(rows: &[ComparisonRow]) -> Self {
        let column = |heading: &str, text: fn(&ComparisonRow) -> &str| {
            rows.iter().fold(ColumnWidth::under(heading), |width, row| width.fits(text(row)))
        };
        Self {
            value: column("Worth", |row| &row.value.shown),
            gain: column("Gain", |row| &row.gain.shown),
            xirr: column("XIRR", |row| &row.xirr.shown),
            twr: column("Time-weighted", |row| &row.twr.shown),
        }
    }
}

pub(super) fn comparison(figures: &Figures) -> Vec<ComparisonRow> {
    let (report, base) = (&figures.report, figures.report.base);
    let (totals, returns) = (&report.totals, &report.returns);
    let linked = returns.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone);
    let own = (&totals.value, &totals.total_gain, &returns.xirr, linked);
    let mut rows = vec![ComparisonRow::new("This portfolio".to_owned(), None, own, base)];
    let decimal = |value: f64| Decimal::from_f64(value).ok_or(Reason::OutOfRange);
    for against in &figures.benchmarks {
        let name = against.symbol.to_string();
        rows.push(match &against.portfolio {
            Ok(other) => {
                let note =
                    other.starts_late.map(|day| format!("from {} on, when its prices begin", long(day)));
                let theirs =
                    (&decimal(other.value), &decimal(other.gain), &other.xirr, Ok(other.total_return));
                ComparisonRow::new(name, note, theirs, base)
            }
            Err(reason) => {
                let unknown = || Err(reason.clone());
                let none = (&unknown(), &unknown(), &Err(reason.clone()), Err(reason.clone()));
                ComparisonRow::new(name, Some(reason.to_string()), none, base)
            }
        });
    }
    rows
}

impl ComparisonRow {
    fn new(
        name: String,
        note: Option<String>,
        (value, gain, xirr, twr): (&Figure<Decimal>, &Figure<Decimal>, &Figure<Rate>, Figure<f64>),
        base: Currency,
    ) -> Self {
        let named = |cell: Cell, column: &str| cell.named(format!("beside:{name}:{column}"));
        let value = Cell::of(value, |value| Cell {
            shown: number::money(*value, base),
            title: exact_money(*value, base),
            ..Cell::default()
        });
        let gain = Cell::of(gain, |gain| Cell {
            shown: number::money_change(*gain, base),
            title: exact_money(*gain, base),
            direction: number::direction_of(*gain),
            ..Cell::default()
        });
        let xirr = xirr.as_ref().map(Rate::headline).map_err(Clone::clone);
        Self {
            value: named(value, "value"),
            gain: named(gain, "gain"),
            xirr: named(rate_alone(&xirr), "xirr"),
            twr: named(rate_alone(&twr), "twr"),
            name,
            note,
        }
    }
}

/// A rate that its column does not colour.
fn rate_alone(rate: &Figure<f64>) -> Cell {
    Cell { direction: "", ..Cell::rate(rate) }
}
