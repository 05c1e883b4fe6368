//! From an instrument as a broker names it to its symbol.
//!
//! Brokers name instruments by ISIN, by a ticker without its exchange, or by words. A symbol is taken from that only
//! where one alone can be meant; else the person is asked once, and the answer counts for all rows.

use std::borrow::Cow;

use bellwether_domain::{Currency, Symbol};

use crate::ticker::{is_no_ticker, read_symbol};
use crate::verdict::shortened;
use crate::{ReadOptions, Reason};

/// An instrument as a file names it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Instrument<'a> {
    pub(crate) isin: &'a str,
    pub(crate) ticker: &'a str,
    pub(crate) name: &'a str,
    /// Where it is listed, in the words of the broker.
    pub(crate) exchange: &'a str,
    /// What it is quoted in.
    pub(crate) currency: Option<Currency>,
    /// Whether the ticker is the symbol itself, with the end that tells its exchange.
    pub(crate) is_symbol: bool,
}

impl Instrument<'_> {
    /// Its symbol: the one that was chosen for it, else the one that its listing has.
    pub(crate) fn symbol(&self, options: &ReadOptions) -> Result<Symbol, Reason> {
        let names = [self.isin, self.ticker, self.name];
        if let Some(chosen) = names.iter().find_map(|name| options.symbols.get(name.trim())) {
            return Ok(chosen.clone());
        }
        if let Some(listed) = self.listed() {
            return read_symbol(&listed);
        }
        match names.into_iter().find(|name| !is_no_ticker(name.trim())) {
            None => Err(Reason::Missing { field: "the symbol" }),
            Some(key) => {
                let known =
                    [self.ticker, self.name].into_iter().find(|name| !name.is_empty() && *name != key);
                Err(Reason::WhichSymbol {
                    instrument: shortened(key.trim()),
                    known_as: shortened(known.unwrap_or_default()),
                })
            }
        }
    }

    /// The symbol that only one listing has.
    fn listed(&self) -> Option<String> {
        let ticker = self.ticker.trim();
        if is_no_ticker(ticker) || is_isin(ticker) {
            return None;
        }
        if self.is_symbol {
            return Some(ticker.to_owned());
        }
        if !self.exchange.is_empty() {
            return at_exchange(ticker, self.exchange);
        }
        let (currency, country) = (self.currency?, self.isin.get(..2).unwrap_or_default());
        let end = match (currency.as_str(), country) {
            // Funds of these countries are quoted in dollars in London, and shares of companies there in New York.
            ("USD", "IE" | "LU" | "JE" | "GG" | "GB" | "DE" | "FR" | "XS" | "CH") => return None,
            ("USD", _) => "",
            ("GBP", _) => ".L",
            ("AUD", _) => ".AX",
            ("HKD", _) => ".HK",
            ("JPY", _) => ".T",
            ("SEK", _) => ".ST",
            ("NOK", _) => ".OL",
            ("DKK", _) => ".CO",
            ("CHF", "CH" | "LI") => ".SW",
            // Dollars of Canada and euros are quoted on several exchanges.
            _ => return None,
        };
        Some(with_end(ticker, end))
    }
}

/// Whether a text has the form of an International Securities Identification Number.
pub(crate) fn is_isin(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 12
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..11].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && bytes[11].is_ascii_digit()
}

/// What most shares of an exchange are quoted in, by the codes of Interactive Brokers.
pub(crate) fn home_currency(exchange: &str) -> Option<&'static str> {
    Some(match end_at(exchange)? {
        "" => "USD",
        ".L" => "GBP",
        ".DE" | ".F" | ".SG" | ".PA" | ".AS" | ".BR" | ".LS" | ".MI" | ".MC" | ".VI" | ".HE" => "EUR",
        ".SW" => "CHF",
        ".ST" => "SEK",
        ".OL" => "NOK",
        ".CO" => "DKK",
        ".WA" => "PLN",
        ".PR" => "CZK",
        ".TO" | ".V" => "CAD",
        ".AX" => "AUD",
        ".HK" => "HKD",
        ".T" => "JPY",
        ".SI" => "SGD",
        ".KS" => "KRW",
        ".NS" => "INR",
        ".TA" => "ILS",
        ".JO" => "ZAR",
        ".MX" => "MXN",
        _ => return None,
    })
}

/// The symbol of a ticker at an exchange, by the codes of Interactive Brokers.
fn at_exchange(ticker: &str, exchange: &str) -> Option<String> {
    let end = end_at(exchange)?;
    // Shares that trade in several places carry a small letter for Germany: VOWd.
    let home =
        ticker.strip_suffix('d').filter(|home| end == ".DE" && home.bytes().all(|b| !b.is_ascii_lowercase()));
    Some(with_end(home.unwrap_or(ticker), end))
}

/// What the symbols of an exchange end with.
fn end_at(exchange: &str) -> Option<&'static str> {
    Some(match exchange {
        "NASDAQ" | "NYSE" | "ARCA" | "AMEX" | "BATS" | "PINK" | "IEX" | "NMS" | "SMART" | "VALUE"
        | "CBOE" | "NASDAQ.NMS" | "NASDAQ.SCM" => "",
        "LSE" | "LSEETF" => ".L",
        "IBIS" | "IBIS2" => ".DE",
        "FWB" | "FWB2" => ".F",
        "SWB" | "SWB2" => ".SG",
        "SBF" => ".PA",
        "AEB" => ".AS",
        "ENEXT.BE" => ".BR",
        "BVL" => ".LS",
        "BVME" | "BVME.ETF" => ".MI",
        "BM" => ".MC",
        "EBS" | "VIRTX" => ".SW",
        "VSE" => ".VI",
        "SFB" => ".ST",
        "OSE" => ".OL",
        "CPH" => ".CO",
        "HEX" => ".HE",
        "WSE" => ".WA",
        "PRA" => ".PR",
        "TSE" => ".TO",
        "VENTURE" => ".V",
        "ASX" => ".AX",
        "SEHK" => ".HK",
        "TSEJ" => ".T",
        "SGX" => ".SI",
        "KSE" => ".KS",
        "NSE" => ".NS",
        "TASE" => ".TA",
        "JSE" => ".JO",
        "MEXI" => ".MX",
        _ => return None,
    })
}

/// A ticker in the spelling that prices are asked for: classes of shares behind a hyphen, Hong Kong in four digits.
fn with_end(ticker: &str, end: &str) -> String {
    let ticker = ticker.trim_end_matches('.');
    // Some files name the exchange already.
    let ticker = if end.is_empty() { ticker } else { ticker.strip_suffix(end).unwrap_or(ticker) };
    let spelled: Cow<'_, str> = if ticker.contains([' ', '.', '/']) {
        Cow::Owned(ticker.replace([' ', '.', '/'], "-"))
    } else {
        Cow::Borrowed(ticker)
    };
    if end == ".HK" { format!("{spelled:0>4}{end}") } else { format!("{spelled}{end}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn options() -> ReadOptions {
        ReadOptions::new(Currency::EUR, chrono::NaiveDate::MAX)
    }

    fn symbol(instrument: Instrument<'_>) -> Result<String, String> {
        instrument.symbol(&options()).map(String::from).map_err(|reason| reason.to_string())
    }

    #[test]
    fn an_exchange_tells_the_symbol() {
        let at = |ticker, exchange| symbol(Instrument { ticker, exchange, ..Instrument::default() });
        assert_eq!(at("BRK B", "NYSE").as_deref(), Ok("BRK-B"));
        assert_eq!(at("BP.", "LSE").as_deref(), Ok("BP.L"));
        assert_eq!(at("VOWd", "IBIS").as_deref(), Ok("VOW.DE"));
        assert_eq!(at("5", "SEHK").as_deref(), Ok("0005.HK"));
        assert_eq!(at("9433.T", "TSEJ").as_deref(), Ok("9433.T"));
        assert!(at("XYZ", "MARS").is_err());
    }

    #[test]
    fn without_an_exchange_only_what_leaves_no_doubt_counts() {
        let quoted = |ticker, isin, currency: &str| {
            let currency = currency.parse().ok();
            symbol(Instrument { isin, ticker, currency, ..Instrument::default() })
        };
        assert_eq!(quoted("AAPL", "US0378331005", "USD").as_deref(), Ok("AAPL"));
        assert_eq!(quoted("VOD", "GB00BH4HKS39", "GBP").as_deref(), Ok("VOD.L"));
        let asked = quoted("VUAA", "IE00BFMXXD54", "USD").unwrap_err();
        assert!(asked.starts_with("which symbol is IE00BFMXXD54 (VUAA)?"), "{asked}");
        assert!(quoted("BMW", "DE0005190003", "EUR").is_err());
    }

    #[test]
    fn what_a_person_chose_counts_first() {
        let mut options = options();
        options.symbols.insert("IE00B3RBWM25".into(), "VWRL.AS".parse().expect("a symbol"));
        let fund = Instrument { isin: "IE00B3RBWM25", name: "VANGUARD FTSE AW", ..Instrument::default() };
        assert_eq!(fund.symbol(&options).map(String::from).ok().as_deref(), Some("VWRL.AS"));
        let nothing = Instrument::default().symbol(&options).unwrap_err();
        assert_eq!(nothing, Reason::Missing { field: "the symbol" });
    }

    #[test]
    fn isins_have_twelve_characters_and_a_digit_at_the_end() {
        assert!(is_isin("US0378331005"));
        for text in ["", "US037833100", "us0378331005", "US03783310055", "NLFLATEXACNT", "ÄS037833100"] {
            assert!(!is_isin(text), "{text}");
        }
    }
}
