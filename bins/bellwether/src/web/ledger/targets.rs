//! The weights that a portfolio's holdings are to have, as a page.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{TargetWeights, TrackerError, no_symbol};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::settings::undo_of_the_last;
use super::{Refused, portfolios};
use crate::web::State;
use crate::web::api::portfolios::targets_tag;
use crate::web::caller::Caller;
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, html, see_other};
use crate::web::view::page::{Page, Place};
use crate::web::view::refusal::Said;
use crate::web::weights::{self, WeightLine};

#[derive(Serialize)]
struct TargetsPage {
    page: Page,
    id: String,
    saved: bool,
    /// Where that is taken back.
    undo: Option<String>,
    problem: Option<Said>,
    /// Since when they hold; empty where there are none.
    since: String,
    /// What is to be cash, of the whole.
    cash: String,
    weights: Vec<WeightLine>,
    /// The tag of the targets as they were when the form was made.
    seen: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TargetsQuery {
    #[serde(default)]
    saved: bool,
}

pub(super) async fn form(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<TargetsQuery>,
) -> Answer {
    targets_page(&state, locale_of(&request), &caller, *id, None, query.saved, &Refused::default()).await
}

/// The page, with what was typed in the place of what is in force, where it was refused.
async fn targets_page(
    state: &State,
    locale: Locale,
    caller: &Caller,
    id: PortfolioId,
    typed: Option<(Vec<WeightLine>, String)>,
    saved: bool,
    why: &Refused,
) -> Answer {
    let (all, portfolio) = portfolios(caller, id).await?;
    let targets = caller.tracker.targets(id).await?;
    let present = || (weights::lines(&targets.weights), targets_tag(&targets).to_string());
    let (lines, seen) = typed.unwrap_or_else(present);
    let title = Sentence::new("targets.title").with("name", portfolio.name);
    let page = TargetsPage {
        page: Page::new(state, locale.say(&title), &all, Some(id), Place::Settings).said_in(locale),
        id: id.to_string(),
        saved,
        undo: if saved { undo_of_the_last(caller, id).await? } else { None },
        problem: why.problem(locale),
        since: targets.since.map(|since| locale.day(since)).unwrap_or_default(),
        cash: weights::told(locale, targets.cash()),
        weights: weights::with_more(lines),
        seen,
    };
    let mut answer = html(state.templates.render_in(locale, "targets.html", &page)?);
    if why.is_any() {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

pub(super) async fn set(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<PortfolioId>,
    form: web::Form<Vec<(String, String)>>,
) -> Answer {
    let lines = weights::typed(&form);
    let seen = form.iter().find(|(name, _)| name == "seen").map(|(_, seen)| seen.clone()).unwrap_or_default();
    match set_as_typed(&caller, *id, &lines, &seen).await {
        Ok(_) => Ok(see_other(&format!("/portfolio/{id}/targets?saved=true"))),
        Err(error) => {
            let seen = if matches!(error, TrackerError::Overtaken) {
                // Whoever has read that may save what they typed.
                targets_tag(&caller.tracker.targets(*id).await?).to_string()
            } else {
                seen
            };
            let typed = Some((lines, seen));
            let locale = locale_of(&request);
            targets_page(&state, locale, &caller, *id, typed, false, &Refused::of(error)?).await
        }
    }
}

async fn set_as_typed(
    caller: &Caller,
    id: PortfolioId,
    lines: &[WeightLine],
    seen: &str,
) -> Result<TargetWeights, TrackerError> {
    let weights: Vec<(Symbol, Decimal)> = lines.iter().map(read).collect::<Result<_, _>>()?;
    let present = caller.tracker.targets(id).await?;
    if !seen.is_empty() && seen != targets_tag(&present).to_string() {
        return Err(TrackerError::Overtaken);
    }
    caller.tracker.set_targets(id, weights, Some(present)).await
}

fn read(line: &WeightLine) -> Result<(Symbol, Decimal), TrackerError> {
    let symbol: Symbol = line
        .symbol()
        .to_uppercase()
        .parse()
        .map_err(|error| TrackerError::refused(no_symbol(&error).whole()))?;
    let weight = line.weight().ok_or_else(|| {
        TrackerError::refused(Sentence::new("refused.target_percent").with("symbol", symbol.as_str()))
    })?;
    Ok((symbol, weight))
}
