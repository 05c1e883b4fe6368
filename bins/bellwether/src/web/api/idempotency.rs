//! `Idempotency-Key`: a POST under `/api/v1` that is sent again under its key is not carried out again, but answered as
//! it was.
//!
//! Requests and answers with secrets take no key: neither a password's digest nor a token is to be kept.

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use bellwether_tracker::{KeptAnswer, Sent, noting_changes};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use sha2::{Digest, Sha256};

use super::envelope::LONGEST_BODY;
use crate::web::MAX_UPLOAD;
use crate::web::caller::Caller;
use crate::web::problem::{Fault, Problem};

pub(in crate::web) const HEADER: &str = "Idempotency-Key";

/// Said of an answer that was given before.
pub(in crate::web) static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

const LONGEST_KEY: usize = 255;
/// Longer answers are not kept, in bytes.
const LONGEST_ANSWER: u64 = 256 << 10;
/// What belongs to an answer besides its body.
const KEPT_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CACHE_CONTROL];

/// Whose requests or answers hold a password, a token or a link.
const SECRET: [&str; 5] = [
    "/api/v1/auth/login",
    "/api/v1/auth/logout",
    "/api/v1/auth/tokens",
    "/api/v1/share-links",
    "/api/v1/users",
];

/// Who takes files, which are longer than other bodies.
const FILES: [&str; 2] = ["/api/v1/export/restore", "/api/v1/portfolios/{portfolio}/imports"];

/// Whether requests to that address may bear a key.
pub(in crate::web) fn takes_a_key(path: &str, method: &Method) -> bool {
    *method == Method::POST && path.starts_with("/api/v1/") && !SECRET.contains(&path)
}

/// Carries a request out unless it was before.
pub(in crate::web) async fn pass(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_ours = *request.method() == Method::POST && request.match_info().as_str().starts_with("/api/v1/");
    let caller = request.extensions().get::<Caller>().cloned();
    let (Some(given), Some(caller), true) = (request.headers().get(HEADER).cloned(), caller, is_ours) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let key = match checked(&request, &given) {
        Ok(key) => key,
        Err(problem) => return Ok(request.into_response(problem.error_response())),
    };
    let body = match whole_body(&mut request).await {
        Ok(body) => body,
        Err(problem) => return Ok(request.into_response(problem.error_response())),
    };
    let digest = digest(&request, &body);
    request.set_payload(Payload::from(body));
    let sent = caller.tracker.request_sent(&caller.who, key.clone(), digest).await.map_err(Problem::from);
    let answer = match sent {
        Ok(Sent::First) => {
            let (answer, changed) = noting_changes(next.call(request)).await;
            return answered(&caller, key, answer?.map_into_boxed_body(), changed).await;
        }
        Ok(Sent::Answered(answer)) => replayed(&answer),
        Ok(Sent::Another) => Problem::KeyOfAnother.error_response(),
        Ok(Sent::Unanswered) => Problem::BeingCarriedOut.error_response(),
        Err(problem) => problem.error_response(),
    };
    Ok(request.into_response(answer))
}

/// Keeps an answer before it goes out. What failed here may be tried again, unless it changed something before it did:
/// then its answer stays unknown.
async fn answered(
    caller: &Caller,
    key: String,
    answer: ServiceResponse,
    changed: bool,
) -> Result<ServiceResponse, Error> {
    if changed && answer.status().is_server_error() {
        return Ok(answer);
    }
    let is_short =
        matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0..=LONGEST_ANSWER));
    if answer.status().is_server_error() || !is_short {
        let kept = (!answer.status().is_server_error()).then(not_kept);
        caller.tracker.request_answered(&caller.who, key, kept).await.map_err(Problem::from)?;
        return Ok(answer);
    }
    let (request, response) = answer.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(|error| {
        tracing::error!(%error, "answer.not_read");
        Problem::Internal
    })?;
    let text = |name: &HeaderName| {
        let text = response.headers().get(name)?.to_str().ok()?;
        Some((name.to_string(), text.to_owned()))
    };
    let kept = KeptAnswer {
        status: response.status().as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(text).collect(),
        body: body.to_vec(),
    };
    caller.tracker.request_answered(&caller.who, key, Some(kept)).await.map_err(Problem::from)?;
    Ok(ServiceResponse::new(request, response.set_body(body).map_into_boxed_body()))
}

/// In the place of an answer that is too long to be kept.
fn not_kept() -> KeptAnswer {
    KeptAnswer { status: StatusCode::CONFLICT.as_u16(), headers: Vec::new(), body: Vec::new() }
}

fn replayed(kept: &KeptAnswer) -> HttpResponse {
    if *kept == not_kept() {
        return Problem::conflict("That was carried out. Its answer was too long to be kept.".to_owned())
            .error_response();
    }
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((REPLAYED.clone(), "true"));
    for (name, value) in &kept.headers {
        answer.insert_header((name.as_str(), value.as_str()));
    }
    answer.body(kept.body.clone())
}

fn checked(request: &ServiceRequest, given: &HeaderValue) -> Result<String, Problem> {
    let pattern = request.resource_map().match_pattern(request.match_info().as_str()).unwrap_or_default();
    if !takes_a_key(&pattern, request.method()) {
        let words = "leave it out here: what has a secret is not kept";
        return Err(Fault::new(HEADER, words).into());
    }
    match given.to_str() {
        Ok(key)
            if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|sign| sign.is_ascii_graphic()) =>
        {
            Ok(key.to_owned())
        }
        _ => Err(Fault::new(HEADER, format!("give 1 to {LONGEST_KEY} visible characters")).into()),
    }
}

async fn whole_body(request: &mut ServiceRequest) -> Result<Bytes, Problem> {
    let pattern = request.resource_map().match_pattern(request.match_info().as_str()).unwrap_or_default();
    let limit = if FILES.contains(&pattern.as_str()) { MAX_UPLOAD } else { LONGEST_BODY };
    let mut payload = request.take_payload();
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::bad_request(format!("The body broke off: {error}.")))?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Problem::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Of all that says what is asked for.
fn digest(request: &ServiceRequest, body: &[u8]) -> [u8; 32] {
    let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
    let mut digest = Sha256::new();
    for part in [request.method().as_str().as_bytes(), asked.as_bytes(), body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
