//! Yahoo Finance over its open endpoints: no account, no cookie.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use bellwether_domain::{PriceSource, Quote, SharedClock, Symbol};
use chrono::NaiveDate;
use futures::future::{BoxFuture, FutureExt, join_all};

use crate::{
    Found, Gateway, History, HttpTransport, Listing, LoadBudget, NotAnswered, Outcome, Plan, PricesError,
    Provider, RecentCloses, SourceHealth,
};

mod bars;
mod chart;
mod login;
mod member;
mod number;
mod quote;
mod reading;
mod search;
mod session;
mod spark;
mod symbols;
mod wire;

pub use chart::read_chart;
pub use login::Login;
pub use quote::{Quotes, read_quotes};
pub use reading::{Asked, Known};
pub use search::read_search;
pub use spark::read_spark;

use member::Member;
use spark::{Batch, Entry, Span};

/// Yahoo Finance, or a service that speaks like it.
///
/// Current prices and recent closes come from sparks, 20 symbols a call; history from charts, one symbol a call.
pub struct Yahoo {
    gateway: Gateway,
    known: RwLock<HashMap<Symbol, Known>>,
    member: Option<Member>,
}

impl Yahoo {
    /// Where the real service is.
    pub const ADDRESS: &str = "https://query1.finance.yahoo.com";

    /// A batch of which less than this share is answered is taken for a fault, and asked again in halves.
    const FEWEST_ANSWERED: f64 = 0.5;

    /// The service at an address, such as [`Yahoo::ADDRESS`], with the default limits.
    pub fn at(upstream: &str, clock: SharedClock) -> Result<Self, PricesError> {
        Ok(Self::through(Gateway::new(HttpTransport::new(upstream)?, clock)))
    }

    /// The service behind a gateway.
    pub fn through(gateway: Gateway) -> Self {
        Self { gateway, known: RwLock::default(), member: None }
    }

    /// Asks for quotes with a login, up to 50 a call, where that takes fewer calls than sparks. `kept` is the login of
    /// an earlier process; without one the first large request gets one.
    #[must_use]
    pub fn with_login(mut self, kept: Option<Login>) -> Self {
        self.member = Some(Member::new(kept, SharedClock::clone(self.gateway.clock())));
        self
    }

    /// The login in use, for the next process.
    pub async fn login(&self) -> Option<Login> {
        self.member.as_ref()?.desk.at_hand().await
    }

    /// The way out, with its counters.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Tells what an earlier process learnt of a symbol, for answers that leave it out.
    pub fn remember(&self, symbol: Symbol, known: Known) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(symbol, known);
    }

    fn known(&self, symbol: &Symbol) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(symbol).copied()
    }

    /// One entry for each symbol, in order, by as few calls as it takes.
    async fn sparks(&self, symbols: &[Symbol], span: Span, budget: &LoadBudget) -> Vec<(Symbol, Entry)> {
        let batches = symbols.chunks(Plan::BATCH).map(|batch| self.spark(batch, span, budget, true));
        let entries: Vec<(Symbol, Entry)> = join_all(batches).await.into_iter().flatten().collect();
        for (symbol, entry) in &entries {
            if let Some(known) = entry.known().filter(|known| self.known(symbol) != Some(*known)) {
                self.remember(symbol.clone(), known);
            }
        }
        entries
    }

    /// One call, and smaller ones where it was refused as a whole or answered in small part only.
    fn spark<'a>(
        &'a self,
        batch: &'a [Symbol],
        span: Span,
        budget: &'a LoadBudget,
        suspicious: bool,
    ) -> BoxFuture<'a, Vec<(Symbol, Entry)>> {
        async move {
            if batch.is_empty() {
                return Vec::new();
            }
            let clock = self.gateway.clock();
            let read = |response: &crate::Response| {
                let known = |symbol: &Symbol| self.known(symbol);
                spark::read(response.status, &response.body, batch, known, clock.now())
            };
            let answered = self.gateway.ask(spark::request(batch, span), budget, read).await;
            let halves = |symbols: &'a [Symbol]| symbols.split_at(symbols.len().div_ceil(2));
            match answered {
                Ok(Batch::Read(entries)) => {
                    let omitted = entries.iter().filter(|(_, entry)| entry.is_omitted()).count();
                    let answered = (entries.len() - omitted) as f64 / entries.len().max(1) as f64;
                    if suspicious && entries.len() >= 4 && answered < Self::FEWEST_ANSWERED {
                        return self.ask_again(entries, span, budget).await;
                    }
                    entries
                }
                // One symbol may have spoilt it for all.
                Ok(Batch::Refused(_)) if batch.len() > 1 => {
                    let (left, right) = halves(batch);
                    let (left, right) = futures::join!(
                        self.spark(left, span, budget, suspicious),
                        self.spark(right, span, budget, suspicious)
                    );
                    left.into_iter().chain(right).collect()
                }
                Ok(Batch::Refused(why)) => not_answered(batch, &NotAnswered::Refused(why)),
                Err(reason) => not_answered(batch, &reason),
            }
        }
        .boxed()
    }

    /// Asks once more, in two halves, for the symbols that were left out.
    async fn ask_again(
        &self,
        mut entries: Vec<(Symbol, Entry)>,
        span: Span,
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Entry)> {
        let omitted: Vec<Symbol> = entries
            .iter()
            .filter(|(_, entry)| entry.is_omitted())
            .map(|(symbol, _)| symbol.clone())
            .collect();
        tracing::debug!(
            omitted = omitted.len(),
            "a batch came back with few answers; asking again in halves"
        );
        let (left, right) = omitted.split_at(omitted.len().div_ceil(2));
        let (left, right) =
            futures::join!(self.spark(left, span, budget, false), self.spark(right, span, budget, false));
        let mut second: HashMap<Symbol, Entry> =
            left.into_iter().chain(right).filter(|(_, entry)| matches!(entry, Entry::Read(_))).collect();
        for (symbol, entry) in &mut entries {
            if let Some(answer) = second.remove(symbol) {
                *entry = answer;
            }
        }
        entries
    }
}

fn not_answered(batch: &[Symbol], reason: &NotAnswered) -> Vec<(Symbol, Entry)> {
    batch.iter().map(|symbol| (symbol.clone(), Entry::Not(Outcome::NotAnswered(reason.clone())))).collect()
}

#[async_trait]
impl Provider for Yahoo {
    fn source_of(&self, _: &Symbol) -> Option<PriceSource> {
        Some(PriceSource::yahoo())
    }

    fn health(&self) -> Vec<SourceHealth> {
        vec![SourceHealth::of(PriceSource::yahoo().name, Some(self.gateway.counters()))]
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        let by_spark = async |symbols: &[Symbol]| {
            let entries = self.sparks(symbols, Span::Days, budget).await;
            entries.into_iter().map(|(symbol, entry)| (symbol, entry.into_quote()))
        };
        let member = match &self.member {
            Some(member) if member.is_worth_it(symbols.len()).await => member,
            _ => return by_spark(symbols).await.collect(),
        };
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
        let before = session::end_of_window(&**clock);
        let read = |response: &crate::Response| {
            let known = self.known(symbol);
            let asked = Asked { before: Some(before), known, ..Asked::daily(symbol.clone(), clock.now()) };
            read_chart(response.status, &response.body, &asked)
        };
        let answered = self.gateway.ask(chart::request(symbol, from, before), budget, read).await;
        match answered {
            Ok(Outcome::Answered(history)) => {
                let Listing { unit, zone, .. } = history.listing;
                self.remember(symbol.clone(), Known { unit, zone });
                chart::starting(history, from)
            }
            Ok(outcome) => outcome,
            Err(reason) => Outcome::NotAnswered(reason),
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
