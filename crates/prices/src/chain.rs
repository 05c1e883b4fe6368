//! Several providers as one: who is asked first, and who stands in.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bellwether_domain::{PriceSource, Quote, SharedClock, Symbol};
use chrono::NaiveDate;
use futures::future::join_all;

use crate::{
    Answers, Found, History, LoadBudget, NotAnswered, Outcome, Plan, Provider, RecentCloses, SourceHealth,
};

/// Asks providers in order.
///
/// The first that covers a symbol is asked for it. What it leaves without a price goes to the next that covers it,
/// within the same budget: whether the source failed, does not know the symbol, or told what cannot be true, another
/// may do better. Only when the load's calls are used up is nobody else asked, because nobody could call.
///
/// Each answer is one source's alone and says whose. When nobody answers, the most telling outcome is given, and of
/// equals the one that came first:
///
/// 1. suspect: somebody knows the symbol, and what is told of it should be looked at;
/// 2. not answered for want of calls or time: the next load may fare better;
/// 3. not answered for another reason: somebody may know the symbol;
/// 4. delisted;
/// 5. no prices in these days;
/// 6. unknown: all who cover it say so, or nobody covers it.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use bellwether_domain::SystemClock;
/// use bellwether_prices::{Chain, Provider, Yahoo};
///
/// # fn example() -> Result<(), bellwether_prices::PricesError> {
/// let clock = Arc::new(SystemClock);
/// let first = Yahoo::at("https://query1.finance.yahoo.com", clock.clone())?;
/// let second = Yahoo::at("https://query2.finance.yahoo.com", clock.clone())?;
/// let chain = Chain::new(clock).then(first).then(second);
/// for source in chain.health() {
///     println!("{}: {:?}", source.source, source.answers);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Chain {
    members: Vec<Member>,
    clock: SharedClock,
}

struct Member {
    provider: Arc<dyn Provider>,
    answers: Mutex<Answers>,
}

impl Chain {
    /// Of nobody yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { members: Vec::new(), clock }
    }

    /// With another provider, which is asked after those before it.
    #[must_use]
    pub fn then(self, provider: impl Provider + 'static) -> Self {
        self.then_shared(Arc::new(provider))
    }

    /// With another provider that others hold too.
    #[must_use]
    pub fn then_shared(mut self, provider: Arc<dyn Provider>) -> Self {
        self.members.push(Member { provider, answers: Mutex::default() });
        self
    }

    /// Whether there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn covering<'a>(&'a self, symbol: &'a Symbol) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(move |member| member.provider.covers(symbol))
    }

    fn count<T>(&self, member: &Member, symbol: &Symbol, outcome: &Outcome<T>) {
        let mut answers = member.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.count(symbol, outcome, self.clock.now());
    }
}

/// A batch on its way through the members.
struct Batch<'a, T> {
    chain: &'a Chain,
    symbols: &'a [Symbol],
    found: HashMap<Symbol, Outcome<T>>,
    /// How many members each symbol is past: asked, or not covering it.
    past: HashMap<&'a Symbol, usize>,
}

impl<'a, T: Clone> Batch<'a, T> {
    fn new(chain: &'a Chain, symbols: &'a [Symbol]) -> Self {
        let past = symbols.iter().map(|symbol| (symbol, 0)).collect();
        Self { chain, symbols, found: HashMap::with_capacity(symbols.len()), past }
    }

    /// Who is to be asked for what next, each symbol once; empty when nothing is left. All of it can be asked for at
    /// the same time, so that a slow source delays only the symbols that are its own.
    fn next_round(&mut self) -> Vec<(&'a Member, Vec<Symbol>)> {
        let mut round: Vec<(&Member, Vec<Symbol>)> =
            self.chain.members.iter().map(|member| (member, Vec::new())).collect();
        let mut seen = HashSet::new();
        for symbol in self.symbols {
            if self.found.get(symbol).is_some_and(is_settled) || !seen.insert(symbol) {
                continue;
            }
            let Some(past) = self.past.get_mut(symbol) else { continue };
            let next = round.iter_mut().skip(*past).position(|(member, _)| member.provider.covers(symbol));
            let Some(next) = next else { continue };
            *past += next + 1;
            if let Some((_, asked)) = round.get_mut(*past - 1) {
                asked.push(symbol.clone());
            }
        }
        round.retain(|(_, asked)| !asked.is_empty());
        round
    }

    fn take(&mut self, member: &Member, asked: Vec<Symbol>, answers: Vec<(Symbol, Outcome<T>)>) {
        let mut answers: HashMap<Symbol, Outcome<T>> = answers.into_iter().collect();
        for symbol in asked {
            let outcome = answers.remove(&symbol).unwrap_or(Outcome::NotAnswered(NotAnswered::Omitted));
            self.chain.count(member, &symbol, &outcome);
            let outcome = match self.found.remove(&symbol) {
                Some(before) => more_telling(before, outcome),
                None => outcome,
            };
            self.found.insert(symbol, outcome);
        }
    }

    /// One outcome for each symbol asked, in that order.
    fn outcomes(self) -> Vec<(Symbol, Outcome<T>)> {
        let outcome = |symbol: &Symbol| self.found.get(symbol).cloned().unwrap_or(Outcome::Unknown);
        self.symbols.iter().map(|symbol| (symbol.clone(), outcome(symbol))).collect()
    }
}

/// Whether nobody else needs to be asked.
fn is_settled<T>(outcome: &Outcome<T>) -> bool {
    matches!(outcome, Outcome::Answered(_) | Outcome::NotAnswered(NotAnswered::BudgetSpent))
}

fn more_telling<T>(before: Outcome<T>, after: Outcome<T>) -> Outcome<T> {
    if place(&after) < place(&before) { after } else { before }
}

/// The place of an outcome in the list at [`Chain`].
fn place<T>(outcome: &Outcome<T>) -> u8 {
    match outcome {
        Outcome::Answered(_) => 0,
        Outcome::Suspect(_) => 1,
        Outcome::NotAnswered(NotAnswered::BudgetSpent | NotAnswered::TooLate) => 2,
        Outcome::NotAnswered(NotAnswered::NothingInWindow) => 5,
        Outcome::NotAnswered(_) => 3,
        Outcome::Delisted => 4,
        Outcome::Unknown => 6,
    }
}

#[async_trait]
impl Provider for Chain {
    fn source_of(&self, symbol: &Symbol) -> Option<PriceSource> {
        self.members.iter().find_map(|member| member.provider.source_of(symbol))
    }

    fn health(&self) -> Vec<SourceHealth> {
        let of_member = |member: &Member| {
            let answers = member.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let counted = |health: SourceHealth| SourceHealth {
                answers: Some(health.answers.unwrap_or_else(|| answers.clone())),
                ..health
            };
            member.provider.health().into_iter().map(counted).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(of_member).collect()
    }

    /// As suits the member that takes the fewest, so that nobody's calls are left half empty.
    fn quotes_at_once(&self) -> usize {
        self.members.iter().map(|member| member.provider.quotes_at_once()).min().unwrap_or(Plan::BATCH)
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        let mut batch = Batch::new(self, symbols);
        loop {
            let round = batch.next_round();
            if round.is_empty() {
                return batch.outcomes();
            }
            let asked = round.iter().map(|(member, asked)| member.provider.quotes(asked, budget));
            let answers = join_all(asked).await;
            for ((member, asked), answers) in round.into_iter().zip(answers) {
                batch.take(member, asked, answers);
            }
        }
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        let mut batch = Batch::new(self, symbols);
        loop {
            let round = batch.next_round();
            if round.is_empty() {
                return batch.outcomes();
            }
            let asked = round.iter().map(|(member, asked)| member.provider.recent_closes(asked, budget));
            let answers = join_all(asked).await;
            for ((member, asked), answers) in round.into_iter().zip(answers) {
                batch.take(member, asked, answers);
            }
        }
    }

    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History> {
        let mut best = Outcome::Unknown;
        for member in self.covering(symbol) {
            let outcome = member.provider.history(symbol, from, budget).await;
            self.count(member, symbol, &outcome);
            best = more_telling(best, outcome);
            if is_settled(&best) {
                break;
            }
        }
        best
    }

    /// Hits of all members, those of the first first, each symbol once. Fails only when there is no hit and somebody
    /// could not be asked.
    async fn search(&self, text: &str, budget: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        let mut hits: Vec<Found> = Vec::new();
        let mut failure = None;
        for member in &self.members {
            match member.provider.search(text, budget).await {
                Ok(found) => {
                    for hit in found {
                        if hits.iter().all(|known| known.symbol != hit.symbol) {
                            hits.push(hit);
                        }
                    }
                }
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        match failure {
            Some(reason) if hits.is_empty() => Err(reason),
            _ => Ok(hits),
        }
    }
}

#[cfg(test)]
mod tests;
