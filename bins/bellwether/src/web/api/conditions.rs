//! Requests that hold for one version of a resource only: `If-None-Match` and `If-Match` (RFC 9110).

use std::fmt::{self, Display, Write as _};
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::web::problem::Problem;

/// The strong entity tag of a version of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Tag(String);

impl Tag {
    /// Of the version's name, such as a number that grows with each change.
    pub(in crate::web) fn of(version: &impl Display) -> Self {
        Self::of_bytes(version.to_string().as_bytes())
    }

    /// Of the content itself, where nothing counts its versions.
    pub(in crate::web) fn of_bytes(content: &[u8]) -> Self {
        let digest = Sha256::digest(content);
        let mut tag = String::with_capacity(34);
        tag.push('"');
        for byte in digest.iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        Self(tag)
    }
}

impl Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request takes for granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::web) struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Conditions {
    fn of(headers: &HeaderMap) -> Self {
        let all = |name: HeaderName| {
            let lines: Vec<&str> = headers.get_all(name).filter_map(|line| line.to_str().ok()).collect();
            (!lines.is_empty()).then(|| lines.join(","))
        };
        Self { if_match: all(header::IF_MATCH), if_none_match: all(header::IF_NONE_MATCH) }
    }

    /// Whether the client has that version already.
    pub(in crate::web) fn know(&self, tag: &Tag) -> bool {
        let tags = self.if_none_match.iter().flat_map(|tags| tags.split(','));
        tags.map(str::trim).any(|given| given == "*" || given.trim_start_matches("W/") == tag.0)
    }

    /// Whether a change is asked for only where the resource is of some version.
    pub(in crate::web) fn name_a_version(&self) -> bool {
        self.if_match.is_some()
    }

    /// Lets a change pass that is meant for that version, or for any.
    ///
    /// # Errors
    /// [`Problem::Changed`] with the present tag when it is meant for another version.
    pub(in crate::web) fn allow_change_of(&self, present: &Tag) -> Result<(), Problem> {
        let Some(tags) = &self.if_match else { return Ok(()) };
        // Weak tags never match here: they do not promise that it is the same byte for byte.
        if tags.split(',').map(str::trim).any(|given| given == "*" || given == present.0) {
            return Ok(());
        }
        Err(Problem::Changed { present: present.to_string() })
    }

    /// The resource with its tag; 304 when the client has it.
    pub(in crate::web) fn answer(&self, tag: &Tag, resource: &impl Serialize) -> HttpResponse {
        let known = self.know(tag);
        let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer
            .insert_header((header::ETAG, tag.to_string()))
            .insert_header((header::CACHE_CONTROL, "private, no-cache"));
        if known { answer.finish() } else { answer.json(resource) }
    }
}

impl FromRequest for Conditions {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.headers())))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn conditions(name: HeaderName, text: &str) -> Conditions {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(text).expect("a header"));
        Conditions::of(&headers)
    }

    #[test]
    fn the_client_that_has_a_version_is_told_so() {
        let tag = Tag::of(&7);
        assert_ne!(tag, Tag::of(&8));
        for known in [tag.to_string(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            assert!(conditions(header::IF_NONE_MATCH, &known).know(&tag), "{known}");
        }
        for other in ["\"x\"", "", "x"] {
            assert!(!conditions(header::IF_NONE_MATCH, other).know(&tag), "{other}");
        }
        assert!(!Conditions::default().know(&tag));
    }

    #[test]
    fn a_change_of_another_version_is_refused() {
        let tag = Tag::of(&7);
        assert!(Conditions::default().allow_change_of(&tag).is_ok());
        for good in [tag.to_string(), format!("\"x\", {tag}"), "*".to_owned()] {
            assert!(conditions(header::IF_MATCH, &good).allow_change_of(&tag).is_ok(), "{good}");
        }
        for bad in [format!("W/{tag}"), Tag::of(&8).to_string(), String::new()] {
            let refused = conditions(header::IF_MATCH, &bad).allow_change_of(&tag);
            assert!(
                matches!(refused, Err(Problem::Changed { present }) if present == tag.to_string()),
                "{bad}"
            );
        }
    }
}
