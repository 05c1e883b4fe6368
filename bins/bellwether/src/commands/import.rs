//! `bellwether import FILE`, into a database or through a server.

use std::io::Write;
use std::process::ExitCode;

use bellwether_tracker::{ImportFile, ImportReport, ImportTarget, PortfolioSettings, RejectedRow};
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::{id, portfolios, text};
use super::{rejects, start};
use crate::cli::Import;
use crate::client::{Client, Refusal, Request, address, asking, read};
use crate::failure::Failure;
use crate::settings::Settings;

/// Imports and says what became of each kind of row. Rejected rows make the exit code 2.
pub(super) async fn run(settings: &Settings, import: Import) -> Result<ExitCode, Failure> {
    let bytes = start::read(&import.file)?;
    let tracker = start::tracker(settings).await?;
    let new =
        PortfolioSettings { base_currency: import.currency, ..PortfolioSettings::named(&import.portfolio) };
    let file = ImportFile { name: start::file_name(&import.file), bytes, currency: Some(import.currency) };
    told(&tracker.import(ImportTarget::Named(new), file, import.dry_run).await?, import.dry_run)
}

fn told(report: &ImportReport, dry_run: bool) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "{}", report.sentence(dry_run))?;
    for note in &report.notes {
        writeln!(out, "  {note}")?;
    }
    rejects::tell(&report.rejected);
    Ok(if report.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// The same through a server: it keeps the file as a draft, tells of its rows, and brings the good ones in.
pub(super) async fn through(client: &Client, import: &Import) -> Result<ExitCode, Failure> {
    let bytes = start::read(&import.file)?;
    let named = |told: &Value| told["name"] == *import.portfolio || told["id"] == *import.portfolio;
    let known = portfolios(client).await?.into_iter().find(named);
    let is_new = known.is_none();
    let portfolio = match known {
        Some(known) => known,
        None if import.dry_run => {
            return Err(Failure::Settings(format!(
                "the server has no portfolio named {:?}, and a file is tried over one that is there: make it by \
                 \"bellwether portfolio add\", or leave out --dry-run",
                import.portfolio
            )));
        }
        None => {
            let new = json!({ "name": import.portfolio, "base_currency": import.currency.to_string() });
            client.send(Request::post(address(&["portfolios"])).with_json(&new)).await?.read()?
        }
    };
    let report = brought_in(client, &portfolio, import, bytes).await;
    // A file that is refused makes no portfolio.
    if is_new && matches!(report, Err(Failure::Asked(_) | Failure::Settings(_))) {
        client.send(Request::delete(address(&["portfolios", id(&portfolio)?]))).await?;
    }
    told(&report?, import.dry_run)
}

async fn brought_in(
    client: &Client,
    portfolio: &Value,
    import: &Import,
    bytes: Vec<u8>,
) -> Result<ImportReport, Failure> {
    let (name, currency) = (start::file_name(&import.file), import.currency.to_string());
    let all = address(&["portfolios", id(portfolio)?, "imports"]);
    let begun = asking(all, &[("name", Some(&name)), ("currency", Some(&currency))]);
    let begun = client.send(Request::post(begun).with_bytes("application/octet-stream", bytes)).await?;
    let begun: Value = begun.read()?;
    let draft = address(&["portfolios", id(portfolio)?, "imports", id(&begun)?]);
    let report = judged(client, &draft, &begun, import.dry_run).await;
    // It goes by itself only when something of it was imported.
    if !matches!(&report, Ok(report) if report.imported > 0 && !import.dry_run)
        && !matches!(
            report,
            Err(Failure::Unreachable { .. } | Failure::Silent { .. } | Failure::BrokenOff { .. })
        )
    {
        client.send(Request::delete(draft)).await?;
    }
    Ok(ImportReport { portfolio_name: text(portfolio, "name").to_owned(), ..report? })
}

/// What the API tells of a draft that was committed, or would be.
#[derive(Deserialize)]
struct Outcome {
    imported: usize,
    already_there: usize,
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    line: usize,
    reasons: Vec<Why>,
}

#[derive(Deserialize)]
struct Why {
    column: Option<String>,
    reason: String,
}

/// The draft's rows of a status.
async fn rows(client: &Client, draft: &str, status: &str) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let place = asking(format!("{draft}/rows"), &[("status", Some(status))]);
    client
        .list(&place, usize::MAX, |row| {
            rows.push(read(row)?);
            Ok(())
        })
        .await?;
    Ok(rows)
}

async fn judged(client: &Client, draft: &str, begun: &Value, dry_run: bool) -> Result<ImportReport, Failure> {
    let preview = &begun["draft"]["preview"];
    if preview.is_null() {
        return Err(Failure::Settings(
            "the server does not know what the columns of the file hold: import it on the server's page, which asks"
                .to_owned(),
        ));
    }
    let unusable = rows(client, draft, "error").await?;
    let rejected = unusable.iter().flat_map(|row| {
        let line = row.line;
        row.reasons.iter().map(move |why| RejectedRow {
            line,
            column: why.column.clone(),
            reason: why.reason.clone(),
        })
    });
    let rejected: Vec<RejectedRow> = rejected.collect();
    let Outcome { imported, already_there, notes } = if dry_run {
        let told = json!({
            "imported": begun["transactions"],
            "already_there": preview["counts"]["duplicate"],
            "notes": preview["notes"],
        });
        let mut told: Outcome = serde_json::from_value(told).map_err(|error| Refusal::unread(&error))?;
        for Row { line, reasons } in rows(client, draft, "attention").await? {
            let note = |why: Why| format!("Line {line} was kept but needs attention: {}.", why.reason);
            told.notes.extend(reasons.into_iter().map(note));
        }
        told
    } else {
        client.send(Request::post(format!("{draft}/commit"))).await?.read()?
    };
    let portfolio_name = String::new();
    Ok(ImportReport {
        portfolio: None,
        portfolio_name,
        imported,
        already_there,
        rejected,
        rejected_rows: unusable.len(),
        notes,
    })
}
