//! Indices of one's own, as pages: instruments with weights, to compare with.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{EnteredIndex, IndexShown, TrackerError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::State;
use super::api::indices::tag;
use super::caller::Caller;
use super::ledger::Refused;
use super::locale::locale_of;
use super::methods::{address, reading};
use super::pages::{Answer, html, see_other};
use super::view::page::{Page, Place};
use super::view::refusal::Said;
use super::weights::{self, WeightLine};

/// What a limit of drift is written after.
const DRIFT: &str = "drift";

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    app.service(
        address("/indices", "GET, HEAD, POST").route(reading().to(list)).route(web::post().to(create)),
    )
    .service(
        address("/indices/{index}", "GET, HEAD, POST")
            .route(reading().to(edit_form))
            .route(web::post().to(change)),
    )
    .service(post("/indices/{index}/delete").route(web::post().to(remove)))
    .service(post("/indices/{index}/undo").route(web::post().to(undo)));
}

/// An index as somebody typed it.
#[derive(Debug, Default, Serialize)]
struct IndexForm {
    name: String,
    base_currency: String,
    rebalancing: String,
    /// How far weights may drift, in percentage points.
    limit: String,
    weights: Vec<WeightLine>,
    /// The tag of the index as it was when the form was made.
    seen: String,
}

impl IndexForm {
    fn new() -> Self {
        Self { base_currency: "USD".to_owned(), rebalancing: "monthly".to_owned(), ..Self::default() }
    }

    fn of(index: &IndexShown) -> Self {
        let (rebalancing, limit) = index.rebalancing.split_once(':').unwrap_or((&index.rebalancing, ""));
        let limit = limit.parse().map_or_else(|_no_number| limit.to_owned(), weights::percent);
        Self {
            name: index.name.clone(),
            base_currency: index.base_currency.to_string(),
            rebalancing: rebalancing.to_owned(),
            limit,
            weights: weights::lines(&index.components),
            seen: tag(index).to_string(),
        }
    }

    fn typed(fields: &[(String, String)]) -> Self {
        let text = |name: &str| {
            fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, text)| text.trim().to_owned())
                .unwrap_or_default()
        };
        Self {
            name: text("name"),
            base_currency: text("base_currency"),
            rebalancing: text("rebalancing"),
            limit: text("limit"),
            weights: weights::typed(fields),
            seen: text("seen"),
        }
    }

    fn entered(&self) -> EnteredIndex {
        let limit = weights::read(&self.limit).and_then(weights::part);
        let limit = limit.map_or_else(|| self.limit.clone(), |limit| limit.to_string());
        EnteredIndex {
            name: self.name.clone(),
            base_currency: self.base_currency.clone(),
            rebalancing: if self.rebalancing == DRIFT {
                format!("{DRIFT}:{limit}")
            } else {
                self.rebalancing.clone()
            },
            components: self.weights.iter().map(WeightLine::entered).collect(),
        }
    }
}

#[derive(Serialize)]
struct IndexPage {
    page: Page,
    may_change: bool,
    /// What was made or changed just now.
    said: Option<String>,
    problem: Option<Said>,
    faults: BTreeMap<&'static str, String>,
    /// Where the form goes.
    action: String,
    typed: IndexForm,
    weights: Vec<WeightLine>,
    words: [(&'static str, String); 6],
    indices: Vec<IndexLine>,
}

#[derive(Serialize)]
struct IndexLine {
    address: String,
    name: String,
    consists_of: String,
    rebalancing: String,
    currency: String,
}

/// When weights are restored: the word, and the key of its text.
const WORDS: [(&str, &str); 6] = [
    ("monthly", "indices.monthly"),
    ("quarterly", "indices.quarterly"),
    ("yearly", "indices.yearly"),
    ("daily", "indices.daily"),
    ("never", "indices.never"),
    (DRIFT, "indices.drift"),
];

impl IndexLine {
    fn of(index: &IndexShown, locale: Locale) -> Self {
        let form = IndexForm::of(index);
        let parts = index
            .components
            .iter()
            .map(|(symbol, weight)| format!("{} {symbol}", weights::told(locale, *weight)));
        let key = WORDS.iter().find(|(word, _)| *word == form.rebalancing).map(|(_, key)| *key);
        let when = key.map(|key| locale.text(key)).unwrap_or_default();
        let limit =
            Sentence::new("indices.limit").with("when", when.clone()).with("points", form.limit.clone());
        Self {
            address: format!("/indices/{}", index.id),
            name: form.name,
            consists_of: parts.collect::<Vec<_>>().join(" · "),
            rebalancing: if form.limit.is_empty() { when } else { locale.say(&limit) },
            currency: form.base_currency,
        }
    }
}

/// The page with all indices, or with one of them alone.
async fn page(
    state: &State,
    locale: Locale,
    caller: &Caller,
    one: Option<Uuid>,
    typed: IndexForm,
    said: Option<String>,
    why: Refused,
) -> Answer {
    let portfolios = caller.tracker.portfolios().await?;
    let indices = if one.is_none() { caller.tracker.indices().await? } else { Vec::new() };
    let (title, template) = match one {
        Some(_) => ("indices.edit_title", "index.html"),
        None => ("indices.title", "indices.html"),
    };
    let shown = IndexPage {
        page: Page::new(state, locale.text(title), &portfolios, None, Place::Elsewhere).said_in(locale),
        may_change: caller.who.may_change(),
        said,
        problem: why.problem(locale),
        faults: why.by_field(locale),
        action: one.map_or_else(|| "/indices".to_owned(), |id| format!("/indices/{id}")),
        weights: weights::with_more(typed.weights.clone()),
        typed,
        words: WORDS.map(|(word, key)| (word, locale.text(key))),
        indices: indices.iter().map(|index| IndexLine::of(index, locale)).collect(),
    };
    let mut answer = html(state.templates.render_in(locale, template, &shown)?);
    if why.is_any() {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

#[derive(Debug, Deserialize)]
struct DoneQuery {
    /// The index that was made, changed or deleted just now.
    done: Option<Uuid>,
}

async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    query: web::Query<DoneQuery>,
) -> Answer {
    page(
        &state,
        locale_of(&request),
        &caller,
        None,
        IndexForm::new(),
        query.done.map(|id| id.to_string()),
        Refused::default(),
    )
    .await
}

type Fields = web::Form<Vec<(String, String)>>;

async fn create(state: web::Data<State>, request: HttpRequest, caller: Caller, form: Fields) -> Answer {
    let typed = IndexForm::typed(&form);
    match caller.tracker.create_index(&typed.entered()).await {
        Ok(made) => Ok(see_other(&format!("/indices?done={}", made.id))),
        Err(error) => {
            page(&state, locale_of(&request), &caller, None, typed, None, Refused::of(error)?).await
        }
    }
}

async fn edit_form(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Answer {
    let index = caller.tracker.index(*id).await?;
    page(&state, locale_of(&request), &caller, Some(*id), IndexForm::of(&index), None, Refused::default())
        .await
}

async fn change(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<Uuid>,
    form: Fields,
) -> Answer {
    let mut typed = IndexForm::typed(&form);
    let present = caller.tracker.index(*id).await?;
    let is_seen = typed.seen.is_empty() || typed.seen == tag(&present).to_string();
    let changed = if is_seen {
        caller.tracker.change_index(*id, &typed.entered(), Some(&present)).await
    } else {
        Err(TrackerError::Overtaken)
    };
    match changed {
        Ok(_) => Ok(see_other(&format!("/indices?done={id}"))),
        Err(error) => {
            if matches!(error, TrackerError::Overtaken) {
                // Whoever has read that may save what they typed.
                typed.seen = tag(&caller.tracker.index(*id).await?).to_string();
            }
            page(&state, locale_of(&request), &caller, Some(*id), typed, None, Refused::of(error)?).await
        }
    }
}

async fn remove(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Answer {
    match caller.tracker.delete_index(*id, None).await {
        Ok(()) => Ok(see_other(&format!("/indices?done={id}"))),
        Err(error) => {
            page(&state, locale_of(&request), &caller, None, IndexForm::new(), None, Refused::of(error)?)
                .await
        }
    }
}

/// Takes the last change back; doing that again does it again.
async fn undo(state: web::Data<State>, request: HttpRequest, caller: Caller, id: web::Path<Uuid>) -> Answer {
    match caller.tracker.undo_index(*id).await {
        Ok(_) => Ok(see_other(&format!("/indices?done={id}"))),
        Err(error) => {
            page(&state, locale_of(&request), &caller, None, IndexForm::new(), None, Refused::of(error)?)
                .await
        }
    }
}
