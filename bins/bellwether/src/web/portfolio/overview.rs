//! What stands below the dashboard's holdings: months, what moved the portfolio, and what it consists of. A part of a page,
//! which the dashboard brings in when a reader comes near: what is above does not wait for it.

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_tracker::views::{AllocationView, PerformanceShown, Viewed, WantedProposal};
use bellwether_tracker::{Tracker, View};
use serde::Serialize;

use super::allocation::Division;
use super::frame::{Asked, What, for_the_day};
use super::performance::{Contribution, HeatRow, contributions, month_names};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::view::page::Place;
use crate::web::view::reader::Reader;

/// So many years of months, the newest first.
const YEARS: usize = 4;
/// So many of what moved the portfolio most.
const MOVERS: usize = 7;

pub(super) async fn part(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    Filled(query): Filled<ViewQuery>,
) -> Answer {
    let what = What::new("overview.html", Place::Dashboard, "overview");
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        let allocation = tracker.allocation_shown(id, &view, WantedProposal::default()).await?.shown;
        let performance = tracker.performance_shown(id, &view).await?;
        Ok(for_the_day(performance.map(|shown| (shown, allocation))))
    };
    let tell = |viewed: Viewed<(PerformanceShown, AllocationView)>, reader: &Reader| {
        let (performance, allocation) = &viewed.shown;
        Overview::new(performance, allocation, reader)
    };
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct Overview {
    month_names: Vec<String>,
    years: Vec<HeatRow>,
    movers: Vec<Contribution>,
    divisions: Vec<Division>,
    performance_address: String,
    allocation_address: String,
}

impl Overview {
    fn new(performance: &PerformanceShown, allocation: &AllocationView, reader: &Reader) -> Self {
        Self {
            month_names: month_names(reader.locale),
            years: performance
                .years
                .iter()
                .rev()
                .take(YEARS)
                .map(|year| HeatRow::new(year, reader))
                .collect(),
            movers: movers(performance, reader),
            divisions: allocation
                .divisions
                .iter()
                .filter(|division| division.by != "holdings")
                .map(|division| Division::new(division, reader))
                .collect(),
            performance_address: reader.within("performance"),
            allocation_address: reader.within("allocation"),
        }
    }
}

/// What moved the portfolio most in the range, up or down, on one scale; the largest gain first.
fn movers(performance: &PerformanceShown, reader: &Reader) -> Vec<Contribution> {
    let mut largest = performance.contributions.clone();
    let moved = |gain: Option<f64>| gain.map_or(0.0, f64::abs);
    largest.retain(|of| moved(of.gain.number()) > 0.0);
    largest.sort_by(|one, other| moved(other.gain.number()).total_cmp(&moved(one.gain.number())));
    largest.truncate(MOVERS);
    contributions(&largest, reader)
}
