//! Building answers before anybody asks for them: the jobs that do it, and what gives cause for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_web::web;
use async_trait::async_trait;
use bellwether_cache::Lag;
use bellwether_domain::PortfolioId;
use bellwether_tracker::{
    Event, Job, JobContext, JobError, JobHandler, Progress, RunningWorker, Tracker, View, WorkerPlan,
};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use super::State;
use super::problem::Problem;
use super::snapshot::{self, Kind};
use super::{api, pages};

/// A portfolio that nobody looked at for so long is not kept warm but by the timetable.
const LOOKED_AT_FOR: TimeDelta = TimeDelta::hours(1);

/// When somebody last looked at each portfolio, in this process.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<PortfolioId, DateTime<Utc>>>);

impl Looks {
    pub(super) fn note(&self, portfolio: PortfolioId, now: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(portfolio, now);
    }

    /// Those that were looked at lately.
    fn lately(&self, now: DateTime<Utc>) -> Vec<PortfolioId> {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, at| now - *at < LOOKED_AT_FOR);
        looks.keys().copied().collect()
    }
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
    let plan = WorkerPlan::default().lease(lease).handle(Tracker::WARM, 1, builder(PAGES)).handle(
        Tracker::CHART_DATA,
        1,
        builder(CHARTS),
    );
    Warm { worker: state.tracker.start_worker(plan), follower: tokio::spawn(follow(state.clone())) }
}

/// Enqueues what follows from what happens.
async fn follow(state: web::Data<State>) {
    let mut events = state.tracker.bus().listen().coming;
    loop {
        let portfolios = match events.recv().await {
            Ok(published) => match &published.event {
                Event::LedgerChanged { portfolio } => vec![*portfolio],
                Event::PricesChanged { .. } => state.looks.lately(state.tracker.clock().now()),
                _ => continue,
            },
            // Whatever was missed, what is looked at is built again.
            Err(RecvError::Lagged(_)) => state.looks.lately(state.tracker.clock().now()),
            Err(RecvError::Closed) => return,
        };
        for portfolio in portfolios {
            let asked = async {
                state.tracker.request_warming(portfolio).await?;
                state.tracker.request_chart_data(portfolio).await
            };
            if let Err(error) = asked.await {
                tracing::warn!(%error, "warming.not_enqueued");
            }
        }
    }
}
