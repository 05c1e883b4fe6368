//! The calls of a refresh, carried out side by side; what comes of each is stored as it arrives.

use std::collections::HashMap;

use bellwether_domain::Symbol;
use bellwether_prices::{Batch, LoadBudget};
use bellwether_scheduler::Progress;
use chrono::{DateTime, Utc};
use futures::stream::{FuturesUnordered, StreamExt};

use super::needs::Need;
use super::state::Running;
use super::{RefreshProgress, RefreshStatus, Report, Told};
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// Histories, as far as they are missing.
    pub(crate) histories: Vec<Symbol>,
    /// Histories from their beginning, whatever is stored.
    pub(crate) whole: Vec<Symbol>,
    /// Closes or prices of many.
    pub(crate) batches: Vec<Batch>,
}

impl Calls {
    /// How many symbols are asked for.
    pub(crate) fn symbols(&self) -> usize {
        let in_batches: usize = self.batches.iter().map(|batch| batch.symbols.len()).sum();
        self.histories.len() + self.whole.len() + in_batches
    }
}

impl Tracker {
    /// Makes the calls that were planned at that time within the budget, stores what comes, tells who listens, and says
    /// how far it came.
    pub(crate) async fn carry_out(
        &self,
        sources: &Sources,
        calls: &Calls,
        needs: &HashMap<Symbol, Need>,
        planned_at: DateTime<Utc>,
        budget: &LoadBudget,
        report: Report<'_>,
    ) -> Result<(), TrackerError> {
        let state = self.refresh_state();
        let _running = Running::begin(state);
        let total = calls.symbols();
        state.update(|progress| {
            *progress = RefreshProgress {
                status: RefreshStatus::Updating,
                total,
                last_updated: progress.last_updated,
                ..RefreshProgress::default()
            };
        });
        let histories = calls.histories.iter().map(|symbol| (symbol, false));
        let mut histories: FuturesUnordered<_> = histories
            .chain(calls.whole.iter().map(|symbol| (symbol, true)))
            .filter_map(|(symbol, whole)| Some((needs.get(symbol)?, whole)))
            .map(|wanted| self.fetch_one_in_turn(sources, wanted, budget, planned_at))
            .collect();
        let batches = calls.batches.iter();
        let mut batches: FuturesUnordered<_> = batches
            .map(|batch| self.fetch_batch_in_turn(sources, batch, needs, budget, planned_at))
            .collect();
        let mut failure = None;
        loop {
            let told = tokio::select! {
                Some(told) = histories.next() => told,
                Some(told) = batches.next() => told,
                else => break,
            };
            match told {
                Ok(told) => {
                    self.announce(&told);
                    let done = state.update(|progress| {
                        count(progress, &told);
                        progress.current
                    });
                    report(Progress::of(done as u32, total as u32));
                }
                Err(error) => failure = Some(error),
            }
        }
        sources.keep_memory(self.storage()).await;
        self.announce_circuits(sources).await;
        let (spent, now) = (budget.spent(), self.clock().now());
        state.update(|progress| {
            progress.status = RefreshStatus::Completed;
            progress.last_updated = Some(now);
            progress.upstream_calls = spent;
        });
        failure.map_or(Ok(()), Err)
    }

    /// Tells whose prices are newer now.
    pub(crate) fn announce(&self, told: &[(&Need, Told)]) {
        let news = told.iter().filter(|(_, told)| matches!(told, Told::News));
        self.prices_changed(news.map(|(need, _)| need.symbol().clone()).collect());
    }

    /// One history, as far as it is missing, or its `whole`.
    pub(crate) async fn fetch_one<'a>(
        &self,
        sources: &Sources,
        need: &'a Need,
        whole: bool,
        budget: &LoadBudget,
    ) -> Result<Vec<(&'a Need, Told)>, TrackerError> {
        let told = self.fetch_history(sources.provider(), need, whole, budget).await;
        sources.keep_gateways(self.storage()).await;
        Ok(vec![(need, told?)])
    }
}

fn count(progress: &mut RefreshProgress, told: &[(&Need, Told)]) {
    for (need, told) in told {
        progress.current += 1;
        match told {
            Told::News => progress.updated_count += 1,
            Told::NothingNew => {}
            Told::Silence => {
                progress.failed_count += 1;
                progress.stale_data.push(need.symbol().clone());
            }
        }
    }
}
