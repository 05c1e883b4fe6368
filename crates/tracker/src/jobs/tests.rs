use std::sync::Arc;

use bellwether_domain::{Clock, FixedClock};
use bellwether_scheduler::{Job, JobFilter, JobState};
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_yahoo_sim::{
    ClockMode, FaultAction, FaultBody, FaultMatch, FaultRule, SimConfig, SimHandle, Simulator,
};
use chrono::{DateTime, Utc};

use super::*;
use crate::refresh::RefreshStatus;
use crate::{ImportFile, ImportTarget, TrackerOptions, Upstream};

struct World {
    tracker: Tracker,
    simulator: SimHandle,
    clock: Arc<FixedClock>,
    id: PortfolioId,
}

/// A portfolio of so many holdings without prices, on a Saturday. No worker but those that are led by hand.
async fn world(holdings: usize) -> World {
    let clock = Arc::new(FixedClock::at("2026-11-21T12:00:00Z".parse().expect("an instant")));
    let mode = ClockMode::Shared(Arc::<FixedClock>::clone(&clock));
    let simulator = Simulator::spawn(SimConfig { clock: mode, ..SimConfig::default() }).expect("a simulator");
    let options = TrackerOptions {
        database: "sqlite::memory:".to_owned(),
        upstream: Upstream::Simulator(simulator.base_url()),
        feeds: Vec::new(),
        redis: None,
        clock: Arc::<FixedClock>::clone(&clock),
    };
    let tracker = Tracker::open(options).await.expect("a tracker");
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    let rows = (0..holdings).map(|n| format!("H{}{},Buy,2025-03-05,100,10\n", letter(n / 26), letter(n)));
    let csv = format!("Ticker,Type,Date,Price,Shares\n{}", rows.collect::<String>());
    let file = ImportFile { name: "trades.csv".to_owned(), bytes: csv.into(), currency: None };
    let target = ImportTarget::Named(PortfolioSettings::named("Main"));
    tracker.import(target, file, false).await.expect("an import");
    let id = tracker.portfolio_named("Main").await.expect("a portfolio").id;
    World { tracker, simulator, clock, id }
}

impl World {
    async fn waiting(&self) -> Vec<Job> {
        let filter = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
        let mut waiting = self.tracker.queue().store().list(&filter, 10).await.expect("jobs");
        // There is always a next round of upkeep, and after a refresh a look at the rules.
        waiting.retain(|job| ![keep_prices::KIND, notifications::CHECK].contains(&job.kind.as_str()));
        waiting
    }

    /// Runs what is due now; false when nothing is.
    async fn run_due(&self) -> bool {
        let mut worker = self.tracker.worker(WorkerPlan::default());
        worker.run_due().await.expect("the queue answers") > 0
    }

    /// Runs one job after the other, each at its time, as long as there are any; gives how many there were.
    async fn run_all(&self, at_most: usize) -> usize {
        for ran in 0..at_most {
            let Some(job) = self.waiting().await.pop() else { return ran };
            if job.run_at > self.clock.now() {
                self.clock.set(job.run_at);
            }
            assert!(self.run_due().await);
        }
        panic!("more than {at_most} jobs");
    }

    async fn lacking(&self) -> usize {
        let needs = self.tracker.needs_and_quiet(self.id).await.expect("needs");
        needs.iter().filter(|need| need.lacks_history()).count()
    }

    fn rests_until(&self) -> Option<DateTime<Utc>> {
        self.tracker.upstream_health().sources[0].rests_until(self.clock.now())
    }
}

#[tokio::test]
async fn the_fill_goes_on_by_itself_after_a_refusal() {
    let world = world(30).await;
    world.run_due().await;
    let refusal = FaultAction::Status { code: 429, body: FaultBody::Usual };
    let second = FaultMatch { nth: Some(2), ..FaultMatch::default() };
    world.simulator.set_faults(vec![FaultRule { matches: second, action: refusal, times: None }]);
    while world.rests_until().is_none() {
        assert_eq!(world.waiting().await.len(), 1);
        world.clock.set(world.waiting().await[0].run_at);
        world.run_due().await;
    }
    let (until, so_far) = (world.rests_until().expect("a rest"), world.simulator.calls());
    let mut empty = 0;
    while world.clock.now() < until {
        let [job] = &world.waiting().await[..] else { panic!("one job goes on") };
        world.clock.set(job.run_at);
        if job.run_at < until {
            world.run_due().await;
            empty += 1;
        }
    }
    assert_eq!(world.simulator.calls(), so_far, "the rest is kept");
    assert!(empty <= 8, "{empty} loads found the circuit open");

    // On a clock that stands still each load has time for one call.
    let lacking = world.lacking().await;
    let jobs = world.run_all(lacking + 3).await;
    assert_eq!(world.lacking().await, 0, "after {jobs} jobs");
}

#[tokio::test]
async fn a_first_load_that_meets_a_rest_leaves_the_histories_to_its_end() {
    let world = world(3).await;
    let refusal = FaultAction::Status { code: 429, body: FaultBody::Usual };
    world.simulator.set_faults(vec![FaultRule::always(refusal).times(1)]);
    assert!(world.run_due().await);
    assert!(world.lacking().await > 0);
    let [job] = &world.waiting().await[..] else { panic!("one job goes on") };
    assert_eq!(job.kind, fill_history::KIND);
    assert!(job.run_at - world.clock.now() >= TimeDelta::minutes(4));
    world.run_all(10).await;
    assert_eq!(world.lacking().await, 0);
}

#[tokio::test]
async fn nothing_goes_on_for_what_cannot_be_had() {
    let world = world(2).await;
    world
        .simulator
        .set_faults(vec![FaultRule::always(FaultAction::Status { code: 404, body: FaultBody::Usual })]);
    let jobs = world.run_all(5).await;
    assert!(world.waiting().await.is_empty(), "after {jobs} jobs");
}

impl World {
    /// The round of upkeep that waits.
    async fn next_round(&self) -> Option<Job> {
        let state = Some(JobState::Queued);
        let filter = JobFilter { state, ..JobFilter::for_key(keep_prices::KIND) };
        self.tracker.jobs(&filter, 1).await.expect("jobs").pop()
    }
}

#[tokio::test]
async fn an_upkeep_that_was_called_off_begins_anew() {
    let world = world(1).await;
    let mut worker = world.tracker.worker(WorkerPlan::default());
    worker.run_due().await.expect("the queue answers");
    let waiting = world.next_round().await.expect("a round waits");
    world.tracker.cancel_job(waiting.id).await.expect("it is known");
    assert_eq!(world.next_round().await, None);

    world.clock.advance(TimeDelta::seconds(10));
    worker.run_due().await.expect("the queue answers");

    let next = world.next_round().await.expect("the chain goes on");
    assert!(next.id > waiting.id && next.run_at > world.clock.now(), "{next:?}");
}

/// What hangs is called off: nothing says any more that prices are being fetched.
#[tokio::test]
async fn a_load_that_is_called_off_leaves_no_progress_behind() {
    let world = world(1).await;
    world.simulator.set_faults(vec![FaultRule::always(FaultAction::Hang)]);
    let id = world.tracker.enqueue_refresh(world.id).await.expect("a job");
    let mut worker = world.tracker.worker(WorkerPlan::default());
    let working = tokio::spawn(async move { worker.run_due().await.expect("the queue answers") });
    let asked = async {
        while world.simulator.calls() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.expect("it asks");
    assert_eq!(world.tracker.refresh_progress().status, RefreshStatus::Updating);

    world.tracker.cancel_job(id).await.expect("it is known");
    assert_eq!(working.await.expect("no panic"), 1);

    assert_eq!(world.tracker.job(id).await.expect("the job").state, JobState::Cancelled);
    assert_eq!(world.tracker.refresh_progress().status, RefreshStatus::Error);
    assert!(!world.tracker.is_refreshing());
}

#[tokio::test]
async fn a_load_that_fails_at_once_waits_no_more() {
    let world = world(1).await;
    world.run_all(5).await;
    world.tracker.enqueue_refresh(PortfolioId::new()).await.expect("a job");
    assert!(world.tracker.is_refreshing());
    let worker = world.tracker.start_worker(WorkerPlan::default());
    let ended = async {
        while world.tracker.is_refreshing() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it is over");
    assert_eq!(world.tracker.refresh_progress().status, RefreshStatus::Error);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_quicker_than_its_employer_is_not_contradicted() {
    let world = world(0).await;
    let worker = world.tracker.start_worker(WorkerPlan::default());
    for _ in 0..50 {
        world.tracker.enqueue_refresh(world.id).await.expect("a job");
        let ended = async {
            while world.tracker.is_refreshing() || !world.waiting().await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it is over");
    }
    worker.stop().await;
}

#[tokio::test]
async fn whoever_listens_hears_how_a_job_of_the_tracker_goes() {
    let world = world(1).await;
    let mut heard = world.tracker.bus().listen().coming;
    assert!(world.run_due().await);
    let mut states = Vec::new();
    while let Ok(published) = heard.try_recv() {
        if let Event::JobChanged(job) = &published.event {
            states.push((job.kind.clone(), job.state));
        }
    }
    let refresh = |state| (refresh_prices::KIND.to_owned(), state);
    assert_eq!(states.first(), Some(&refresh(JobState::Running)));
    assert!(states.contains(&refresh(JobState::Succeeded)), "{states:?}");
}
