//! Ticker symbols.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Currency;

/// A ticker as its exchange spells it: `AAPL`, `BRK-B`, `VOD.L`, `^GSPC`, `EURUSD=X`.
///
/// Upper-cased once, on the way in, so that two symbols compare by bytes; a clone is a reference count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(Arc<str>);

/// The text is no ticker symbol: empty, too long, or with characters that no venue uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a ticker symbol: use letters, digits and . - ^ = & only, at most {max} of them", max = Symbol::MAX_LEN)]
pub struct InvalidSymbol(String);

impl Symbol {
    /// The longest symbol that is accepted, in bytes.
    pub const MAX_LEN: usize = 24;

    /// The symbol of a currency pair in the one spelling that is used here, `EURUSD=X`: how much of `to` one `from` is
    /// worth. `None` when they are the same.
    pub fn of_pair(from: Currency, to: Currency) -> Option<Self> {
        (from != to).then(|| Self(format!("{from}{to}=X").into()))
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
        text.parse()
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
    fn json_carries_the_text_and_checks_it() {
        let symbol: Symbol = serde_json::from_str("\"^gspc\"").expect("a symbol");
        assert_eq!(serde_json::to_string(&symbol).expect("a text"), "\"^GSPC\"");
        assert!(serde_json::from_str::<Symbol>("\"\"").is_err());
    }
}
