//! Notifications for people: a list, complete without script.

use actix_web::http::header::{CACHE_CONTROL, ContentType, LOCATION};
use actix_web::{HttpResponse, web};
use bellwether_tracker::Notification;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id_of;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::problem::Problem;
use crate::web::view::page::{Page, Place};

/// Notifications on a page.
const PAGE: usize = 50;

/// Where the list is.
const ADDRESS: &str = "/notifications";

#[derive(Serialize)]
struct NotificationsPage {
    page: Page,
    unread: i64,
    notifications: Vec<Line>,
    /// Of the older ones.
    next: Option<String>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    /// As programs read it, and as people do.
    at: String,
    words: String,
    severity: String,
    title: String,
    body: String,
    link: Option<String>,
    is_new: bool,
}

impl Line {
    fn of(told: Notification) -> Self {
        Self {
            id: told.id.to_string(),
            at: super::instant(told.created_at),
            words: told.created_at.format("%-d %b, %H:%M UTC").to_string(),
            severity: told.severity,
            title: told.title,
            body: told.body,
            link: told.link,
            is_new: told.read_at.is_none(),
        }
    }
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
    let before = cursor.as_deref().map(|id| id_of(id, "notification")).transpose()?;
    let mut told = caller.tracker.notifications(false, before, PAGE + 1).await?;
    let has_more = told.len() > PAGE;
    told.truncate(PAGE);
    let next = told.last().filter(|_| has_more).map(|last| format!("{ADDRESS}?cursor={}", last.id));
    let portfolios = caller.tracker.portfolios().await?;
    let page = NotificationsPage {
        page: Page::new(&state, "Notifications", &portfolios, None, Place::Elsewhere),
        unread: caller.tracker.unread_notifications().await?,
        notifications: told.into_iter().map(Line::of).collect(),
        next,
    };
    let body = state.templates.render("notifications.html", &page)?;
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
