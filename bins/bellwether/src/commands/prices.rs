//! `bellwether prices import FILE`

use std::io::Write;
use std::process::ExitCode;

use super::{rejects, start};
use crate::cli::PricesImport;
use crate::failure::Failure;
use crate::settings::Settings;

/// Imports daily prices. Rejected rows make the exit code 2.
pub(super) async fn run(settings: &Settings, import: PricesImport) -> Result<ExitCode, Failure> {
    let bytes = start::read(&import.file)?;
    let tracker = start::tracker(settings).await?;
    let outcome = tracker.import_prices(bytes, import.basis, import.currency).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", outcome.sentence)?;
    for note in &outcome.notes {
        writeln!(out, "  {note}")?;
    }
    rejects::tell(&outcome.rejected);
    Ok(if outcome.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
