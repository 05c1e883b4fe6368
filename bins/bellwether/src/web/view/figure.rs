//! Single figures in words: what is shown, the exact value on hover, the direction, or why there is none.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Rate, Reason};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::number;

/// A figure with its name, as facts and tiles show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fact {
    pub(crate) name: String,
    /// The figure's definition in a line.
    pub(crate) explained: &'static str,
    pub(crate) shown: String,
    /// The exact value, or why there is none.
    pub(crate) exact: String,
    pub(crate) direction: &'static str,
    pub(crate) more: Option<String>,
    /// An amount, which privacy hides.
    pub(crate) amount: bool,
}

impl Fact {
    pub(crate) fn unknown(name: impl Into<String>, explained: &'static str, reason: &Reason) -> Self {
        Self {
            name: name.into(),
            explained,
            shown: "n/a".to_owned(),
            exact: reason.to_string(),
            direction: "flat",
            more: Some(reason.to_string()),
            amount: false,
        }
    }

    /// An amount, coloured by its sign when it is a gain or loss.
    pub(crate) fn money(
        name: impl Into<String>,
        explained: &'static str,
        amount: &Figure<Decimal>,
        currency: Currency,
        is_change: bool,
    ) -> Self {
        match amount {
            Err(reason) => Self::unknown(name, explained, reason),
            Ok(amount) => Self {
                name: name.into(),
                explained,
                shown: if is_change {
                    number::money_change(*amount, currency)
                } else {
                    number::money(*amount, currency)
                },
                exact: exact_money(*amount, currency),
                direction: if is_change { number::direction_of(*amount) } else { "" },
                more: None,
                amount: true,
            },
        }
    }

    /// A rate of return.
    pub(crate) fn rate(name: impl Into<String>, explained: &'static str, rate: &Figure<f64>) -> Self {
        match rate {
            Err(reason) => Self::unknown(name, explained, reason),
            Ok(rate) => Self {
                name: name.into(),
                explained,
                shown: number::percent_change(*rate),
                exact: rate.to_string(),
                direction: "",
                more: None,
                amount: false,
            },
        }
    }

    pub(crate) fn with_more(mut self, more: impl Into<String>) -> Self {
        if self.exact != self.more.clone().unwrap_or_default() || self.shown != "n/a" {
            self.more = Some(more.into());
        }
        self
    }
}

/// `608955.68510578082 USD`
pub(crate) fn exact_money(amount: Decimal, currency: Currency) -> String {
    format!("{} {currency}", amount.normalize())
}

/// The rate to show of a money-weighted return, with the words that say which it is.
pub(crate) fn headline(rate: &Rate) -> (f64, &'static str) {
    let words = match (rate.is_annual(), rate.ambiguous) {
        (true, false) => "a year",
        (true, true) => "a year; several rates fit",
        (false, false) => "since the start, not annualised",
        (false, true) => "since the start; several rates fit",
    };
    (rate.headline(), words)
}

/// A table cell: what is shown, what it sorts by, its direction, and words on hover.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cell {
    pub(crate) shown: String,
    /// Empty where unknown, which sorts last.
    pub(crate) sort: String,
    pub(crate) direction: &'static str,
    pub(crate) title: String,
    pub(crate) more: String,
}

impl Cell {
    pub(crate) fn unknown(reason: &(impl ToString + ?Sized)) -> Self {
        Self {
            shown: number::UNKNOWN.to_owned(),
            sort: String::new(),
            direction: "flat",
            title: reason.to_string(),
            more: String::new(),
        }
    }

    pub(crate) fn plain(shown: String, sort: Decimal) -> Self {
        Self {
            shown,
            sort: sort.normalize().to_string(),
            direction: "",
            title: sort.normalize().to_string(),
            more: String::new(),
        }
    }

    /// A known figure through `show`, or the dash with its reason.
    pub(crate) fn of<T>(figure: &Figure<T>, show: impl FnOnce(&T) -> Self) -> Self {
        match figure {
            Ok(known) => show(known),
            Err(reason) => Self::unknown(reason),
        }
    }

    pub(crate) fn amount(figure: &Figure<Decimal>, currency: Currency) -> Self {
        Self::of(figure, |amount| Self {
            title: exact_money(*amount, currency),
            ..Self::plain(number::amount(*amount, currency), *amount)
        })
    }

    pub(crate) fn gain(figure: &Figure<Decimal>, rate: &Figure<f64>, currency: Currency) -> Self {
        Self::of(figure, |amount| Self {
            direction: number::direction_of(*amount),
            title: exact_money(*amount, currency),
            more: rate
                .as_ref()
                .map_or_else(|_| number::UNKNOWN.to_owned(), |rate| number::percent_change(*rate)),
            ..Self::plain(number::amount_change(*amount, currency), *amount)
        })
    }

    pub(crate) fn rate(figure: &Figure<f64>) -> Self {
        Self::of(figure, |rate| Self {
            shown: number::percent_change(*rate),
            sort: rate.to_string(),
            direction: number::direction(*rate),
            title: rate.to_string(),
            more: String::new(),
        })
    }
}
