//! What commands begin with: the log, the tracker over the chosen database and upstream, a file.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use bellwether_domain::{SharedClock, SystemClock};
use bellwether_tracker::{Tracker, TrackerOptions, Upstream as Source};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::failure::Failure;
use crate::notifications::Post;
use crate::oidc::Provider;
use crate::settings::{Settings, Upstream};
use crate::web::EventLog;

/// Logs to standard error, in colour where somebody looks; the latest lines are kept for the pages.
pub(super) fn log(filter: &str) -> Result<EventLog, Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::Settings(format!("the log filter {filter:?} is not understood: {error}"))
    })?;
    // r2d2 tells of each connection it opens.
    let filter = filter.add_directive("r2d2=warn".parse().expect("a literal directive"));
    let ansi = std::io::stderr().is_terminal();
    let kept = EventLog::default();
    let written = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(ansi);
    let written = written.with_filter(filter);
    // What pages show does not depend on what is written.
    let shown = kept.clone().with_filter(EnvFilter::new("info,r2d2=warn,actix_server=warn"));
    tracing_subscriber::registry().with(written).with(shown).init();
    Ok(kept)
}

/// Opens the tracker of these settings.
pub(super) async fn tracker(settings: &Settings) -> Result<Tracker, Failure> {
    let upstream = match &settings.upstream {
        Upstream::Yahoo => Source::Yahoo,
        Upstream::At(url) => Source::At(url.clone()),
        Upstream::Nobody => Source::Nobody,
    };
    let clock: SharedClock = Arc::new(SystemClock);
    let (database, feeds) = (settings.database.clone(), settings.feeds.clone());
    let redis = settings.redis.clone();
    Tracker::open(TrackerOptions { database, upstream, feeds, redis, clock })
        .await
        .map_err(|error| Failure::opening(&settings.database, error))
}

/// The provider by whose word people may come in.
pub(super) fn provider(settings: &Settings, tracker: &Tracker) -> Result<Option<Arc<Provider>>, Failure> {
    let provider = settings
        .oidc
        .clone()
        .map(|settings| Provider::new(settings, SharedClock::clone(tracker.clock())).map(Arc::new));
    provider.transpose()
}

/// The ways by which notifications go out.
pub(super) fn post(settings: &Settings, tracker: &Tracker) -> Result<Post, Failure> {
    Post::new(&settings.post, SharedClock::clone(tracker.clock()))
}

/// Reads a whole file that the user named.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|source| Failure::File { path: path.display().to_string(), source })
}

/// The name of a file without its folders.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
