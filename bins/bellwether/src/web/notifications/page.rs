//! Notifications for people: a list, complete without script.

use actix_web::http::header::{CACHE_CONTROL, ContentType, LOCATION};
use actix_web::{HttpResponse, web};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::Notification;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id_of;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::problem::Problem;
use crate::web::view::page::{Page, Place};
use crate::web::view::refusal::{Said, kept};

/// Notifications on a page.
const PAGE: usize = 50;

/// Where the list is.
const ADDRESS: &str = "/notifications";

#[derive(Serialize)]
struct NotificationsPage {
    page: Page,
    unread: i64,
    headline: String,
    may_change: bool,
    notifications: Vec<Line>,
    /// Of the older ones.
    next: Option<String>,
    is_first: bool,
}

#[derive(Serialize)]
struct Line {
    id: String,
    /// As programs read it, and as people do.
    at: String,
    words: String,
    severity: String,
    /// What kind of thing it tells.
    kind: String,
    title: Said,
    body: Said,
    link: Option<String>,
    is_new: bool,
}

impl Line {
    fn of(told: Notification, caller: &Caller) -> Self {
        Self {
            kind: kind_words(&told.kind, caller.locale),
            id: told.id.to_string(),
            at: super::instant(told.created_at),
            words: caller.moment(told.created_at),
            severity: told.severity,
            title: kept(caller.locale, told.title),
            body: kept(caller.locale, told.body),
            link: told.link,
            is_new: told.read_at.is_none(),
        }
    }
}

/// The kind of what was told, which is told in the language that it was told in.
fn kind_words(kind: &str, locale: Locale) -> String {
    locale.text(match kind {
        "refresh-finished" => "told.refresh_finished",
        "refresh-failed" => "told.refresh_failed",
        "circuit-opened" => "told.circuit_opened",
        "circuit-closed" => "told.circuit_closed",
        "import-finished" => "told.import_finished",
        "import-failed" => "told.import_failed",
        "price-above" => "told.price_above",
        "price-below" => "told.price_below",
        "drawdown" => "told.drawdown",
        "drift" => "told.drift",
        "dividend-received" => "told.dividend_received",
        "data-stale" => "told.data_stale",
        "weekly-summary" => "told.weekly_summary",
        "backup-failed" => "told.backup_failed",
        "test" => "told.test",
        _ => "told.notice",
    })
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// The `next` of the page before.
    cursor: Option<String>,
}

pub(super) async fn list(
    state: web::Data<State>,
    caller: Caller,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let cursor = query.into_inner().cursor;
    let is_first = cursor.is_none();
    let before = cursor.as_deref().map(|id| id_of(id, "notification")).transpose()?;
    let mut told = caller.tracker.notifications(false, before, PAGE + 1).await?;
    let has_more = told.len() > PAGE;
    told.truncate(PAGE);
    let next = told.last().filter(|_| has_more).map(|last| format!("{ADDRESS}?cursor={}", last.id));
    let portfolios = caller.tracker.portfolios().await?;
    let (locale, unread) = (caller.locale, caller.tracker.unread_notifications().await?);
    let headline = if unread == 0 {
        locale.text("told.all_read")
    } else {
        locale.say(&Sentence::new("told.unread").with("count", unread))
    };
    let frame = Page::new(&state, locale.text("page.notifications"), &portfolios, None, Place::Elsewhere);
    let notifications: Vec<Line> = told.into_iter().map(|told| Line::of(told, &caller)).collect();
    let page = NotificationsPage {
        page: frame.said_in(locale),
        unread,
        headline,
        may_change: caller.who.may_change(),
        notifications,
        next,
        is_first,
    };
    let body = state.templates.render_in(locale, "notifications.html", &page)?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(ContentType::html())
        .body(body))
}

/// Which was read: this one, or all that there are.
#[derive(Deserialize)]
pub(super) struct Read {
    id: Option<Uuid>,
}

pub(super) async fn mark_read(caller: Caller, form: web::Form<Read>) -> Result<HttpResponse, Problem> {
    caller.tracker.mark_notifications_read(form.id.map(|id| vec![id])).await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, ADDRESS)).finish())
}
