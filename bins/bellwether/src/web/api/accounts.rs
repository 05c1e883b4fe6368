//! Signing in, and who may come in, for programs.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{PortfolioId, Role, UserId};
use bellwether_tracker::{ApiToken, NewSession, NewUser, Passwords, Scopes, Session, ShareLink, User};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Answer;
use crate::web::State;
use crate::web::access::{cookie_of, no_cookie, visitor};
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};
use crate::web::problem::Problem;
use crate::web::sign_in::end_old_session;

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/auth/login", "POST").route(web::post().to(login)))
        .service(address("/api/v1/auth/logout", "POST").route(web::post().to(logout)))
        .service(address("/api/v1/auth/me", READ).route(reading().to(me)))
        .service(address("/api/v1/auth/password", "PUT").route(web::put().to(change_password)))
        .service(
            address("/api/v1/auth/sessions", "GET, HEAD, DELETE")
                .route(reading().to(sessions))
                .route(web::delete().to(end_others)),
        )
        .service(address("/api/v1/auth/sessions/{session}", "DELETE").route(web::delete().to(end_session)))
        .service(
            address("/api/v1/auth/tokens", "GET, HEAD, POST")
                .route(reading().to(tokens))
                .route(web::post().to(add_token)),
        )
        .service(address("/api/v1/auth/tokens/{id}", "DELETE").route(web::delete().to(revoke_token)))
        .service(
            address("/api/v1/share-links", "GET, HEAD, POST")
                .route(reading().to(links))
                .route(web::post().to(add_link)),
        )
        .service(address("/api/v1/share-links/{id}", "DELETE").route(web::delete().to(revoke_link)))
        .service(
            address("/api/v1/users", "GET, HEAD, POST")
                .route(reading().to(users))
                .route(web::post().to(add_user)),
        )
        .service(address("/api/v1/users/{user}", "DELETE").route(web::delete().to(remove_user)))
        .service(address("/api/v1/users/{user}/password", "PUT").route(web::put().to(reset_password)));
}

fn fresh(body: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Problem> {
    // What was sent may hold a password, which is not repeated.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::BadRequest(format!("The body is no JSON of {what} (line {line}, column {column})."))
    })
}

fn named<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse().map_err(|_unreadable| Problem::NotFound(format!("There is no such {what}.")))
}

/// Whoever signs in, by one of these names.
#[derive(Deserialize)]
struct Login {
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
    password: String,
}

async fn login(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> Answer {
    let Login { email, username, name, password } =
        read(&body, "a sign-in, such as {\"username\": \"...\", \"password\": \"...\"}")?;
    let name = email.or(username).or(name).unwrap_or_default();
    let session = state.tracker.sign_in(&name, password, &visitor(&request)).await?;
    end_old_session(&state, &request).await?;
    Ok(begun(&state, &request, &session))
}

fn begun(state: &State, request: &HttpRequest, session: &NewSession) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(cookie_of(&state.entry, request, session, state.tracker.clock().now()))
        .json(json!({
            "success": true,
            "access_token": session.token,
            "token_type": "bearer",
            "expires_at": instant(session.expires_at),
            "user": { "id": session.user, "name": session.name, "role": session.role },
        }))
}

/// Ends the session that is named by header or cookie.
async fn logout(state: web::Data<State>, request: HttpRequest) -> Answer {
    let told = request.headers().get(header::AUTHORIZATION).and_then(|told| told.to_str().ok());
    if let Some((_, token)) = told.and_then(|told| told.split_once(' ')) {
        state.tracker.sign_out(token.trim()).await?;
    }
    end_old_session(&state, &request).await?;
    Ok(HttpResponse::NoContent().cookie(no_cookie(&state.entry, &request)).finish())
}

async fn me(caller: Caller) -> Answer {
    let who = &caller.who;
    Ok(fresh(&json!({
        "id": who.user,
        "name": who.name,
        "role": who.role,
        "scopes": who.scopes.words().split(' ').collect::<Vec<_>>(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedChange {
    old: String,
    new: String,
    /// Tokens and links too.
    #[serde(default)]
    revoke: bool,
}

async fn change_password(
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

fn shown_session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "created_at": instant(session.created_at),
        "last_seen_at": instant(session.last_seen_at),
        "expires_at": instant(session.expires_at),
        "address": session.address,
        "user_agent": session.agent,
        "current": session.is_this,
    })
}

async fn sessions(caller: Caller) -> Answer {
    let sessions = caller.tracker.sessions(&caller.who).await?;
    Ok(fresh(&json!({ "sessions": sessions.iter().map(shown_session).collect::<Vec<_>>() })))
}

async fn end_others(caller: Caller) -> Answer {
    let ended = caller.tracker.end_other_sessions(&caller.who).await?;
    Ok(HttpResponse::Ok().json(json!({ "success": true, "ended": ended })))
}

async fn end_session(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.end_session(&caller.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown_token(token: &ApiToken) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes.split(' ').collect::<Vec<_>>(),
        "created_at": instant(token.created_at),
        "expires_at": token.expires_at.map(instant),
        "last_used_at": token.last_used_at.map(instant),
    })
}

async fn tokens(caller: Caller) -> Answer {
    let tokens = caller.tracker.tokens(&caller.who).await?;
    Ok(fresh(&json!({ "tokens": tokens.iter().map(shown_token).collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    name: String,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
}

async fn add_token(caller: Caller, body: web::Bytes) -> Answer {
    let WantedToken { name, scopes, expires_at } =
        read(&body, "a token, such as {\"name\": \"backup\", \"scopes\": [\"read\"]}")?;
    let scopes = Scopes::from_words(&scopes.join(" ")).ok_or_else(|| {
        Problem::BadRequest("Scopes are read, write and admin: give one or more.".to_owned())
    })?;
    let (token, record) = caller.tracker.add_token(&caller.who, &name, scopes, expires_at).await?;
    let mut told = shown_token(&record);
    told["token"] = json!(token);
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

async fn revoke_token(caller: Caller, id: web::Path<String>) -> Answer {
    let id: Uuid = named(&id, "token")?;
    caller.tracker.revoke_token(&caller.who, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown_link(link: &ShareLink) -> Value {
    json!({
        "id": link.id,
        "portfolio_id": link.portfolio,
        "name": link.name,
        "created_at": instant(link.created_at),
        "expires_at": link.expires_at.map(instant),
    })
}

async fn links(caller: Caller) -> Answer {
    let links = caller.tracker.share_links().await?;
    Ok(fresh(&json!({ "share_links": links.iter().map(shown_link).collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedLink {
    portfolio: PortfolioId,
    name: String,
    expires_at: Option<DateTime<Utc>>,
}

async fn add_link(caller: Caller, body: web::Bytes) -> Answer {
    let WantedLink { portfolio, name, expires_at } =
        read(&body, "a link, such as {\"portfolio\": \"...\", \"name\": \"for Grace\"}")?;
    let (token, link) = caller.tracker.add_share_link(portfolio, &name, expires_at).await?;
    let mut told = shown_link(&link);
    told["path"] = json!(format!("/shared/{token}"));
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

async fn revoke_link(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.revoke_share_link(named(&id, "link")?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown_user(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "created_at": instant(user.created_at),
    })
}

async fn users(caller: Caller) -> Answer {
    let users = caller.tracker.users().await?;
    Ok(fresh(&json!({ "users": users.iter().map(shown_user).collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedUser {
    name: String,
    email: Option<String>,
    role: Role,
    password: String,
}

async fn add_user(caller: Caller, body: web::Bytes) -> Answer {
    let WantedUser { name, email, role, password } =
        read(&body, "a user, with \"name\", \"role\" and \"password\"")?;
    let user = caller.tracker.add_user(NewUser { name, email, role, password }).await?;
    Ok(HttpResponse::Created().json(shown_user(&user)))
}

async fn remove_user(caller: Caller, id: web::Path<String>) -> Answer {
    let user: UserId = named(&id, "user")?;
    caller.tracker.remove_user(user).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedPassword {
    password: String,
}

async fn reset_password(caller: Caller, id: web::Path<String>, body: web::Bytes) -> Answer {
    let user: UserId = named(&id, "user")?;
    let WantedPassword { password } = read(&body, "a password")?;
    caller.tracker.give_password(&caller.who, user, password).await?;
    Ok(HttpResponse::NoContent().finish())
}
