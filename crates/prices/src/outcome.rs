//! What came of asking for one symbol.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Suspicion;

/// The answer for one symbol. A batch gives one for each symbol asked, so that one bad symbol spoils no other.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// The provider answered, and the answer passed all checks.
    Answered(T),
    /// The provider says that it knows no such symbol. A fact: asking again soon is pointless.
    Unknown,
    /// The provider keeps only the shell of a line that trades no more. Keep what is stored.
    Delisted,
    /// Nothing can be said about the symbol: keep what is stored and mark it as old.
    NotAnswered(NotAnswered),
    /// The provider answered what cannot be true: do not value anything by it.
    Suspect(Suspicion),
}

impl<T> Outcome<T> {
    /// The answer, where there is one.
    pub fn answer(self) -> Option<T> {
        match self {
            Self::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// The answer by reference, where there is one.
    pub fn as_answer(&self) -> Option<&T> {
        match self {
            Self::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// The same outcome with another answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        self.and_then(|answer| Outcome::Answered(change(answer)))
    }

    /// What comes of the answer, or else the same outcome.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Outcome<U>) -> Outcome<U> {
        match self {
            Self::Answered(answer) => next(answer),
            Self::Unknown => Outcome::Unknown,
            Self::Delisted => Outcome::Delisted,
            Self::NotAnswered(reason) => Outcome::NotAnswered(reason),
            Self::Suspect(suspicion) => Outcome::Suspect(suspicion),
        }
    }
}

/// Why there is no answer. None of these says anything about the instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum NotAnswered {
    /// The load has made all the calls it may.
    #[error("the load's calls are used up")]
    BudgetSpent,
    /// The load's deadline came first, or would come before the pace lets a call out.
    #[error("there was no time left to ask")]
    TooLate,
    /// The circuit breaker lets nothing out until then.
    #[error("the source is given a rest until {until}")]
    CircuitOpen {
        /// When the next attempt may be made.
        until: DateTime<Utc>,
    },
    /// The upstream said that there were too many calls.
    #[error("the source refuses further calls for now")]
    RateLimited,
    /// The upstream shut us out.
    #[error("the source shut us out with status {status}")]
    Blocked {
        /// The HTTP status.
        status: u16,
    },
    /// The upstream took too long.
    #[error("the source did not answer in time")]
    Timeout,
    /// No connection, or it broke.
    #[error("the source cannot be reached")]
    Unreachable,
    /// The upstream is out of order: a status, or a success that holds no answer.
    #[error("the source is out of order (status {status})")]
    Upstream {
        /// The HTTP status.
        status: u16,
    },
    /// The upstream refused the request as wrong.
    #[error("the source refused the request: {0}")]
    Refused(String),
    /// The answer contradicts itself or lacks what a price needs.
    #[error("the answer could not be used: {0}")]
    Malformed(String),
    /// The batch was answered without this symbol.
    #[error("the source left the symbol out of its answer")]
    Omitted,
    /// Calls for this symbol have failed so often, while others were answered, that none is made until then.
    #[error("asking for the symbol failed again and again; the next try is at {until}")]
    Parked {
        /// When it is asked for again.
        until: DateTime<Utc>,
    },
    /// The source has no bars in the days asked for: before the listing, or after the end. Not a failure.
    #[error("the source has no prices for these days")]
    NothingInWindow,
}

impl NotAnswered {
    /// Whether the same call may succeed a moment later without anybody's doing.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Malformed(_) | Self::Parked { .. } | Self::NothingInWindow)
    }
}
