//! Currency signs and codes beside numbers and in column names.

use bellwether_domain::{Currency, QuoteUnit};

/// What stands beside a number to say its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CurrencyMark {
    /// A code or a sign of one currency only.
    Exactly(QuoteUnit),
    /// `$`, which a dozen currencies use.
    Dollar,
}

/// Currencies that write `$`.
const DOLLARS: [&str; 8] = ["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN"];

/// Currency codes that may stand beside a number. Not every three letters may: `12 PCS` is no amount.
const CODES: [&str; 52] = [
    "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF",
    "RON", "BGN", "TRY", "ILS", "ZAR", "HKD", "SGD", "TWD", "CNY", "CNH", "KRW", "INR", "IDR", "MYR", "THB",
    "PHP", "VND", "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "SAR", "AED", "QAR", "KWD", "BHD", "OMR", "JOD",
    "EGP", "NGN", "KES", "RUB", "UAH", "KZT", "PKR",
];

impl CurrencyMark {
    /// The mark that a text is, if it is one: `$`, `US$`, `€`, `EUR`, `GBp`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let code = match text {
            "$" => return Some(Self::Dollar),
            "€" => "EUR",
            "£" => "GBP",
            "¥" => "JPY",
            "₹" => "INR",
            "US$" | "U$" => "USD",
            "C$" | "CA$" | "CAD$" => "CAD",
            "A$" | "AU$" => "AUD",
            "NZ$" => "NZD",
            "HK$" => "HKD",
            "S$" => "SGD",
            "R$" => "BRL",
            "p" => "GBp",
            "GBp" | "GBX" | "ZAc" | "ILA" => text,
            code if CODES.iter().any(|known| known.eq_ignore_ascii_case(code)) => code,
            _ => return None,
        };
        code.parse().ok().map(Self::Exactly)
    }

    /// The unit that is meant, where the row says `said` and rows that say nothing are in `default`.
    pub(crate) fn unit(self, said: Option<Currency>, default: Currency) -> QuoteUnit {
        let currency = match self {
            Self::Exactly(unit) => return unit,
            Self::Dollar => said.unwrap_or(default),
        };
        let currency = if DOLLARS.contains(&currency.as_str()) { currency } else { Currency::USD };
        QuoteUnit { currency, units_in_one: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_codes_are_known() {
        let code = |text: &str| match CurrencyMark::parse(text) {
            Some(CurrencyMark::Exactly(unit)) => unit.currency.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(code("€"), "EUR");
        assert_eq!(code("usd"), "USD");
        assert_eq!(code("HK$"), "HKD");
        assert_eq!(code("GBp"), "GBP");
        assert_eq!(code("PCS"), "None");
    }

    #[test]
    fn a_dollar_is_the_one_that_the_row_is_in() {
        let cad: Currency = "CAD".parse().expect("a code");
        let dollar = |said, default| CurrencyMark::Dollar.unit(said, default).currency;
        assert_eq!(dollar(Some(cad), Currency::USD), cad);
        assert_eq!(dollar(None, cad), cad);
        assert_eq!(dollar(None, Currency::EUR), Currency::USD);
        assert_eq!(dollar(Some(Currency::EUR), Currency::EUR), Currency::USD);
    }
}
