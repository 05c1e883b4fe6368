//! Notifications for programs and pages: what was told, the rules that ask for it, and when nothing is sent.

mod page;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bellwether_domain::Role;
use bellwether_texts::{Sentence, Value};
use bellwether_tracker::{Channel, Delivery, DeliveryState, Notification, QuietHours, Rule, RuleDraft};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, OpenApi, ToSchema};
use uuid::Uuid;

use super::State;
use super::api::answer::fresh;
use super::api::paging;
use super::api::schema::{Amount, AnyAmount, Instant, Ticker};
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::problem::Problem;

type Answer = Result<HttpResponse, Problem>;

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

#[derive(OpenApi)]
#[openapi(paths(
    list,
    mark_read,
    channels,
    rules,
    rule,
    add_rule,
    change_rule,
    remove_rule,
    quiet_hours,
    set_quiet_hours,
    no_quiet_hours,
    test
))]
pub(super) struct Operations;

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("The body is no JSON of {what}: {error}.")))
}

fn id_of(text: &str, what: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_no_uuid| Problem::NotFound(format!("There is no such {what}.")))
}

/// A message that went out by another way than the page.
#[derive(Serialize, ToSchema)]
struct DeliveryShown<'a> {
    #[schema(value_type = Uuid)]
    id: serde_json::Value,
    channel: &'a str,
    /// `waiting`, `delivered` or `failed`.
    #[schema(value_type = String)]
    state: &'static str,
    #[schema(value_type = Option<Instant>)]
    at: Option<String>,
    #[schema(value_type = u32)]
    attempts: serde_json::Value,
    error: Option<&'a str>,
}

/// By what way something is told.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the ways in the documentation")]
enum ChannelName {
    Page,
    Email,
    Webhook,
}

fn shown_delivery(delivery: &Delivery) -> DeliveryShown<'_> {
    let (state, at) = match delivery.state {
        DeliveryState::Waiting => ("waiting", None),
        DeliveryState::Delivered(at) => ("delivered", Some(at)),
        DeliveryState::Failed(at) => ("failed", Some(at)),
    };
    DeliveryShown {
        id: json!(delivery.id),
        channel: &delivery.destination.channel,
        state,
        at: at.map(instant),
        attempts: json!(delivery.attempts),
        error: delivery.error.as_deref(),
    }
}

/// What was told.
#[derive(Serialize, ToSchema)]
struct NotificationShown<'a> {
    id: Uuid,
    #[schema(value_type = String)]
    kind: serde_json::Value,
    /// `info` or `warning`.
    #[schema(value_type = String)]
    severity: serde_json::Value,
    title: &'a str,
    body: &'a str,
    #[schema(value_type = Option<String>)]
    link: serde_json::Value,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Option<Instant>)]
    read_at: Option<String>,
    deliveries: Vec<DeliveryShown<'a>>,
}

fn shown(told: &Notification) -> NotificationShown<'_> {
    NotificationShown {
        id: told.id,
        kind: json!(told.kind),
        severity: json!(told.severity),
        title: &told.title,
        body: &told.body,
        link: json!(told.link),
        created_at: instant(told.created_at),
        read_at: told.read_at.map(instant),
        deliveries: told.deliveries.iter().map(shown_delivery).collect(),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// What was not read yet only.
    #[serde(default)]
    unread: bool,
    /// How many there are to be at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<Uuid>,
}

/// A page of the list.
#[derive(Serialize, ToSchema)]
struct NotificationPage<'a> {
    notifications: Vec<NotificationShown<'a>>,
    /// How many were not read yet, on all pages.
    #[schema(value_type = u64)]
    unread: serde_json::Value,
    /// The `cursor` of the next page.
    next: Option<Uuid>,
}

/// What was told, newest first, a page at a time.
#[utoipa::path(
    get,
    path = "/api/v1/notifications",
    params(ListQuery),
    responses((status = 200, description = "A page.", body = NotificationPage<'static>), (status = 404, description = "The cursor names nothing."))
)]
async fn list(caller: Caller, query: web::Query<ListQuery>) -> Answer {
    let ListQuery { unread, limit, cursor } = query.into_inner();
    let limit = paging::checked(limit)?;
    let mut told = caller.tracker.notifications(unread, cursor, limit + 1).await?;
    let has_more = told.len() > limit;
    told.truncate(limit);
    let next = told.last().filter(|_| has_more).map(|told| told.id);
    let unread = caller.tracker.unread_notifications().await?;
    let notifications = told.iter().map(shown).collect();
    Ok(fresh(&NotificationPage { notifications, unread: json!(unread), next }))
}

/// Which were read: these, or all that there are.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Which {
    Ids(Vec<Uuid>),
    All(bool),
}

#[derive(Serialize, ToSchema)]
struct ReadNow {
    success: bool,
    /// How many were marked now.
    #[schema(value_type = u64)]
    marked: serde_json::Value,
    /// How many are left.
    #[schema(value_type = u64)]
    unread: serde_json::Value,
}

/// Marks what was read, by name (1,000 at most) or all.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/read",
    request_body = Which,
    responses((status = 200, description = "Marked.", body = ReadNow))
)]
async fn mark_read(caller: Caller, body: web::Bytes) -> Answer {
    let which = match read(&body, "what was read, such as {\"ids\": [...]} or {\"all\": true}")? {
        Which::Ids(ids) if ids.len() > MOST_IDS => {
            return Err(Problem::bad_request(
                Sentence::new("refused.asked.ids_most").with("most", Value::exact(MOST_IDS)),
            ));
        }
        Which::Ids(ids) => Some(ids),
        Which::All(true) => None,
        Which::All(false) => Some(Vec::new()),
    };
    let marked = caller.tracker.mark_notifications_read(which).await?;
    let unread = caller.tracker.unread_notifications().await?;
    Ok(HttpResponse::Ok().json(ReadNow { success: true, marked: json!(marked), unread: json!(unread) }))
}

#[derive(Serialize, ToSchema)]
struct Channels {
    channels: [ChannelShown; 3],
}

#[derive(Serialize, ToSchema)]
struct ChannelShown {
    #[schema(value_type = ChannelName)]
    channel: Channel,
    /// Whether messages can go out by it here.
    open: bool,
}

/// By what ways notifications can go out here.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/channels",
    responses((status = 200, description = "All of them.", body = Channels))
)]
async fn channels(state: web::Data<State>) -> Answer {
    let shown = |channel| ChannelShown { channel, open: state.post.is_open(channel) };
    Ok(fresh(&Channels { channels: [Channel::Page, Channel::Email, Channel::Webhook].map(shown) }))
}

/// Refuses where nothing could be sent to.
fn check(state: &State, channel: Channel, destination: &str) -> Result<(), Problem> {
    state.post.check(channel, destination).map_err(|words| {
        if state.post.is_open(channel) { Problem::bad_request(words) } else { Problem::conflict(words) }
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

#[derive(Serialize, ToSchema)]
struct Rules {
    #[schema(value_type = Vec<RuleShown>)]
    rules: Vec<Rule>,
}

/// A rule.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands for the tracker's type in the documentation")]
struct RuleShown {
    id: Uuid,
    kind: TopicName,
    #[schema(required)]
    portfolio: Option<Uuid>,
    #[schema(required)]
    symbol: Option<Ticker>,
    #[schema(required)]
    threshold: Option<Amount>,
    channel: ChannelName,
    /// Empty for the page, and for readers.
    destination: String,
    enabled: bool,
    created_at: Instant,
}

/// A rule as somebody writes it.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "stands for the tracker's type in the documentation")]
struct RuleWanted {
    kind: TopicName,
    /// Of this portfolio only.
    portfolio: Option<Uuid>,
    /// Whose price, for `price-above` and `price-below`.
    symbol: Option<Ticker>,
    /// From what on: a price, per cent, percentage points or hours, as the kind says.
    threshold: Option<AnyAmount>,
    channel: ChannelName,
    /// An e-mail address or a URL, as the channel says; nothing for the page.
    #[schema(required = false)]
    destination: String,
    /// Whether it counts at present.
    #[schema(required = false, default = true)]
    enabled: bool,
}

/// What a rule asks to be told.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "stands for the tracker's type in the documentation")]
enum TopicName {
    RefreshFinished,
    RefreshFailed,
    CircuitOpened,
    CircuitClosed,
    ImportFinished,
    ImportFailed,
    PriceAbove,
    PriceBelow,
    Drawdown,
    Drift,
    DividendReceived,
    DataStale,
    WeeklySummary,
}

/// One's rules.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/rules",
    responses((status = 200, description = "All of them.", body = Rules))
)]
async fn rules(caller: Caller) -> Answer {
    Ok(fresh(&Rules { rules: rules_of(&caller).await? }))
}

/// A rule.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/rules/{rule}",
    params(("rule" = Uuid, Path, description = "The rule.")),
    responses((status = 200, description = "The rule.", body = RuleShown))
)]
async fn rule(caller: Caller, id: web::Path<String>) -> Answer {
    let id = id_of(&id, "rule")?;
    let found = rules_of(&caller).await?.into_iter().find(|rule| rule.id == id);
    let found = found.ok_or_else(|| Problem::NotFound("There is no such rule.".to_owned()))?;
    Ok(fresh(&found))
}

/// Makes a rule.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/rules",
    request_body = RuleWanted,
    responses((status = 201, description = "The rule.", body = RuleShown, headers(("Location", description = "Where it is."))), (status = 404, description = "There is no such portfolio."), (status = 409, description = "Nothing goes out by that way here, or there are too many."))
)]
async fn add_rule(state: web::Data<State>, caller: Caller, body: web::Bytes) -> Answer {
    let draft: RuleDraft = read(&body, "a rule")?;
    check(&state, draft.channel, &draft.destination)?;
    let rule = caller.tracker.add_notification_rule(draft).await?;
    let location = format!("/api/v1/notifications/rules/{}", rule.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(rule))
}

/// Replaces a rule.
#[utoipa::path(
    put,
    path = "/api/v1/notifications/rules/{rule}",
    params(("rule" = Uuid, Path, description = "The rule.")),
    request_body = RuleWanted,
    responses((status = 200, description = "The rule.", body = RuleShown), (status = 409, description = "Nothing goes out by that way here."))
)]
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

/// Removes a rule.
#[utoipa::path(
    delete,
    path = "/api/v1/notifications/rules/{rule}",
    params(("rule" = Uuid, Path, description = "The rule.")),
    responses((status = 204, description = "It is gone."))
)]
async fn remove_rule(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.remove_notification_rule(id_of(&id, "rule")?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Hours as somebody writes them; the zone is that of the home exchange where none is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Hours {
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "22:00")]
    from: String,
    /// Another one than `from`.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "07:00")]
    to: String,
    /// A zone of the tz database; that of the home exchange where none is named.
    #[schema(example = "America/New_York")]
    zone: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct QuietHoursShown {
    #[schema(value_type = Option<HoursShown>)]
    quiet_hours: Option<serde_json::Value>,
}

/// Nothing is sent then.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
struct HoursShown {
    from: String,
    to: String,
    zone: String,
}

fn shown_hours(hours: Option<QuietHours>) -> QuietHoursShown {
    let quiet_hours =
        hours.map(|hours| json!({ "from": hours.begins(), "to": hours.ends(), "zone": hours.zone() }));
    QuietHoursShown { quiet_hours }
}

/// When nothing is sent.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/quiet-hours",
    responses((status = 200, description = "The hours.", body = QuietHoursShown))
)]
async fn quiet_hours(caller: Caller) -> Answer {
    Ok(fresh(&shown_hours(caller.tracker.quiet_hours().await?)))
}

/// Sets when nothing is sent.
#[utoipa::path(
    put,
    path = "/api/v1/notifications/quiet-hours",
    request_body = Hours,
    responses((status = 200, description = "The hours.", body = QuietHoursShown))
)]
async fn set_quiet_hours(caller: Caller, body: web::Bytes) -> Answer {
    let Hours { from, to, zone } = read(&body, "quiet hours")?;
    let zone = zone.unwrap_or_else(|| caller.tracker.home_exchange().zone().name().to_owned());
    let hours =
        QuietHours::new(&from, &to, &zone).map_err(|error| Problem::bad_request(format!("{error}.")))?;
    caller.tracker.set_quiet_hours(Some(hours)).await?;
    Ok(HttpResponse::Ok().json(shown_hours(Some(hours))))
}

/// Has everything sent at once.
#[utoipa::path(
    delete,
    path = "/api/v1/notifications/quiet-hours",
    responses((status = 204, description = "There are none."))
)]
async fn no_quiet_hours(caller: Caller) -> Answer {
    caller.tracker.set_quiet_hours(None).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where a test is to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Test {
    #[schema(value_type = ChannelName)]
    channel: Channel,
    /// An e-mail address or a URL, as the channel says; nothing for the page.
    #[serde(default)]
    destination: String,
}

#[derive(Serialize, ToSchema)]
struct Sent {
    success: bool,
    notification: Uuid,
}

/// Sends a test by the way that all take; the list tells how it went.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/test",
    request_body = Test,
    responses((status = 202, description = "It is on its way.", body = Sent), (status = 409, description = "Nothing goes out by that way here."))
)]
async fn test(state: web::Data<State>, caller: Caller, body: web::Bytes) -> Answer {
    let Test { channel, destination } = read(&body, "where to send a test")?;
    check(&state, channel, &destination)?;
    let id = caller.tracker.send_test_notification(channel, destination).await?;
    Ok(HttpResponse::Accepted().json(Sent { success: true, notification: id }))
}
