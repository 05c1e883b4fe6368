//! Why a use case could not be carried out.

use bellwether_cache::redis::UnusableRedis;
use bellwether_portfolio::LedgerError;
use bellwether_prices::PricesError;
use bellwether_scheduler::JobStoreError;
use bellwether_statements::UnreadableFile;
use bellwether_storage::StorageError;
use bellwether_storage::ledger::LedgerEntry;
use bellwether_texts::{Sentence, Value};
use chrono::TimeDelta;

use crate::reasons::fault_exactly;
use crate::{FieldFault, unreadable};

/// What a caller can do about a failure.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// What was named does not exist, or is somebody else's.
    #[error("there is no {0}")]
    NotFound(String),
    /// The request is wrong; the text says what to change.
    #[error("{0}")]
    Refused(Sentence),
    /// The request is right but cannot be carried out as things are; the text says why.
    #[error("{0}")]
    Conflict(Sentence),
    /// What was entered is wrong: all of it, by field.
    #[error("{}", words_of(.0))]
    Invalid(Vec<FieldFault>),
    /// The same transaction is there already.
    #[error("{}", twin(.0))]
    Twin(Box<LedgerEntry>),
    /// What was seen is another by now.
    #[error("{}", Sentence::new("refused.overtaken"))]
    Overtaken,
    /// Name or password are wrong; which of them is not told.
    #[error("The name or the password is wrong.")]
    WrongPassword,
    /// Somebody tried too often, or too many do at once.
    #[error("{}", too_many_attempts(*.after))]
    TooManyAttempts {
        /// How long to wait.
        after: TimeDelta,
    },
    /// The file gives no rows at all.
    #[error("the file cannot be used: {0}")]
    File(#[from] UnreadableFile),
    /// The database; [`TrackerError::is_transient`] tells whether to try again.
    #[error(transparent)]
    Storage(StorageError),
    /// The provider could not be set up.
    #[error("prices cannot be asked for: {0}")]
    Prices(#[from] PricesError),
    /// Redis could not be set up.
    #[error(transparent)]
    Redis(#[from] UnusableRedis),
    /// The job queue.
    #[error(transparent)]
    Jobs(#[from] JobStoreError),
}

impl TrackerError {
    /// What somebody asked for and cannot have.
    pub fn refused(words: impl Into<Sentence>) -> Self {
        Self::Refused(words.into())
    }

    /// What cannot be carried out as things are.
    pub fn conflict(words: impl Into<Sentence>) -> Self {
        Self::Conflict(words.into())
    }

    /// That a ledger cannot be computed.
    pub(crate) fn contradiction(fault: &LedgerError) -> Self {
        Self::conflict(fault_exactly(fault))
    }

    /// The same for people, in any language where they can do something about it.
    pub fn said(&self) -> Sentence {
        match self {
            Self::Refused(said) | Self::Conflict(said) => said.clone(),
            Self::Twin(entry) => twin(entry),
            Self::Overtaken => Sentence::new("refused.overtaken"),
            Self::TooManyAttempts { after } => too_many_attempts(*after),
            Self::File(error) => Sentence::new("imports.unusable").with("reason", unreadable(error)),
            Self::WrongPassword => Sentence::new("problem.told.wrong_password"),
            other => Sentence::verbatim(other.to_string()),
        }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_transient(),
            Self::Jobs(JobStoreError::Unavailable(cause)) => {
                cause.downcast_ref().is_some_and(StorageError::is_transient)
            }
            _ => false,
        }
    }
}

/// All faults as sentences.
fn words_of(faults: &[FieldFault]) -> String {
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    words.join(" ")
}

fn twin(entry: &LedgerEntry) -> Sentence {
    let transaction = crate::ledger::said_of(&entry.transaction);
    Sentence::new("fault.twin").with("transaction", transaction)
}

/// A span in whole seconds or minutes, rounded up.
fn too_many_attempts(span: TimeDelta) -> Sentence {
    match span.num_seconds().max(0) + i64::from(span.subsec_nanos() > 0) {
        0 | 1 => Sentence::new("refused.too_often_second"),
        seconds @ 2..=90 => Sentence::new("refused.too_often_seconds").with("seconds", Value::exact(seconds)),
        seconds => {
            Sentence::new("refused.too_often_minutes").with("minutes", Value::exact((seconds + 59) / 60))
        }
    }
}

/// Words as a sentence.
pub(crate) fn sentence(words: &str) -> String {
    Sentence::verbatim(words).whole().to_string()
}

impl From<StorageError> for TrackerError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NotFound => Self::NotFound("such record".to_owned()),
            StorageError::Archive(error) => Self::refused(sentence(&error.to_string())),
            error => Self::Storage(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_whose_database_is_away_is_away_too() {
        let of = |error: StorageError| TrackerError::from(JobStoreError::Unavailable(Box::new(error)));
        assert!(of(StorageError::Unavailable("gone".into())).is_transient());
        assert!(!of(StorageError::Refused("a fault".to_owned())).is_transient());
    }
}
