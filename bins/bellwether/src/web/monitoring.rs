//! What the process measures of itself: a page for people, JSON for programs, and the text that Prometheus reads.

mod alerts;
mod circuits;
mod event_log;
mod exposition;
mod measures;
mod page;
mod process;
mod recent_counts;
mod requests;
#[cfg(test)]
mod tests;

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpResponse, web};
use bellwether_texts::{Sentence, Value};
use bellwether_tracker::{JobFilter, JobId, JobState, Tracker};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tracing::Level;
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::State;
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::see_other;
use super::problem::Problem;
use super::view::page::{Page, Place};
use circuits::Circuits;
use event_log::LogLine;
use page::{MonitoringPage, Wall};
use process::ProcessMeter;
use recent_counts::RecentCounts;
use requests::Requests;

pub(crate) use event_log::EventLog;
pub(super) use requests::{record, tell};

/// How often counters are noted, for what they rose by lately to be known.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// So many running jobs are shown with how far they came.
const SHOWN_JOBS: usize = 10;

/// The meters of a process that serves.
#[derive(Debug)]
pub(crate) struct Monitoring {
    started_at: DateTime<Utc>,
    pub(super) requests: Requests,
    recent: RecentCounts,
    circuits: Circuits,
    process: ProcessMeter,
    log: EventLog,
}

impl Monitoring {
    pub(super) fn new(tracker: &Tracker, log: EventLog) -> Self {
        log.tell(tracker.bus().clone(), tracker.clock().clone());
        Self {
            started_at: tracker.clock().now(),
            requests: Requests::default(),
            recent: RecentCounts::default(),
            circuits: Circuits::default(),
            process: ProcessMeter::default(),
            log,
        }
    }
}

#[derive(OpenApi)]
#[openapi(paths(programs, log_lines))]
pub(super) struct Operations;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/monitoring", READ).route(reading().to(people)))
        .service(address("/monitoring/jobs/{job}/cancel", "POST").route(web::post().to(cancel)))
        .service(address("/metrics", READ).route(reading().to(prometheus)))
        .service(address("/api/v1/monitoring", READ).route(reading().to(programs)))
        .service(address("/api/v1/monitoring/log", READ).route(reading().to(log_lines)));
}

/// Notes counters and circuits for as long as the process serves.
pub(super) async fn observe(state: web::Data<State>) {
    let bus = state.tracker.bus().clone();
    let noting = async {
        let mut minutes = tokio::time::interval(NOTED_EVERY);
        loop {
            minutes.tick().await;
            measures::note(&state);
        }
    };
    tokio::join!(state.monitoring.circuits.follow(&bus), noting);
}

/// Which lines of the log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct LogQuery {
    /// The least grave of them: `info`, as always, `warn` or `error`.
    #[param(value_type = Option<LevelName>, inline)]
    level: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the words in the documentation")]
enum LevelName {
    Info,
    Warn,
    Error,
}

/// The latest lines of the log.
#[derive(Debug, Serialize, ToSchema)]
struct LogTold {
    items: Vec<LogLine>,
}

impl LogQuery {
    fn level(&self) -> Result<(&'static str, Level), Problem> {
        match self.level.as_deref() {
            None | Some("info") => Ok(("info", Level::INFO)),
            Some("warn") => Ok(("warn", Level::WARN)),
            Some("error") => Ok(("error", Level::ERROR)),
            Some(other) => {
                let words = Sentence::new("refused.asked.level").with("text", Value::quoted(other));
                Err(Problem::bad_request(words))
            }
        }
    }
}

async fn people(
    state: web::Data<State>,
    caller: Caller,
    query: web::Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let (word, level) = query.level()?;
    let measures = measures::read(&state).await;
    // The figures are worth more than the list of portfolios, which a database that is away does not give.
    let portfolios = caller.tracker.portfolios().await.unwrap_or_default();
    let locale = caller.locale;
    let frame = Page::new(&state, locale.text("page.monitoring"), &portfolios, None, Place::Elsewhere)
        .said_in(locale);
    let running = if measures.runs_jobs() {
        let filter = JobFilter { state: Some(JobState::Running), ..JobFilter::default() };
        caller.tracker.jobs(&filter, SHOWN_JOBS).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    let wall = Wall { locale, exchange: caller.tracker.home_exchange(), now: measures.at };
    let lines = state.monitoring.log.lines(level);
    let page = MonitoringPage::new(frame, &measures, &running, word, lines, &wall);
    let body = state.templates.render_in(locale, "monitoring.html", &page)?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(ContentType::html())
        .body(body))
}

/// Calls a job off and shows how things are. One that has ended meanwhile is none of those that run any more.
async fn cancel(caller: Caller, job: web::Path<JobId>) -> Result<HttpResponse, Problem> {
    caller.tracker.cancel_job(*job).await?;
    Ok(see_other("/monitoring"))
}

/// What the process measures of itself.
#[utoipa::path(
    get,
    path = "/api/v1/monitoring",
    responses((status = 200, description = "The measures.", body = Object))
)]
async fn programs(state: web::Data<State>) -> HttpResponse {
    let measures = measures::read(&state).await;
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(measures)
}

/// What the process wrote into its log lately.
#[utoipa::path(
    get,
    path = "/api/v1/monitoring/log",
    params(LogQuery),
    responses((status = 200, description = "The latest lines, the newest first.", body = LogTold))
)]
async fn log_lines(state: web::Data<State>, query: web::Query<LogQuery>) -> Result<HttpResponse, Problem> {
    let (_, level) = query.level()?;
    let items = state.monitoring.log.lines(level);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(LogTold { items }))
}

async fn prometheus(state: web::Data<State>) -> HttpResponse {
    let measures = measures::read(&state).await;
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(exposition::CONTENT_TYPE)
        .body(exposition::of(&measures))
}
