//! Signing in by the word of an OpenID Connect provider, as pages: out to it, back from it, and the account's own part.
//!
//! Out is a link, since a form may lead to this server only, and changes nothing but what is forgotten in minutes. Back
//! counts in the browser alone that went out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::UserId;
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{Credential, OidcAdmission, OidcPerson, OidcReturn, OidcSignIn, TrackerError};
use serde::{Deserialize, Serialize};

use super::State;
use super::access::{provider_cookie, visitor};
use super::account::{Part, Told, account_page, unkept};
use super::caller::Caller;
use super::locale::locale_of;
use super::methods::{READ, address, reading};
use super::pages::{Answer, html, see_other};
use super::problem::Problem;
use super::sign_in::{end_old_session, entered, local, refused, sign_in_page, words_of};
use super::view::page::{Page, Place};
use crate::oidc::{NotTold, Provider};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/sign-in/oidc", READ).route(reading().to(go)))
        .service(address("/sign-in/oidc/callback", READ).route(reading().to(come_back)))
        .service(address("/account/oidc/link", "POST").route(web::post().to(link)))
        .service(address("/account/oidc/unlink", "POST").route(web::post().to(unlink)));
}

fn provider(state: &State) -> Result<&Provider, Problem> {
    let provider = state.entry.provider.as_deref().filter(|_| state.entry.is_locked);
    provider.ok_or_else(|| Problem::NotFound("Nobody signs in by a provider here.".to_owned()))
}

/// The page to sign in on, which says why this way was none.
fn in_vain(
    state: &State,
    locale: Locale,
    status: StatusCode,
    key: &'static str,
    provider: &Provider,
) -> Answer {
    let said = locale.say(&Sentence::new(key).with("name", provider.name()));
    let mut page = sign_in_page(state, locale, Some(said), String::new(), "/")?;
    *page.status_mut() = status;
    // Its address may hold a code.
    Ok(unkept(page))
}

/// Why somebody who came back was not let in.
fn untold(state: &State, locale: Locale, provider: &Provider, why: &NotTold) -> Answer {
    match why {
        NotTold::Unreachable(reason) => {
            tracing::warn!(provider = provider.name(), reason, "oidc.unreachable");
            in_vain(state, locale, StatusCode::SERVICE_UNAVAILABLE, "sign_in.provider.away", provider)
        }
        NotTold::Unbelievable(reason) => {
            tracing::warn!(provider = provider.name(), reason, "oidc.not_believed");
            in_vain(state, locale, StatusCode::FORBIDDEN, "sign_in.provider.unchecked", provider)
        }
    }
}

fn with_cookie(
    state: &State,
    request: &HttpRequest,
    mut answer: HttpResponse,
    sign_in: Option<&OidcSignIn>,
) -> HttpResponse {
    // The cookie's value is of letters and digits.
    if let Err(error) = answer.add_cookie(&provider_cookie(&state.entry, request, sign_in)) {
        tracing::error!(%error, "account.cookie_not_set");
    }
    answer
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

async fn go(state: web::Data<State>, request: HttpRequest, query: web::Query<Next>) -> Answer {
    let provider = provider(&state)?;
    let next = local(query.next.as_deref());
    if Caller::of(&request).is_ok() {
        return Ok(see_other(next));
    }
    if state.tracker.is_unclaimed().await? {
        return Ok(see_other("/first-run"));
    }
    let sign_in = OidcSignIn::new();
    // A provider that does not answer costs the database nothing.
    let address = match provider.address(&sign_in).await {
        Ok(address) => address,
        Err(why) => return untold(&state, locale_of(&request), provider, &why),
    };
    state.tracker.begin_oidc(&sign_in, next, None).await?;
    Ok(with_cookie(&state, &request, see_other(&address), Some(&sign_in)))
}

/// What a provider has a browser bring.
#[derive(Deserialize)]
struct Brought {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn come_back(state: web::Data<State>, request: HttpRequest, query: web::Query<Brought>) -> Answer {
    let provider = provider(&state)?;
    let answer = back(&state, &request, provider, query.into_inner()).await?;
    // Whatever came of it, it was this browser's one attempt.
    Ok(with_cookie(&state, &request, answer, None))
}

async fn back(state: &State, request: &HttpRequest, provider: &Provider, brought: Brought) -> Answer {
    let locale = locale_of(request);
    let kept = request.cookie(state.entry.provider_cookie(request));
    let kept = kept.and_then(|cookie| OidcSignIn::of_browser(cookie.value()));
    // What other sites have a browser ask for is no attempt, or they could make an address wait.
    let Some(sign_in) = kept.filter(|kept| brought.state.as_deref() == Some(&kept.state())) else {
        return in_vain(state, locale, StatusCode::FORBIDDEN, "sign_in.provider.over", provider);
    };
    let visitor = visitor(request);
    let begun = match state.tracker.take_oidc(&sign_in, &visitor).await {
        Ok(Some(begun)) => begun,
        Ok(None) => return in_vain(state, locale, StatusCode::FORBIDDEN, "sign_in.provider.over", provider),
        Err(error @ TrackerError::TooManyAttempts { .. }) => {
            let page = sign_in_page(state, locale, Some(words_of(&error, locale)), String::new(), "/")?;
            return Ok(refused(&Problem::from(error), page));
        }
        Err(error) => return Err(error.into()),
    };
    if brought.iss.is_some_and(|issuer| issuer != provider.issuer()) {
        let why = NotTold::Unbelievable("another provider sent somebody back".to_owned());
        return untold(state, locale, provider, &why);
    }
    let Some(code) = brought.code.filter(|_| brought.error.is_none()) else {
        // Somebody thought better of it there.
        state.tracker.forgive_attempt(&visitor).await?;
        tracing::info!(provider = provider.name(), "oidc.declined");
        return in_vain(state, locale, StatusCode::FORBIDDEN, "sign_in.provider.declined", provider);
    };
    let person = match provider.person(&sign_in, &begun, code).await {
        Ok(person) => person,
        Err(why) => {
            if matches!(why, NotTold::Unreachable(_)) {
                state.tracker.forgive_attempt(&visitor).await?;
            }
            return untold(state, locale, provider, &why);
        }
    };
    match begun.links {
        Some(user) => linked(state, request, provider, user, &person).await,
        None => admitted(state, request, provider, person, &begun).await,
    }
}

async fn admitted(
    state: &State,
    request: &HttpRequest,
    provider: &Provider,
    person: OidcPerson,
    begun: &OidcReturn,
) -> Answer {
    let admitted = state.tracker.sign_in_by_oidc(person, provider.strangers(), &visitor(request)).await;
    let admission = match admitted {
        Err(TrackerError::Refused(words)) => {
            return untold(state, locale_of(request), provider, &NotTold::Unbelievable(words.to_string()));
        }
        admitted => admitted?,
    };
    let key = match admission {
        OidcAdmission::In(session) => {
            end_old_session(state, request).await?;
            return Ok(entered(state, request, &session, local(Some(&begun.next))));
        }
        OidcAdmission::Stranger => "sign_in.provider.stranger",
        OidcAdmission::Unlinked => "sign_in.provider.unlinked",
        OidcAdmission::LinkFirst => "sign_in.provider.link_first",
    };
    tracing::info!(provider = provider.name(), key, "oidc.not_let_in");
    in_vain(state, locale_of(request), StatusCode::FORBIDDEN, key, provider)
}

/// Links whom the provider knows with whoever began, if they still are who asks.
async fn linked(
    state: &State,
    request: &HttpRequest,
    provider: &Provider,
    user: UserId,
    person: &OidcPerson,
) -> Answer {
    let Ok(caller) = Caller::of(request) else {
        let key = "sign_in.provider.over";
        return in_vain(state, locale_of(request), StatusCode::FORBIDDEN, key, provider);
    };
    let is_theirs = caller.who.user == user && matches!(caller.who.by, Credential::Session(_));
    let key = if is_theirs {
        match state.tracker.link_oidc(user, person).await {
            Ok(()) => {
                state.tracker.forgive_attempt(&visitor(request)).await?;
                return Ok(see_other("/account"));
            }
            Err(TrackerError::Conflict(_)) => "linking.taken",
            Err(TrackerError::Refused(words)) => {
                return untold(
                    state,
                    locale_of(request),
                    provider,
                    &NotTold::Unbelievable(words.to_string()),
                );
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        "linking.elsewhere"
    };
    let told = Told::refused(Part::Provider, locale_of(request).text(key));
    account_page(state, request, &caller, told).await
}

#[derive(Deserialize)]
struct PasswordForm {
    password: String,
}

#[derive(Serialize)]
struct LinkPage {
    page: Page,
    provider: String,
    address: String,
}

/// Whoever is to come in by the provider from now on gives the password first: a session that was left open, or another
/// site that has somebody signed in as somebody else there, links nothing.
async fn link(
    state: web::Data<State>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<PasswordForm>,
) -> Answer {
    let provider = provider(&state)?;
    let locale = locale_of(&request);
    match caller.tracker.confirm_password(&caller.who, form.into_inner().password).await {
        Ok(()) => {}
        Err(TrackerError::WrongPassword) => {
            let told = Told::refused(Part::Provider, locale.text("linking.wrong"));
            return account_page(&state, &request, &caller, told).await;
        }
        Err(error) => return Err(error.into()),
    }
    let sign_in = OidcSignIn::new();
    let address = match provider.address(&sign_in).await {
        Ok(address) => address,
        Err(NotTold::Unreachable(reason) | NotTold::Unbelievable(reason)) => {
            tracing::warn!(provider = provider.name(), reason, "oidc.unreachable");
            let said = Sentence::new("sign_in.provider.away").with("name", provider.name());
            let told = Told::refused(Part::Provider, locale.say(&said));
            return account_page(&state, &request, &caller, told).await;
        }
    };
    state.tracker.begin_oidc(&sign_in, "/account", Some(caller.who.user)).await?;
    let title = locale.say(&Sentence::new("linking.link").with("name", provider.name()));
    let portfolios = caller.tracker.portfolios().await?;
    let page = Page::new(&state, title, &portfolios, None, Place::Elsewhere).said_in(locale);
    let page = LinkPage { page, provider: provider.name().to_owned(), address };
    let page = html(state.templates.render_in(locale, "provider-link.html", &page)?);
    Ok(with_cookie(&state, &request, unkept(page), Some(&sign_in)))
}

async fn unlink(state: web::Data<State>, request: HttpRequest, caller: Caller) -> Answer {
    provider(&state)?;
    match caller.tracker.unlink_oidc(&caller.who).await {
        Ok(()) => Ok(see_other("/account")),
        Err(TrackerError::Conflict(_)) => {
            let told = Told::refused(Part::Provider, locale_of(&request).text("linking.stays"));
            account_page(&state, &request, &caller, told).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What the page of the account says of the provider.
#[derive(Serialize)]
pub(super) struct ProviderPart {
    title: String,
    /// Whom the provider knows them as.
    linked: Option<String>,
    has_password: bool,
    password: String,
    button: String,
    advice: String,
}

/// What the page of somebody's account says of the provider; nothing where there is none.
pub(super) async fn provider_part(
    state: &State,
    caller: &Caller,
    locale: Locale,
) -> Result<Option<ProviderPart>, Problem> {
    let Ok(provider) = provider(state) else { return Ok(None) };
    let said = |key| locale.say(&Sentence::new(key).with("name", provider.name()));
    let has_password = caller.tracker.has_password(&caller.who).await?;
    let link = caller.tracker.oidc_link(&caller.who, provider.issuer()).await?;
    let linked = link.as_ref().map(|link| {
        let key = if link.used_at.is_some() { "linking.used" } else { "linking.linked" };
        let sentence = Sentence::new(key).with("person", link.name.clone());
        let sentence = sentence.with("day", link.linked_at.date_naive());
        let used = link.used_at.unwrap_or(link.linked_at).date_naive();
        locale.say(&sentence.with("used", used))
    });
    let (button, advice) = match (linked.is_some(), has_password) {
        (true, true) => ("linking.unlink", "linking.unlink_advice"),
        (_, false) => ("linking.unlink", "linking.stays"),
        (false, true) => ("linking.link", "linking.link_advice"),
    };
    Ok(Some(ProviderPart {
        title: said("linking.title"),
        linked,
        has_password,
        password: locale.text("linking.password"),
        button: said(button),
        advice: said(advice),
    }))
}
