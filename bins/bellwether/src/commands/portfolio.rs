//! `bellwether portfolio`

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::asking::{id, portfolio_named, portfolios, print_json, print_list, text};
use super::table::{Side, Table, plain};
use crate::cli::client::{Portfolio, Settings};
use crate::client::{Client, Request, address, asking};
use crate::failure::Failure;

/// Lists, makes, changes and removes portfolios.
pub(super) async fn run(client: &Client, what: &Portfolio, is_json: bool) -> Result<ExitCode, Failure> {
    match what {
        Portfolio::List if is_json => print_list(client, &address(&["portfolios"]), usize::MAX).await?,
        Portfolio::List => list(client).await?,
        Portfolio::Show { name } => {
            let found = portfolio_named(client, name).await?;
            let answer = client.get(address(&["portfolios", id(&found)?])).await?;
            if is_json { print_json(&answer.body)? } else { show(&answer.read()?)? }
        }
        Portfolio::Add { name, settings } => {
            let mut body = entered(settings);
            body.insert("name".to_owned(), json!(name));
            let made =
                client.send(Request::post(address(&["portfolios"])).with_json(&Value::Object(body))).await?;
            if is_json { print_json(&made.body)? } else { show(&made.read()?)? }
        }
        Portfolio::Edit { name, new_name, settings } => {
            let found = portfolio_named(client, name).await?;
            let mut body = entered(settings);
            if let Some(name) = new_name {
                body.insert("name".to_owned(), json!(name));
            }
            if body.is_empty() {
                return Err(Failure::Settings(
                    "say what to change, such as --name or --currency: see --help".to_owned(),
                ));
            }
            let place = address(&["portfolios", id(&found)?]);
            let changed = client.send(Request::patch(place).with_json(&Value::Object(body))).await?;
            if is_json { print_json(&changed.body)? } else { show(&changed.read()?)? }
        }
        Portfolio::Remove { name } => remove(client, name, is_json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The settings that are named.
fn entered(settings: &Settings) -> Map<String, Value> {
    let Settings { description, currency, cost_method, dividends, benchmark, no_benchmarks } = settings;
    let texts = [
        ("description", description),
        ("base_currency", currency),
        ("cost_method", cost_method),
        ("dividends", dividends),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    let benchmarks = (*no_benchmarks || !benchmark.is_empty()).then(|| json!(benchmark));
    texts.chain(benchmarks.map(|benchmarks| ("benchmarks".to_owned(), benchmarks))).collect()
}

fn benchmarks(told: &Value) -> String {
    let names: Vec<&str> =
        told["benchmarks"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    names.join(" ")
}

async fn list(client: &Client) -> Result<(), Failure> {
    let mut table = Table::new([
        ("Name", Side::Left),
        ("Currency", Side::Left),
        ("Cost method", Side::Left),
        ("Benchmarks", Side::Left),
        ("ID", Side::Left),
    ]);
    for told in portfolios(client).await? {
        let of = |key: &str| text(&told, key).to_owned();
        table.push([of("name"), of("base_currency"), of("cost_method"), benchmarks(&told), of("id")]);
    }
    if table.is_empty() {
        writeln!(std::io::stdout(), "There is no portfolio yet.")?;
    } else {
        write!(std::io::stdout(), "{table}")?;
    }
    Ok(())
}

fn show(told: &Value) -> Result<(), Failure> {
    let benchmarks = benchmarks(told);
    let lines = [
        ("Name", text(told, "name")),
        ("Description", text(told, "description")),
        ("Currency", text(told, "base_currency")),
        ("Cost method", text(told, "cost_method")),
        ("Dividends", text(told, "dividends")),
        ("Benchmarks", benchmarks.as_str()),
        ("ID", text(told, "id")),
    ];
    let mut out = std::io::stdout().lock();
    for (name, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:<12}  {}", plain(value))?;
    }
    Ok(())
}

async fn remove(client: &Client, name: &str, is_json: bool) -> Result<(), Failure> {
    let found = portfolio_named(client, name).await?;
    let id = id(&found)?;
    client.send(Request::delete(address(&["portfolios", id]))).await?;
    let changes =
        client.get(asking(address(&["portfolios", id, "changes"]), &[("limit", Some("1"))])).await?;
    let changes: Value = changes.read()?;
    let change = &changes["items"][0]["id"];
    if is_json {
        return print_json(json!({ "id": id, "change_id": change }).to_string().as_bytes());
    }
    writeln!(
        std::io::stdout(),
        "{} is removed with all that was in it. To take that back: bellwether transaction undo {} --portfolio {id}",
        plain(text(&found, "name")),
        change.as_str().unwrap_or_default()
    )?;
    Ok(())
}
