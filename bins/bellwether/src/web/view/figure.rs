//! Single figures in words: what is shown, the exact value on hover, the direction, or why there is none.

use bellwether_domain::Currency;
use bellwether_portfolio::{Figure, Rate, Reason};
use bellwether_texts::{Locale, Sentence, UNKNOWN, direction, direction_of};
use bellwether_tracker::reason;
use rust_decimal::Decimal;
use serde::Serialize;

/// Marks the cell of an unknown fact.
const UNKNOWN_FACT: &str = ":unknown";

/// A figure with its name, as facts and tiles show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fact {
    /// Its title is the figure's definition in a line.
    pub(crate) name: Cell,
    pub(crate) figure: Cell,
    /// An amount, which privacy hides.
    pub(crate) amount: bool,
    /// The name by which its derivation is asked for.
    derived: String,
}

impl Fact {
    /// A figure under a name of its own; `key` names its cell.
    fn new(key: &'static str, name: impl Into<String>, explained: String, figure: Cell) -> Self {
        let name = Cell { shown: name.into(), title: explained, ..Cell::default() };
        Self {
            name: name.named(format!("{key}:name")),
            figure: figure.named(key.to_owned()),
            amount: false,
            derived: String::new(),
        }
    }

    pub(crate) fn unknown(
        locale: Locale,
        key: &'static str,
        name: impl Into<String>,
        explained: String,
        reason: &Reason,
    ) -> Self {
        let unknown = Cell::unknown(locale, reason);
        let figure = Cell { shown: locale.text("dashboard.unknown"), more: unknown.title.clone(), ..unknown };
        // It has another shape than a known one, so that no cell of that can be put in its place.
        let mut fact = Self::new(key, name, explained, figure);
        fact.figure.name.push_str(UNKNOWN_FACT);
        fact
    }

    /// An amount, coloured by its sign when it is a gain or loss.
    pub(crate) fn money(
        locale: Locale,
        key: &'static str,
        name: impl Into<String>,
        explained: String,
        amount: &Figure<Decimal>,
        currency: Currency,
        is_change: bool,
    ) -> Self {
        match amount {
            Err(reason) => Self::unknown(locale, key, name, explained, reason),
            Ok(amount) => {
                let figure = Cell {
                    shown: if is_change {
                        locale.money_change(*amount, currency)
                    } else {
                        locale.money(*amount, currency)
                    },
                    title: exact_money(*amount, currency),
                    direction: if is_change { direction_of(*amount) } else { "" },
                    ..Cell::default()
                };
                Self { amount: true, ..Self::new(key, name, explained, figure) }
            }
        }
    }

    /// A rate of return.
    pub(crate) fn rate(
        locale: Locale,
        key: &'static str,
        name: impl Into<String>,
        explained: String,
        rate: &Figure<f64>,
    ) -> Self {
        match rate {
            Err(reason) => Self::unknown(locale, key, name, explained, reason),
            Ok(rate) => {
                let shown = locale.percent_change(*rate);
                let figure = Cell { shown, title: rate.to_string(), ..Cell::default() };
                Self::new(key, name, explained, figure)
            }
        }
    }

    /// The same with the name of its derivation.
    #[must_use]
    pub(crate) fn derived_as(mut self, name: impl Into<String>) -> Self {
        self.derived = name.into();
        self
    }

    /// Words beside a known figure; beside an unknown one stands why.
    pub(crate) fn with_more(mut self, more: impl Into<String>) -> Self {
        if !self.figure.name.ends_with(UNKNOWN_FACT) {
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
pub(crate) fn headline(rate: &Rate) -> (f64, Sentence) {
    let words = match (rate.is_annual(), rate.ambiguous) {
        (true, false) => "fact.a_year",
        (true, true) => "fact.a_year_ambiguous",
        (false, false) => "fact.since_start",
        (false, true) => "fact.since_start_ambiguous",
    };
    (rate.headline(), Sentence::new(words))
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

    /// The dash, with the reason on hover.
    pub(crate) fn unknown(locale: Locale, why: &Reason) -> Self {
        Self::unknown_as(locale.say(&reason(why)))
    }

    /// The same for a reason in words.
    pub(crate) fn unknown_as(title: String) -> Self {
        Self { shown: UNKNOWN.to_owned(), direction: "flat", title, ..Self::default() }
    }

    pub(crate) fn plain(shown: String, sort: Decimal) -> Self {
        let sort = sort.normalize().to_string();
        Self { shown, title: sort.clone(), sort, ..Self::default() }
    }

    /// A known figure through `show`, or the dash with its reason.
    pub(crate) fn of<T>(locale: Locale, figure: &Figure<T>, show: impl FnOnce(&T) -> Self) -> Self {
        match figure {
            Ok(known) => show(known),
            Err(reason) => Self::unknown(locale, reason),
        }
    }

    pub(crate) fn amount(locale: Locale, figure: &Figure<Decimal>, currency: Currency) -> Self {
        Self::of(locale, figure, |amount| Self {
            title: exact_money(*amount, currency),
            ..Self::plain(locale.amount(*amount, currency), *amount)
        })
    }

    pub(crate) fn gain(
        locale: Locale,
        figure: &Figure<Decimal>,
        rate: &Figure<f64>,
        currency: Currency,
    ) -> Self {
        Self::of(locale, figure, |amount| Self {
            direction: direction_of(*amount),
            title: exact_money(*amount, currency),
            more: rate.as_ref().map_or_else(|_| UNKNOWN.to_owned(), |rate| locale.percent_change(*rate)),
            ..Self::plain(locale.amount_change(*amount, currency), *amount)
        })
    }

    /// A difference of two rates, in points.
    pub(crate) fn points(locale: Locale, points: f64) -> Self {
        let shown = Sentence::new("unit.points").with("points", locale.points_change(points));
        Self {
            shown: locale.say(&shown),
            sort: points.to_string(),
            direction: direction(points),
            title: points.to_string(),
            ..Self::default()
        }
    }

    pub(crate) fn rate(locale: Locale, figure: &Figure<f64>) -> Self {
        Self::of(locale, figure, |rate| Self {
            shown: locale.percent_change(*rate),
            sort: rate.to_string(),
            direction: direction(*rate),
            title: rate.to_string(),
            ..Self::default()
        })
    }
}
