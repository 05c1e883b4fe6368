//! What every request goes through on its way in and every answer on its way out, in one pass.

use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::Uri;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::{State, monitoring, same_origin};

/// Nothing but this origin, no inline script, no frames.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of all answers that do not say otherwise.
static HEADERS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// Measures, refuses what another site makes a browser send, finds an address that ends in a slash, and adds the headers.
pub(super) async fn pass<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let begun = Instant::now();
    let state = request.app_data::<web::Data<State>>().cloned();
    let hosts = state.as_ref().map(|state| state.hosts.as_slice()).unwrap_or_default();
    let mut answer = if let Some(refusal) = same_origin::refusal(&request, hosts) {
        request.into_response(refusal).map_into_right_body()
    } else {
        trim(&mut request);
        to_the_end(request, next).await?.map_into_left_body()
    };
    let headers = answer.headers_mut();
    for (name, value) in &HEADERS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    let took = begun.elapsed();
    monitoring::tell(took, headers);
    if let Some(state) = state {
        monitoring::record(&state, &answer, took);
    }
    Ok(answer)
}

/// A request that changes something is carried out to its end, with all that follows from it, even when whoever sent
/// it is gone before.
async fn to_the_end<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if request.method().is_safe() {
        return next.call(request).await;
    }
    let carried_out = actix_web::rt::spawn(async move { next.call(request).await });
    carried_out.await.map_err(ErrorInternalServerError)?
}

/// Takes slashes from the end of the address, and those that follow upon others.
fn trim(request: &mut ServiceRequest) {
    let path = request.path();
    if path.len() < 2 || !(path.ends_with('/') || path.contains("//")) {
        return;
    }
    let mut trimmed = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        trimmed.push('/');
        trimmed.push_str(part);
    }
    if trimmed.is_empty() {
        trimmed.push('/');
    }
    let mut parts = request.uri().clone().into_parts();
    if let Some(query) = request.uri().query() {
        trimmed.push('?');
        trimmed.push_str(query);
    }
    // What was an address before is one without some slashes.
    let Ok(path_and_query) = PathAndQuery::try_from(trimmed) else { return };
    parts.path_and_query = Some(path_and_query);
    let Ok(uri) = Uri::from_parts(parts) else { return };
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
}
