//! A look at the whole data: whether everything can be read, and whether what must hold does.
//!
//! Nothing is changed. What is found is told in plain words, with what to do about it. Rows are read in pages; of the
//! ledgers one at a time is held to compare it with its audit log.

mod foundation;
mod ledgers;
mod prices;
mod work;

use chrono::{DateTime, Utc};

use crate::connection::AnyConnection;
use crate::{Storage, StorageError};

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, such as `audit log`.
    pub about: &'static str,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to do about it, in a sentence.
    pub advice: &'static str,
}

/// Of one kind no more are told singly.
const TOLD_SINGLY: usize = 20;

const RESTORE: &str = "Restore the last good backup with \"bellwether restore\".";

/// What was found so far.
struct Findings {
    found: Vec<Finding>,
    now: DateTime<Utc>,
}

impl Findings {
    fn add(&mut self, about: &'static str, what: String, advice: &'static str) {
        tracing::debug!(about, what, "doctor.found");
        self.found.push(Finding { about, what, advice });
    }

    /// Tells a check's findings, the first of them singly.
    fn add_all(&mut self, about: &'static str, advice: &'static str, whats: Vec<String>) {
        let more = whats.len().saturating_sub(TOLD_SINGLY);
        for what in whats.into_iter().take(TOLD_SINGLY) {
            self.add(about, what, advice);
        }
        if more > 0 {
            self.add(about, format!("There are {more} more of the same kind."), advice);
        }
    }

    /// What could be read; where it could not, that is a finding. A database that is away is no finding.
    fn readable<T>(
        &mut self,
        about: &'static str,
        read: Result<T, StorageError>,
    ) -> Result<Option<T>, StorageError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})"));
                let what = format!("It cannot be read: {error}{}.", cause.unwrap_or_default());
                self.add(about, what, RESTORE);
                Ok(None)
            }
        }
    }
}

fn examine(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<Vec<Finding>, StorageError> {
    let mut findings = Findings { found: Vec::new(), now };
    for check in [foundation::examine, ledgers::examine, prices::examine, work::examine] {
        let outcome = check(connection, &mut findings);
        findings.readable("database", outcome)?;
    }
    Ok(findings.found)
}

impl Storage {
    /// Looks at the whole data, as of one moment, and tells what is not as it must be.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is; damage is no error but a finding.
    pub async fn examine(&self) -> Result<Vec<Finding>, StorageError> {
        let now = self.now();
        let looked = self.snapshot(move |connection| {
            crate::transaction::without_time_limit(connection)?;
            examine(connection, now)
        });
        match looked.await {
            Ok(found) => Ok(found),
            // Damage at its root does not even let a transaction end.
            Err(error) => {
                let mut findings = Findings { found: Vec::new(), now };
                findings.readable::<()>("database file", Err(error))?;
                Ok(findings.found)
            }
        }
    }
}
