//! `bellwether transaction`

mod shown;

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::shown::{shown, table, tell};
use super::asking::{id, portfolio_or_only, portfolios, print_json, print_list, print_warnings, text};
use super::table::{Side, Table, plain};
use crate::cli::client::{Facts, Filter, How, Transaction};
use crate::client::{Answer, Client, Request, address, asking, read};
use crate::failure::Failure;

/// Lists, records, changes, removes and takes back transactions.
pub(super) async fn run(
    client: &Client,
    portfolio: Option<&str>,
    what: &Transaction,
    is_json: bool,
) -> Result<ExitCode, Failure> {
    match what {
        Transaction::List(filter) => list(client, portfolio, filter, is_json).await?,
        Transaction::Show { id } => {
            let (_, found) = find(client, portfolio, id).await?;
            if is_json { print_json(&found.body)? } else { tell(&found.read()?)? }
        }
        Transaction::Add { kind, facts, how } => {
            return add(client, portfolio, kind, facts, how, is_json).await;
        }
        Transaction::Edit { id, kind, facts, how } => {
            let (portfolio, found) = find(client, portfolio, id).await?;
            return edit(client, &portfolio, &found, (kind.as_deref(), facts), how, is_json).await;
        }
        Transaction::Remove { id } => {
            let (portfolio, found) = find(client, portfolio, id).await?;
            remove(client, &portfolio, &found, is_json).await?;
        }
        Transaction::Undo { change } => undo(client, portfolio, *change, is_json).await?,
        Transaction::Changes { limit } => changes(client, portfolio, *limit, is_json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(
    client: &Client,
    portfolio: Option<&str>,
    filter: &Filter,
    is_json: bool,
) -> Result<(), Failure> {
    let found = portfolio_or_only(client, portfolio).await?;
    let (from, to) = (filter.from.map(|day| day.to_string()), filter.to.map(|day| day.to_string()));
    let query = [
        ("symbol", filter.symbol.as_deref()),
        ("kind", filter.kind.as_deref()),
        ("from", from.as_deref()),
        ("to", to.as_deref()),
        ("q", filter.search.as_deref()),
    ];
    let place = asking(address(&["portfolios", id(&found)?, "transactions"]), &query);
    let limit = filter.limit.unwrap_or(usize::MAX);
    if is_json {
        return print_list(client, &place, limit).await;
    }
    let mut table = table();
    client
        .list(&place, limit, |item| {
            table.push(shown(&read(item)?));
            Ok(())
        })
        .await?;
    if table.is_empty() {
        writeln!(std::io::stdout(), "There is no such transaction.")?;
    } else {
        write!(std::io::stdout(), "{table}")?;
    }
    Ok(())
}

/// The portfolio in which that transaction is, and what is told of it.
async fn find(client: &Client, portfolio: Option<&str>, id: &Uuid) -> Result<(String, Answer), Failure> {
    let among = match portfolio {
        Some(_) => vec![portfolio_or_only(client, portfolio).await?],
        None => portfolios(client).await?,
    };
    for portfolio in &among {
        let portfolio = self::id(portfolio)?;
        match client.get(address(&["portfolios", portfolio, "transactions", &id.to_string()])).await {
            Ok(found) => return Ok((portfolio.to_owned(), found)),
            Err(Failure::Asked(refusal)) if refusal.status == 404 => {}
            Err(failure) => return Err(failure),
        }
    }
    Err(Failure::Settings(format!(
        "there is no transaction {id}: \"bellwether transaction list\" tells those that there are"
    )))
}

/// The facts that are named, as the API takes them.
fn entered(kind: Option<&str>, facts: &Facts, how: &How) -> Result<Map<String, Value>, Failure> {
    let texts = [
        ("date", &facts.date),
        ("symbol", &facts.symbol),
        ("other_symbol", &facts.other_symbol),
        ("quantity", &facts.quantity),
        ("price", &facts.price),
        ("amount", &facts.amount),
        ("fee", &facts.fee),
        ("tax", &facts.tax),
        ("ratio", &facts.ratio),
        ("cost_share", &facts.cost_share),
        ("cash_in_lieu", &facts.cash_in_lieu),
        ("acquired", &facts.acquired),
        ("currency", &facts.currency),
        ("fx_rate", &facts.fx_rate),
        ("account", &facts.account),
        ("note", &facts.note),
    ];
    let mut body: Map<String, Value> = texts
        .into_iter()
        // The empty text takes one away.
        .filter_map(|(name, text)| Some((name, text.as_ref()?)))
        .map(|(name, text)| (name.to_owned(), if text.is_empty() { Value::Null } else { json!(text) }))
        .chain(kind.map(|kind| ("kind".to_owned(), json!(kind))))
        .collect();
    if !facts.lot.is_empty() {
        let lot = |text: &String| match text.split_once('=') {
            Some((opened_by, quantity)) => Ok(json!({ "opened_by": opened_by, "quantity": quantity })),
            None => Err(Failure::Settings(format!(
                "--lot: {text:?} is no lot: write the identifier of what opened it, = and so many of its shares"
            ))),
        };
        let lots = facts.lot.iter().map(lot).collect::<Result<Vec<Value>, Failure>>()?;
        body.insert("lots".to_owned(), json!(lots));
    }
    for (name, is_so) in [("custom", facts.custom), ("accept_duplicate", how.anyway)] {
        if is_so {
            body.insert(name.to_owned(), json!(true));
        }
    }
    Ok(body)
}

async fn add(
    client: &Client,
    portfolio: Option<&str>,
    kind: &str,
    facts: &Facts,
    how: &How,
    is_json: bool,
) -> Result<ExitCode, Failure> {
    let body = Value::Object(entered(Some(kind), facts, how)?);
    let found = portfolio_or_only(client, portfolio).await?;
    let portfolio = id(&found)?;
    let trial = how.dry_run.then_some("true");
    let place = asking(address(&["portfolios", portfolio, "transactions"]), &[("dry_run", trial)]);
    let answer = client.send(Request::post(place).with_json(&body)).await;
    told(answer, portfolio, how, is_json)
}

async fn edit(
    client: &Client,
    portfolio: &str,
    found: &Answer,
    (kind, facts): (Option<&str>, &Facts),
    how: &How,
    is_json: bool,
) -> Result<ExitCode, Failure> {
    let named = entered(kind, facts, how)?;
    if !named.keys().any(|key| key != "accept_duplicate") {
        return Err(Failure::Settings(
            "say what to change, such as --quantity or --date: see --help".to_owned(),
        ));
    }
    let mut body: Map<String, Value> = found.read()?;
    let id = body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    // What it has besides its facts is not somebody's to say.
    for key in ["id", "import_id", "created_at"] {
        body.remove(key);
    }
    body.extend(named);
    let answer = if how.dry_run {
        let place =
            asking(address(&["portfolios", portfolio, "transactions", "bulk"]), &[("dry_run", Some("true"))]);
        let edits = json!({ "edits": [{ "id": id, "transaction": body }] });
        client.send(Request::post(place).with_json(&edits)).await
    } else {
        let place = address(&["portfolios", portfolio, "transactions", &id]);
        client.send(Request::put(place).with_json(&Value::Object(body)).if_still(found.tag())).await
    };
    told(answer, portfolio, how, is_json)
}

/// What became of a transaction that was recorded or changed.
fn told(
    answer: Result<Answer, Failure>,
    portfolio: &str,
    how: &How,
    is_json: bool,
) -> Result<ExitCode, Failure> {
    let answer = match answer {
        Err(Failure::Asked(refusal)) => {
            let twin = refusal.twin.as_deref().map(shown);
            eprintln!("bellwether: {refusal}");
            if let Some(twin) = twin {
                let mut table = table();
                table.push(twin);
                eprint!("{table}");
                eprintln!("If there are two of them, record this one too by --anyway.");
            }
            return Ok(ExitCode::FAILURE);
        }
        answer => answer?,
    };
    if is_json {
        print_json(&answer.body)?;
        return Ok(ExitCode::SUCCESS);
    }
    let told: Value = answer.read()?;
    if how.dry_run {
        writeln!(std::io::stdout(), "It would be accepted. Nothing is changed.")?;
        print_warnings(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = table();
    table.push(shown(&told));
    write!(std::io::stdout(), "{table}")?;
    print_warnings(&told)?;
    match told["change_id"].as_str() {
        Some(change) => back(portfolio, change)?,
        None => writeln!(std::io::stdout(), "It was so already. Nothing is changed.")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn back(portfolio: &str, change: &str) -> Result<(), Failure> {
    writeln!(
        std::io::stdout(),
        "To take that back: bellwether transaction undo {} --portfolio {portfolio}",
        plain(change)
    )?;
    Ok(())
}

/// The latest change of a portfolio.
async fn latest(client: &Client, portfolio: &str) -> Result<Option<Value>, Failure> {
    let changes = client.items(&address(&["portfolios", portfolio, "changes"]), 1).await?;
    Ok(changes.into_iter().next())
}

async fn remove(client: &Client, portfolio: &str, found: &Answer, is_json: bool) -> Result<(), Failure> {
    let told: Value = found.read()?;
    let place = address(&["portfolios", portfolio, "transactions", id(&told)?]);
    client.send(Request::delete(place).if_still(found.tag())).await?;
    let change = latest(client, portfolio).await?.unwrap_or_default();
    if is_json {
        return print_json(json!({ "id": told["id"], "change_id": change["id"] }).to_string().as_bytes());
    }
    writeln!(std::io::stdout(), "{}.", plain(text(&change, "words")))?;
    back(portfolio, id(&change)?)
}

/// The identifier of a portfolio. Its changes outlive it, and undoing the last one puts it back.
async fn even_gone(client: &Client, portfolio: Option<&str>) -> Result<String, Failure> {
    match portfolio.and_then(|name| name.parse::<Uuid>().ok()) {
        Some(id) => Ok(id.to_string()),
        None => Ok(id(&portfolio_or_only(client, portfolio).await?)?.to_owned()),
    }
}

async fn undo(
    client: &Client,
    portfolio: Option<&str>,
    change: Option<Uuid>,
    is_json: bool,
) -> Result<(), Failure> {
    let portfolio = even_gone(client, portfolio).await?;
    let (change, words) = if let Some(change) = change {
        (change.to_string(), None)
    } else {
        let last = latest(client, &portfolio).await?;
        let nothing = || Failure::Settings("nothing was changed yet that could be taken back".to_owned());
        let last = last.ok_or_else(nothing)?;
        (id(&last)?.to_owned(), Some(plain(text(&last, "words"))))
    };
    let place = address(&["portfolios", &portfolio, "changes", &change, "undo"]);
    let answer = client.send(Request::post(place)).await?;
    if is_json {
        return print_json(&answer.body);
    }
    let told: Value = answer.read()?;
    writeln!(
        std::io::stdout(),
        "Taken back{}. To do it again: bellwether transaction undo {} --portfolio {portfolio}",
        words.map(|words| format!(": {words}")).unwrap_or_default(),
        plain(text(&told, "change_id"))
    )?;
    Ok(())
}

async fn changes(
    client: &Client,
    portfolio: Option<&str>,
    limit: usize,
    is_json: bool,
) -> Result<(), Failure> {
    let portfolio = even_gone(client, portfolio).await?;
    let place = address(&["portfolios", &portfolio, "changes"]);
    if is_json {
        return print_list(client, &place, limit).await;
    }
    let mut table = Table::new([("At", Side::Left), ("What", Side::Left), ("Change", Side::Left)]);
    client
        .list(&place, limit, |item| {
            let told = read(item)?;
            let at = text(&told, "at").get(..19).unwrap_or_default().replace('T', " ");
            table.push([at, text(&told, "words").to_owned(), text(&told, "id").to_owned()]);
            Ok(())
        })
        .await?;
    write!(std::io::stdout(), "{table}")?;
    Ok(())
}
