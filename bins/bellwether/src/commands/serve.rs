//! `bellwether serve`

use std::io::Write;
use std::process::ExitCode;

use super::start;
use crate::cli::Serve;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::web::{self, EventLog};

/// Serves until told to stop; then running requests and jobs end first.
pub(super) async fn run(settings: &Settings, serve: &Serve, log: EventLog) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let post = start::post(settings, &tracker)?;
    let state = web::state(tracker, settings.hosts.clone(), log, post);
    let listener = web::bind(settings.listen)?;
    let worker = (!serve.no_worker).then(|| web::start_worker(&state, settings.lease));
    writeln!(std::io::stdout(), "Bellwether serves on http://{}", listener.local_addr()?)?;
    web::serve(listener, state).await?;
    if let Some(worker) = worker {
        worker.stop().await;
    }
    tracing::info!("server.stopped");
    Ok(ExitCode::SUCCESS)
}
