//! What every request goes through on its way in and every answer on its way out, in one pass.

use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Uri;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CROSS_ORIGIN_EMBEDDER_POLICY, CROSS_ORIGIN_OPENER_POLICY,
    CROSS_ORIGIN_RESOURCE_POLICY, HeaderName, HeaderValue, PERMISSIONS_POLICY, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use futures::FutureExt;

use super::access::Proxies;
use super::assets::AssetNames;
use super::problem::Problem;
use super::{State, monitoring, same_origin};

/// Nothing but this origin, no inline script but the one of every page, no frames.
fn content_policy() -> HeaderValue {
    let assets = AssetNames::embedded();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'sha256-{}'; style-src 'self'; img-src 'self' data:; \
        connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        assets.look_digest()
    );
    HeaderValue::try_from(policy).expect("a digest is of letters and figures")
}

/// What no page here uses, so that no page can be made to.
const FEATURES: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(), \
    display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
    idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
    publickey-credentials-get=(), screen-wake-lock=(), serial=(), sync-xhr=(), usb=(), web-share=(), \
    xr-spatial-tracking=()";

/// Headers of all answers that do not say otherwise.
static HEADERS: LazyLock<[(HeaderName, HeaderValue); 10]> = LazyLock::new(|| {
    [
        (CONTENT_SECURITY_POLICY, content_policy()),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
        (CROSS_ORIGIN_EMBEDDER_POLICY, HeaderValue::from_static("require-corp")),
        (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
        (PERMISSIONS_POLICY, HeaderValue::from_static(FEATURES)),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
        // Figures and errors are nobody else's; what may be kept says so itself.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
});

/// Of answers by https. Other hosts below this one's name are not ours to speak for.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Measures, refuses what another site makes a browser send, finds an address that ends in a slash, and adds the headers.
pub(super) async fn pass<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let begun = Instant::now();
    let state = request.app_data::<web::Data<State>>().cloned();
    let hosts = state.as_ref().map(|state| state.hosts.as_slice()).unwrap_or_default();
    let entry = state.as_ref().map(|state| &state.entry);
    let is_secure = entry.is_some_and(|entry| entry.is_secure_for(request.request()));
    let refusal = match entry {
        Some(entry) => same_origin::refusal(&request, hosts, &entry.proxies),
        None => same_origin::refusal(&request, hosts, &Proxies::default()),
    };
    let mut answer = if let Some(refusal) = refusal {
        request.into_response(refusal).map_into_right_body()
    } else {
        trim(&mut request);
        to_the_end(request, next).await?.map_into_left_body()
    };
    let headers = answer.headers_mut();
    for (name, value) in &*HEADERS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    if is_secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    let took = begun.elapsed();
    monitoring::tell(took, headers);
    if let Some(state) = state {
        monitoring::record(&state, &answer, took);
    }
    Ok(answer)
}

/// A request that changes something is carried out to its end, with all that follows from it, even when whoever sent
/// it is gone before. A handler that panics is a fault of ours, which is answered as such.
async fn to_the_end<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_safe = request.method().is_safe();
    // Nothing of the request is looked at again after a panic.
    let answered = AssertUnwindSafe(async move { next.call(request).await }).catch_unwind();
    let answered = if is_safe { Ok(answered.await) } else { actix_web::rt::spawn(answered).await };
    match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(broken_off("it panicked")),
        Err(error) => Err(broken_off(&error.to_string())),
    }
}

/// What is answered to a request that came to no end. Why is for the log.
fn broken_off(why: &str) -> Error {
    tracing::error!(why, "request.broken_off");
    let mut answer = Problem::Internal.error_response();
    for (name, value) in &*HEADERS {
        answer.headers_mut().insert(name.clone(), value.clone());
    }
    InternalError::from_response(Problem::Internal, answer).into()
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
