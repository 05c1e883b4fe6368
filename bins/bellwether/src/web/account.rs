//! One's own account and, for the owner, everybody's, as pages.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{Portfolio, PortfolioId, Role, UserId};
use bellwether_tracker::{NewUser, Passwords, Scopes, TrackerError};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::State;
use super::access::visitor;
use super::caller::Caller;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::pages::{Answer, html, see_other};
use super::problem::Problem;
use super::provider_sign_in::{ProviderPart, provider_part};
use super::sign_in::entered;
use super::view::page::{Page, Place};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    app.service(address("/account", READ).route(reading().to(account)))
        .service(post("/account/password").route(web::post().to(change_password)))
        .service(post("/account/sessions/end-others").route(web::post().to(end_others)))
        .service(post("/account/sessions/{session}/end").route(web::post().to(end_session)))
        .service(post("/account/tokens").route(web::post().to(add_token)))
        .service(post("/account/tokens/{id}/revoke").route(web::post().to(revoke_token)))
        .service(post("/account/links").route(web::post().to(add_link)))
        .service(post("/account/links/{id}/revoke").route(web::post().to(revoke_link)))
        .service(
            address("/users", "GET, HEAD, POST").route(reading().to(users)).route(web::post().to(add_user)),
        )
        .service(post("/users/{user}/password").route(web::post().to(reset_password)))
        .service(post("/users/{user}/remove").route(web::post().to(remove_user)));
}

/// A day and minute for people.
fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What was told once, and what went wrong.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) problem: Option<String>,
    pub(super) done: Option<String>,
    pub(super) secret: Option<String>,
}

#[derive(Serialize)]
struct AccountPage {
    page: Page,
    problem: Option<String>,
    done: Option<String>,
    secret: Option<String>,
    name: String,
    role: &'static str,
    is_locked: bool,
    is_owner: bool,
    may_share: bool,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    links: Vec<LinkRow>,
    portfolios: Vec<Choice>,
    last_year: i32,
    backups: Vec<BackupRow>,
    /// What is said of the provider by whom people may sign in too.
    provider: Option<ProviderPart>,
}

#[derive(Serialize)]
struct BackupRow {
    at: String,
    outcome: String,
    failed: bool,
}

#[derive(Serialize)]
struct SessionRow {
    id: String,
    is_this: bool,
    agent: String,
    address: String,
    began: String,
    seen: String,
}

#[derive(Serialize)]
struct TokenRow {
    id: Uuid,
    name: String,
    scopes: String,
    expires: String,
    used: String,
}

#[derive(Serialize)]
struct LinkRow {
    id: Uuid,
    name: String,
    portfolio: String,
    expires: String,
}

#[derive(Serialize)]
struct Choice {
    id: PortfolioId,
    name: String,
}

/// None for a token that is not to read.
async fn portfolios_of(caller: &Caller) -> Result<Vec<Portfolio>, TrackerError> {
    if caller.who.may_read() { caller.tracker.portfolios().await } else { Ok(Vec::new()) }
}

pub(super) async fn account_page(
    state: &State,
    request: &HttpRequest,
    caller: &Caller,
    told: Told,
) -> Answer {
    let Caller { tracker, who } = caller;
    let portfolios = portfolios_of(caller).await?;
    let ends = |at: Option<DateTime<Utc>>| at.map_or("never".to_owned(), time);
    let sessions = tracker.sessions(who).await?.into_iter().map(|session| SessionRow {
        id: session.id,
        is_this: session.is_this,
        agent: session.agent,
        address: session.address,
        began: time(session.created_at),
        seen: time(session.last_seen_at),
    });
    let tokens = tracker.tokens(who).await?.into_iter().map(|token| TokenRow {
        id: token.id,
        name: token.name,
        scopes: token.scopes,
        expires: ends(token.expires_at),
        used: token.last_used_at.map_or("never".to_owned(), time),
    });
    let name_of = |id: PortfolioId| {
        portfolios.iter().find(|portfolio| portfolio.id == id).map(|portfolio| portfolio.name.clone())
    };
    let links = if who.may_change() { tracker.share_links().await? } else { Vec::new() };
    let links = links.into_iter().map(|link| LinkRow {
        id: link.id,
        portfolio: name_of(link.portfolio).unwrap_or_default(),
        name: link.name,
        expires: ends(link.expires_at),
    });
    let refused = told.problem.is_some();
    let made = if who.may_administer() { tracker.backups().await? } else { Vec::new() };
    let backups = made.into_iter().map(|made| BackupRow {
        at: time(made.at),
        failed: made.error.is_some(),
        outcome: made.error.or(made.file).unwrap_or_default(),
    });
    let page = AccountPage {
        last_year: tracker.today().year() - 1,
        backups: backups.collect(),
        provider: provider_part(state, caller, locale_of(request)).await?,
        page: Page::new(state, "Account", &portfolios, None, Place::Elsewhere),
        problem: told.problem,
        done: told.done,
        secret: told.secret,
        name: who.name.clone(),
        role: who.role.as_str(),
        is_locked: state.entry.is_locked,
        is_owner: who.may_administer(),
        may_share: who.may_share(),
        sessions: sessions.collect(),
        tokens: tokens.collect(),
        links: links.collect(),
        portfolios: portfolios
            .iter()
            .map(|portfolio| Choice { id: portfolio.id, name: portfolio.name.clone() })
            .collect(),
    };
    let mut answer = html(state.templates.render("account.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(unkept(answer))
}

/// Secrets are on these pages once: nothing keeps them.
pub(super) fn unkept(mut answer: HttpResponse) -> HttpResponse {
    let no_store = actix_web::http::header::HeaderValue::from_static("no-store");
    answer.headers_mut().insert(actix_web::http::header::CACHE_CONTROL, no_store);
    answer
}

/// What was refused in words stands on the page; other failures do not.
fn words(error: TrackerError) -> Result<String, Problem> {
    match error {
        TrackerError::Refused(words) | TrackerError::Conflict(words) => Ok(words),
        TrackerError::WrongPassword => Ok("That is not your password.".to_owned()),
        other => Err(other.into()),
    }
}

async fn account(state: web::Data<State>, request: HttpRequest, caller: Caller) -> Answer {
    account_page(&state, &request, &caller, Told::default()).await
}

#[derive(Deserialize)]
struct PasswordForm {
    old: String,
    new: String,
    again: String,
    /// A box that is ticked, or not there.
    revoke: Option<String>,
}

async fn change_password(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    form: web::Form<PasswordForm>,
) -> Answer {
    let PasswordForm { old, new, again, revoke } = form.into_inner();
    let told = |problem: String| Told { problem: Some(problem), ..Told::default() };
    if new != again {
        let problem = told("The two new passwords are not the same.".to_owned());
        return account_page(&state, &request, &caller, problem).await;
    }
    let passwords = Passwords { old, new, revoke: revoke.is_some() };
    match caller.tracker.change_password(&caller.who, passwords, &visitor(&request)).await {
        Ok(session) => Ok(entered(&state, &request, &session, "/account")),
        Err(error) => account_page(&state, &request, &caller, told(words(error)?)).await,
    }
}

async fn end_session(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.end_session(&caller.who, &id).await?;
    Ok(see_other("/account"))
}

async fn end_others(caller: Caller) -> Answer {
    caller.tracker.end_other_sessions(&caller.who).await?;
    Ok(see_other("/account"))
}

/// Days until something ends; nothing written is never.
fn end_after(days: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, String> {
    let days = days.trim();
    if days.is_empty() {
        return Ok(None);
    }
    match days.parse::<u16>() {
        Ok(days) if days > 0 => Ok(Some(now + TimeDelta::days(days.into()))),
        _ => Err("Give the days until it ends as a whole number, or none.".to_owned()),
    }
}

#[derive(Deserialize)]
struct TokenForm {
    name: String,
    scopes: String,
    #[serde(default)]
    days: String,
}

async fn add_token(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<TokenForm>,
) -> Answer {
    let TokenForm { name, scopes, days } = form.into_inner();
    let made = async {
        let ends = end_after(&days, state.tracker.clock().now()).map_err(TrackerError::Refused)?;
        let scopes = Scopes::from_words(&scopes)
            .ok_or_else(|| TrackerError::Refused("Scopes are read, write and admin.".to_owned()))?;
        caller.tracker.add_token(&caller.who, &name, scopes, ends).await
    };
    let told = match made.await {
        Ok((token, _)) => Told { secret: Some(token), ..Told::default() },
        Err(error) => Told { problem: Some(words(error)?), ..Told::default() },
    };
    account_page(&state, &request, &caller, told).await
}

async fn revoke_token(caller: Caller, id: web::Path<Uuid>) -> Answer {
    caller.tracker.revoke_token(&caller.who, *id).await?;
    Ok(see_other("/account"))
}

#[derive(Deserialize)]
struct LinkForm {
    portfolio: PortfolioId,
    name: String,
    #[serde(default)]
    days: String,
}

async fn add_link(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<LinkForm>,
) -> Answer {
    let LinkForm { portfolio, name, days } = form.into_inner();
    let made = async {
        let ends = end_after(&days, state.tracker.clock().now()).map_err(TrackerError::Refused)?;
        caller.tracker.add_share_link(portfolio, &name, ends).await
    };
    let told = match made.await {
        Ok((token, _)) => Told { secret: Some(format!("/shared/{token}")), ..Told::default() },
        Err(error) => Told { problem: Some(words(error)?), ..Told::default() },
    };
    account_page(&state, &request, &caller, told).await
}

async fn revoke_link(caller: Caller, id: web::Path<Uuid>) -> Answer {
    caller.tracker.revoke_share_link(*id).await?;
    Ok(see_other("/account"))
}

#[derive(Serialize)]
struct UsersPage {
    page: Page,
    problem: Option<String>,
    done: Option<String>,
    name: String,
    role: String,
    users: Vec<UserRow>,
}

#[derive(Serialize)]
struct UserRow {
    id: UserId,
    name: String,
    email: String,
    role: &'static str,
    since: String,
    is_owner: bool,
}

async fn users_page(state: &State, caller: &Caller, told: Told, typed: (String, String)) -> Answer {
    let portfolios = portfolios_of(caller).await?;
    let users = caller.tracker.users().await?.into_iter().map(|user| UserRow {
        id: user.id,
        name: user.name,
        email: user.email.unwrap_or_default(),
        role: user.role.as_str(),
        since: time(user.created_at),
        is_owner: user.role == Role::Owner,
    });
    let refused = told.problem.is_some();
    let page = UsersPage {
        page: Page::new(state, "Users", &portfolios, None, Place::Elsewhere),
        problem: told.problem,
        done: told.done,
        name: typed.0,
        role: typed.1,
        users: users.collect(),
    };
    let mut answer = html(state.templates.render("users.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(unkept(answer))
}

async fn users(state: web::Data<State>, caller: Caller) -> Answer {
    users_page(&state, &caller, Told::default(), Default::default()).await
}

#[derive(Deserialize)]
struct UserForm {
    name: String,
    #[serde(default)]
    email: String,
    role: String,
    password: String,
}

async fn add_user(state: web::Data<State>, caller: Caller, form: web::Form<UserForm>) -> Answer {
    let UserForm { name, email, role, password } = form.into_inner();
    let added = async {
        let role: Role = role.parse().map_err(|error| TrackerError::Refused(format!("{error}.")))?;
        let new = NewUser { name: name.clone(), email: Some(email), role, password };
        caller.tracker.add_user(new).await
    };
    match added.await {
        Ok(_) => Ok(see_other("/users")),
        Err(error) => {
            let told = Told { problem: Some(words(error)?), ..Told::default() };
            users_page(&state, &caller, told, (name, role)).await
        }
    }
}

#[derive(Deserialize)]
struct NewPassword {
    password: String,
}

async fn reset_password(
    state: web::Data<State>,
    caller: Caller,
    user: web::Path<UserId>,
    form: web::Form<NewPassword>,
) -> Answer {
    let given = caller.tracker.give_password(&caller.who, *user, form.into_inner().password).await;
    let told = match given {
        Ok(()) => {
            let done = "The password is set. Their sessions have ended, their tokens and links are revoked."
                .to_owned();
            Told { done: Some(done), ..Told::default() }
        }
        Err(error) => Told { problem: Some(words(error)?), ..Told::default() },
    };
    users_page(&state, &caller, told, Default::default()).await
}

async fn remove_user(state: web::Data<State>, caller: Caller, user: web::Path<UserId>) -> Answer {
    match caller.tracker.remove_user(*user).await {
        Ok(()) => Ok(see_other("/users")),
        Err(error) => {
            let told = Told { problem: Some(words(error)?), ..Told::default() };
            users_page(&state, &caller, told, Default::default()).await
        }
    }
}
