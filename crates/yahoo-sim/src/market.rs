//! The made-up market: every symbol has a history, any part of which can be computed without the rest.
//!
//! A history is made as traded, in the shares and cents of each day. What a provider shows of it follows from the
//! day on which it is asked: splits that have happened by then restate everything before them.

mod corporate;
mod known;
mod listing;
mod moment;
mod noise;
mod reserved;
mod sessions;
mod stated;
mod truth;
mod universe;
mod venue;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bellwether_domain::{ActionKind, CorporateAction, Exchange, Symbol, epoch_day};
use chrono::NaiveDate;

pub(crate) use listing::{Listing, Quirk, TradedBar};
pub(crate) use moment::{Hours, Moment, TradingPeriod};
pub(crate) use noise::{mix, seed_of, shock, unit};
pub(crate) use reserved::Role;
pub(crate) use sessions::{SessionTable, midnight};
pub(crate) use stated::{StatedBar, as_f32};
pub use truth::{TrueBar, Truth};
pub(crate) use venue::Class;

/// How many listings are kept before the cache begins anew.
const KEPT_LISTINGS: usize = 20_000;

/// A market of made-up prices, the same for the same seed and epoch on every machine.
///
/// Every symbol is quoted; its spelling decides venue, currency and kind. Well-known ones have their names, kinds and
/// splits, and start from their prices of 4 January 2021. Some names, with anything after them, are reserved for
/// tests; distances are in sessions of New York from the epoch:
///
/// | Name | What it is |
/// |---|---|
/// | `ZZUNKNOWN` | unknown everywhere |
/// | `ZZDEAD` | delisted: a shell without prices |
/// | `ZZNONE` | known to the quote endpoint alone, without a price |
/// | `ZZHALT` | suspended for 120 sessions |
/// | `ZZNEW` | listed 30 sessions ago |
/// | `ZZSPLIT` | splits 4:1 in 5 sessions |
/// | `ZZREV` | splits 1:10 in 6 sessions |
/// | `ZZDIV` | pays quarterly |
/// | `ZZMOVE` | becomes `ZZTO` with the same ending in 10 sessions |
/// | `ZZGLITCH` | some bars are served a hundred times too large |
/// | `ZZTHIN` | three days in ten without a trade |
/// | `ZZRATIO` | always 100, and nobody trades |
///
/// ```
/// use bellwether_yahoo_sim::Market;
/// use chrono::NaiveDate;
///
/// let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).ok_or("no date");
/// let market = Market::new(1, day(2026, 1, 5)?);
/// let truth = market.truth(&"AAPL".parse()?, day(2025, 1, 1)?, day(2025, 12, 31)?, day(2026, 1, 5)?);
/// assert_eq!(truth.ok_or("unknown")?.bars.len(), 250);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Market {
    seed: u64,
    epoch: NaiveDate,
    listings: RwLock<HashMap<String, Arc<Listing>>>,
    walks: RwLock<HashMap<Exchange, Arc<[f64]>>>,
    planned: RwLock<Vec<CorporateAction>>,
}

/// What the market knows of a symbol on a day.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// It is quoted.
    Listed(Arc<Listing>),
    /// It was delisted; a shell of its record is left.
    Shell(Arc<Listing>),
    /// The quote endpoint knows the symbol but no price; all others do not know it.
    Nothing,
    /// Never heard of.
    Unknown,
}

impl Market {
    /// A market. The reserved `ZZ` symbols have their splits, halts and renames at fixed distances from `epoch`.
    pub fn new(seed: u64, epoch: NaiveDate) -> Self {
        Self {
            seed,
            epoch,
            listings: RwLock::default(),
            walks: RwLock::default(),
            planned: RwLock::default(),
        }
    }

    /// The seed of all chance.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The day from which the reserved symbols' events are counted.
    pub fn epoch(&self) -> NaiveDate {
        self.epoch
    }

    /// Adds a split or dividend to a symbol's own, stated as on its ex-date. An ex-date without a session moves to
    /// the next one; whole numbers below 2^32 are needed in a ratio, others are ignored.
    pub fn plan(&self, action: CorporateAction) {
        let symbol = canonical(&action.symbol).as_str().to_owned();
        self.planned.write().unwrap_or_else(PoisonError::into_inner).push(action);
        self.listings.write().unwrap_or_else(PoisonError::into_inner).remove(&symbol);
    }

    /// All splits and dividends of a symbol, those to come included, as stated on their own days.
    pub fn actions(&self, symbol: &Symbol) -> Vec<CorporateAction> {
        let Found::Listed(listing) = self.find(symbol, epoch_day(self.epoch)) else { return Vec::new() };
        listing.actions()
    }

    /// What is known of a symbol on a local day.
    pub(crate) fn find(&self, symbol: &Symbol, day: i32) -> Found {
        let symbol = canonical(symbol);
        match reserved::role(&symbol) {
            Role::Unknown => return Found::Unknown,
            Role::Nothing => return Found::Nothing,
            Role::Dead => return Found::Shell(self.listing(&symbol)),
            Role::Moving if self.is_renamed(day) => return Found::Unknown,
            Role::Moved if !self.is_renamed(day) => return Found::Unknown,
            _ => {}
        }
        if universe::is_nonsense(&symbol) {
            return Found::Unknown;
        }
        let listing = self.listing(&symbol);
        // A listing that has not begun is nothing that anybody could look up.
        if listing.sessions.span(listing.first).day > day { Found::Unknown } else { Found::Listed(listing) }
    }

    fn listing(&self, symbol: &Symbol) -> Arc<Listing> {
        let known =
            self.listings.read().unwrap_or_else(PoisonError::into_inner).get(symbol.as_str()).cloned();
        if let Some(listing) = known {
            return listing;
        }
        let listing = Arc::new(self.build(symbol));
        let mut listings = self.listings.write().unwrap_or_else(PoisonError::into_inner);
        if listings.len() >= KEPT_LISTINGS {
            listings.clear();
        }
        listings.entry(symbol.as_str().to_owned()).or_insert(listing).clone()
    }

    fn build(&self, symbol: &Symbol) -> Listing {
        let mut listing = universe::build(self, symbol);
        let planned = self.planned.read().unwrap_or_else(PoisonError::into_inner);
        for action in planned.iter().filter(|action| canonical(&action.symbol) == *symbol) {
            apply(&mut listing, action);
        }
        listing
    }

    /// The walk that a venue's instruments follow together, one value a session.
    fn market_walk(&self, exchange: Exchange) -> Arc<[f64]> {
        if let Some(walk) = self.walks.read().unwrap_or_else(PoisonError::into_inner).get(&exchange) {
            return walk.clone();
        }
        let sessions = SessionTable::of(exchange).len();
        let mut values = Vec::with_capacity(sessions);
        noise::Walk::new(seed_of(self.seed, exchange.code())).visit(0..sessions, |value| values.push(value));
        let mut walks = self.walks.write().unwrap_or_else(PoisonError::into_inner);
        walks.entry(exchange).or_insert_with(|| values.into()).clone()
    }

    fn is_renamed(&self, day: i32) -> bool {
        let sessions = SessionTable::of(Exchange::NewYork);
        day >= sessions.span(reserved::session(self.epoch, sessions, reserved::RENAMED)).day
    }
}

fn apply(listing: &mut Listing, action: &CorporateAction) {
    let session = listing.sessions.on_or_after(epoch_day(action.ex_date));
    match &action.kind {
        ActionKind::Split(ratio) => {
            if let (Ok(new), Ok(old)) = (u32::try_from(ratio.new), u32::try_from(ratio.old)) {
                corporate::insert_split(listing, session, new, old);
            }
        }
        ActionKind::CashDividend { amount, .. } | ActionKind::CapitalGain { amount } => {
            let gain = matches!(action.kind, ActionKind::CapitalGain { .. });
            if let Some(last) = session.checked_sub(1).and_then(|before| listing.last_traded(before)) {
                let close = listing.traded_close(last);
                corporate::insert_dividend(listing, session, *amount, close, gain);
            }
        }
    }
}

/// The name under which a symbol is answered: `USDEUR=X` is `EUR=X`.
pub(crate) fn canonical(symbol: &Symbol) -> Symbol {
    let pair = symbol.as_str().strip_suffix("=X").and_then(|pair| pair.strip_prefix("USD"));
    match pair {
        Some(quoted) if quoted.len() == 3 => format!("{quoted}=X").parse().unwrap_or_else(|_| symbol.clone()),
        _ => symbol.clone(),
    }
}

/// The instruments that people know, as symbol, name and kind, for search.
pub(crate) fn well_known() -> impl Iterator<Item = (&'static str, &'static str)> {
    known::all().map(|known| (known.symbol, known.name))
}
