//! Keeping the prices fresh of all that is held, compared with or looked at, by one job for the whole installation.

mod due;
mod hurry;
mod kept;
mod looked;
mod verified;

use bellwether_prices::upkeep::{Allowance, ChartReason, Round, next_round};
use bellwether_prices::{Batch, CircuitState, LoadBudget, Plan, Priority};
use chrono::{DateTime, TimeDelta, Utc};

use crate::refresh::{Calls, DEADLINE, Report};
use crate::sources::Sources;
use crate::{Event, RefreshStatus, Tracker, TrackerError};

pub(crate) use hurry::Hurry;
pub(crate) use kept::KeptMemory;
pub(crate) use looked::Looked;

/// With nobody to ask there is nothing to do.
const IDLE: TimeDelta = TimeDelta::hours(1);
/// While a source has to prove itself one call follows the other so soon.
const BETWEEN_PROBES: TimeDelta = TimeDelta::seconds(1);

impl Tracker {
    /// Asks for what is due by now, within what the source may be asked, and says when to do so again.
    pub(crate) async fn keep_prices(&self, report: Report<'_>) -> Result<DateTime<Utc>, TrackerError> {
        let kept = self.next_round(report).await;
        let loads_wait = !self.portfolios_loading().await?.is_empty();
        self.refresh_state().update(|progress| match progress.status {
            // However early it failed, nothing waits for its turn any more.
            RefreshStatus::Queued | RefreshStatus::Updating if kept.is_err() && !loads_wait => {
                progress.status = RefreshStatus::Error;
            }
            // There was nothing to ask for, or nobody may.
            RefreshStatus::Queued if !loads_wait => progress.status = RefreshStatus::Completed,
            _ => {}
        });
        kept
    }

    async fn next_round(&self, report: Report<'_>) -> Result<DateTime<Utc>, TrackerError> {
        let now = self.clock().now();
        let Some(sources) = self.sources() else { return Ok(now + IDLE) };
        self.announce_circuits(sources).await;
        sources.look_elsewhere(self.storage(), now).await?;
        if let CircuitState::Open { until, .. } = sources.circuit() {
            return Ok(until);
        }
        let (kept, needs) = self.kept(sources, now).await?;
        let round = next_round(&kept, allowance(sources), now);
        if round.is_empty() {
            return Ok(round.next);
        }
        let most = round.calls() as u32 + LoadBudget::FEWEST_RETRIES;
        let budget = LoadBudget::new(most, Some(now + DEADLINE), Priority::Background);
        self.carry_out(sources, &calls_of(&round), &needs, now, &budget, report).await?;
        tracing::debug!(
            charts = round.charts.len(),
            closes = round.closes.len(),
            quotes = round.quotes.len(),
            calls = budget.spent(),
            "upkeep.round"
        );
        Ok(match sources.circuit() {
            CircuitState::Open { until, .. } => until,
            CircuitState::HalfOpen { .. } => self.clock().now() + BETWEEN_PROBES,
            CircuitState::Closed => round.next,
        })
    }

    /// Tells whose circuit changed since this was last told. One that has closed lets the upkeep go on.
    pub(crate) async fn announce_circuits(&self, sources: &Sources) {
        let mut has_closed = false;
        for (source, state) in sources.circuit_changes() {
            let (state, until) = match state {
                CircuitState::Closed => ("closed", None),
                CircuitState::Open { until, .. } => ("open", Some(until)),
                CircuitState::HalfOpen { .. } => ("half-open", None),
            };
            has_closed |= state == "closed";
            self.publish(Event::CircuitChanged {
                source: source.to_string(),
                state: state.to_owned(),
                until,
            });
        }
        if has_closed && let Err(error) = self.enqueue_keep_prices(self.clock().now()).await {
            tracing::warn!(%error, "upkeep.not_enqueued");
        }
    }
}

/// What upkeep may ask for now: a third of an hour's calls is for those who look at a page, and a source that has to
/// prove itself gets one call.
fn allowance(sources: &Sources) -> Allowance {
    let (hourly_limit, calls_last_hour) = sources.hour();
    let per_hour = hourly_limit.saturating_mul(2) / 3;
    let left = per_hour.saturating_sub(calls_last_hour);
    let is_proving = matches!(sources.circuit(), CircuitState::HalfOpen { .. });
    Allowance { per_hour, left: if is_proving { left.min(1) } else { left } }
}

fn calls_of(round: &Round) -> Calls {
    let charts = |missing: bool| {
        let wanted =
            round.charts.iter().filter(move |(_, reason)| (*reason == ChartReason::Missing) == missing);
        wanted.map(|(symbol, _)| symbol.clone()).collect()
    };
    let batches = |symbols: &[bellwether_domain::Symbol], recent_closes| -> Vec<Batch> {
        let batch = |symbols: &[_]| Batch { symbols: symbols.to_vec(), recent_closes };
        symbols.chunks(Plan::BATCH).map(batch).collect()
    };
    Calls {
        histories: charts(true),
        whole: charts(false),
        batches: [batches(&round.closes, true), batches(&round.quotes, false)].concat(),
    }
}
