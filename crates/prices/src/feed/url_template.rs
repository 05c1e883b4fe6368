//! Addresses with places for a symbol and for days.

use std::fmt;
use std::str::FromStr;

use chrono::format::{Item, StrftimeItems};
use chrono::{NaiveDate, NaiveTime};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};

/// Everything but what an address may hold as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An `http` or `https` address with places after the host: `{symbol}`, and `{from}` and `{to}` as ISO dates or, as in
/// `{from:%d.%m.%Y}` and `{to:%s}`, in another form.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UrlTemplate {
    origin: String,
    rest: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Symbol,
    From(String),
    To(String),
}

impl UrlTemplate {
    /// Scheme, host and port.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the address depends on the symbol.
    pub(super) fn names_symbol(&self) -> bool {
        self.rest.contains(&Part::Symbol)
    }

    /// Everything after the origin, with all places filled.
    pub(super) fn path_and_query(&self, symbol: &str, from: NaiveDate, to: NaiveDate) -> String {
        let written = |date: NaiveDate, format: &str| {
            date.and_time(NaiveTime::MIN).and_utc().format(format).to_string()
        };
        let mut path = String::new();
        for part in &self.rest {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Symbol => path.extend(utf8_percent_encode(symbol, ESCAPED)),
                Part::From(format) => path.extend(utf8_percent_encode(&written(from, format), ESCAPED)),
                Part::To(format) => path.extend(utf8_percent_encode(&written(to, format), ESCAPED)),
            }
        }
        path
    }
}

impl FromStr for UrlTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        let host_ends = text
            .get(after_scheme..)
            .and_then(|rest| rest.find(['/', '?', '#', '{']))
            .map_or(text.len(), |at| after_scheme + at);
        let (origin, rest) = text.split_at(host_ends);
        // Refusals do not show it: it may hold a password.
        let url: Url = origin.parse().map_err(|error| format!("it is no address: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("it is no address: begin with http:// or https:// and a host".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address must not hold a password: use headers".to_owned());
        }
        if rest.starts_with('{') {
            return Err("nothing can be filled in before the first slash after the host".to_owned());
        }
        if rest.contains('#') {
            return Err("an address to fetch has no part after #".to_owned());
        }
        Ok(Self { origin: origin.to_owned(), rest: parts(rest)? })
    }
}

fn parts(mut rest: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while let Some((text, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').ok_or("a { has no }")?;
        let (name, format) = place.split_once(':').unwrap_or((place, "%Y-%m-%d"));
        parts.push(Part::Text(text.to_owned()));
        if StrftimeItems::new(format).any(|item| item == Item::Error) {
            return Err(format!("{format:?} is no form of a date: use one such as %d.%m.%Y"));
        }
        parts.push(match name {
            "symbol" if !place.contains(':') => Part::Symbol,
            "from" => Part::From(format.to_owned()),
            "to" => Part::To(format.to_owned()),
            _ => return Err(format!("{{{place}}} is no place: there are {{symbol}}, {{from}} and {{to}}")),
        });
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

impl<'de> Deserialize<'de> for UrlTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Without what follows the host, which may hold a key.
impl fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/...", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn filled(template: &str, symbol: &str) -> String {
        let template: UrlTemplate = template.parse().expect("a template");
        template.path_and_query(symbol, date("2024-03-05"), date("2024-12-31"))
    }

    #[test]
    fn places_are_filled_and_escaped() {
        assert_eq!(
            filled("https://example.org:8443/a/{symbol}.csv?f={from}&t={to:%d.%m.%Y}", "M&M/é"),
            "/a/M%26M%2F%C3%A9.csv?f=2024-03-05&t=31.12.2024"
        );
        assert_eq!(filled("http://example.org?s={symbol}", "^X"), "?s=%5EX");
        assert_eq!(filled("http://example.org/{from:%s}", ""), "/1709596800");
        assert_eq!(filled("http://example.org", "A"), "");
    }

    #[test]
    fn the_host_is_fixed() {
        let template: UrlTemplate = "https://example.org:8443/{symbol}".parse().expect("a template");
        assert_eq!(template.origin(), "https://example.org:8443");
        assert!(template.names_symbol());
        for text in ["https://{symbol}.example.org/", "https://example.org{symbol}", "https://{symbol}"] {
            assert!(text.parse::<UrlTemplate>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "is no address"),
            ("example.org/a.csv", "is no address"),
            ("ftp://example.org/a.csv", "http"),
            ("file:///etc/passwd", "http"),
            ("https://me:secret@example.org/", "headers"),
            ("https://me:secret@bad host/", "is no address"),
            ("ftp://me:secret@example.org/", "http"),
            ("https://me:secret/@example.org/", "is no address"),
            ("https://example.org/{ticker}", "{ticker}"),
            ("https://example.org/{symbol", "has no }"),
            ("https://example.org/{symbol:%Y}", "{symbol:%Y}"),
            ("https://example.org/{from:%}", "form of a date"),
            ("https://example.org/#top", "#"),
        ] {
            let refusal = text.parse::<UrlTemplate>().expect_err(text);
            assert!(refusal.contains(reason), "{text}: {refusal}");
            assert!(!refusal.contains("secret"), "{refusal}");
        }
    }

    #[test]
    fn keys_in_an_address_are_not_shown() {
        let template: UrlTemplate = "https://example.org/a?key=hush".parse().expect("a template");
        assert_eq!(format!("{template:?}"), "https://example.org/...");
    }
}
