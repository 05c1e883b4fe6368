//! `/v1/finance/search`: instruments by name, ticker or number.

use std::time::Duration;

use bellwether_domain::InstrumentKind;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use super::reading;
use super::symbols::ESCAPED;
use super::wire::ErrorEnvelope;
use crate::{Family, Found, NotAnswered, Request, Unreadable};

/// More than anybody types.
const LONGEST_QUERY: usize = 100;

pub(super) fn request(text: &str) -> Request {
    let text: String = text.trim().chars().take(LONGEST_QUERY).collect();
    let text = utf8_percent_encode(&text, ESCAPED);
    Request::get(
        Family::Anonymous,
        format!(
            "/v1/finance/search?q={text}&quotesCount=10&newsCount=0&listsCount=0&enableFuzzyQuery=false\
             &quotesQueryId=tss_match_phrase_query&lang=en-US&region=US"
        ),
        Duration::from_secs(10),
    )
}

#[derive(Deserialize)]
struct Answer {
    quotes: Option<Vec<Hit>>,
    finance: Option<ErrorEnvelope>,
}

/// Hits that are no instruments have a name and a page, but no symbol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    symbol: Option<String>,
    #[serde(rename = "longname")]
    long_name: Option<String>,
    #[serde(rename = "shortname")]
    short_name: Option<String>,
    quote_type: Option<String>,
    exchange: Option<String>,
    #[serde(rename = "exchDisp")]
    exchange_name: Option<String>,
}

/// Reads the hits of a search, best first. What has no symbol that can be held, options included, is left out.
///
/// # Errors
/// [`Unreadable`] when it is no answer at all.
pub fn read_search(status: u16, body: &[u8]) -> Result<Result<Vec<Found>, NotAnswered>, Unreadable> {
    let answer: Answer = reading::parse(body)?;
    match answer.quotes {
        Some(hits) if status == 200 => Ok(Ok(hits.into_iter().filter_map(found).collect())),
        _ => {
            let error = answer.finance.and_then(|finance| finance.error);
            match reading::refusal::<()>(status, error.as_ref())? {
                crate::Outcome::NotAnswered(reason) => Ok(Err(reason)),
                _ => Err(Unreadable::Foreign),
            }
        }
    }
}

fn found(hit: Hit) -> Option<Found> {
    let kind = hit.quote_type.as_deref().unwrap_or_default();
    if kind.eq_ignore_ascii_case("OPTION") || kind.eq_ignore_ascii_case("NONE") {
        return None;
    }
    let text = |text: Option<String>| {
        text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
    };
    Some(Found {
        symbol: hit.symbol?.parse().ok()?,
        name: text(hit.long_name).or_else(|| text(hit.short_name)),
        kind: InstrumentKind::from_word(kind),
        venue: text(hit.exchange_name).or_else(|| text(hit.exchange)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_that_can_be_held_are_kept_in_order() {
        let body = br#"{"count":4,"quotes":[
            {"symbol":"AAPL","longname":"Apple  Inc.","shortname":"Apple","quoteType":"EQUITY","exchange":"NMS","exchDisp":"NASDAQ"},
            {"symbol":"AAPL251219C00120000","quoteType":"OPTION","exchange":"OPR"},
            {"index":"78dd","name":"AAPlasma","permalink":"aaplasma","isYahooFinance":false},
            {"symbol":"AAPL.MX","shortname":"APPLE INC","quoteType":"EQUITY","exchange":"MEX"}]}"#;
        let found = read_search(200, body).expect("an answer").expect("hits");
        let facts: Vec<_> = found
            .iter()
            .map(|hit| (hit.symbol.as_str(), hit.name.as_deref(), hit.venue.as_deref(), hit.kind))
            .collect();
        assert_eq!(
            facts,
            [
                ("AAPL", Some("Apple Inc."), Some("NASDAQ"), InstrumentKind::Equity),
                ("AAPL.MX", Some("APPLE INC"), Some("MEX"), InstrumentKind::Equity),
            ]
        );
    }

    #[test]
    fn no_hit_is_an_answer_and_no_query_a_refusal() {
        assert_eq!(read_search(200, br#"{"count":0,"quotes":[]}"#), Ok(Ok(Vec::new())));
        let body = br#"{"finance":{"result":null,"error":{"code":"Bad Request","description":"Missing required query parameter=q"}}}"#;
        assert!(matches!(read_search(400, body), Ok(Err(NotAnswered::Refused(_)))));
        assert_eq!(read_search(200, b"{}"), Err(Unreadable::Foreign));
    }

    #[test]
    fn anything_typed_becomes_one_parameter() {
        let path = request(" M&M / caf\u{e9}#1 ").path_and_query;
        assert!(
            path.starts_with("/v1/finance/search?q=M%26M%20%2F%20caf%C3%A9%231&quotesCount=10"),
            "{path}"
        );
        assert!(request(&"x".repeat(9_999)).path_and_query.len() < 400);
    }
}
