//! `bellwether import FILE`

use std::io::Write;
use std::process::ExitCode;

use bellwether_tracker::{ImportFile, ImportTarget, PortfolioSettings};

use super::{rejects, start};
use crate::cli::Import;
use crate::failure::Failure;
use crate::settings::Settings;

/// Imports and says what became of each kind of row. Rejected rows make the exit code 2.
pub(super) async fn run(settings: &Settings, import: Import) -> Result<ExitCode, Failure> {
    let bytes = start::read(&import.file)?;
    let tracker = start::tracker(settings).await?;
    let new =
        PortfolioSettings { base_currency: import.currency, ..PortfolioSettings::named(&import.portfolio) };
    let file = ImportFile { name: start::file_name(&import.file), bytes, currency: Some(import.currency) };
    let outcome = tracker.import(ImportTarget::Named(new), file, import.dry_run).await?;

    let mut out = std::io::stdout();
    writeln!(out, "{}", outcome.sentence(import.dry_run))?;
    for note in &outcome.notes {
        writeln!(out, "  {note}")?;
    }
    rejects::tell(&outcome.rejected);
    Ok(if outcome.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
