//! The kinds of questions that a provider is asked.

use std::hash::Hash;

use async_trait::async_trait;
use bellwether_domain::{Quote, Symbol};
use chrono::NaiveDate;

use crate::{Found, History, LoadBudget, NotAnswered, Outcome, Plan, Provider, RecentCloses};

/// One kind of question.
#[async_trait]
pub(super) trait Question: 'static {
    /// What is asked for. Equal keys have equal answers.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What comes of it.
    type Answer: Answer;

    /// How many keys go out together.
    fn batch(_: &dyn Provider) -> usize {
        1
    }

    async fn ask(
        provider: &dyn Provider,
        keys: &[Self::Key],
        budget: &LoadBudget,
    ) -> Vec<(Self::Key, Self::Answer)>;
}

/// What came of a question, good or bad.
pub(super) trait Answer: Clone + Send + Sync + 'static {
    fn none(reason: NotAnswered) -> Self;
    /// Why there is no answer, where there is none.
    fn reason(&self) -> Option<&NotAnswered>;
}

impl<T: Clone + Send + Sync + 'static> Answer for Outcome<T> {
    fn none(reason: NotAnswered) -> Self {
        Self::NotAnswered(reason)
    }

    fn reason(&self) -> Option<&NotAnswered> {
        match self {
            Self::NotAnswered(reason) => Some(reason),
            _ => None,
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Answer for Result<T, NotAnswered> {
    fn none(reason: NotAnswered) -> Self {
        Err(reason)
    }

    fn reason(&self) -> Option<&NotAnswered> {
        self.as_ref().err()
    }
}

pub(super) enum Quotes {}

#[async_trait]
impl Question for Quotes {
    type Key = Symbol;
    type Answer = Outcome<Quote>;

    fn batch(provider: &dyn Provider) -> usize {
        provider.quotes_at_once()
    }

    async fn ask(
        provider: &dyn Provider,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<Quote>)> {
        provider.quotes(symbols, budget).await
    }
}

pub(super) enum Closes {}

#[async_trait]
impl Question for Closes {
    type Key = Symbol;
    type Answer = Outcome<RecentCloses>;

    fn batch(_: &dyn Provider) -> usize {
        Plan::BATCH
    }

    async fn ask(
        provider: &dyn Provider,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        provider.recent_closes(symbols, budget).await
    }
}

pub(super) enum Histories {}

#[async_trait]
impl Question for Histories {
    type Key = (Symbol, NaiveDate);
    type Answer = Outcome<History>;

    async fn ask(
        provider: &dyn Provider,
        asked: &[Self::Key],
        budget: &LoadBudget,
    ) -> Vec<(Self::Key, Outcome<History>)> {
        let mut histories = Vec::with_capacity(asked.len());
        for (symbol, from) in asked {
            histories.push(((symbol.clone(), *from), provider.history(symbol, *from, budget).await));
        }
        histories
    }
}

pub(super) enum Searches {}

#[async_trait]
impl Question for Searches {
    type Key = String;
    type Answer = Result<Vec<Found>, NotAnswered>;

    async fn ask(
        provider: &dyn Provider,
        texts: &[String],
        budget: &LoadBudget,
    ) -> Vec<(String, Self::Answer)> {
        let mut found = Vec::with_capacity(texts.len());
        for text in texts {
            found.push((text.clone(), provider.search(text, budget).await));
        }
        found
    }
}
