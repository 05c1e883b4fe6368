//! From what a document told to outcomes, checked like every other source's prices.

use bellwether_domain::{DailyBar, Exchange, PriceBasis, PriceSource, Quote, QuoteUnit, Symbol};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::rows::Document;
use super::settings::Terms;
use crate::number::{Number, PriceReader, exact};
use crate::suspicion::set_as_traded_suspects_aside;
use crate::{
    History, Listing, NotAnswered, Outcome, RecentCloses, SuspectBar, Suspicion, doubt_price,
    set_suspects_aside,
};

/// A day's row may still change for so long after its midnight.
const SETTLING: TimeDelta = TimeDelta::hours(3);

/// Who asked for what, and when.
pub(super) struct Asked<'a> {
    pub(super) symbol: &'a Symbol,
    pub(super) terms: Terms<'a>,
    pub(super) source: PriceSource,
    pub(super) zone: Tz,
    /// Earlier days are passed over.
    pub(super) from: NaiveDate,
    pub(super) now: DateTime<Utc>,
}

/// Prices in the major currency, with everything suspect set aside.
pub(super) struct Told {
    source: PriceSource,
    listing: Listing,
    bars: Vec<DailyBar>,
    suspects: Vec<SuspectBar>,
    quote: Result<Option<Quote>, Suspicion>,
    now: DateTime<Utc>,
}

impl Told {
    pub(super) fn of(document: &Document, asked: Asked<'_>) -> Outcome<Self> {
        let Asked { symbol, terms, source, zone, from, now } = asked;
        let Some(unit) = terms.unit.or(document.unit) else {
            if document.rows.is_empty() {
                return Outcome::NotAnswered(NotAnswered::NothingInWindow);
            }
            return Outcome::NotAnswered(NotAnswered::Malformed("it tells no currency".into()));
        };
        let today = now.with_timezone(&zone).date_naive();
        let mut bars: Vec<DailyBar> = document
            .rows
            .iter()
            // Nobody knows tomorrow's close, whatever a document says.
            .filter(|row| row.bar.date <= today)
            .map(|row| DailyBar {
                provisional: is_provisional(row.bar.date, zone, now),
                ..in_major(row.bar, unit)
            })
            .collect();
        if let Some(bar) = bars.iter().find(|bar| !bar.close.is_finite()) {
            let what = format!("the close of {} is beyond all prices", bar.date);
            return Outcome::NotAnswered(NotAnswered::Malformed(what));
        }
        let mut suspects = match source.basis {
            PriceBasis::AsTraded => set_as_traded_suspects_aside(&mut bars, terms.kind),
            PriceBasis::SplitAdjusted => set_suspects_aside(&mut bars, &[], terms.kind),
        };
        let price_decimals = bars.last().and_then(|bar| exact(bar.close)).map_or(2, |close| close.scale());
        let listing = Listing {
            symbol: symbol.clone(),
            unit,
            zone,
            kind: terms.kind,
            name: terms.name.map(str::to_owned),
            venue: None,
            price_decimals: price_decimals.clamp(unit.currency.minor_digits(), 8),
            first_traded: None,
        };
        let quote = match document.price {
            Some((price, at)) => {
                let price = PriceReader::new(unit).major(Number(price));
                apart(price, at, &bars, &listing, &source, now)
            }
            None => newest(&bars, &suspects, &listing, &source, now),
        };
        bars.retain(|bar| bar.date >= from);
        suspects.retain(|suspect| suspect.date >= from);
        if bars.is_empty() && suspects.is_empty() && matches!(quote, Ok(None)) {
            return Outcome::NotAnswered(NotAnswered::NothingInWindow);
        }
        Outcome::Answered(Self { source, listing, bars, suspects, quote, now })
    }

    pub(super) fn into_quote(self) -> Outcome<Quote> {
        match self.quote {
            Ok(Some(quote)) => Outcome::Answered(quote),
            Ok(None) => Outcome::NotAnswered(NotAnswered::NothingInWindow),
            Err(suspicion) => Outcome::Suspect(suspicion),
        }
    }

    pub(super) fn into_closes(self) -> RecentCloses {
        let close_only = |bar: DailyBar| DailyBar {
            provisional: bar.provisional,
            ..DailyBar::close_only(bar.date, bar.close)
        };
        RecentCloses {
            source: self.source,
            listing: self.listing,
            bars: self.bars.into_iter().map(close_only).collect(),
            quote: self.quote.ok().flatten(),
            suspects: self.suspects,
            fetched_at: self.now,
        }
    }

    pub(super) fn into_history(self) -> History {
        History {
            source: self.source,
            listing: self.listing,
            adjusted_closes: vec![f64::NAN; self.bars.len()],
            bars: self.bars,
            splits: Vec::new(),
            dividends: Vec::new(),
            capital_gains: Vec::new(),
            quote: self.quote.ok().flatten(),
            suspects: self.suspects,
            fetched_at: self.now,
        }
    }
}

fn in_major(bar: DailyBar, unit: QuoteUnit) -> DailyBar {
    let mut prices = PriceReader::new(unit);
    let [open, high, low, close] =
        [bar.open, bar.high, bar.low, bar.close].map(|price| prices.major(Number(price)));
    // A day whose high is below its low has a close, but no range that could be shown.
    let [open, high, low] = if high < low { [f64::NAN; 3] } else { [open, high, low] };
    DailyBar { open, high, low, close, ..bar }
}

fn is_provisional(date: NaiveDate, zone: Tz, now: DateTime<Utc>) -> bool {
    let next_day = date.checked_add_days(Days::new(1));
    let midnight =
        next_day.and_then(|next| next.and_time(NaiveTime::MIN).and_local_timezone(zone).earliest());
    midnight.is_some_and(|midnight| now < midnight.to_utc() + SETTLING)
}

/// The newest row as the current price. A newer one that was set aside makes it doubtful.
fn newest(
    bars: &[DailyBar],
    suspects: &[SuspectBar],
    listing: &Listing,
    source: &PriceSource,
    now: DateTime<Utc>,
) -> Result<Option<Quote>, Suspicion> {
    let Some(bar) = bars.last() else {
        return suspects.last().map_or(Ok(None), |suspect| Err(suspect.suspicion.clone()));
    };
    if let Some(newer) = suspects.last().filter(|suspect| suspect.date > bar.date) {
        return Err(newer.suspicion.clone());
    }
    let as_of = end_of_day(&listing.symbol, bar.date).min(now);
    Ok(quote(bar.close, as_of, bars, bar.date, listing, source, now))
}

/// A price that stands apart from the rows. Without a time it is the present's.
fn apart(
    price: f64,
    at: Option<DateTime<Utc>>,
    bars: &[DailyBar],
    listing: &Listing,
    source: &PriceSource,
    now: DateTime<Utc>,
) -> Result<Option<Quote>, Suspicion> {
    let as_of = at.unwrap_or(now);
    // Its clock may be ahead of ours, but not by a day.
    if as_of > now + TimeDelta::days(1) {
        return Ok(None);
    }
    let date = as_of.with_timezone(&listing.zone).date_naive();
    let before: Vec<f64> = bars.iter().filter(|bar| bar.date < date).map(|bar| bar.close).collect();
    match doubt_price(price, &before, listing.kind) {
        Some(suspicion) => Err(suspicion),
        None => Ok(quote(price, as_of, bars, date, listing, source, now)),
    }
}

fn quote(
    price: f64,
    as_of: DateTime<Utc>,
    bars: &[DailyBar],
    date: NaiveDate,
    listing: &Listing,
    source: &PriceSource,
    now: DateTime<Utc>,
) -> Option<Quote> {
    let before = bars.partition_point(|bar| bar.date < date).checked_sub(1);
    Some(Quote {
        symbol: listing.symbol.clone(),
        price: exact(price)?,
        currency: listing.unit.currency,
        as_of,
        fetched_at: now,
        previous_close: before.and_then(|at| exact(bars.get(at)?.close)),
        delay_minutes: 0,
        source: source.name.clone(),
    })
}

/// When the symbol's exchange closed on a day; the last second of a day on which it did not trade.
fn end_of_day(symbol: &Symbol, date: NaiveDate) -> DateTime<Utc> {
    let exchange = Exchange::of(symbol);
    if let Some(session) = exchange.session(date) {
        return session.closes;
    }
    let next_day = date.checked_add_days(Days::new(1)).unwrap_or(date).and_time(NaiveTime::MIN);
    let midnight = next_day.and_local_timezone(exchange.zone()).earliest();
    midnight.map_or_else(|| next_day.and_utc(), |midnight| midnight.to_utc()) - TimeDelta::seconds(1)
}
