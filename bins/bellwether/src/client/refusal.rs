//! Refusals of the API, in a sentence with advice for the person at the terminal.

use serde::Deserialize;
use serde_json::Value;

use super::Answer;

/// The type of problem details (RFC 9457).
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    errors: Vec<Fault>,
    twin: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    field: String,
    reason: String,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    words: String,
    /// The transaction that is there already, where that is why.
    pub(crate) twin: Option<Box<Value>>,
}

/// What a server is that answers nothing at that address.
const OLDER: &str = "the server does not know that address: it is an older Bellwether, or none; update it, or look at --server";

impl Refusal {
    pub(super) fn of(answer: &Answer, had_token: bool) -> Self {
        let problem: Option<Problem> =
            answer.is_problem.then(|| serde_json::from_slice(&answer.body).ok()).flatten();
        let words = match (answer.status, &problem) {
            (300..=399, _) => match &answer.location {
                Some(place) => format!("the server leads to {place}: give the address there as --server"),
                None => "the server leads elsewhere: look at --server".to_owned(),
            },
            (401, Some(_)) if had_token => {
                "the server does not know the token: it may be mistyped, expired or revoked; make another on the \
                 server's account page"
                    .to_owned()
            }
            (401, Some(_)) => {
                "the server lets in only whom it knows: make a token on its account page, and give it by --token-file \
                 or BELLWETHER_TOKEN"
                    .to_owned()
            }
            (403, Some(_)) if had_token => {
                "the token does not allow that: make one on the server's account page that may read, or change, what \
                 this command does"
                    .to_owned()
            }
            (404, Some(problem)) if problem.detail.starts_with("There is nothing at ") => OLDER.to_owned(),
            (404 | 405, None) => OLDER.to_owned(),
            (_, Some(problem)) => with_rest(sentence(problem), answer.retry_after.as_deref()),
            (status, None) => format!(
                "the server answers {status}, but not as Bellwether does: look at --server, and at what stands before it"
            ),
        };
        let words = words.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
        let twin = problem.and_then(|problem| problem.twin).map(Box::new);
        Self { status: answer.status, words, twin }
    }

    /// An answer in which something is missing that each has.
    pub(crate) fn without(key: &str) -> Self {
        let words = format!("the answer has no {key:?}: it is not Bellwether's, or of another version of it");
        Self { status: 200, words, twin: None }
    }

    /// An answer that was meant to be read and cannot be.
    pub(crate) fn unread(error: &serde_json::Error) -> Self {
        let words =
            format!("the answer is not Bellwether's, or of another version of it: {error}; look at --server");
        Self { status: 200, words, twin: None }
    }
}

/// All that is wrong, by the options that say it.
fn sentence(problem: &Problem) -> String {
    if problem.errors.is_empty() {
        return problem.detail.clone();
    }
    let told: Vec<String> =
        problem.errors.iter().map(|fault| format!("{}: {}", option(&fault.field), fault.reason)).collect();
    format!("{}.", told.join("; "))
}

fn with_rest(words: String, seconds: Option<&str>) -> String {
    match seconds {
        Some(seconds) => format!("{words} Try again in {seconds} s."),
        None => words,
    }
}

/// The option by which a field is given: `edits[0].transaction.fx_rate` by `--fx-rate`.
fn option(field: &str) -> String {
    let name = field.rsplit('.').next().unwrap_or(field);
    match name.split('[').next().unwrap_or(name) {
        "base_currency" => "--currency".to_owned(),
        "benchmarks" => "--benchmark".to_owned(),
        "lots" | "opened_by" => "--lot".to_owned(),
        "q" => "--search".to_owned(),
        // A word of the command itself, or of the whole.
        "kind" | "" => "kind".to_owned(),
        name => format!("--{}", name.replace('_', "-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str, had_token: bool) -> String {
        let answer = Answer {
            status,
            is_problem: body.starts_with('{'),
            tag: None,
            location: None,
            retry_after: (status == 429).then(|| "7".to_owned()),
            body: body.to_owned().into(),
        };
        Refusal::of(&answer, had_token).to_string()
    }

    #[test]
    fn all_faults_are_named_by_their_options() {
        let body = r#"{"detail": "x", "errors": [
            {"field": "edits[0].transaction.fx_rate", "reason": "write it like 1.08"},
            {"field": "lots[1].quantity", "reason": "give a number"},
            {"field": "base_currency", "reason": "give three letters"}]}"#;
        let words =
            "--fx-rate: write it like 1.08; --quantity: give a number; --currency: give three letters.";
        assert_eq!(told(400, body, false), words);
    }

    #[test]
    fn what_a_server_refuses_says_what_to_do() {
        let problem = r#"{"detail": "Sign in first."}"#;
        assert!(told(401, problem, true).contains("expired or revoked"));
        assert!(told(401, problem, false).contains("BELLWETHER_TOKEN"));
        assert!(told(403, problem, true).contains("the token does not allow that"));
        assert!(told(404, "<html>", false).contains("an older Bellwether, or none"));
        let nowhere = r#"{"detail": "There is nothing at /api/v1/x."}"#;
        assert!(told(404, nowhere, false).contains("an older Bellwether, or none"));
        assert_eq!(told(404, r#"{"detail": "There is no portfolio."}"#, false), "There is no portfolio.");
        assert_eq!(told(429, r#"{"detail": "Too often."}"#, false), "Too often. Try again in 7 s.");
        assert!(told(502, "bad gateway", false).contains("answers 502, but not as Bellwether does"));
        assert!(told(302, "", false).contains("leads elsewhere"));
        assert_eq!(told(409, "{\"detail\": \"a\\u001b[2Jb.\"}", false), "a [2Jb.");
    }
}
