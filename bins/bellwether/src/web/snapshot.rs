//! Finished answers: made once per portfolio, view and versions, then only sent.

use std::fmt::Write as _;
use std::future::Future;
use std::sync::Arc;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::{Answer, Edition, Encoding, Lag, SnapshotKey};
use bellwether_domain::PortfolioId;
use bellwether_tracker::View;
use chrono::TimeDelta;

use super::State;
use super::problem::Problem;

/// An answer with older prices or ages goes out while a newer one is made, but none that is older than this: whoever
/// comes back after a while waits the few milliseconds.
const LONGEST_LAG: TimeDelta = TimeDelta::minutes(5);

/// Marks readers who asked for newer prices, on whatever process they did: they are not given older ones.
const ASKED: &str = "bellwether-asked";
/// By then what they asked for has come.
const ASKED_FOR: CookieDuration = CookieDuration::minutes(2);

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    DashboardPage,
    InitialData,
    HoldingsData,
    ChartData,
    Portfolio,
    PortfolioMetrics,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::DashboardPage => "dashboard-page",
            Self::InitialData => "initial-data",
            Self::HoldingsData => "holdings-data",
            Self::ChartData => "chart-data",
            Self::Portfolio => "portfolio",
            Self::PortfolioMetrics => "portfolio-metrics",
        }
    }
}

/// What is to be answered, and its type.
pub(super) type Body = (Vec<u8>, &'static str);

/// A request's answer as it is now, or as it was a moment ago while a newer one is made; 304 when the client has it.
pub(super) async fn answer<F>(
    state: &web::Data<State>,
    request: &HttpRequest,
    portfolio: PortfolioId,
    kind: Kind,
    view: &View,
    build: impl Fn() -> F + Send + Sync + 'static,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<Body, Problem>> + Send + 'static,
{
    let lag = if wants_the_newest(request) { Lag::None } else { Lag::UpTo(LONGEST_LAG) };
    let answer = finished(state, portfolio, kind, view, lag, build).await?;
    state.looks.note(portfolio, state.tracker.clock().now());

    let text = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let known = text(header::IF_NONE_MATCH).is_some_and(|tags| answer.matches(tags));
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

/// The answer under the versions of this moment, or one that is as good within `lag`.
pub(super) async fn finished<F>(
    state: &web::Data<State>,
    portfolio: PortfolioId,
    kind: Kind,
    view: &View,
    lag: Lag,
    build: impl Fn() -> F + Send + Sync + 'static,
) -> Result<Arc<Answer>, Problem>
where
    F: Future<Output = Result<Body, Problem>> + Send + 'static,
{
    let tracker = &state.tracker;
    let seen = tracker.versions_beside(portfolio, &view.benchmarks).await?;
    // Ages of prices are told to the minute; a past day has none.
    let moment = match view.as_of {
        Some(day) if day < tracker.today() => 0,
        _ => tracker.clock().now().timestamp() / 60 * 2 + i64::from(tracker.is_refreshing()),
    };
    let edition = Edition { entered: seen.versions.entered, prices: seen.versions.prices, moment };
    // What cannot be made now may be of any age.
    let lag = if seen.is_current { lag } else { Lag::Any };
    let key = SnapshotKey { portfolio, kind: kind.as_str(), detail: detail(view) };
    let (shared, is_of_now) = (state.clone(), view.as_of.is_none());
    let build = move || {
        let (shared, building) = (shared.clone(), build());
        async move {
            if !seen.is_current {
                return Err(Problem::Unavailable);
            }
            // Whoever first looks at a minute's figures also sees whether newer prices are due.
            if is_of_now {
                shared.tracker.refresh_if_due(portfolio).await?;
            }
            let (body, content_type) = building.await?;
            Ok(Answer::new(content_type, body))
        }
    };
    let made = state.snapshots.get_or_build(key, edition, lag, build).await;
    made.map_err(|problem: Arc<Problem>| (*problem).clone())
}

/// The view in a few characters.
fn detail(view: &View) -> Box<str> {
    let mut detail = String::with_capacity(32);
    // Writing to a String cannot fail.
    let _ = write!(detail, "{}", view.range);
    if let Some(day) = view.as_of {
        let _ = write!(detail, "@{day}");
    }
    for symbol in &view.benchmarks {
        let _ = write!(detail, "+{symbol}");
    }
    detail.into()
}

/// Whether the reader asked for newer prices just now, or for an answer of this moment.
fn wants_the_newest(request: &HttpRequest) -> bool {
    let directives = request.headers().get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    directives.is_some_and(|directives| directives.contains("no-cache")) || request.cookie(ASKED).is_some()
}

/// The mark for a reader who asks for newer prices.
pub(super) fn asked() -> Cookie<'static> {
    Cookie::build(ASKED, "1")
        .path("/")
        .max_age(ASKED_FOR)
        .same_site(SameSite::Strict)
        .http_only(true)
        .finish()
}
