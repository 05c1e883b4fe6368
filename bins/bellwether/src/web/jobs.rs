//! Background work for programs: what waits, runs and ran, how far it came, and calling it off.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::PortfolioId;
use bellwether_tracker::{Cancellation, Job, JobFilter, JobId, JobState, WantedReport};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::problem::Problem;

type Answer = Result<HttpResponse, Problem>;

/// Jobs on a page of the list, unless and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/jobs", READ).route(reading().to(list)))
        .service(
            address("/api/v1/jobs/{job}", "GET, HEAD, DELETE")
                .route(reading().to(one))
                .route(web::delete().to(cancel)),
        )
        .service(address("/api/v1/jobs/{job}/cancel", "POST").route(web::post().to(cancel)))
        .service(address("/api/v1/jobs/{job}/result", READ).route(reading().to(result)))
        .service(
            address("/api/v1/portfolios/{portfolio}/reports", "POST").route(web::post().to(request_report)),
        )
        .service(
            address("/api/chart-generator-progress/{portfolio}", READ).route(reading().to(chart_progress)),
        );
}

fn fresh(body: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

fn seconds(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1_000.0
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// How far a job came. Nothing is guessed: the rest is told once something was measured.
fn progress(job: &Job, now: DateTime<Utc>) -> Value {
    let told = &job.progress;
    let percent =
        (told.total > 0).then(|| 100.0 * f64::from(told.done.min(told.total)) / f64::from(told.total));
    json!({
        "current": told.done,
        "total": told.total,
        "percent": percent,
        "note": told.note,
        "remaining_seconds": job.remaining(now).map(seconds),
    })
}

/// Why it last failed, in words that may leave the house.
fn words(job: &Job) -> Option<&str> {
    let error = job.error.as_deref()?;
    Some(if error.starts_with("the handler panicked") {
        "a fault in the program broke it off"
    } else {
        error
    })
}

/// A job as programs see it. The payload stays inside.
pub(super) fn shown(job: &Job, now: DateTime<Utc>) -> Value {
    json!({
        "id": job.id,
        "kind": job.kind,
        "key": job.key,
        "state": job.state,
        "priority": job.priority,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "created_at": instant(job.created_at),
        "run_at": instant(job.run_at),
        "started_at": job.started_at.map(instant),
        "finished_at": job.finished_at.map(instant),
        "duration_seconds": job.duration().map(seconds),
        "worker": job.worker,
        "lease_until": job.lease_until.map(instant),
        "cancel_requested": job.cancel_requested,
        "progress": progress(job, now),
        "error": words(job),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    kind: Option<String>,
    key: Option<String>,
    state: Option<String>,
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<JobId>,
}

/// Jobs newest first, a page at a time.
async fn list(caller: Caller, query: web::Query<ListQuery>) -> Answer {
    let asked = query.into_inner();
    if [&asked.kind, &asked.key].into_iter().flatten().any(|text| text.chars().any(char::is_control)) {
        return Err(Problem::BadRequest("Kinds and keys of jobs have no control characters.".to_owned()));
    }
    let wanted = asked.state.map(|word| {
        JobState::from_word(&word).ok_or_else(|| {
            Problem::BadRequest(format!(
                "{word:?} is no state of a job: use queued, running, succeeded, failed, dead or cancelled."
            ))
        })
    });
    let filter = JobFilter {
        kind: asked.kind,
        key: asked.key,
        state: wanted.transpose()?,
        before: asked.cursor,
        created_until: None,
    };
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let mut jobs = caller.tracker.jobs(&filter, limit + 1).await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let now = caller.tracker.clock().now();
    let next = jobs.last().filter(|_| more).map(|job| job.id);
    let jobs: Vec<Value> = jobs.iter().map(|job| shown(job, now)).collect();
    Ok(fresh(&json!({ "jobs": jobs, "next": next })))
}

fn id_of(text: &str) -> Result<JobId, Problem> {
    text.parse().map_err(|_no_uuid| Problem::NotFound("There is no such job.".to_owned()))
}

async fn one(caller: Caller, id: web::Path<String>) -> Answer {
    let job = caller.tracker.job(id_of(&id)?).await?;
    Ok(fresh(&shown(&job, caller.tracker.clock().now())))
}

/// Calls a job off; one that runs ends at its next safe point.
async fn cancel(caller: Caller, id: web::Path<String>) -> Answer {
    let id = id_of(&id)?;
    let answer = caller.tracker.cancel_job(id).await?;
    if answer == Cancellation::AlreadyEnded {
        return Err(Problem::Conflict("That job has ended already.".to_owned()));
    }
    let job = caller.tracker.job(id).await?;
    Ok(HttpResponse::Accepted().json(json!({
        "success": true,
        "cancellation": answer,
        "job": shown(&job, caller.tracker.clock().now()),
    })))
}

/// The file that a job made.
async fn result(caller: Caller, id: web::Path<String>) -> Answer {
    let file = caller.tracker.job_result(id_of(&id)?).await?;
    let named = header::ContentDisposition::attachment(file.name);
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(named)
        .content_type(file.media_type)
        .body(file.content))
}

/// Has a report made; tells where to see how far that came, and where the file will be.
async fn request_report(caller: Caller, id: web::Path<PortfolioId>, body: web::Bytes) -> Answer {
    let wanted: WantedReport = serde_json::from_slice(&body).map_err(|error| {
        Problem::BadRequest(format!(
            "The body is no JSON of a report, such as {{\"report\": \"tax-year\", \"year\": 2025}}: {error}."
        ))
    })?;
    let job = caller.tracker.request_report(*id, wanted).await?;
    let progress = format!("/api/v1/jobs/{job}");
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, progress.clone())).json(json!({
        "success": true,
        "job": job,
        "result": format!("{progress}/result"),
        "progress": progress,
    })))
}

/// How far the building of a portfolio's chart came.
async fn chart_progress(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    caller.tracker.portfolio(*id).await?;
    let job = caller.tracker.chart_job(*id).await?;
    let status = match job.as_ref().map(|job| job.state) {
        None | Some(JobState::Cancelled) => "idle",
        Some(JobState::Queued) => "queued",
        Some(JobState::Running) => "generating",
        Some(JobState::Succeeded) => "completed",
        Some(JobState::Failed | JobState::Dead) => "error",
    };
    let now = caller.tracker.clock().now();
    Ok(fresh(&json!({
        "success": true,
        "portfolio_id": *id,
        "status": status,
        "progress": job.as_ref().map_or_else(|| json!({ "current": 0, "total": 0 }), |job| progress(job, now)),
        "job": job.as_ref().map(|job| job.id),
        "error": job.as_ref().and_then(words),
    })))
}
