//! A portfolio and its metrics under `/api/v1`; the first one where none is named.

use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_tracker::View;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::schema::{Benchmark, RangeName};
use super::told::{MetricsTold, WholePortfolio};
use super::{Answer, dashboard_json, with_known_benchmarks};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::pages::ViewQuery;
use crate::web::problem::Problem;
use crate::web::snapshot::Kind;

/// The portfolio that is named, or the first.
pub(super) async fn chosen(caller: &Caller, named: Option<PortfolioId>) -> Result<PortfolioId, Problem> {
    if let Some(id) = named {
        return Ok(id);
    }
    let portfolios = caller.tracker.portfolios().await?;
    let first = portfolios.first().map(|portfolio| portfolio.id);
    first.ok_or_else(|| Problem::NotFound("There is no portfolio yet.".to_owned()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PortfolioQuery {
    /// The first one where none is named.
    #[param(value_type = Option<Uuid>)]
    portfolio: Option<PortfolioId>,
    /// How far back the figures of a range reach.
    #[param(value_type = Option<RangeName>, inline)]
    range: Option<String>,
    /// As it was on that day.
    as_of: Option<NaiveDate>,
    /// What to compare with.
    #[param(value_type = Option<Benchmark>, inline)]
    benchmark: Option<Symbol>,
}

impl PortfolioQuery {
    fn view(self) -> Result<View, Problem> {
        ViewQuery { range: self.range, as_of: self.as_of, benchmark: self.benchmark }.view()
    }
}

/// What is held and what it is worth.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio",
    params(PortfolioQuery),
    responses((status = 200, description = "The portfolio.", body = WholePortfolio), (status = 304, description = "You have it."), (status = 404, description = "There is none."))
)]
pub(super) async fn portfolio(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    query: web::Query<PortfolioQuery>,
) -> Answer {
    let query = query.into_inner();
    let id = chosen(&caller, query.portfolio).await?;
    let view = with_known_benchmarks(&query.view()?);
    dashboard_json(state, request, id, Kind::Portfolio, view).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricsQuery {
    /// The first one where none is named.
    #[param(value_type = Option<Uuid>)]
    portfolio: Option<PortfolioId>,
    /// As it was on that day.
    as_of: Option<NaiveDate>,
}

/// Rates of return side by side, and risk.
#[utoipa::path(
    get,
    path = "/api/v1/calculations/portfolio-metrics",
    params(MetricsQuery),
    responses((status = 200, description = "The metrics.", body = MetricsTold), (status = 304, description = "You have it."), (status = 400, description = "That is no day until today."), (status = 404, description = "There is no portfolio."))
)]
pub(super) async fn metrics(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    query: web::Query<MetricsQuery>,
) -> Answer {
    let id = chosen(&caller, query.portfolio).await?;
    let view = View { as_of: query.as_of, ..View::default() };
    dashboard_json(state, request, id, Kind::PortfolioMetrics, view).await
}
