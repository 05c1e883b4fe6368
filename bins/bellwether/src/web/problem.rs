//! Failures as answers: problem details (RFC 9457) for programs, a page with advice for people.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER as RETRY_AFTER_HEADER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use bellwether_tracker::TrackerError;
use serde_json::json;

/// A request that could not be served, with a sentence that says what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Problem {
    /// Nothing is there.
    #[error("{0}")]
    NotFound(String),
    /// The request is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// The address does not answer this method, but these.
    #[error("This address answers {0} only.")]
    NotAllowed(&'static str),
    /// The request is right but cannot be carried out as things are.
    #[error("{0}")]
    Conflict(String),
    /// The database is busy or gone.
    #[error("The database does not answer. Try again in a moment.")]
    Unavailable,
    /// The request comes from another site.
    #[error("This request came from another site and was refused.")]
    Forbidden,
    /// Nobody was let in.
    #[error("Sign in first: with a session's cookie, or with the header Authorization: Bearer and a token.")]
    SignInNeeded,
    /// Whoever was let in may not do that.
    #[error("You may not do that here: your role or your token does not allow it.")]
    NotYours,
    /// Name or password are wrong.
    #[error("The name or the password is wrong.")]
    WrongPassword,
    /// Too often.
    #[error("{words}")]
    TooMany {
        words: String,
        /// When to come again.
        after: Duration,
    },
    /// There are too many of the kind.
    #[error("{0}")]
    Busy(String),
    /// Our fault.
    #[error("Something went wrong here, and it has been logged. Nothing was changed.")]
    Internal,
}

impl Problem {
    pub(super) fn headline(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "There is nothing here",
            Self::BadRequest(_) => "That cannot be read",
            Self::NotAllowed(_) => "That cannot be done here",
            Self::Conflict(_) => "That is not possible",
            Self::Unavailable => "The database does not answer",
            Self::Forbidden => "That is not for other sites",
            Self::SignInNeeded => "Sign in first",
            Self::NotYours => "That is not for you",
            Self::WrongPassword => "That is not right",
            Self::TooMany { .. } => "Too often",
            Self::Busy(_) => "Too many at a time",
            Self::Internal => "Something went wrong",
        }
    }
}

/// When to come again where the database does not answer, in seconds.
const RETRY_AFTER: u32 = 5;

impl Problem {
    /// An answer with the status and headers of this failure.
    pub(super) fn begin(&self) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(self.status_code());
        if matches!(self, Self::Unavailable) {
            answer.insert_header((RETRY_AFTER_HEADER, RETRY_AFTER.to_string()));
        }
        match self {
            Self::TooMany { after, .. } => {
                let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                answer.insert_header((RETRY_AFTER_HEADER, seconds.to_string()));
            }
            Self::SignInNeeded | Self::WrongPassword => {
                answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"Bellwether\""));
            }
            Self::NotYours => {
                let why = "Bearer realm=\"Bellwether\", error=\"insufficient_scope\"";
                answer.insert_header((WWW_AUTHENTICATE, why));
            }
            _ => {}
        }
        if let Self::NotAllowed(allowed) = self {
            answer.insert_header((ALLOW, *allowed));
        }
        answer
    }
}

impl From<TrackerError> for Problem {
    fn from(error: TrackerError) -> Self {
        match error {
            TrackerError::NotFound(what) => Self::NotFound(format!("There is no {what}.")),
            TrackerError::Refused(advice) => Self::BadRequest(advice),
            TrackerError::Conflict(advice) => Self::Conflict(advice),
            TrackerError::WrongPassword => Self::WrongPassword,
            TrackerError::TooManyAttempts { after } => {
                let words = error.to_string();
                Self::TooMany { words, after: after.to_std().unwrap_or_default() }
            }
            error if error.is_transient() => {
                tracing::warn!(%error, "request.unavailable");
                Self::Unavailable
            }
            error => {
                tracing::error!(%error, "request.failed");
                Self::Internal
            }
        }
    }
}

impl From<tera::Error> for Problem {
    fn from(error: tera::Error) -> Self {
        tracing::error!(%error, "page.not_rendered");
        Self::Internal
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Forbidden | Self::NotYours => StatusCode::FORBIDDEN,
            Self::SignInNeeded | Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        self.begin().content_type("application/problem+json").body(
            json!({
                "type": "about:blank",
                "title": self.headline(),
                "status": status.as_u16(),
                "detail": self.to_string(),
                "success": false,
            })
            .to_string(),
        )
    }
}
