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
use bellwether_texts::Locale;
use bellwether_tracker::{Tracker, View};
use chrono::TimeDelta;

use super::State;
use super::api::conditions::Tag;
use super::caller::Caller;
use super::problem::Problem;

/// While a newer answer is made, one goes out whose labels are right to the minute and whose prices are not much older:
/// whoever comes back after a while waits the few milliseconds.
const LAG: Lag = Lag::UpTo { said: TimeDelta::minutes(1), made: TimeDelta::minutes(5) };

/// Marks readers who asked for newer prices, on whatever process they did: they are not given older ones.
const ASKED: &str = "bellwether-asked";
/// By then what they asked for has come.
const ASKED_FOR: CookieDuration = CookieDuration::minutes(2);

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// In the words of that locale.
    DashboardPage(Locale),
    InitialData,
    HoldingsData,
    ChartData,
    Portfolio,
    PortfolioMetrics,
    SharedPage(Locale),
}

const DASHBOARD_PAGE: &str = "dashboard-page";
const SHARED_PAGE: &str = "shared-page";

impl Kind {
    /// The locale whose words it has; `None` for what programs read.
    fn locale(self) -> Option<Locale> {
        match self {
            Self::DashboardPage(locale) | Self::SharedPage(locale) => Some(locale),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::DashboardPage(_) => DASHBOARD_PAGE,
            Self::InitialData => "initial-data",
            Self::HoldingsData => "holdings-data",
            Self::ChartData => "chart-data",
            Self::Portfolio => "portfolio",
            Self::PortfolioMetrics => "portfolio-metrics",
            Self::SharedPage(_) => SHARED_PAGE,
        }
    }
}

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
    F: Future<Output = Result<Answer, Problem>> + Send + 'static,
{
    let Caller { tracker, .. } = Caller::of(request)?;
    answer_by(state, &tracker, request, portfolio, kind, view, build).await
}

/// The same for a reader who sees what that tracker does.
pub(super) async fn answer_by<F>(
    state: &web::Data<State>,
    tracker: &Tracker,
    request: &HttpRequest,
    portfolio: PortfolioId,
    kind: Kind,
    view: &View,
    build: impl Fn() -> F + Send + Sync + 'static,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<Answer, Problem>> + Send + 'static,
{
    let lag = if wants_the_newest(request) { Lag::None } else { LAG };
    let key = key(portfolio, kind, view);
    let answer = finished(state, tracker, &key, view, lag, build).await?;
    if asks_for_prices(kind.as_str(), view) {
        look(state, tracker, key, (kind, view), &answer);
    }
    Ok(sent(request, &answer).await)
}

/// An answer about something that `about` says all of, beside the view. It is kept like the others, but nobody makes it
/// before it is asked for.
pub(super) async fn answer_about<F>(
    state: &web::Data<State>,
    request: &HttpRequest,
    portfolio: PortfolioId,
    (kind, about): (&'static str, &str),
    view: &View,
    build: impl Fn() -> F + Send + Sync + 'static,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<Answer, Problem>> + Send + 'static,
{
    let Caller { tracker, .. } = Caller::of(request)?;
    let lag = if wants_the_newest(request) { Lag::None } else { LAG };
    // However long it is, its digest is short.
    let detail = format!("{} {}", detail(None, view), Tag::of_bytes(about.as_bytes())).into();
    let key = SnapshotKey { portfolio, kind, detail };
    let answer = finished(state, &tracker, &key, view, lag, build).await?;
    Ok(sent(request, &answer).await)
}

/// A finished answer in the form that the client takes; 304 when the client has it.
pub(super) async fn sent(request: &HttpRequest, answer: &Answer) -> HttpResponse {
    let text = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let known = text(header::IF_NONE_MATCH).is_some_and(|tags| answer.matches(tags));
    let encoding = answer.worthwhile(Encoding::accepted(text(header::ACCEPT_ENCODING).unwrap_or_default()));
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, answer.etag()))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "accept-encoding, accept-language"));
    if known {
        return response.finish();
    }
    if let Some(encoding) = encoding.as_str() {
        response.insert_header((header::CONTENT_ENCODING, encoding));
    }
    response.content_type(answer.content_type()).body(answer.body(encoding).await)
}

/// Whether looking at it has newer prices fetched. What is past has none; and of whoever only has a link nothing is made
/// to happen.
fn asks_for_prices(kind: &str, view: &View) -> bool {
    view.as_of.is_none() && kind != SHARED_PAGE
}

/// Somebody looks at an answer of the present, made now or before.
fn look(state: &State, tracker: &Tracker, key: SnapshotKey, seen: (Kind, &View), answer: &Answer) {
    let portfolio = key.portfolio;
    if state.looks.note(key, seen, answer.validity().changes_at, tracker.clock().now()) {
        let (tracker, view) = (tracker.clone(), seen.1.clone());
        // Nobody waits for what follows from it.
        tokio::spawn(async move {
            if let Err(error) = tracker.look(portfolio, &view).await {
                tracing::debug!(%portfolio, %error, "snapshot.look_not_noted");
            }
        });
    }
}

/// Under what the answer about a view is kept.
pub(super) fn key(portfolio: PortfolioId, kind: Kind, view: &View) -> SnapshotKey {
    SnapshotKey { portfolio, kind: kind.as_str(), detail: detail(kind.locale(), view) }
}

/// The answer under the versions of this moment, or one that is as good within `lag`.
pub(super) async fn finished<F>(
    state: &web::Data<State>,
    tracker: &Tracker,
    key: &SnapshotKey,
    view: &View,
    lag: Lag,
    build: impl Fn() -> F + Send + Sync + 'static,
) -> Result<Arc<Answer>, Problem>
where
    F: Future<Output = Result<Answer, Problem>> + Send + 'static,
{
    let portfolio = key.portfolio;
    // Whose portfolio it is not, to them it is not there, and nothing that was made of it.
    let seen = tracker.versions_beside(portfolio, &view.benchmarks).await?;
    let is_past = view.as_of.is_some_and(|day| day < tracker.today());
    let refreshing = !is_past && tracker.is_refreshing();
    let edition = Edition { entered: seen.versions.entered, prices: seen.versions.prices, refreshing };
    // What cannot be made now may be of any age.
    let lag = if seen.is_current { lag } else { Lag::Any };
    let (tracker, asks) = (tracker.clone(), asks_for_prices(key.kind, view));
    let build = move || {
        let (tracker, building) = (tracker.clone(), build());
        async move {
            if !seen.is_current {
                return Err(Problem::Unavailable);
            }
            // So that what is shown says whether newer prices are on their way.
            if asks {
                tracker.refresh_if_due(portfolio).await?;
            }
            building.await
        }
    };
    let made = state.snapshots.get_or_build(key.clone(), edition, lag, build).await;
    made.map_err(|problem: Arc<Problem>| (*problem).clone())
}

/// The view in a few characters, in whose words it is said.
fn detail(locale: Option<Locale>, view: &View) -> Box<str> {
    let mut detail = String::with_capacity(32);
    // Writing to a String cannot fail.
    let _ = write!(detail, "{}", view.range);
    if let Some(day) = view.as_of {
        let _ = write!(detail, "@{day}");
    }
    for symbol in &view.benchmarks {
        let _ = write!(detail, "+{symbol}");
    }
    if let Some(locale) = locale {
        let _ = write!(detail, "~{}", locale.tag());
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
