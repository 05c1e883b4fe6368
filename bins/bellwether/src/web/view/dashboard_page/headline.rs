//! The largest number of the page, and by how much it moved.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Reason, Report};
use bellwether_texts::{Locale, Sentence, UNKNOWN, direction_of};
use bellwether_tracker::{RangeChange, reason};
use rust_decimal::Decimal;
use serde::Serialize;

use super::super::figure::{Cell, exact_money};

/// The cell of the day's change.
const DAY: &str = "change:day";

/// The largest number of the page in its parts.
#[derive(Debug, Serialize)]
pub(super) struct BigValue {
    known: bool,
    /// What stands before the digits, and what behind them.
    sign: String,
    unit: String,
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
    /// The names by which the derivations of amount and rate are asked for.
    derived: &'static str,
    derived_rate: &'static str,
}

impl BigValue {
    pub(super) fn unknown(reason: String) -> Self {
        Self { known: false, sign: String::new(), unit: String::new(), figure: Cell::default(), reason }
    }

    pub(super) fn of(locale: Locale, report: &Report) -> Self {
        let value = match &report.totals.value {
            Ok(value) => *value,
            Err(why) => return Self::unknown(locale.say(&reason(why))),
        };
        // The largest figure keeps its cents, small, where a table would drop them.
        let parts = locale.amount_parts(value, report.base);
        let figure = Cell {
            name: "value".to_owned(),
            shown: parts.whole,
            more: parts.fraction,
            title: exact_money(value, report.base),
            ..Cell::default()
        };
        Self { known: true, sign: parts.before, unit: parts.after, figure, reason: String::new() }
    }
}

impl Change {
    fn unknown(locale: Locale, key: &'static str, period: &Sentence, why: &Reason) -> Self {
        let moved = Cell {
            name: format!("{key}:unknown"),
            shown: locale.text("dashboard.unknown"),
            ..Cell::unknown(locale, why)
        };
        let period = Self::told(locale, key, period);
        Self { known: false, moved, arrow: Cell::default(), period, derived: "", derived_rate: "" }
    }

    fn known(
        locale: Locale,
        key: &'static str,
        amount: Decimal,
        rate: &Figure<f64>,
        currency: Currency,
        period: &Sentence,
    ) -> Self {
        let direction = direction_of(amount);
        let arrow = match direction {
            "up" => "▲",
            "down" => "▼",
            _ => "■",
        };
        let moved = Cell {
            name: key.to_owned(),
            direction,
            shown: locale.money_change(amount, currency),
            title: exact_money(amount, currency),
            more: rate.as_ref().map_or_else(|_| UNKNOWN.to_owned(), |rate| locale.percent_change(*rate)),
            ..Cell::default()
        };
        let arrow =
            Cell { shown: arrow.to_owned(), direction, ..Cell::default() }.named(format!("{key}:arrow"));
        // Of the range of the page, which the address of the derivation has.
        let (derived, derived_rate) = if key == DAY {
            ("portfolio:day-change", "portfolio:day-return")
        } else {
            ("period:(figure:gain)", "period:(figure:time-weighted)")
        };
        let period = Self::told(locale, key, period);
        Self { known: true, moved, arrow, period, derived, derived_rate }
    }

    fn told(locale: Locale, key: &str, period: &Sentence) -> Cell {
        Cell { shown: locale.say(period), ..Cell::default() }.named(format!("{key}:period"))
    }

    pub(super) fn of_day(locale: Locale, report: &Report, is_past: bool) -> Self {
        let key = DAY;
        match &report.totals.day_change {
            Ok(change) => {
                let period = if change.day == report.as_of && !is_past {
                    Sentence::new("dashboard.today")
                } else {
                    Sentence::new("dashboard.on_day").with("day", locale.day_with_weekday(change.day))
                };
                Self::known(locale, key, change.amount, &change.rate, report.base, &period)
            }
            Err(why) => Self::unknown(locale, key, &Sentence::new("dashboard.last_session"), why),
        }
    }

    pub(super) fn of_range(locale: Locale, range: &RangeChange, base: Currency) -> Self {
        let (key, period) = ("change:range", Sentence::new("dashboard.since").with("day", range.since));
        match &range.amount {
            Ok(amount) => Self::known(locale, key, *amount, &range.rate, base, &period),
            Err(why) => Self::unknown(locale, key, &period, why),
        }
    }
}
