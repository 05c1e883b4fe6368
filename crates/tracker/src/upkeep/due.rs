//! What a look at a page or a price sets off.

use std::collections::HashSet;

use bellwether_cache::freshness::PriceState;
use bellwether_domain::{Instrument, Portfolio, PortfolioId, Symbol, Transaction};
use bellwether_prices::CircuitState;
use chrono::{DateTime, NaiveDate, Utc};

use crate::refresh::{histories_from, is_never_fetched};
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// What is due of some symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// Prices that are there already.
    Newer,
    /// Something was never fetched.
    First,
}

impl Tracker {
    /// Asks for newer prices when some that the portfolio shows are due. Cheap when none is.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn refresh_if_due(&self, id: PortfolioId) -> Result<bool, TrackerError> {
        self.look_elsewhere().await?;
        if self.is_refreshing() {
            return Ok(false);
        }
        let now = self.clock().now();
        let Some(sources) = self.sources_that_answer(now).await? else { return Ok(false) };
        let wants = self.wants(id).await?;
        let shown = wants.shown().cloned().collect();
        match self.due(sources, &shown, wants.once(), wants.from, now).await? {
            Due::First if self.hurry().load(id, now) => self.enqueue_refresh(id).await.map(|_| true),
            Due::Nothing | Due::First => Ok(false),
            Due::Newer => self.keep_prices_soon(now).await,
        }
    }

    /// Notes that somebody looks at a price, so that it is kept fresh for a while; `state` is what is known of it.
    pub(crate) async fn look_at(
        &self,
        symbol: &Symbol,
        state: Option<&PriceState>,
    ) -> Result<(), TrackerError> {
        if !self.has_provider() {
            return Ok(());
        }
        let now = self.clock().now();
        self.note_looks(vec![symbol.clone()], None, now).await?;
        let Some(sources) = self.sources_that_answer(now).await? else { return Ok(()) };
        let is_due = state.is_none_or(|state| state.is_due(now));
        if is_due && !self.rests(sources, symbol, now) {
            self.keep_prices_soon(now).await?;
        }
        Ok(())
    }

    /// The same of its history from a day on. Whether that is to come: it was never fetched, and somebody can be asked.
    pub(crate) async fn look_at_history(
        &self,
        symbol: &Symbol,
        from: NaiveDate,
        known: Option<&Instrument>,
        state: Option<&PriceState>,
    ) -> Result<bool, TrackerError> {
        let now = self.clock().now();
        let Some(sources) = self.sources() else { return Ok(false) };
        self.note_looks(vec![symbol.clone()], Some(from), now).await?;
        let answer = self.sources_that_answer(now).await?.is_some();
        if self.rests(sources, symbol, now) {
            return Ok(false);
        }
        let is_to_come = match known {
            Some(known) => is_never_fetched(known, &self.histories_asked().await?, from),
            None => true,
        };
        if answer && (is_to_come || state.is_none_or(|state| state.is_due(now))) {
            self.keep_prices_soon(now).await?;
        }
        Ok(is_to_come)
    }

    /// Notes that somebody compares a portfolio with what it is not usually compared with: for a while that is kept
    /// fresh, with its history, as if it were.
    pub(crate) async fn look_beside(
        &self,
        portfolio: &Portfolio,
        transactions: &[Transaction],
        benchmarks: Vec<Symbol>,
    ) -> Result<(), TrackerError> {
        // Without any booking there is nothing to compare yet.
        if !self.has_provider() || benchmarks.is_empty() || transactions.is_empty() {
            return Ok(());
        }
        let benchmarks = self.made_from(benchmarks).await?;
        let now = self.clock().now();
        let from = histories_from(transactions, self.today());
        let known = self.storage().instruments_by_symbol(benchmarks.clone()).await?;
        let currencies = known.values().filter_map(|instrument| instrument.currency);
        let pairs = currencies.filter_map(|currency| Symbol::of_pair(currency, portfolio.base_currency));
        let looked: HashSet<Symbol> = pairs.chain(benchmarks).collect();
        self.note_looks(looked.iter().cloned().collect(), Some(from), now).await?;
        let Some(sources) = self.sources_that_answer(now).await? else { return Ok(()) };
        if self.due(sources, &looked, std::iter::empty(), from, now).await? != Due::Nothing {
            self.keep_prices_soon(now).await?;
        }
        Ok(())
    }

    /// Who can be asked, as far as any process knows.
    async fn sources_that_answer(&self, now: DateTime<Utc>) -> Result<Option<&Sources>, TrackerError> {
        let Some(sources) = self.sources() else { return Ok(None) };
        sources.look_elsewhere(self.storage(), now).await?;
        let answer = !matches!(sources.circuit(), CircuitState::Open { .. });
        Ok(answer.then_some(sources))
    }

    /// Whether asking for the symbol brings nothing now.
    fn rests(&self, sources: &Sources, symbol: &Symbol, now: DateTime<Utc>) -> bool {
        sources.is_silent(symbol) || self.refresh_state().rests_until(symbol, now).is_some()
    }

    /// What is due of these that are shown, and of others of which only the history is wanted.
    async fn due<'a>(
        &self,
        sources: &Sources,
        shown: &'a HashSet<Symbol>,
        once: impl Iterator<Item = &'a Symbol>,
        from: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Due, TrackerError> {
        let symbols: Vec<Symbol> =
            shown.iter().chain(once).filter(|symbol| !self.rests(sources, symbol, now)).cloned().collect();
        let known = self.storage().instruments_by_symbol(symbols.clone()).await?;
        let asked = self.histories_asked().await?;
        let ids: Vec<_> = known.values().map(|instrument| instrument.id).collect();
        let quotes = self.storage().read_quotes(ids).await?;
        let mut due = Due::Nothing;
        for symbol in &symbols {
            let Some(instrument) = known.get(symbol) else { return Ok(Due::First) };
            let quote = quotes.get(&instrument.id);
            if instrument.history_fetched_at.is_none() && quote.is_none() {
                return Ok(Due::First);
            }
            let state = quote.map(|quote| PriceState::of_quote(quote, instrument.exchange, instrument.kind));
            let is_old = shown.contains(symbol) && state.is_some_and(|state| state.is_due(now));
            if is_old || is_never_fetched(instrument, &asked, from) {
                due = Due::Newer;
            }
        }
        Ok(due)
    }

    async fn keep_prices_soon(&self, now: DateTime<Utc>) -> Result<bool, TrackerError> {
        let Some(at) = self.hurry().upkeep(now) else { return Ok(false) };
        if at > now {
            return self.enqueue_keep_prices(at).await.map(|_| true);
        }
        let before = self.refresh_state().queue_up();
        match self.enqueue_keep_prices(now).await {
            Ok(_) => Ok(true),
            Err(error) => {
                self.refresh_state().step_back(before);
                Err(error)
            }
        }
    }
}
