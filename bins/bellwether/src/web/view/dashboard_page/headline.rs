//! The largest number of the page, and by how much it moved.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Report};
use bellwether_tracker::RangeChange;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::super::figure::{Cell, exact_money};
use super::long;
use crate::number;

/// The largest number of the page in its parts.
#[derive(Debug, Serialize)]
pub(super) struct BigValue {
    known: bool,
    sign: String,
    /// The whole units; the fraction beside them.
    #[serde(flatten)]
    figure: Cell,
    reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Change {
    known: bool,
    /// The amount, with the rate beside it.
    #[serde(flatten)]
    moved: Cell,
    arrow: Cell,
    period: Cell,
}

impl BigValue {
    pub(super) fn unknown(reason: String) -> Self {
        Self { known: false, sign: String::new(), figure: Cell::default(), reason }
    }

    pub(super) fn of(report: &Report) -> Self {
        let value = match &report.totals.value {
            Ok(value) => *value,
            Err(reason) => return Self::unknown(reason.to_string()),
        };
        let digits = report.base.minor_digits();
        let rounded = value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
        // The largest figure keeps its cents, small, where a table would drop them.
        let cents = format!("{:.*}", digits as usize, rounded.abs());
        let fraction = cents.split_once('.').map(|(_, fraction)| format!(".{fraction}")).unwrap_or_default();
        let (sign, whole) = (number::currency_sign(report.base), number::quantity(rounded.trunc()));
        let figure = Cell {
            name: "value".to_owned(),
            shown: whole,
            more: fraction,
            title: exact_money(value, report.base),
            ..Cell::default()
        };
        Self { known: true, sign, figure, reason: String::new() }
    }
}

impl Change {
    pub(super) fn unknown(key: &'static str, period: String, reason: String) -> Self {
        let moved = Cell {
            name: format!("{key}:unknown"),
            shown: "n/a".to_owned(),
            title: reason,
            ..Cell::unknown("")
        };
        Self { known: false, moved, arrow: Cell::default(), period: Self::told(key, period) }
    }

    fn known(
        key: &'static str,
        amount: Decimal,
        rate: &Figure<f64>,
        currency: Currency,
        period: String,
    ) -> Self {
        let direction = number::direction_of(amount);
        let arrow = match direction {
            "up" => "▲",
            "down" => "▼",
            _ => "■",
        };
        let moved = Cell {
            name: key.to_owned(),
            direction,
            shown: number::money_change(amount, currency),
            title: exact_money(amount, currency),
            more: rate
                .as_ref()
                .map_or_else(|_| number::UNKNOWN.to_owned(), |rate| number::percent_change(*rate)),
            ..Cell::default()
        };
        let arrow =
            Cell { shown: arrow.to_owned(), direction, ..Cell::default() }.named(format!("{key}:arrow"));
        Self { known: true, moved, arrow, period: Self::told(key, period) }
    }

    fn told(key: &str, period: String) -> Cell {
        Cell { shown: period, ..Cell::default() }.named(format!("{key}:period"))
    }

    pub(super) fn of_day(report: &Report, is_past: bool) -> Self {
        match &report.totals.day_change {
            Ok(change) => {
                let period = if change.day == report.as_of && !is_past {
                    "today".to_owned()
                } else {
                    change.day.format("on %a %-d %b").to_string()
                };
                Self::known("change:day", change.amount, &change.rate, report.base, period)
            }
            Err(reason) => Self::unknown("change:day", "in the last session".to_owned(), reason.to_string()),
        }
    }

    pub(super) fn of_range(range: &RangeChange, base: Currency) -> Self {
        let (key, period) = ("change:range", format!("since {}", long(range.since)));
        match &range.amount {
            Ok(amount) => Self::known(key, *amount, &range.rate, base, period),
            Err(reason) => Self::unknown(key, period, reason.to_string()),
        }
    }
}
