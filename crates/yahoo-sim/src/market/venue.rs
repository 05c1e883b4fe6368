//! What the spelling of a symbol says: venue, currency, kind and hours before and after trading.

use bellwether_domain::{Exchange, Symbol};

/// What an instrument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Equity,
    Etf,
    Fund,
    Index,
    Currency,
    Crypto,
    Future,
}

impl Class {
    /// The word of `instrumentType` and `quoteType`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Equity => "EQUITY",
            Self::Etf => "ETF",
            Self::Fund => "MUTUALFUND",
            Self::Index => "INDEX",
            Self::Currency => "CURRENCY",
            Self::Crypto => "CRYPTOCURRENCY",
            Self::Future => "FUTURE",
        }
    }

    /// The word of `typeDisp`.
    pub(crate) fn display(self) -> &'static str {
        match self {
            Self::Equity => "Equity",
            Self::Etf => "ETF",
            Self::Fund => "Fund",
            Self::Index => "Index",
            Self::Currency => "Currency",
            Self::Crypto => "Cryptocurrency",
            Self::Future => "Futures",
        }
    }

    /// Whether units change hands, so that there is a volume.
    pub(crate) fn has_volume(self) -> bool {
        !matches!(self, Self::Fund | Self::Index | Self::Currency)
    }
}

/// Where an instrument is quoted, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Venue {
    pub(crate) exchange: Exchange,
    pub(crate) class: Class,
    /// As Yahoo spells it: `GBp` for pence.
    pub(crate) currency: &'static str,
    /// `exchangeName`.
    pub(crate) code: &'static str,
    /// `fullExchangeName`.
    pub(crate) name: &'static str,
    /// Decimals for display.
    pub(crate) price_hint: u8,
    /// Minutes by which quotes lag.
    pub(crate) delay_minutes: i64,
    /// A usual price, in multiples of a dollar's.
    pub(crate) price_level: f64,
    /// Dividends a year.
    pub(crate) payments: u32,
    /// Minutes of trading before the session opens.
    pub(crate) pre_minutes: i64,
    /// Minutes of trading after it closes.
    pub(crate) post_minutes: i64,
}

const NEW_YORK: Venue = Venue {
    exchange: Exchange::NewYork,
    class: Class::Equity,
    currency: "USD",
    code: "NYQ",
    name: "NYSE",
    price_hint: 2,
    delay_minutes: 0,
    price_level: 1.0,
    payments: 4,
    pre_minutes: 330,
    post_minutes: 240,
};

impl Venue {
    /// The venue of a symbol by its spelling.
    pub(crate) fn of(symbol: &Symbol) -> Self {
        let exchange = Exchange::of(symbol);
        let ticker = symbol.as_str();
        let venue = Self { exchange, ..NEW_YORK };
        if ticker.starts_with('^') {
            return venue.at("SNP", "SNP", Class::Index).all_day(0, 0);
        }
        match exchange {
            Exchange::Currency => {
                let quoted = ticker.trim_end_matches("=X");
                let quoted = quoted.get(quoted.len().saturating_sub(3)..).unwrap_or("USD");
                let hint = if quoted == "JPY" { 2 } else { 4 };
                Self { price_hint: hint, currency: currency_code(quoted), ..venue }
                    .at("CCY", "CCY", Class::Currency)
                    .all_day(0, 0)
            }
            Exchange::Crypto => {
                let quoted = ticker.rsplit_once('-').map_or("USD", |(_, unit)| unit);
                Self { currency: currency_code(quoted), ..venue }
                    .at("CCC", "CCC", Class::Crypto)
                    .all_day(0, 0)
            }
            Exchange::Futures => venue.at("CMX", "COMEX", Class::Future).all_day(0, 0),
            _ if ticker.starts_with("0P") => venue.by_suffix(ticker).at_class(Class::Fund),
            _ => venue.by_suffix(ticker),
        }
    }

    fn by_suffix(self, ticker: &str) -> Self {
        let Some((_, suffix)) = ticker.rsplit_once('.') else { return self };
        let listed = |code, name, currency, level, payments| Self {
            currency,
            price_level: level,
            payments,
            delay_minutes: 15,
            pre_minutes: 0,
            post_minutes: 0,
            ..self.at(code, name, Class::Equity)
        };
        match suffix {
            "L" | "IL" => listed("LSE", "LSE", "GBp", 20.0, 2).all_day(45, 45),
            "JO" => listed("JNB", "Johannesburg", "ZAc", 200.0, 2),
            "TA" => listed("TLV", "Tel Aviv", "ILA", 50.0, 2),
            "DE" => listed("GER", "XETRA", "EUR", 1.0, 1),
            "F" => listed("FRA", "Frankfurt", "EUR", 1.0, 1),
            "PA" => listed("PAR", "Paris", "EUR", 1.0, 1),
            "AS" => listed("AMS", "Amsterdam", "EUR", 1.0, 2),
            "MI" => listed("MIL", "Milan", "EUR", 0.4, 1),
            "CO" => listed("CPH", "Copenhagen", "DKK", 5.0, 1),
            "OL" => listed("OSL", "Oslo", "NOK", 3.0, 1),
            "ST" => listed("STO", "Stockholm", "SEK", 3.0, 1),
            "SW" => listed("EBS", "Swiss", "CHF", 2.0, 1),
            "TO" => listed("TOR", "Toronto", "CAD", 1.0, 4).all_day(90, 60),
            "V" => listed("VAN", "TSXV", "CAD", 0.1, 4),
            "AX" => listed("ASX", "ASX", "AUD", 0.5, 2),
            "HK" => listed("HKG", "HKSE", "HKD", 1.0, 2),
            "T" => listed("JPX", "Tokyo", "JPY", 40.0, 2),
            "NS" => listed("NSI", "NSE", "INR", 15.0, 1),
            "BO" => listed("BSE", "BSE", "INR", 15.0, 1),
            "KW" => listed("KUW", "Kuwait", "KWF", 8.0, 1),
            _ => self.at("PNK", "OTC Markets", Class::Equity).all_day(330, 0),
        }
    }

    pub(crate) fn at(self, code: &'static str, name: &'static str, class: Class) -> Self {
        Self { class, code, name, ..self }
    }

    fn at_class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    fn all_day(self, pre_minutes: i64, post_minutes: i64) -> Self {
        Self { pre_minutes, post_minutes, ..self }
    }

    /// Whether there is trading before or after the session.
    pub(crate) fn has_extended_hours(&self) -> bool {
        self.pre_minutes + self.post_minutes >= 300
    }
}

/// The codes that can be a pair's quoted currency; others are taken for dollars.
fn currency_code(code: &str) -> &'static str {
    const CODES: [&str; 24] = [
        "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF",
        "ZAR", "ILS", "KWD", "HKD", "SGD", "INR", "CNY", "KRW", "BRL", "MXN",
    ];
    CODES.into_iter().find(|known| *known == code).unwrap_or("USD")
}

/// What one unit of a currency was worth in dollars in January 2021, roughly; `None` for codes that do not exist here.
pub(crate) fn dollars(code: &str) -> Option<f64> {
    Some(match code {
        "USD" => 1.0,
        "EUR" => 1.22,
        "GBP" => 1.36,
        "JPY" => 0.0097,
        "CHF" => 1.13,
        "CAD" => 0.78,
        "AUD" => 0.77,
        "NZD" => 0.72,
        "SEK" => 0.122,
        "NOK" => 0.117,
        "DKK" => 0.164,
        "PLN" => 0.27,
        "CZK" => 0.0468,
        "HUF" => 0.0034,
        "ZAR" => 0.068,
        "ILS" => 0.31,
        "KWD" => 3.29,
        "HKD" => 0.129,
        "SGD" => 0.757,
        "INR" => 0.0137,
        "CNY" => 0.155,
        "KRW" => 0.00092,
        "BRL" => 0.19,
        "MXN" => 0.05,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_suffix_decides_currency_and_kind() {
        let of = |ticker: &str| {
            let venue = Venue::of(&ticker.parse().unwrap());
            (venue.currency, venue.class.word(), venue.exchange)
        };
        assert_eq!(of("ABC"), ("USD", "EQUITY", Exchange::NewYork));
        assert_eq!(of("VOD.L"), ("GBp", "EQUITY", Exchange::London));
        assert_eq!(of("SOL.JO"), ("ZAc", "EQUITY", Exchange::Johannesburg));
        assert_eq!(of("TEVA.TA"), ("ILA", "EQUITY", Exchange::TelAviv));
        assert_eq!(of("NBK.KW"), ("KWF", "EQUITY", Exchange::Kuwait));
        assert_eq!(of("EURUSD=X"), ("USD", "CURRENCY", Exchange::Currency));
        assert_eq!(of("SEK=X"), ("SEK", "CURRENCY", Exchange::Currency));
        assert_eq!(of("BTC-EUR"), ("EUR", "CRYPTOCURRENCY", Exchange::Crypto));
        assert_eq!(of("GC=F"), ("USD", "FUTURE", Exchange::Futures));
        assert_eq!(of("^GSPC"), ("USD", "INDEX", Exchange::NewYork));
        assert_eq!(of("0P000071W8.TO"), ("CAD", "MUTUALFUND", Exchange::Toronto));
    }
}
