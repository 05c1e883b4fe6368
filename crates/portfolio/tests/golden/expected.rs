//! What a case expects, and how exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::number::Number;

/// An expected figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// There must be no figure, but a reason.
    Undefined,
    Number(f64),
    /// Without the periods that have no value.
    List(Vec<f64>),
    Text(String),
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let parsed = match text.as_bytes().first() {
            Some(b'n') => Ok(Self::Undefined),
            Some(b'"') => serde_json::from_str(text).map(Self::Text),
            Some(b'[') => serde_json::from_str::<Vec<Option<Number>>>(text)
                .map(|numbers| Self::List(numbers.iter().flatten().map(Number::float).collect())),
            _ => serde_json::from_str::<Number>(text).map(|number| Self::Number(number.float())),
        };
        parsed.map_err(serde::de::Error::custom)
    }
}

/// Absolute, for all figures or by figure with `*` for the rest.
#[derive(Debug, Clone)]
pub(crate) struct Tolerance(BTreeMap<String, f64>);

impl Tolerance {
    pub(crate) fn of(&self, figure: &str) -> Result<f64, String> {
        let known = self.0.get(figure).or_else(|| self.0.get("*"));
        known.copied().ok_or_else(|| format!("no tolerance is given for {figure}"))
    }
}

impl<'de> Deserialize<'de> for Tolerance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let parsed = if raw.get().starts_with('{') {
            serde_json::from_str::<BTreeMap<String, Number>>(raw.get())
        } else {
            serde_json::from_str::<Number>(raw.get()).map(|all| BTreeMap::from([("*".to_owned(), all)]))
        };
        let by_figure = parsed.map_err(serde::de::Error::custom)?;
        Ok(Self(by_figure.into_iter().map(|(figure, number)| (figure, number.float())).collect()))
    }
}

/// What is recommended where others' figures differ.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Recommended {
    /// Of an equation for a rate.
    pub status: Option<Solution>,
    pub value: Option<Number>,
    /// The time-weighted return of the same data.
    pub twr: Option<Number>,
    /// Whether that return is the expected one; unless told, it is.
    pub matches_expected: Option<bool>,
}

/// How many rates solve an equation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Solution {
    Unique,
    Multiple,
    None,
    TotalLoss,
}
