//! What commands begin with: the log, the tracker over the chosen database and upstream, a file.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use bellwether_domain::{SharedClock, SystemClock};
use bellwether_tracker::{Tracker, TrackerOptions, Upstream as Provider};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::settings::{Settings, Upstream};

/// Logs to standard error, in colour where somebody looks.
pub(super) fn log(filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::Settings(format!("the log filter {filter:?} is not understood: {error}"))
    })?;
    // r2d2 tells of each connection it opens.
    let filter = filter.add_directive("r2d2=warn".parse().expect("a literal directive"));
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).init();
    Ok(())
}

/// Opens the tracker of these settings.
pub(super) async fn tracker(settings: &Settings) -> Result<Tracker, Failure> {
    let upstream = match &settings.upstream {
        Upstream::Yahoo => Provider::Yahoo,
        Upstream::At(url) => Provider::At(url.clone()),
        Upstream::Nobody => Provider::Nobody,
    };
    let clock: SharedClock = Arc::new(SystemClock);
    let (database, feeds) = (settings.database.clone(), settings.feeds.clone());
    let redis = settings.redis.clone();
    Tracker::open(TrackerOptions { database, upstream, feeds, redis, clock })
        .await
        .map_err(|error| Failure::opening(&settings.database, error))
}

/// Reads a whole file that the user named.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|source| Failure::File { path: path.display().to_string(), source })
}

/// The name of a file without its folders.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
