//! Currencies, and the units in which exchanges quote them.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A currency by its ISO 4217 code, in its major unit: `USD`, `GBP`, `JPY`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is no currency code of three letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a currency code: use three letters such as USD")]
pub struct InvalidCurrency(String);

impl InvalidCurrency {
    /// What was given in its place.
    pub fn given(&self) -> &str {
        &self.0
    }
}

impl Currency {
    /// The United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The pound sterling.
    pub const GBP: Self = Self(*b"GBP");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// How many decimals amounts of this currency are written with (ISO 4217): 2 for most, 0 for the yen, 3 for
    /// some dinars.
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"ISK" | b"CLP" | b"VND" | b"HUF" => 0,
            b"KWD" | b"BHD" | b"OMR" | b"JOD" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let code = text.trim().to_ascii_uppercase();
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(InvalidCurrency(text.chars().take(20).collect())),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;

    fn try_from(text: String) -> Result<Self, InvalidCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The unit in which a venue quotes prices: a currency, or a fraction of one such as pence.
///
/// | quoted | currency | units in one |
/// |---|---|---|
/// | `GBp`, `GBX` | GBP | 100 |
/// | `ZAc` | ZAR | 100 |
/// | `ILA` | ILS | 100 |
/// | `KWF` | KWD | 1000 |
///
/// Spelling matters: `GBP` is the pound and `GBp` the penny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteUnit {
    /// The major currency.
    pub currency: Currency,
    /// How many quoted units make one of it.
    pub units_in_one: u32,
}

impl QuoteUnit {
    /// Converts a quoted price or per-share amount to the major currency, exactly.
    pub fn to_major(self, quoted: Decimal) -> Decimal {
        if self.units_in_one == 1 { quoted } else { quoted / Decimal::from(self.units_in_one) }
    }
}

impl FromStr for QuoteUnit {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let minor = |code: [u8; 3], units_in_one| Ok(Self { currency: Currency(code), units_in_one });
        match text.trim() {
            "GBp" | "GBX" => minor(*b"GBP", 100),
            "ZAc" | "ZAC" => minor(*b"ZAR", 100),
            "ILA" => minor(*b"ILS", 100),
            "KWF" => minor(*b"KWD", 1000),
            code => code.parse().map(|currency| Self { currency, units_in_one: 1 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pence_become_pounds_exactly() {
        let unit: QuoteUnit = "GBp".parse().expect("pence");
        assert_eq!(unit.currency, Currency::GBP);
        assert_eq!(unit.to_major(Decimal::new(12_345, 2)), Decimal::new(12_345, 4));
    }

    #[test]
    fn the_pound_itself_is_not_pence() {
        let unit: QuoteUnit = "GBP".parse().expect("pounds");
        assert_eq!(unit.to_major(Decimal::ONE), Decimal::ONE);
    }

    #[test]
    fn codes_are_three_letters() {
        assert!("usd".parse::<Currency>().is_ok());
        for text in ["", "US", "USDT", "U5D", "€"] {
            assert!(text.parse::<Currency>().is_err(), "{text:?}");
        }
    }
}
