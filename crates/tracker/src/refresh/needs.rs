//! What a portfolio needs from upstream, the most important first.

use std::collections::{BTreeSet, HashMap};

use bellwether_cache::freshness::PriceState;
use bellwether_domain::calendar::{MarketStatus, Session};
use bellwether_domain::{Currency, Instrument, Portfolio, PortfolioId, Symbol, Transaction};
use bellwether_portfolio::{Market, Options};
use bellwether_prices::{Plan, Wanted};
use bellwether_storage::upkeep::Upkeep;
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};

use crate::compute::replay;
use crate::stored_market::{StoredMarket, symbols_of};
use crate::{Tracker, TrackerError};

/// After so long the last bar of a session is final.
const BAR_IS_FINAL: TimeDelta = TimeDelta::hours(3);
/// History reaches back so far at least.
const LEAST_MONTHS: u32 = 60;
/// And begins so many days before the first booking.
const LEAD_DAYS: u64 = 31;
/// The setting that remembers from which day each instrument's history was asked for.
pub(super) const HISTORY_FROM: &str = "history-from";

/// An instrument that something is due of.
#[derive(Debug, Clone)]
pub(crate) struct Need {
    pub(super) instrument: Instrument,
    /// The first day that its history must have.
    pub(super) from: NaiveDate,
    /// Its history must be fetched.
    pub(super) history: bool,
    /// Its history is to be fetched from its beginning: it never was, or not from so early on, or is in doubt.
    pub(super) whole: bool,
    /// Its price must be fetched.
    quote: bool,
    expires: Option<DateTime<Utc>>,
}

impl Need {
    /// Of what is to be asked for because its time has come, whatever else is due of it.
    pub(crate) fn kept(instrument: Instrument, from: NaiveDate, whole: bool) -> Self {
        Self { instrument, from, history: false, whole, quote: true, expires: None }
    }

    pub(crate) fn symbol(&self) -> &Symbol {
        &self.instrument.symbol
    }

    pub(crate) fn lacks_history(&self) -> bool {
        self.history
    }

    fn wanted(&self) -> Wanted {
        Wanted { symbol: self.symbol().clone(), needs_history: self.history, expires: self.expires }
    }
}

/// What one load is to bring: all prices that are due, and of the histories that are missing beside a good price as
/// many as it has calls for. The others would only be asked for their prices again.
pub(super) fn wanted_now(needs: &[Need]) -> Vec<Wanted> {
    let mut histories = 0..Plan::HISTORIES;
    needs.iter().filter(|need| need.quote || histories.next().is_some()).map(Need::wanted).collect()
}

impl Tracker {
    /// What is due now: benchmarks first, then what is held, then what was held once and was never fetched.
    pub(super) async fn needs(&self, id: PortfolioId) -> Result<Vec<Need>, TrackerError> {
        let mut needs = self.needs_and_quiet(id).await?;
        let (quiet, now) = (&self.refresh_state().quiet, self.clock().now());
        needs.retain(|need| !quiet.holds(need.symbol(), now));
        Ok(needs)
    }

    /// The same with what is left alone for now.
    pub(crate) async fn needs_and_quiet(&self, id: PortfolioId) -> Result<Vec<Need>, TrackerError> {
        let now = self.clock().now();
        let today = self.today();
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let market = self.stored_market(&portfolio, &transactions, &portfolio.benchmarks, today).await?;
        let work_out = move || (Wants::of(&portfolio, &transactions, &market, today), market);
        let (wants, market) = self.compute(work_out).await;
        let asked = self.histories_asked().await?;
        let instruments = self.storage().find_or_create_instruments(wants.all().cloned().collect()).await?;
        let ids = instruments.iter().map(|instrument| instrument.id).collect();
        let upkeep = self.storage().upkeep(ids).await?;
        let state = self.refresh_state();
        let need = |instrument: Instrument| {
            let symbol = &instrument.symbol;
            let is_idle = wants.once.contains(symbol);
            let never_fetched = is_never_fetched(&instrument, &asked, wants.from);
            let kept = upkeep.get(&instrument.id).copied().unwrap_or_default();
            let is_restated = state.is_restated(symbol) || kept.doubted_at.is_some();
            let lacks_bars = !is_idle && is_behind(&instrument, now) && lacks_closes(&instrument, &kept, now);
            let history = never_fetched || is_restated || lacks_bars;
            let state = market.provider_states.get(symbol);
            let quote = !is_idle && state.is_none_or(|price| price.is_due(now));
            let expires = state.and_then(PriceState::expires_at);
            let (from, whole) = (wants.from, never_fetched || is_restated);
            let need = Need { instrument, from, history, whole, quote, expires };
            (history || quote).then_some((is_restated, need))
        };
        let mut needs: Vec<(bool, Need)> = instruments
            .into_iter()
            .filter(|instrument| !self.sources().is_some_and(|sources| sources.is_silent(&instrument.symbol)))
            .filter_map(need)
            .collect();
        // They have no price that can be taken until their history is there.
        needs.sort_by_key(|(is_restated, _)| !is_restated);
        Ok(needs.into_iter().map(|(_, need)| need).collect())
    }

    /// From which day each instrument's history was asked for.
    pub(crate) async fn histories_asked(&self) -> Result<HashMap<Symbol, NaiveDate>, TrackerError> {
        Ok(self.storage().setting(HISTORY_FROM).await?.unwrap_or_default())
    }
}

/// What a portfolio's figures are made of.
#[derive(Debug, Clone)]
pub(crate) struct Wants {
    /// What it is compared with, indices of one's own by their components; nothing before the first booking.
    benchmarks: Vec<Symbol>,
    /// Currency rates.
    pairs: BTreeSet<Symbol>,
    /// What it holds and is not compared with.
    held: Vec<Symbol>,
    /// What it held once.
    once: BTreeSet<Symbol>,
    /// The first day that histories must have.
    pub(crate) from: NaiveDate,
}

impl Wants {
    pub(crate) fn of(
        portfolio: &Portfolio,
        transactions: &[Transaction],
        market: &StoredMarket,
        today: NaiveDate,
    ) -> Self {
        let base = portfolio.base_currency;
        let held = held(transactions, &market.market, base, today);
        let mut compared: Vec<Symbol> = Vec::new();
        for symbol in portfolio.benchmarks.iter().flat_map(|symbol| market.market.made_from(symbol)) {
            if symbol.index().is_none() && !compared.contains(symbol) {
                compared.push(symbol.clone());
            }
        }
        let is_compared = |symbol: &Symbol| compared.contains(symbol);
        let once = symbols_of(transactions).into_iter().filter(|symbol| !held.contains(symbol));
        Self {
            pairs: pairs(market, transactions, base),
            once: once.filter(|symbol| !is_compared(symbol)).collect(),
            held: held.into_iter().filter(|symbol| !is_compared(symbol)).collect(),
            // Without any booking there is nothing to compare yet.
            benchmarks: if transactions.is_empty() { Vec::new() } else { compared },
            from: histories_from(transactions, today),
        }
    }

    /// What prices of today are shown of: benchmarks first, then rates, then what is held.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Symbol> {
        self.benchmarks.iter().chain(&self.pairs).chain(&self.held)
    }

    /// What only history is wanted of.
    pub(crate) fn once(&self) -> impl Iterator<Item = &Symbol> {
        self.once.iter()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Symbol> {
        self.shown().chain(&self.once)
    }
}

/// The first day that the histories of what a ledger is made of and compared with must have.
pub(crate) fn histories_from(transactions: &[Transaction], today: NaiveDate) -> NaiveDate {
    let first = transactions.iter().map(|booked| booked.date).min().unwrap_or(today);
    let from = first.checked_sub_days(Days::new(LEAD_DAYS)).unwrap_or(first);
    today.checked_sub_months(Months::new(LEAST_MONTHS)).map_or(from, |least| least.min(from))
}

/// Whether an instrument's history was never asked for, or not from so early on.
pub(crate) fn is_never_fetched(
    instrument: &Instrument,
    asked: &HashMap<Symbol, NaiveDate>,
    from: NaiveDate,
) -> bool {
    instrument.history_fetched_at.is_none() || asked.get(&instrument.symbol).is_none_or(|asked| *asked > from)
}

/// Whether the last session's close was told with no batch of closes either.
fn lacks_closes(instrument: &Instrument, kept: &Upkeep, now: DateTime<Utc>) -> bool {
    let exchange = instrument.exchange;
    let last = match exchange.status(now) {
        MarketStatus::Closed { last, .. } => Some(last),
        MarketStatus::Open { session } => exchange.session(exchange.previous_trading_day(session.date)),
    };
    last.is_some_and(|last| kept.closes_fetched_at.is_none_or(|at| at < last.closes))
}

/// Whether a session's final bar is out that was not when the history was fetched.
fn is_behind(instrument: &Instrument, now: DateTime<Utc>) -> bool {
    let Some(fetched_at) = instrument.history_fetched_at else { return true };
    let last: Session = match instrument.exchange.status(now) {
        MarketStatus::Closed { last, .. } => last,
        MarketStatus::Open { session } => {
            let before = instrument.exchange.previous_trading_day(session.date);
            let Some(before) = instrument.exchange.session(before) else { return false };
            before
        }
    };
    let out = last.closes + BAR_IS_FINAL;
    let out = if out <= now {
        out
    } else {
        // The newest bar is not final yet; the one before is what history must have.
        let before = instrument.exchange.previous_trading_day(last.date);
        let Some(before) = instrument.exchange.session(before) else { return false };
        before.closes + BAR_IS_FINAL
    };
    fetched_at < out
}

/// Instruments with shares left, as the books have it; of a ledger that cannot be replayed yet, because something is
/// missing in it or a split is not known, all that it names.
fn held(transactions: &[Transaction], market: &Market, base: Currency, today: NaiveDate) -> BTreeSet<Symbol> {
    // What may be sold short and how cost is found change no holding of a ledger that is whole.
    match replay(transactions, market, Options::new(base), today) {
        Ok(books) => {
            let open = books.positions().iter().filter(|position| position.is_open());
            open.map(|position| position.symbol.clone()).collect()
        }
        Err(_) => symbols_of(transactions),
    }
}

/// Currency rates that the portfolio needs.
fn pairs(market: &StoredMarket, transactions: &[Transaction], base: Currency) -> BTreeSet<Symbol> {
    let booked = transactions.iter().map(|booked| booked.currency);
    let listed = market.instruments.values().filter_map(|instrument| instrument.currency);
    booked.chain(listed).filter_map(|currency| Symbol::of_pair(currency, base)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::{
        Exchange, InstrumentId, InstrumentKind, Split, SplitRatio, TransactionDraft, TransactionId,
        TransactionKind,
    };
    use bellwether_portfolio::InstrumentData;
    use rust_decimal::Decimal;

    fn instrument(fetched_at: &str) -> Instrument {
        Instrument {
            id: InstrumentId(1),
            symbol: "AAPL".parse().expect("a symbol"),
            name: None,
            kind: InstrumentKind::Equity,
            currency: Some(Currency::USD),
            exchange: Exchange::NewYork,
            history_fetched_at: Some(fetched_at.parse().expect("an instant")),
            price_version: 1,
        }
    }

    fn behind(fetched_at: &str, now: &str) -> bool {
        is_behind(&instrument(fetched_at), now.parse().expect("an instant"))
    }

    #[test]
    fn a_days_bar_is_fetched_once_it_is_final() {
        assert!(!behind("2026-11-19T01:00:00Z", "2026-11-19T20:00:00Z"), "while the session runs");
        assert!(!behind("2026-11-19T01:00:00Z", "2026-11-19T22:00:00Z"), "an hour after its end");
        assert!(behind("2026-11-19T01:00:00Z", "2026-11-20T00:30:00Z"), "three hours after its end");
        assert!(!behind("2026-11-20T00:30:00Z", "2026-11-20T13:00:00Z"), "once fetched");
    }

    #[test]
    fn nothing_is_behind_on_a_weekend_after_fridays_fetch() {
        assert!(!behind("2026-11-21T00:30:00Z", "2026-11-22T18:00:00Z"));
    }

    fn booked(kind: TransactionKind, ticker: &str, quantity: i64) -> Transaction {
        let draft = TransactionDraft {
            symbol: ticker.parse().ok(),
            other_symbol: "NEW".parse().ok(),
            quantity: Some(Decimal::from(quantity)),
            price: Some(Decimal::TEN),
            ratio: SplitRatio::new(Decimal::ONE, Decimal::TWO),
            cost_share: Some(Decimal::ZERO),
            cash_in_lieu: Some(Decimal::ONE),
            ..TransactionDraft::new(kind, "2026-01-05".parse().expect("a date"), Currency::USD)
        };
        draft.check(TransactionId::new(), 0, draft.date).expect("complete")
    }

    fn held_in(market: &Market, transactions: &[Transaction]) -> Vec<String> {
        let today = "2026-02-02".parse().expect("a date");
        rayon::scope(|_| held(transactions, market, Currency::USD, today))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn held_after(transactions: &[Transaction]) -> Vec<String> {
        held_in(&Market::default(), transactions)
    }

    fn in_account(name: &str, mut transaction: Transaction) -> Transaction {
        name.clone_into(&mut transaction.account);
        transaction
    }

    #[test]
    fn what_was_sold_is_not_held() {
        let bought = booked(TransactionKind::Buy, "KO", 5);
        assert_eq!(held_after(std::slice::from_ref(&bought)), ["KO"]);
        assert!(held_after(&[bought, booked(TransactionKind::Sell, "KO", 5)]).is_empty());
    }

    #[test]
    fn as_many_shares_sold_as_bought_are_not_all_after_a_split() {
        let ratio = SplitRatio::new(Decimal::from(4), Decimal::ONE).expect("a ratio");
        let (mut bought, sold) =
            (booked(TransactionKind::Buy, "KO", 10), booked(TransactionKind::Sell, "KO", 10));
        bought.date = "2026-01-02".parse().expect("a date");
        let split = Split { ex_date: sold.date, ratio };
        let mut market = Market::default();
        let symbol: Symbol = "KO".parse().expect("a symbol");
        market.insert(symbol, InstrumentData::new(Currency::USD).with_splits(&[split]));
        assert_eq!(held_in(&market, &[bought, sold]), ["KO"]);
    }

    #[test]
    fn a_ledger_that_lacks_something_may_hold_all_that_it_names() {
        let transactions = [booked(TransactionKind::Buy, "KO", 5), booked(TransactionKind::Sell, "PEP", 5)];
        assert_eq!(held_after(&transactions), ["KO", "PEP"]);
    }

    #[test]
    fn a_merger_in_one_account_leaves_the_shares_of_others() {
        let bought = |account| Transaction {
            date: "2026-01-02".parse().expect("a date"),
            ..in_account(account, booked(TransactionKind::Buy, "OLD", 5))
        };
        let merged = in_account("a", booked(TransactionKind::Merger, "OLD", 0));
        assert_eq!(held_after(&[bought("a"), bought("b"), merged]), ["NEW", "OLD"]);
    }

    #[test]
    fn what_a_corporate_event_brings_is_held() {
        let bought = || Transaction {
            date: "2026-01-02".parse().expect("a date"),
            ..booked(TransactionKind::Buy, "OLD", 5)
        };
        assert_eq!(held_after(&[bought(), booked(TransactionKind::SpinOff, "OLD", 0)]), ["NEW", "OLD"]);
        assert_eq!(held_after(&[bought(), booked(TransactionKind::TickerChange, "OLD", 0)]), ["NEW"]);
        let merged = [bought(), booked(TransactionKind::Merger, "OLD", 0)];
        assert_eq!(held_after(&merged), ["NEW"]);
        // 5 shares at 1 for 2 are 2 and cash for the half.
        assert!(held_after(&[&merged[..], &[booked(TransactionKind::Sell, "NEW", 2)]].concat()).is_empty());
    }
}
