//! What all these pages have in common: the view in the address, the frame around the content, and how it is kept.

use std::future::Future;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::{Answer as Finished, Encoding, Validity};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_texts::Locale;
use bellwether_tracker::views::Viewed;
use bellwether_tracker::{Tracker, TrackerError, View};
use serde::Serialize;

use crate::web::State;
use crate::web::caller::Caller;
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, ViewQuery, failed};
use crate::web::problem::Problem;
use crate::web::snapshot;
use crate::web::view::page::{Page, Place};
use crate::web::view::ranges::{RangeBar, derivations, query};
use crate::web::view::reader::Reader;

/// Which page.
#[derive(Debug, Clone)]
pub(in crate::web) struct What {
    /// It is kept under the name of its template as well.
    pub(in crate::web) template: &'static str,
    pub(in crate::web) place: Place,
    /// Its address within the portfolio.
    pub(in crate::web) within: String,
    /// Its title where that is not the place's.
    pub(in crate::web) title: Option<String>,
    /// What its address says beside the view, and links to other ranges keep.
    pub(in crate::web) kept: Vec<(&'static str, String)>,
    /// What it depends on beside the view and the locale.
    pub(in crate::web) about: String,
}

impl What {
    pub(in crate::web) fn new(template: &'static str, place: Place, within: impl Into<String>) -> Self {
        Self { template, place, within: within.into(), title: None, kept: Vec::new(), about: String::new() }
    }
}

/// Who asks for a page, and through which view.
pub(in crate::web) struct Asked {
    pub(in crate::web) state: web::Data<State>,
    pub(in crate::web) request: HttpRequest,
    pub(in crate::web) caller: Caller,
    pub(in crate::web) id: PortfolioId,
    pub(in crate::web) query: ViewQuery,
    /// What is looked at beside the view's benchmarks.
    pub(in crate::web) beside: Vec<Symbol>,
}

/// The frame with its content.
#[derive(Serialize)]
struct Framed<C> {
    page: Page,
    head: Head,
    #[serde(flatten)]
    content: C,
}

/// A view that is right for as long as its day lasts.
pub(in crate::web) fn for_the_day<T>(viewed: Viewed<T>) -> (Viewed<T>, Validity) {
    let validity = Validity { changes_at: viewed.day_ends, refreshing: None };
    (viewed, validity)
}

/// Of when the figures are.
#[derive(Serialize)]
struct Head {
    portfolio: String,
    base: String,
    as_of: String,
    /// Empty for the present.
    past_day: String,
    since: String,
    ranges: RangeBar,
    /// What stands before and behind a figure's name in the address of its derivation.
    derivations: (String, String),
    /// Where it is told how fresh the prices are.
    events: String,
}

impl Asked {
    /// The page of a view, with what `tell` makes of it for the template.
    pub(in crate::web) async fn answer<T, C, F>(
        self,
        what: What,
        ask: impl Fn(Tracker, View) -> F + Clone + Send + Sync + 'static,
        tell: impl Fn(Viewed<T>, &Reader) -> C + Clone + Send + Sync + 'static,
    ) -> Answer
    where
        T: Send + 'static,
        C: Serialize,
        F: Future<Output = Result<(Viewed<T>, Validity), TrackerError>> + Send + 'static,
    {
        let Self { state, request, caller, id, query, beside } = self;
        let locale = locale_of(&request);
        let view = match query.view() {
            Ok(view) => view,
            Err(problem) => return Ok(failed(problem)),
        };
        let about = format!("{} {}", locale.tag(), what.about);
        let (kind, shared) = (what.template, (state.clone(), caller.tracker.clone()));
        let seen = view.clone();
        let build = move || {
            let ((state, tracker), view, what) = (shared.clone(), seen.clone(), what.clone());
            let (ask, tell) = (ask.clone(), tell.clone());
            async move {
                let viewed = ask(tracker.clone(), view.clone()).await?;
                body(&state, &tracker, (id, &view, locale), what, viewed, tell).await
            }
        };
        let mut kept = view;
        kept.benchmarks.extend(beside);
        match snapshot::answer_about(&state, &request, id, (kind, &about), &kept, build).await {
            Ok(answer) => Ok(answer),
            Err(problem) => Ok(failed(problem)),
        }
    }

    /// The same for this reader alone, with another status: what answers to what they have just done is not kept.
    pub(in crate::web) async fn answer_once<T, C, F>(
        self,
        status: StatusCode,
        what: What,
        ask: impl FnOnce(Tracker, View) -> F,
        tell: impl FnOnce(Viewed<T>, &Reader) -> C + Send + 'static,
    ) -> Answer
    where
        T: Send + 'static,
        C: Serialize,
        F: Future<Output = Result<(Viewed<T>, Validity), TrackerError>> + Send + 'static,
    {
        let Self { state, request, caller, id, query, .. } = self;
        let locale = locale_of(&request);
        let view = match query.view() {
            Ok(view) => view,
            Err(problem) => return Ok(failed(problem)),
        };
        let viewed = match ask(caller.tracker.clone(), view.clone()).await {
            Ok(viewed) => viewed,
            Err(error) => return Ok(failed(error.into())),
        };
        let made = body(&state, &caller.tracker, (id, &view, locale), what, viewed, tell).await?;
        Ok(HttpResponse::build(status)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type(made.content_type())
            .body(made.body(Encoding::Identity).await))
    }
}

async fn body<T, C>(
    state: &web::Data<State>,
    tracker: &Tracker,
    (id, view, locale): (PortfolioId, &View, Locale),
    what: What,
    (viewed, validity): (Viewed<T>, Validity),
    tell: impl FnOnce(Viewed<T>, &Reader) -> C + Send + 'static,
) -> Result<Finished, Problem>
where
    T: Send + 'static,
    C: Serialize,
{
    let portfolios = tracker.portfolios().await?;
    let (shared, view) = (state.clone(), view.clone());
    let render = move || {
        let title = what.title.unwrap_or_else(|| locale.text(what.place.named(id).0));
        let page = Page::new(&shared, title, &portfolios, Some(id), what.place).said_in(locale);
        let address = format!("/portfolio/{id}/{}", what.within);
        let is_past = viewed.as_of < viewed.today;
        let head = Head {
            portfolio: id.to_string(),
            base: viewed.portfolio.base_currency.to_string(),
            as_of: locale.day(viewed.as_of),
            past_day: if is_past { locale.day(viewed.as_of) } else { String::new() },
            since: locale.day(viewed.since),
            ranges: RangeBar::new(locale, address, &view, viewed.today, viewed.first_booked)
                .keeping(what.kept),
            derivations: derivations(id, &view),
            events: format!("/api/v1/events{}&portfolio={id}", query(&view, view.range)),
        };
        let content = tell(viewed, &Reader::new(locale, id, &view));
        shared.templates.render_in(locale, what.template, &Framed { page, head, content })
    };
    let body = tracker.compute(render).await?;
    Ok(Finished::new("text/html; charset=utf-8", body.into_bytes()).valid(validity))
}
