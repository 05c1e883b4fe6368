//! A failure as a page: what happened and what to do, in the language of whoever reads it.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::error::UrlencodedError;
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
    detail: Option<Said>,
    /// Where the same can be asked for again.
    again: Option<String>,
    signs_in: bool,
}

/// What asks by programs, or serves them.
const FOR_PROGRAMS: [&str; 4] = ["/api/", "/assets/", "/healthz", "/readyz"];

/// What forms of pages are sent as.
const FORM: &str = "application/x-www-form-urlencoded";

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
        _ => match error.as_error::<UrlencodedError>()? {
            UrlencodedError::Overflow { limit, .. } => Some(Problem::TooLarge { limit: *limit }),
            UrlencodedError::ContentType => Some(Problem::WrongType(FORM.to_owned())),
            _ => None,
        },
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
    let detail = problem.detail().filter(|_| says_more(problem, locale));
    let detail = detail.map(|sentence| said(locale, &sentence));
    let page = ErrorPage {
        page: frame.said_in(locale),
        headline,
        advice: locale.say(&advice(problem)),
        detail,
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
    let sentence = if says_more(problem, locale) { problem.said() } else { advice(problem) };
    said(locale, &sentence)
}

impl Problem {
    /// The words of a cause that is not one for all, for which the advice says enough.
    fn detail(&self) -> Option<Sentence> {
        match self {
            Self::NotFound(_)
            | Self::BadRequest(_)
            | Self::Invalid(_)
            | Self::Conflict(_)
            | Self::Twin { .. }
            | Self::BeingCarriedOut
            | Self::WrongType(_)
            | Self::Packed
            | Self::KeyOfAnother
            | Self::Busy(_) => Some(self.said()),
            _ => None,
        }
    }
}

/// Whether the cause says more than the advice does.
fn says_more(problem: &Problem, locale: Locale) -> bool {
    // That nothing is there needs no words in another language.
    !matches!(problem, Problem::NotFound(_)) || locale.language() == Language::English
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::problem::Fault;

    /// One of each kind, and what programs are told of it.
    fn all() -> Vec<(Problem, &'static str)> {
        let fault = |field: &str| Fault::new(field, Sentence::new("refused.asked.day"));
        let twin = Box::new(serde_json::Value::Null);
        vec![
            (Problem::NotFound("There is no such row.".to_owned()), "There is no such row."),
            (Problem::BadRequest(Sentence::new("refused.asked.no_row")), "The form names no row."),
            (
                Problem::Invalid(vec![fault("from"), fault("rows[2].date")]),
                "from: give a day like 2024-03-05; rows[2].date: give a day like 2024-03-05.",
            ),
            (
                Problem::Twin { words: Sentence::new("fault.there_already"), twin },
                "Something of that name or with these facts is there already. Look at it again.",
            ),
            (
                Problem::Changed { present: String::new() },
                "It has been changed since you last saw it. Read it again, and then change it.",
            ),
            (Problem::TooLarge { limit: 4096 }, "That is too large: 4 KiB at most are read here."),
            (
                Problem::WrongType("text/csv".to_owned()),
                "The body's type is not read here: send it with Content-Type: text/csv.",
            ),
            (
                Problem::KeyOfAnother,
                "That Idempotency-Key was given to another request before: give each request one of its own.",
            ),
            (
                Problem::BeingCarriedOut,
                "That was sent before, and its answer is not known yet. Should that stay so, look whether it was \
                 carried out.",
            ),
            (Problem::NotAllowed("GET, HEAD"), "This address answers GET, HEAD only."),
            (
                Problem::Conflict(Sentence::new("refused.overtaken")),
                "It was changed by somebody else in the meantime. Look at it again.",
            ),
            (Problem::Unavailable, "The database does not answer. Try again in a moment."),
            (Problem::Forbidden, "This request came from another site and was refused."),
            (
                Problem::SignInNeeded,
                "Sign in first: with a session's cookie, or with the header Authorization: Bearer and a token.",
            ),
            (Problem::NotYours, "You may not do that here: your role or your token does not allow it."),
            (Problem::WrongPassword, "The name or the password is wrong."),
            (
                Problem::TooMany { words: Sentence::new("problem.told.too_many"), after: Duration::ZERO },
                "These are too many requests at a time.",
            ),
            (
                Problem::TooSlow,
                "That came too slowly, and was not waited for. Try again over a better connection.",
            ),
            (Problem::Packed, "Bodies are read as they are: send it without Content-Encoding."),
            (
                Problem::Busy(Sentence::new("problem.told.stopping")),
                "The server is about to stop. Try again in a moment.",
            ),
            (Problem::Internal, "Something went wrong here, and it has been logged. Nothing was changed."),
        ]
    }

    #[test]
    fn each_failure_is_told_to_programs_in_english_and_to_people_in_german() {
        let german = Locale::accepted("de");
        for (problem, english) in all() {
            assert_eq!(problem.to_string(), english);
            let told = words(&problem, german);
            assert!(!told.is_foreign && told.parts.iter().all(|part| !part.is_foreign), "{told:?}");
            assert!(told.words != english && !told.words.contains('{'), "{told:?}");
            assert_ne!(german.text(headline(&problem)), Locale::english().text(headline(&problem)));
            assert_ne!(german.say(&advice(&problem)), advice(&problem).to_string());
        }
    }

    #[test]
    fn every_field_of_a_form_has_a_german_name() {
        let german = Locale::accepted("de");
        let fields = Language::English.keys().filter_map(|key| key.strip_prefix("problem.field."));
        for field in fields {
            let fault = Fault::new(field, Sentence::new("refused.asked.day"));
            let problem = Problem::Invalid(vec![fault]);
            assert_eq!(problem.to_string(), format!("{field}: give a day like 2024-03-05."));
            let told = words(&problem, german).words;
            let name = told.strip_suffix(": einen Tag wie 2024-03-05 angeben.").expect("its name");
            assert!(name != field && name.starts_with(char::is_uppercase), "{told}");
        }
    }

    #[test]
    fn refusals_have_german_words() {
        let german = Locale::accepted("de");
        for key in Language::English.keys().filter(|key| key.starts_with("refused.")) {
            let (said, english) = (german.text(key), Locale::english().text(key));
            assert_ne!(said, english, "{key}");
            assert!(!said.contains(" Sie "), "{key}: {said}");
        }
    }
}
