//! `bellwether serve`

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use bellwether_tracker::{Tracker, random_code};

use super::start;
use crate::cli::Serve;
use crate::failure::Failure;
use crate::settings::{Settings, SignIn};
use crate::web::{self, Entry, EventLog};

/// Serves until told to stop; then running requests and jobs end first.
pub(super) async fn run(settings: &Settings, serve: &Serve, log: EventLog) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let post = start::post(settings, &tracker)?;
    let listener = web::bind(settings.listen)?;
    let entry = entry(settings, &tracker, listener.local_addr()?).await?;
    let claim_code = entry.claim_code.clone();
    let state = web::state(tracker, settings.hosts.clone(), log, post, entry);
    let worker = (!serve.no_worker).then(|| web::start_worker(&state, settings.lease));
    writeln!(std::io::stdout(), "Bellwether serves on http://{}", listener.local_addr()?)?;
    if let Some(code) = claim_code {
        writeln!(
            std::io::stdout(),
            "Nobody owns it yet. Whoever opens /first-run?code={code} becomes its owner."
        )?;
    }
    web::serve(listener, state).await?;
    if let Some(worker) = worker {
        worker.stop().await;
    }
    tracing::info!("server.stopped");
    Ok(ExitCode::SUCCESS)
}

/// The door: without sign-in only where nobody else reaches it; with a code where others could be first.
async fn entry(settings: &Settings, tracker: &Tracker, address: SocketAddr) -> Result<Entry, Failure> {
    if settings.sign_in == SignIn::Off {
        if !address.ip().is_loopback() {
            return Err(Failure::Settings(format!(
                "without sign-in whoever reaches {address} would be the owner: leave out --sign-in off, or listen on \
                 127.0.0.1"
            )));
        }
        // Through a proxy on this machine others reach it too.
        if !settings.hosts.is_empty() {
            return Err(Failure::Settings(
                "without sign-in whoever comes by --host or --public-url would be the owner: leave out --sign-in off, \
                 or these"
                    .to_owned(),
            ));
        }
        return Ok(Entry::default());
    }
    let others_reach_it = !address.ip().is_loopback() || !settings.hosts.is_empty();
    let claim_code = (others_reach_it && tracker.is_unclaimed().await?).then(random_code);
    Ok(Entry { is_locked: true, is_secure: settings.is_https, claim_code })
}
