//! Signing in and out, one's password and one's sessions.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{Role, UserId};
use bellwether_tracker::{NewSession, Passwords, Session};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{RoleName, instant, read};
use crate::web::State;
use crate::web::access::{cookie_of, no_cookie, visitor};
use crate::web::api::Answer;
use crate::web::api::answer::{fresh, gone};
use crate::web::api::schema::Instant;
use crate::web::caller::Caller;
use crate::web::sign_in::end_old_session;

/// Whoever signs in, by one of these names.
#[derive(Deserialize, ToSchema)]
struct Login {
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
    password: String,
}

/// Signs in by name and password.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    request_body = Login,
    responses((status = 200, description = "A session; its token is a cookie too.", body = Begun<'static>), (status = 401, description = "Name or password are wrong."))
)]
pub(super) async fn login(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> Answer {
    let Login { email, username, name, password } =
        read(&body, "a sign-in, such as {\"username\": \"...\", \"password\": \"...\"}")?;
    let name = email.or(username).or(name).unwrap_or_default();
    let session = state.tracker.sign_in(&name, password, &visitor(&request)).await?;
    end_old_session(&state, &request).await?;
    Ok(begun(&state, &request, &session))
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
struct Begun<'a> {
    success: bool,
    /// For the header `Authorization: Bearer`.
    access_token: &'a str,
    #[schema(value_type = String)]
    token_type: &'static str,
    #[schema(value_type = Instant)]
    expires_at: String,
    user: BegunFor<'a>,
}

/// Whose session it is.
#[derive(Serialize, ToSchema)]
struct BegunFor<'a> {
    #[schema(value_type = Uuid)]
    id: UserId,
    name: &'a str,
    #[schema(value_type = RoleName)]
    role: Role,
}

fn begun(state: &State, request: &HttpRequest, session: &NewSession) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(cookie_of(&state.entry, request, session, state.tracker.clock().now()))
        .json(Begun {
            success: true,
            access_token: &session.token,
            token_type: "bearer",
            expires_at: instant(session.expires_at),
            user: BegunFor { id: session.user, name: &session.name, role: session.role },
        })
}

/// Ends the session that is named by header or cookie.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    responses((status = 204, description = "Nobody is signed in any more."))
)]
pub(super) async fn logout(state: web::Data<State>, request: HttpRequest) -> Answer {
    let told = request.headers().get(header::AUTHORIZATION).and_then(|told| told.to_str().ok());
    if let Some((_, token)) = told.and_then(|told| told.split_once(' ')) {
        state.tracker.sign_out(token.trim()).await?;
    }
    end_old_session(&state, &request).await?;
    Ok(HttpResponse::NoContent().cookie(no_cookie(&state.entry, &request)).finish())
}

/// Who asks.
#[derive(Serialize, ToSchema)]
struct Me {
    #[schema(value_type = Uuid)]
    id: UserId,
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    /// `read`, `write` and `admin`.
    scopes: Vec<String>,
}

/// Tells who asks.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    responses((status = 200, description = "Who asks.", body = Me))
)]
pub(super) async fn me(caller: Caller) -> Answer {
    let who = &caller.who;
    let scopes = who.scopes.words().split(' ').map(str::to_owned).collect();
    Ok(fresh(&Me { id: who.user, name: who.name.clone(), role: who.role, scopes }))
}

/// A change of one's password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedChange {
    /// The present one.
    old: String,
    /// At least twelve characters, and none of those that everybody takes.
    #[schema(min_length = 12, max_length = 1024)]
    new: String,
    /// Tokens and links too.
    #[serde(default)]
    revoke: bool,
}

/// Changes one's password; all other sessions end.
#[utoipa::path(
    put,
    path = "/api/v1/auth/password",
    request_body = WantedChange,
    responses((status = 200, description = "Changed; a new session.", body = Begun<'static>), (status = 401, description = "Nobody is signed in, or the present password is another."))
)]
pub(super) async fn change_password(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
) -> Answer {
    let WantedChange { old, new, revoke } =
        read(&body, "passwords, such as {\"old\": \"...\", \"new\": \"...\"}")?;
    let passwords = Passwords { old, new, revoke };
    let session = caller.tracker.change_password(&caller.who, passwords, &visitor(&request)).await?;
    Ok(begun(&state, &request, &session))
}

/// A session.
#[derive(Serialize, ToSchema)]
struct SessionShown {
    id: String,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Instant)]
    last_seen_at: String,
    #[schema(value_type = Instant)]
    expires_at: String,
    /// Where it was begun.
    address: String,
    user_agent: String,
    /// Whether it is the one that asks.
    current: bool,
}

fn shown_session(session: &Session) -> SessionShown {
    SessionShown {
        id: session.id.clone(),
        created_at: instant(session.created_at),
        last_seen_at: instant(session.last_seen_at),
        expires_at: instant(session.expires_at),
        address: session.address.clone(),
        user_agent: session.agent.clone(),
        current: session.is_this,
    }
}

#[derive(Serialize, ToSchema)]
struct Sessions {
    sessions: Vec<SessionShown>,
}

/// One's sessions.
#[utoipa::path(
    get,
    path = "/api/v1/auth/sessions",
    responses((status = 200, description = "All of them.", body = Sessions))
)]
pub(super) async fn sessions(caller: Caller) -> Answer {
    let sessions = caller.tracker.sessions(&caller.who).await?;
    Ok(fresh(&Sessions { sessions: sessions.iter().map(shown_session).collect() }))
}

#[derive(Serialize, ToSchema)]
struct Ended {
    success: bool,
    /// How many.
    ended: usize,
}

/// Ends one's other sessions.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions",
    responses((status = 200, description = "Ended.", body = Ended))
)]
pub(super) async fn end_others(caller: Caller) -> Answer {
    let ended = caller.tracker.end_other_sessions(&caller.who).await?;
    Ok(HttpResponse::Ok().json(Ended { success: true, ended }))
}

/// Ends one of one's sessions.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions/{session}",
    params(("session" = String, Path, description = "The session, by the `id` of the list.")),
    responses((status = 204, description = "Ended."))
)]
pub(super) async fn end_session(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.end_session(&caller.who, &id).await?;
    Ok(gone())
}
