//! Whether the parts of a feed's description go together.

use std::collections::HashSet;

use super::{FeedSettings, FeedSymbol, QuoteFormat};

/// The key that is wrong, and what is wrong with it.
type Wrong = (&'static str, String);

impl FeedSettings {
    /// What cannot be seen in a single value.
    pub(super) fn check(&self) -> Result<(), Wrong> {
        let wrong = |key, what: &str| Err((key, what.to_owned()));
        self.header_map().map_err(|what| ("headers", what))?;
        if self.symbols.is_empty() && self.suffixes.is_empty() {
            return wrong("symbols", "list the symbols that the source covers, or give their suffixes");
        }
        let mut seen = HashSet::new();
        if let Some(twice) = self.symbols.iter().find(|listed| !seen.insert(&listed.symbol)) {
            return Err(("symbols", format!("{} is listed twice", twice.symbol)));
        }
        if !self.url.names_symbol() && (self.symbols.len() > 1 || !self.suffixes.is_empty()) {
            return wrong("url", "without {symbol} all symbols would have the same prices");
        }
        let lacks = |of_symbol: fn(&FeedSymbol) -> bool, of_all: bool| {
            !of_all && (!self.suffixes.is_empty() || !self.symbols.iter().all(of_symbol))
        };
        if lacks(|listed| listed.kind.is_some(), self.kind.is_some()) {
            return wrong(
                "kind",
                "say what the instruments are: equity, etf, fund, index, currency, crypto, future or other",
            );
        }
        let told = match (&self.csv, &self.json) {
            (Some(csv), None) => csv.currency.is_some(),
            (None, Some(json)) => json.currency.is_some(),
            (None, None) => {
                return wrong("csv", "say how the answers are to be read, in a table [csv] or [json]");
            }
            (Some(_), Some(_)) => return wrong("csv", "an answer is [csv] or [json], not both"),
        };
        let fixed = self.currency.is_some() || self.symbols.iter().any(|listed| listed.currency.is_some());
        if told && fixed {
            return wrong("currency", "it is told by the answers, so it cannot be given as well");
        }
        if !told && lacks(|listed| listed.currency.is_some(), self.currency.is_some()) {
            return wrong(
                "currency",
                "say the currency of all symbols, of each, or where the answers tell it",
            );
        }
        if let Some(csv) = &self.csv
            && (!csv.delimiter.is_ascii() || matches!(csv.delimiter, '"' | '\r' | '\n'))
        {
            return wrong("csv.delimiter", "use a single ASCII character such as ; or \\t");
        }
        if let Some(json) = &self.json
            && json.date.is_none()
            && json.rows.is_none()
        {
            return wrong("json.date", "say where the dates are");
        }
        self.quote.as_ref().map_or(Ok(()), |quote| self.check_quote(quote, told))
    }

    fn check_quote(&self, quote: &QuoteFormat, told: bool) -> Result<(), Wrong> {
        let wrong = |key, what: &str| Err((key, what.to_owned()));
        if let Some(url) = &quote.url {
            if url.origin() != self.url.origin() {
                return wrong(
                    "quote.url",
                    "it must be at the same host as url: describe another source for another host",
                );
            }
            if self.url.names_symbol() && !url.names_symbol() {
                return wrong("quote.url", "without {symbol} all symbols would have the same price");
            }
        }
        if self.csv.is_some() {
            if quote.price.is_some() || quote.time.is_some() || quote.currency.is_some() {
                return wrong("quote", "a path leads into JSON; of CSV the newest row is taken");
            }
            if quote.url.is_none() {
                return wrong("quote", "of CSV the newest row is taken; only another url can be given");
            }
        } else if quote.price.is_none() {
            return wrong("quote.price", "say where the price is");
        }
        if quote.time.is_some() != quote.time_format.is_some() {
            return wrong("quote.time_format", "time and time_format go together");
        }
        if quote.time_format.as_ref().is_some_and(|format| !format.tells_time()) {
            return wrong("quote.time_format", "it tells a day, but no time of day");
        }
        if quote.currency.is_some() && !told {
            return wrong("quote.currency", "the currency is given already");
        }
        if quote.url.is_some() && told && self.json.is_some() && quote.currency.is_none() {
            return wrong("quote.currency", "say where that answer tells its currency");
        }
        Ok(())
    }
}
