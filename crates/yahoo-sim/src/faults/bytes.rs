//! Faults in the bytes of an answer: wrong statuses, wrong encodings, wrong sizes.

use bytes::Bytes;

use super::{FaultAction, FaultBody};
use crate::answer::{self, Answer, HTML, JSON};
use crate::ask::Route;

/// The answer of a fault that needs no data; `None` for those that change a correct one.
pub(crate) fn instead(
    action: &FaultAction,
    route: Route,
    fixture: impl Fn(&str) -> Option<Answer>,
) -> Option<Answer> {
    match action {
        FaultAction::Status { code, body: FaultBody::Fixture(file) } => {
            Some(fixture(file).map_or_else(|| usual(*code), |recorded| Answer { status: *code, ..recorded }))
        }
        FaultAction::Status { code, body } => Some(with_body(*code, body)),
        FaultAction::Burst { code, .. } => Some(usual(*code)),
        FaultAction::Html200 => Some(Answer { status: 200, ..answer::unavailable(200) }),
        FaultAction::Empty200 => Some(Answer::new(200, JSON, Bytes::new())),
        FaultAction::NullChart => Some(Answer::new(200, JSON, format!("{{\"{}\":null}}", family(route)))),
        FaultAction::StatusCode200 => {
            Some(Answer::new(200, JSON, r#"{"status_code":500,"message":"Internal Server Error"}"#))
        }
        _ => None,
    }
}

/// Changes the bytes of an answer.
pub(crate) fn change(action: &FaultAction, answer: &mut Answer) {
    match action {
        FaultAction::Alias { from, to } => {
            let text = String::from_utf8_lossy(&answer.body);
            answer.body = text.replace(&format!("\"{from}\""), &format!("\"{to}\"")).into();
        }
        FaultAction::HugeHeaders { bytes } => {
            // In pieces, because single headers have limits of their own.
            for number in 0..bytes.div_ceil(1_000) {
                answer.headers.push((format!("x-padding-{number}"), "p".repeat(1_000.min(*bytes))));
            }
        }
        FaultAction::HugeBody { mb } => {
            let mut body = answer.body.to_vec();
            body.resize(body.len() + mb * 1024 * 1024, b' ');
            answer.body = body.into();
        }
        FaultAction::BadGzip => answer.headers.push(("content-encoding".to_owned(), "gzip".to_owned())),
        FaultAction::WrongContentType => HTML.clone_into(&mut answer.content_type),
        FaultAction::Bom => answer.body = [b"\xef\xbb\xbf".as_slice(), &answer.body].concat().into(),
        FaultAction::Truncate { fraction, short_read: false } => {
            let kept = (answer.body.len() as f64 * fraction.clamp(0.0, 1.0)) as usize;
            answer.body = answer.body.slice(..kept);
        }
        _ => {}
    }
}

fn with_body(code: u16, body: &FaultBody) -> Answer {
    match body {
        FaultBody::Empty => Answer::new(code, HTML, Bytes::new()),
        FaultBody::Html => answer::unavailable(code),
        FaultBody::Text(text) => Answer::new(code, "text/plain", text.clone()),
        FaultBody::Usual | FaultBody::Fixture(_) => usual(code),
    }
}

/// What the service sends with a status.
fn usual(code: u16) -> Answer {
    match code {
        401 => answer::refusal("finance", 401, "Unauthorized", "Invalid Crumb"),
        429 => answer::too_many_requests(),
        500 => answer::server_error(),
        999 => Answer::new(
            999,
            HTML,
            "<html><head><title>Yahoo! - 999 Unable to process request at this time -- error 999</title></head><body>Sorry, Unable to process request at this time -- error 999.</body></html>",
        ),
        code => answer::unavailable(code),
    }
}

fn family(route: Route) -> &'static str {
    match route {
        Route::SparkV7 | Route::SparkV8 => "spark",
        Route::Quote => "quoteResponse",
        Route::Summary => "quoteSummary",
        Route::Search => "finance",
        _ => "chart",
    }
}
