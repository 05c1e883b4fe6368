//! Names of figures and the suffixes they may have.

use std::collections::BTreeSet;

use bellwether_domain::{CostMethod, Symbol};

use crate::market::parsed;

/// A figure's name, taken apart: `AAPL/unrealised_fifo_net_pct`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    /// One holding; the total without.
    pub symbol: Option<Symbol>,
    /// What it is, without suffixes.
    pub stem: String,
    pub method: Option<CostMethod>,
    suffixes: BTreeSet<Suffix>,
}

/// What a suffix says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suffix {
    /// Without fees and taxes of the trades.
    Gross,
    /// In the currency of the price.
    Local,
    /// In relation to the cost.
    Percent,
    /// The part of it that the exchange rate made.
    CurrencyPart,
    /// At the exchange rate of the day.
    CurrentRate,
}

/// What has suffixes in any combination.
const STEMS: [&str; 5] = ["cost_basis", "unit_cost", "unrealised", "realised", "dividend_yield_on_cost"];

impl Name {
    pub(crate) fn parse(figure: &str) -> Result<Self, String> {
        let (symbol, figure) = match figure.rsplit_once('/') {
            Some((symbol, figure)) => (Some(parsed(symbol)?), figure),
            None => (None, figure),
        };
        let mut name = Self { symbol, stem: figure.to_owned(), method: None, suffixes: BTreeSet::new() };
        let Some((stem, suffixes)) = STEMS.iter().find_map(|stem| Some((*stem, figure.strip_prefix(stem)?)))
        else {
            if let Some(stem) = figure.strip_suffix("_local") {
                stem.clone_into(&mut name.stem);
                name.suffixes.insert(Suffix::Local);
            }
            return Ok(name);
        };
        stem.clone_into(&mut name.stem);
        let mut words = suffixes.split('_').filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            if let Some(method) = method(word) {
                name.method = Some(method);
                continue;
            }
            let suffix = match word {
                "net" => continue,
                "gross" => Suffix::Gross,
                "local" => Suffix::Local,
                "pct" => Suffix::Percent,
                "fx" if words.next() == Some("gain") => Suffix::CurrencyPart,
                "current" if words.next() == Some("fx") => Suffix::CurrentRate,
                _ => return Err(format!("{figure}: the suffix {word} is unknown")),
            };
            name.suffixes.insert(suffix);
        }
        Ok(name)
    }

    pub(crate) fn method(&self) -> CostMethod {
        self.method.unwrap_or(CostMethod::Fifo)
    }

    /// Whether it has a suffix.
    pub(crate) fn has(&self, suffix: Suffix) -> bool {
        self.suffixes.contains(&suffix)
    }

    /// Whether the name is exactly this word.
    pub(crate) fn is(&self, stem: &str) -> bool {
        self.stem == stem
    }
}

fn method(word: &str) -> Option<CostMethod> {
    Some(match word {
        "fifo" => CostMethod::Fifo,
        "lifo" => CostMethod::Lifo,
        "hifo" => CostMethod::HighestCost,
        "avg" => CostMethod::Average,
        _ => return None,
    })
}
