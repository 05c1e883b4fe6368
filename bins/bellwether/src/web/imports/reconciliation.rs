//! What a ledger seems to lack, as pages: a file beside the ledger, and splits and dividends to record.

use std::collections::BTreeSet;

use actix_web::web;
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{Compared, Proposal, ReconciliationLine};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::web::State;
use crate::web::caller::Caller;
use crate::web::methods::{address, reading};
use crate::web::pages::{Answer, html, see_other};
use crate::web::view::page::Page;

use super::rows::Becomes;
use super::{Fields, frame, place_of};

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
    record_all: String,
    may_change: bool,
}

#[derive(Serialize)]
struct Line {
    what: String,
    account: String,
    day: String,
    stated: String,
    ours: String,
    difference: String,
    is_same: bool,
    explanations: Vec<String>,
}

#[derive(Serialize)]
struct ProposalLine {
    id: String,
    becomes: Becomes,
    reason: String,
}

impl Line {
    fn of(line: ReconciliationLine, locale: Locale) -> Self {
        let number = |number: Decimal| match line.of {
            Compared::Shares(_) => locale.quantity(number),
            Compared::Cash(currency) => locale.amount(number, currency),
        };
        let (stated, ours) = (number(line.stated), number(line.ours));
        let difference = match line.of {
            Compared::Cash(currency) => locale.amount_change(line.difference, currency),
            Compared::Shares(_) if line.difference > Decimal::ZERO => format!("+{}", number(line.difference)),
            Compared::Shares(_) => number(line.difference),
        };
        let is_same = line.difference.is_zero();
        Self {
            what: match &line.of {
                Compared::Shares(symbol) => symbol.to_string(),
                Compared::Cash(currency) => {
                    locale.say(&Sentence::new("imports.cash_in").with("currency", currency.as_str()))
                }
            },
            account: line.account,
            day: locale.day(line.day),
            stated,
            ours,
            difference: if is_same { locale.text("imports.no_difference") } else { difference },
            is_same,
            explanations: line.explanations.iter().map(|why| locale.say(why)).collect(),
        }
    }
}

impl ProposalLine {
    fn of(proposal: Proposal, locale: Locale) -> Self {
        let reason = locale.say(&proposal.reason);
        Self { id: proposal.id, becomes: Becomes::of(&proposal.transaction, locale), reason }
    }
}

fn record_all(proposals: &[ProposalLine], locale: Locale) -> String {
    locale.say(&Sentence::new("imports.record_all").with("count", proposals.len()))
}

async fn reconciliation(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let locale = caller.locale;
    let page = frame(&state, &caller, portfolio, "imports.compare").await?;
    let found = caller.tracker.reconciliation(portfolio, id).await?;
    let back = place_of(portfolio, id);
    let proposals: Vec<_> =
        found.proposals().into_iter().map(|proposal| ProposalLine::of(proposal, locale)).collect();
    let page = ReconciliationPage {
        page,
        action: format!("{back}/reconciliation"),
        back,
        record_all: record_all(&proposals, locale),
        proposals,
        lines: found.lines.into_iter().map(|line| Line::of(line, locale)).collect(),
        notes: found.notes.iter().map(|note| locale.say(note)).collect(),
        may_change: caller.who.may_change(),
    };
    Ok(html(state.templates.render_in(locale, "reconciliation.html", &page)?))
}

#[derive(Serialize)]
struct ProposalsPage {
    page: Page,
    action: String,
    history: String,
    proposals: Vec<ProposalLine>,
    record_all: String,
    recorded: bool,
    may_change: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Said {
    said: Option<String>,
}

async fn proposals(
    state: web::Data<State>,
    caller: Caller,
    portfolio: web::Path<PortfolioId>,
    said: web::Query<Said>,
) -> Answer {
    let locale = caller.locale;
    let page = frame(&state, &caller, *portfolio, "imports.proposals").await?;
    let found = caller.tracker.proposals(*portfolio).await?;
    let proposals: Vec<_> = found.into_iter().map(|proposal| ProposalLine::of(proposal, locale)).collect();
    let page = ProposalsPage {
        page,
        action: format!("/portfolio/{portfolio}/proposals"),
        history: format!("/portfolio/{portfolio}/imports"),
        record_all: record_all(&proposals, locale),
        proposals,
        recorded: said.said.as_deref() == Some("recorded"),
        may_change: caller.who.may_change(),
    };
    Ok(html(state.templates.render_in(locale, "proposals.html", &page)?))
}

fn wanted(form: &Fields) -> BTreeSet<String> {
    form.iter().filter(|(name, _)| name == "id").map(|(_, id)| id.clone()).collect()
}

async fn accept(caller: Caller, portfolio: web::Path<PortfolioId>, form: Fields) -> Answer {
    caller.tracker.accept_proposals(*portfolio, None, &wanted(&form)).await?;
    Ok(see_other(&format!("/portfolio/{portfolio}/proposals?said=recorded")))
}

async fn accept_of_file(caller: Caller, path: web::Path<(PortfolioId, ImportId)>, form: Fields) -> Answer {
    let (portfolio, id) = path.into_inner();
    caller.tracker.accept_proposals(portfolio, Some(id), &wanted(&form)).await?;
    Ok(see_other(&format!("{}/reconciliation", place_of(portfolio, id))))
}
