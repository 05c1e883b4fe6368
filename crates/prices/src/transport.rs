//! The wire, behind a trait, so that tests can replay answers and count calls.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

mod http;

pub use http::HttpTransport;

/// Which part of the upstream a call is to. Each has its own circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Open to everybody: charts, sparks, search.
    Anonymous,
    /// Needs a session.
    Authenticated,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which breaker it is under.
    pub family: Family,
    /// Everything after the upstream's address, starting with a slash, percent-encoded.
    pub path_and_query: String,
    /// How long the whole answer may take.
    pub timeout: Duration,
}

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header as sent.
    pub retry_after: Option<String>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection.
    #[error("no connection")]
    Unreachable,
    /// No complete answer in time.
    #[error("no complete answer in time")]
    Timeout,
    /// The answer broke off, or could not be decompressed.
    #[error("the answer broke off")]
    Interrupted,
    /// The answer is larger than any true one.
    #[error("the answer is too large")]
    TooLarge,
}

/// Carries one request to the upstream. No pacing, no retry, no redirect.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the request and reads the whole answer, within [`Request::timeout`].
    async fn send(&self, request: &Request) -> Result<Response, TransportError>;
}
