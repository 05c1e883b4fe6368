//! Why a use case could not be carried out.

use bellwether_cache::redis::UnusableRedis;
use bellwether_prices::PricesError;
use bellwether_scheduler::JobStoreError;
use bellwether_statements::UnreadableFile;
use bellwether_storage::StorageError;
use bellwether_storage::ledger::LedgerEntry;
use chrono::TimeDelta;

use crate::FieldFault;

/// What a caller can do about a failure.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// What was named does not exist, or is somebody else's.
    #[error("there is no {0}")]
    NotFound(String),
    /// The request is wrong; the text says what to change.
    #[error("{0}")]
    Refused(String),
    /// The request is right but cannot be carried out as things are; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// What was entered is wrong: all of it, by field.
    #[error("{}", words_of(.0))]
    Invalid(Vec<FieldFault>),
    /// The same transaction is there already.
    #[error(
        "The same transaction is in the ledger already: {}. To record it once more all the same, say so.",
        crate::ledger::words_of(&.0.transaction)
    )]
    Twin(Box<LedgerEntry>),
    /// What was seen is another by now.
    #[error("It was changed by somebody else in the meantime. Look at it again.")]
    Overtaken,
    /// Name or password are wrong; which of them is not told.
    #[error("The name or the password is wrong.")]
    WrongPassword,
    /// Somebody tried too often, or too many do at once.
    #[error("There were too many attempts. Try again in {}.", words_for(*.after))]
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

/// A span in whole seconds or minutes, rounded up.
fn words_for(span: TimeDelta) -> String {
    match span.num_seconds().max(0) + i64::from(span.subsec_nanos() > 0) {
        0 | 1 => "a second".to_owned(),
        seconds @ 2..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", (seconds + 59) / 60),
    }
}

/// Words as a sentence.
pub(crate) fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).chain(['.']).collect()
}

impl From<StorageError> for TrackerError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NotFound => Self::NotFound("such record".to_owned()),
            StorageError::Archive(error) => Self::Refused(sentence(&error.to_string())),
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
