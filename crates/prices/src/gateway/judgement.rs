//! What an answer, or the lack of one, means for its caller and for the circuit.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Family, NotAnswered, Request, Response, Site, TransportError};

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It breaks off in the middle: worth another try.
    Cut,
    /// It is none of the service's answers: the service is out of order.
    Foreign,
    /// It is an answer, but contradicts itself or lacks what is needed. Says nothing about the service.
    Inconsistent(String),
}

pub(super) enum Judgement<T> {
    Answer(T),
    /// The service is well, the answer is not.
    Unusable(NotAnswered),
    Throttled {
        reason: NotAnswered,
        /// The rest that the service asked for.
        asked: Option<TimeDelta>,
    },
    Failure {
        reason: NotAnswered,
        may_pass: bool,
    },
}

pub(super) fn judge<T>(
    sent: &Result<Response, TransportError>,
    request: &Request,
    now: DateTime<Utc>,
    read: impl Fn(&Response) -> Result<T, Unreadable>,
) -> Judgement<T> {
    let failure = |reason, may_pass| Judgement::Failure { reason, may_pass };
    let response = match sent {
        Ok(response) => response,
        Err(TransportError::Timeout) => return failure(NotAnswered::Timeout, true),
        Err(TransportError::Unreachable | TransportError::Interrupted) => {
            return failure(NotAnswered::Unreachable, true);
        }
        Err(TransportError::TooLarge) => {
            return Judgement::Unusable(NotAnswered::Malformed("the answer is too large".into()));
        }
    };
    let status = response.status;
    let asked = || response.retry_after.as_deref().and_then(|text| rest_asked(text, now));
    match status {
        429 | 999 => Judgement::Throttled { reason: NotAnswered::RateLimited, asked: asked() },
        _ if request.site == Site::Cookie => judged(read(response), status),
        ..500 if request.site == Site::Page => judged(read(response), status),
        // A crumb that is refused can be replaced; whoever is shut out of everything should stay away.
        401 | 403
            if request.family == Family::Anonymous || status == 403 && !speaks_of_a_crumb(&response.body) =>
        {
            Judgement::Throttled { reason: NotAnswered::Blocked { status }, asked: asked() }
        }
        // Whoever says when to come again is not asked before.
        500 | 502 | 503 | 504 => failure(NotAnswered::Upstream { status }, asked().is_none()),
        300..=399 | 501.. => failure(NotAnswered::Upstream { status }, false),
        200 if is_empty_or_html(&response.body) => failure(NotAnswered::Upstream { status }, true),
        _ => judged(read(response), status),
    }
}

fn judged<T>(read: Result<T, Unreadable>, status: u16) -> Judgement<T> {
    let failure = |reason, may_pass| Judgement::Failure { reason, may_pass };
    match read {
        Ok(answer) => Judgement::Answer(answer),
        Err(Unreadable::Cut) => failure(NotAnswered::Unreachable, true),
        Err(Unreadable::Foreign) => failure(NotAnswered::Upstream { status }, false),
        Err(Unreadable::Inconsistent(what)) => Judgement::Unusable(NotAnswered::Malformed(what)),
    }
}

fn speaks_of_a_crumb(body: &[u8]) -> bool {
    body.windows(b"crumb".len()).any(|word| word.eq_ignore_ascii_case(b"crumb"))
}

fn is_empty_or_html(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    matches!(body.trim_ascii_start().first(), None | Some(b'<'))
}

/// `Retry-After` is a number of seconds or a date.
fn rest_asked(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = text.trim();
    match text.parse::<u32>() {
        Ok(seconds) => Some(TimeDelta::seconds(seconds.into())),
        Err(_) => DateTime::parse_from_rfc2822(text).ok().map(|until| until.to_utc() - now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_understood() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(rest_asked(" 120 ", now), Some(TimeDelta::minutes(2)));
        assert_eq!(rest_asked("Thu, 01 Jan 1970 00:10:00 GMT", now), Some(TimeDelta::minutes(10)));
        assert_eq!(rest_asked("soon", now), None);
    }
}
