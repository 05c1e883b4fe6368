//! Pages for people.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::MultipartFormConfig;
use actix_multipart::form::bytes::Bytes as UploadedFile;
use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use bellwether_domain::{CostMethod, Currency, Portfolio, PortfolioId, Symbol};
use bellwether_tracker::{ImportFile, ImportReport, ImportTarget, PortfolioSettings, TrackerError, View};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::view::dashboard_page::DashboardPage;
use super::view::page::{Page, Place};
use super::{MAX_UPLOAD, State, snapshot};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.app_data(MultipartFormConfig::default().total_limit(MAX_UPLOAD).memory_limit(MAX_UPLOAD))
        .route("/", web::get().to(start))
        .route("/dashboard", web::get().to(start))
        .route("/first-run", web::get().to(first_run))
        .service(web::resource("/portfolios").route(web::post().to(create_portfolio)))
        .route("/dashboard/{portfolio}", web::get().to(dashboard))
        .route("/portfolio/import-csv", web::get().to(import_somewhere))
        .route("/portfolio/{portfolio}/import", web::get().to(import_form))
        .route("/portfolio/{portfolio}/import", web::post().to(import));
}

/// A failure as a page.
#[derive(Debug)]
struct PageProblem(Problem);

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
        HttpResponse::build(self.status_code())
            .content_type("text/plain; charset=utf-8")
            .body(self.0.to_string())
    }
}

type Answer = Result<HttpResponse, PageProblem>;

fn html(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type(ContentType::html())
        .body(page)
}

fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

#[derive(Serialize)]
struct ErrorPage {
    page: Page,
    headline: String,
    advice: String,
}

/// The page of a failure; its plain words when not even that can be made.
fn failed(state: &State, portfolios: &[Portfolio], problem: Problem) -> HttpResponse {
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
    if request.path().starts_with("/api/") {
        return problem.error_response();
    }
    let portfolios = state.tracker.portfolios().await.unwrap_or_default();
    failed(&state, &portfolios, problem)
}

/// The first portfolio's dashboard, or how to begin.
async fn start(state: web::Data<State>) -> Answer {
    let portfolios = state.tracker.portfolios().await?;
    match portfolios.first() {
        Some(portfolio) => Ok(see_other(&format!("/dashboard/{}", portfolio.id))),
        None => first_run_page(&state, &portfolios, None, NewPortfolio::default()),
    }
}

#[derive(Serialize)]
struct FirstRunPage {
    page: Page,
    problem: Option<String>,
    typed: NewPortfolio,
}

fn first_run_page(
    state: &State,
    portfolios: &[Portfolio],
    problem: Option<String>,
    typed: NewPortfolio,
) -> Answer {
    let page = Page::new(state, "Begin", portfolios, None, Place::Elsewhere);
    let refused = problem.is_some();
    let body = state.templates.render("first-run.html", &FirstRunPage { page, problem, typed })?;
    let mut answer = html(body);
    if refused {
        *answer.status_mut() = actix_web::http::StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

async fn first_run(state: web::Data<State>) -> Answer {
    let portfolios = state.tracker.portfolios().await?;
    first_run_page(&state, &portfolios, None, NewPortfolio::default())
}

#[derive(Serialize, Deserialize)]
struct NewPortfolio {
    name: String,
    currency: String,
    cost_method: String,
}

impl Default for NewPortfolio {
    fn default() -> Self {
        Self {
            name: String::new(),
            currency: Currency::USD.to_string(),
            cost_method: CostMethod::default().as_str().to_owned(),
        }
    }
}

async fn create_portfolio(state: web::Data<State>, form: web::Form<NewPortfolio>) -> Answer {
    let typed = form.into_inner();
    let settings = || -> Result<PortfolioSettings, String> {
        let base_currency: Currency = typed.currency.parse().map_err(|error| format!("{error}."))?;
        let cost_method: CostMethod = typed.cost_method.parse().map_err(|error| format!("{error}."))?;
        Ok(PortfolioSettings { base_currency, cost_method, ..PortfolioSettings::named(typed.name.trim()) })
    };
    let created = match settings() {
        Ok(settings) => match state.tracker.create_portfolio(settings).await {
            Ok(portfolio) => Ok(portfolio),
            Err(TrackerError::Conflict(words) | TrackerError::Refused(words)) => Err(words),
            Err(error) => return Err(error.into()),
        },
        Err(words) => Err(words),
    };
    match created {
        Ok(portfolio) => Ok(see_other(&format!("/portfolio/{}/import", portfolio.id))),
        Err(words) => {
            let portfolios = state.tracker.portfolios().await?;
            first_run_page(&state, &portfolios, Some(words), typed)
        }
    }
}

/// How a dashboard is to be seen, as its address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ViewQuery {
    pub(super) range: Option<String>,
    pub(super) as_of: Option<NaiveDate>,
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
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    query: web::Query<ViewQuery>,
) -> Answer {
    let view = match query.view() {
        Ok(view) => view,
        Err(problem) => return Ok(failed(&state, &state.tracker.portfolios().await?, problem)),
    };
    let shared = state.clone();
    let (id, seen) = (id.into_inner(), view.clone());
    let build = move || {
        let (shared, seen) = (shared.clone(), seen.clone());
        async move {
            let dashboard = shared.tracker.dashboard(id, &seen).await?;
            let portfolios = shared.tracker.portfolios().await?;
            let state = shared.clone();
            let render = move || {
                let title = dashboard.portfolio.name.clone();
                let page = Page::new(&state, title, &portfolios, Some(id), Place::Dashboard);
                state.templates.render("dashboard.html", &DashboardPage::new(page, &dashboard, &seen))
            };
            let body = shared.tracker.compute(render).await?;
            Ok((body.into_bytes(), "text/html; charset=utf-8"))
        }
    };
    match snapshot::answer(&state, &request, id, snapshot::Kind::DashboardPage, &view, build).await {
        Ok(answer) => Ok(answer),
        // Without the database there are no names of portfolios either.
        Err(problem @ Problem::Unavailable) => Ok(failed(&state, &[], problem)),
        Err(problem) => Ok(failed(&state, &state.tracker.portfolios().await?, problem)),
    }
}

async fn import_somewhere(state: web::Data<State>) -> Answer {
    let portfolios = state.tracker.portfolios().await?;
    let address = match portfolios.first() {
        Some(portfolio) => format!("/portfolio/{}/import", portfolio.id),
        None => "/first-run".to_owned(),
    };
    Ok(see_other(&address))
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
    id: PortfolioId,
    problem: Option<String>,
    outcome: Option<ImportOutcome>,
) -> Answer {
    let portfolios = state.tracker.portfolios().await?;
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

async fn import_form(state: web::Data<State>, id: web::Path<PortfolioId>) -> Answer {
    import_page(&state, *id, None, None).await
}

#[derive(MultipartForm)]
struct Upload {
    file: UploadedFile,
}

async fn import(state: web::Data<State>, id: web::Path<PortfolioId>, form: MultipartForm<Upload>) -> Answer {
    let upload = form.into_inner().file;
    let file = ImportFile {
        name: upload.file_name.unwrap_or_else(|| "upload.csv".to_owned()),
        bytes: upload.data.to_vec(),
        currency: None,
    };
    match state.tracker.import(ImportTarget::Portfolio(*id), file, false).await {
        Ok(report) => import_page(&state, *id, None, Some(ImportOutcome::of(report, *id))).await,
        Err(TrackerError::File(error)) => {
            import_page(
                &state,
                *id,
                Some(format!("The file cannot be used: {error}. Nothing was changed.")),
                None,
            )
            .await
        }
        Err(TrackerError::NotFound(_)) => import_page(&state, *id, None, None).await,
        Err(error) => Err(error.into()),
    }
}
