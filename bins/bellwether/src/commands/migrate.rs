//! `bellwether migrate`

use std::io::Write;
use std::process::ExitCode;

use super::start;
use crate::failure::Failure;
use crate::settings::Settings;

/// Opening the database brings its schema up to date; nothing else is to be done.
pub(super) async fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    start::tracker(settings).await?;
    writeln!(std::io::stdout(), "The database has this version's schema.")?;
    Ok(ExitCode::SUCCESS)
}
