//! Numbers as the files spell them: exact as decimals, correctly rounded as floats.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A number by its text, so that reading it loses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number(String);

impl Number {
    pub(crate) fn decimal(&self) -> Result<Decimal, String> {
        let parsed = if self.0.contains(['e', 'E']) {
            // A power that no decimal can have is dust, or too large for it in any spelling.
            Decimal::from_scientific(&self.0).or_else(|_| format!("{:.28}", self.float()).parse())
        } else {
            self.0.parse()
        };
        parsed.map(|number| number.normalize()).map_err(|error| format!("{}: {error}", self.0))
    }

    pub(crate) fn float(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        number(raw.get()).map_err(serde::de::Error::custom)
    }
}

fn number(text: &str) -> Result<Number, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Number(text.to_owned())),
        _ => Err(format!("{text} is not a number")),
    }
}

/// An entry of a series of values, with or without a date.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub day: Option<chrono::NaiveDate>,
    pub value: f64,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let parsed = if text.starts_with('[') {
            serde_json::from_str::<(chrono::NaiveDate, Number)>(text)
                .map(|(day, value)| Self { day: Some(day), value: value.float() })
                .map_err(|error| error.to_string())
        } else {
            number(text).map(|value| Self { day: None, value: value.float() })
        };
        parsed.map_err(serde::de::Error::custom)
    }
}
