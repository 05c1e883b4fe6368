//! `bellwether worker`

use std::io::Write;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::start;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::web::{self, EventLog};

/// Runs jobs without serving until told to stop; then running jobs end first, as far as they do soon.
pub(super) async fn run(settings: &Settings, log: EventLog) -> Result<ExitCode, Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let tracker = start::tracker(settings).await?;
    let post = start::post(settings, &tracker)?;
    let state = web::state(tracker, Vec::new(), log, post, web::Entry::default());
    let worker = web::start_worker(&state, settings.lease, settings.backups.clone());
    writeln!(std::io::stdout(), "Bellwether works on jobs")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    worker.stop().await;
    Ok(ExitCode::SUCCESS)
}
