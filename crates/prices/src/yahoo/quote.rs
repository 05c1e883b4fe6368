//! `/v7/finance/quote`: the current prices of many symbols, for those who hold a session.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bellwether_domain::{InstrumentKind, PriceSource, Quote, Symbol};
use chrono::{DateTime, Utc};
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use super::reading::{self, Known};
use super::session::Session;
use super::session::instant;
use super::symbols::{ESCAPED, canonical, escaped_list};
use super::wire::{ErrorEnvelope, WireError};
use crate::number::{Number, PriceReader, exact};
use crate::{Family, NotAnswered, Outcome, Request, Unreadable, doubt_price};

/// What a record always has, and what has to be asked for.
const FIELDS: &str = "currency,regularMarketPreviousClose,exchangeDataDelayedBy,longName,shortName";

/// Bytes of symbols in an address, so that all of it stays below 1,800 however long the crumb is.
pub(super) const SYMBOL_BYTES: usize = 1_150;

pub(super) fn request(symbols: &[Symbol], crumb: &str, cookie: &str) -> Request {
    let symbols = escaped_list(symbols);
    let crumb = utf8_percent_encode(crumb, ESCAPED);
    Request {
        cookie: Some(cookie.to_owned()),
        ..Request::get(
            Family::Authenticated,
            format!(
                "/v7/finance/quote?symbols={symbols}&fields={FIELDS}&formatted=false&lang=en-US&region=US&crumb={crumb}"
            ),
            Duration::from_secs(10),
        )
    }
}

/// What a quote call brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Quotes {
    /// One outcome for each symbol asked, in that order.
    Read(Vec<(Symbol, Outcome<Quote>)>),
    /// The session is not accepted, or there is none.
    SessionRefused,
    /// The batch as a whole was refused or is too large.
    Refused(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    quote_response: Option<QuoteResponse>,
    finance: Option<ErrorEnvelope>,
}

#[derive(Deserialize)]
struct QuoteResponse {
    result: Option<Vec<Record>>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    symbol: Option<String>,
    quote_type: Option<String>,
    exchange: Option<String>,
    currency: Option<String>,
    #[serde(default)]
    regular_market_price: Number,
    #[serde(default)]
    regular_market_time: Number,
    #[serde(default)]
    regular_market_previous_close: Number,
    #[serde(default)]
    exchange_data_delayed_by: Number,
}

impl Record {
    /// Whether two records tell the same price of the same time.
    fn agrees_with(&self, other: &Self) -> bool {
        let price = |record: &Self| (record.regular_market_price.get(), record.regular_market_time.whole());
        self.currency == other.currency && price(self) == price(other)
    }
}

/// Reads a quote body. Symbols left out are not answered; nobody says that they are unknown.
///
/// # Errors
/// [`Unreadable`] when it is no answer at all.
pub fn read_quotes(
    status: u16,
    body: &[u8],
    asked: &[Symbol],
    known: impl Fn(&Symbol) -> Option<Known>,
    now: DateTime<Utc>,
) -> Result<Quotes, Unreadable> {
    let answer: Answer = reading::parse(body)?;
    let error = answer.finance.and_then(|finance| finance.error);
    let (result, inner) =
        answer.quote_response.map_or((None, None), |response| (response.result, response.error));
    let error = error.or(inner);
    // Seldom a refused session comes with a success status.
    let unauthorized = error.as_ref().is_some_and(|error| error.code == "Unauthorized");
    if matches!(status, 401 | 403) || unauthorized {
        return Ok(Quotes::SessionRefused);
    }
    let Some(records) = result.filter(|_| status == 200 && error.is_none()) else {
        let error = error.ok_or(Unreadable::Foreign)?;
        return Ok(Quotes::Refused(error.description.chars().take(200).collect()));
    };
    let mut by_symbol: HashMap<String, Record> = HashMap::with_capacity(records.len());
    let mut contested: HashSet<String> = HashSet::new();
    for record in records {
        if let Some(symbol) = record.symbol.as_deref().map(canonical) {
            if by_symbol.get(&symbol).is_some_and(|other| !other.agrees_with(&record)) {
                contested.insert(symbol.clone());
            }
            by_symbol.insert(symbol, record);
        }
    }
    let outcome = |symbol: &Symbol| {
        let name = canonical(symbol.as_str());
        match by_symbol.get(&name) {
            Some(_) if contested.contains(&name) => {
                Outcome::NotAnswered(NotAnswered::Malformed("two answers that differ".to_owned()))
            }
            Some(record) => quote(record, symbol, known(symbol), now),
            None => Outcome::NotAnswered(NotAnswered::Omitted),
        }
    };
    Ok(Quotes::Read(asked.iter().map(|symbol| (symbol.clone(), outcome(symbol))).collect()))
}

fn quote(record: &Record, symbol: &Symbol, known: Option<Known>, now: DateTime<Utc>) -> Outcome<Quote> {
    let malformed = |what: &str| Outcome::NotAnswered(NotAnswered::Malformed(what.to_owned()));
    let kind = record.quote_type.as_deref().unwrap_or_default();
    if kind == "NONE" || record.exchange.as_deref() == Some("YHD") {
        return Outcome::Delisted;
    }
    let unit = match record.currency.as_deref().map(str::parse) {
        Some(Ok(unit)) => unit,
        Some(Err(_)) => return malformed("a currency that is none"),
        None => match known {
            Some(known) => known.unit,
            None => return malformed("no currency"),
        },
    };
    if let Some(suspicion) = known.and_then(|known| known.doubt_unit(unit)) {
        return Outcome::Suspect(suspicion);
    }
    let mut prices = PriceReader::new(unit);
    let price = prices.major(record.regular_market_price);
    let previous = prices.major(record.regular_market_previous_close);
    let as_of = record.regular_market_time.whole().and_then(instant);
    let Some((as_of, exact_price)) = as_of.zip(exact(price)) else { return malformed("no price") };
    if as_of > now + Session::FAR_AHEAD {
        return malformed("a price from the future");
    }
    let before = if previous > 0.0 { vec![previous] } else { Vec::new() };
    let kind = InstrumentKind::from_word(kind);
    if let Some(suspicion) = doubt_price(price, &before, kind) {
        return Outcome::Suspect(suspicion);
    }
    Outcome::Answered(Quote {
        symbol: symbol.clone(),
        price: exact_price,
        currency: unit.currency,
        as_of,
        fetched_at: now,
        previous_close: exact(previous).filter(|_| doubt_price(previous, &[], kind).is_none()),
        delay_minutes: record.exchange_data_delayed_by.whole().unwrap_or(0).clamp(0, 1_440) as u16,
        source: PriceSource::yahoo().name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_longer_than_1800_bytes() {
        let symbol: Symbol = "A".parse().expect("a symbol");
        let longest = request(&vec![symbol; SYMBOL_BYTES.div_ceil(2)], &"/".repeat(128), "A3=x");
        let service = "https://query1.finance.yahoo.com".len();
        assert!(service + longest.path_and_query.len() <= 1_800, "{}", longest.path_and_query.len());
    }
}
