//! Yahoo Finance over its open endpoints: no account, no cookie.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bellwether_domain::{PriceSource, Quote, SharedClock, Symbol};
use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    Found, Gateway, History, HttpTransport, Listing, LoadBudget, NotAnswered, Outcome, Plan, PricesError,
    Provider, RecentCloses, SourceHealth, Suspicion,
};

mod bars;
mod batch_size;
mod chart;
mod consent;
mod login;
mod member;
mod memory;
mod quote;
mod reading;
mod routes;
mod search;
mod session;
mod spark;
mod sparks;
mod symbols;
mod wire;

pub use chart::read_chart;
pub use login::Login;
pub use memory::{Absence, Memory, OtherUnit, Remembered, Trouble};
pub use quote::{Quotes, read_quotes};
pub use reading::{Asked, Known};
pub use search::read_search;
pub use spark::read_spark;

use member::Member;
use memory::Kind;
use routes::{Signs, SparkRoutes};
use spark::Span;

/// Yahoo Finance, or a service that speaks like it.
///
/// Current prices and recent closes come from sparks, 20 symbols a call; history from charts, one symbol a call.
pub struct Yahoo {
    gateway: Gateway,
    memory: Mutex<Memory>,
    routes: Mutex<SparkRoutes>,
    charts: Mutex<Signs>,
    member: Option<Member>,
}

impl Yahoo {
    /// Where the real service is.
    pub const ADDRESS: &str = "https://query1.finance.yahoo.com";

    /// The service at an address, such as [`Yahoo::ADDRESS`], with the default limits.
    pub fn at(upstream: &str, clock: SharedClock) -> Result<Self, PricesError> {
        Ok(Self::through(Gateway::new(HttpTransport::new(upstream)?, clock)))
    }

    /// The service behind a gateway.
    pub fn through(gateway: Gateway) -> Self {
        let (memory, routes, charts) = Default::default();
        Self { gateway, memory, routes, charts, member: None }
    }

    /// Asks for quotes with a login, up to 50 a call, where that takes fewer calls than sparks. `kept` is the login of
    /// an earlier process; without one the first large request gets one.
    #[must_use]
    pub fn with_login(mut self, kept: Option<Login>) -> Self {
        self.member = Some(Member::new(kept, SharedClock::clone(self.gateway.clock())));
        self
    }

    /// The login in use, for the next process; none while a new one is being got.
    pub fn login(&self) -> Option<Login> {
        self.member.as_ref()?.desk.at_hand()
    }

    /// The way out, with its counters.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What was learnt of symbols: their units and zones, which of them do not exist, and which are parked. For the
    /// next process; the login is kept apart, because it is a secret.
    pub fn memory(&self) -> Memory {
        self.lock_memory().clone()
    }

    /// Goes on with what an earlier process learnt, instead of what this one knows. Call it before the first request.
    pub fn recall(&self, memory: Memory) {
        *self.lock_memory() = memory;
    }

    /// Until when every question about a symbol is answered from memory, without a call: it does not exist, or all
    /// calls for it fail. Asking costs nothing meanwhile, so whoever plans calls need not count it.
    pub fn silent_until(&self, symbol: &Symbol) -> Option<DateTime<Utc>> {
        self.lock_memory().silent_until(symbol, self.gateway.clock().now())
    }

    fn known(&self, symbol: &Symbol) -> Option<Known> {
        self.lock_memory().of(symbol).known
    }

    fn is_good(&self, symbol: &Symbol) -> bool {
        self.lock_memory().is_good(symbol)
    }

    fn lock_memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_routes(&self) -> MutexGuard<'_, SparkRoutes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_charts(&self) -> MutexGuard<'_, Signs> {
        self.charts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what quotes tell of lines that trade no more, and of units.
    fn learn_quotes(&self, answers: &HashMap<Symbol, Outcome<Quote>>) {
        let now = self.gateway.clock().now();
        let mut memory = self.lock_memory();
        for (symbol, outcome) in answers {
            match outcome {
                Outcome::Delisted => memory.note_absence(symbol, true, Kind::Batch, now),
                Outcome::Suspect(Suspicion::OtherUnit { told, .. }) => {
                    memory.note_other_unit(symbol, *told, now);
                }
                Outcome::Answered(_) => memory.note_known_unit(symbol),
                _ => {}
            }
        }
    }

    /// Takes note of what asking for a chart came to, and gives what is to be believed of it.
    fn learn_chart(&self, symbol: &Symbol, outcome: Outcome<History>) -> Outcome<History> {
        let now = self.gateway.clock().now();
        let (mut memory, mut signs) = (self.lock_memory(), self.lock_charts());
        memory.prune(now);
        match &outcome {
            Outcome::Answered(history) => {
                let Listing { unit, zone, .. } = history.listing;
                memory.note_answer(symbol, Known { unit, zone }, Kind::Chart);
                signs.note_answer(now);
            }
            Outcome::Unknown | Outcome::Delisted => {
                // A service that forgets one good symbol after the other has forgotten itself.
                if memory.is_good(symbol) {
                    signs.note_failure(symbol);
                    if signs.is_ill() {
                        return Outcome::NotAnswered(NotAnswered::Upstream { status: 404 });
                    }
                }
                memory.note_absence(symbol, outcome == Outcome::Delisted, Kind::Chart, now);
            }
            Outcome::NotAnswered(NotAnswered::NothingInWindow) => {
                memory.note_clear(symbol, Kind::Chart);
                signs.note_answer(now);
            }
            Outcome::NotAnswered(reason @ (NotAnswered::Refused(_) | NotAnswered::Malformed(_))) => {
                signs.note_failure(symbol);
                tracing::debug!(%symbol, %reason, "a chart could not be had");
                if !signs.is_ill() {
                    memory.note_failure(symbol, Kind::Chart, now);
                }
            }
            Outcome::NotAnswered(NotAnswered::Upstream { .. }) => {
                // An outage is only the symbol's if others were answered since it failed last.
                if signs.answered_since(memory.failed_at(symbol, Kind::Chart, now)) && !signs.is_ill() {
                    memory.note_failure(symbol, Kind::Chart, now);
                }
                signs.note_failure(symbol);
            }
            Outcome::Suspect(Suspicion::OtherUnit { told, .. }) => {
                memory.note_other_unit(symbol, *told, now);
            }
            Outcome::NotAnswered(_) | Outcome::Suspect(_) => {}
        }
        outcome
    }
}

#[async_trait]
impl Provider for Yahoo {
    fn source_of(&self, _: &Symbol) -> Option<PriceSource> {
        Some(PriceSource::yahoo())
    }

    fn health(&self) -> Vec<SourceHealth> {
        vec![SourceHealth::of(PriceSource::yahoo().name, Some(self.gateway.counters()))]
    }

    fn quotes_at_once(&self) -> usize {
        self.member.as_ref().map_or(Plan::BATCH, |member| member.quotes_at_once(self.gateway.clock().now()))
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        let by_spark = async |symbols: &[Symbol]| {
            let entries = self.sparks(symbols, Span::Days, budget).await;
            entries.into_iter().map(|(symbol, entry)| (symbol, entry.into_quote()))
        };
        let Some(member) = &self.member else { return by_spark(symbols).await.collect() };
        let quotes = member.quotes(symbols, self, budget).await;
        let left: Vec<Symbol> = quotes
            .iter()
            .filter(|(_, outcome)| outcome.is_none())
            .map(|(symbol, _)| symbol.clone())
            .collect();
        let mut sparks = by_spark(&left).await;
        let mut outcome = |outcome: Option<Outcome<Quote>>| {
            let spark =
                || sparks.next().map_or(Outcome::NotAnswered(NotAnswered::Omitted), |(_, outcome)| outcome);
            outcome.unwrap_or_else(spark)
        };
        quotes.into_iter().map(|(symbol, quote)| (symbol, outcome(quote))).collect()
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        let entries = self.sparks(symbols, Span::Year, budget).await;
        entries.into_iter().map(|(symbol, entry)| (symbol, entry.into_closes())).collect()
    }

    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History> {
        let clock = self.gateway.clock();
        if let Some(answer) = self.lock_memory().answer(symbol, Kind::Chart, clock.now()) {
            return answer;
        }
        let before = session::end_of_window(&**clock);
        let read = |response: &crate::Response| {
            let known = self.known(symbol);
            let asked = Asked { before: Some(before), known, ..Asked::daily(symbol.clone(), clock.now()) };
            read_chart(response.status, &response.body, &asked)
        };
        let answered = self.gateway.ask(chart::request(symbol, from, before), budget, read).await;
        match self.learn_chart(symbol, answered.unwrap_or_else(Outcome::NotAnswered)) {
            Outcome::Answered(history) => chart::starting(history, from),
            outcome => outcome,
        }
    }

    async fn search(&self, text: &str, budget: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let read = |response: &crate::Response| read_search(response.status, &response.body);
        self.gateway.ask(search::request(text), budget, read).await?
    }
}

#[cfg(test)]
mod tests;
