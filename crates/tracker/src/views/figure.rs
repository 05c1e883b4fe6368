//! A figure as pages and programs are told it.

use bellwether_domain::Currency;
use bellwether_portfolio::derivation::{Number, Unit};
use bellwether_portfolio::{Figure, FigureName};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A figure with what it is counted in, and the name by which its derivation is asked for.
///
/// Written down it is `{"value": "170.12", "unit": "USD", "figure": "portfolio:value"}`: every digit of amounts, rates as
/// fractions by their shortest text; where it is not known, `value` is null and there is a `reason`.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureShown {
    /// The figure, or why there is none.
    pub value: Figure<Number>,
    /// What it is counted in.
    pub unit: Unit,
    /// The text of its name; `None` where nothing is derived.
    pub name: Option<String>,
}

impl FigureShown {
    /// An exact figure.
    pub fn exact(value: &Figure<Decimal>, unit: Unit, name: impl Into<Option<FigureName>>) -> Self {
        Self { value: value.clone().map(Number::Exact), unit, name: text(name) }
    }

    /// An amount of money.
    pub fn money(value: &Figure<Decimal>, currency: Currency, name: impl Into<Option<FigureName>>) -> Self {
        Self::exact(value, Unit::Money(currency), name)
    }

    /// A figure in binary.
    pub fn float(value: Figure<f64>, unit: Unit, name: impl Into<Option<FigureName>>) -> Self {
        Self { value: value.map(Number::Float), unit, name: text(name) }
    }

    /// A rate: 0.1 is 10 %.
    pub fn rate(value: Figure<f64>, name: impl Into<Option<FigureName>>) -> Self {
        Self::float(value, Unit::Fraction, name)
    }

    /// It as a number to compare and draw with; `None` where it is not known.
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            Ok(Number::Exact(number)) => number.to_f64(),
            Ok(Number::Float(number)) => Some(*number),
            Err(_) => None,
        }
    }

    /// The same under the text of a name.
    #[must_use]
    pub(super) fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// Every digit of it; `None` where it is not known.
    pub fn digits(&self) -> Option<String> {
        match self.value {
            Ok(Number::Exact(number)) => Some(number.normalize().to_string()),
            // The shortest that leads back to the same bits.
            Ok(Number::Float(number)) => Some(number.to_string()),
            Err(_) => None,
        }
    }
}

fn text(name: impl Into<Option<FigureName>>) -> Option<String> {
    name.into().map(|name| name.to_string())
}

/// A unit in a word: `USD`, `shares`, `USD/share`, `USD/EUR`, `fraction` or `number`.
fn word(unit: Unit) -> String {
    match unit {
        Unit::Money(currency) => currency.to_string(),
        Unit::Shares => "shares".to_owned(),
        Unit::PerShare(currency) => format!("{currency}/share"),
        Unit::ExchangeRate { from, to } => format!("{to}/{from}"),
        Unit::Fraction => "fraction".to_owned(),
        Unit::Number => "number".to_owned(),
    }
}

impl Serialize for FigureShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.digits())?;
        map.serialize_entry("unit", &word(self.unit))?;
        if let Err(reason) = &self.value {
            map.serialize_entry("reason", &reason.to_string())?;
        }
        if let Some(name) = &self.name {
            map.serialize_entry("figure", name)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use bellwether_portfolio::{PortfolioFigure, Reason};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_figure_is_written_with_all_its_digits_its_unit_and_its_name() {
        let name = FigureName::Portfolio(PortfolioFigure::Value);
        let amount = Ok("170.1200".parse().expect("a number"));
        let known = FigureShown::money(&amount, Currency::USD, name.clone());
        let told = json!({ "value": "170.12", "unit": "USD", "figure": "portfolio:value" });
        assert_eq!(json!(known), told);
        let rate = FigureShown::rate(Ok(0.1 + 0.2), None);
        assert_eq!(json!(rate), json!({ "value": "0.30000000000000004", "unit": "fraction" }));
        let unknown = FigureShown::rate(Err(Reason::NotHeld), name);
        let told = json!({
            "value": null, "unit": "fraction", "reason": "nothing is held", "figure": "portfolio:value",
        });
        assert_eq!(json!(unknown), told);
    }
}
