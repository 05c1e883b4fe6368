//! `/v7/finance/spark` and its flat sibling: closes and current prices of up to 20 symbols.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bellwether_domain::{Quote, Symbol};
use chrono::{DateTime, Utc};

use super::reading::{self, Asked, Known, Read};
use super::symbols::{canonical, escaped_list};
use super::wire::{ChartResult, Columns, Envelope, FlatSpark, Indicators, Meta, SparkEntry};
use crate::{Family, NotAnswered, Outcome, RecentCloses, Request, Unreadable};

/// How far back closes reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Enough for the current price, the close before it, and a look whether they can be true.
    Days,
    Year,
}

pub(super) fn request(symbols: &[Symbol], span: Span) -> Request {
    let symbols = escaped_list(symbols);
    let range = match span {
        Span::Days => "5d",
        Span::Year => "1y",
    };
    Request::get(
        Family::Anonymous,
        format!("/v7/finance/spark?symbols={symbols}&range={range}&interval=1d"),
        Duration::from_secs(10),
    )
}

/// What a batch brought.
#[derive(Debug)]
pub(super) enum Batch {
    /// One entry for each symbol asked, in that order.
    Read(Vec<(Symbol, Entry)>),
    /// The batch as a whole was refused, perhaps for the sake of one symbol.
    Refused(String),
}

/// What a batch brought for one symbol.
pub(super) enum Entry {
    Read(Box<Read>),
    Not(Outcome<std::convert::Infallible>),
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(_) => f.write_str("Read"),
            Self::Not(outcome) => outcome.fmt(f),
        }
    }
}

impl Entry {
    pub(super) fn is_omitted(&self) -> bool {
        matches!(self, Self::Not(Outcome::NotAnswered(NotAnswered::Omitted)))
    }

    pub(super) fn known(&self) -> Option<Known> {
        match self {
            Self::Read(read) => Some(read.known()),
            Self::Not(_) => None,
        }
    }

    pub(super) fn into_closes(self) -> Outcome<RecentCloses> {
        match self {
            Self::Read(read) => Outcome::Answered(read.into_closes()),
            Self::Not(outcome) => outcome.map(|never| match never {}),
        }
    }

    pub(super) fn into_quote(self) -> Outcome<Quote> {
        match self {
            Self::Read(read) => read.into_quote(),
            Self::Not(outcome) => outcome.map(|never| match never {}),
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
    let batch = read(status, body, asked, known, now)?;
    Ok(match batch {
        Batch::Read(entries) => {
            entries.into_iter().map(|(symbol, entry)| (symbol, entry.into_closes())).collect()
        }
        Batch::Refused(why) => asked
            .iter()
            .map(|symbol| (symbol.clone(), Outcome::NotAnswered(NotAnswered::Refused(why.clone()))))
            .collect(),
    })
}

pub(super) fn read(
    status: u16,
    body: &[u8],
    asked: &[Symbol],
    known: impl Fn(&Symbol) -> Option<Known>,
    now: DateTime<Utc>,
) -> Result<Batch, Unreadable> {
    let entries = match entries(status, body)? {
        Ok(entries) => entries,
        Err(Outcome::Unknown) => {
            let unknown = |symbol: &Symbol| (symbol.clone(), Entry::Not(Outcome::Unknown));
            return Ok(Batch::Read(asked.iter().map(unknown).collect()));
        }
        Err(Outcome::NotAnswered(NotAnswered::Refused(why))) => return Ok(Batch::Refused(why)),
        Err(_) => return Err(Unreadable::Foreign),
    };
    let mut by_symbol: HashMap<String, ChartResult> = HashMap::with_capacity(entries.len());
    for SparkEntry { symbol, response } in entries {
        if let Some((symbol, result)) = symbol.zip(response.and_then(|results| results.into_iter().next())) {
            by_symbol.insert(canonical(&symbol), result);
        }
    }
    let entry = |symbol: &Symbol| {
        let Some(result) = by_symbol.get(&canonical(symbol.as_str())) else {
            return Entry::Not(Outcome::NotAnswered(NotAnswered::Omitted));
        };
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

/// The entries of either shape, or what the refusal says.
fn entries(
    status: u16,
    body: &[u8],
) -> Result<Result<Vec<SparkEntry>, Outcome<std::convert::Infallible>>, Unreadable> {
    let envelope: Envelope = reading::parse(body)?;
    if let Some(spark) = envelope.spark {
        return match spark.result {
            Some(entries) if status == 200 && spark.error.is_none() => Ok(Ok(entries)),
            _ => reading::refusal(status, spark.error.as_ref()).map(Err),
        };
    }
    if status != 200 || envelope.finance.is_some() {
        return reading::refusal(status, envelope.finance.and_then(|finance| finance.error).as_ref())
            .map(Err);
    }
    // In an order, so that of several spellings of a symbol the same one counts each time.
    let flat: BTreeMap<String, FlatSpark> = reading::parse(body).or(Err(Unreadable::Foreign))?;
    if flat.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    Ok(Ok(flat.into_iter().map(|(key, flat)| nested(key, flat)).collect()))
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
