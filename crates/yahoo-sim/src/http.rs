//! From HTTP to the service and back.

mod control;

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::Clock;
use bytes::Bytes;
use chrono::TimeDelta;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::answer::Answer;
use crate::ask::{Ask, Route};
use crate::connection::Tap;
use crate::limiter::LimiterKey;
use crate::service::{Decision, Service};

/// Bodies below this many bytes are sent as they are.
const COMPRESS_FROM: usize = 1_024;

/// Registers the control plane and, for everything else, the service.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    control::configure(app);
    app.default_service(web::to(serve));
}

/// Tells the service when a request is over, also when its client has left.
struct InFlight {
    service: Arc<Service>,
    route: Route,
    admitted: Option<LimiterKey>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.service.finish(self.route, self.admitted.as_ref());
    }
}

async fn serve(request: HttpRequest, body: Bytes, service: web::Data<Service>) -> HttpResponse {
    let began = Instant::now();
    let service = service.into_inner();
    let ask = Ask::of(&request);
    service.ledger.begin(ask.route);
    let mut in_flight = InFlight { service: service.clone(), route: ask.route, admitted: None };
    let mut decision = service.decide(&ask, &String::from_utf8_lossy(&body));
    in_flight.admitted = decision.admitted.take();
    if !decision.latency.is_zero() && !decision.virtual_latency {
        tokio::time::sleep(decision.latency).await;
    }
    service.record(&ask, &decision, began);
    let Decision { answer: Some(answer), date_skew, harm, .. } = decision else {
        // Held until the client gives up or the simulator stops.
        return std::future::pending().await;
    };
    let body = encoded(&ask, &answer);
    if let (Some(harm), Some(tap)) = (harm, request.conn_data::<Tap>()) {
        let bytes = body.as_ref().map_or(answer.body.len(), Vec::len);
        tap.arrange(harm.to_body_of(bytes));
    }
    respond(&service, answer, body, date_skew)
}

/// The body as gzip, where the client takes it and it is worth it.
fn encoded(ask: &Ask, answer: &Answer) -> Option<Vec<u8>> {
    let is_encoded = answer.headers.iter().any(|(name, _)| name == header::CONTENT_ENCODING.as_str());
    (ask.accepts_gzip && !is_encoded && answer.body.len() >= COMPRESS_FROM).then(|| gzip(&answer.body))
}

fn respond(service: &Service, answer: Answer, encoded: Option<Vec<u8>>, date_skew: i64) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    let date = service.clock.now() + TimeDelta::try_seconds(date_skew).unwrap_or_default();
    response.insert_header((header::SERVER, "ATS"));
    response.insert_header((header::DATE, date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    response.insert_header((header::CONTENT_TYPE, answer.content_type));
    if let Some(cache) = answer.cache_control {
        response.insert_header((header::CACHE_CONTROL, cache));
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.append_header((name, value));
        }
    }
    match encoded {
        None => response.body(answer.body),
        Some(body) => {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
            response.insert_header((header::VARY, "Origin,Accept-Encoding"));
            response.body(body)
        }
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::fast());
    // Writing to memory cannot fail.
    let _ = std::io::Write::write_all(&mut encoder, body);
    encoder.finish().unwrap_or_default()
}
