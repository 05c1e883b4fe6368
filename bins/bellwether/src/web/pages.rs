//! Pages for people.

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use bellwether_cache::Answer as Finished;
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_texts::Locale;
use bellwether_tracker::{Tracker, View, no_range};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::schema::{Benchmark, RangeName};
use super::caller::Caller;
use super::filled::Filled;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::problem::Problem;
use super::view::dashboard_page::DashboardPage;
use super::view::page::{Page, Place};
use super::{State, error_page, snapshot};

pub(super) fn dashboards(app: &mut web::ServiceConfig) {
    app.service(address("/dashboard/{portfolio}", READ).route(reading().to(dashboard)));
}

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/portfolio/transactions", READ).route(reading().to(transactions)))
        .service(address("/portfolio/dividends", READ).route(reading().to(dividends)))
        .service(address("/cash-flows", READ).route(reading().to(cash_flows)))
        .service(address("/portfolio/import-csv", READ).route(reading().to(import_somewhere)));
}

/// A failure as a page.
#[derive(Debug)]
pub(super) struct PageProblem(pub(super) Problem);

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

    /// Plain words, which stay where not even the page of a failure can be made.
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

/// A failure, which [`error_page`] makes a page of on its way out.
pub(super) fn failed(problem: Problem) -> HttpResponse {
    HttpResponse::from_error(PageProblem(problem))
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
    error_page::of(&state, &request, &portfolios, &problem)
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
            Some(text) => text.parse().map_err(|error| Problem::bad_request(no_range(&error)))?,
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
        Err(problem) => return Ok(failed(problem)),
    };
    let shared = (state.clone(), caller.tracker.clone());
    let (id, seen, locale) = (id.into_inner(), view.clone(), locale_of(&request));
    let build = move || {
        let ((state, tracker), seen) = (shared.clone(), seen.clone());
        async move { dashboard_body(&state, &tracker, id, &seen, locale).await }
    };
    match snapshot::answer(&state, &request, id, snapshot::Kind::DashboardPage(locale), &view, build).await {
        Ok(answer) => Ok(answer),
        Err(problem) => Ok(failed(problem)),
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
