//! Ticker symbols.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Currency;

/// What the symbol of an index of somebody's own begins with. No venue's does.
const OWN_INDEX: char = '=';

/// A ticker as its exchange spells it: `AAPL`, `BRK-B`, `VOD.L`, `^GSPC`, `EURUSD=X`.
///
/// Upper-cased once, on the way in, so that two symbols compare by bytes; a clone is a reference count.
///
/// An index of somebody's own stands where benchmarks stand under a symbol too, `=` and its identifier
/// ([`of_index`](Self::of_index)), which outlives its name. That is read back from what programs wrote, but not from
/// what people or files call an instrument: parsed from a text it is refused.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(Arc<str>);

/// The text is no ticker symbol: empty, too long, or with characters that no venue uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a ticker symbol: use letters, digits and . - ^ = & only, at most {max} of them", max = Symbol::MAX_LEN)]
pub struct InvalidSymbol(String);

impl InvalidSymbol {
    /// What was given in its place.
    pub fn given(&self) -> &str {
        &self.0
    }
}

impl Symbol {
    /// The longest symbol that is accepted, in bytes.
    pub const MAX_LEN: usize = 24;

    /// The symbol of a currency pair in the one spelling that is used here, `EURUSD=X`: how much of `to` one `from` is
    /// worth. `None` when they are the same.
    pub fn of_pair(from: Currency, to: Currency) -> Option<Self> {
        (from != to).then(|| Self(format!("{from}{to}=X").into()))
    }

    /// The symbol of an index of somebody's own.
    pub fn of_index(id: Uuid) -> Self {
        Self(format!("{OWN_INDEX}{:X}", id.simple()).into())
    }

    /// Which index of somebody's own it is the symbol of; `None` for an instrument.
    pub fn index(&self) -> Option<Uuid> {
        self.0.strip_prefix(OWN_INDEX).and_then(|id| Uuid::try_parse(id).ok())
    }

    /// The symbol in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = InvalidSymbol;

    fn from_str(text: &str) -> Result<Self, InvalidSymbol> {
        let ticker = text.trim().to_ascii_uppercase();
        let spelled = |b: u8| b.is_ascii_alphanumeric() || b"^.-=&".contains(&b);
        let named = ticker.bytes().any(|b| b.is_ascii_alphanumeric());
        if !named || ticker.len() > Self::MAX_LEN || !ticker.bytes().all(spelled) {
            return Err(InvalidSymbol(text.chars().take(40).collect()));
        }
        Ok(Self(ticker.into()))
    }
}

impl TryFrom<String> for Symbol {
    type Error = InvalidSymbol;

    fn try_from(text: String) -> Result<Self, InvalidSymbol> {
        let index = text.strip_prefix(OWN_INDEX).filter(|id| id.len() == uuid::fmt::Simple::LENGTH);
        match index.and_then(|id| Uuid::try_parse(id).ok()) {
            Some(id) => Ok(Self::of_index(id)),
            None => text.parse(),
        }
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0.as_ref().to_owned()
    }
}

impl std::borrow::Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Symbol {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_normalised_once() {
        assert_eq!(" brk-b ".parse::<Symbol>(), "BRK-B".parse());
        assert_eq!("m&m.ns".parse::<Symbol>().map(String::from), Ok("M&M.NS".to_owned()));
    }

    #[test]
    fn a_pair_is_named_by_its_currencies() {
        assert_eq!(Symbol::of_pair(Currency::EUR, Currency::USD), "EURUSD=X".parse().ok());
        assert_eq!(Symbol::of_pair(Currency::EUR, Currency::EUR), None);
    }

    #[test]
    fn what_no_venue_uses_is_refused() {
        for text in ["", "  ", "A B", "<script>", "^", "=-.", "AAPL;DROP", &"X".repeat(25), "ÄPL"] {
            assert!(text.parse::<Symbol>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_index_of_ones_own_has_a_symbol_that_nobody_can_type_for_an_instrument() {
        let id = "0190a8b1-32e4-7c55-9d10-3f0de7a1b2c3".parse().expect("an identifier");
        let symbol = Symbol::of_index(id);
        assert_eq!(symbol.as_str(), "=0190A8B132E47C559D103F0DE7A1B2C3");
        assert_eq!(symbol.index(), Some(id));
        assert!(symbol.as_str().parse::<Symbol>().is_err(), "it is no instrument");
        let json = serde_json::to_string(&symbol).expect("a text");
        assert_eq!(serde_json::from_str::<Symbol>(&json.to_lowercase()).ok(), Some(symbol));
        for other in ["VOO", "EURUSD=X", "=0190A8B1", "=ABC"] {
            let other = Symbol::try_from(other.to_owned()).expect("a symbol");
            assert_eq!(other.index(), None, "{other}");
        }
    }

    #[test]
    fn json_carries_the_text_and_checks_it() {
        let symbol: Symbol = serde_json::from_str("\"^gspc\"").expect("a symbol");
        assert_eq!(serde_json::to_string(&symbol).expect("a text"), "\"^GSPC\"");
        assert!(serde_json::from_str::<Symbol>("\"\"").is_err());
    }
}
