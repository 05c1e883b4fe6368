//! Notifications for programs and pages: what was told, the rules that ask for it, and when nothing is sent.

mod page;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::Role;
use bellwether_tracker::{Channel, Delivery, DeliveryState, Notification, QuietHours, Rule, RuleDraft};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::State;
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::problem::Problem;

type Answer = Result<HttpResponse, Problem>;

/// Notifications on a page of the list, unless and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;
/// So many may be marked as read at once by name.
const MOST_IDS: usize = 1_000;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/notifications", READ).route(reading().to(page::list)))
        .service(address("/notifications/read", "POST").route(web::post().to(page::mark_read)))
        .service(address("/api/v1/notifications", READ).route(reading().to(list)))
        .service(address("/api/v1/notifications/read", "POST").route(web::post().to(mark_read)))
        .service(address("/api/v1/notifications/channels", READ).route(reading().to(channels)))
        .service(address("/api/v1/notifications/test", "POST").route(web::post().to(test)))
        .service(
            address("/api/v1/notifications/rules", "GET, HEAD, POST")
                .route(reading().to(rules))
                .route(web::post().to(add_rule)),
        )
        .service(
            address("/api/v1/notifications/rules/{rule}", "GET, HEAD, PUT, DELETE")
                .route(reading().to(rule))
                .route(web::put().to(change_rule))
                .route(web::delete().to(remove_rule)),
        )
        .service(
            address("/api/v1/notifications/quiet-hours", "GET, HEAD, PUT, DELETE")
                .route(reading().to(quiet_hours))
                .route(web::put().to(set_quiet_hours))
                .route(web::delete().to(no_quiet_hours)),
        );
}

fn fresh(body: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::BadRequest(format!("The body is no JSON of {what}: {error}.")))
}

fn id_of(text: &str, what: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_no_uuid| Problem::NotFound(format!("There is no such {what}.")))
}

fn shown_delivery(delivery: &Delivery) -> Value {
    let (state, at) = match delivery.state {
        DeliveryState::Waiting => ("waiting", None),
        DeliveryState::Delivered(at) => ("delivered", Some(at)),
        DeliveryState::Failed(at) => ("failed", Some(at)),
    };
    json!({
        "id": delivery.id,
        "channel": delivery.destination.channel,
        "state": state,
        "at": at.map(instant),
        "attempts": delivery.attempts,
        "error": delivery.error,
    })
}

fn shown(told: &Notification) -> Value {
    json!({
        "id": told.id,
        "kind": told.kind,
        "severity": told.severity,
        "title": told.title,
        "body": told.body,
        "link": told.link,
        "created_at": instant(told.created_at),
        "read_at": told.read_at.map(instant),
        "deliveries": told.deliveries.iter().map(shown_delivery).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    unread: bool,
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<Uuid>,
}

/// What was told, newest first, a page at a time.
async fn list(caller: Caller, query: web::Query<ListQuery>) -> Answer {
    let ListQuery { unread, limit, cursor } = query.into_inner();
    let limit = limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let mut told = caller.tracker.notifications(unread, cursor, limit + 1).await?;
    let has_more = told.len() > limit;
    told.truncate(limit);
    let next = told.last().filter(|_| has_more).map(|told| told.id);
    let unread = caller.tracker.unread_notifications().await?;
    let told: Vec<Value> = told.iter().map(shown).collect();
    Ok(fresh(&json!({ "notifications": told, "unread": unread, "next": next })))
}

/// Which were read: these, or all that there are.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Which {
    Ids(Vec<Uuid>),
    All(bool),
}

async fn mark_read(caller: Caller, body: web::Bytes) -> Answer {
    let which = match read(&body, "what was read, such as {\"ids\": [...]} or {\"all\": true}")? {
        Which::Ids(ids) if ids.len() > MOST_IDS => {
            return Err(Problem::BadRequest(format!("Name {MOST_IDS} at most at once, or all.")));
        }
        Which::Ids(ids) => Some(ids),
        Which::All(true) => None,
        Which::All(false) => Some(Vec::new()),
    };
    let marked = caller.tracker.mark_notifications_read(which).await?;
    let unread = caller.tracker.unread_notifications().await?;
    Ok(HttpResponse::Ok().json(json!({ "success": true, "marked": marked, "unread": unread })))
}

/// By what ways notifications can go out here.
async fn channels(state: web::Data<State>) -> Answer {
    let open = |channel| json!({ "channel": channel, "open": state.post.is_open(channel) });
    let channels = [Channel::Page, Channel::Email, Channel::Webhook].map(open);
    Ok(fresh(&json!({ "channels": channels })))
}

/// Refuses where nothing could be sent to.
fn check(state: &State, channel: Channel, destination: &str) -> Result<(), Problem> {
    state.post.check(channel, destination).map_err(|words| {
        if state.post.is_open(channel) { Problem::BadRequest(words) } else { Problem::Conflict(words) }
    })
}

/// The rules that somebody sees. Whoever knows a webhook's address may post to it, which is not for readers.
async fn rules_of(caller: &Caller) -> Result<Vec<Rule>, Problem> {
    let mut rules = caller.tracker.notification_rules().await?;
    if caller.who.role == Role::Reader {
        for rule in &mut rules {
            rule.asks.destination.clear();
        }
    }
    Ok(rules)
}

async fn rules(caller: Caller) -> Answer {
    Ok(fresh(&json!({ "rules": rules_of(&caller).await? })))
}

async fn rule(caller: Caller, id: web::Path<String>) -> Answer {
    let id = id_of(&id, "rule")?;
    let found = rules_of(&caller).await?.into_iter().find(|rule| rule.id == id);
    let found = found.ok_or_else(|| Problem::NotFound("There is no such rule.".to_owned()))?;
    Ok(fresh(&json!(found)))
}

async fn add_rule(state: web::Data<State>, caller: Caller, body: web::Bytes) -> Answer {
    let draft: RuleDraft = read(&body, "a rule")?;
    check(&state, draft.channel, &draft.destination)?;
    let rule = caller.tracker.add_notification_rule(draft).await?;
    let location = format!("/api/v1/notifications/rules/{}", rule.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(rule))
}

async fn change_rule(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<String>,
    body: web::Bytes,
) -> Answer {
    let draft: RuleDraft = read(&body, "a rule")?;
    check(&state, draft.channel, &draft.destination)?;
    Ok(HttpResponse::Ok().json(caller.tracker.change_notification_rule(id_of(&id, "rule")?, draft).await?))
}

async fn remove_rule(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.remove_notification_rule(id_of(&id, "rule")?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Hours as somebody writes them; the zone is that of the home exchange where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: String,
    to: String,
    zone: Option<String>,
}

fn shown_hours(hours: Option<QuietHours>) -> Value {
    let hours =
        hours.map(|hours| json!({ "from": hours.begins(), "to": hours.ends(), "zone": hours.zone() }));
    json!({ "quiet_hours": hours })
}

async fn quiet_hours(caller: Caller) -> Answer {
    Ok(fresh(&shown_hours(caller.tracker.quiet_hours().await?)))
}

async fn set_quiet_hours(caller: Caller, body: web::Bytes) -> Answer {
    let Hours { from, to, zone } = read(&body, "quiet hours")?;
    let zone = zone.unwrap_or_else(|| caller.tracker.home_exchange().zone().name().to_owned());
    let hours =
        QuietHours::new(&from, &to, &zone).map_err(|error| Problem::BadRequest(format!("{error}.")))?;
    caller.tracker.set_quiet_hours(Some(hours)).await?;
    Ok(HttpResponse::Ok().json(shown_hours(Some(hours))))
}

async fn no_quiet_hours(caller: Caller) -> Answer {
    caller.tracker.set_quiet_hours(None).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where a test is to go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    channel: Channel,
    #[serde(default)]
    destination: String,
}

/// Sends a test by the way that all take; the list tells how it went.
async fn test(state: web::Data<State>, caller: Caller, body: web::Bytes) -> Answer {
    let Test { channel, destination } = read(&body, "where to send a test")?;
    check(&state, channel, &destination)?;
    let id = caller.tracker.send_test_notification(channel, destination).await?;
    Ok(HttpResponse::Accepted().json(json!({ "success": true, "notification": id })))
}
