//! What operators want to know of the parts below: the database and the queue of jobs.

use std::collections::BTreeMap;

use bellwether_domain::{Durations, Quantiles, Span};
use bellwether_scheduler::JobState;
use bellwether_storage::BackEnd;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{Tracker, TrackerError};

/// How the database fares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatabaseHealth {
    /// `sqlite` or `postgres`.
    pub kind: &'static str,
    /// Open connections.
    pub connections: u32,
    /// Those of them that nobody uses.
    pub idle_connections: u32,
    /// Connections at the most.
    pub connection_limit: u32,
    /// Calls that read, since the start.
    pub reads: u64,
    /// Calls that wrote, since the start.
    pub writes: u64,
    /// Statements, since the start.
    pub queries: u64,
    /// Statements that the database refused, since the start.
    pub failed_queries: u64,
    /// Time that calls waited for a connection, since the start, in milliseconds.
    pub waited: f64,
    /// How long statements took in the last five minutes.
    pub five_minutes: Option<Quantiles>,
    /// How long statements took in the last hour.
    pub hour: Option<Quantiles>,
    /// How long statements took since the start.
    pub start: Option<Quantiles>,
}

/// How the queue of jobs fares, by the database that all processes share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobsHealth {
    /// Jobs by where they stand; every state is there.
    pub by_state: BTreeMap<&'static str, u64>,
    /// Jobs by kind.
    pub kinds: BTreeMap<String, KindOfJob>,
    /// When the first job that waits for a worker was due.
    pub waiting_since: Option<DateTime<Utc>>,
}

/// How jobs of one kind fare.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct KindOfJob {
    /// Jobs by where they stand; states without jobs are left out.
    pub by_state: BTreeMap<&'static str, u64>,
    /// How long those took that ended in the last hour, however they ended.
    pub hour: Option<Quantiles>,
}

const STATES: [JobState; 6] = [
    JobState::Queued,
    JobState::Running,
    JobState::Succeeded,
    JobState::Failed,
    JobState::Dead,
    JobState::Cancelled,
];

impl Tracker {
    /// How the database fares, without asking it.
    pub fn database_health(&self) -> DatabaseHealth {
        let storage = self.storage();
        let (statistics, connections) = (storage.statistics(), storage.connections());
        DatabaseHealth {
            kind: match storage.back_end() {
                BackEnd::Sqlite => "sqlite",
                BackEnd::Postgres => "postgres",
            },
            connections: connections.open,
            idle_connections: connections.idle,
            connection_limit: connections.limit,
            reads: statistics.reads,
            writes: statistics.writes,
            queries: statistics.queries,
            failed_queries: statistics.failed_queries,
            waited: statistics.wait_time.as_secs_f64() * 1_000.0,
            five_minutes: storage.query_times(Span::FiveMinutes),
            hour: storage.query_times(Span::Hour),
            start: storage.query_times(Span::Start),
        }
    }

    /// How the queue of jobs fares.
    ///
    /// # Errors
    /// The database's.
    pub async fn jobs_health(&self) -> Result<JobsHealth, TrackerError> {
        let now = self.clock().now();
        let overview = self.storage().job_overview(now, now - TimeDelta::hours(1)).await?;
        let mut by_state: BTreeMap<&'static str, u64> = STATES.map(|state| (state.as_str(), 0)).into();
        let mut kinds: BTreeMap<String, KindOfJob> = BTreeMap::new();
        for counted in overview.counts {
            let state = counted.state.as_str();
            *by_state.entry(state).or_default() += counted.count;
            kinds.entry(counted.kind).or_default().by_state.insert(state, counted.count);
        }
        let mut took: BTreeMap<String, Durations> = BTreeMap::new();
        for (kind, duration) in overview.ran {
            took.entry(kind).or_default().record(now, duration);
        }
        for (kind, durations) in took {
            kinds.entry(kind).or_default().hour = durations.quantiles(Span::Start, now);
        }
        Ok(JobsHealth { by_state, kinds, waiting_since: overview.waiting_since })
    }
}
