//! Signing in, and who may come in, for programs.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{PortfolioId, Role, UserId};
use bellwether_tracker::{ApiToken, NewSession, NewUser, Passwords, Scopes, Session, ShareLink, User};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::Answer;
use super::schema::Instant;
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

#[derive(OpenApi)]
#[openapi(paths(
    login,
    logout,
    me,
    change_password,
    sessions,
    end_others,
    end_session,
    tokens,
    add_token,
    revoke_token,
    links,
    add_link,
    revoke_link,
    users,
    add_user,
    remove_user,
    reset_password
))]
pub(in crate::web) struct Operations;

fn fresh(body: &impl Serialize) -> HttpResponse {
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
async fn login(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> Answer {
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

/// `owner` looks after the installation, `member` has portfolios of their own, `reader` sees and changes nothing.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the roles in the documentation")]
enum RoleName {
    Owner,
    Member,
    Reader,
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
async fn logout(state: web::Data<State>, request: HttpRequest) -> Answer {
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
async fn me(caller: Caller) -> Answer {
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
    #[schema(min_length = 12, max_length = 1000)]
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
async fn sessions(caller: Caller) -> Answer {
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
async fn end_others(caller: Caller) -> Answer {
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
async fn end_session(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.end_session(&caller.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A token for programs.
#[derive(Serialize, ToSchema)]
struct TokenShown {
    id: Uuid,
    name: String,
    /// `read`, `write` and `admin`.
    scopes: Vec<String>,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Option<Instant>)]
    expires_at: Option<String>,
    #[schema(value_type = Option<Instant>)]
    last_used_at: Option<String>,
    /// The token itself, once: when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

fn shown_token(token: &ApiToken) -> TokenShown {
    TokenShown {
        id: token.id,
        name: token.name.clone(),
        scopes: token.scopes.split(' ').map(str::to_owned).collect(),
        created_at: instant(token.created_at),
        expires_at: token.expires_at.map(instant),
        last_used_at: token.last_used_at.map(instant),
        token: None,
    }
}

#[derive(Serialize, ToSchema)]
struct Tokens {
    tokens: Vec<TokenShown>,
}

/// One's tokens, without what they are.
#[utoipa::path(
    get,
    path = "/api/v1/auth/tokens",
    responses((status = 200, description = "All of them.", body = Tokens))
)]
async fn tokens(caller: Caller) -> Answer {
    let tokens = caller.tracker.tokens(&caller.who).await?;
    Ok(fresh(&Tokens { tokens: tokens.iter().map(shown_token).collect() }))
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    #[schema(min_length = 1, max_length = 100, example = "backup")]
    name: String,
    /// One or more of `read`, `write` and `admin`.
    #[schema(value_type = Vec<Scope>, min_items = 1)]
    scopes: Vec<String>,
    /// Never, where it is not told.
    expires_at: Option<DateTime<Utc>>,
}

/// What a token is good for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the scopes in the documentation")]
enum Scope {
    Read,
    Write,
    Admin,
}

/// Makes a token. What it is, is told this once.
#[utoipa::path(
    post,
    path = "/api/v1/auth/tokens",
    request_body = WantedToken,
    responses((status = 201, description = "The token.", body = TokenShown), (status = 409, description = "There are too many, or one of that name."))
)]
async fn add_token(caller: Caller, body: web::Bytes) -> Answer {
    let WantedToken { name, scopes, expires_at } =
        read(&body, "a token, such as {\"name\": \"backup\", \"scopes\": [\"read\"]}")?;
    let scopes = Scopes::from_words(&scopes.join(" ")).ok_or_else(|| {
        Problem::BadRequest("Scopes are read, write and admin: give one or more.".to_owned())
    })?;
    let (token, record) = caller.tracker.add_token(&caller.who, &name, scopes, expires_at).await?;
    let told = TokenShown { token: Some(token), ..shown_token(&record) };
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

/// Revokes a token.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/tokens/{id}",
    params(("id" = Uuid, Path, description = "Its identifier.")),
    responses((status = 204, description = "It lets nobody in any more."))
)]
async fn revoke_token(caller: Caller, id: web::Path<String>) -> Answer {
    let id: Uuid = named(&id, "token")?;
    caller.tracker.revoke_token(&caller.who, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A link by which a portfolio is seen without its amounts.
#[derive(Serialize, ToSchema)]
struct LinkShown {
    id: Uuid,
    #[schema(value_type = Uuid)]
    portfolio_id: PortfolioId,
    name: String,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Option<Instant>)]
    expires_at: Option<String>,
    /// Where it leads, once: when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

fn shown_link(link: &ShareLink) -> LinkShown {
    LinkShown {
        id: link.id,
        portfolio_id: link.portfolio,
        name: link.name.clone(),
        created_at: instant(link.created_at),
        expires_at: link.expires_at.map(instant),
        path: None,
    }
}

#[derive(Serialize, ToSchema)]
struct Links {
    share_links: Vec<LinkShown>,
}

/// One's links.
#[utoipa::path(
    get,
    path = "/api/v1/share-links",
    responses((status = 200, description = "All of them.", body = Links))
)]
async fn links(caller: Caller) -> Answer {
    let links = caller.tracker.share_links().await?;
    Ok(fresh(&Links { share_links: links.iter().map(shown_link).collect() }))
}

/// A link to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedLink {
    #[schema(value_type = Uuid)]
    portfolio: PortfolioId,
    #[schema(min_length = 1, max_length = 100, example = "for Grace")]
    name: String,
    /// Never, where it is not told.
    expires_at: Option<DateTime<Utc>>,
}

/// Makes a link. Where it leads is told this once.
#[utoipa::path(
    post,
    path = "/api/v1/share-links",
    request_body = WantedLink,
    responses((status = 201, description = "The link.", body = LinkShown), (status = 404, description = "There is no such portfolio."), (status = 409, description = "There are too many."))
)]
async fn add_link(caller: Caller, body: web::Bytes) -> Answer {
    let WantedLink { portfolio, name, expires_at } =
        read(&body, "a link, such as {\"portfolio\": \"...\", \"name\": \"for Grace\"}")?;
    let (token, link) = caller.tracker.add_share_link(portfolio, &name, expires_at).await?;
    let told = LinkShown { path: Some(format!("/shared/{token}")), ..shown_link(&link) };
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

/// Revokes a link.
#[utoipa::path(
    delete,
    path = "/api/v1/share-links/{id}",
    params(("id" = Uuid, Path, description = "Its identifier.")),
    responses((status = 204, description = "It leads nowhere any more."))
)]
async fn revoke_link(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.revoke_share_link(named(&id, "link")?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Somebody who may sign in.
#[derive(Serialize, ToSchema)]
struct UserShown {
    #[schema(value_type = Uuid)]
    id: UserId,
    name: String,
    email: Option<String>,
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = Instant)]
    created_at: String,
}

fn shown_user(user: &User) -> UserShown {
    UserShown {
        id: user.id,
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.role,
        created_at: instant(user.created_at),
    }
}

#[derive(Serialize, ToSchema)]
struct Users {
    users: Vec<UserShown>,
}

/// Who may sign in.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    responses((status = 200, description = "All of them.", body = Users))
)]
async fn users(caller: Caller) -> Answer {
    let users = caller.tracker.users().await?;
    Ok(fresh(&Users { users: users.iter().map(shown_user).collect() }))
}

/// Somebody who is to be able to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedUser {
    #[schema(min_length = 1, max_length = 100, example = "grace")]
    name: String,
    email: Option<String>,
    #[schema(value_type = RoleName)]
    role: Role,
    /// At least twelve characters, and none of those that everybody takes.
    #[schema(min_length = 12, max_length = 1000)]
    password: String,
}

/// Lets somebody sign in.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    request_body = WantedUser,
    responses((status = 201, description = "The user.", body = UserShown), (status = 409, description = "There is one of that name or address."))
)]
async fn add_user(caller: Caller, body: web::Bytes) -> Answer {
    let WantedUser { name, email, role, password } =
        read(&body, "a user, with \"name\", \"role\" and \"password\"")?;
    let user = caller.tracker.add_user(NewUser { name, email, role, password }).await?;
    Ok(HttpResponse::Created().json(shown_user(&user)))
}

/// Removes a user with all that is theirs.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{user}",
    params(("user" = Uuid, Path, description = "The user.")),
    responses((status = 204, description = "They are gone."), (status = 409, description = "They are the last owner."))
)]
async fn remove_user(caller: Caller, id: web::Path<String>) -> Answer {
    let user: UserId = named(&id, "user")?;
    caller.tracker.remove_user(user).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedPassword {
    #[schema(min_length = 12, max_length = 1000)]
    password: String,
}

/// Gives a user another password; their sessions end.
#[utoipa::path(
    put,
    path = "/api/v1/users/{user}/password",
    params(("user" = Uuid, Path, description = "The user.")),
    request_body = WantedPassword,
    responses((status = 204, description = "It is theirs now."),
        (status = 409, description = "They are the owner, who changes it with the old one."))
)]
async fn reset_password(caller: Caller, id: web::Path<String>, body: web::Bytes) -> Answer {
    let user: UserId = named(&id, "user")?;
    let WantedPassword { password } = read(&body, "a password")?;
    caller.tracker.give_password(&caller.who, user, password).await?;
    Ok(HttpResponse::NoContent().finish())
}
