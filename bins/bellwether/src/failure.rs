//! Why a command could not do its work, in words for the person at the terminal.

use std::error::Error;

use bellwether_tracker::TrackerError;

use crate::client::Refusal;

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
    /// The database cannot be opened.
    #[error("the database {database} cannot be opened: {reason}; choose another with --database")]
    Database { database: String, reason: String },
    /// The work itself failed.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// The runtime, a signal or standard output.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What was asked for was refused.
    #[error(transparent)]
    Asked(#[from] Refusal),
    /// No server answers there.
    #[error("nothing answers at {server}: {reason}; look whether the server runs, and at --server")]
    Unreachable { server: String, reason: String },
    /// A server took too long.
    #[error("{server} did not answer within {seconds} s: {advice}")]
    Silent { server: String, seconds: u64, advice: &'static str },
    /// A server broke off.
    #[error("{server} broke off before its answer was whole: {advice}")]
    BrokenOff { server: String, advice: &'static str },
    /// The simulator could not start.
    #[error("the price simulator could not start: {0}")]
    Simulator(String),
}

impl Failure {
    /// What opening a tracker over a database came to, with the system's own words, which say what to mend.
    pub(crate) fn opening(database: &str, error: TrackerError) -> Self {
        let TrackerError::Storage(_) = &error else { return Self::Tracker(error) };
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        let words: Vec<String> =
            std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
        // An address may hold a password.
        let database = database.split_once("://").map_or(database, |(scheme, _)| scheme).to_owned();
        Self::Database { database, reason: words.join(": ") }
    }
}
