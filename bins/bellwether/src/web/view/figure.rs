//! Single figures in words: what is shown, the exact value on hover, the direction, or why there is none.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Rate, Reason};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::number;

/// A figure with its name, as facts and tiles show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fact {
    /// Its title is the figure's definition in a line.
    pub(crate) name: Cell,
    pub(crate) figure: Cell,
    /// An amount, which privacy hides.
    pub(crate) amount: bool,
}

impl Fact {
    /// A figure under a name of its own; `key` names its cell.
    fn new(key: &'static str, name: impl Into<String>, explained: &'static str, figure: Cell) -> Self {
        let name = Cell { shown: name.into(), title: explained.to_owned(), ..Cell::default() };
        Self { name: name.named(format!("{key}:name")), figure: figure.named(key.to_owned()), amount: false }
    }

    pub(crate) fn unknown(
        key: &'static str,
        name: impl Into<String>,
        explained: &'static str,
        reason: &Reason,
    ) -> Self {
        let figure = Cell { shown: "n/a".to_owned(), more: reason.to_string(), ..Cell::unknown(reason) };
        // It has another shape than a known one, so that no cell of that can be put in its place.
        let mut fact = Self::new(key, name, explained, figure);
        fact.figure.name.push_str(":unknown");
        fact
    }

    /// An amount, coloured by its sign when it is a gain or loss.
    pub(crate) fn money(
        key: &'static str,
        name: impl Into<String>,
        explained: &'static str,
        amount: &Figure<Decimal>,
        currency: Currency,
        is_change: bool,
    ) -> Self {
        match amount {
            Err(reason) => Self::unknown(key, name, explained, reason),
            Ok(amount) => {
                let figure = Cell {
                    shown: if is_change {
                        number::money_change(*amount, currency)
                    } else {
                        number::money(*amount, currency)
                    },
                    title: exact_money(*amount, currency),
                    direction: if is_change { number::direction_of(*amount) } else { "" },
                    ..Cell::default()
                };
                Self { amount: true, ..Self::new(key, name, explained, figure) }
            }
        }
    }

    /// A rate of return.
    pub(crate) fn rate(
        key: &'static str,
        name: impl Into<String>,
        explained: &'static str,
        rate: &Figure<f64>,
    ) -> Self {
        match rate {
            Err(reason) => Self::unknown(key, name, explained, reason),
            Ok(rate) => {
                let shown = number::percent_change(*rate);
                let figure = Cell { shown, title: rate.to_string(), ..Cell::default() };
                Self::new(key, name, explained, figure)
            }
        }
    }

    /// Words beside a known figure; beside an unknown one stands why.
    pub(crate) fn with_more(mut self, more: impl Into<String>) -> Self {
        if self.figure.shown != "n/a" {
            self.figure.more = more.into();
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

/// A place of the page whose content changes while somebody looks: what is shown, what it sorts by, its direction, and
/// words on hover.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Cell {
    /// Its name on the page and in events; see [`super::cells`]. Empty for what never changes.
    #[serde(rename = "cell")]
    pub(crate) name: String,
    pub(crate) shown: String,
    /// Empty where unknown, which sorts last.
    pub(crate) sort: String,
    pub(crate) direction: &'static str,
    pub(crate) title: String,
    /// A second figure or words beside it.
    pub(crate) more: String,
}

impl Cell {
    /// The same under a name.
    #[must_use]
    pub(crate) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    pub(crate) fn unknown(reason: &(impl ToString + ?Sized)) -> Self {
        Self {
            shown: number::UNKNOWN.to_owned(),
            direction: "flat",
            title: reason.to_string(),
            ..Self::default()
        }
    }

    pub(crate) fn plain(shown: String, sort: Decimal) -> Self {
        let sort = sort.normalize().to_string();
        Self { shown, title: sort.clone(), sort, ..Self::default() }
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
            ..Self::default()
        })
    }
}
