//! `/v7/finance/spark` and its flat sibling: closes and current prices of up to 20 symbols.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

use bellwether_domain::{Quote, Symbol};
use chrono::{DateTime, Utc};

use super::reading::{self, Asked, Known, Read};
use super::routes::Route;
use super::symbols::{canonical, escaped_list};
use super::wire::{ChartResult, Columns, Envelope, FlatSpark, Indicators, Meta, SparkEntry, WireError};
use crate::{Family, NotAnswered, Outcome, RecentCloses, Request, Unreadable};

/// How far back closes reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Enough for the current price, the close before it, and a look whether they can be true.
    Days,
    Year,
}

/// The question, its parameters in one of six orders.
pub(super) fn request(symbols: &[Symbol], span: Span, route: Route, wording: usize) -> Request {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0]];
    let version = match route {
        Route::Nested => 7,
        Route::Flat => 8,
    };
    let range = match span {
        Span::Days => "5d",
        Span::Year => "1y",
    };
    let parameters =
        [format!("symbols={}", escaped_list(symbols)), format!("range={range}"), "interval=1d".to_owned()];
    let order = ORDERS.get(wording % ORDERS.len()).copied().unwrap_or_default();
    let query = order.map(|place| parameters.get(place).map_or("", String::as_str)).join("&");
    Request::get(Family::Anonymous, format!("/v{version}/finance/spark?{query}"), Duration::from_secs(10))
}

/// What a batch brought.
#[derive(Debug)]
pub(super) enum Batch {
    /// One entry for each symbol asked, in that order.
    Read(Vec<(Symbol, Entry)>),
    /// None of the symbols is known.
    NothingFound,
    /// There are more symbols than the service takes; how many it takes, where it says so.
    TooMany { most: Option<usize>, words: String },
    /// The batch as a whole was refused, perhaps for the sake of one symbol.
    Refused(String),
    /// The service has nothing at this address.
    NoSuchRoute,
}

/// What a batch brought for one symbol.
#[derive(Clone)]
pub(super) enum Entry {
    Read(Box<Read>),
    /// The batch was answered, or the answer was remembered, but there is no price in it.
    Not(Outcome<Infallible>),
    /// The call failed.
    Failed {
        reason: NotAnswered,
        blame: Blame,
    },
}

/// Whether a failed call is held against a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// No.
    Nobody,
    /// It is one of several, some of which spoil batches.
    Shared,
    /// It failed alone.
    Own,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(_) => f.write_str("Read"),
            Self::Not(outcome) => outcome.fmt(f),
            Self::Failed { reason, blame } => write!(f, "{reason} ({blame:?})"),
        }
    }
}

impl Entry {
    pub(super) fn is_omitted(&self) -> bool {
        matches!(self, Self::Not(Outcome::NotAnswered(NotAnswered::Omitted)))
    }

    pub(super) fn is_read(&self) -> bool {
        matches!(self, Self::Read(_))
    }

    pub(super) fn into_closes(self) -> Outcome<RecentCloses> {
        match self {
            Self::Read(read) => Outcome::Answered(read.into_closes()),
            Self::Not(outcome) => outcome.map(|never| match never {}),
            Self::Failed { reason, .. } => Outcome::NotAnswered(reason),
        }
    }

    pub(super) fn into_quote(self) -> Outcome<Quote> {
        match self {
            Self::Read(read) => read.into_quote(),
            Self::Not(outcome) => outcome.map(|never| match never {}),
            Self::Failed { reason, .. } => Outcome::NotAnswered(reason),
        }
    }
}

/// Reads a spark's body in either shape. Symbols that were not asked for are passed over.
///
/// # Errors
/// [`Unreadable`] when it is no answer at all; what it says about each symbol are the outcomes.
pub fn read_spark(
    status: u16,
    body: &[u8],
    asked: &[Symbol],
    known: impl Fn(&Symbol) -> Option<Known>,
    now: DateTime<Utc>,
) -> Result<Vec<(Symbol, Outcome<RecentCloses>)>, Unreadable> {
    let all = |outcome: Outcome<RecentCloses>| {
        asked.iter().map(|symbol| (symbol.clone(), outcome.clone())).collect::<Vec<_>>()
    };
    Ok(match read(status, body, asked, known, now)? {
        Batch::Read(entries) => {
            entries.into_iter().map(|(symbol, entry)| (symbol, entry.into_closes())).collect()
        }
        Batch::NothingFound => all(Outcome::Unknown),
        Batch::Refused(words) | Batch::TooMany { words, .. } => {
            all(Outcome::NotAnswered(NotAnswered::Refused(words)))
        }
        Batch::NoSuchRoute => return Err(Unreadable::Foreign),
    })
}

pub(super) fn read(
    status: u16,
    body: &[u8],
    asked: &[Symbol],
    known: impl Fn(&Symbol) -> Option<Known>,
    now: DateTime<Utc>,
) -> Result<Batch, Unreadable> {
    let entries = match entries(status, body) {
        Ok(Ok(entries)) => entries,
        Ok(Err(refused)) => return Ok(refused),
        // A page, or whatever else stands where there is nothing.
        Err(_) if status == 404 => return Ok(Batch::NoSuchRoute),
        Err(unreadable) => return Err(unreadable),
    };
    let mut by_symbol: HashMap<String, ChartResult> = HashMap::with_capacity(entries.len());
    let mut contested: HashSet<String> = HashSet::new();
    for SparkEntry { symbol, response } in entries {
        if let Some((symbol, result)) = symbol.zip(response.and_then(|results| results.into_iter().next())) {
            let symbol = canonical(&symbol);
            if by_symbol.get(&symbol).is_some_and(|other| !other.meta.agrees_with(&result.meta)) {
                contested.insert(symbol.clone());
            }
            by_symbol.insert(symbol, result);
        }
    }
    let entry = |symbol: &Symbol| {
        let name = canonical(symbol.as_str());
        let Some(result) = by_symbol.get(&name) else {
            return Entry::Not(Outcome::NotAnswered(NotAnswered::Omitted));
        };
        if contested.contains(&name) {
            let words = "two answers that differ".to_owned();
            return Entry::Not(Outcome::NotAnswered(NotAnswered::Malformed(words)));
        }
        let asked = Asked { known: known(symbol), ..Asked::daily(symbol.clone(), now) };
        match Read::of(result, &asked) {
            Ok(Outcome::Answered(read)) => Entry::Read(Box::new(read)),
            Ok(Outcome::Delisted) => Entry::Not(Outcome::Delisted),
            Ok(Outcome::Suspect(suspicion)) => Entry::Not(Outcome::Suspect(suspicion)),
            Ok(Outcome::NotAnswered(reason)) => Entry::Not(Outcome::NotAnswered(reason)),
            Ok(Outcome::Unknown) => Entry::Not(Outcome::Unknown),
            Err(Unreadable::Inconsistent(what)) => {
                Entry::Not(Outcome::NotAnswered(NotAnswered::Malformed(what)))
            }
            Err(Unreadable::Cut | Unreadable::Foreign) => {
                Entry::Not(Outcome::NotAnswered(NotAnswered::Malformed("no answer".into())))
            }
        }
    };
    Ok(Batch::Read(asked.iter().map(|symbol| (symbol.clone(), entry(symbol))).collect()))
}

/// The entries of either shape, or what stands in their place.
fn entries(status: u16, body: &[u8]) -> Result<Result<Vec<SparkEntry>, Batch>, Unreadable> {
    let envelope: Envelope = reading::parse(body)?;
    if status == 200 && envelope.status_code.is_some() {
        return Err(Unreadable::Foreign);
    }
    if let Some(spark) = envelope.spark {
        return match (spark.result, spark.error) {
            (Some(entries), None) if status == 200 => Ok(Ok(entries)),
            (_, Some(error)) => refused(status, &error).map(Err),
            (_, None) => Err(Unreadable::Foreign),
        };
    }
    if let Some(finance) = envelope.finance {
        return match finance.error {
            Some(error) if status != 404 => refused(status, &error).map(Err),
            // It is not sparks that find nothing.
            _ => Err(Unreadable::Foreign),
        };
    }
    if status != 200 {
        return Err(Unreadable::Foreign);
    }
    // In an order, so that of several spellings of a symbol the same one counts each time.
    let flat: BTreeMap<String, FlatSpark> = reading::parse(body).or(Err(Unreadable::Foreign))?;
    Ok(Ok(flat.into_iter().map(|(key, flat)| nested(key, flat)).collect()))
}

fn refused(status: u16, error: &WireError) -> Result<Batch, Unreadable> {
    let words: String = error.description.chars().take(200).collect();
    match status {
        404 if error.code == "Not Found" => Ok(Batch::NothingFound),
        400 if words.starts_with("Number of symbols") => {
            let most = words.rsplit(' ').next().and_then(|number| number.parse().ok());
            Ok(Batch::TooMany { most, words })
        }
        400 | 422 => Ok(Batch::Refused(words)),
        _ => Err(Unreadable::Foreign),
    }
}

/// The flat shape's facts in the nested one. It names neither currency nor zone, so both must be known.
fn nested(key: String, flat: FlatSpark) -> SparkEntry {
    let newest = flat.timestamp.as_ref().and_then(|stamps| stamps.last()).copied();
    let meta = Meta {
        symbol: flat.symbol,
        regular_market_time: newest.unwrap_or_default(),
        chart_previous_close: flat.chart_previous_close,
        ..Meta::default()
    };
    let close = flat.close.filter(|closes| !closes.is_empty());
    let timestamp = flat.timestamp.filter(|stamps| !stamps.is_empty());
    let columns = Columns { close, ..Columns::default() };
    let indicators = Indicators { quote: Some(vec![Some(columns)]), adjclose: None };
    let result = ChartResult { meta, timestamp, indicators, events: None };
    SparkEntry { symbol: Some(key), response: Some(vec![result]) }
}
