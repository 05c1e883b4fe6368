//! `bellwether demo`

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use bellwether_domain::{Clock, Exchange, SharedClock, SystemClock};
use bellwether_tracker::{PortfolioSettings, Tracker, TrackerOptions, Upstream};
use bellwether_yahoo_sim::{SimConfig, Simulator, demo};

use crate::cli::Demo;
use crate::failure::Failure;
use crate::notifications::Post;
use crate::settings::Settings;
use crate::web::{self, EventLog};

/// Serves a made-up portfolio over the built-in simulator, complete from the first page on.
pub(super) async fn run(settings: &Settings, demo: Demo, log: EventLog) -> Result<ExitCode, Failure> {
    let config =
        SimConfig { listen: SocketAddr::from(([127, 0, 0, 1], 0)), seed: demo::SEED, ..SimConfig::default() };
    let simulator = Simulator::spawn(config).map_err(|error| Failure::Simulator(error.to_string()))?;
    let clock: SharedClock = Arc::new(SystemClock);
    let database = demo.keep.map_or_else(|| "sqlite::memory:".to_owned(), |file| file.display().to_string());
    let options = TrackerOptions {
        database,
        upstream: Upstream::Simulator(simulator.base_url()),
        feeds: Vec::new(),
        redis: None,
        clock: SharedClock::clone(&clock),
    };
    let tracker = Tracker::open(options).await?;
    let portfolio = seed(&tracker, &*clock).await?;
    tracker.refresh_now(portfolio).await?;

    let listener = web::bind(settings.listen)?;
    let state = web::state(tracker, settings.hosts.clone(), log, Post::closed(), web::Entry::default());
    let worker = web::start_worker(&state, settings.lease, None);
    writeln!(std::io::stdout(), "Bellwether's demonstration is on http://{}", listener.local_addr()?)?;
    web::serve(listener, state).await?;
    worker.stop().await;
    simulator.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn seed(tracker: &Tracker, clock: &dyn Clock) -> Result<bellwether_domain::PortfolioId, Failure> {
    let settings = PortfolioSettings {
        demo: true,
        description: "Made up: neither the trades nor the prices are real.".to_owned(),
        ..PortfolioSettings::named("Demonstration")
    };
    if let Some(existing) = tracker.portfolios().await?.into_iter().find(|portfolio| portfolio.demo) {
        return Ok(existing.id);
    }
    let portfolio = tracker.create_portfolio(settings).await?;
    let today = Exchange::NewYork.local_date(clock.now());
    tracker.record(portfolio.id, "demonstration", demo::ledger(today, demo::SEED)).await?;
    Ok(portfolio.id)
}
