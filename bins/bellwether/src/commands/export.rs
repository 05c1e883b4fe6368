//! `bellwether export`

use std::io::Write;
use std::process::ExitCode;

use super::start;
use crate::cli::Export;
use crate::failure::Failure;
use crate::settings::Settings;

/// Prints a table.
pub(super) async fn run(settings: &Settings, export: Export) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let pieces = match export {
        Export::Json => {
            std::io::stdout().write_all(&tracker.export().await?)?;
            return Ok(ExitCode::SUCCESS);
        }
        Export::RestoreJson { file } => {
            tracker.restore_export(start::read(&file)?).await?;
            let count = tracker.portfolios().await?.len();
            writeln!(std::io::stdout(), "{count} portfolios are restored with their history.")?;
            return Ok(ExitCode::SUCCESS);
        }
        Export::Transactions { portfolio } => {
            tracker.transactions_csv(tracker.portfolio_named(&portfolio).await?.id).await?
        }
        Export::CashFlows { portfolio } => {
            tracker.cash_flows_csv(tracker.portfolio_named(&portfolio).await?.id).await?
        }
        Export::TaxYear { portfolio, year, json } => {
            let id = tracker.portfolio_named(&portfolio).await?.id;
            if json {
                vec![format!("{:#}\n", tracker.tax_year(id, year).await?)]
            } else {
                vec![tracker.tax_year_csv(id, year).await?]
            }
        }
    };
    let mut out = std::io::stdout().lock();
    for piece in pieces {
        out.write_all(piece.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
