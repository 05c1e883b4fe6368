//! Why a command could not do its work, in words for the person at the terminal.

use bellwether_tracker::TrackerError;

/// What ends a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An option is wrong.
    #[error("{0}")]
    Settings(String),
    /// A file cannot be read.
    #[error("{path} cannot be read: {source}")]
    File { path: String, source: std::io::Error },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    /// The work itself failed.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// The runtime, a signal or standard output.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The simulator could not start.
    #[error("the price simulator could not start: {0}")]
    Simulator(String),
}
