//! Pages for people.

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use bellwether_cache::Answer as Finished;
use bellwether_domain::{Portfolio, PortfolioId, Symbol};
use bellwether_texts::Locale;
use bellwether_tracker::{
    ImportFile, ImportReport, ImportTarget, JobId, JobState, Tracker, TrackerError, View,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::api::schema::{Benchmark, RangeName};
use super::caller::Caller;
use super::file_form::FileForm;
use super::filled::Filled;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::problem::Problem;
use super::view::dashboard_page::DashboardPage;
use super::view::page::{Page, Place};
use super::{State, snapshot};

/// A file of more lines is imported by a job.
const LINES_ON_A_REQUEST: usize = 500;

pub(super) fn dashboards(app: &mut web::ServiceConfig) {
    app.service(address("/dashboard/{portfolio}", READ).route(reading().to(dashboard)));
}

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/portfolio/transactions", READ).route(reading().to(transactions)))
        .service(address("/portfolio/dividends", READ).route(reading().to(dividends)))
        .service(address("/cash-flows", READ).route(reading().to(cash_flows)))
        .service(address("/portfolio/import-csv", READ).route(reading().to(import_somewhere)))
        .service(
            address("/portfolio/{portfolio}/import", "GET, HEAD, POST")
                .route(reading().to(import_form))
                .route(web::post().to(import)),
        );
}

/// A failure as a page.
#[derive(Debug)]
pub(super) struct PageProblem(Problem);

impl std::fmt::Display for PageProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Into<Problem>> From<E> for PageProblem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl ResponseError for PageProblem {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.0.status_code()
    }

    /// Plain words; [`failed`] puts them into a page where the state is at hand.
    fn error_response(&self) -> HttpResponse {
        self.0.begin().content_type("text/plain; charset=utf-8").body(self.0.to_string())
    }
}

pub(super) type Answer = Result<HttpResponse, PageProblem>;

pub(super) fn html(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type(ContentType::html())
        .body(page)
}

pub(super) fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

#[derive(Serialize)]
struct ErrorPage {
    page: Page,
    headline: String,
    advice: String,
}

/// The page of a failure; its plain words when not even that can be made.
pub(super) fn failed(state: &State, portfolios: &[Portfolio], problem: Problem) -> HttpResponse {
    let page = ErrorPage {
        page: Page::new(state, problem.headline(), portfolios, None, Place::Elsewhere),
        headline: problem.headline().to_owned(),
        advice: problem.to_string(),
    };
    match state.templates.render("error.html", &page) {
        Ok(body) => problem.begin().content_type(ContentType::html()).body(body),
        Err(_) => PageProblem(problem).error_response(),
    }
}

pub(super) async fn not_found(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    let problem = Problem::NotFound(format!("There is nothing at {}.", request.path()));
    if request.match_info().as_str().starts_with("/api/") {
        return problem.error_response();
    }
    let portfolios = match Caller::of(&request) {
        Ok(caller) => caller.tracker.portfolios().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    failed(&state, &portfolios, problem)
}

/// How a dashboard is to be seen, as its address says.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct ViewQuery {
    /// How far back the chart reaches.
    #[param(value_type = Option<RangeName>, inline)]
    pub(super) range: Option<String>,
    /// As it was on that day.
    pub(super) as_of: Option<NaiveDate>,
    /// What to compare with: a symbol, or that of an index of your own.
    #[param(value_type = Option<Benchmark>, inline)]
    pub(super) benchmark: Option<Symbol>,
}

impl ViewQuery {
    pub(super) fn view(&self) -> Result<View, Problem> {
        let range = match &self.range {
            Some(text) => text.parse().map_err(|error| Problem::BadRequest(format!("{error}.")))?,
            None => bellwether_tracker::Range::default(),
        };
        Ok(View { as_of: self.as_of, range, benchmarks: self.benchmark.iter().cloned().collect() })
    }
}

async fn dashboard(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    Filled(query): Filled<ViewQuery>,
) -> Answer {
    let view = match query.view() {
        Ok(view) => view,
        Err(problem) => return Ok(failed(&state, &caller.tracker.portfolios().await?, problem)),
    };
    let shared = (state.clone(), caller.tracker.clone());
    let (id, seen, locale) = (id.into_inner(), view.clone(), locale_of(&request));
    let build = move || {
        let ((state, tracker), seen) = (shared.clone(), seen.clone());
        async move { dashboard_body(&state, &tracker, id, &seen, locale).await }
    };
    match snapshot::answer(&state, &request, id, snapshot::Kind::DashboardPage(locale), &view, build).await {
        Ok(answer) => Ok(answer),
        // Without the database there are no names of portfolios either.
        Err(problem @ Problem::Unavailable) => Ok(failed(&state, &[], problem)),
        Err(problem) => Ok(failed(&state, &caller.tracker.portfolios().await?, problem)),
    }
}

/// A dashboard as a page.
pub(super) async fn dashboard_body(
    state: &web::Data<State>,
    tracker: &Tracker,
    id: PortfolioId,
    view: &View,
    locale: Locale,
) -> Result<Finished, Problem> {
    let dashboard = tracker.dashboard(id, view).await?;
    let portfolios = tracker.portfolios().await?;
    let (shared, view, validity) = (state.clone(), view.clone(), dashboard.words_validity());
    let render = move || {
        let title = dashboard.portfolio.name.clone();
        let page = Page::new(&shared, title, &portfolios, Some(id), Place::Dashboard).said_in(locale);
        let page = DashboardPage::new(locale, page, &dashboard, &view);
        shared.templates.render_in(locale, "dashboard.html", &page)
    };
    let body = tracker.compute(render).await?;
    Ok(Finished::new("text/html; charset=utf-8", body.into_bytes()).valid(validity))
}

/// A page of the first portfolio.
async fn of_the_first(caller: &Caller, place: &str) -> Answer {
    let portfolios = caller.tracker.portfolios().await?;
    let first = portfolios.first().map(|portfolio| format!("/portfolio/{}/{place}", portfolio.id));
    Ok(see_other(first.as_deref().unwrap_or("/first-run")))
}

async fn transactions(caller: Caller) -> Answer {
    of_the_first(&caller, "transactions").await
}

async fn cash_flows(caller: Caller) -> Answer {
    of_the_first(&caller, "cash-flows?range=Max").await
}

async fn dividends(caller: Caller) -> Answer {
    of_the_first(&caller, "income").await
}

async fn import_somewhere(caller: Caller) -> Answer {
    of_the_first(&caller, "import").await
}

#[derive(Serialize)]
struct ImportPage {
    page: Page,
    action: String,
    problem: Option<String>,
    outcome: Option<ImportOutcome>,
}

#[derive(Serialize)]
struct ImportOutcome {
    words: String,
    notes: Vec<String>,
    rejected: Vec<RejectedLine>,
    dashboard: String,
}

#[derive(Serialize)]
struct RejectedLine {
    line: usize,
    column: String,
    reason: String,
}

impl ImportOutcome {
    fn of(report: ImportReport, id: PortfolioId) -> Self {
        Self {
            words: report.sentence(false),
            notes: report.notes,
            rejected: report
                .rejected
                .into_iter()
                .map(|row| RejectedLine {
                    line: row.line,
                    column: row.column.unwrap_or_default(),
                    reason: row.reason,
                })
                .collect(),
            dashboard: format!("/dashboard/{id}"),
        }
    }
}

async fn import_page(
    state: &State,
    caller: &Caller,
    id: PortfolioId,
    problem: Option<String>,
    outcome: Option<ImportOutcome>,
) -> Answer {
    let portfolios = caller.tracker.portfolios().await?;
    if !portfolios.iter().any(|portfolio| portfolio.id == id) {
        return Ok(failed(state, &portfolios, Problem::NotFound("There is no such portfolio.".to_owned())));
    }
    let refused = problem.is_some();
    let page = Page::new(state, "Import", &portfolios, Some(id), Place::Import);
    let page = ImportPage { page, action: format!("/portfolio/{id}/import"), problem, outcome };
    let mut answer = html(state.templates.render("import.html", &page)?);
    if refused {
        *answer.status_mut() = actix_web::http::StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

#[derive(Deserialize)]
struct ImportQuery {
    job: Option<JobId>,
}

async fn import_form(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<ImportQuery>,
) -> Answer {
    match query.job {
        None => import_page(&state, &caller, *id, None, None).await,
        Some(job) => import_job_page(&state, &caller, *id, job).await,
    }
}

/// What became of a file that a job imports, or how far that came; then the page asks again by itself.
async fn import_job_page(state: &State, caller: &Caller, id: PortfolioId, job: JobId) -> Answer {
    let job = match caller.tracker.job(job).await {
        Ok(job) => job,
        Err(TrackerError::NotFound(_)) => return import_page(state, caller, id, None, None).await,
        Err(error) => return Err(error.into()),
    };
    if !job.state.is_ended() {
        let mut words = "The file is being imported in the background".to_owned();
        if let Some(note) = &job.progress.note {
            words = format!("{words}: {note}, {} %", 100 * job.progress.done / job.progress.total.max(1));
        }
        let notes = vec!["All of it will be in the ledger, or nothing.".to_owned()];
        let so_far = ImportOutcome {
            words: format!("{words}."),
            notes,
            rejected: Vec::new(),
            dashboard: format!("/dashboard/{id}"),
        };
        let mut answer = import_page(state, caller, id, None, Some(so_far)).await?;
        answer.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("1"));
        return Ok(answer);
    }
    if job.state == JobState::Succeeded
        && let Ok(file) = caller.tracker.job_result(job.id).await
        && let Ok(report) = serde_json::from_slice(&file.content)
    {
        return import_page(state, caller, id, None, Some(ImportOutcome::of(report, id))).await;
    }
    let words = match job.state {
        JobState::Succeeded => "The file was imported.".to_owned(),
        JobState::Cancelled => "The import was called off. Nothing was changed.".to_owned(),
        _ => format!("The import failed: {}. Nothing was changed.", job.error.unwrap_or_default()),
    };
    import_page(state, caller, id, Some(words), None).await
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
        return match caller.tracker.request_import(*id, file).await {
            Ok(job) => Ok(see_other(&format!("/portfolio/{id}/import?job={job}"))),
            Err(TrackerError::NotFound(_)) => import_page(&state, &caller, *id, None, None).await,
            Err(error) => Err(error.into()),
        };
    }
    match caller.tracker.import(ImportTarget::Portfolio(*id), file, false).await {
        Ok(report) => import_page(&state, &caller, *id, None, Some(ImportOutcome::of(report, *id))).await,
        Err(TrackerError::File(error)) => {
            import_page(
                &state,
                &caller,
                *id,
                Some(format!("The file cannot be used: {error}. Nothing was changed.")),
                None,
            )
            .await
        }
        Err(TrackerError::NotFound(_)) => import_page(&state, &caller, *id, None, None).await,
        Err(error) => Err(error.into()),
    }
}
