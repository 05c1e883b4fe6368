//! `bellwether backup`, `bellwether restore` and `bellwether doctor`

use std::io::Write;
use std::process::ExitCode;

use bellwether_tracker::{RestoreWish, WhatIsThere};

use super::start;
use crate::cli::{Backup, Restore};
use crate::failure::Failure;
use crate::settings::Settings;

/// Writes all data into a file.
pub(super) async fn back_up(settings: &Settings, backup: &Backup) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let made = tracker.back_up(&backup.file).await?;
    writeln!(
        std::io::stdout(),
        "{} has {} rows in {} bytes. The hash of the ledgers is {}.",
        made.path.display(),
        made.rows,
        made.size,
        made.ledger
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a backup in the place of all data.
pub(super) async fn restore(settings: &Settings, restore: &Restore) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let there = match (&restore.old_to, restore.replace) {
        (_, false) => WhatIsThere::Stays,
        (_, true) if restore.without_old => WhatIsThere::Lost,
        (Some(old), true) => WhatIsThere::KeptIn(old.clone()),
        (None, true) => WhatIsThere::KeptBeside,
    };
    let wish = RestoreWish { there, with_keys: restore.with_keys };
    let done = tracker.restore_backup(&restore.file, wish).await?;
    let mut out = std::io::stdout();
    let made_at = done.made_at.format("%Y-%m-%d %H:%M:%S UTC");
    writeln!(out, "The database is as it was on {made_at}: {} rows. Everybody signs in again.", done.rows)?;
    if let Some(old) = done.old {
        writeln!(out, "What it replaced is in {}.", old.display())?;
    }
    if done.is_anothers {
        writeln!(out, "It belongs to another owner: start the processes anew that use this database.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks at all data. Something found makes the exit code 1.
pub(super) async fn examine(settings: &Settings) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let findings = tracker.examine().await?;
    let mut out = std::io::stdout();
    for finding in &findings {
        writeln!(out, "{}: {}\n  {}", finding.about, finding.what, finding.advice)?;
    }
    if findings.is_empty() {
        writeln!(out, "All data are as they must be.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = findings.len();
    writeln!(out, "{count} {} not as it must be.", if count == 1 { "thing is" } else { "things are" })?;
    Ok(ExitCode::FAILURE)
}
