//! `bellwether serve`

use std::io::Write;
use std::process::ExitCode;

use bellwether_tracker::WorkerPlan;

use super::start;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::web::{self, EventLog};

/// Serves until told to stop; then running requests and jobs end first.
pub(super) async fn run(settings: &Settings, log: EventLog) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let listener = web::bind(settings.listen)?;
    let worker = tracker.start_worker(WorkerPlan::default());
    writeln!(std::io::stdout(), "Bellwether serves on http://{}", listener.local_addr()?)?;
    web::serve(listener, tracker, settings.hosts.clone(), log).await?;
    worker.stop().await;
    tracing::info!("server.stopped");
    Ok(ExitCode::SUCCESS)
}
