//! How the sources of prices fared, as plain data.

use bellwether_domain::{PriceSourceName, Symbol};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{CircuitState, Counters, NotAnswered, Outcome};

/// How one source fared since the process started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceHealth {
    /// Which.
    pub source: PriceSourceName,
    /// What came of the symbols that it was asked for. `None` where nobody counts: a [`Chain`](crate::Chain) does.
    pub answers: Option<Answers>,
    /// What its gateway did. `None` for a source that makes no calls.
    pub upstream: Option<Counters>,
}

impl SourceHealth {
    /// What a provider can tell of itself.
    pub fn of(source: PriceSourceName, upstream: Option<Counters>) -> Self {
        Self { source, answers: None, upstream }
    }

    /// Until when the circuit of its open endpoints lets no call out, if so.
    pub fn rests_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.upstream.as_ref()?.anonymous.state {
            CircuitState::Open { until, .. } => Some(until).filter(|until| *until > now),
            CircuitState::Closed | CircuitState::HalfOpen { .. } => None,
        }
    }
}

/// What came of asking a source, counted by symbol. What the load's own budget or deadline cut off is not the
/// source's doing, and is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Answers {
    /// With prices.
    pub answered: u64,
    /// That it has none: it does not know the symbol, or has nothing of the days asked for.
    pub without_prices: u64,
    /// Not, or with what cannot be true.
    pub unanswered: u64,
    /// When it last answered with prices.
    pub last_answer_at: Option<DateTime<Utc>>,
    /// The last failure that was its own. A call that its open circuit kept back is none.
    pub last_failure: Option<Failure>,
}

/// A symbol that a source failed to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// When.
    pub at: DateTime<Utc>,
    /// Which symbol.
    pub symbol: Symbol,
    /// Why, in words.
    pub reason: String,
}

impl Answers {
    pub(crate) fn count<T>(&mut self, symbol: &Symbol, outcome: &Outcome<T>, at: DateTime<Utc>) {
        let reason = match outcome {
            Outcome::Answered(_) => {
                self.answered += 1;
                self.last_answer_at = Some(at);
                return;
            }
            Outcome::Unknown | Outcome::Delisted | Outcome::NotAnswered(NotAnswered::NothingInWindow) => {
                self.without_prices += 1;
                return;
            }
            Outcome::NotAnswered(NotAnswered::BudgetSpent | NotAnswered::TooLate) => return,
            Outcome::NotAnswered(NotAnswered::CircuitOpen { .. }) => {
                self.unanswered += 1;
                return;
            }
            Outcome::NotAnswered(reason) => reason.to_string(),
            Outcome::Suspect(suspicion) => suspicion.to_string(),
        };
        self.unanswered += 1;
        self.last_failure = Some(Failure { at, symbol: symbol.clone(), reason });
    }
}
