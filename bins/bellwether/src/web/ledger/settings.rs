//! A portfolio's settings, and its deletion.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::EnteredSettings;
use serde::{Deserialize, Serialize};

use super::fields::plain_lines;
use super::{Refused, portfolios};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, html, see_other};
use crate::web::problem::Problem;
use crate::web::start::{Method, cost_methods};
use crate::web::view::page::{Page, Place};
use crate::web::view::refusal::Said;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SettingsForm {
    name: String,
    #[serde(default)]
    description: String,
    base_currency: String,
    cost_method: String,
    dividends: String,
    /// Symbols with spaces or commas between, and indices as `=` and their name with commas between.
    #[serde(default)]
    benchmarks: String,
}

#[derive(Serialize)]
struct SettingsPage {
    page: Page,
    id: String,
    done: bool,
    /// Where that is taken back.
    undo: Option<String>,
    problem: Option<Said>,
    faults: BTreeMap<&'static str, String>,
    typed: SettingsForm,
    cost_methods: Vec<Method>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SettingsQuery {
    #[serde(default)]
    saved: bool,
}

/// Where the last change of a portfolio is taken back.
pub(super) async fn undo_of_the_last(caller: &Caller, id: PortfolioId) -> Result<Option<String>, Problem> {
    let last = caller.tracker.changes(id, None, 1).await?;
    Ok(last.first().map(|change| format!("/portfolio/{id}/changes/{}/undo", change.id)))
}

pub(super) async fn form(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<SettingsQuery>,
) -> Answer {
    let (_, portfolio) = portfolios(&caller, *id).await?;
    let indices = caller.tracker.indices().await?;
    let written = |symbol: &Symbol| {
        let index = indices.iter().find(|index| index.symbol() == *symbol);
        // A comma would end the name.
        let name = index.map(|index| &index.name).filter(|name| !name.contains(','));
        name.map_or_else(|| symbol.to_string(), |name| format!("={name}"))
    };
    let benchmarks: Vec<String> = portfolio.benchmarks.iter().map(written).collect();
    let typed = SettingsForm {
        name: portfolio.name,
        description: portfolio.description,
        base_currency: portfolio.base_currency.to_string(),
        cost_method: portfolio.cost_method.as_str().to_owned(),
        dividends: portfolio.dividends.as_str().to_owned(),
        benchmarks: benchmarks.join(", "),
    };
    let locale = locale_of(&request);
    settings_page(&state, locale, &caller, *id, typed, query.saved, Refused::default()).await
}

async fn settings_page(
    state: &State,
    locale: Locale,
    caller: &Caller,
    id: PortfolioId,
    typed: SettingsForm,
    done: bool,
    why: Refused,
) -> Answer {
    let (all, portfolio) = portfolios(caller, id).await?;
    let title = Sentence::new("settings.title").with("name", portfolio.name);
    let page = SettingsPage {
        page: Page::new(state, locale.say(&title), &all, Some(id), Place::Settings).said_in(locale),
        id: id.to_string(),
        done,
        undo: if done { undo_of_the_last(caller, id).await? } else { None },
        problem: why.problem(locale),
        faults: why.by_field(locale),
        typed,
        cost_methods: cost_methods(locale),
    };
    let mut answer = html(state.templates.render_in(locale, "portfolio-settings.html", &page)?);
    if why.is_any() {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

pub(super) async fn change(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<PortfolioId>,
    form: web::Form<SettingsForm>,
) -> Answer {
    let typed = form.into_inner();
    let entered = EnteredSettings {
        name: Some(typed.name.clone()),
        description: Some(plain_lines(&typed.description)),
        base_currency: Some(typed.base_currency.clone()),
        cost_method: Some(typed.cost_method.clone()),
        dividends: Some(typed.dividends.clone()),
        benchmarks: Some(benchmarks_in(&typed.benchmarks)),
    };
    match caller.tracker.change_portfolio(*id, &entered, None).await {
        Ok(_) => Ok(see_other(&format!("/portfolio/{id}/settings?saved=true"))),
        Err(error) => {
            let locale = locale_of(&request);
            settings_page(&state, locale, &caller, *id, typed, false, Refused::of(error)?).await
        }
    }
}

/// What is named in a line: names of indices may have spaces in them.
fn benchmarks_in(line: &str) -> Vec<String> {
    let pieces = line.split(',').map(str::trim).filter(|piece| !piece.is_empty());
    let named = |piece: &str| -> Vec<String> {
        if piece.starts_with('=') {
            vec![piece.to_owned()]
        } else {
            piece.split_whitespace().map(ToOwned::to_owned).collect()
        }
    };
    pieces.flat_map(named).collect()
}

/// Deletes the portfolio, and shows the way back.
pub(super) async fn remove(caller: Caller, id: web::Path<PortfolioId>) -> Answer {
    let change = caller.tracker.delete_portfolio(*id, None).await?;
    Ok(see_other(&format!("/portfolio/{id}/activity?done={change}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_parted_by_spaces_and_names_of_indices_by_commas() {
        assert_eq!(benchmarks_in(" voo QQQ,, ^GSPC "), ["voo", "QQQ", "^GSPC"]);
        assert_eq!(benchmarks_in("VOO, =60 / 40 mix, QQQ"), ["VOO", "=60 / 40 mix", "QQQ"]);
        assert!(benchmarks_in(" , ").is_empty());
    }
}
