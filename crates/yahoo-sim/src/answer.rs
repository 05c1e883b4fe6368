//! What is sent back.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

pub(crate) const JSON: &str = "application/json;charset=utf-8";
pub(crate) const HTML: &str = "text/html";
pub(crate) const TEXT: &str = "text/plain;charset=utf-8";

/// For successes that change within seconds.
pub(crate) const CACHE_SHORT: &str = "public, max-age=10, stale-while-revalidate=20";
/// For errors.
pub(crate) const CACHE_NEVER: &str = "max-age=0, private";

/// An answer before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) cache_control: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// How many of the symbols asked for it tells about.
    pub(crate) answered: usize,
}

impl Answer {
    /// A status with a body of some type.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let content_type = content_type.to_owned();
        Self {
            status,
            content_type,
            cache_control: None,
            headers: Vec::new(),
            body: body.into(),
            answered: 0,
        }
    }

    /// A success as JSON.
    pub(crate) fn json(body: &impl Serialize, cache: &str, answered: usize) -> Self {
        // What a symbol's current price takes, so that a batch of them is written without moving.
        let mut bytes = Vec::with_capacity(1_024 * answered.max(1));
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => Self { answered, ..Self::new(200, JSON, bytes).cached(cache) },
            Err(_) => server_error(),
        }
    }

    pub(crate) fn cached(self, cache: &str) -> Self {
        Self { cache_control: Some(cache.to_owned()), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An error in the envelope of a family: `chart`, `spark`, `finance`, `quoteSummary`.
pub(crate) fn refusal(family: &str, status: u16, code: &str, description: &str) -> Answer {
    let error = json!({ "code": code, "description": description });
    // Written by hand because the key is a variable and the order is the service's.
    let body = format!("{{\"{family}\":{{\"result\":null,\"error\":{error}}}}}");
    Answer::new(status, JSON, body).cached(CACHE_NEVER)
}

/// The page of an outage.
pub(crate) fn server_error() -> Answer {
    Answer::new(
        500,
        HTML,
        "<!doctype html><html><head><title>Yahoo! - Error report</title></head><body><div id=\"doc\"><h1>HTTP Status 500 - Internal Server Error</h1></div></body></html>",
    )
}

/// The page of an overload or of maintenance.
pub(crate) fn unavailable(status: u16) -> Answer {
    Answer::new(
        status,
        HTML,
        "<!DOCTYPE html><html><head><title>Yahoo</title></head><body><h1>Will be right back...</h1><p>Thank you for your patience.</p></body></html>",
    )
}

/// The page of a path that leads nowhere.
pub(crate) fn not_found_page() -> Answer {
    Answer::new(
        404,
        HTML,
        "<!DOCTYPE html><html><head><title>Yahoo</title></head><body><p>Not Found</p></body></html>",
    )
    .cached(CACHE_NEVER)
}

/// The refusal of an address that asks too much.
pub(crate) fn too_many_requests() -> Answer {
    Answer::new(429, "text/plain", "Too Many Requests\r\n")
}

/// The refusal of a client at the edge.
pub(crate) fn edge_refusal() -> Answer {
    Answer::new(429, HTML, "Edge: Too Many Requests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_refusals_have_the_lengths_that_were_seen() {
        assert_eq!(too_many_requests().body.len(), 19);
        assert_eq!(edge_refusal().body.len(), 23);
    }

    #[test]
    fn a_refusal_keeps_the_order_of_its_fields() {
        let body = refusal("chart", 404, "Not Found", "No data found, symbol may be delisted").body;
        assert_eq!(
            body,
            r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#
        );
    }
}
