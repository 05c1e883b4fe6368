//! Everybody's accounts, as a page for the owner.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_domain::{InvalidRole, Role, UserId};
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::{NewUser, TrackerError};
use serde::{Deserialize, Serialize};

use super::page::{portfolios_of, role_words, unkept};
use super::words;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::locale::locale_of;
use crate::web::methods::{address, reading};
use crate::web::pages::{Answer, html, see_other};
use crate::web::view::page::{Page, Place};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    app.service(
        address("/users", "GET, HEAD, POST").route(reading().to(users)).route(web::post().to(add_user)),
    )
    .service(post("/users/{user}/password").route(web::post().to(reset_password)))
    .service(post("/users/{user}/remove").route(web::post().to(remove_user)));
}

/// What is told once, and what was typed where it was refused.
#[derive(Debug, Default)]
struct Told {
    problem: Option<String>,
    done: Option<String>,
    typed: Typed,
}

#[derive(Debug, Default, Serialize)]
struct Typed {
    name: String,
    email: String,
    role: String,
}

#[derive(Serialize)]
struct UsersPage {
    page: Page,
    problem: Option<String>,
    done: Option<String>,
    typed: Typed,
    users: Vec<UserRow>,
}

#[derive(Serialize)]
struct UserRow {
    id: UserId,
    name: String,
    email: String,
    role: String,
    since: String,
    is_owner: bool,
}

async fn users_page(state: &State, locale: Locale, caller: &Caller, told: Told) -> Answer {
    let portfolios = portfolios_of(caller).await?;
    let users = caller.tracker.users().await?.into_iter().map(|user| UserRow {
        id: user.id,
        name: user.name,
        email: user.email.unwrap_or_default(),
        role: role_words(locale, user.role),
        since: locale.day(user.created_at.date_naive()),
        is_owner: user.role == Role::Owner,
    });
    let refused = told.problem.is_some();
    let page = UsersPage {
        page: Page::new(state, locale.text("people.title"), &portfolios, None, Place::Elsewhere)
            .said_in(locale),
        problem: told.problem,
        done: told.done,
        typed: told.typed,
        users: users.collect(),
    };
    let mut answer = html(state.templates.render_in(locale, "users.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(unkept(answer))
}

#[derive(Deserialize)]
struct DoneQuery {
    /// Who was added just before.
    added: Option<String>,
    /// Or removed.
    removed: Option<String>,
}

async fn users(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    query: web::Query<DoneQuery>,
) -> Answer {
    let locale = locale_of(&request);
    let DoneQuery { added, removed } = query.into_inner();
    let named = |key, name: String| locale.say(&Sentence::new(key).with("name", name));
    let done = added.map(|name| named("people.added", name));
    let done = done.or_else(|| removed.map(|name| named("people.removed", name)));
    users_page(&state, locale, &caller, Told { done, ..Told::default() }).await
}

#[derive(Deserialize)]
struct UserForm {
    name: String,
    #[serde(default)]
    email: String,
    role: String,
    password: String,
}

fn no_role(error: &InvalidRole) -> TrackerError {
    TrackerError::refused(Sentence::new("refused.role").with("text", Value::quoted(error.given())))
}

/// Back to the list, which says who that was.
fn back(what: &str, name: &str) -> actix_web::HttpResponse {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    see_other(&format!("/users?{what}={name}"))
}

async fn add_user(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<UserForm>,
) -> Answer {
    let UserForm { name, email, role, password } = form.into_inner();
    let locale = locale_of(&request);
    let added = async {
        let role: Role = role.parse().map_err(|error| no_role(&error))?;
        let new = NewUser { name: name.clone(), email: Some(email.clone()), role, password };
        caller.tracker.add_user(new).await
    };
    match added.await {
        Ok(user) => Ok(back("added", &user.name)),
        Err(error) => {
            let typed = Typed { name, email, role };
            let told = Told { problem: Some(words(error, locale)?), typed, ..Told::default() };
            users_page(&state, locale, &caller, told).await
        }
    }
}

#[derive(Deserialize)]
struct NewPassword {
    password: String,
}

async fn reset_password(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    user: web::Path<UserId>,
    form: web::Form<NewPassword>,
) -> Answer {
    let locale = locale_of(&request);
    let given = caller.tracker.give_password(&caller.who, *user, form.into_inner().password).await;
    let told = match given {
        Ok(()) => Told { done: Some(locale.text("people.is_set")), ..Told::default() },
        Err(error) => Told { problem: Some(words(error, locale)?), ..Told::default() },
    };
    users_page(&state, locale, &caller, told).await
}

async fn remove_user(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    user: web::Path<UserId>,
) -> Answer {
    let known = caller.tracker.users().await?;
    let name = known.into_iter().find(|known| known.id == *user).map(|known| known.name).unwrap_or_default();
    match caller.tracker.remove_user(*user).await {
        Ok(()) => Ok(back("removed", &name)),
        Err(error) => {
            let locale = locale_of(&request);
            let told = Told { problem: Some(words(error, locale)?), ..Told::default() };
            users_page(&state, locale, &caller, told).await
        }
    }
}
