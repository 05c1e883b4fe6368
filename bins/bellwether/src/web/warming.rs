//! Building answers before anybody asks for them: the jobs that do it, and what gives cause for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web;
use async_trait::async_trait;
use bellwether_cache::Lag;
use bellwether_domain::PortfolioId;
use bellwether_tracker::{
    Event, Job, JobContext, JobError, JobHandler, Progress, RunningWorker, Tracker, Versions, View,
    WorkerPlan,
};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

use super::State;
use super::problem::Problem;
use super::snapshot::{self, Kind};
use super::{api, pages};
use crate::notifications::Post;

/// A portfolio that nobody looked at for so long is not kept warm but by the timetable.
const LOOKED_AT_FOR: TimeDelta = TimeDelta::hours(1);

/// Prices of one round come in batches, one soon after the other.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// Where they keep coming, answers are built from them this often nevertheless.
const AT_LEAST_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether they have settled.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// When somebody last looked at each portfolio, in this process.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<PortfolioId, DateTime<Utc>>>);

impl Looks {
    /// A portfolio that exists was looked at.
    pub(super) fn note(&self, portfolio: PortfolioId, now: DateTime<Utc>) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.insert(portfolio, now).is_none() {
            looks.retain(|_, at| is_lately(*at, now));
        }
    }

    /// Those that were looked at lately.
    fn lately(&self, now: DateTime<Utc>) -> Vec<PortfolioId> {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, at| is_lately(*at, now));
        looks.keys().copied().collect()
    }
}

fn is_lately(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - at).abs() < LOOKED_AT_FOR
}

/// Builds these answers of a portfolio.
struct Builder {
    state: web::Data<State>,
    kinds: &'static [Kind],
}

#[async_trait]
impl JobHandler for Builder {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let id: PortfolioId = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        let total = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        for (done, kind) in (1..).zip(self.kinds) {
            context.check()?;
            self.build(id, *kind).await.map_err(|problem| match problem {
                Problem::NotFound(words) => JobError::permanent(words),
                other => JobError::retry(other.to_string()),
            })?;
            context.report(Progress::of(done, total));
        }
        Ok(())
    }
}

impl Builder {
    /// As it is asked for when nothing is chosen.
    async fn build(&self, id: PortfolioId, kind: Kind) -> Result<(), Problem> {
        let view = match kind {
            Kind::DashboardPage | Kind::ChartData | Kind::PortfolioMetrics => View::default(),
            Kind::InitialData | Kind::HoldingsData | Kind::Portfolio => {
                api::with_known_benchmarks(&View::default())
            }
        };
        let (shared, seen) = (self.state.clone(), view.clone());
        let build = move || {
            let (state, seen) = (shared.clone(), seen.clone());
            async move {
                match kind {
                    Kind::DashboardPage => pages::dashboard_body(&state, id, &seen).await,
                    _ => api::body(&state, id, &seen, kind).await,
                }
            }
        };
        snapshot::finished(&self.state, id, kind, &view, Lag::None, build).await?;
        Ok(())
    }
}

/// A worker, and whoever listens on its behalf.
pub(crate) struct Warm {
    worker: RunningWorker,
    follower: JoinHandle<()>,
}

impl Warm {
    /// Waits a while for what runs and gives the rest back to the queue.
    pub(crate) async fn stop(self) {
        self.follower.abort();
        self.worker.stop().await;
    }
}

/// Starts a worker that builds answers too.
pub(crate) fn start_worker(state: &web::Data<State>, lease: TimeDelta) -> Warm {
    const PAGES: &[Kind] = &[Kind::DashboardPage, Kind::InitialData, Kind::HoldingsData];
    const CHARTS: &[Kind] = &[Kind::ChartData];
    let builder = |kinds| Builder { state: state.clone(), kinds };
    let notifier = state.tracker.notifier(Arc::<Post>::clone(&state.post));
    let plan = WorkerPlan::default()
        .lease(lease)
        .handle(Tracker::NOTIFY, 4, notifier)
        .handle(Tracker::WARM, 1, builder(PAGES))
        .handle(Tracker::CHART_DATA, 1, builder(CHARTS));
    Warm { worker: state.tracker.start_worker(plan), follower: tokio::spawn(follow(state.clone())) }
}

/// Enqueues what follows from what happens: at once from a changed ledger, from new prices when they have settled.
async fn follow(state: web::Data<State>) {
    let mut events = state.tracker.bus().listen().coming;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut news: Option<News> = None;
    let mut asked = HashMap::new();
    loop {
        tokio::select! {
            published = events.recv() => match published {
                Ok(published) => match &published.event {
                    Event::LedgerChanged { portfolio } => { ask(&state, *portfolio).await; }
                    Event::PricesChanged { .. } => news = Some(News::with_more(news, Instant::now())),
                    _ => {}
                },
                // Whatever was missed, there may have been prices among it.
                Err(RecvError::Lagged(_)) => news = Some(News::with_more(news, Instant::now())),
                Err(RecvError::Closed) => return,
            },
            _ = looks.tick(), if news.is_some() => {
                if let Err(error) = state.tracker.look_elsewhere().await {
                    tracing::debug!(%error, "warming.cannot_look_elsewhere");
                }
                // What is built while prices are fetched is not asked for any more when they have come.
                if !state.tracker.is_refreshing() && news.is_some_and(|news| news.have_settled(Instant::now())) {
                    news = None;
                    ask_for_the_affected(&state, &mut asked).await;
                }
            }
        }
    }
}

/// When prices came from which nothing is built yet.
#[derive(Debug, Clone, Copy)]
struct News {
    first: Instant,
    last: Instant,
}

impl News {
    fn with_more(known: Option<Self>, now: Instant) -> Self {
        Self { first: known.map_or(now, |known| known.first), last: now }
    }

    fn have_settled(self, now: Instant) -> bool {
        now.duration_since(self.last) >= SETTLED_AFTER || now.duration_since(self.first) >= AT_LEAST_EVERY
    }
}

/// Asks for the answers of what was looked at lately, where they would be others than when this was last asked for.
async fn ask_for_the_affected(state: &State, asked: &mut HashMap<PortfolioId, Versions>) {
    let lately = state.looks.lately(state.tracker.clock().now());
    asked.retain(|id, _| lately.contains(id));
    for portfolio in lately {
        let versions = match state.tracker.versions(portfolio).await {
            Ok(versions) => versions,
            Err(error) => {
                tracing::debug!(%portfolio, %error, "warming.versions_unknown");
                continue;
            }
        };
        if asked.get(&portfolio) != Some(&versions) && ask(state, portfolio).await {
            asked.insert(portfolio, versions);
        }
    }
}

/// Asks for a portfolio's answers; says whether that was heard.
async fn ask(state: &State, portfolio: PortfolioId) -> bool {
    let asked = async {
        state.tracker.request_warming(portfolio).await?;
        state.tracker.request_chart_data(portfolio).await
    };
    asked.await.inspect_err(|error| tracing::warn!(%error, "warming.not_enqueued")).is_ok()
}

#[cfg(test)]
mod tests;
