//! A failure as a page: what happened and what to do, in the language of whoever reads it.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ContentType};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use bellwether_domain::Portfolio;
use bellwether_texts::{Language, Locale, Sentence};
use serde::Serialize;

use super::State;
use super::caller::Caller;
use super::locale::locale_of;
use super::pages::PageProblem;
use super::problem::Problem;
use super::view::page::{Page, Place};
use super::view::refusal::{Said, said};

#[derive(Serialize)]
struct ErrorPage {
    page: Page,
    headline: String,
    advice: String,
    /// The cause in words, where it has some of its own.
    detail: Option<String>,
    /// Whether those are not in the language of the page.
    is_foreign: bool,
    /// Where the same can be asked for again.
    again: Option<String>,
    signs_in: bool,
}

/// What asks by programs, or serves them.
const FOR_PROGRAMS: [&str; 4] = ["/api/", "/assets/", "/healthz", "/readyz"];

/// Whether an address is for programs.
pub(super) fn is_for_programs(request: &HttpRequest) -> bool {
    let path = request.match_info().as_str();
    path == "/metrics" || FOR_PROGRAMS.iter().any(|begin| path.starts_with(begin))
}

/// An answer as it goes out: a failure for people becomes a page.
pub(super) async fn shown(state: &State, answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let request = answer.request();
    if is_for_programs(request) {
        return answer;
    }
    let Some(problem) = problem_of(&answer) else { return answer };
    // By another method than a page has asks hardly ever a person: a browser says that it wants to show a page.
    if matches!(problem, Problem::NotAllowed(_)) && !wants_page(request) {
        return answer;
    }
    let portfolios = match Caller::of(request) {
        // Without the database there are no names of portfolios either.
        Ok(caller) if !matches!(problem, Problem::Unavailable) => {
            caller.tracker.portfolios().await.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let page = of(state, request, &portfolios, &problem);
    answer.into_response(page)
}

fn wants_page(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// What went wrong, where that is not on a page yet.
fn problem_of(answer: &ServiceResponse<BoxBody>) -> Option<Problem> {
    let error = answer.response().error()?;
    if let Some(PageProblem(problem)) = error.as_error::<PageProblem>() {
        return Some(problem.clone());
    }
    if let Some(problem) = error.as_error::<Problem>() {
        return Some(problem.clone());
    }
    let words = || {
        let words = error.to_string();
        format!("{}.", words.trim_end_matches('.'))
    };
    match answer.status() {
        StatusCode::NOT_FOUND => Some(Problem::NotFound(words())),
        StatusCode::BAD_REQUEST => Some(Problem::bad_request(words())),
        _ => None,
    }
}

/// The page of a failure; its plain words when not even that can be made.
pub(super) fn of(
    state: &State,
    request: &HttpRequest,
    portfolios: &[Portfolio],
    problem: &Problem,
) -> HttpResponse {
    let locale = locale_of(request);
    let headline = locale.text(headline(problem));
    let frame = if Caller::of(request).is_ok() {
        Page::new(state, headline.clone(), portfolios, None, Place::Elsewhere)
    } else {
        Page::outside(state, headline.clone())
    };
    let asked = request.uri().path_and_query().map(ToString::to_string);
    let detail = detail(problem).map(|sentence| said(locale, &sentence));
    let page = ErrorPage {
        page: frame.said_in(locale),
        headline,
        advice: locale.say(&advice(problem)),
        is_foreign: detail.as_ref().is_some_and(|detail| detail.is_foreign),
        detail: detail.filter(|_| says_more(problem, locale)).map(|detail| detail.words),
        again: asked.filter(|_| request.method().is_safe() && may_pass(problem)),
        signs_in: matches!(problem, Problem::SignInNeeded),
    };
    match state.templates.render_in(locale, "error.html", &page) {
        Ok(body) => problem.begin().content_type(ContentType::html()).body(body),
        Err(_) => PageProblem(problem.clone()).error_response(),
    }
}

/// Whether the same may succeed a moment later.
fn may_pass(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::Unavailable
            | Problem::Busy(_)
            | Problem::TooMany { .. }
            | Problem::TooSlow
            | Problem::Internal
    )
}

fn headline(problem: &Problem) -> &'static str {
    match problem {
        Problem::NotFound(_) => "problem.not_found",
        Problem::BadRequest(_) | Problem::Invalid(_) | Problem::WrongType(_) => "problem.unreadable",
        Problem::TooLarge { .. } => "problem.too_large",
        Problem::Changed { .. } => "problem.changed",
        Problem::NotAllowed(_) => "problem.not_allowed",
        Problem::Conflict(_) | Problem::Twin { .. } | Problem::BeingCarriedOut => "problem.not_possible",
        Problem::KeyOfAnother => "problem.another",
        Problem::Unavailable => "problem.unavailable",
        Problem::Forbidden => "problem.forbidden",
        Problem::SignInNeeded => "problem.sign_in",
        Problem::NotYours => "problem.not_yours",
        Problem::WrongPassword => "problem.wrong_password",
        Problem::TooMany { .. } => "problem.too_many",
        Problem::TooSlow => "problem.too_slow",
        Problem::Packed => "problem.packed",
        Problem::Busy(_) => "problem.busy",
        Problem::Internal => "problem.internal",
    }
}

/// What it means and what to do.
fn advice(problem: &Problem) -> Sentence {
    let said = Sentence::new;
    match problem {
        Problem::NotFound(_) => said("problem.advice.not_found"),
        Problem::BadRequest(_)
        | Problem::Invalid(_)
        | Problem::WrongType(_)
        | Problem::Packed
        | Problem::KeyOfAnother => said("problem.advice.unreadable"),
        Problem::TooLarge { limit } => {
            said("problem.advice.too_large").with("limit", (limit >> 10).to_string())
        }
        Problem::Changed { .. } => said("problem.advice.changed"),
        Problem::NotAllowed(_) => said("problem.advice.not_allowed"),
        Problem::Conflict(_) | Problem::Twin { .. } | Problem::BeingCarriedOut => {
            said("problem.advice.not_possible")
        }
        Problem::Unavailable => said("problem.advice.unavailable"),
        Problem::Forbidden => said("problem.advice.forbidden"),
        Problem::SignInNeeded => said("problem.advice.sign_in"),
        Problem::NotYours => said("problem.advice.not_yours"),
        Problem::WrongPassword => said("problem.advice.wrong_password"),
        Problem::TooMany { after, .. } => {
            let seconds = i64::try_from(after.as_secs().max(1)).unwrap_or(i64::MAX);
            said("problem.advice.too_many").with("count", seconds)
        }
        Problem::TooSlow => said("problem.advice.too_slow"),
        Problem::Busy(_) => said("problem.advice.busy"),
        Problem::Internal => said("problem.advice.internal"),
    }
}

/// A failure in words on another page.
pub(super) fn words(problem: &Problem, locale: Locale) -> Said {
    let sentence = detail(problem).unwrap_or_else(|| Sentence::verbatim(problem.to_string()));
    said(locale, &sentence)
}

/// The words of a cause that is not one for all.
fn detail(problem: &Problem) -> Option<Sentence> {
    match problem {
        Problem::BadRequest(sentence)
        | Problem::Conflict(sentence)
        | Problem::Twin { words: sentence, .. } => Some(sentence.clone()),
        Problem::NotFound(_)
        | Problem::Invalid(_)
        | Problem::BeingCarriedOut
        | Problem::WrongType(_)
        | Problem::Packed
        | Problem::KeyOfAnother
        | Problem::Busy(_) => Some(Sentence::verbatim(problem.to_string())),
        _ => None,
    }
}

/// Whether the cause says more than the advice does.
fn says_more(problem: &Problem, locale: Locale) -> bool {
    // That nothing is there needs no words in another language.
    !matches!(problem, Problem::NotFound(_)) || locale.language() == Language::English
}
