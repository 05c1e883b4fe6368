//! `bellwether export`

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use super::asking::{id, portfolio_named, portfolios};
use super::start;
use crate::cli::Export;
use crate::client::{Client, Request, address};
use crate::failure::Failure;
use crate::settings::Settings;

/// Prints a table, or puts an export back.
pub(super) async fn run(client: &Client, export: &Export) -> Result<ExitCode, Failure> {
    let of = async |portfolio: &str, what: &[&str]| {
        let found = portfolio_named(client, portfolio).await?;
        Ok::<_, Failure>(address(&[&["portfolios", id(&found)?], what].concat()))
    };
    let place = match export {
        Export::Json => address(&["export"]),
        Export::RestoreJson { file } => {
            let body = start::read(file)?;
            let restored = Request::post(address(&["export", "restore"]));
            client.send(restored.with_bytes("application/json", body)).await?;
            return told(portfolios(client).await?.len());
        }
        Export::Transactions { portfolio } => of(portfolio, &["transactions.csv"]).await?,
        Export::CashFlows { portfolio } => of(portfolio, &["cash-flows.csv"]).await?,
        Export::TaxYear { portfolio, year, json } => {
            let year = if *json { year.to_string() } else { format!("{year}.csv") };
            of(portfolio, &["tax-years", &year]).await?
        }
    };
    let table = client.get(place).await?;
    let mut out = std::io::stdout().lock();
    out.write_all(&table.body)?;
    if matches!(export, Export::TaxYear { json: true, .. }) {
        out.write_all(b"\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn told(count: usize) -> Result<ExitCode, Failure> {
    writeln!(std::io::stdout(), "{count} portfolios are restored with their history.")?;
    Ok(ExitCode::SUCCESS)
}

/// Puts an export back into the database, however long it is: what comes over HTTP is bounded.
pub(super) async fn restore(settings: &Settings, file: &Path) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    tracker.restore_export(start::read(file)?).await?;
    told(tracker.portfolios().await?.len())
}
