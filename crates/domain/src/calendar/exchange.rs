//! The venues, their codes and names, and which one a ticker belongs to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Symbol;

/// A market with its own days, hours and time zone.
///
/// It is written and stored as its [`code`](Exchange::code).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// The New York Stock Exchange; Nasdaq and the other American venues keep the same days.
    NewYork,
    /// The London Stock Exchange.
    London,
    /// Xetra, the electronic market in Frankfurt.
    Xetra,
    /// Euronext Paris; Brussels and Lisbon keep the same days and open at the same instants.
    Paris,
    /// Euronext Amsterdam.
    Amsterdam,
    /// Borsa Italiana, now Euronext Milan.
    Milan,
    /// Nasdaq Copenhagen.
    Copenhagen,
    /// Oslo Børs, now Euronext Oslo.
    Oslo,
    /// Nasdaq Stockholm.
    Stockholm,
    /// The Swiss exchange SIX.
    Zurich,
    /// The Toronto Stock Exchange and its venture exchange.
    Toronto,
    /// The Australian Securities Exchange.
    Sydney,
    /// The Stock Exchange of Hong Kong.
    HongKong,
    /// The Tokyo Stock Exchange.
    Tokyo,
    /// The National Stock Exchange of India; Bombay keeps the same days.
    India,
    /// The JSE.
    Johannesburg,
    /// The Tel Aviv Stock Exchange.
    TelAviv,
    /// Boursa Kuwait.
    Kuwait,
    /// The currency market: Monday to Friday around the clock, in London's days.
    Currency,
    /// Crypto-currencies: every day around the clock, in UTC.
    Crypto,
    /// Futures on CME Globex: 23 hours from Sunday evening to Friday afternoon, in New York's days.
    Futures,
}

/// The text is no exchange's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the code of a known exchange, such as XNYS or XLON")]
pub struct UnknownExchange(String);

impl Exchange {
    /// Every venue.
    pub const ALL: [Self; 21] = [
        Self::NewYork,
        Self::London,
        Self::Xetra,
        Self::Paris,
        Self::Amsterdam,
        Self::Milan,
        Self::Copenhagen,
        Self::Oslo,
        Self::Stockholm,
        Self::Zurich,
        Self::Toronto,
        Self::Sydney,
        Self::HongKong,
        Self::Tokyo,
        Self::India,
        Self::Johannesburg,
        Self::TelAviv,
        Self::Kuwait,
        Self::Currency,
        Self::Crypto,
        Self::Futures,
    ];

    /// The market identifier code (ISO 10383), or a word for the three markets that have none.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NewYork => "XNYS",
            Self::London => "XLON",
            Self::Xetra => "XETR",
            Self::Paris => "XPAR",
            Self::Amsterdam => "XAMS",
            Self::Milan => "XMIL",
            Self::Copenhagen => "XCSE",
            Self::Oslo => "XOSL",
            Self::Stockholm => "XSTO",
            Self::Zurich => "XSWX",
            Self::Toronto => "XTSE",
            Self::Sydney => "XASX",
            Self::HongKong => "XHKG",
            Self::Tokyo => "XTKS",
            Self::India => "XNSE",
            Self::Johannesburg => "XJSE",
            Self::TelAviv => "XTAE",
            Self::Kuwait => "XKUW",
            Self::Currency => "FOREX",
            Self::Crypto => "CRYPTO",
            Self::Futures => "FUTURES",
        }
    }

    /// The name that people know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewYork => "New York Stock Exchange",
            Self::London => "London Stock Exchange",
            Self::Xetra => "Xetra",
            Self::Paris => "Euronext Paris",
            Self::Amsterdam => "Euronext Amsterdam",
            Self::Milan => "Borsa Italiana",
            Self::Copenhagen => "Nasdaq Copenhagen",
            Self::Oslo => "Oslo Børs",
            Self::Stockholm => "Nasdaq Stockholm",
            Self::Zurich => "SIX Swiss Exchange",
            Self::Toronto => "Toronto Stock Exchange",
            Self::Sydney => "Australian Securities Exchange",
            Self::HongKong => "Hong Kong Stock Exchange",
            Self::Tokyo => "Tokyo Stock Exchange",
            Self::India => "National Stock Exchange of India",
            Self::Johannesburg => "Johannesburg Stock Exchange",
            Self::TelAviv => "Tel Aviv Stock Exchange",
            Self::Kuwait => "Boursa Kuwait",
            Self::Currency => "Currency market",
            Self::Crypto => "Crypto market",
            Self::Futures => "Futures market",
        }
    }

    /// The venue whose days a ticker keeps, by the spelling that Yahoo Finance uses.
    ///
    /// The suffix after the dot decides; `=X` is a currency pair, `=F` a future. Without a suffix, three or more
    /// letters after a dash make a crypto pair (`BTC-USD`), one or two a share class or series of New York
    /// (`BRK-B`, `BAC-PL`). Well-known indices (`^FTSE`, `^GDAXI`, `^N225`) keep the days of their market, all other
    /// indices those of New York. So does a suffix that is not known here.
    ///
    /// ```
    /// use bellwether_domain::{Exchange, Symbol};
    ///
    /// let of = |ticker: &str| ticker.parse::<Symbol>().map(|symbol| Exchange::of(&symbol));
    /// assert_eq!(of("VOD.L"), Ok(Exchange::London));
    /// assert_eq!(of("BRK-B"), Ok(Exchange::NewYork));
    /// assert_eq!(of("BTC-USD"), Ok(Exchange::Crypto));
    /// ```
    pub fn of(symbol: &Symbol) -> Self {
        let ticker = symbol.as_str();
        if let Some(index) = ticker.strip_prefix('^') {
            return of_index(index);
        }
        if ticker.ends_with("=X") {
            return Self::Currency;
        }
        if ticker.ends_with("=F") {
            return Self::Futures;
        }
        if let Some((_, suffix)) = ticker.rsplit_once('.') {
            return of_suffix(suffix);
        }
        match ticker.rsplit_once('-') {
            Some((coin, unit)) if !coin.is_empty() && unit.len() >= 3 => Self::Crypto,
            _ => Self::NewYork,
        }
    }
}

fn of_suffix(suffix: &str) -> Exchange {
    match suffix {
        "L" | "IL" => Exchange::London,
        "DE" | "F" | "BE" | "DU" | "HA" | "HM" | "MU" | "SG" => Exchange::Xetra,
        "PA" | "BR" | "LS" => Exchange::Paris,
        "AS" => Exchange::Amsterdam,
        "MI" => Exchange::Milan,
        "CO" => Exchange::Copenhagen,
        "OL" => Exchange::Oslo,
        "ST" => Exchange::Stockholm,
        "SW" => Exchange::Zurich,
        "TO" | "V" | "NE" | "CN" => Exchange::Toronto,
        "AX" => Exchange::Sydney,
        "HK" => Exchange::HongKong,
        "T" => Exchange::Tokyo,
        "NS" | "BO" => Exchange::India,
        "JO" => Exchange::Johannesburg,
        "TA" => Exchange::TelAviv,
        "KW" => Exchange::Kuwait,
        _ => Exchange::NewYork,
    }
}

fn of_index(index: &str) -> Exchange {
    match index {
        "FTSE" | "FTMC" | "FTAS" | "FTLC" => Exchange::London,
        "GDAXI" | "MDAXI" | "SDAXI" | "TECDAX" | "STOXX" | "STOXX50E" => Exchange::Xetra,
        "FCHI" | "SBF120" | "BFX" => Exchange::Paris,
        "AEX" | "AMX" => Exchange::Amsterdam,
        "OMX" | "OMXS30" | "OMXSPI" => Exchange::Stockholm,
        "OMXC20" | "OMXC25" => Exchange::Copenhagen,
        "OSEAX" => Exchange::Oslo,
        "SSMI" => Exchange::Zurich,
        "GSPTSE" => Exchange::Toronto,
        "AXJO" | "AORD" => Exchange::Sydney,
        "HSI" | "HSCE" => Exchange::HongKong,
        "N225" => Exchange::Tokyo,
        "NSEI" | "NSEBANK" | "BSESN" => Exchange::India,
        _ => index.rsplit_once('.').map_or(Exchange::NewYork, |(_, suffix)| of_suffix(suffix)),
    }
}

impl FromStr for Exchange {
    type Err = UnknownExchange;

    fn from_str(code: &str) -> Result<Self, UnknownExchange> {
        let known = Self::ALL.into_iter().find(|exchange| exchange.code().eq_ignore_ascii_case(code.trim()));
        known.ok_or_else(|| UnknownExchange(code.chars().take(40).collect()))
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for Exchange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Exchange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_suffix_decides_the_venue() {
        for (ticker, venue) in [
            ("AAPL", Exchange::NewYork),
            ("VOD.L", Exchange::London),
            ("NPN.JO", Exchange::Johannesburg),
            ("TEVA.TA", Exchange::TelAviv),
            ("SAP.DE", Exchange::Xetra),
            ("EXS2.F", Exchange::Xetra),
            ("MC.PA", Exchange::Paris),
            ("ASML.AS", Exchange::Amsterdam),
            ("ENI.MI", Exchange::Milan),
            ("NOVO-B.CO", Exchange::Copenhagen),
            ("EQNR.OL", Exchange::Oslo),
            ("VOLV-B.ST", Exchange::Stockholm),
            ("NESN.SW", Exchange::Zurich),
            ("RCI-B.TO", Exchange::Toronto),
            ("ABC.V", Exchange::Toronto),
            ("BHP.AX", Exchange::Sydney),
            ("0700.HK", Exchange::HongKong),
            ("7203.T", Exchange::Tokyo),
            ("M&M.NS", Exchange::India),
            ("500325.BO", Exchange::India),
            ("NBK.KW", Exchange::Kuwait),
            ("EURUSD=X", Exchange::Currency),
            ("GC=F", Exchange::Futures),
            ("BTC-USD", Exchange::Crypto),
            ("ETH-BTC", Exchange::Crypto),
            ("0P0000XTS7", Exchange::NewYork),
            ("0P000071W8.TO", Exchange::Toronto),
            ("WSKT.JK", Exchange::NewYork),
        ] {
            assert_eq!(Exchange::of(&ticker.parse().unwrap()), venue, "{ticker}");
        }
    }

    #[test]
    fn a_share_class_or_series_is_not_a_crypto_pair() {
        for ticker in ["BRK-B", "BF-A", "BAC-PL", "SPAC-UN", "ACME-WT"] {
            assert_eq!(Exchange::of(&ticker.parse().unwrap()), Exchange::NewYork, "{ticker}");
        }
    }

    #[test]
    fn an_index_keeps_the_days_of_its_market() {
        for (ticker, venue) in [
            ("^GSPC", Exchange::NewYork),
            ("^VIX", Exchange::NewYork),
            ("^FTSE", Exchange::London),
            ("^GDAXI", Exchange::Xetra),
            ("^N225", Exchange::Tokyo),
            ("^TA125.TA", Exchange::TelAviv),
        ] {
            assert_eq!(Exchange::of(&ticker.parse().unwrap()), venue, "{ticker}");
        }
    }

    #[test]
    fn codes_are_distinct_and_read_back() {
        for exchange in Exchange::ALL {
            assert_eq!(exchange.code().parse(), Ok(exchange));
            let json = serde_json::to_string(&exchange).unwrap();
            assert_eq!(json, format!("\"{}\"", exchange.code()));
            assert_eq!(serde_json::from_str::<Exchange>(&json).unwrap(), exchange);
        }
        assert_eq!(" xlon ".parse(), Ok(Exchange::London));
        assert!(serde_json::from_str::<Exchange>("\"XXXX\"").is_err());
        let unknown = "MOON".parse::<Exchange>().unwrap_err();
        assert_eq!(unknown.to_string(), "\"MOON\" is not the code of a known exchange, such as XNYS or XLON");
    }
}
