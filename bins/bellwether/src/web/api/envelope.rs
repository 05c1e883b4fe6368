//! What requests and answers of all addresses for programs have in common, whichever handler they reach.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use serde_json::Value;

use super::openapi::DOCUMENT;
use crate::web::problem::{Problem, ProblemDetails};

/// The longest body that handlers read which do not say otherwise, in bytes.
pub(in crate::web) const LONGEST_BODY: usize = 256 << 10;

/// The types of bodies that an operation reads, by its address and method.
static READ: LazyLock<HashMap<(&str, &str), Vec<&str>>> = LazyLock::new(|| {
    let mut read = HashMap::new();
    for (path, item) in DOCUMENT["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let types = operation.pointer("/requestBody/content").and_then(Value::as_object);
            if let Some(types) = types {
                read.insert((path.as_str(), method.as_str()), types.keys().map(String::as_str).collect());
            }
        }
    }
    read
});

/// Refuses bodies of types that are not read, and lets no refusal go out that is no problem details.
pub(in crate::web) async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !request.match_info().as_str().starts_with("/api/") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if let Some(problem) = wrong_type(&request) {
        return Ok(request.into_response(problem.error_response()));
    }
    let answer = next.call(request).await?.map_into_boxed_body();
    if is_bare_refusal(&answer) { Ok(worded(answer)) } else { Ok(answer) }
}

fn essence(headers: &HeaderMap) -> Option<String> {
    let told = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or_default();
    Some(told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// What curl says of a body where nobody tells it another type.
const UNTOLD: &str = "application/x-www-form-urlencoded";

/// Who names no type means the one that is read.
fn wrong_type(request: &ServiceRequest) -> Option<Problem> {
    let headers = request.headers();
    let is_empty = !headers.contains_key(header::TRANSFER_ENCODING)
        && headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    let told = essence(headers).filter(|told| !is_empty && told != UNTOLD)?;
    let pattern = request.resource_map().match_pattern(request.match_info().as_str())?;
    let method = request.method().as_str().to_ascii_lowercase();
    let read = READ.get(&(pattern.as_str(), method.as_str()))?;
    (!read.contains(&told.as_str())).then(|| Problem::WrongType(read.join(" or ")))
}

fn is_bare_refusal(answer: &ServiceResponse) -> bool {
    let status = answer.status();
    (status.is_client_error() || status.is_server_error())
        && essence(answer.headers()).as_deref() != Some(ProblemDetails::MEDIA_TYPE)
}

/// The same refusal, which the framework made, as problem details.
fn worded(answer: ServiceResponse) -> ServiceResponse {
    let status = answer.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let (request, _) = answer.into_parts();
        return ServiceResponse::new(request, Problem::TooLarge { limit: LONGEST_BODY }.error_response());
    }
    let words = match answer.response().error() {
        Some(error) if status.is_client_error() => format!("That cannot be read: {error}."),
        _ => format!("{}.", status.canonical_reason().unwrap_or("Refused")),
    };
    let (request, _) = answer.into_parts();
    let details = ProblemDetails::of_status(status, words);
    let worded = HttpResponse::build(status).content_type(ProblemDetails::MEDIA_TYPE).json(details);
    ServiceResponse::new(request, worded)
}
