//! What commands ask of the API, and what they hear: of this process over the database, or of a server. Either way the same
//! routes answer, so that a command has one implementation.

mod over_http;
mod refusal;

use std::fmt::Write as _;

use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH};
use actix_web::http::{Method, Uri};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cli::client::Place;
use crate::failure::Failure;
use crate::web::InProcess;

use self::over_http::Server;
pub(crate) use self::refusal::Refusal;

/// What is written by its code in an address.
const CODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As many as a page has at most.
const PAGE: usize = 500;

/// What is asked for.
pub(crate) struct Request {
    method: Method,
    /// The address behind the server's, with what is asked behind its question mark.
    address: String,
    kind: Option<&'static str>,
    if_match: Option<String>,
    body: Bytes,
}

impl Request {
    fn new(method: Method, address: String) -> Self {
        Self { method, address, kind: None, if_match: None, body: Bytes::new() }
    }

    pub(crate) fn get(address: String) -> Self {
        Self::new(Method::GET, address)
    }

    pub(crate) fn delete(address: String) -> Self {
        Self::new(Method::DELETE, address)
    }

    pub(crate) fn post(address: String) -> Self {
        Self::new(Method::POST, address)
    }

    pub(crate) fn put(address: String) -> Self {
        Self::new(Method::PUT, address)
    }

    pub(crate) fn patch(address: String) -> Self {
        Self::new(Method::PATCH, address)
    }

    pub(crate) fn with_json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into();
        self.kind = Some("application/json");
        self
    }

    pub(crate) fn with_bytes(mut self, kind: &'static str, body: Vec<u8>) -> Self {
        (self.kind, self.body) = (Some(kind), body.into());
        self
    }

    /// Carried out only where the resource is still so.
    pub(crate) fn if_still(mut self, tag: Option<String>) -> Self {
        self.if_match = tag;
        self
    }
}

/// An address of these parts, whatever letters are in them.
pub(crate) fn address(parts: &[&str]) -> String {
    parts.iter().fold("/api/v1".to_owned(), |mut address, part| {
        // Writing to a String cannot fail, here and below.
        let _ = write!(address, "/{}", utf8_percent_encode(part, CODED));
        address
    })
}

/// The address with that behind its question mark which has a value.
pub(crate) fn asking(mut address: String, query: &[(&str, Option<&str>)]) -> String {
    for (name, value) in query {
        let Some(value) = value else { continue };
        let sign = if address.contains('?') { '&' } else { '?' };
        let _ = write!(address, "{sign}{name}={}", utf8_percent_encode(value, CODED));
    }
    address
}

/// What was answered.
pub(crate) struct Answer {
    status: u16,
    is_problem: bool,
    tag: Option<String>,
    location: Option<String>,
    retry_after: Option<String>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// # Errors
    /// [`Failure::Asked`] when it is not what Bellwether answers.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::unread(&error).into())
    }

    /// The version of what was answered.
    pub(crate) fn tag(&self) -> Option<String> {
        self.tag.clone()
    }
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    next: Option<String>,
}

/// Whom commands ask.
pub(crate) enum Client {
    /// This process, over the database.
    Database(InProcess),
    /// A server.
    Server(Server),
}

impl Client {
    /// A client of the server that is named; `None` where none is.
    ///
    /// # Errors
    /// [`Failure::Settings`] with what is wrong with its address or the token.
    pub(crate) fn of_server(place: &Place) -> Result<Option<Self>, Failure> {
        place.server().map(|address| Ok(Self::Server(Server::new(address, place)?))).transpose()
    }

    /// Asks, and answers what was answered unless it is a refusal.
    ///
    /// # Errors
    /// [`Failure::Asked`] with why not.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Failure> {
        let (answer, had_token) = match self {
            Self::Database(process) => (in_process(process, request).await?, false),
            Self::Server(server) => (server.answer(request).await?, server.has_token()),
        };
        match answer.status {
            200..=299 => Ok(answer),
            _ => Err(Refusal::of(&answer, had_token).into()),
        }
    }

    pub(crate) async fn get(&self, address: String) -> Result<Answer, Failure> {
        self.send(Request::get(address)).await
    }

    /// The items of a list, page by page, up to `limit`.
    ///
    /// # Errors
    /// [`Failure::Asked`], and those of `each`.
    pub(crate) async fn list(
        &self,
        list: &str,
        limit: usize,
        mut each: impl FnMut(&RawValue) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (mut left, mut cursor) = (limit, None::<String>);
        while left > 0 {
            let size = left.min(PAGE).to_string();
            let query = [("limit", Some(size.as_str())), ("cursor", cursor.as_deref())];
            let page: Page = self.get(asking(list.to_owned(), &query)).await?.read()?;
            for item in page.items.iter().take(left) {
                each(item)?;
            }
            left = left.saturating_sub(page.items.len());
            cursor = page.next;
            if cursor.is_none() || page.items.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// The items of a list, read.
    ///
    /// # Errors
    /// [`Failure::Asked`].
    pub(crate) async fn items(&self, list: &str, limit: usize) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        self.list(list, limit, |item| {
            items.push(read(item)?);
            Ok(())
        })
        .await?;
        Ok(items)
    }
}

/// An item of a list, read.
///
/// # Errors
/// [`Failure::Asked`] when it is not what Bellwether answers.
pub(crate) fn read<T: DeserializeOwned>(item: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(item.get()).map_err(|error| Refusal::unread(&error).into())
}

async fn in_process(process: &InProcess, request: Request) -> Result<Answer, Failure> {
    let Request { method, address, kind, if_match, body } = request;
    let uri: Uri = address.parse().map_err(|error| Failure::Settings(format!("{address}: {error}")))?;
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    headers.extend(kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))));
    // A tag is of our own making.
    headers.extend(if_match.and_then(|tag| Some((IF_MATCH, HeaderValue::from_str(&tag).ok()?))));
    let answered = process.answer(method, uri, headers, body).await;
    let text = |name: &HeaderName| {
        answered.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    Ok(Answer {
        status: answered.status.as_u16(),
        is_problem: text(&CONTENT_TYPE).is_some_and(|kind| kind.starts_with(refusal::MEDIA_TYPE)),
        tag: text(&ETAG),
        location: None,
        retry_after: text(&actix_web::http::header::RETRY_AFTER),
        body: answered.body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_somebody_types_is_one_part_of_an_address() {
        assert_eq!(address(&["portfolios", "a/../b?c#d"]), "/api/v1/portfolios/a%2F..%2Fb%3Fc%23d");
        let asked =
            asking(address(&["portfolios"]), &[("q", Some("ä&b=c")), ("from", None), ("to", Some(""))]);
        assert_eq!(asked, "/api/v1/portfolios?q=%C3%A4%26b%3Dc&to=");
    }
}
