//! Building answers before anybody asks for them: the jobs that do it, and what gives cause for them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web;
use async_trait::async_trait;
use bellwether_cache::{Lag, SnapshotKey};
use bellwether_domain::PortfolioId;
use bellwether_texts::Locale;
use bellwether_tracker::{
    BackupPlan, Event, Job, JobContext, JobError, JobHandler, Progress, RunningWorker, Tracker, Versions,
    View, WorkerPlan,
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

/// What nobody looked at for so long is not kept warm but by the timetable.
const LOOKED_AT_FOR: TimeDelta = TimeDelta::days(1);
/// So often a look at an answer that was made before sets off what a look does.
const LOOKS_COUNT_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Of so many looks at most the older ones are forgotten first.
const MOST_LOOKS: usize = 1_000;
/// Of a portfolio, so many answers are kept warm.
const MOST_WARM: usize = 16;

/// Prices of one round come in batches, one soon after the other.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// Where they keep coming, answers are built from them this often nevertheless.
const AT_LEAST_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether they have settled.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What was looked at lately in this process.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<SnapshotKey, Look>>);

/// Looks at one answer.
#[derive(Debug)]
struct Look {
    kind: Kind,
    view: View,
    at: DateTime<Utc>,
    /// When one last set off what a look does.
    counted_at: DateTime<Utc>,
    /// When what the answer says changes, unless it was asked for anew since then.
    changes_at: Option<DateTime<Utc>>,
}

impl Looks {
    /// An answer that says what it says until `changes_at` was looked at. Says whether that counts.
    pub(super) fn note(
        &self,
        key: SnapshotKey,
        (kind, view): (Kind, &View),
        changes_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> bool {
        let mut looks = self.lock();
        if let Some(look) = looks.get_mut(&key) {
            let counts = (now - look.counted_at).abs() >= LOOKS_COUNT_EVERY;
            if counts {
                look.counted_at = now;
            }
            (look.at, look.changes_at) = (now, changes_at);
            return counts;
        }
        if looks.len() >= MOST_LOOKS {
            let mut times: Vec<_> = looks.values().map(|look| look.at).collect();
            times.sort_unstable();
            let middle = times.get(MOST_LOOKS / 2).copied().unwrap_or(now);
            looks.retain(|_, look| look.at > middle);
        }
        looks.retain(|_, look| is_lately(look.at, now));
        // Whoever is the first had it built, or shares it with other processes.
        looks.insert(key, Look { kind, view: view.clone(), at: now, counted_at: now, changes_at });
        false
    }

    /// The answer was built anew, for nobody.
    fn renewed(&self, key: &SnapshotKey, changes_at: Option<DateTime<Utc>>) {
        if let Some(look) = self.lock().get_mut(key) {
            look.changes_at = changes_at;
        }
    }

    /// Portfolios that were looked at lately.
    fn lately(&self, now: DateTime<Utc>) -> HashSet<PortfolioId> {
        let mut looks = self.lock();
        looks.retain(|_, look| is_lately(look.at, now));
        looks.keys().map(|key| key.portfolio).collect()
    }

    /// Those among them of which an answer says what is right no more; each is told once.
    fn outdated(&self, now: DateTime<Utc>) -> HashSet<PortfolioId> {
        let mut looks = self.lock();
        let outdated = looks.iter_mut().filter_map(|(key, look)| {
            let changed = look.changes_at.take_if(|at| *at <= now);
            changed.filter(|_| is_lately(look.at, now)).map(|_| key.portfolio)
        });
        outdated.collect()
    }

    /// What of a portfolio was looked at lately, the latest first; `None` where nobody looked.
    fn at(&self, portfolio: PortfolioId, now: DateTime<Utc>) -> Option<Vec<(Kind, View)>> {
        let looks = self.lock();
        let ours = looks.iter().filter(|(key, look)| key.portfolio == portfolio && is_lately(look.at, now));
        let mut ours: Vec<&Look> = ours.map(|(_, look)| look).collect();
        ours.sort_by_key(|look| std::cmp::Reverse(look.at));
        ours.truncate(MOST_WARM);
        (!ours.is_empty()).then(|| ours.into_iter().map(|look| (look.kind, look.view.clone())).collect())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SnapshotKey, Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_lately(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - at).abs() < LOOKED_AT_FOR
}

/// Builds answers about a portfolio: of these kinds what was looked at, or the usual ones where nobody looks here.
struct Builder {
    state: web::Data<State>,
    kinds: fn(Kind) -> bool,
    usual: Vec<Kind>,
}

#[async_trait]
impl JobHandler for Builder {
    async fn run(&self, job: &Job, context: &JobContext) -> Result<(), JobError> {
        let id: PortfolioId = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent(error.to_string()))?;
        let looked_at = self.state.looks.at(id, self.state.tracker.clock().now());
        let wanted: Vec<(Kind, View)> = match looked_at {
            Some(looked_at) => looked_at.into_iter().filter(|(kind, _)| (self.kinds)(*kind)).collect(),
            None => self.usual.iter().map(|kind| (*kind, usual_view(*kind))).collect(),
        };
        let total = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
        for (done, (kind, view)) in (1..).zip(wanted) {
            context.check()?;
            self.build(id, kind, view).await.map_err(|problem| match problem {
                Problem::NotFound(words) => JobError::permanent(words),
                other => JobError::retry(other.to_string()),
            })?;
            context.report(Progress::of(done, total));
        }
        Ok(())
    }
}

/// As it is asked for when nothing is chosen.
fn usual_view(kind: Kind) -> View {
    match kind {
        Kind::DashboardPage(_) | Kind::ChartData | Kind::PortfolioMetrics | Kind::SharedPage(_) => {
            View::default()
        }
        Kind::InitialData | Kind::HoldingsData | Kind::Portfolio => {
            api::with_known_benchmarks(&View::default())
        }
    }
}

impl Builder {
    async fn build(&self, id: PortfolioId, kind: Kind, view: View) -> Result<(), Problem> {
        let key = snapshot::key(id, kind, &view);
        let tracker = self.state.tracker.of_portfolio(id).await?;
        let (shared, seen) = ((self.state.clone(), tracker.clone()), view.clone());
        let build = move || {
            let ((state, tracker), seen) = (shared.clone(), seen.clone());
            async move {
                match kind {
                    Kind::DashboardPage(locale) => {
                        pages::dashboard_body(&state, &tracker, id, &seen, locale).await
                    }
                    _ => api::body(&tracker, id, &seen, kind).await,
                }
            }
        };
        let answer = snapshot::finished(&self.state, &tracker, &key, &view, Lag::None, build).await?;
        self.state.looks.renewed(&key, answer.validity().changes_at);
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
pub(crate) fn start_worker(state: &web::Data<State>, lease: TimeDelta, backups: Option<BackupPlan>) -> Warm {
    let builder = |kinds, usual: &[Kind]| Builder { state: state.clone(), kinds, usual: usual.to_vec() };
    let is_chart = |kind| kind == Kind::ChartData;
    // Whoever links to a portfolio has it made by looking at it.
    let is_figures = |kind| !matches!(kind, Kind::ChartData | Kind::SharedPage(_));
    let usual = [Kind::DashboardPage(Locale::english()), Kind::InitialData, Kind::HoldingsData];
    let notifier = state.tracker.notifier(Arc::<Post>::clone(&state.post));
    let plan = WorkerPlan::default()
        .lease(lease)
        .backups(backups)
        .handle(Tracker::NOTIFY, 4, notifier)
        .handle(Tracker::WARM, 1, builder(is_figures, &usual))
        .handle(Tracker::CHART_DATA, 1, builder(is_chart, &[Kind::ChartData]));
    Warm { worker: state.tracker.start_worker(plan), follower: tokio::spawn(follow(state.clone())) }
}

/// Enqueues what follows from what happens: at once from a changed ledger and from words that time made wrong, from new
/// prices when they have settled.
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
            _ = looks.tick() => {
                for portfolio in state.looks.outdated(state.tracker.clock().now()) {
                    ask(&state, portfolio).await;
                }
                if news.is_none() {
                    continue;
                }
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
        let versions = async { state.tracker.of_portfolio(portfolio).await?.versions(portfolio).await };
        let versions = match versions.await {
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
