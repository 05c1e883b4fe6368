//! What a look at a page or a price sets off.

use std::collections::HashSet;

use bellwether_cache::freshness::PriceState;
use bellwether_domain::{Instrument, PortfolioId, Symbol};
use bellwether_prices::CircuitState;
use chrono::{DateTime, NaiveDate, Utc};

use crate::{Tracker, TrackerError};

/// What is due of a portfolio.
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
        match self.due(id).await? {
            Due::Nothing => Ok(false),
            Due::First => self.enqueue_refresh(id).await.map(|_| true),
            Due::Newer => self.keep_prices_soon().await,
        }
    }

    /// Notes that somebody looks at a price, so that it is kept fresh for a while; `state` is what is known of it.
    pub(crate) async fn look_at(
        &self,
        symbol: &Symbol,
        state: Option<&PriceState>,
    ) -> Result<(), TrackerError> {
        let now = self.clock().now();
        let Some(sources) = self.sources() else { return Ok(()) };
        self.looked().at(symbol, now);
        let is_due = state.is_none_or(|state| state.is_due(now));
        let rests = sources.silent_until(symbol).or(self.refresh_state().rests_until(symbol, now));
        if is_due && rests.is_none() && !matches!(sources.circuit(), CircuitState::Open { .. }) {
            self.keep_prices_soon().await?;
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
        let is_news = self.looked().history_at(symbol, from, now);
        self.look_at(symbol, state).await?;
        let is_known = match known {
            Some(known) => !crate::refresh::is_never_fetched(known, &self.histories_asked().await?, from),
            None => false,
        };
        if is_known || sources.silent_until(symbol).is_some() {
            return Ok(false);
        }
        if is_news {
            self.keep_prices_now(now).await?;
        }
        Ok(true)
    }

    async fn due(&self, id: PortfolioId) -> Result<Due, TrackerError> {
        let Some(sources) = self.sources() else { return Ok(Due::Nothing) };
        if let CircuitState::Open { .. } = sources.circuit() {
            return Ok(Due::Nothing);
        }
        let now = self.clock().now();
        let wants = self.wants(id).await?;
        let rests = |symbol: &Symbol| {
            sources.is_silent(symbol) || self.refresh_state().rests_until(symbol, now).is_some()
        };
        let shown: HashSet<Symbol> = wants.shown().cloned().collect();
        let symbols: Vec<Symbol> =
            shown.iter().chain(wants.once()).filter(|symbol| !rests(symbol)).cloned().collect();
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
            if is_old || crate::refresh::is_never_fetched(instrument, &asked, wants.from) {
                due = Due::Newer;
            }
        }
        Ok(due)
    }

    async fn keep_prices_soon(&self) -> Result<bool, TrackerError> {
        let now: DateTime<Utc> = self.clock().now();
        if !self.refresh_state().may_hurry(now) {
            return Ok(false);
        }
        self.keep_prices_now(now).await?;
        Ok(true)
    }

    async fn keep_prices_now(&self, now: DateTime<Utc>) -> Result<(), TrackerError> {
        let before = self.refresh_state().queue_up();
        if let Err(error) = self.enqueue_keep_prices(now).await {
            self.refresh_state().step_back(before);
            return Err(error);
        }
        Ok(())
    }
}
