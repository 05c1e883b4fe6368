//! The wire, behind a trait, so that tests can replay answers and count calls.

use std::fmt;
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

/// Where a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// The service itself.
    Data,
    /// The page that hands out the cookie of a session. Whatever its status, only the cookie matters.
    Cookie,
    /// A page of the service's web site, or wherever such a page points to within the service.
    Page,
}

/// One call.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Which breaker it is under.
    pub family: Family,
    /// Where it goes.
    pub site: Site,
    /// Everything after the upstream's address, starting with a slash, percent-encoded. For a [`Site::Page`] it may
    /// be a whole address instead.
    pub path_and_query: String,
    /// The cookie that it carries.
    pub cookie: Option<String>,
    /// The filled-in form that it posts, as `application/x-www-form-urlencoded`; `None` for a call that only asks.
    pub form: Option<String>,
    /// How long the whole answer may take.
    pub timeout: Duration,
    /// Its path is shown nowhere: it may hold a key.
    pub has_secret_path: bool,
}

impl Request {
    /// A call to the service itself, without a cookie.
    pub fn get(family: Family, path_and_query: String, timeout: Duration) -> Self {
        let site = Site::Data;
        Self { family, site, path_and_query, cookie: None, form: None, timeout, has_secret_path: false }
    }

    /// The path, without a query that may hold secrets.
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(&self.path_and_query, |(path, _)| path)
    }

    /// What it is counted as: the path without the symbol in it.
    pub fn endpoint(&self) -> &str {
        match self.site {
            _ if self.has_secret_path => "own source",
            Site::Page => "page",
            Site::Cookie => "cookie",
            Site::Data => {
                let path = self.path();
                path.match_indices('/').nth(3).map_or(path, |(end, _)| path.get(..end).unwrap_or(path))
            }
        }
    }

    /// The path as far as logs may show it.
    pub fn shown_path(&self) -> &str {
        if self.has_secret_path { "/..." } else { self.path() }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { family, site, timeout, .. } = self;
        f.debug_struct("Request")
            .field("family", family)
            .field("site", site)
            .field("path", &self.shown_path())
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

/// What came back, whatever its status.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header as sent.
    pub retry_after: Option<String>,
    /// The `Set-Cookie` headers as sent.
    pub cookies: Vec<String>,
    /// Where a redirect points, as a whole address.
    pub location: Option<String>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Without what opens the service: cookies, where redirects lead, and the body, which may be a crumb.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, retry_after, cookies, body, .. } = self;
        f.debug_struct("Response")
            .field("status", status)
            .field("retry_after", retry_after)
            .field("cookies", &cookies.len())
            .field("bytes", &body.len())
            .finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_a_call_is_written_to_logs() {
        let request = Request {
            cookie: Some("A3=secret".into()),
            form: Some("csrfToken=secret".into()),
            ..Request::get(Family::Authenticated, "/quote?crumb=secret".into(), Duration::ZERO)
        };
        let by_key = Request {
            has_secret_path: true,
            ..Request::get(Family::Anonymous, "/secret/KO".into(), Duration::ZERO)
        };
        let response = Response {
            status: 200,
            cookies: vec!["A3=secret; Path=/".into()],
            location: Some("https://example.com/?session=secret".into()),
            body: b"secret".to_vec(),
            ..Response::default()
        };
        let written = format!("{request:?} {by_key:?} {response:?}");
        assert!(written.contains("200") && !written.contains("secret"), "{written}");
    }
}
