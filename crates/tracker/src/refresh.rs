//! Fetching what a portfolio's figures need and the database does not have.

mod batch;
mod calls;
mod costs;
pub(crate) mod history;
mod needs;
mod quiet;
mod state;
mod turns;
mod units;

use bellwether_domain::{PortfolioId, Symbol};
use bellwether_prices::{LoadBudget, NotAnswered, Outcome, Plan, Priority, Wanted, calls_of_a_load, plan};
use bellwether_scheduler::{JobId, Progress};
use chrono::{DateTime, TimeDelta, Utc};

pub(crate) use crate::refresh::calls::Calls;
pub(crate) use crate::refresh::needs::{Need, Wants, histories_from, is_never_fetched};
pub(crate) use crate::refresh::state::RefreshState;
pub use crate::refresh::state::{RefreshProgress, RefreshStatus};

use crate::refresh::needs::wanted_now;
use crate::refresh::quiet::Cause;
use crate::{Tracker, TrackerError};

/// A load gives up what it did not get by then; the next one goes on. No page waits for it.
pub(crate) const DEADLINE: TimeDelta = TimeDelta::seconds(90);
/// So long nobody is asked again for a symbol that no source knows, unless the source itself remembers it.
const UNKNOWN_FOR: TimeDelta = TimeDelta::hours(24);
/// So long nobody is asked again for a symbol that was not answered.
const SILENT_FOR: TimeDelta = TimeDelta::minutes(5);

/// Who is told how far a refresh came: the job that carries it out.
pub(crate) type Report<'a> = &'a (dyn Fn(Progress) + Sync);

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
pub(crate) enum Told {
    News,
    NothingNew,
    Silence,
}

impl Tracker {
    /// Whether a refresh runs or is to: in this process, or in another as far as somebody looked.
    pub fn is_refreshing(&self) -> bool {
        self.refresh_state().is_busy()
    }

    /// How far the running refresh came, in whichever process as far as somebody [looked](Self::look_elsewhere), or
    /// how the last one here ended.
    pub fn refresh_progress(&self) -> RefreshProgress {
        self.refresh_state().progress()
    }

    /// The most upstream calls that one load of prices made in this process in the last hour.
    pub fn most_calls_of_a_load(&self) -> u32 {
        self.refresh_state().costs.most(self.clock().now())
    }

    /// Finds out how far refreshes of other processes came, at most once a second.
    ///
    /// # Errors
    /// The database's.
    pub async fn look_elsewhere(&self) -> Result<(), TrackerError> {
        let (state, now) = (self.refresh_state(), self.clock().now());
        if !self.has_provider() || state.runs_here() || !state.may_look_elsewhere(now) {
            return Ok(());
        }
        let (progress, waits) = self.refreshes_elsewhere(now).await?;
        state.seen_elsewhere(progress, waits);
        Ok(())
    }

    /// Asks for a refresh of a portfolio by a worker; one that waits already serves.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Conflict`] when there is no
    /// provider, and the queue's.
    pub async fn request_refresh(&self, id: PortfolioId) -> Result<JobId, TrackerError> {
        self.portfolio(id).await?;
        if !self.has_provider() {
            return Err(TrackerError::conflict(
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
            let refreshed = self.load(id, Priority::Foreground, all_of, &|_| ()).await?;
            // Asking on without progress would never end.
            if refreshed.remaining == 0 || refreshed.remaining >= before {
                return Ok(());
            }
            before = refreshed.remaining;
        }
    }

    /// One load: what is most needed, within the calls that a load may make.
    pub(crate) async fn refresh(
        &self,
        id: PortfolioId,
        priority: Priority,
        report: Report<'_>,
    ) -> Result<Refreshed, TrackerError> {
        let planned = match priority {
            Priority::Foreground => Plan::of_load,
            Priority::Background => all_of,
        };
        self.load(id, priority, planned, report).await
    }

    async fn load(
        &self,
        id: PortfolioId,
        priority: Priority,
        planned: fn(&[Wanted]) -> Plan,
        report: Report<'_>,
    ) -> Result<Refreshed, TrackerError> {
        let loaded = self.fetch_planned(id, priority, planned, report).await;
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
        report: Report<'_>,
    ) -> Result<Refreshed, TrackerError> {
        let Some(sources) = self.sources() else { return Ok(Refreshed::default()) };
        let planned_at = self.clock().now();
        let needs = self.needs(id).await?;
        let wanted = wanted_now(&needs);
        let calls = calls_of_a_load(wanted.len());
        let budget = LoadBudget::new(calls, Some(self.clock().now() + DEADLINE), priority);
        let load = planned(&wanted);
        let left_out = load.left_out.len();
        let needs = needs.into_iter().map(|need| (need.symbol().clone(), need)).collect();
        let calls = Calls { histories: load.histories, whole: Vec::new(), batches: load.batches };
        let ended = self.carry_out(sources, &calls, &needs, planned_at, &budget, report).await;
        tracing::info!(%id, calls = budget.spent(), total = calls.symbols(), "refresh.ended");
        ended?;
        let state = self.refresh_state();
        let lacking: Vec<Need> =
            self.needs_and_quiet(id).await?.into_iter().filter(Need::lacks_history).collect();
        let now = self.clock().now();
        let open = lacking.iter().filter(|need| !state.quiet.holds(need.symbol(), now)).count();
        let resumes_at =
            lacking.iter().filter_map(|need| state.quiet.source_rests_until(need.symbol(), now)).min();
        Ok(Refreshed { remaining: open + left_out, resumes_at, calls: budget.spent() })
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
                    NotAnswered::RateLimited
                    | NotAnswered::Blocked { .. }
                    | NotAnswered::Timeout
                    | NotAnswered::Unreachable
                    | NotAnswered::Upstream { status: 500.. } => {
                        state.quiet.leave_alone(symbol, now + SILENT_FOR, Cause::Source);
                    }
                    _ => {
                        state.note_untold(symbol, now);
                        state.silence(symbol, now + SILENT_FOR);
                    }
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
