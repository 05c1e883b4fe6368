//! Whole histories compared with the source's, those first that were verified longest ago.
//!
//! The upkeep verifies what is shown day by day, as far as its quiet hours go. This is for the rest: what was held once,
//! and what had no turn because something always traded.

use std::collections::HashMap;

use bellwether_domain::Symbol;
use bellwether_prices::{CircuitState, LoadBudget, Plan, Priority};
use bellwether_scheduler::Progress;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::allowance;
use crate::refresh::{Need, Report, Told, is_never_fetched};
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// Nothing is verified again so soon.
const SURE_FOR: TimeDelta = TimeDelta::days(7);
/// A run does not take longer.
const DEADLINE: TimeDelta = TimeDelta::minutes(10);

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Verified {
    /// Histories that the source told.
    pub(crate) told: usize,
    /// Those that it did not.
    pub(crate) untold: usize,
    /// The source stopped answering.
    pub(crate) is_broken_off: bool,
}

impl Tracker {
    /// Fetches a few whole histories, as many as an hour's calls allow beside others. What differs from what is stored
    /// takes its place by the rules for any whole history.
    pub(crate) async fn verify_histories(&self, report: Report<'_>) -> Result<Verified, TrackerError> {
        let mut verified = Verified::default();
        let Some(sources) = self.sources() else { return Ok(verified) };
        self.announce_circuits(sources).await;
        let now = self.clock().now();
        if let CircuitState::Open { .. } = sources.circuit() {
            return Ok(Verified { is_broken_off: true, ..verified });
        }
        let room = Plan::HISTORIES.min(allowance(sources).left as usize / 2);
        let needs = self.longest_unverified(sources, room, now).await?;
        let budget = LoadBudget::new(
            needs.len() as u32 + LoadBudget::FEWEST_RETRIES,
            Some(now + DEADLINE),
            Priority::Background,
        );
        for (done, need) in (1..).zip(&needs) {
            let told = self.fetch_one(sources, need, true, &budget).await?;
            self.announce(&told);
            let is_told = told.iter().any(|(_, told)| matches!(told, Told::News));
            *(if is_told { &mut verified.told } else { &mut verified.untold }) += 1;
            report(Progress::of(done, needs.len() as u32));
            verified.is_broken_off = match sources.circuit() {
                CircuitState::Open { .. } => true,
                CircuitState::HalfOpen { .. } => !is_told,
                // What is not told now is its own fault.
                CircuitState::Closed => false,
            };
            if verified.is_broken_off {
                break;
            }
        }
        sources.keep_memory(self.storage()).await;
        self.announce_circuits(sources).await;
        Ok(verified)
    }

    async fn longest_unverified(
        &self,
        sources: &Sources,
        most: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Need>, TrackerError> {
        let mut from: HashMap<Symbol, NaiveDate> = HashMap::new();
        for (tracker, portfolio) in self.everybodys_portfolios().await? {
            let wants = tracker.wants(portfolio.id).await?;
            for symbol in wants.all() {
                let known = from.entry(symbol.clone()).or_insert(wants.from);
                *known = wants.from.min(*known);
            }
        }
        let known = self.storage().instruments_by_symbol(from.keys().cloned().collect()).await?;
        let upkeep = self.storage().upkeep(known.values().map(|instrument| instrument.id).collect()).await?;
        let asked = self.histories_asked().await?;
        let rests = |symbol: &Symbol| {
            sources.is_silent(symbol) || self.refresh_state().rests_until(symbol, now).is_some()
        };
        let mut due: Vec<(DateTime<Utc>, Need)> = known
            .into_values()
            .filter_map(|instrument| {
                let from = *from.get(&instrument.symbol)?;
                let known = upkeep.get(&instrument.id).copied().unwrap_or_default();
                let verified_at = known.verified_at.or(instrument.history_fetched_at)?;
                let is_due = verified_at + SURE_FOR <= now
                    && !is_never_fetched(&instrument, &asked, from)
                    && !rests(&instrument.symbol);
                is_due.then(|| (verified_at, Need::kept(instrument, from, true)))
            })
            .collect();
        due.sort_by(|(at, need), (other_at, other)| (at, need.symbol()).cmp(&(other_at, other.symbol())));
        Ok(due.into_iter().take(most).map(|(_, need)| need).collect())
    }
}
