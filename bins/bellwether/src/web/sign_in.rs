//! The first run, signing in and out, as pages.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{NewSession, TrackerError};
use serde::{Deserialize, Serialize};

use super::State;
use super::access::{cookie_of, no_cookie, visitor};
use super::caller::Caller;
use super::locale::locale_of;
use super::methods::{address, reading};
use super::pages::{Answer, html, see_other};
use super::problem::Problem;
use super::start;
use super::view::page::Page;
use super::view::refusal;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(
        address("/sign-in", "GET, HEAD, POST").route(reading().to(form)).route(web::post().to(sign_in)),
    )
    .service(address("/sign-out", "POST").route(web::post().to(sign_out)))
    .service(
        address("/first-run", "GET, HEAD, POST").route(reading().to(first_run)).route(web::post().to(claim)),
    );
}

/// A page of this server to go on to: what leads anywhere else, or is no address, leads to the start.
pub(super) fn local(next: Option<&str>) -> &str {
    let Some(next) = next else { return "/" };
    let is_path = next.starts_with('/') && !next.starts_with("//");
    // Browsers take a backslash for a slash, and drop tabs and line breaks.
    let is_plain = !next.chars().any(|sign| sign == '\\' || sign.is_control() || !sign.is_ascii());
    if is_path && is_plain { next } else { "/" }
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Serialize)]
struct SignInPage {
    page: Page,
    problem: Option<String>,
    name: String,
    next: String,
    /// What people know the provider by whom they may sign in too.
    provider: Option<String>,
    /// The way there, and back to where they were going.
    provider_address: String,
}

/// The page to sign in on, with what went wrong before.
pub(super) fn sign_in_page(
    state: &State,
    locale: Locale,
    problem: Option<String>,
    name: String,
    next: &str,
) -> Answer {
    let encoded = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
    let page = SignInPage {
        page: Page::outside(state, locale.text("sign_in.title")).said_in(locale),
        problem,
        name,
        provider: state.entry.provider.as_ref().map(|provider| provider.name().to_owned()),
        provider_address: format!("/sign-in/oidc?next={encoded}"),
        next: next.to_owned(),
    };
    Ok(html(state.templates.render_in(locale, "sign-in.html", &page)?))
}

async fn form(state: web::Data<State>, request: HttpRequest, query: web::Query<Next>) -> Answer {
    let next = local(query.next.as_deref());
    if !state.entry.is_locked || Caller::of(&request).is_ok() {
        return Ok(see_other(next));
    }
    if state.tracker.is_unclaimed().await? {
        return Ok(see_other("/first-run"));
    }
    sign_in_page(&state, locale_of(&request), None, String::new(), next)
}

#[derive(Deserialize)]
struct Given {
    name: String,
    password: String,
    next: Option<String>,
}

async fn sign_in(state: web::Data<State>, request: HttpRequest, form: web::Form<Given>) -> Answer {
    let Given { name, password, next } = form.into_inner();
    let next = local(next.as_deref());
    match state.tracker.sign_in(&name, password, &visitor(&request)).await {
        Ok(session) => {
            end_old_session(&state, &request).await?;
            Ok(entered(&state, &request, &session, next))
        }
        Err(error @ (TrackerError::WrongPassword | TrackerError::TooManyAttempts { .. })) => {
            let locale = locale_of(&request);
            let words = words_of(&error, locale);
            let answer = sign_in_page(&state, locale, Some(words), name, next)?;
            Ok(refused(&Problem::from(error), answer))
        }
        Err(error) => Err(error.into()),
    }
}

/// Why somebody was not let in.
pub(super) fn words_of(error: &TrackerError, locale: Locale) -> String {
    match error {
        TrackerError::TooManyAttempts { after } => {
            let seconds = after.num_seconds().max(0) + i64::from(after.subsec_nanos() > 0);
            let (key, count) = match seconds {
                0..=90 => ("sign_in.too_often_seconds", seconds.max(1)),
                _ => ("sign_in.too_often_minutes", (seconds + 59) / 60),
            };
            locale.say(&Sentence::new(key).with("count", count))
        }
        _ => locale.text("sign_in.wrong"),
    }
}

/// The page with the status and headers of what was refused.
pub(super) fn refused(problem: &Problem, mut page: HttpResponse) -> HttpResponse {
    let headers = problem.begin().finish();
    *page.status_mut() = match headers.status() {
        // A page of 401 would have to say by which scheme; this one has a form.
        StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
        status => status,
    };
    if let Some(after) = headers.headers().get("retry-after") {
        page.headers_mut().insert(actix_web::http::header::RETRY_AFTER, after.clone());
    }
    page
}

/// Goes on with a session that just began.
pub(super) fn entered(
    state: &State,
    request: &HttpRequest,
    session: &NewSession,
    next: &str,
) -> HttpResponse {
    let mut answer = see_other(next);
    // The cookie's value is of letters and digits.
    let added = answer.add_cookie(&cookie_of(&state.entry, request, session, state.tracker.clock().now()));
    if let Err(error) = added {
        tracing::error!(%error, "account.cookie_not_set");
    }
    answer
}

/// Whoever signs in does not leave another session open behind them.
pub(super) async fn end_old_session(state: &State, request: &HttpRequest) -> Result<(), TrackerError> {
    for cookie in request.cookies().iter().flat_map(|cookies| cookies.iter()) {
        if cookie.name().ends_with("bellwether-session") {
            state.tracker.sign_out(cookie.value()).await?;
        }
    }
    Ok(())
}

async fn sign_out(state: web::Data<State>, request: HttpRequest) -> Answer {
    end_old_session(&state, &request).await?;
    let mut answer = see_other("/sign-in");
    // What the browser keeps of pages is of no use any more.
    answer.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        actix_web::http::header::HeaderValue::from_static("\"cache\""),
    );
    if let Err(error) = answer.add_cookie(&no_cookie(&state.entry, &request)) {
        tracing::error!(%error, "account.cookie_not_taken");
    }
    Ok(answer)
}

#[derive(Serialize)]
struct ClaimPage {
    page: Page,
    problem: Option<String>,
    name: String,
    email: String,
    needs_code: bool,
    code: String,
}

#[derive(Deserialize, Default)]
struct Claim {
    name: String,
    #[serde(default)]
    email: String,
    password: String,
    again: String,
    #[serde(default)]
    code: String,
}

fn claim_page(state: &State, locale: Locale, problem: Option<String>, typed: Claim) -> Answer {
    let page = Page::outside(state, locale.text("start.title")).said_in(locale);
    let Claim { name, email, code, .. } = typed;
    let needs_code = state.entry.needs_code;
    let refused = problem.is_some();
    let page = ClaimPage { page, problem, name, email, needs_code, code };
    let mut answer = html(state.templates.render_in(locale, "claim.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

#[derive(Deserialize)]
struct WithCode {
    #[serde(default)]
    code: String,
}

/// Who comes first becomes the owner; after that it is how a portfolio begins.
async fn first_run(state: web::Data<State>, request: HttpRequest, query: web::Query<WithCode>) -> Answer {
    if state.entry.is_locked && state.tracker.is_unclaimed().await? {
        let typed = Claim { code: query.into_inner().code, ..Claim::default() };
        return claim_page(&state, locale_of(&request), None, typed);
    }
    match Caller::of(&request) {
        Ok(caller) => start::first_run(&state, locale_of(&request), &caller).await,
        Err(_) => Ok(see_other("/sign-in?next=%2Ffirst-run")),
    }
}

/// Whether a proxy passed it on, which others may reach although this process knows nothing of it.
fn is_passed_on(request: &HttpRequest) -> bool {
    let by = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
    by.iter().any(|name| request.headers().contains_key(*name))
}

async fn claim(state: web::Data<State>, request: HttpRequest, form: web::Form<Claim>) -> Answer {
    let typed = form.into_inner();
    if !state.entry.is_locked {
        return Ok(see_other("/first-run"));
    }
    let locale = locale_of(&request);
    let why = if typed.password != typed.again {
        Some("claim.differ")
    } else if !state.entry.needs_code && is_passed_on(&request) {
        Some("claim.proxy")
    } else if state.entry.needs_code && !state.tracker.is_claim_code(typed.code.trim()).await? {
        Some("claim.wrong_code")
    } else {
        None
    };
    if let Some(key) = why {
        return claim_page(&state, locale, Some(locale.text(key)), typed);
    }
    let claimed = state
        .tracker
        .claim(&typed.name, Some(&typed.email), typed.password.clone(), &visitor(&request))
        .await;
    match claimed {
        Ok(session) => Ok(entered(&state, &request, &session, "/")),
        Err(TrackerError::Refused(words)) => {
            claim_page(&state, locale, Some(refusal::refused(locale, &words)), typed)
        }
        Err(TrackerError::Conflict(_)) => Ok(see_other("/sign-in")),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_pages_of_this_server_only() {
        for fine in ["/", "/dashboard/1?range=1Y&as_of=2024-01-01", "/portfolio/x/import", "/a//b"] {
            assert_eq!(local(Some(fine)), fine);
        }
        let elsewhere = [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "evil.example",
            "/\t/evil.example",
            "/\r\nset-cookie: a=b",
            "javascript:alert(1)",
            " /",
            "/\u{2028}",
            "/%0d\n",
        ];
        for bad in elsewhere {
            assert_eq!(local(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local(None), "/");
    }
}
