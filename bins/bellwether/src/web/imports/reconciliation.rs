//! What a ledger seems to lack, as pages: a file beside the ledger, and splits and dividends to record.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_tracker::{Compared, Proposal, ReconciliationLine};
use serde::Serialize;

use crate::web::State;
use crate::web::caller::Caller;
use crate::web::methods::{address, reading};
use crate::web::pages::{Answer, html, see_other};
use crate::web::problem::Problem;
use crate::web::view::page::Page;

use super::{Fields, answered, frame, in_words, place_of, told};

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/portfolio/{portfolio}/imports/{import}/reconciliation", "GET, HEAD, POST")
            .route(reading().to(reconciliation))
            .route(web::post().to(accept_of_file)),
    )
    .service(
        address("/portfolio/{portfolio}/proposals", "GET, HEAD, POST")
            .app_data(web::FormConfig::default().limit(1 << 20))
            .route(reading().to(proposals))
            .route(web::post().to(accept)),
    );
}

#[derive(Serialize)]
struct ReconciliationPage {
    page: Page,
    action: String,
    back: String,
    lines: Vec<Line>,
    notes: Vec<String>,
    proposals: Vec<ProposalLine>,
}

#[derive(Serialize)]
struct Line {
    what: String,
    account: String,
    day: String,
    stated: String,
    ours: String,
    difference: String,
    explanations: Vec<String>,
}

#[derive(Serialize)]
struct ProposalLine {
    id: String,
    words: String,
    reason: String,
}

impl Line {
    fn of(line: ReconciliationLine) -> Self {
        Self {
            what: match line.of {
                Compared::Shares(symbol) => symbol.to_string(),
                Compared::Cash(currency) => format!("Cash in {currency}"),
            },
            account: line.account,
            day: line.day.to_string(),
            stated: line.stated.to_string(),
            ours: line.ours.to_string(),
            difference: if line.difference.is_zero() {
                "none".to_owned()
            } else {
                line.difference.to_string()
            },
            explanations: line.explanations,
        }
    }
}

impl ProposalLine {
    fn of(proposal: Proposal) -> Self {
        Self { id: proposal.id, words: in_words(&proposal.transaction), reason: proposal.reason }
    }
}

async fn reconciliation(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let answer = reconciliation_page(&state, &caller, portfolio, id).await;
    answered(&state, &caller, answer).await
}

async fn reconciliation_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<HttpResponse, Problem> {
    let page = frame(state, caller, portfolio, "Compare with the file").await?;
    let found = caller.tracker.reconciliation(portfolio, id).await?;
    let back = place_of(portfolio, id);
    let page = ReconciliationPage {
        page,
        action: format!("{back}/reconciliation"),
        back,
        proposals: found.proposals().into_iter().map(ProposalLine::of).collect(),
        lines: found.lines.into_iter().map(Line::of).collect(),
        notes: found.notes,
    };
    Ok(html(state.templates.render("reconciliation.html", &page)?))
}

#[derive(Serialize)]
struct ProposalsPage {
    page: Page,
    action: String,
    proposals: Vec<ProposalLine>,
}

async fn proposals(state: web::Data<State>, caller: Caller, portfolio: web::Path<PortfolioId>) -> Answer {
    let answer = proposals_page(&state, &caller, *portfolio).await;
    answered(&state, &caller, answer).await
}

async fn proposals_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
) -> Result<HttpResponse, Problem> {
    let page = frame(state, caller, portfolio, "Splits and dividends to record").await?;
    let found = caller.tracker.proposals(portfolio).await?;
    let page = ProposalsPage {
        page,
        action: format!("/portfolio/{portfolio}/proposals"),
        proposals: found.into_iter().map(ProposalLine::of).collect(),
    };
    Ok(html(state.templates.render("proposals.html", &page)?))
}

fn wanted(form: &Fields) -> BTreeSet<String> {
    form.iter().filter(|(name, _)| name == "id").map(|(_, id)| id.clone()).collect()
}

async fn accept(
    state: web::Data<State>,
    caller: Caller,
    portfolio: web::Path<PortfolioId>,
    form: Fields,
) -> Answer {
    match caller.tracker.accept_proposals(*portfolio, None, &wanted(&form)).await {
        Ok(_) => Ok(see_other(&format!("/portfolio/{portfolio}/proposals"))),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}

async fn accept_of_file(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    form: Fields,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.accept_proposals(portfolio, Some(id), &wanted(&form)).await {
        Ok(_) => Ok(see_other(&format!("{}/reconciliation", place_of(portfolio, id)))),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}
