//! Yahoo's spellings of symbols, and addresses made of them.

use bellwether_domain::Symbol;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what an address may hold as it is.
pub(super) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The symbol as part of a path or a query.
pub(super) fn escaped(symbol: &Symbol) -> String {
    utf8_percent_encode(symbol.as_str(), ESCAPED).to_string()
}

/// The symbols as one parameter. Commas are let through unescaped.
pub(super) fn escaped_list(symbols: &[Symbol]) -> String {
    symbols.iter().map(escaped).collect::<Vec<_>>().join(",")
}

/// One spelling for all that mean the same: upper case, and `EUR=X` for `USDEUR=X`.
pub(super) fn canonical(spelling: &str) -> String {
    let spelling = spelling.trim().to_ascii_uppercase();
    match spelling.strip_prefix("USD") {
        Some(other) if other.len() == 5 && other.ends_with("=X") => other.to_owned(),
        _ => spelling,
    }
}

/// Whether an answered symbol is the one that was asked for.
pub(super) fn is_same(answered: &str, asked: &Symbol) -> bool {
    canonical(answered) == canonical(asked.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> Symbol {
        text.parse().expect("a symbol")
    }

    #[test]
    fn what_an_address_cannot_hold_is_escaped() {
        let symbols = ["^GSPC", "EURUSD=X", "M&M.NS", "BRK-B"].map(symbol);
        assert_eq!(escaped_list(&symbols), "%5EGSPC,EURUSD%3DX,M%26M.NS,BRK-B");
    }

    #[test]
    fn the_dollar_may_be_left_out_of_a_pair() {
        assert!(is_same("EUR=X", &symbol("USDEUR=X")));
        assert!(is_same("USDEUR=X", &symbol("EUR=X")));
        assert!(is_same("inr=x", &symbol("USDINR=X")));
        assert!(!is_same("EUR=X", &symbol("EURUSD=X")));
        assert!(!is_same("USD=X", &symbol("USDUSD.DE")));
        assert!(!is_same("AAPL", &symbol("AAPL.MX")));
    }
}
