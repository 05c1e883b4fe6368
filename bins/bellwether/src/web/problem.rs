//! Failures as answers: problem details (RFC 9457) for programs, a page with advice for people.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ETAG, RETRY_AFTER as RETRY_AFTER_HEADER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use bellwether_texts::{Language, Sentence, Value};
use bellwether_tracker::TrackerError;
use serde::Serialize;
use utoipa::ToSchema;

use super::api::transactions;

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Fault {
    /// Its field, or the parameter of the address: `rows[2].price` is within others.
    pub(super) field: String,
    /// Why, and what to do.
    #[schema(value_type = String)]
    pub(super) reason: Sentence,
}

impl Fault {
    pub(super) fn new(field: impl Into<String>, reason: impl Into<Sentence>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    /// The field, by the name that people know it by where it has one, and what is wrong with it.
    fn said(&self) -> Sentence {
        let named = |key: &&str| key.strip_prefix("problem.field.") == Some(self.field.as_str());
        let field = Language::English.keys().find(named).map(Sentence::new);
        let field = field.map_or_else(|| Value::from(self.field.as_str()), Value::from);
        Sentence::new("problem.fault").with("field", field).with("reason", self.reason.clone())
    }
}

/// That a number from `least` to `most` is wanted.
pub(super) fn number_between(least: usize, most: usize) -> Sentence {
    let wanted = Sentence::new("refused.asked.from_to");
    wanted.with("least", Value::exact(least)).with("most", Value::exact(most))
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Invalid(vec![fault])
    }
}

/// A request that was not carried out (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemDetails {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// In few words.
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A sentence with advice.
    detail: String,
    /// Always false, for programs that look here first.
    success: bool,
    /// All faults of the request, where single fields are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault>,
    /// The transaction that is there already, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, required = false)]
    twin: Option<Box<serde_json::Value>>,
}

impl ProblemDetails {
    /// Of an answer that names no more than its status.
    pub(super) fn of_status(status: StatusCode, detail: String) -> Self {
        let title = status.canonical_reason().unwrap_or("Refused").to_owned();
        let status = status.as_u16();
        Self { kind: "about:blank", title, status, detail, success: false, errors: Vec::new(), twin: None }
    }

    pub(super) const MEDIA_TYPE: &str = "application/problem+json";
}

/// A request that could not be served, with a sentence that says what to do.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// Nothing is there.
    NotFound(String),
    /// The request is wrong.
    BadRequest(Sentence),
    /// Parts of the request are wrong.
    Invalid(Vec<Fault>),
    /// The same transaction is there already.
    Twin {
        words: Sentence,
        /// The one that is there.
        twin: Box<serde_json::Value>,
    },
    /// The change is meant for another version.
    Changed {
        /// The tag of the present version.
        present: String,
    },
    /// The body is too long.
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The body is of a type that is not read here.
    WrongType(String),
    /// The key was given to another request before.
    KeyOfAnother,
    /// It was sent before, under the same key, and what it is answered is not known yet.
    BeingCarriedOut,
    /// The address does not answer this method, but these.
    NotAllowed(&'static str),
    /// The request is right but cannot be carried out as things are.
    Conflict(Sentence),
    /// The database is busy or gone.
    Unavailable,
    /// The request comes from another site.
    Forbidden,
    /// Nobody was let in.
    SignInNeeded,
    /// Whoever was let in may not do that.
    NotYours,
    /// Name or password are wrong.
    WrongPassword,
    /// Too often.
    TooMany {
        words: Sentence,
        /// When to come again.
        after: Duration,
    },
    /// The body came too slowly.
    TooSlow,
    /// The body is packed by a coding of the transfer.
    Packed,
    /// There are too many of the kind.
    Busy(Sentence),
    /// Our fault.
    Internal,
}

impl std::error::Error for Problem {}

/// In English, as programs get it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

impl Problem {
    pub(super) fn bad_request(words: impl Into<Sentence>) -> Self {
        Self::BadRequest(words.into())
    }

    pub(super) fn conflict(words: impl Into<Sentence>) -> Self {
        Self::Conflict(words.into())
    }

    /// What went wrong and what to do, in any language.
    pub(super) fn said(&self) -> Sentence {
        let said = Sentence::new;
        match self {
            Self::NotFound(words) => Sentence::verbatim(words.as_str()),
            Self::BadRequest(sentence)
            | Self::Conflict(sentence)
            | Self::Busy(sentence)
            | Self::Twin { words: sentence, .. }
            | Self::TooMany { words: sentence, .. } => sentence.clone(),
            Self::Invalid(faults) => {
                let faults = faults.iter().map(Fault::said).collect();
                said("problem.faults").with("faults", Value::Sentences(faults))
            }
            Self::Changed { .. } => said("problem.told.changed"),
            Self::TooLarge { limit } => {
                said("problem.told.too_large").with("limit", Value::exact(limit >> 10))
            }
            Self::WrongType(wanted) => said("problem.told.wrong_type").with("type", wanted.as_str()),
            Self::KeyOfAnother => said("problem.told.key_of_another"),
            Self::BeingCarriedOut => said("problem.told.being_carried_out"),
            Self::NotAllowed(methods) => said("problem.told.not_allowed").with("methods", *methods),
            Self::Unavailable => said("problem.told.unavailable"),
            Self::Forbidden => said("problem.told.forbidden"),
            Self::SignInNeeded => said("problem.told.sign_in"),
            Self::NotYours => said("problem.told.not_yours"),
            Self::WrongPassword => said("problem.told.wrong_password"),
            Self::TooSlow => said("problem.told.too_slow"),
            Self::Packed => said("problem.told.packed"),
            Self::Internal => said("problem.told.internal"),
        }
    }

    pub(super) fn headline(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "There is nothing here",
            Self::BadRequest(_) | Self::Invalid(_) | Self::WrongType(_) => "That cannot be read",
            Self::TooLarge { .. } => "That is too large",
            Self::Changed { .. } => "That has changed",
            Self::NotAllowed(_) => "That cannot be done here",
            Self::Conflict(_) | Self::Twin { .. } | Self::BeingCarriedOut => "That is not possible",
            Self::KeyOfAnother => "That is another request",
            Self::Unavailable => "The database does not answer",
            Self::Forbidden => "That is not for other sites",
            Self::SignInNeeded => "Sign in first",
            Self::NotYours => "That is not for you",
            Self::WrongPassword => "That is not right",
            Self::TooMany { .. } => "Too often",
            Self::TooSlow => "That came too slowly",
            Self::Packed => "That is packed",
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
        match self {
            Self::Unavailable | Self::Busy(_) => {
                answer.insert_header((RETRY_AFTER_HEADER, RETRY_AFTER.to_string()));
            }
            Self::BeingCarriedOut => {
                answer.insert_header((RETRY_AFTER_HEADER, "1"));
            }
            _ => {}
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
        if let Self::Changed { present } = self {
            answer.insert_header((ETAG, present.as_str()));
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
            TrackerError::Invalid(faults) => transactions::invalid(&faults, false),
            TrackerError::Twin(ref twin) => {
                Self::Twin { twin: Box::new(transactions::twin(twin)), words: error.said() }
            }
            TrackerError::Overtaken => Self::Conflict(error.said()),
            TrackerError::File(_) => Self::BadRequest(error.said()),
            TrackerError::WrongPassword => Self::WrongPassword,
            TrackerError::TooManyAttempts { after } => {
                let words = error.said();
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
            Self::BadRequest(_) | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Changed { .. } => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType(_) | Self::Packed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) | Self::Twin { .. } | Self::BeingCarriedOut => StatusCode::CONFLICT,
            Self::KeyOfAnother => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Forbidden | Self::NotYours => StatusCode::FORBIDDEN,
            Self::SignInNeeded | Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut details = ProblemDetails::of_status(self.status_code(), self.to_string());
        self.headline().clone_into(&mut details.title);
        if let Self::Invalid(faults) = self {
            details.errors.clone_from(faults);
        }
        if let Self::Twin { twin, .. } = self {
            details.twin = Some(twin.clone());
        }
        self.begin().content_type(ProblemDetails::MEDIA_TYPE).json(details)
    }
}
