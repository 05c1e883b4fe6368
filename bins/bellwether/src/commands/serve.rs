//! `bellwether serve`

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

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
    let provider = start::provider(settings, &tracker)?;
    let entry = Entry { provider, ..entry(settings, listener.local_addr()?)? };
    let code = if entry.needs_code { tracker.draw_claim_code().await? } else { None };
    let state = web::state(tracker, settings.hosts.clone(), log, post, entry);
    let worker =
        (!serve.no_worker).then(|| web::start_worker(&state, settings.lease, settings.backups.clone()));
    writeln!(std::io::stdout(), "Bellwether serves on http://{}", listener.local_addr()?)?;
    if let Some(code) = code {
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
fn entry(settings: &Settings, address: SocketAddr) -> Result<Entry, Failure> {
    if settings.sign_in == SignIn::Off {
        if !address.ip().is_loopback() {
            return Err(Failure::Settings(format!(
                "without sign-in whoever reaches {address} would be the owner: leave out --sign-in off, or listen on \
                 127.0.0.1"
            )));
        }
        // Through a proxy on this machine others reach it too.
        if !settings.hosts.is_empty() || !settings.proxies.is_empty() {
            return Err(Failure::Settings(
                "without sign-in whoever comes by --host, --public-url or --trusted-proxy would be the owner: leave out \
                 --sign-in off, or these"
                    .to_owned(),
            ));
        }
        return Ok(Entry::default());
    }
    let needs_code =
        !address.ip().is_loopback() || !settings.hosts.is_empty() || !settings.proxies.is_empty();
    let proxies = settings.proxies.clone();
    Ok(Entry { is_locked: true, is_secure: settings.is_https, needs_code, proxies, provider: None })
}
