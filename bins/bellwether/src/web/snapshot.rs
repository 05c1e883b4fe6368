//! Finished answers: made once per portfolio, view and versions, then only sent.

use std::future::Future;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use bellwether_cache::{Answer, Encoding};
use bellwether_domain::PortfolioId;
use bellwether_tracker::{Versions, View};

use super::State;
use super::problem::Problem;

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    DashboardPage,
    InitialData,
    HoldingsData,
    ChartData,
}

/// Everything that an answer depends on. Ages of prices are told to the minute, so the minute is part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SnapshotKey {
    portfolio: PortfolioId,
    kind: Kind,
    view: View,
    versions: Versions,
    refreshing: bool,
    minute: i64,
}

/// The answer under these versions, building it when it is not there; 304 when the client has it.
pub(super) async fn answer<F>(
    state: &State,
    request: &HttpRequest,
    portfolio: PortfolioId,
    kind: Kind,
    view: &View,
    build: impl FnOnce() -> F,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<(Vec<u8>, &'static str), Problem>>,
{
    let tracker = &state.tracker;
    let versions = tracker.versions(portfolio).await?;
    let minute = tracker.clock().now().timestamp() / 60;
    let refreshing = tracker.is_refreshing();
    let key = SnapshotKey { portfolio, kind, view: view.clone(), versions, refreshing, minute };
    let made = state
        .snapshots
        .get_or_build(key, async {
            // Whoever first looks at a minute's figures also sees whether newer prices are due.
            if view.as_of.is_none() {
                tracker.refresh_if_due(portfolio).await?;
            }
            let (body, content_type) = build().await?;
            Ok(Answer::new(content_type, body))
        })
        .await;
    let answer = made.map_err(|problem: std::sync::Arc<Problem>| (*problem).clone())?;

    let text = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let known = text(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == answer.etag()));
    let encoding = answer.worthwhile(Encoding::accepted(text(header::ACCEPT_ENCODING).unwrap_or_default()));
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, answer.etag()))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "accept-encoding"));
    if known {
        return Ok(response.finish());
    }
    if let Some(encoding) = encoding.as_str() {
        response.insert_header((header::CONTENT_ENCODING, encoding));
    }
    Ok(response.content_type(answer.content_type()).body(answer.body(encoding).await))
}
