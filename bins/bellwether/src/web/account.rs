//! One's own account, as a page: password, sessions, tokens, links, and what the browser remembers of its looks.

mod device;
mod page;
mod users;

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::Locale;
use bellwether_tracker::{Passwords, Scopes, TrackerError};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::State;
use super::access::visitor;
use super::caller::Caller;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::pages::{Answer, see_other};
use super::problem::Problem;
use super::sign_in::entered;
use super::view::refusal::refused;
pub(super) use page::{Part, Told, account_page, unkept};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    app.service(address("/account", READ).route(reading().to(account)))
        .service(post("/account/password").route(web::post().to(change_password)))
        .service(post("/account/sessions/end-others").route(web::post().to(end_others)))
        .service(post("/account/sessions/{session}/end").route(web::post().to(end_session)))
        .service(post("/account/tokens").route(web::post().to(add_token)))
        .service(post("/account/tokens/{id}/revoke").route(web::post().to(revoke_token)))
        .service(post("/account/links").route(web::post().to(add_link)))
        .service(post("/account/links/{id}/revoke").route(web::post().to(revoke_link)));
    users::routes(app);
}

/// What was refused in words stands on the page; other failures do not.
fn words(error: TrackerError, locale: Locale) -> Result<String, Problem> {
    match error {
        TrackerError::Refused(words) | TrackerError::Conflict(words) => Ok(refused(locale, &words)),
        TrackerError::WrongPassword => Ok(locale.text("accounts.password.wrong")),
        other => Err(other.into()),
    }
}

/// What was done just before, as the address says it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Password,
    Session,
    Others,
    Token,
    Link,
}

impl Done {
    fn told(self, locale: Locale) -> Told {
        let (part, key) = match self {
            Self::Password => (Part::Password, "accounts.password.changed"),
            Self::Session => (Part::Sessions, "accounts.sessions.ended"),
            Self::Others => (Part::Sessions, "accounts.sessions.ended_others"),
            Self::Token => (Part::Tokens, "accounts.tokens.revoked"),
            Self::Link => (Part::Links, "accounts.links.revoked"),
        };
        Told { done: Some(locale.text(key)), ..Told::of(part) }
    }
}

#[derive(Deserialize)]
struct DoneQuery {
    done: Option<Done>,
}

async fn account(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    query: web::Query<DoneQuery>,
) -> Answer {
    let told = query.done.map_or_else(Told::default, |done| done.told(locale_of(&request)));
    account_page(&state, &request, &caller, told).await
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
    let locale = locale_of(&request);
    if new != again {
        let told = Told::refused(Part::Password, locale.text("accounts.password.differ"));
        return account_page(&state, &request, &caller, told).await;
    }
    let passwords = Passwords { old, new, revoke: revoke.is_some() };
    match caller.tracker.change_password(&caller.who, passwords, &visitor(&request)).await {
        Ok(session) => Ok(entered(&state, &request, &session, "/account?done=password#password")),
        Err(error) => {
            let told = Told::refused(Part::Password, words(error, locale)?);
            account_page(&state, &request, &caller, told).await
        }
    }
}

async fn end_session(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.end_session(&caller.who, &id).await?;
    Ok(see_other("/account?done=session#sessions"))
}

async fn end_others(caller: Caller) -> Answer {
    caller.tracker.end_other_sessions(&caller.who).await?;
    Ok(see_other("/account?done=others#sessions"))
}

/// Days until something ends; nothing written is never.
fn end_after(days: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, NoDays> {
    let days = days.trim();
    if days.is_empty() {
        return Ok(None);
    }
    match days.parse::<u16>() {
        Ok(days) if days > 0 => Ok(Some(now + TimeDelta::days(days.into()))),
        _ => Err(NoDays),
    }
}

/// What was written is no number of days.
struct NoDays;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct TokenForm {
    name: String,
    scopes: String,
    #[serde(default)]
    days: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self { name: String::new(), scopes: "read".to_owned(), days: "90".to_owned() }
    }
}

async fn add_token(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<TokenForm>,
) -> Answer {
    let typed = form.into_inner();
    let locale = locale_of(&request);
    let Ok(ends) = end_after(&typed.days, state.tracker.clock().now()) else {
        let told = Told::refused(Part::Tokens, locale.text("accounts.tokens.bad_days")).token(typed);
        return account_page(&state, &request, &caller, told).await;
    };
    let Some(scopes) = Scopes::from_words(&typed.scopes) else {
        let told = Told::refused(Part::Tokens, locale.text("accounts.tokens.bad_scopes")).token(typed);
        return account_page(&state, &request, &caller, told).await;
    };
    let told = match caller.tracker.add_token(&caller.who, &typed.name, scopes, ends).await {
        Ok((token, _)) => Told { secret: Some(token), ..Told::of(Part::Tokens) },
        Err(error) => Told::refused(Part::Tokens, words(error, locale)?).token(typed),
    };
    account_page(&state, &request, &caller, told).await
}

async fn revoke_token(caller: Caller, id: web::Path<Uuid>) -> Answer {
    caller.tracker.revoke_token(&caller.who, *id).await?;
    Ok(see_other("/account?done=token#tokens"))
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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
    let typed = form.into_inner();
    let locale = locale_of(&request);
    let Ok(ends) = end_after(&typed.days, state.tracker.clock().now()) else {
        let told = Told::refused(Part::Links, locale.text("accounts.tokens.bad_days")).link(typed);
        return account_page(&state, &request, &caller, told).await;
    };
    let told = match caller.tracker.add_share_link(typed.portfolio, &typed.name, ends).await {
        Ok((token, _)) => Told { secret: Some(format!("/shared/{token}")), ..Told::of(Part::Links) },
        Err(error) => Told::refused(Part::Links, words(error, locale)?).link(typed),
    };
    account_page(&state, &request, &caller, told).await
}

async fn revoke_link(caller: Caller, id: web::Path<Uuid>) -> Answer {
    caller.tracker.revoke_share_link(*id).await?;
    Ok(see_other("/account?done=link#links"))
}
