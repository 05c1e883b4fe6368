//! Commands that ask the API, of the database or of a server.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::{export, portfolio, report, start, transaction};
use crate::cli::client::Asking;
use crate::client::{Client, Refusal, address};
use crate::failure::Failure;
use crate::notifications::Post;
use crate::settings::Settings;
use crate::web::{self, Entry, EventLog, InProcess};

/// A client of the database: whoever may open it is its owner.
pub(super) async fn database(settings: &Settings, log: EventLog) -> Result<Client, Failure> {
    let tracker = start::tracker(settings).await?;
    let state = web::state(tracker, Vec::new(), log, Post::closed(), Entry::default());
    let process = InProcess::new(state).await;
    let missing = || Failure::Settings("the routes of this program cannot be made".to_owned());
    process.map(Client::Database).ok_or_else(missing)
}

/// Does what is asked for.
pub(super) async fn run(client: Client, asking: &Asking) -> Result<ExitCode, Failure> {
    match asking {
        Asking::Portfolio { json, what, .. } => portfolio::run(&client, what, *json).await,
        Asking::Transaction { portfolio, json, what, .. } => {
            transaction::run(&client, portfolio.as_deref(), what, *json).await
        }
        Asking::Report { what, .. } => report::run(&client, what).await,
        Asking::Export { what, .. } => export::run(&client, what).await,
    }
}

/// What the API tells of a portfolio by its name or identifier.
///
/// # Errors
/// [`Failure::Settings`] with the names that there are, and [`Failure::Asked`].
pub(super) async fn portfolio_named(client: &Client, name: &str) -> Result<Value, Failure> {
    let all = portfolios(client).await?;
    let is_meant = |key: &str| all.iter().find(|told| told[key] == name).cloned();
    is_meant("name").or_else(|| is_meant("id")).ok_or_else(|| {
        let others = names(&all);
        Failure::Settings(format!("there is no portfolio named {name:?}: {others}"))
    })
}

/// That portfolio, or the only one where none is named.
///
/// # Errors
/// Those of [`portfolio_named`]; [`Failure::Settings`] when there are several.
pub(super) async fn portfolio_or_only(client: &Client, name: Option<&str>) -> Result<Value, Failure> {
    if let Some(name) = name {
        return portfolio_named(client, name).await;
    }
    let mut all = portfolios(client).await?;
    match (all.len(), all.pop()) {
        (1, Some(only)) => Ok(only),
        (0, _) => Err(Failure::Settings(
            "there is no portfolio yet: make one by \"bellwether portfolio add NAME\"".to_owned(),
        )),
        (_, last) => {
            all.extend(last);
            let names = names(&all);
            Err(Failure::Settings(format!("say which portfolio is meant by --portfolio: {names}")))
        }
    }
}

/// All portfolios, oldest first.
pub(super) async fn portfolios(client: &Client) -> Result<Vec<Value>, Failure> {
    client.items(&address(&["portfolios"]), usize::MAX).await
}

fn names(all: &[Value]) -> String {
    let names: Vec<String> = all.iter().map(|told| format!("{:?}", text(told, "name"))).collect();
    if names.is_empty() { "there is none yet".to_owned() } else { format!("there are {}", names.join(", ")) }
}

/// A text of an answer; the empty one where it is null.
pub(super) fn text<'a>(told: &'a Value, key: &str) -> &'a str {
    told[key].as_str().unwrap_or_default()
}

/// Its identifier.
///
/// # Errors
/// [`Failure::Asked`] where it has none, which no answer of Bellwether's is without.
pub(super) fn id(told: &Value) -> Result<&str, Failure> {
    told["id"].as_str().ok_or_else(|| Refusal::without("id").into())
}

/// Prints an answer as it is.
pub(super) fn print_json(body: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(body)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Prints the items of a list as they are, as one JSON array.
pub(super) async fn print_list(client: &Client, list: &str, limit: usize) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut before = "[\n";
    client
        .list(list, limit, |item| {
            write!(out, "{before}{}", item.get())?;
            before = ",\n";
            Ok(())
        })
        .await?;
    writeln!(out, "{}", if before == "[\n" { "[]" } else { "\n]" })?;
    Ok(())
}

/// Prints what was accepted but needs attention.
pub(super) fn print_warnings(told: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    for warning in told["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        writeln!(out, "  ! {}", super::table::plain(warning))?;
    }
    Ok(())
}
