//! The calls of a refresh, carried out side by side; what comes of each is stored as it arrives.

use std::collections::HashMap;

use bellwether_domain::Symbol;
use bellwether_prices::{Batch, LoadBudget};
use bellwether_scheduler::Progress;
use chrono::{DateTime, Utc};
use futures::stream::{FuturesUnordered, StreamExt};

use super::needs::Need;
use super::state::Running;
use super::{RefreshProgress, Report, Told};
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
        let total = calls.symbols();
        let running = Running::begin(self.refresh_state(), total);
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
                    let done = running.update(|progress| {
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
        running.update(|progress| progress.upstream_calls = budget.spent());
        self.refresh_state().costs.note(self.clock().now(), budget.spent());
        if let Some(failure) = failure {
            return Err(failure);
        }
        running.complete(self.clock().now());
        Ok(())
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
