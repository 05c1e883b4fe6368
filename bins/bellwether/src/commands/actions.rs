//! `bellwether actions import FILE`

use std::io::Write;
use std::process::ExitCode;

use super::{rejects, start};
use crate::cli::ActionsImport;
use crate::failure::Failure;
use crate::settings::Settings;

/// Imports splits or dividends. Rejected rows make the exit code 2.
pub(super) async fn run(settings: &Settings, import: ActionsImport) -> Result<ExitCode, Failure> {
    let bytes = start::read(&import.file)?;
    let tracker = start::tracker(settings).await?;
    let outcome = tracker.import_actions(bytes, import.basis).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", outcome.sentence)?;
    for note in &outcome.notes {
        writeln!(out, "  {note}")?;
    }
    rejects::tell(&outcome.rejected);
    Ok(if outcome.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
