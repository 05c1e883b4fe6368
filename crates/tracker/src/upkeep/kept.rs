//! What is kept fresh, and what is known of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_cache::freshness::PriceState;
use bellwether_domain::{Instrument, PortfolioId, Quote, Symbol};
use bellwether_prices::Overlap;
use bellwether_prices::upkeep::{Kept, QuoteAge};
use bellwether_storage::upkeep::Upkeep;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

use crate::refresh::history::CONTRADICTED_FOR;
use crate::refresh::{Need, Wants, is_never_fetched};
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// What portfolios want is worked out again after so long, for other processes may have learnt something.
const REMEMBERED_FOR: TimeDelta = TimeDelta::minutes(10);
/// A price that nobody could tell is asked for again so long after.
const UNTOLD_FOR: TimeDelta = TimeDelta::hours(1);
/// Of what only the price is looked at no history is needed; it counts as known for a while, though not as fetched today.
const TAKEN_FOR_KNOWN: TimeDelta = TimeDelta::days(2);
/// The history of what is looked at would begin so long ago.
const LOOKED_AT_MONTHS: u32 = 60;

/// What each portfolio wants, by the ledger version that it was worked out from.
#[derive(Debug, Default)]
pub(crate) struct KeptMemory(Mutex<HashMap<PortfolioId, Remembered>>);

#[derive(Debug)]
struct Remembered {
    version: i64,
    at: DateTime<Utc>,
    wants: Arc<Wants>,
}

impl KeptMemory {
    /// After news of splits and currencies.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn of(&self, id: PortfolioId, version: i64, now: DateTime<Utc>) -> Option<Arc<Wants>> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.get(&id)?;
        let is_right = known.version == version && (now - known.at).abs() < REMEMBERED_FOR;
        is_right.then(|| Arc::clone(&known.wants))
    }

    fn keep(&self, id: PortfolioId, version: i64, at: DateTime<Utc>, wants: &Arc<Wants>) {
        let remembered = Remembered { version, at, wants: Arc::clone(wants) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, remembered);
    }
}

/// Why a symbol is kept.
#[derive(Debug, Clone, Copy)]
struct Wish {
    /// The first day that its history must have.
    from: NaiveDate,
    /// Its price is shown.
    shown: bool,
    /// Its history is wanted.
    history: bool,
    /// A load of a portfolio is to fetch it if it was never fetched.
    loading: bool,
}

impl Tracker {
    /// What a portfolio wants, as of its present ledger.
    pub(super) async fn wants(&self, id: PortfolioId) -> Result<Arc<Wants>, TrackerError> {
        let now = self.clock().now();
        let version = self.storage().ledger_version(self.user(), id).await?;
        if let Some(wants) = self.kept_memory().of(id, version, now) {
            return Ok(wants);
        }
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let market = self.stored_actions(&transactions, &portfolio.benchmarks).await?;
        let today = self.today();
        let work_out = move || Arc::new(Wants::of(&portfolio, &transactions, &market, today));
        let wants = self.compute(work_out).await;
        self.kept_memory().keep(id, version, now, &wants);
        Ok(wants)
    }

    /// All that is kept, the most important first, and what is needed to ask for it.
    pub(super) async fn kept(
        &self,
        sources: &Sources,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Kept>, HashMap<Symbol, Need>), TrackerError> {
        let (symbols, wishes) = self.wishes(now).await?;
        let instruments = self.storage().find_or_create_instruments(symbols).await?;
        let ids: Vec<_> = instruments.iter().map(|instrument| instrument.id).collect();
        let quotes = self.storage().read_quotes(ids.clone()).await?;
        let upkeep = self.storage().upkeep(ids).await?;
        let asked = self.histories_asked().await?;
        let mut kept = Vec::with_capacity(instruments.len());
        let mut needs = HashMap::with_capacity(instruments.len());
        for instrument in instruments {
            let Some(wish) = wishes.get(&instrument.symbol).copied() else { continue };
            let known = Known {
                quote: quotes.get(&instrument.id),
                upkeep: upkeep.get(&instrument.id).copied().unwrap_or_default(),
                never_fetched: wish.history && is_never_fetched(&instrument, &asked, wish.from),
                rests_until: [
                    sources.silent_until(&instrument.symbol),
                    self.refresh_state().rests_until(&instrument.symbol, now),
                ]
                .into_iter()
                .flatten()
                .max(),
                untold_at: self.refresh_state().untold_at(&instrument.symbol),
                is_restated: self.refresh_state().is_restated(&instrument.symbol),
                instrument: &instrument,
            };
            if (known.never_fetched && wish.loading) || (!wish.shown && !known.never_fetched) {
                continue;
            }
            kept.push(known.kept(wish, now));
            let need = Need::kept(instrument.clone(), wish.from, known.never_fetched);
            needs.insert(instrument.symbol, need);
        }
        Ok((kept, needs))
    }

    async fn wishes(&self, now: DateTime<Utc>) -> Result<(Vec<Symbol>, HashMap<Symbol, Wish>), TrackerError> {
        let loading = self.portfolios_loading().await?;
        let mut symbols = Vec::new();
        let mut wishes: HashMap<Symbol, Wish> = HashMap::new();
        let mut add = |symbol: &Symbol, wish: Wish| match wishes.entry(symbol.clone()) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                *known = Wish {
                    from: known.from.min(wish.from),
                    shown: known.shown || wish.shown,
                    history: known.history || wish.history,
                    loading: known.loading || wish.loading,
                };
            }
            Entry::Vacant(place) => {
                symbols.push(symbol.clone());
                place.insert(wish);
            }
        };
        for (tracker, portfolio) in self.everybodys_portfolios().await? {
            let wants = tracker.wants(portfolio.id).await?;
            let loading = loading.contains(&portfolio.id);
            let wish = |shown| Wish { from: wants.from, shown, history: true, loading };
            wants.shown().for_each(|symbol| add(symbol, wish(true)));
            wants.once().for_each(|symbol| add(symbol, wish(false)));
        }
        let today = self.today();
        let from = today.checked_sub_months(Months::new(LOOKED_AT_MONTHS)).unwrap_or(today);
        let targets = self.symbols_with_targets().await?.into_iter().map(|symbol| (symbol, None));
        let looked = self.looks(now).await?.into_iter().map(|(symbol, look)| (symbol, look.from));
        for (symbol, history_from) in looked.chain(targets) {
            let from = history_from.map_or(from, |wanted| wanted.min(from));
            add(&symbol, Wish { from, shown: true, history: history_from.is_some(), loading: false });
        }
        Ok((symbols, wishes))
    }
}

/// What is stored of an instrument that is kept.
struct Known<'a> {
    instrument: &'a Instrument,
    quote: Option<&'a Quote>,
    upkeep: Upkeep,
    never_fetched: bool,
    rests_until: Option<DateTime<Utc>>,
    /// When nobody could tell its price last.
    untold_at: Option<DateTime<Utc>>,
    is_restated: bool,
}

impl Known<'_> {
    fn kept(&self, wish: Wish, now: DateTime<Utc>) -> Kept {
        let Self { instrument, upkeep, .. } = self;
        let fetched_at = instrument.history_fetched_at;
        let verified_at = upkeep.verified_at.or(fetched_at).filter(|_| !self.never_fetched);
        let is_doubted = self.is_restated || upkeep.doubted_at.is_some();
        let refused_until = upkeep.refused_at.map(|at| at + CONTRADICTED_FOR).filter(|until| *until > now);
        Kept {
            symbol: instrument.symbol.clone(),
            exchange: instrument.exchange,
            kind: instrument.kind,
            quote: self.quote_age(wish, now),
            closes_fetched_at: upkeep
                .closes_fetched_at
                .max(fetched_at)
                .filter(|_| wish.history && wish.shown),
            verified_at: if wish.history { verified_at } else { Some(now - TAKEN_FOR_KNOWN) },
            overlap: is_doubted.then_some(Overlap::Disagree),
            ex_date: upkeep.ex_date,
            rests_until: self.rests_until.max(refused_until),
        }
    }

    fn quote_age(&self, wish: Wish, now: DateTime<Utc>) -> Option<QuoteAge> {
        let untold = |fetched_at| QuoteAge { fetched_at, good_until: fetched_at + UNTOLD_FOR };
        if !wish.shown {
            return Some(untold(now));
        }
        let Instrument { exchange, kind, .. } = *self.instrument;
        match self.quote {
            Some(quote) => {
                let good_until = PriceState::of_quote(quote, exchange, kind).expires_at();
                // What the user said is compared with the source's closes day by day, as everybody's are.
                Some(
                    good_until.map_or(untold(now), |good_until| QuoteAge {
                        fetched_at: quote.fetched_at,
                        good_until,
                    }),
                )
            }
            // Its history, which tells a symbol that does not exist from one that a batch left out, has its turn.
            None => self.upkeep.closes_fetched_at.max(self.untold_at).map(untold),
        }
    }
}
