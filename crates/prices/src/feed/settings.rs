//! What a feed is: the content of its file.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::str::FromStr;

use bellwether_domain::{InstrumentKind, PriceBasis, PriceSource, QuoteUnit, Symbol};
use chrono_tz::Tz;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, de};
use serde_json_path::JsonPath;

use super::cell::DateFormat;
use super::url_template::UrlTemplate;
use crate::{HourlyBounds, HttpTransport, Limits, PricesError};

mod check;

/// A feed as a user describes it in a TOML file, checked.
///
/// ```
/// use bellwether_prices::FeedSettings;
///
/// let settings = FeedSettings::from_toml(r#"
///     name = "fund-house"
///     basis = "as-traded"
///     url = "https://example.org/prices/{symbol}.csv"
///     time_zone = "Europe/Berlin"
///     kind = "fund"
///     currency = "EUR"
///     symbols = [{ symbol = "GLOBAL.FUND", id = "DE0001234567" }]
///     csv = { delimiter = ";", date = "Datum", close = "Preis", date_format = "%d.%m.%Y", decimal_comma = true }
/// "#);
/// assert_eq!(settings.unwrap().source().name.as_str(), "fund-house");
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedSettings {
    #[serde(rename = "name", deserialize_with = "source_name")]
    name: String,
    basis: PriceBasis,
    pub(super) url: UrlTemplate,
    #[serde(deserialize_with = "parsed")]
    pub(super) time_zone: Tz,
    kind: Option<InstrumentKind>,
    #[serde(default, deserialize_with = "parsed_if_given")]
    currency: Option<QuoteUnit>,
    #[serde(default)]
    pub(super) symbols: Vec<FeedSymbol>,
    #[serde(default)]
    suffixes: Vec<Suffix>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    limits: FeedLimits,
    pub(super) csv: Option<CsvFormat>,
    pub(super) json: Option<JsonFormat>,
    pub(super) quote: Option<QuoteFormat>,
}

/// A symbol that a feed covers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedSymbol {
    pub(super) symbol: Symbol,
    /// What stands for it in the address.
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    kind: Option<InstrumentKind>,
    #[serde(default, deserialize_with = "parsed_if_given")]
    currency: Option<QuoteUnit>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FeedLimits {
    calls_per_hour: NonZeroU32,
    concurrency: NonZeroU32,
}

impl Default for FeedLimits {
    fn default() -> Self {
        let number = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self { calls_per_hour: number(60), concurrency: number(2) }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CsvFormat {
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    pub(super) date: String,
    pub(super) close: String,
    pub(super) open: Option<String>,
    pub(super) high: Option<String>,
    pub(super) low: Option<String>,
    pub(super) volume: Option<String>,
    pub(super) currency: Option<String>,
    #[serde(default)]
    pub(super) date_format: DateFormat,
    #[serde(default)]
    pub(super) decimal_comma: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonFormat {
    /// Where rows are; the other paths begin at each. Without it they are whole columns.
    pub(super) rows: Option<JsonPath>,
    /// `None` where each row stands under its date.
    pub(super) date: Option<JsonPath>,
    pub(super) close: JsonPath,
    pub(super) open: Option<JsonPath>,
    pub(super) high: Option<JsonPath>,
    pub(super) low: Option<JsonPath>,
    pub(super) volume: Option<JsonPath>,
    /// In the whole document, even where there are rows.
    pub(super) currency: Option<JsonPath>,
    #[serde(default)]
    pub(super) date_format: DateFormat,
}

/// Where the current price is, if not in the newest row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuoteFormat {
    pub(super) url: Option<UrlTemplate>,
    pub(super) price: Option<JsonPath>,
    pub(super) time: Option<JsonPath>,
    pub(super) time_format: Option<DateFormat>,
    pub(super) currency: Option<JsonPath>,
}

/// The end of the symbols that a feed covers: `.DE`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Suffix(String);

impl TryFrom<String> for Suffix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let suffix = text.trim().to_ascii_uppercase();
        // Whatever may end a symbol makes one together with a letter.
        let ends_symbols = !suffix.is_empty() && format!("A{suffix}").parse::<Symbol>().is_ok();
        if ends_symbols {
            Ok(Self(suffix))
        } else {
            Err(format!("{text:?} is no end of a symbol: use one such as .DE"))
        }
    }
}

fn comma() -> char {
    ','
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

fn parsed_if_given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    parsed(deserializer).map(Some)
}

fn source_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    // The basis makes no difference to the name.
    PriceSource::own(&name, PriceBasis::AsTraded).map_err(de::Error::custom)?;
    Ok(name)
}

/// A refusal of a value of the wrong kind, without the value that it shows.
fn without_value(message: &str) -> String {
    let of_kind = ["invalid type: ", "invalid value: "].iter().any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if of_kind => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

/// What is wrong with a feed's description, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct InvalidFeed {
    /// The file where there is one, and the line or the key.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

/// What is told of a symbol, as far as it is the same in every answer.
pub(super) struct Terms<'a> {
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) kind: InstrumentKind,
    /// `None` where the document tells it.
    pub(super) unit: Option<QuoteUnit>,
}

impl FeedSettings {
    /// An address that keeps refusing is still asked so many times an hour.
    const FEWEST_CALLS: NonZeroU32 = NonZeroU32::MIN.saturating_add(5);

    /// Reads and checks the content of a file.
    ///
    /// # Errors
    /// [`InvalidFeed`] with the line of what cannot be read, or the key of what does not go together. Values are not
    /// shown, because they may be secret.
    pub fn from_toml(text: &str) -> Result<Self, InvalidFeed> {
        let settings: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            InvalidFeed { place: format!("line {line}"), what: without_value(error.message()) }
        })?;
        settings.check().map_err(|(key, what)| InvalidFeed { place: key.to_owned(), what })?;
        Ok(settings)
    }

    /// Reads all files that end with `.toml` in a folder, by their names. A folder that is not there has none.
    ///
    /// # Errors
    /// [`InvalidFeed`] for the first file that cannot be used, and when two describe sources of the same name.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, InvalidFeed> {
        let at = |path: &Path, what: String| InvalidFeed { place: path.display().to_string(), what };
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(folder).map_err(|error| at(folder, error.to_string()))?;
        let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut paths = paths.map_err(|error| at(folder, error.to_string()))?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        let mut feeds: Vec<Self> = Vec::with_capacity(paths.len());
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| at(&path, error.to_string()))?;
            let feed = Self::from_toml(&text)
                .map_err(|InvalidFeed { place, what }| at(&path, format!("{place}: {what}")))?;
            if feeds.iter().any(|other| other.name == feed.name) {
                return Err(at(&path, format!("there is another source named {:?}", feed.name)));
            }
            feeds.push(feed);
        }
        Ok(feeds)
    }

    /// What prices from here are stored under.
    pub fn source(&self) -> PriceSource {
        PriceSource { name: bellwether_domain::PriceSourceName::new(&self.name), basis: self.basis }
    }

    /// A client for the feed's address, with its headers.
    ///
    /// # Errors
    /// [`PricesError::Client`] when the HTTP client cannot be made.
    pub fn transport(&self) -> Result<HttpTransport, PricesError> {
        // Checked when the settings were read.
        HttpTransport::with_headers(self.url.origin(), self.header_map().unwrap_or_default())
    }

    /// How much the address is asked.
    pub fn limits(&self) -> Limits {
        let calls = self.limits.calls_per_hour;
        Limits {
            per_second: NonZeroU32::MIN,
            burst: self.limits.concurrency,
            // Never more than the user allows, however long all is well.
            per_hour: HourlyBounds { least: calls.min(Self::FEWEST_CALLS), start: calls, most: calls },
            hourly_burst: calls,
            background_per_second: NonZeroU32::MIN,
            background_per_hour: calls,
            concurrency: self.limits.concurrency.get(),
        }
    }

    /// What is told of a symbol; `None` when it is not covered.
    pub(super) fn terms<'a>(&'a self, symbol: &'a Symbol) -> Option<Terms<'a>> {
        let listed = self.symbols.iter().find(|listed| listed.symbol == *symbol);
        let text = symbol.as_str();
        let by_suffix = || {
            self.suffixes
                .iter()
                .any(|Suffix(suffix)| text.len() > suffix.len() && text.ends_with(suffix.as_str()))
        };
        if listed.is_none() && !by_suffix() {
            return None;
        }
        Some(Terms {
            id: listed.and_then(|listed| listed.id.as_deref()).unwrap_or(text),
            name: listed.and_then(|listed| listed.name.as_deref()),
            kind: listed.and_then(|listed| listed.kind).or(self.kind)?,
            unit: listed.and_then(|listed| listed.currency).or(self.currency),
        })
    }

    fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let header: HeaderName =
                name.parse().ok().ok_or_else(|| format!("{name:?} is no name of a header"))?;
            let mut value: HeaderValue = value
                .parse()
                .ok()
                .ok_or_else(|| format!("the value of {name} has characters that no header has"))?;
            value.set_sensitive(true);
            map.insert(header, value);
        }
        Ok(map)
    }
}

/// Without what may be secret: the headers, and the address after its host.
impl fmt::Debug for FeedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedSettings")
            .field("source", &self.source())
            .field("url", &self.url)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
