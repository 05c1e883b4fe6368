//! Figures of views in the words of whoever reads them.

use bellwether_domain::PortfolioId;
use bellwether_portfolio::derivation::{Number, Unit};
use bellwether_texts::{Locale, Sentence, UNKNOWN, direction_of};
use bellwether_tracker::views::FigureShown;
use bellwether_tracker::{View, reason};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::Serialize;

use super::ranges::{query, segment};

/// Decimals of a rate between currencies, and of a plain number.
const RATE_DECIMALS: u32 = 6;
const NUMBER_DECIMALS: u32 = 2;

/// Who reads a view of a portfolio.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) locale: Locale,
    portfolio: PortfolioId,
    /// What keeps the view in an address.
    query: String,
}

/// A figure, as the templates' components take it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Told {
    pub(crate) shown: String,
    /// The exact value, or why there is none.
    pub(crate) title: String,
    /// `up`, `down` or `flat` for a gain or loss; empty for what has no good and bad.
    pub(crate) direction: &'static str,
    /// What it sorts by; empty where unknown, which sorts last.
    pub(crate) sort: String,
    /// The name by which its derivation is asked for; empty where nothing is derived.
    pub(crate) figure: String,
    /// Where its derivation is.
    pub(crate) derivation: String,
    /// An amount, which privacy hides.
    pub(crate) amount: bool,
    pub(crate) is_known: bool,
}

impl Reader {
    pub(crate) fn new(locale: Locale, portfolio: PortfolioId, view: &View) -> Self {
        Self { locale, portfolio, query: query(view, view.range) }
    }

    /// What keeps the view in an address.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// The address of a page within the portfolio, seen through the same view.
    pub(crate) fn within(&self, place: &str) -> String {
        format!("/portfolio/{}/{place}{}", self.portfolio, self.query)
    }

    /// Where programs find the same.
    pub(crate) fn for_programs(&self, place: &str) -> String {
        format!("/api/v1/portfolios/{}/{place}{}", self.portfolio, self.query)
    }

    /// The same of a page that has a query of its own.
    pub(crate) fn alone_within(&self, place: &str) -> String {
        format!("/portfolio/{}/{place}", self.portfolio)
    }

    /// Where the derivation of a figure is.
    pub(crate) fn derivation(&self, figure: &str) -> String {
        self.within(&format!("derivations/{}", segment(figure)))
    }

    /// A figure without good and bad: a value, a cost, a share.
    pub(crate) fn figure(&self, figure: &FigureShown) -> Told {
        self.told(figure, false)
    }

    /// A gain or a loss: with its sign, and coloured by it.
    pub(crate) fn change(&self, figure: &FigureShown) -> Told {
        self.told(figure, true)
    }

    /// An amount with its currency, for where it stands alone.
    pub(crate) fn alone(&self, figure: &FigureShown) -> Told {
        let mut told = self.told(figure, false);
        if let (Some(amount), Unit::Money(currency)) = (decimal(figure), figure.unit) {
            told.shown = self.locale.money(amount, currency);
        }
        told
    }

    /// A gain or a loss with its currency, for where it stands alone.
    pub(crate) fn change_alone(&self, figure: &FigureShown) -> Told {
        let mut told = self.told(figure, true);
        if let (Some(amount), Unit::Money(currency)) = (decimal(figure), figure.unit) {
            told.shown = self.locale.money_change(amount, currency);
        }
        told
    }

    /// A difference of two shares, in points.
    pub(crate) fn points(&self, figure: &FigureShown) -> Told {
        let mut told = self.told(figure, true);
        if let Ok(number) = &figure.value {
            let points = self.locale.points_change(as_float(number));
            told.shown = self.locale.say(&Sentence::new("unit.points").with("points", points));
        }
        told
    }

    fn told(&self, figure: &FigureShown, is_change: bool) -> Told {
        let name = figure.name.clone().unwrap_or_default();
        let told = Told {
            derivation: if name.is_empty() { String::new() } else { self.derivation(&name) },
            figure: name,
            ..Told::default()
        };
        match &figure.value {
            Err(why) => Told {
                shown: UNKNOWN.to_owned(),
                title: self.locale.say(&reason(why)),
                direction: "flat",
                ..told
            },
            Ok(number) => Told {
                shown: self.number(number, figure.unit, is_change),
                title: exact(figure),
                sort: figure.digits().unwrap_or_default(),
                direction: if is_change { direction(number, figure.unit) } else { "" },
                amount: matches!(figure.unit, Unit::Money(_) | Unit::Shares),
                is_known: true,
                ..told
            },
        }
    }

    /// A number in its unit.
    pub(crate) fn number(&self, number: &Number, unit: Unit, is_change: bool) -> String {
        let locale = self.locale;
        if unit == Unit::Fraction {
            let share = as_float(number);
            return if is_change { locale.percent_change(share) } else { locale.percent(share) };
        }
        let Some(number) = as_decimal(number) else { return UNKNOWN.to_owned() };
        match unit {
            Unit::Money(currency) if is_change => locale.amount_change(number, currency),
            Unit::Money(currency) => locale.amount(number, currency),
            Unit::PerShare(currency) => locale.price(number.round_dp(4), currency),
            Unit::Shares => locale.quantity(number),
            Unit::ExchangeRate { .. } => locale.number(number, RATE_DECIMALS),
            Unit::Number | Unit::Fraction => locale.number(number, NUMBER_DECIMALS),
        }
    }
}

/// Every digit with its unit.
pub(crate) fn exact(figure: &FigureShown) -> String {
    let digits = figure.digits().unwrap_or_default();
    match figure.unit {
        Unit::Money(currency) => format!("{digits} {currency}"),
        Unit::PerShare(currency) => format!("{digits} {currency}/share"),
        Unit::ExchangeRate { from, to } => format!("{digits} {to}/{from}"),
        Unit::Shares | Unit::Fraction | Unit::Number => digits,
    }
}

fn decimal(figure: &FigureShown) -> Option<Decimal> {
    figure.value.as_ref().ok().and_then(as_decimal)
}

fn as_decimal(number: &Number) -> Option<Decimal> {
    match number {
        Number::Exact(number) => Some(*number),
        Number::Float(number) => Decimal::from_f64(*number),
    }
}

fn as_float(number: &Number) -> f64 {
    match number {
        Number::Exact(number) => {
            use rust_decimal::prelude::ToPrimitive as _;
            number.to_f64().unwrap_or(f64::NAN)
        }
        Number::Float(number) => *number,
    }
}

fn direction(number: &Number, unit: Unit) -> &'static str {
    match number {
        Number::Exact(amount) if unit != Unit::Fraction => direction_of(*amount),
        number if unit == Unit::Fraction => bellwether_texts::direction(as_float(number)),
        number => as_decimal(number).map_or("flat", direction_of),
    }
}
