//! From an answer to an outcome.

use bellwether_domain::{DailyBar, Exchange, InstrumentKind, PriceSource, Quote, QuoteUnit, Symbol};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::bars::{self, Row};
use super::memory::StoredKnown;
use super::session::{Session, instant};
use super::symbols::is_same;
use super::wire::{ChartResult, Meta, WireError};
use crate::number::{Number, PriceReader, exact};
use crate::set_suspects_aside;
use crate::suspicion::set_older_basis_aside;
use crate::{
    History, Listing, NotAnswered, Outcome, RecentCloses, SuspectBar, Suspicion, Unreadable, doubt_price,
};

/// What is known of a symbol from earlier answers; stands in where an answer leaves it out. An answer in another unit
/// of the same currency is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredKnown", into = "StoredKnown")]
pub struct Known {
    /// The unit that it is quoted in.
    pub unit: QuoteUnit,
    /// The zone of its dates.
    pub zone: Tz,
}

impl Known {
    /// Whether a unit is another one of the same currency: all prices of such an answer agree with each other, and may
    /// still be a hundred times too high. A listing in another currency is another matter.
    pub(super) fn doubt_unit(self, told: QuoteUnit) -> Option<Suspicion> {
        let is_other = told.currency == self.unit.currency && told.units_in_one != self.unit.units_in_one;
        is_other.then_some(Suspicion::OtherUnit { told: told.units_in_one, known: self.unit.units_in_one })
    }
}

/// What was asked, as far as it takes to read the answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The symbol.
    pub symbol: Symbol,
    /// The length of a bar: `1d`. Answers in others are refused.
    pub interval: &'static str,
    /// The second before which bars were asked for; what is later was not.
    pub before: Option<i64>,
    /// What is known of the symbol already.
    pub known: Option<Known>,
    /// The present.
    pub now: DateTime<Utc>,
}

impl Asked {
    /// Daily bars of a symbol, of which nothing is known.
    pub fn daily(symbol: Symbol, now: DateTime<Utc>) -> Self {
        Self { symbol, interval: "1d", before: None, known: None, now }
    }
}

/// A result with its bars in order and everything suspect set aside.
#[derive(Clone)]
pub(super) struct Read {
    listing: Listing,
    session: Session,
    rows: Vec<Row>,
    suspects: Vec<SuspectBar>,
    splits: Vec<bellwether_domain::Split>,
    quote: Result<Option<Quote>, Suspicion>,
    prices: PriceReader,
}

impl Read {
    /// Reads one result; anything but `Answered` is the outcome for its symbol.
    pub(super) fn of(result: &ChartResult, asked: &Asked) -> Result<Outcome<Self>, Unreadable> {
        let meta = &result.meta;
        if let Some(answered) = meta.symbol.as_deref().filter(|answered| !is_same(answered, &asked.symbol)) {
            return Ok(Outcome::Suspect(Suspicion::WrongSymbol {
                answered: answered.chars().take(40).collect(),
            }));
        }
        let inconsistent = |what: &str| Unreadable::Inconsistent(what.to_owned());
        if meta.data_granularity.as_deref().is_some_and(|granularity| granularity != asked.interval) {
            return Err(inconsistent("bars of another length than asked"));
        }
        let has_bars = result.timestamp.as_ref().is_some_and(|stamps| !stamps.is_empty());
        if is_shell(meta) && !has_bars {
            return Ok(Outcome::Delisted);
        }
        let unit = match meta.currency.as_deref().map(str::parse) {
            Some(Ok(unit)) => unit,
            Some(Err(_)) => return Err(inconsistent("a currency that is none")),
            None => asked.known.ok_or_else(|| inconsistent("no currency"))?.unit,
        };
        if let Some(suspicion) = asked.known.and_then(|known| known.doubt_unit(unit)) {
            return Ok(Outcome::Suspect(suspicion));
        }
        let zone = match meta.exchange_timezone_name.as_deref().map(str::parse) {
            Some(Ok(zone)) => zone,
            Some(Err(_)) => return Err(inconsistent("a time zone that is none")),
            None => asked.known.ok_or_else(|| inconsistent("no time zone"))?.zone,
        };
        let period = meta.current_trading_period.as_ref().and_then(|periods| periods.regular.as_ref());
        let session = Session {
            zone,
            regular: period.and_then(|period| period.start.whole().zip(period.end.whole())),
            market_time: meta.regular_market_time.whole(),
            now: asked.now,
        };
        let mut prices = PriceReader::new(unit);
        if session.is_ahead() {
            return Err(inconsistent("a last trade in the future"));
        }
        let mut rows =
            bars::rows(result, &session, &mut prices, asked.before).map_err(Unreadable::Inconsistent)?;
        let splits = bars::splits(result.events.as_ref().and_then(|events| events.splits.as_ref()), &session);
        let listing = listing(meta, &session, unit, asked);
        if asked.interval == "1d" && trades_at_weekends(&rows, &listing) {
            return Err(inconsistent("days on which the venue is closed"));
        }
        let mut suspects = set_rows_aside(&mut rows, &splits, listing.kind);
        let stamps = result.timestamp.iter().flatten().filter_map(|stamp| stamp.whole());
        let first_day = stamps.min().and_then(|stamp| session.bar_date(stamp));
        let quote = quote(meta, &listing, &session, (&rows, first_day), &suspects, &mut prices, asked);
        let quote = quote.map_err(|doubt| {
            if suspects.iter().all(|suspect| suspect.date != doubt.date) {
                // The day's bar says the same, or it says something else and may stay.
                rows.retain(|row| row.bar.date != doubt.date || !is_near(row.bar.close, doubt.close));
                suspects.push(doubt.clone());
            }
            doubt.suspicion
        });
        Ok(Outcome::Answered(Self { listing, session, rows, suspects, splits, quote, prices }))
    }

    /// As history, with the events of the result that it was read from.
    pub(super) fn into_history(mut self, result: &ChartResult) -> History {
        let events = result.events.as_ref();
        let mut payouts = |of| bars::payouts(of, &self.session, &mut self.prices);
        History {
            source: PriceSource::yahoo(),
            dividends: payouts(events.and_then(|events| events.dividends.as_ref())),
            capital_gains: payouts(events.and_then(|events| events.capital_gains.as_ref())),
            adjusted_closes: self.rows.iter().map(|row| row.adjusted).collect(),
            bars: self.rows.into_iter().map(|row| row.bar).collect(),
            splits: self.splits,
            quote: self.quote.ok().flatten(),
            suspects: self.suspects,
            listing: self.listing,
            fetched_at: self.session.now,
        }
    }

    /// As closes for a first view.
    pub(super) fn into_closes(self) -> RecentCloses {
        let close_only = |row: Row| DailyBar {
            provisional: row.bar.provisional,
            ..DailyBar::close_only(row.bar.date, row.bar.close)
        };
        let mut bars: Vec<DailyBar> = self.rows.into_iter().map(close_only).collect();
        let mut suspects = set_older_basis_aside(&mut bars, self.listing.kind);
        suspects.extend(self.suspects);
        suspects.sort_by_key(|suspect| suspect.date);
        RecentCloses {
            source: PriceSource::yahoo_spark(),
            bars,
            quote: self.quote.ok().flatten(),
            suspects,
            listing: self.listing,
            fetched_at: self.session.now,
        }
    }

    /// As the current price alone.
    pub(super) fn into_quote(self) -> Outcome<Quote> {
        match self.quote {
            Ok(Some(quote)) => Outcome::Answered(quote),
            Ok(None) => Outcome::NotAnswered(NotAnswered::Malformed("no price".into())),
            Err(suspicion) => Outcome::Suspect(suspicion),
        }
    }

    pub(super) fn known(&self) -> Known {
        Known { unit: self.listing.unit, zone: self.listing.zone }
    }
}

/// Lines that trade no more are kept under a venue of their own, typed as funds, without a currency or a price.
fn is_shell(meta: &Meta) -> bool {
    meta.exchange_name.as_deref() == Some("YHD")
        || (meta.currency.is_none()
            && meta.regular_market_price.get().is_none()
            && meta.instrument_type.as_deref() == Some("MUTUALFUND"))
}

fn listing(meta: &Meta, session: &Session, unit: QuoteUnit, asked: &Asked) -> Listing {
    let name = meta.long_name.as_deref().or(meta.short_name.as_deref());
    let minor_digits = unit.units_in_one.ilog10();
    Listing {
        symbol: asked.symbol.clone(),
        unit,
        zone: session.zone,
        kind: meta.instrument_type.as_deref().map_or(InstrumentKind::Other, InstrumentKind::from_word),
        name: name
            .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|name| !name.is_empty()),
        venue: meta.exchange_name.clone().filter(|venue| !venue.is_empty()),
        price_decimals: meta.price_hint.whole().map_or(2, |hint| hint.clamp(0, 8) as u32) + minor_digits,
        first_traded: meta.first_trade_date.whole().and_then(|second| session.date_at(second)),
    }
}

fn set_rows_aside(
    rows: &mut Vec<Row>,
    splits: &[bellwether_domain::Split],
    kind: InstrumentKind,
) -> Vec<SuspectBar> {
    let mut bars: Vec<DailyBar> = rows.iter().map(|row| row.bar).collect();
    let suspects = set_suspects_aside(&mut bars, splits, kind);
    if !suspects.is_empty() {
        let mut good = bars.iter().map(|bar| bar.date).peekable();
        rows.retain(|row| good.next_if_eq(&row.bar.date).is_some());
    }
    suspects
}

/// Whether two prices of a day are one mistake.
fn is_near(price: f64, other: f64) -> bool {
    (price / other - 1.0).abs() < 0.2
}

/// The current price; an error when it cannot be true.
fn quote(
    meta: &Meta,
    listing: &Listing,
    session: &Session,
    (rows, first_day): (&[Row], Option<NaiveDate>),
    suspects: &[SuspectBar],
    prices: &mut PriceReader,
    asked: &Asked,
) -> Result<Option<Quote>, SuspectBar> {
    let newest = rows.last();
    let (price, stamp) = match (meta.regular_market_price.get(), session.market_time) {
        (Some(price), Some(stamp)) => (prices.major(Number(price)), stamp),
        // Older answers and the flat ones have no price of their own; their last row does.
        _ => match newest {
            Some(row) => (row.bar.close, row.stamp),
            None => return Ok(None),
        },
    };
    let Some((market_date, as_of)) = session.date_at(stamp).zip(instant(stamp)) else {
        return Ok(None);
    };
    let before: Vec<f64> =
        rows.iter().filter(|row| row.bar.date < market_date).map(|row| row.bar.close).collect();
    let condemned = suspects.iter().find(|suspect| suspect.date == market_date);
    if let Some(suspicion) = doubt_price(price, &before, listing.kind)
        .or_else(|| condemned.filter(|suspect| is_near(suspect.close, price)).map(|s| s.suspicion.clone()))
    {
        return Err(SuspectBar { date: market_date, close: price, suspicion });
    }
    let previous = match bars::newest_before(rows, market_date) {
        Some(bar) if adjoin(bar.date, market_date, listing) => bar.close,
        // What comes before the first bar is the day before only when that bar is of the price's day.
        None if suspects.is_empty() && first_day.is_none_or(|day| day >= market_date) => {
            prices.major(meta.chart_previous_close)
        }
        _ => f64::NAN,
    };
    Ok(exact(price).map(|price| Quote {
        symbol: asked.symbol.clone(),
        price,
        currency: listing.unit.currency,
        as_of,
        fetched_at: asked.now,
        previous_close: exact(previous).filter(|_| doubt_price(previous, &[], listing.kind).is_none()),
        delay_minutes: 0,
        source: PriceSource::yahoo().name,
    }))
}

/// Whether no session of the venue lies between two days. Where its calendar is not known in full, none is missed.
fn adjoin(earlier: NaiveDate, later: NaiveDate, listing: &Listing) -> bool {
    let exchange = Exchange::of(&listing.symbol);
    let is_known = exchange.zone() == listing.zone && !matches!(exchange, Exchange::India | Exchange::Kuwait);
    !is_known || exchange.previous_trading_day(later) <= earlier
}

/// Whether shares seem to have been traded at weekends, as when the service's clock is off by a day. A single day in
/// a long history is a slip of the pen.
fn trades_at_weekends(rows: &[Row], listing: &Listing) -> bool {
    let exchange = Exchange::of(&listing.symbol);
    let rests_then =
        matches!(listing.kind, InstrumentKind::Equity | InstrumentKind::Etf | InstrumentKind::Index)
            && exchange.zone() == listing.zone
            && !matches!(exchange, Exchange::TelAviv | Exchange::Kuwait | Exchange::India);
    let newest = rows.get(rows.len().saturating_sub(20)..).unwrap_or_default();
    let weekend = |row: &&Row| row.bar.date.weekday().number_from_monday() > 5;
    rests_then && newest.iter().filter(weekend).count() * 10 > newest.len()
}

/// What a refusal in an endpoint's own words says.
pub(super) fn refusal<T>(status: u16, error: Option<&WireError>) -> Result<Outcome<T>, Unreadable> {
    let Some(error) = error else { return Err(Unreadable::Foreign) };
    let says = |what: &str| error.description.contains(what);
    match status {
        404 if error.code == "Not Found" => Ok(Outcome::Unknown),
        400 if says("Data doesn't exist for startDate") => {
            Ok(Outcome::NotAnswered(NotAnswered::NothingInWindow))
        }
        400 | 422 => {
            let description = error.description.chars().take(200).collect();
            Ok(Outcome::NotAnswered(NotAnswered::Refused(description)))
        }
        _ => Err(Unreadable::Foreign),
    }
}

/// Parses a body, telling one that breaks off from one that never was an answer.
pub(super) fn parse<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => Unreadable::Cut,
        serde_json::error::Category::Data => Unreadable::Inconsistent("another shape than agreed".into()),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => Unreadable::Foreign,
    })
}
