//! Symbols as American brokers write them.

use bellwether_domain::Symbol;

use crate::Reason;
use crate::ticker::read_symbol;

/// Reads a symbol as American brokers write it: share classes after a slash, a point or a blank. Options, and what has a
/// number instead of a symbol, are said to be what they are.
pub(crate) fn american_symbol(cell: &str) -> Result<Symbol, Reason> {
    let upper = cell.trim().to_ascii_uppercase();
    if is_option(&upper) {
        return Err(Reason::Unsupported { what: "options" });
    }
    if is_cusip(&upper) {
        return Err(Reason::Unsupported {
            what: "what has a CUSIP and no symbol, such as a bond or a bill,",
        });
    }
    // Written without their mark by two of the brokers, and no other companies are called so.
    if let "BRKA" | "BRKB" | "BFA" | "BFB" = upper.as_str() {
        let (root, class) = upper.split_at(upper.len() - 1);
        return read_symbol(&format!("{root}-{class}"));
    }
    let class = upper.split_once(['/', '.', ' ']).filter(|(root, class)| {
        let letters = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase());
        letters(root) && letters(class) && class.len() <= 4
    });
    match class {
        Some((root, class)) if class.len() == 1 || !cell.contains('.') => {
            // Preferred shares: BAC/PRK, where the quote's source says BAC-PK.
            let class = class
                .strip_prefix("PR")
                .filter(|series| series.len() == 1)
                .map_or_else(|| class.to_owned(), |series| format!("P{series}"));
            read_symbol(&format!("{root}-{class}"))
        }
        _ => read_symbol(&upper),
    }
}

/// `-AAPL240119C150`, `AAPL  240119C00150000`, `AAPL 01/19/2024 150.00 C`, `AAPL Jan 19 '24 $150 Call`.
fn is_option(upper: &str) -> bool {
    if upper.split_whitespace().any(|word| matches!(word, "CALL" | "PUT")) {
        return true;
    }
    let words: Vec<&str> = upper.split_whitespace().collect();
    if let [_, date, strike, "C" | "P"] = words[..] {
        return date.contains('/') && strike.bytes().any(|b| b.is_ascii_digit());
    }
    let packed: String = upper.trim_start_matches('-').chars().filter(|c| !c.is_whitespace()).collect();
    let root = packed.bytes().take_while(u8::is_ascii_uppercase).count();
    let Some(rest) = packed.get(root..).filter(|_| (1..=6).contains(&root)) else { return false };
    let bytes = rest.as_bytes();
    bytes.len() >= 8
        && bytes[..6].iter().all(u8::is_ascii_digit)
        && matches!(bytes[6], b'C' | b'P')
        && bytes[7..].iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

/// Nine characters of which the last is the right check digit.
fn is_cusip(upper: &str) -> bool {
    let bytes = upper.as_bytes();
    if bytes.len() != 9 || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let value = |b: u8| u32::from(if b.is_ascii_digit() { b - b'0' } else { b - b'A' + 10 });
    let sum: u32 = bytes[..8]
        .iter()
        .enumerate()
        .map(|(place, b)| value(*b) * (1 + u32::from(place % 2 == 1)))
        .map(|product| product / 10 + product % 10)
        .sum();
    bytes[8].is_ascii_digit() && value(bytes[8]) == (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_classes_are_spelled_as_the_prices_are() {
        let read = |cell| american_symbol(cell).map(String::from);
        for (cell, symbol) in [
            ("AAPL", "AAPL"),
            ("brk.b", "BRK-B"),
            ("BRK/B", "BRK-B"),
            ("BRK B", "BRK-B"),
            ("BRKB", "BRK-B"),
            ("BAC/PRK", "BAC-PK"),
            ("SHOP.TO", "SHOP.TO"),
            ("XYZ/WS", "XYZ-WS"),
            ("SPAXX", "SPAXX"),
        ] {
            assert_eq!(read(cell), Ok(symbol.to_owned()), "{cell}");
        }
    }

    #[test]
    fn options_and_numbered_securities_are_not_taken_for_shares() {
        for cell in [
            "-AAPL240119C150",
            "AAPL  240119C00150000",
            "AAPL 01/19/2024 150.00 C",
            "AAPL Jan 19 '24 $150 Call",
            "-SPXW251219P5800.5",
        ] {
            assert_eq!(american_symbol(cell), Err(Reason::Unsupported { what: "options" }), "{cell}");
        }
        for cell in ["912797GK7", "037833100", "91282CJL6"] {
            assert!(matches!(american_symbol(cell), Err(Reason::Unsupported { .. })), "{cell}");
        }
        assert!(american_symbol("037833101").is_ok(), "the check digit is another");
        assert!(american_symbol("=1+1").is_err());
    }
}
