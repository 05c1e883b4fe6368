//! What gateways to one upstream have in common across processes, as a seam: this crate knows no server.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// A place outside of the process where the gateways to one upstream keep their state and count their calls.
///
/// The state is text that means something to gateways alone. Whoever implements this compares it byte by byte, never
/// waits long, and does each of these as a whole or not at all. Processes must agree about the time, as their clocks
/// tell it.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// What is there at that time.
    ///
    /// # Errors
    /// [`Unshared`] when that cannot be known now.
    async fn look(&self, now: DateTime<Utc>) -> Result<Common, Unshared>;

    /// Puts `state` in place of what was `known`, and counts calls that went out without leave. False, with nothing
    /// done, when something else is there by now.
    ///
    /// # Errors
    /// [`Unshared`] when it cannot be told now.
    async fn tell(&self, known: Option<&str>, state: &str, calls: &[DateTime<Utc>])
    -> Result<bool, Unshared>;

    /// Takes leave for one call, from all buckets and the hour at once, if the state is the one that was `known`.
    ///
    /// # Errors
    /// [`Unshared`] when it cannot be taken now.
    async fn take(&self, known: &str, wish: &Wish) -> Result<Leave, Unshared>;

    /// Gives the leave back: the call does not count for the hour.
    ///
    /// # Errors
    /// [`Unshared`] when it cannot be given now.
    async fn give(&self, leave: &str) -> Result<(), Unshared>;
}

/// What was found in the common place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Common {
    /// The state; `None` where nobody told any, or it was lost.
    pub state: Option<String>,
    /// Calls that all together made within the last hour.
    pub calls_last_hour: u32,
}

/// What a call that is to go out has to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// When it would go out.
    pub at: DateTime<Utc>,
    /// Each loses one by it.
    pub buckets: Vec<Bucket>,
    /// Calls that any sixty minutes may have in all.
    pub calls_an_hour: u32,
}

/// Fills up steadily with leave for calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The same in all processes.
    pub name: &'static str,
    /// Calls that may go out at once when it is full.
    pub holds: u32,
    /// One more comes in after so long.
    pub one_per: Duration,
}

/// Whether a call may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Given {
        /// For giving it back.
        leave: String,
        /// Calls that all together made within the last hour, this one included.
        calls_last_hour: u32,
    },
    /// Not before then; later than `Wish::at`.
    NotBefore(DateTime<Utc>),
    /// The state is not the one that was known.
    Outdated,
}

/// The common place cannot be reached, so each process goes by its own limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limits are not shared now: {0}")]
pub struct Unshared(pub String);
