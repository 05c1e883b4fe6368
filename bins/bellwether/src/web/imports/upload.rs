//! Where a file begins its way: chosen and looked at first, or imported at once, large ones by a job.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{ImportFile, ImportReport, ImportTarget, Job, JobId, JobState, TrackerError};
use serde::{Deserialize, Serialize};

use super::{frame, trouble};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::file_form::FileForm;
use crate::web::methods::{address, reading};
use crate::web::pages::{Answer, html, see_other};
use crate::web::view::page::Page;
use crate::web::view::refusal::{Said, cause, kept, said};

/// A file of more lines is imported by a job.
const LINES_ON_A_REQUEST: usize = 500;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/portfolio/{portfolio}/import", "GET, HEAD, POST")
            .route(reading().to(form))
            .route(web::post().to(import)),
    );
}

#[derive(Serialize)]
struct ImportPage {
    page: Page,
    action: String,
    problem: Option<Said>,
    outcome: Option<Outcome>,
    progress: Option<Progress>,
}

#[derive(Serialize)]
struct Outcome {
    words: String,
    notes: Vec<Said>,
    rejected: Vec<RejectedLine>,
    /// How many, in words.
    rejected_words: String,
    dashboard: String,
    history: String,
}

#[derive(Serialize)]
struct RejectedLine {
    line: usize,
    column: String,
    reason: Said,
}

/// How far a job came.
#[derive(Serialize)]
struct Progress {
    done: u32,
    total: u32,
    words: String,
}

/// What became of a file, in a sentence.
fn sentence(report: &ImportReport, locale: Locale) -> String {
    let imported = Sentence::new("imports.imported")
        .with("count", report.imported)
        .with("portfolio", report.portfolio_name.as_str());
    let known = Sentence::new("imports.known_already").with("count", report.already_there);
    let rejected = Sentence::new("imports.rejected").with("count", report.rejected_rows);
    let mut parts = vec![locale.say(&imported)];
    parts.extend((report.already_there > 0).then(|| locale.say(&known)));
    parts.extend((report.rejected_rows > 0).then(|| locale.say(&rejected)));
    format!("{}.", parts.join(", "))
}

impl Outcome {
    fn of(report: ImportReport, id: PortfolioId, locale: Locale) -> Self {
        let rejected = Sentence::new("imports.rejects").with("count", report.rejected.len());
        let words = sentence(&report, locale);
        Self {
            words,
            notes: report.notes.into_iter().map(|note| kept(locale, note)).collect(),
            rejected_words: locale.say(&rejected),
            rejected: report
                .rejected
                .into_iter()
                .map(|row| RejectedLine {
                    line: row.line,
                    column: row.column.unwrap_or_default(),
                    reason: kept(locale, row.reason),
                })
                .collect(),
            dashboard: format!("/dashboard/{id}"),
            history: format!("/portfolio/{id}/imports"),
        }
    }
}

/// What is told on the page of the form.
#[derive(Default)]
struct Told {
    problem: Option<Said>,
    outcome: Option<Outcome>,
    progress: Option<Progress>,
}

async fn page(state: &State, caller: &Caller, id: PortfolioId, told: Told) -> Answer {
    let page = frame(state, caller, id, "page.import").await?;
    let refused = told.problem.is_some();
    let Told { problem, outcome, progress } = told;
    let page = ImportPage { page, action: format!("/portfolio/{id}/import"), problem, outcome, progress };
    let mut answer = html(state.templates.render_in(caller.locale, "import.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

#[derive(Deserialize)]
struct ImportQuery {
    job: Option<JobId>,
}

async fn form(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<ImportQuery>,
) -> Answer {
    let Some(job) = query.job else { return page(&state, &caller, *id, Told::default()).await };
    match caller.tracker.job(job).await {
        Ok(job) => of_job(&state, &caller, *id, job).await,
        Err(TrackerError::NotFound(_)) => page(&state, &caller, *id, Told::default()).await,
        Err(error) => Err(error.into()),
    }
}

/// What became of a file that a job imports, or how far that came; then the page asks again by itself.
async fn of_job(state: &State, caller: &Caller, id: PortfolioId, job: Job) -> Answer {
    let locale = caller.locale;
    if !job.state.is_ended() {
        let (done, total) = (job.progress.done, job.progress.total.max(1));
        let words = Sentence::new("imports.in_background")
            .with("done", locale.count(done.into()))
            .with("total", locale.count(total.into()))
            .with("percent", (100 * u64::from(done) / u64::from(total)).to_string());
        let key = if job.progress.note.is_some() { None } else { Some("imports.waits") };
        let words = key.map_or_else(|| locale.say(&words), |key| locale.text(key));
        let told = Told { progress: Some(Progress { done, total, words }), ..Told::default() };
        let mut answer = page(state, caller, id, told).await?;
        answer.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("1"));
        return Ok(answer);
    }
    if job.state == JobState::Succeeded
        && let Ok(file) = caller.tracker.job_result(job.id).await
        && let Ok(report) = serde_json::from_slice(&file.content)
    {
        let told = Told { outcome: Some(Outcome::of(report, id, locale)), ..Told::default() };
        return page(state, caller, id, told).await;
    }
    let sentence = match job.state {
        JobState::Succeeded => Sentence::new("imports.was_imported"),
        JobState::Cancelled => Sentence::new("imports.called_off"),
        _ => Sentence::new("imports.failed").with("cause", cause(job.error.unwrap_or_default())),
    };
    let problem = Some(said(locale, &sentence));
    page(state, caller, id, Told { problem, ..Told::default() }).await
}

async fn import(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    (request, payload): (HttpRequest, web::Payload),
) -> Answer {
    let form = FileForm::read(&request, payload).await?;
    // Whatever it says: to have it imported by a job, however small the file.
    let wants_job = form.text("background").is_some();
    let name = form.file_name.unwrap_or_else(|| "upload.csv".to_owned());
    let file = ImportFile { name, bytes: form.bytes, currency: None };
    let is_large = file.bytes.split(|byte| *byte == b'\n').nth(LINES_ON_A_REQUEST).is_some();
    if wants_job || is_large {
        let job = caller.tracker.request_import(*id, file).await?;
        return Ok(see_other(&format!("/portfolio/{id}/import?job={job}")));
    }
    let told = match caller.tracker.import(ImportTarget::Portfolio(*id), file, false).await {
        Ok(report) => Told { outcome: Some(Outcome::of(report, *id, caller.locale)), ..Told::default() },
        Err(error @ TrackerError::File(_)) => {
            Told { problem: trouble(&error, caller.locale), ..Told::default() }
        }
        Err(error) => return Err(error.into()),
    };
    page(&state, &caller, *id, told).await
}
