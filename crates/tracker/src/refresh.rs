//! Fetching what a portfolio's figures need and the database does not have.

pub(crate) mod history;
mod needs;
mod quiet;
mod state;
mod units;

use std::collections::HashMap;

use bellwether_domain::{InstrumentId, PortfolioId, PriceSource, Quote, Symbol, from_epoch_day};
use bellwether_prices::{
    Batch, LoadBudget, NotAnswered, Outcome, Overlap, Plan, Priority, RecentCloses, Wanted, calls_of_a_load,
    overlap, plan,
};
use bellwether_scheduler::JobId;
use bellwether_storage::instruments::InstrumentFacts;
use bellwether_storage::prices::{PriceBatch, SourceCloses, WriteMode};
use bellwether_storage::{instruments, prices, quotes};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use futures::future::try_join_all;
use futures::stream::{FuturesUnordered, StreamExt};

pub(crate) use crate::refresh::state::RefreshState;
pub use crate::refresh::state::{RefreshProgress, RefreshStatus};

use crate::refresh::needs::{Need, wanted_now};
use crate::refresh::quiet::Cause;
use crate::refresh::state::Running;
use crate::refresh::units::{Units, units_of};
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// A load gives up what it did not get by then; the next one goes on. No page waits for it.
const DEADLINE: TimeDelta = TimeDelta::seconds(90);
/// So long nobody is asked again for a symbol that no source knows, unless the source itself remembers it.
const UNKNOWN_FOR: TimeDelta = TimeDelta::hours(24);
/// So long nobody is asked again for a symbol that was not answered.
const SILENT_FOR: TimeDelta = TimeDelta::minutes(5);
/// A price in other units than the stored history is a reason to fetch that again, unless it is younger than this.
const SURE_OF_UNITS_FOR: TimeDelta = TimeDelta::hours(1);
/// A price is compared with closes of so many days, the longest time for which a venue rests included.
const COMPARED_DAYS: u64 = 30;

/// What a refresh left to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Refreshed {
    /// Instruments that still lack their history, and may get it, and those that the load left out.
    pub(crate) remaining: usize,
    /// When the first of those that lack their history for their source's sake can be asked for again.
    pub(crate) resumes_at: Option<DateTime<Utc>>,
    /// Attempts made upstream.
    pub(crate) calls: u32,
}

/// What came of one instrument.
enum Told {
    News,
    NothingNew,
    Silence,
}

impl Tracker {
    /// Whether a refresh runs in this process.
    pub fn is_refreshing(&self) -> bool {
        self.refresh_state().is_busy()
    }

    /// How far the running refresh came, or how the last one ended.
    pub fn refresh_progress(&self) -> RefreshProgress {
        self.refresh_state().progress()
    }

    /// Asks for a refresh of a portfolio by a worker; one that waits already serves.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Conflict`] when there is no
    /// provider, and the queue's.
    pub async fn request_refresh(&self, id: PortfolioId) -> Result<JobId, TrackerError> {
        self.portfolio(id).await?;
        if !self.has_provider() {
            return Err(TrackerError::Conflict(
                "No price provider is set up here; prices come from imported files.".to_owned(),
            ));
        }
        self.enqueue_refresh(id).await
    }

    /// Refreshes a portfolio within this call, until nothing more is to be had.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn refresh_now(&self, id: PortfolioId) -> Result<(), TrackerError> {
        let mut before = usize::MAX;
        loop {
            let refreshed = self.load(id, Priority::Foreground, all_of).await?;
            // Asking on without progress would never end.
            if refreshed.remaining == 0 || refreshed.remaining >= before {
                return Ok(());
            }
            before = refreshed.remaining;
        }
    }

    /// Asks for a refresh when something that the portfolio shows is due. Cheap when nothing is.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn refresh_if_due(&self, id: PortfolioId) -> Result<bool, TrackerError> {
        if !self.has_provider() || self.is_refreshing() || self.needs(id).await?.is_empty() {
            return Ok(false);
        }
        self.enqueue_refresh(id).await?;
        Ok(true)
    }

    /// One load: what is most needed, within the calls that a load may make.
    pub(crate) async fn refresh(
        &self,
        id: PortfolioId,
        priority: Priority,
    ) -> Result<Refreshed, TrackerError> {
        let planned = match priority {
            Priority::Foreground => Plan::of_load,
            Priority::Background => all_of,
        };
        self.load(id, priority, planned).await
    }

    async fn load(
        &self,
        id: PortfolioId,
        priority: Priority,
        planned: fn(&[Wanted]) -> Plan,
    ) -> Result<Refreshed, TrackerError> {
        let loaded = self.fetch_planned(id, priority, planned).await;
        if loaded.is_err() {
            // However early it failed, nothing waits for its turn any more.
            self.refresh_state().update(|progress| progress.status = RefreshStatus::Error);
        }
        loaded
    }

    async fn fetch_planned(
        &self,
        id: PortfolioId,
        priority: Priority,
        planned: fn(&[Wanted]) -> Plan,
    ) -> Result<Refreshed, TrackerError> {
        let Some(sources) = self.sources() else { return Ok(Refreshed::default()) };
        let state = self.refresh_state();
        let needs = self.needs(id).await?;
        let _running = Running::begin(state);
        let wanted = wanted_now(&needs);
        let calls = calls_of_a_load(wanted.len());
        let budget = LoadBudget::new(calls, Some(self.clock().now() + DEADLINE), priority);
        let load = planned(&wanted);
        let total =
            load.histories.len() + load.batches.iter().map(|batch| batch.symbols.len()).sum::<usize>();
        state.update(|progress| {
            *progress = RefreshProgress {
                status: RefreshStatus::Updating,
                total,
                last_updated: progress.last_updated,
                ..RefreshProgress::default()
            };
        });
        let by_symbol: HashMap<Symbol, Need> =
            needs.into_iter().map(|need| (need.symbol().clone(), need)).collect();
        let mut histories: FuturesUnordered<_> = load
            .histories
            .iter()
            .filter_map(|symbol| by_symbol.get(symbol))
            .map(|need| self.fetch_one(sources, need, &budget))
            .collect();
        let mut batches: FuturesUnordered<_> =
            load.batches.iter().map(|batch| self.fetch_batch(sources, batch, &by_symbol, &budget)).collect();

        let mut failure = None;
        let mut got_history = 0;
        loop {
            let (told, full) = tokio::select! {
                Some(told) = histories.next() => (told, true),
                Some(told) = batches.next() => (told, false),
                else => break,
            };
            match told {
                Ok(told) => {
                    got_history +=
                        told.iter().filter(|(_, told)| full && !matches!(told, Told::Silence)).count();
                    state.update(|progress| count(progress, &told));
                }
                Err(error) => failure = Some(error),
            }
        }
        sources.keep_memory(self.storage()).await;
        let calls = budget.spent();
        let now = self.clock().now();
        state.update(|progress| {
            progress.status = RefreshStatus::Completed;
            progress.last_updated = Some(now);
            progress.upstream_calls = calls;
        });
        tracing::info!(%id, calls, total, got_history, "refresh.ended");
        if let Some(error) = failure {
            return Err(error);
        }
        let lacking: Vec<Need> =
            self.needs_and_quiet(id).await?.into_iter().filter(Need::lacks_history).collect();
        let now = self.clock().now();
        let open = lacking.iter().filter(|need| !state.quiet.holds(need.symbol(), now)).count();
        let resumes_at =
            lacking.iter().filter_map(|need| state.quiet.source_rests_until(need.symbol(), now)).min();
        Ok(Refreshed { remaining: open + load.left_out.len(), resumes_at, calls })
    }

    async fn fetch_one<'a>(
        &self,
        sources: &Sources,
        need: &'a Need,
        budget: &LoadBudget,
    ) -> Result<Vec<(&'a Need, Told)>, TrackerError> {
        let told = self.fetch_history(sources.provider(), need, budget).await;
        sources.keep_gateways(self.storage()).await;
        Ok(vec![(need, told?)])
    }

    /// One call for up to twenty instruments.
    async fn fetch_batch<'a>(
        &self,
        sources: &Sources,
        batch: &Batch,
        needs: &'a HashMap<Symbol, Need>,
        budget: &LoadBudget,
    ) -> Result<Vec<(&'a Need, Told)>, TrackerError> {
        let provider = sources.provider();
        let mut told = Vec::with_capacity(batch.symbols.len());
        let mut restated = Vec::new();
        if batch.recent_closes {
            let outcomes = provider.recent_closes(&batch.symbols, budget).await;
            sources.keep_gateways(self.storage()).await;
            let stored =
                self.newest_closes(outcomes.iter().filter_map(|(symbol, _)| needs.get(symbol))).await?;
            for (symbol, outcome) in outcomes {
                let Some(need) = needs.get(&symbol) else { continue };
                let mut told_here = self.told(&symbol, &outcome);
                if let Outcome::Answered(closes) = outcome {
                    let in_stored_units = match &closes.quote {
                        Some(quote) => self.may_take(need, quote, &stored, &mut restated),
                        None => true,
                    };
                    if !in_stored_units
                        || self.contradicts_others(need, &closes.source, closes.listing.currency()).await?
                    {
                        told_here = Told::Silence;
                    } else {
                        self.store_recent(need, closes).await?;
                    }
                }
                told.push((need, told_here));
            }
        } else {
            let mut quotes = Vec::new();
            let outcomes = provider.quotes(&batch.symbols, budget).await;
            sources.keep_gateways(self.storage()).await;
            let stored =
                self.newest_closes(outcomes.iter().filter_map(|(symbol, _)| needs.get(symbol))).await?;
            for (symbol, outcome) in outcomes {
                let Some(need) = needs.get(&symbol) else { continue };
                let mut told_here = self.told(&symbol, &outcome);
                if let Outcome::Answered(quote) = outcome {
                    if self.may_take(need, &quote, &stored, &mut restated) {
                        quotes.push((need.instrument.id, quote));
                    } else {
                        told_here = Told::Silence;
                    }
                }
                told.push((need, told_here));
            }
            self.storage().write_quotes(quotes).await?;
        }
        if !restated.is_empty() {
            told.retain(|(need, _)| !restated.iter().any(|again: &&Need| again.symbol() == need.symbol()));
            let again = restated.into_iter().map(|need| self.fetch_one(sources, need, budget));
            told.extend(try_join_all(again).await?.into_iter().flatten());
        }
        Ok(told)
    }

    /// The closes of the last weeks, by source.
    async fn newest_closes(
        &self,
        needs: impl Iterator<Item = &Need>,
    ) -> Result<HashMap<InstrumentId, Vec<SourceCloses>>, TrackerError> {
        let ids = needs.map(|need| need.instrument.id).collect();
        let today = self.today();
        let from = today.checked_sub_days(Days::new(COMPARED_DAYS)).unwrap_or(today);
        Ok(self.storage().read_closes(ids, from, NaiveDate::MAX).await?)
    }

    /// Whether a price is in the units of its source's stored history, by which shares are counted too. Otherwise the
    /// history joins `restated`, to be fetched in full before any price is taken.
    fn may_take<'a>(
        &self,
        need: &'a Need,
        quote: &Quote,
        stored: &HashMap<InstrumentId, Vec<SourceCloses>>,
        restated: &mut Vec<&'a Need>,
    ) -> bool {
        let sources = stored.get(&need.instrument.id).map_or(&[][..], Vec::as_slice);
        let Some(told) = sources.iter().find(|told| told.source.name == quote.source) else { return true };
        let days = told.prices.days.iter().map(|day| from_epoch_day(*day));
        let closes: Vec<(NaiveDate, f64)> = days.zip(told.prices.closes.iter().copied()).collect();
        let units = units_of(quote, &need.instrument, &closes);
        if units == Units::Stored {
            return true;
        }
        let (symbol, now) = (need.symbol(), self.clock().now());
        if need.instrument.history_fetched_at.is_some_and(|at| now - at < SURE_OF_UNITS_FOR) {
            if units == Units::Others {
                tracing::warn!(%symbol, "refresh.price_in_other_units");
                self.refresh_state().silence(symbol, now + SILENT_FOR);
            }
            return units == Units::Unclear;
        }
        tracing::info!(%symbol, ?units, "refresh.price_restated");
        self.refresh_state().set_restated(symbol, true);
        restated.push(need);
        false
    }

    async fn store_recent(&self, need: &Need, closes: RecentCloses) -> Result<(), TrackerError> {
        let id = need.instrument.id;
        let (bars, mode) = if closes.source == PriceSource::yahoo_spark() {
            (closes.bars, WriteMode::Replace)
        } else {
            // Its full history is stored under the same name, and a year must not take the place of it.
            let stored = self.stored_closes(id, &closes.source).await?;
            let continues = stored.is_empty()
                || overlap(&stored, &closes.bars, closes.listing.rounding()) == Overlap::Append;
            // Restated ones wait for the whole history, which is due.
            (if continues { closes.bars } else { Vec::new() }, WriteMode::Merge)
        };
        let facts = InstrumentFacts {
            name: closes.listing.name.clone(),
            kind: Some(closes.listing.kind),
            currency: Some(closes.listing.currency()),
            ..InstrumentFacts::default()
        };
        let quote: Vec<(_, Quote)> = closes.quote.into_iter().map(|quote| (id, quote)).collect();
        let batch = PriceBatch { instrument: id, source: closes.source, bars, mode };
        self.storage()
            .write_repeatable(move |connection| {
                instruments::learn(connection, &[(id, facts)])?;
                prices::write(connection, &[batch])?;
                quotes::upsert(connection, &quote)
            })
            .await?;
        Ok(())
    }

    /// What an outcome means for the next time.
    fn told<T>(&self, symbol: &Symbol, outcome: &Outcome<T>) -> Told {
        let now = self.clock().now();
        let state = self.refresh_state();
        match outcome {
            Outcome::Answered(_) => Told::News,
            Outcome::Unknown | Outcome::Delisted | Outcome::NotAnswered(NotAnswered::NothingInWindow) => {
                // Where a source remembers it, over restarts too, that holds.
                if !self.sources().is_some_and(|sources| sources.is_silent(symbol)) {
                    state.silence(symbol, now + UNKNOWN_FOR);
                }
                Told::NothingNew
            }
            Outcome::NotAnswered(reason) => {
                tracing::debug!(%symbol, %reason, "refresh.not_answered");
                match reason {
                    // What the budget did not reach is to be asked for with the next load.
                    NotAnswered::BudgetSpent | NotAnswered::TooLate => {}
                    NotAnswered::CircuitOpen { until } => {
                        state.quiet.leave_alone(symbol, *until, Cause::Source);
                    }
                    NotAnswered::RateLimited | NotAnswered::Blocked { .. } => {
                        state.quiet.leave_alone(symbol, now + SILENT_FOR, Cause::Source);
                    }
                    _ => state.silence(symbol, now + SILENT_FOR),
                }
                Told::Silence
            }
            Outcome::Suspect(suspicion) => {
                tracing::warn!(%symbol, ?suspicion, "refresh.suspect");
                state.silence(symbol, now + SILENT_FOR);
                Told::Silence
            }
        }
    }
}

/// A plan for the symbols whose price expired first, however many there are.
fn all_of(wanted: &[Wanted]) -> Plan {
    plan(wanted, calls_of_a_load(wanted.len()))
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
