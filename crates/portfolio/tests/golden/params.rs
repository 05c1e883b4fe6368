//! The conventions that a case names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::number::Number;

/// What crosses the border of what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Purchases go in, sales and dividends come out.
    Holdings,
    /// Deposits and withdrawals, with the cash.
    Portfolio,
}

/// A rate per period, the same for all or each its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PerPeriod {
    Constant(f64),
    Dated(Vec<f64>),
}

/// All that a case says about conventions, by name.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Params(BTreeMap<String, Box<RawValue>>);

/// Names that this runner understands. `flow_timing` and `no_daily` tell how the source computed.
const KNOWN: [&str; 16] = [
    "avg_scope",
    "benchmark",
    "day_count",
    "fifo_scope",
    "flow_timing",
    "mar_per_period",
    "no_daily",
    "periods_per_year",
    "rate",
    "rebase_lots_at_start",
    "risk_free_per_period",
    "same_day",
    "scope",
    "tax",
    "year_days",
    "years",
];

impl Params {
    /// Names that mean nothing here.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| !KNOWN.contains(name))
    }

    /// A convention that the library does not offer.
    pub(crate) fn not_offered(&self) -> Option<String> {
        let offered: [(&str, &[&str]); 5] = [
            ("day_count", &["act/365f"]),
            ("fifo_scope", &["account", "portfolio"]),
            ("avg_scope", &["portfolio"]),
            ("tax", &["exclude", "include"]),
            ("same_day", &["inflows-first", "recorded"]),
        ];
        offered.iter().find_map(|(name, words)| {
            let word = self.word(name)?;
            (!words.contains(&word.as_str())).then(|| format!("{name} {word} is not offered"))
        })
    }

    pub(crate) fn scope(&self) -> Result<Option<Scope>, String> {
        match self.word("scope").as_deref() {
            None | Some("none") => Ok(None),
            Some("holdings") => Ok(Some(Scope::Holdings)),
            Some("portfolio") => Ok(Some(Scope::Portfolio)),
            Some(other) => Err(format!("scope {other} is unknown")),
        }
    }

    pub(crate) fn word(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    pub(crate) fn is(&self, name: &str, word: &str) -> bool {
        self.word(name).as_deref() == Some(word)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|raw| raw.get() == "true")
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        serde_json::from_str::<Number>(self.0.get(name)?.get()).ok().map(|number| number.float())
    }

    pub(crate) fn per_period(&self, name: &str) -> Option<PerPeriod> {
        let raw = self.0.get(name)?.get();
        if let Ok(rates) = serde_json::from_str::<Vec<Number>>(raw) {
            return Some(PerPeriod::Dated(rates.iter().map(Number::float).collect()));
        }
        self.number(name).map(PerPeriod::Constant)
    }
}
