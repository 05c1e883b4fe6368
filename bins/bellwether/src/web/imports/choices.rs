//! What is chosen otherwise for a draft: its mapping, cells of its rows, symbols of its instruments.

use std::collections::BTreeMap;

use actix_web::web;
use bellwether_domain::{ImportId, PortfolioId};
use bellwether_texts::Sentence;
use bellwether_tracker::{Correction, DraftChange};

use super::{Fields, Seen, place_of, shown, trouble};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::error_page;
use crate::web::pages::{Answer, see_other};
use crate::web::problem::Problem;

/// Carries a change of a draft out and goes back to it; what is wrong about the change stands on its page.
pub(super) async fn change(
    state: &State,
    caller: &Caller,
    (portfolio, id): (PortfolioId, ImportId),
    change: Result<DraftChange, Problem>,
    seen: &Seen,
) -> Answer {
    let change = match change {
        Ok(change) => change,
        Err(problem) => {
            let trouble = error_page::words(&problem, caller.locale);
            return Ok(shown(state, caller, portfolio, id, seen, Some(trouble)).await?);
        }
    };
    match caller.tracker.change_draft(portfolio, id, None, change).await {
        Ok(_) => {
            let status = seen.status.as_deref().unwrap_or_default();
            let from = seen.from.unwrap_or(0);
            Ok(see_other(&format!("{}?status={status}&from={from}", place_of(portfolio, id))))
        }
        Err(error) => match trouble(&error, caller.locale) {
            Some(trouble) => Ok(shown(state, caller, portfolio, id, seen, Some(trouble)).await?),
            None => Err(error.into()),
        },
    }
}

fn text_of<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
}

pub(super) async fn correct_row(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    form: Fields,
) -> Answer {
    let path = path.into_inner();
    caller.tracker.draft(path.0, path.1).await?;
    let seen = Seen {
        status: text_of(&form, "status").map(str::to_owned),
        from: text_of(&form, "from").and_then(|from| from.parse().ok()),
        ..Seen::default()
    };
    let Some(place) = text_of(&form, "row").and_then(|row| row.parse::<usize>().ok()) else {
        return Err(Problem::bad_request(Sentence::new("refused.asked.no_row")).into());
    };
    let correction = match text_of(&form, "action") {
        Some("leave-out") => Some(Correction::LeaveOut),
        Some("restore") => None,
        _ => {
            let cells = corrected_cells(&caller, path, place, &form).await?;
            (!cells.is_empty()).then_some(Correction::Cells(cells))
        }
    };
    let wanted = DraftChange { corrections: [(place, correction)].into(), ..DraftChange::default() };
    change(&state, &caller, path, Ok(wanted), &seen).await
}

/// The cells of the form that say something else than the file.
async fn corrected_cells(
    caller: &Caller,
    (portfolio, id): (PortfolioId, ImportId),
    place: usize,
    form: &[(String, String)],
) -> Result<BTreeMap<usize, String>, Problem> {
    let preview = caller.tracker.preview(portfolio, id).await?;
    let row = preview.as_ref().and_then(|preview| preview.row(place));
    let row = row.ok_or_else(|| Problem::NotFound("There is no such row.".to_owned()))?;
    let draft = caller.tracker.draft(portfolio, id).await?;
    let before = match draft.choices.corrections.get(&place) {
        Some(Correction::Cells(cells)) => cells.clone(),
        _ => BTreeMap::new(),
    };
    let mut cells = before;
    for (name, text) in form {
        let Some(number) = name.strip_prefix("cell-").and_then(|number| number.parse::<usize>().ok()) else {
            continue;
        };
        if row.cells.get(number).map_or("", String::as_str) == text {
            continue;
        }
        cells.insert(number, text.clone());
    }
    Ok(cells)
}

pub(super) async fn choose_symbols(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    form: Fields,
) -> Answer {
    let mut symbols = BTreeMap::new();
    let mut instrument = None;
    let mut wrong = None;
    let mut seen = Seen::default();
    for (name, text) in form.iter() {
        match name.as_str() {
            "instrument" => instrument = Some(text.clone()),
            "symbol" => {
                let Some(instrument) = instrument.take().filter(|_| !text.trim().is_empty()) else {
                    continue;
                };
                seen.symbols.insert(instrument.clone(), text.clone());
                if let Ok(symbol) = text.trim().to_uppercase().parse() {
                    symbols.insert(instrument, Some(symbol));
                } else {
                    let words = Sentence::new("imports.no_symbol").with("instrument", instrument);
                    wrong = Some(Problem::bad_request(words));
                }
            }
            _ => {}
        }
    }
    let wanted = wrong.map_or(Ok(DraftChange { symbols, ..DraftChange::default() }), Err);
    change(&state, &caller, path.into_inner(), wanted, &seen).await
}
