//! How old the prices on a page are, in words.

mod lasting;

use std::collections::BTreeMap;

use bellwether_cache::freshness::PriceState;
use bellwether_domain::{Currency, Exchange, Freshness, PriceSourceName, Quote, Symbol};
use bellwether_portfolio::PriceOrigin;
use bellwether_storage::{prices, quotes};
use bellwether_texts::{Sentence, Value};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::import::HOME_EXCHANGE;
use crate::stored_market::{is_newest, last_close, price_state};
use crate::{Tracker, TrackerError};

pub use lasting::Lasting;

/// An age below this is told in minutes,
const TOLD_IN_MINUTES: TimeDelta = TimeDelta::hours(1);
/// below this in hours, and in days from there on.
const TOLD_IN_HOURS: TimeDelta = TimeDelta::days(2);
/// For so many days a close is called by its day of the week.
const NAMED_DAYS: u64 = 7;

/// One price's age.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceShown {
    /// Whose.
    pub symbol: Symbol,
    /// How far it can be relied on.
    pub freshness: Freshness,
    /// The market's time of it.
    pub as_of: Option<DateTime<Utc>>,
    /// Minutes since then.
    pub age_minutes: Option<i64>,
    /// Beside the dot: `live`, `close Fri`, `stale 3 d`.
    pub words: Sentence,
    /// The same in a sentence.
    pub explained: Sentence,
    /// For how long this is right.
    pub lasting: Lasting,
    /// Whether it would be said otherwise if it were being fetched, or were not.
    pub is_awaited: bool,
}

/// What is to be assessed.
pub(crate) struct Subject<'a> {
    pub(crate) symbol: &'a Symbol,
    /// The day of the price that values it, and where that comes from.
    pub(crate) price: Option<(NaiveDate, PriceOrigin)>,
    pub(crate) state: Option<&'a PriceState>,
}

/// When a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The day that the page shows.
    pub(crate) as_of: NaiveDate,
    /// That day is over.
    pub(crate) is_past: bool,
    pub(crate) now: DateTime<Utc>,
    /// Newer prices are being fetched.
    pub(crate) refreshing: bool,
}

impl PriceShown {
    pub(crate) fn assess(subject: &Subject<'_>, moment: Moment) -> Self {
        let Some((day, origin)) = subject.price else { return Self::missing(subject.symbol) };
        if origin == PriceOrigin::Booked {
            return Self {
                freshness: Freshness::Stale,
                words: Sentence::new("prices.booked").with("day", Value::ShortDay(day)),
                explained: Sentence::new("prices.explained.booked"),
                ..Self::missing(subject.symbol)
            };
        }
        match subject.state {
            Some(state) if !moment.is_past => {
                Self::present(subject.symbol, state, moment.now, moment.refreshing).lasting(
                    state,
                    moment.now,
                    moment.refreshing,
                )
            }
            _ => Self::past(subject.symbol, day, moment.as_of),
        }
    }

    fn missing(symbol: &Symbol) -> Self {
        Self {
            symbol: symbol.clone(),
            freshness: Freshness::Missing,
            as_of: None,
            age_minutes: None,
            words: Sentence::new("prices.missing"),
            explained: Sentence::new("prices.explained.missing"),
            lasting: Lasting::default(),
            is_awaited: false,
        }
    }

    /// On a page of a past day only the gap to that day counts.
    fn past(symbol: &Symbol, day: NaiveDate, as_of: NaiveDate) -> Self {
        let expected = Exchange::of(symbol).trading_day_on_or_before(as_of);
        let is_close = day >= expected;
        let old = (as_of - day).num_days();
        Self {
            symbol: symbol.clone(),
            freshness: if is_close { Freshness::Closed } else { Freshness::Stale },
            as_of: Exchange::of(symbol).session(day).map(|session| session.closes),
            age_minutes: None,
            words: if is_close {
                Sentence::new("prices.closed").with("day", Value::ShortDay(day))
            } else {
                Sentence::new("prices.older").with("count", old)
            },
            explained: Sentence::new("prices.explained.past").with("day", Value::LongDay(day)),
            lasting: Lasting::default(),
            is_awaited: false,
        }
    }

    pub(crate) fn present(symbol: &Symbol, state: &PriceState, now: DateTime<Utc>, refreshing: bool) -> Self {
        let freshness = state.assess_while(now, refreshing);
        let age = now.signed_duration_since(state.as_of).max(TimeDelta::zero());
        let day = state.exchange.local_date(state.as_of);
        let words = match freshness {
            Freshness::Live => Sentence::new("prices.live"),
            Freshness::Delayed => {
                Sentence::new("prices.delayed").with("minutes", i64::from(state.delay_minutes))
            }
            Freshness::Recent => Sentence::new("prices.recent").with("count", age.num_minutes().max(1)),
            Freshness::Closed => {
                Sentence::new("prices.closed").with("day", day_name(day, state.exchange.local_date(now)))
            }
            Freshness::Cached => Sentence::new("prices.cached").with("age", Value::Age(age)),
            Freshness::Stale => Sentence::new("prices.stale").with("age", Value::Age(age)),
            Freshness::Manual => Sentence::new("prices.manual").with("day", Value::ShortDay(day)),
            Freshness::Missing => Sentence::new("prices.missing"),
        };
        let at = |key| {
            let told = state.as_of.with_timezone(&state.exchange.zone());
            Sentence::new(key).with("at", Value::Instant(told))
        };
        let explained = match freshness {
            Freshness::Live => at("prices.explained.live"),
            Freshness::Delayed => {
                at("prices.explained.delayed").with("minutes", i64::from(state.delay_minutes))
            }
            Freshness::Recent | Freshness::Cached => at("prices.explained.asked"),
            Freshness::Closed => at("prices.explained.closed"),
            Freshness::Stale => at("prices.explained.stale"),
            Freshness::Manual => at("prices.explained.manual"),
            Freshness::Missing => Sentence::new("prices.explained.unknown"),
        };
        Self {
            symbol: symbol.clone(),
            freshness,
            as_of: Some(state.as_of),
            age_minutes: Some(age.num_minutes()),
            words,
            explained,
            lasting: Lasting::default(),
            is_awaited: false,
        }
    }

    /// The same, with how long it is right.
    fn lasting(self, state: &PriceState, now: DateTime<Utc>, refreshing: bool) -> Self {
        let lasting = Lasting::of(state, &self, now, refreshing);
        let is_awaited = state.assess_while(now, !refreshing) != self.freshness;
        Self { lasting, is_awaited, ..self }
    }
}

/// The ages of all prices on a page.
#[derive(Debug, Clone)]
pub struct PricesShown {
    by_symbol: BTreeMap<Symbol, PriceShown>,
    /// The worst state among them.
    pub worst: Freshness,
    /// For the header: the worst state in words.
    pub sentence: Sentence,
    /// How much of the value is not fresh; `None` when all is.
    pub stale_words: Option<Sentence>,
    /// Newer prices are being fetched.
    pub refreshing: bool,
    /// Whether that matters here: some that are shown are overdue, or none is known.
    pub is_awaited: bool,
    /// For how long the states and words of all are right, within the day.
    pub lasting: Lasting,
}

impl PricesShown {
    pub(crate) fn none(refreshing: bool) -> Self {
        Self {
            by_symbol: BTreeMap::new(),
            worst: Freshness::Closed,
            sentence: Sentence::new(if refreshing { "prices.all.fetching" } else { "prices.all.none" }),
            stale_words: None,
            refreshing,
            is_awaited: true,
            lasting: Lasting::default(),
        }
    }

    pub(crate) fn new(shown: Vec<(PriceShown, Option<Decimal>)>, moment: Moment) -> Self {
        let refreshing = moment.refreshing;
        let Some(worst) = shown.iter().map(|(price, _)| price.freshness).max() else {
            return Self::none(refreshing);
        };
        let oldest = shown
            .iter()
            .filter(|(price, _)| price.freshness == worst)
            .filter_map(|(price, _)| price.as_of)
            .min();
        let zone = HOME_EXCHANGE.zone();
        let time = |at: DateTime<Utc>| {
            let (at, now) = (at.with_timezone(&zone), moment.now.with_timezone(&zone));
            if at.date_naive() == now.date_naive() { Value::Time(at) } else { Value::DayAndTime(at) }
        };
        let of =
            |key| Sentence::new(key).with("at", oldest.map_or_else(|| Value::Words(String::new()), time));
        let sentence = match worst {
            _ if moment.is_past => Sentence::new("prices.all.past").with("day", moment.as_of),
            Freshness::Live => of("prices.all.live"),
            Freshness::Delayed => of("prices.all.delayed"),
            Freshness::Recent | Freshness::Cached => of("prices.all.recent"),
            Freshness::Closed => of("prices.all.closed"),
            Freshness::Stale => of("prices.all.stale"),
            Freshness::Manual => of("prices.all.manual"),
            Freshness::Missing => Sentence::new("prices.all.missing"),
        };
        let prices = || shown.iter().map(|(price, _)| price);
        Self {
            worst,
            sentence,
            stale_words: stale_words(&shown),
            is_awaited: !moment.is_past
                && (prices().any(|price| price.is_awaited) || prices().all(|price| price.as_of.is_none())),
            lasting: prices().fold(Lasting::default(), |lasting, price| lasting.and(price.lasting)),
            by_symbol: shown.into_iter().map(|(price, _)| (price.symbol.clone(), price)).collect(),
            refreshing,
        }
    }

    /// The age of one price.
    pub fn of(&self, symbol: &Symbol) -> Option<&PriceShown> {
        self.by_symbol.get(symbol)
    }

    /// What should have a newer price.
    pub fn stale(&self) -> impl Iterator<Item = &Symbol> {
        self.by_symbol.values().filter(|price| price.freshness.is_stale()).map(|price| &price.symbol)
    }
}

fn stale_words(shown: &[(PriceShown, Option<Decimal>)]) -> Option<Sentence> {
    let sum = |stale_only: bool| -> Decimal {
        let counted = shown.iter().filter(|(price, _)| !stale_only || price.freshness.is_stale());
        counted.filter_map(|(_, value)| *value).sum()
    };
    let missing = shown.iter().filter(|(price, _)| price.freshness == Freshness::Missing).count();
    let (stale, whole) = (sum(true), sum(false));
    if missing > 0 {
        return Some(Sentence::new("prices.all.without").with("count", missing));
    }
    if stale <= Decimal::ZERO || whole <= Decimal::ZERO {
        return None;
    }
    let share = Value::Percent((stale / whole).to_f64()?, 1);
    Some(Sentence::new("prices.all.share_stale").with("share", share))
}

/// `Fri` within a week, `14 Mar` before.
fn day_name(day: NaiveDate, today: NaiveDate) -> Value {
    if (today - day).num_days() < NAMED_DAYS.cast_signed() {
        Value::Weekday(day)
    } else {
        Value::ShortDay(day)
    }
}

/// The last known price of an instrument.
#[derive(Debug, Clone)]
pub struct CurrentPrice {
    /// Per unit, in `currency`.
    pub price: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// Who told it.
    pub source: PriceSourceName,
    /// How old it is.
    pub shown: PriceShown,
}

impl Tracker {
    /// The last known price of a symbol; `None` when none is stored. Waits for nobody; for a while it is kept fresh.
    ///
    /// # Errors
    /// The database's.
    pub async fn current_price(&self, symbol: &Symbol) -> Result<Option<CurrentPrice>, TrackerError> {
        let known = self.storage().instruments_by_symbol(vec![symbol.clone()]).await?;
        let Some(instrument) = known.into_values().next() else {
            self.look_at(symbol, None).await?;
            return Ok(None);
        };
        let (id, now) = (instrument.id, self.clock().now());
        let until = instrument.exchange.local_date(now);
        let (mut closes, mut quotes) = self
            .storage()
            .snapshot(move |connection| {
                let closes = prices::read_closes(connection, &[id], NaiveDate::MIN, until)?;
                Ok((closes, quotes::read(connection, &[id])?))
            })
            .await?;
        let closes = closes.remove(&id).unwrap_or_default();
        let quote = quotes.remove(&id).filter(|quote| is_newest(&instrument, &closes, quote));
        let state = price_state(&instrument, &closes, quote.as_ref());
        self.look_at(symbol, state.as_ref()).await?;
        let Some(state) = state else { return Ok(None) };
        let shown = PriceShown::present(symbol, &state, now, self.is_refreshing());
        if let Some(Quote { price, currency, source, .. }) = quote {
            return Ok(Some(CurrentPrice { price, currency, source, shown }));
        }
        let newest = last_close(&closes).and_then(|(_, told)| {
            let price = bellwether_domain::decimal_of_price(*told.prices.closes.last()?)?;
            Some((price, told.source.name.clone()))
        });
        Ok(newest.zip(instrument.currency).map(|((price, source), currency)| CurrentPrice {
            price,
            currency,
            source,
            shown,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn symbol() -> Symbol {
        "AAPL".parse().expect("a symbol")
    }

    fn state(as_of: &str, fetched_at: &str) -> PriceState {
        PriceState {
            exchange: Exchange::NewYork,
            as_of: at(as_of),
            fetched_at: at(fetched_at),
            delay_minutes: 0,
            teller: bellwether_cache::freshness::Teller::Provider,
        }
    }

    #[test]
    fn fridays_close_is_called_so_on_sunday() {
        let known = state("2026-11-20T21:00:00Z", "2026-11-20T21:05:00Z");
        let shown = PriceShown::present(&symbol(), &known, at("2026-11-22T12:00:00Z"), false);
        assert_eq!((shown.freshness, shown.words.to_string().as_str()), (Freshness::Closed, "close Fri"));
    }

    #[test]
    fn the_header_says_how_much_of_the_value_is_stale() {
        let now = at("2026-11-20T22:00:00Z");
        let moment =
            Moment { as_of: "2026-11-20".parse().expect("a date"), is_past: false, now, refreshing: false };
        let fresh = PriceShown::present(
            &symbol(),
            &state("2026-11-20T21:00:00Z", "2026-11-20T21:05:00Z"),
            now,
            false,
        );
        let old = PriceShown::present(
            &"KO".parse().expect("a symbol"),
            &state("2026-11-17T21:00:00Z", "2026-11-17T21:05:00Z"),
            now,
            false,
        );
        let all = PricesShown::new(
            vec![(fresh, Some(Decimal::from(900))), (old, Some(Decimal::from(100)))],
            moment,
        );
        assert_eq!(all.worst, Freshness::Stale);
        assert_eq!(
            all.stale_words.as_ref().map(ToString::to_string).as_deref(),
            Some("10.0% of the value is stale")
        );
        assert_eq!(all.stale().map(Symbol::as_str).collect::<Vec<_>>(), ["KO"]);
    }

    #[test]
    fn a_past_page_measures_from_its_own_day() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let close = PriceShown::past(&symbol(), day("2013-03-01"), day("2013-03-03"));
        assert_eq!((close.freshness, close.words.to_string().as_str()), (Freshness::Closed, "close 1 Mar"));
        let older = PriceShown::past(&symbol(), day("2013-02-20"), day("2013-03-01"));
        assert_eq!((older.freshness, older.words.to_string().as_str()), (Freshness::Stale, "9 d older"));
    }
}
