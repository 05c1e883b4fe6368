//! What the database knows of the instruments of a portfolio, as the arithmetic takes it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bellwether_cache::freshness::{PriceState, Teller};
use bellwether_domain::{
    ActionKind, CashDividend, Currency, Instrument, InstrumentId, Portfolio, PriceBasis, PriceColumns,
    PriceSource, PriceSourceName, Quote, Split, Symbol, Transaction, UserId, from_epoch_day,
};
use bellwether_portfolio::{DatedQuote, InstrumentData, Market, PriceSeries, Rates, SourcePrices};
use bellwether_prices::dividend_as_paid;
use bellwether_storage::actions::SourceActions;
use bellwether_storage::indices::{self, StoredIndex};
use bellwether_storage::prices::SourceCloses;
use bellwether_storage::{
    AnyConnection, StorageError, actions, instruments, prices, quotes, settings, upkeep,
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use crate::indices::as_benchmark;
use crate::refresh::history::{TELLERS, Tellers};
use crate::{Tracker, TrackerError};

/// Closes are read from so many days before the first booking: over any holidays there is one to begin with.
pub(crate) const LEAD_DAYS: u64 = 31;

/// From this rank on a source is a provider, who can be asked again.
pub(crate) const FIRST_PROVIDER_RANK: u8 = 5;

/// Prices, actions and rates of what a portfolio holds and is compared with.
#[derive(Debug, Default)]
pub(crate) struct StoredMarket {
    /// For the arithmetic.
    pub(crate) market: Market,
    /// The register's entries.
    pub(crate) instruments: HashMap<Symbol, Instrument>,
    /// How old the newest price of each is.
    pub(crate) price_states: HashMap<Symbol, PriceState>,
    /// The same of the newest price that a provider told: what decides when to ask again.
    pub(crate) provider_states: HashMap<Symbol, PriceState>,
    /// Since when a source's histories of it are refused, because they contradict what is stored.
    pub(crate) refused_since: HashMap<Symbol, DateTime<Utc>>,
    /// What the owner calls the indices of their own that it has.
    pub(crate) index_names: BTreeMap<Symbol, String>,
}

impl StoredMarket {
    /// What the owner calls a benchmark that is an index of their own.
    pub(crate) fn index_name(&self, benchmark: &Symbol) -> Option<String> {
        self.index_names.get(benchmark).cloned()
    }

    fn with_indices(mut self, indices: &[StoredIndex]) -> Result<Self, StorageError> {
        for index in indices {
            self.market.insert_index(as_benchmark(index)?);
            self.index_names.insert(Symbol::of_index(index.id), index.settings.name.clone());
        }
        Ok(self)
    }

    /// Whether an instrument's prices come from a provider that has not told its history yet.
    pub(crate) fn lacks_history(&self, symbol: &Symbol) -> bool {
        let by_user = self.price_states.get(symbol).is_some_and(|state| state.teller == Teller::User);
        !by_user && self.instruments.get(symbol).is_some_and(|known| known.history_fetched_at.is_none())
    }
}

/// What one snapshot of the database says.
struct Stored {
    instruments: Vec<Instrument>,
    closes: HashMap<InstrumentId, Vec<SourceCloses>>,
    actions: HashMap<InstrumentId, Vec<SourceActions>>,
    quotes: HashMap<InstrumentId, Quote>,
    tellers: Tellers,
    refused: HashMap<InstrumentId, DateTime<Utc>>,
}

impl Tracker {
    /// All that is stored for a portfolio until `as_of`.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when a benchmark is an index that the user does not have, and the database's.
    pub(crate) async fn stored_market(
        &self,
        portfolio: &Portfolio,
        transactions: &[Transaction],
        benchmarks: &[Symbol],
        as_of: NaiveDate,
    ) -> Result<StoredMarket, TrackerError> {
        let base = portfolio.base_currency;
        let traded = symbols_of(transactions);
        let mut symbols: BTreeSet<Symbol> = traded.iter().chain(benchmarks).cloned().collect();
        let (user, named) = (self.user(), benchmarks.iter().filter_map(Symbol::index).count());
        let booked_in = currencies_of(transactions);
        let currencies: BTreeSet<Currency> = transactions.iter().map(|booked| booked.currency).collect();
        let first = transactions.iter().map(|booked| booked.date).min().unwrap_or(as_of);
        let from = first.checked_sub_days(Days::new(LEAD_DAYS)).unwrap_or(first);
        let (stored, indices) = self
            .storage()
            .snapshot(move |connection| {
                let indices = take_indices(connection, user, &mut symbols)?;
                Ok((Stored::read(connection, symbols, currencies, base, from, as_of)?, indices))
            })
            .await?;
        if indices.len() < named {
            return Err(TrackerError::NotFound("such index".to_owned()));
        }
        let market = self.compute(move || stored.market(&booked_in, base).with_indices(&indices));
        Ok(market.await?)
    }

    /// The instruments that benchmarks are made from: themselves, or the components of indices of the user's own.
    pub(crate) async fn made_from(&self, benchmarks: Vec<Symbol>) -> Result<Vec<Symbol>, TrackerError> {
        if benchmarks.iter().all(|symbol| symbol.index().is_none()) {
            return Ok(benchmarks);
        }
        let user = self.user();
        let mut symbols = benchmarks.into_iter().collect();
        let read = self.storage().snapshot(move |connection| {
            take_indices(connection, user, &mut symbols)?;
            Ok(symbols)
        });
        Ok(read.await?.into_iter().collect())
    }

    /// All that is stored of one instrument between two days, for figures in its own currency.
    pub(crate) async fn stored_instrument(
        &self,
        symbol: &Symbol,
        from: NaiveDate,
        as_of: NaiveDate,
    ) -> Result<StoredMarket, TrackerError> {
        let symbol = symbol.clone();
        let read = self.storage().snapshot(move |connection| {
            let known = instruments::by_symbols(connection, std::slice::from_ref(&symbol))?;
            let base = known.get(&symbol).and_then(|known| known.currency).unwrap_or(Currency::USD);
            let stored = Stored::read(connection, [symbol].into(), BTreeSet::new(), base, from, as_of)?;
            Ok((stored, base))
        });
        let (stored, base) = read.await?;
        Ok(self.compute(move || stored.market(&BTreeMap::new(), base)).await)
    }

    /// Only the splits and dividends of what a ledger trades: enough to count shares.
    pub(crate) async fn market_of_actions(
        &self,
        transactions: &[Transaction],
    ) -> Result<Market, TrackerError> {
        Ok(self.stored_actions(transactions, &[]).await?.market)
    }

    /// The same with the entries of the register, those of others that are named as well.
    pub(crate) async fn stored_actions(
        &self,
        transactions: &[Transaction],
        others: &[Symbol],
    ) -> Result<StoredMarket, TrackerError> {
        let mut symbols: BTreeSet<Symbol> =
            symbols_of(transactions).into_iter().chain(others.iter().cloned()).collect();
        let user = self.user();
        let (stored, indices) = self
            .storage()
            .snapshot(move |connection| {
                let indices = take_indices(connection, user, &mut symbols)?;
                let symbols: Vec<Symbol> = symbols.into_iter().collect();
                let instruments: Vec<Instrument> =
                    instruments::by_symbols(connection, &symbols)?.into_values().collect();
                let ids: Vec<_> = instruments.iter().map(|known| known.id).collect();
                let actions = actions::read(connection, &ids)?;
                let tellers = settings::get(connection, TELLERS)?.unwrap_or_default();
                let (closes, quotes, refused) = Default::default();
                Ok((Stored { instruments, closes, actions, quotes, tellers, refused }, indices))
            })
            .await?;
        let booked_in = currencies_of(transactions);
        let market = self.compute(move || stored.market(&booked_in, Currency::USD).with_indices(&indices));
        Ok(market.await?)
    }

    /// The instruments whose history a provider has told, splits included, so that missing shares are truly missing.
    pub(crate) async fn symbols_with_known_splits(
        &self,
        transactions: &[Transaction],
    ) -> Result<BTreeSet<Symbol>, TrackerError> {
        let symbols: Vec<Symbol> = symbols_of(transactions).into_iter().collect();
        let known = self.storage().instruments_by_symbol(symbols).await?;
        let told = known.into_values().filter(|instrument| instrument.history_fetched_at.is_some());
        Ok(told.map(|instrument| instrument.symbol).collect())
    }
}

/// Puts the components of indices in the place of their symbols, and returns those that the user has.
fn take_indices(
    connection: &mut AnyConnection,
    user: UserId,
    symbols: &mut BTreeSet<Symbol>,
) -> Result<Vec<StoredIndex>, StorageError> {
    let named: Vec<Uuid> = symbols.iter().filter_map(Symbol::index).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    symbols.retain(|symbol| symbol.index().is_none());
    let mut indices = indices::list(connection, user)?;
    indices.retain(|index| named.contains(&index.id));
    symbols.extend(indices.iter().flat_map(|index| index.settings.components.keys().cloned()));
    Ok(indices)
}

pub(crate) fn symbols_of(transactions: &[Transaction]) -> BTreeSet<Symbol> {
    // Few symbols in many transactions.
    let named: HashSet<&Symbol> = transactions.iter().flat_map(|booked| booked.booking.symbols()).collect();
    named.into_iter().cloned().collect()
}

/// The currency of each instrument's bookings; of a corporate event, whose amounts may be none, where it has no other.
fn currencies_of(transactions: &[Transaction]) -> BTreeMap<Symbol, Currency> {
    let (events, others): (Vec<_>, Vec<_>) =
        transactions.iter().partition(|booked| booked.booking.other_symbol().is_some());
    let booked = events.into_iter().chain(others);
    let last: HashMap<&Symbol, Currency> =
        booked.flat_map(|booked| booked.booking.symbols().map(|symbol| (symbol, booked.currency))).collect();
    last.into_iter().map(|(symbol, currency)| (symbol.clone(), currency)).collect()
}

impl Stored {
    fn read(
        connection: &mut AnyConnection,
        symbols: BTreeSet<Symbol>,
        mut currencies: BTreeSet<Currency>,
        base: Currency,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Self, StorageError> {
        let symbols: Vec<Symbol> = symbols.into_iter().collect();
        let mut known: Vec<Instrument> =
            instruments::by_symbols(connection, &symbols)?.into_values().collect();
        currencies.extend(known.iter().filter_map(|instrument| instrument.currency));
        let pairs: Vec<Symbol> =
            currencies.into_iter().filter_map(|currency| Symbol::of_pair(currency, base)).collect();
        if !pairs.is_empty() {
            known.extend(instruments::by_symbols(connection, &pairs)?.into_values());
        }
        let ids: Vec<InstrumentId> = known.iter().map(|instrument| instrument.id).collect();
        Ok(Self {
            closes: prices::read_closes(connection, &ids, from, to)?,
            actions: actions::read(connection, &ids)?,
            quotes: quotes::read(connection, &ids)?,
            tellers: settings::get(connection, TELLERS)?.unwrap_or_default(),
            refused: upkeep::read(connection, &ids)?
                .into_iter()
                .filter_map(|(id, upkeep)| Some((id, upkeep.refused_since?)))
                .collect(),
            instruments: known,
        })
    }

    fn market(mut self, booked_in: &BTreeMap<Symbol, Currency>, base: Currency) -> StoredMarket {
        let mut rates = Rates::new();
        let mut known = Vec::new();
        let mut stored = StoredMarket::default();
        for instrument in std::mem::take(&mut self.instruments) {
            let closes = self.closes.remove(&instrument.id).unwrap_or_default();
            let actions = self.actions.remove(&instrument.id).unwrap_or_default();
            let quote = self.quotes.remove(&instrument.id);
            if let Some(since) = self.refused.get(&instrument.id) {
                stored.refused_since.insert(instrument.symbol.clone(), *since);
            }
            let told_by_providers = closes.iter().filter(|told| !is_by_user(told));
            if let Some(state) = price_state(&instrument, told_by_providers, quote.as_ref()) {
                stored.provider_states.insert(instrument.symbol.clone(), state);
            }
            let quote = quote.filter(|quote| is_newest(&instrument, &closes, quote));
            if let Some(state) = price_state(&instrument, &closes, quote.as_ref()) {
                stored.price_states.insert(instrument.symbol.clone(), state);
            }
            let told_at = ToldAt { instrument: &instrument, tellers: self.tellers.get(&instrument.symbol) };
            let series = series(told_at, &closes, &actions);
            if let Some((from, to)) = pair_of(&instrument.symbol) {
                rates.insert(from, to, &with_quote(series.prices().columns(), &instrument, quote.as_ref()));
            }
            let currency =
                instrument.currency.or_else(|| booked_in.get(&instrument.symbol).copied()).unwrap_or(base);
            known.push((
                instrument.symbol.clone(),
                currency,
                series,
                quote.map(|quote| dated(&instrument, quote)),
            ));
            stored.instruments.insert(instrument.symbol.clone(), instrument);
        }
        let mut market = Market::new(rates);
        for (symbol, currency, parts, quote) in known {
            let mut data = InstrumentData::new(currency)
                .with_prices(parts.prices)
                .with_splits(&parts.splits)
                .with_dividends(&parts.dividends);
            if let Some(instrument) = stored.instruments.get(&symbol) {
                data = data.with_kind(instrument.kind);
            }
            if let Some(quote) = quote {
                data = data.with_latest(quote);
            }
            market.insert(symbol, data);
        }
        stored.market = market;
        stored
    }
}

struct Parts {
    prices: PriceSeries,
    splits: Vec<Split>,
    dividends: Vec<CashDividend>,
}

impl Parts {
    fn prices(&self) -> &PriceSeries {
        &self.prices
    }
}

/// When the sources of an instrument told its history.
#[derive(Clone, Copy)]
struct ToldAt<'a> {
    instrument: &'a Instrument,
    /// `None` where only the main one did.
    tellers: Option<&'a BTreeMap<PriceSourceName, DateTime<Utc>>>,
}

impl ToldAt<'_> {
    /// The last day whose splits a source's restated history contains: that of its telling, or the last told.
    fn known_up_to(&self, source: &PriceSource, last_day: Option<NaiveDate>) -> NaiveDate {
        let at = match self.tellers {
            Some(tellers) => tellers.get(&source.name).copied(),
            None => self.instrument.history_fetched_at.filter(|_| *source == PriceSource::yahoo()),
        };
        let day = at.map(|at| self.instrument.exchange.local_date(at));
        day.max(last_day).unwrap_or(NaiveDate::MIN)
    }
}

fn series(told_at: ToldAt<'_>, closes: &[SourceCloses], actions: &[SourceActions]) -> Parts {
    let splits: Vec<Split> = actions
        .iter()
        .flat_map(|told| &told.actions)
        .filter_map(|action| match action.kind {
            ActionKind::Split(ratio) => Some(Split { ex_date: action.ex_date, ratio }),
            _ => None,
        })
        .collect();
    let histories: Vec<SourcePrices<'_>> = closes
        .iter()
        .map(|told| {
            let last = told.prices.days.last().map(|day| from_epoch_day(*day));
            SourcePrices {
                source: &told.source,
                columns: &told.prices,
                known_up_to: told_at.known_up_to(&told.source, last),
            }
        })
        .collect();
    let prices = PriceSeries::new(&histories, &splits);
    Parts { prices, dividends: dividends(told_at, actions, &splits), splits }
}

/// Dividends and capital gains as paid, of each ex-date from the most trusted source that knows one.
fn dividends(told_at: ToldAt<'_>, actions: &[SourceActions], splits: &[Split]) -> Vec<CashDividend> {
    let mut by_day: BTreeMap<NaiveDate, Vec<CashDividend>> = BTreeMap::new();
    for told in actions {
        let mut news: BTreeMap<NaiveDate, Vec<CashDividend>> = BTreeMap::new();
        let last = told.actions.last().map(|action| action.ex_date);
        let until = told_at.known_up_to(&told.source, last);
        let contained: Vec<Split> = match told.source.basis {
            PriceBasis::AsTraded => Vec::new(),
            PriceBasis::SplitAdjusted => {
                splits.iter().filter(|split| split.ex_date <= until).copied().collect()
            }
        };
        for action in &told.actions {
            let (amount, currency) = match action.kind {
                ActionKind::CashDividend { amount, currency } => (amount, currency),
                ActionKind::CapitalGain { amount } => (amount, None),
                ActionKind::Split(_) => continue,
            };
            let stated = CashDividend { ex_date: action.ex_date, amount, currency };
            news.entry(action.ex_date).or_default().push(dividend_as_paid(&stated, &contained));
        }
        for (day, paid) in news {
            by_day.entry(day).or_insert(paid);
        }
    }
    by_day.into_values().flatten().collect()
}

fn dated(instrument: &Instrument, quote: Quote) -> DatedQuote {
    DatedQuote { day: instrument.exchange.local_date(quote.as_of), quote }
}

/// `EURUSD=X` -> EUR, USD.
fn pair_of(symbol: &Symbol) -> Option<(Currency, Currency)> {
    let pair = symbol.as_str().strip_suffix("=X")?;
    Some((pair.get(..3)?.parse().ok()?, pair.get(3..)?.parse().ok()?))
}

fn with_quote(columns: &PriceColumns, instrument: &Instrument, quote: Option<&Quote>) -> PriceColumns {
    let mut columns = columns.clone();
    if let Some(quote) = quote {
        let day = bellwether_domain::epoch_day(instrument.exchange.local_date(quote.as_of));
        if columns.days.last().is_none_or(|last| *last < day) {
            columns.push(day, bellwether_domain::price_of_decimal(quote.price));
        }
    }
    columns
}

fn is_by_user(told: &SourceCloses) -> bool {
    told.source.rank() < FIRST_PROVIDER_RANK
}

/// The last close that is known; of one day, the most trusted source's.
pub(crate) fn last_close<'a>(
    closes: impl IntoIterator<Item = &'a SourceCloses>,
) -> Option<(NaiveDate, &'a SourceCloses)> {
    closes
        .into_iter()
        .filter_map(|told| Some((*told.prices.days.last()?, told)))
        .max_by_key(|(day, told)| (*day, std::cmp::Reverse(told.source.rank())))
        .map(|(day, told)| (from_epoch_day(day), told))
}

/// Whether a quote says more than the closes do: there is none of a later day, and none of the user's of the same.
pub(crate) fn is_newest(instrument: &Instrument, closes: &[SourceCloses], quote: &Quote) -> bool {
    let day = instrument.exchange.local_date(quote.as_of);
    last_close(closes).is_none_or(|(last, told)| last < day || (last == day && !is_by_user(told)))
}

/// The age of the newest price: the quote's, or the last close's when that is newer.
pub(crate) fn price_state<'a>(
    instrument: &Instrument,
    closes: impl IntoIterator<Item = &'a SourceCloses>,
    quote: Option<&Quote>,
) -> Option<PriceState> {
    let exchange = instrument.exchange;
    let from_close = last_close(closes).map(|(day, told)| {
        let as_of = end_of_session(instrument, day);
        let by_user = is_by_user(told);
        PriceState {
            exchange,
            as_of,
            fetched_at: if by_user { as_of } else { instrument.history_fetched_at.unwrap_or(as_of) },
            delay_minutes: 0,
            teller: if by_user { Teller::User } else { Teller::Provider },
        }
    });
    let from_quote = quote.map(|quote| PriceState::of_quote(quote, exchange, instrument.kind));
    let day = |state: &PriceState| exchange.local_date(state.as_of);
    match (from_close, from_quote) {
        (Some(close), Some(quote)) if day(&close) > day(&quote) => Some(close),
        (_, Some(quote)) => Some(quote),
        (close, None) => close,
    }
}

fn end_of_session(instrument: &Instrument, day: NaiveDate) -> DateTime<Utc> {
    instrument
        .exchange
        .session(day)
        .map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |session| session.closes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::{Exchange, InstrumentKind};

    #[test]
    fn a_history_contains_the_splits_up_to_its_own_telling_and_no_other_sources() {
        let at = |day: &str| format!("{day}T21:00:00Z").parse::<DateTime<Utc>>().expect("an instant");
        let day = |day: &str| day.parse::<NaiveDate>().expect("a date");
        let instrument = Instrument {
            id: InstrumentId(1),
            symbol: "AAPL".parse().expect("a symbol"),
            name: None,
            kind: InstrumentKind::Equity,
            currency: None,
            exchange: Exchange::NewYork,
            history_fetched_at: Some(at("2026-08-03")),
            price_version: 1,
        };
        let own = PriceSource::own("own", PriceBasis::SplitAdjusted).expect("a source");
        let yahoo = PriceSource::yahoo();

        let alone = ToldAt { instrument: &instrument, tellers: None };
        assert_eq!(alone.known_up_to(&yahoo, Some(day("2026-07-01"))), day("2026-08-03"));
        assert_eq!(alone.known_up_to(&own, Some(day("2026-07-01"))), day("2026-07-01"));

        let tellers = [(yahoo.name.clone(), at("2026-07-01")), (own.name.clone(), at("2026-08-03"))].into();
        let both = ToldAt { instrument: &instrument, tellers: Some(&tellers) };
        assert_eq!(both.known_up_to(&yahoo, Some(day("2026-06-30"))), day("2026-07-01"));
        assert_eq!(both.known_up_to(&own, Some(day("2026-06-30"))), day("2026-08-03"));
        assert_eq!(both.known_up_to(&PriceSource::yahoo_spark(), None), NaiveDate::MIN);
    }
}
