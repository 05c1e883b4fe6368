//! Background work for programs: what waits, runs and ran, how far it came, and calling it off.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::PortfolioId;
use bellwether_tracker::{Cancellation, Job, JobFilter, JobId, JobState, WantedReport};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::api::answer::fresh;
use super::api::paging;
use super::api::schema::Instant;
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::problem::Problem;

type Answer = Result<HttpResponse, Problem>;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/jobs", READ).route(reading().to(list)))
        .service(
            address("/api/v1/jobs/{job}", "GET, HEAD, DELETE")
                .route(reading().to(one))
                .route(web::delete().to(cancel)),
        )
        .service(address("/api/v1/jobs/{job}/cancel", "POST").route(web::post().to(cancel_by_post)))
        .service(address("/api/v1/jobs/{job}/result", READ).route(reading().to(result)))
        .service(
            address("/api/v1/portfolios/{portfolio}/reports", "POST").route(web::post().to(request_report)),
        )
        .service(
            address("/api/chart-generator-progress/{portfolio}", READ).route(reading().to(chart_progress)),
        );
}

#[derive(OpenApi)]
#[openapi(paths(list, one, cancel, cancel_by_post, result, request_report, chart_progress))]
pub(super) struct Operations;

fn seconds(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1_000.0
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// How far a job came. Nothing is guessed: the rest is told once something was measured.
#[derive(Serialize, ToSchema)]
pub(super) struct Progress {
    current: u32,
    total: u32,
    percent: Option<f64>,
    note: Option<String>,
    remaining_seconds: Option<f64>,
}

fn progress(job: &Job, now: DateTime<Utc>) -> Progress {
    let told = &job.progress;
    let percent =
        (told.total > 0).then(|| 100.0 * f64::from(told.done.min(told.total)) / f64::from(told.total));
    Progress {
        current: told.done,
        total: told.total,
        percent,
        note: told.note.clone(),
        remaining_seconds: job.remaining(now).map(seconds),
    }
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
#[derive(Serialize, ToSchema)]
pub(super) struct JobShown<'a> {
    #[schema(value_type = Uuid)]
    id: JobId,
    kind: &'a str,
    key: &'a str,
    #[schema(value_type = JobStateName)]
    state: JobState,
    #[schema(value_type = i32)]
    priority: serde_json::Value,
    #[schema(value_type = u32)]
    attempts: serde_json::Value,
    #[schema(value_type = u32)]
    max_attempts: serde_json::Value,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Instant)]
    run_at: String,
    #[schema(value_type = Option<Instant>)]
    started_at: Option<String>,
    #[schema(value_type = Option<Instant>)]
    finished_at: Option<String>,
    duration_seconds: Option<f64>,
    worker: Option<&'a str>,
    #[schema(value_type = Option<Instant>)]
    lease_until: Option<String>,
    cancel_requested: bool,
    progress: Progress,
    /// Why it last failed.
    error: Option<&'a str>,
}

/// Where a job stands.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the states in the documentation")]
enum JobStateName {
    Queued,
    Running,
    Succeeded,
    Failed,
    Dead,
    Cancelled,
}

/// As programs see it.
pub(super) fn shown(job: &Job, now: DateTime<Utc>) -> JobShown<'_> {
    JobShown {
        id: job.id,
        kind: &job.kind,
        key: &job.key,
        state: job.state,
        priority: json!(job.priority),
        attempts: json!(job.attempts),
        max_attempts: json!(job.max_attempts),
        created_at: instant(job.created_at),
        run_at: instant(job.run_at),
        started_at: job.started_at.map(instant),
        finished_at: job.finished_at.map(instant),
        duration_seconds: job.duration().map(seconds),
        worker: job.worker.as_deref(),
        lease_until: job.lease_until.map(instant),
        cancel_requested: job.cancel_requested,
        progress: progress(job, now),
        error: words(job),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Of that kind only.
    #[param(pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    kind: Option<String>,
    /// Of that key only.
    #[param(pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    key: Option<String>,
    /// In that state only.
    #[param(value_type = Option<JobStateName>, inline)]
    state: Option<String>,
    /// How many there are to be at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(value_type = Option<Uuid>)]
    cursor: Option<JobId>,
}

/// A page of the list.
#[derive(Serialize, ToSchema)]
struct Jobs<'a> {
    jobs: Vec<JobShown<'a>>,
    /// The `cursor` of the next page.
    #[schema(value_type = Option<Uuid>)]
    next: Option<JobId>,
}

/// Jobs newest first, a page at a time.
#[utoipa::path(
    get,
    path = "/api/v1/jobs",
    params(ListQuery),
    responses((status = 200, description = "A page.", body = Jobs<'static>))
)]
async fn list(caller: Caller, query: web::Query<ListQuery>) -> Answer {
    let asked = query.into_inner();
    if [&asked.kind, &asked.key].into_iter().flatten().any(|text| text.chars().any(char::is_control)) {
        return Err(Problem::bad_request("Kinds and keys of jobs have no control characters.".to_owned()));
    }
    let wanted = asked.state.map(|word| {
        JobState::from_word(&word).ok_or_else(|| {
            Problem::bad_request(format!(
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
    let limit = paging::checked(asked.limit)?;
    let mut jobs = caller.tracker.jobs(&filter, limit + 1).await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let now = caller.tracker.clock().now();
    let next = jobs.last().filter(|_| more).map(|job| job.id);
    Ok(fresh(&Jobs { jobs: jobs.iter().map(|job| shown(job, now)).collect(), next }))
}

fn id_of(text: &str) -> Result<JobId, Problem> {
    text.parse().map_err(|_no_uuid| Problem::NotFound("There is no such job.".to_owned()))
}

/// A job.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{job}",
    params(("job" = Uuid, Path, description = "The job.")),
    responses((status = 200, description = "The job.", body = JobShown<'static>))
)]
async fn one(caller: Caller, id: web::Path<String>) -> Answer {
    let job = caller.tracker.job(id_of(&id)?).await?;
    Ok(fresh(&shown(&job, caller.tracker.clock().now())))
}

#[derive(Serialize, ToSchema)]
struct Cancelled<'a> {
    success: bool,
    /// `cancelled` when it waited, `requested` when it runs.
    #[schema(value_type = String)]
    cancellation: Cancellation,
    job: JobShown<'a>,
}

/// Calls a job off; one that runs ends at its next safe point.
#[utoipa::path(
    delete,
    path = "/api/v1/jobs/{job}",
    params(("job" = Uuid, Path, description = "The job.")),
    responses((status = 202, description = "It ends, or has ended.", body = Cancelled<'static>), (status = 409, description = "It had ended before."))
)]
async fn cancel(caller: Caller, id: web::Path<String>) -> Answer {
    called_off(&caller, &id).await
}

/// Calls a job off; one that runs ends at its next safe point.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{job}/cancel",
    params(("job" = Uuid, Path, description = "The job.")),
    responses((status = 202, description = "It ends, or has ended.", body = Cancelled<'static>), (status = 409, description = "It had ended before."))
)]
async fn cancel_by_post(caller: Caller, id: web::Path<String>) -> Answer {
    called_off(&caller, &id).await
}

async fn called_off(caller: &Caller, id: &str) -> Answer {
    let id = id_of(id)?;
    let answer = caller.tracker.cancel_job(id).await?;
    if answer == Cancellation::AlreadyEnded {
        return Err(Problem::conflict("That job has ended already.".to_owned()));
    }
    let job = caller.tracker.job(id).await?;
    Ok(HttpResponse::Accepted().json(Cancelled {
        success: true,
        cancellation: answer,
        job: shown(&job, caller.tracker.clock().now()),
    }))
}

/// A file's name of signs that mean nothing anywhere: to no header, shell or file system.
fn plain_name(name: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.' | '_');
    let plain: String = name.chars().map(|sign| if is_plain(sign) { sign } else { '-' }).collect();
    let plain = plain.trim_matches(['-', '.']);
    if plain.is_empty() { "result".to_owned() } else { plain.to_owned() }
}

/// The file that a job made.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{job}/result",
    params(("job" = Uuid, Path, description = "The job.")),
    responses((status = 200, description = "The file.", content(("application/json"), ("text/csv"))), (status = 409, description = "It has not ended well yet."))
)]
async fn result(caller: Caller, id: web::Path<String>) -> Answer {
    let file = caller.tracker.job_result(id_of(&id)?).await?;
    let named = header::ContentDisposition::attachment(plain_name(&file.name));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(named)
        .content_type(file.media_type)
        .body(file.content))
}

/// A report that is to be made.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[serde(tag = "report", deny_unknown_fields)]
#[expect(dead_code, reason = "stands for the tracker's type in the documentation")]
enum ReportWanted {
    /// Every lot that was sold in a calendar year, as CSV.
    TaxYear {
        /// Which.
        #[schema(minimum = 1900, maximum = 9999)]
        year: i32,
    },
    /// What came of the portfolio in a period, as JSON.
    Performance {
        /// The day at whose close it begins.
        from: chrono::NaiveDate,
        /// Its last day.
        to: chrono::NaiveDate,
    },
}

/// A job that was begun.
#[derive(Serialize, ToSchema)]
struct ReportBegun {
    success: bool,
    #[schema(value_type = Uuid)]
    job: JobId,
    /// Where the file will be.
    result: String,
    /// Where to see how far it came.
    progress: String,
}

/// Has a report made; tells where to see how far that came, and where the file will be.
#[utoipa::path(
    post,
    path = "/api/v1/portfolios/{portfolio}/reports",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    request_body = ReportWanted,
    responses((status = 202, description = "It is being made.", body = ReportBegun, headers(("Location", description = "Where to see how far it came."))), (status = 409, description = "It cannot be made as things are."))
)]
async fn request_report(caller: Caller, id: web::Path<PortfolioId>, body: web::Bytes) -> Answer {
    let wanted: WantedReport = serde_json::from_slice(&body).map_err(|error| {
        Problem::bad_request(format!(
            "The body is no JSON of a report, such as {{\"report\": \"tax-year\", \"year\": 2025}}: {error}."
        ))
    })?;
    let job = caller.tracker.request_report(*id, wanted).await?;
    let progress = format!("/api/v1/jobs/{job}");
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, progress.clone())).json(ReportBegun {
        success: true,
        job,
        result: format!("{progress}/result"),
        progress,
    }))
}

#[derive(Serialize, ToSchema)]
struct ChartProgress<'a> {
    success: bool,
    #[schema(value_type = Uuid)]
    portfolio_id: PortfolioId,
    /// `idle`, `queued`, `generating`, `completed` or `error`.
    #[schema(value_type = String)]
    status: &'static str,
    #[schema(value_type = Progress)]
    progress: serde_json::Value,
    #[schema(value_type = Option<Uuid>)]
    job: Option<JobId>,
    error: Option<&'a str>,
}

/// How far the building of a portfolio's chart came.
#[utoipa::path(
    get,
    path = "/api/chart-generator-progress/{portfolio}",
    params(("portfolio" = Uuid, Path, description = "The portfolio.")),
    responses((status = 200, description = "So far.", body = ChartProgress<'static>))
)]
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
    Ok(fresh(&ChartProgress {
        success: true,
        portfolio_id: *id,
        status,
        progress: match &job {
            Some(job) => json!(progress(job, now)),
            None => json!({ "current": 0, "total": 0 }),
        },
        job: job.as_ref().map(|job| job.id),
        error: job.as_ref().and_then(words),
    }))
}
