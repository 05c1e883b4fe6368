//! What the gateway did, as plain data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::CircuitSnapshot;

/// Counts since the gateway was made, and its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Attempts that went out, retries included.
    pub calls: u64,
    /// Attempts that were retries.
    pub retries: u64,
    /// Attempts by the HTTP status that came back.
    pub by_status: BTreeMap<u16, u64>,
    /// What became of attempts, by endpoint.
    pub by_endpoint: BTreeMap<String, EndpointCounters>,
    /// Attempts that got no complete answer in time.
    pub timeouts: u64,
    /// Attempts that got no connection, or whose answer broke off or was too large.
    pub broken: u64,
    /// Calls not made because a load's budget was spent.
    pub refused_by_budget: u64,
    /// Calls not made because the pace or a free seat would have come too late.
    pub refused_by_pace: u64,
    /// Calls not made because a circuit was open.
    pub refused_by_circuit: u64,
    /// Attempts under way.
    pub in_flight: u32,
    /// The most attempts that were ever under way at once.
    pub peak_in_flight: u32,
    /// Attempts of the last hour; of all processes, as far as they share their limits.
    pub calls_last_hour: u32,
    /// Attempts that an hour sustains at present.
    pub hourly_limit: u32,
    /// Whether limits and rests are held together with other processes.
    pub sharing: Sharing,
    /// When the last attempt went out.
    pub last_call_at: Option<DateTime<Utc>>,
    /// The breaker of the open endpoints, as seen now.
    pub anonymous: CircuitSnapshot,
    /// The breaker of those that need a session, as seen now.
    pub authenticated: CircuitSnapshot,
    /// Rises whenever a circuit changes its state or the hourly limit moves: what is kept for the next process is out
    /// of date then. Calls alone do not raise it.
    pub revision: u64,
}

/// Whether limits and rests are held together with other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Sharing {
    /// There is nobody to share them with.
    Alone,
    /// All processes together keep to them.
    Together,
    /// They should be, but each process goes by its own for the time being.
    Apart {
        /// Since then.
        since: DateTime<Utc>,
    },
}

/// What became of the attempts at one endpoint, as far as they have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct EndpointCounters {
    /// Answered, if only by saying that there is no such thing.
    pub answered: u64,
    /// Refused because of too many calls, or for good.
    pub throttled: u64,
    /// Not answered, or with what is no answer.
    pub failed: u64,
}

impl EndpointCounters {
    /// The part, 0 to 1, that was answered; `None` before the first attempt ended.
    pub fn success(&self) -> Option<f64> {
        let ended = self.answered + self.throttled + self.failed;
        (ended > 0).then(|| self.answered as f64 / ended as f64)
    }
}

/// What a gateway has to know of the one before it, for a restart to be neither a way around a rest nor around the
/// hourly limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaySnapshot {
    /// The breaker of the open endpoints.
    pub anonymous: CircuitSnapshot,
    /// The breaker of those that need a session.
    pub authenticated: CircuitSnapshot,
    /// When calls went out, within the last hour.
    pub recent_calls: Vec<DateTime<Utc>>,
    /// Calls that an hour sustains; the limit that one starts with where that was not kept.
    #[serde(default)]
    pub hourly_limit: Option<u32>,
    /// When the hour began that has had calls and no refusal so far; the next call begins one where that was not kept.
    #[serde(default)]
    pub clean_since: Option<DateTime<Utc>>,
}
