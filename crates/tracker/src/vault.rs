//! Backups, putting them back, and a look at whether all data are as they must be.

use std::path::{Path, PathBuf};

use bellwether_portfolio::Options;
use bellwether_storage::archive::{self, ArchiveError, RestoreOptions};
use bellwether_storage::doctor::Finding;
use bellwether_storage::{StorageError, users};
use chrono::{DateTime, Utc};

use crate::compute::replay;
use crate::{Tracker, TrackerError, versions};

pub use bellwether_storage::archive::Backup;

const SELL: &str = "Record the missing purchase, transfer or split, or correct the transaction.";

/// What becomes of what a backup replaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WhatIsThere {
    /// Nothing is replaced: a backup is put back only where there is nothing.
    #[default]
    Stays,
    /// It is backed up beside the file, and then replaced.
    KeptBeside,
    /// It is backed up there, and then replaced.
    KeptIn(PathBuf),
    /// It is replaced without a backup of it: it may be damaged beyond that.
    Lost,
}

/// How a backup is put back.
#[derive(Debug, Clone, Default)]
pub struct RestoreWish {
    /// What becomes of portfolios that are there.
    pub there: WhatIsThere,
    /// Whether API tokens and share links work again, also those that were revoked since the backup.
    pub with_keys: bool,
}

/// A backup that was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRestored {
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// How many rows it had.
    pub rows: u64,
    /// Where what it replaced is kept, when there was something.
    pub old: Option<PathBuf>,
    /// Whether the owner is another one than before: processes that run have to be started anew.
    pub is_anothers: bool,
}

impl Tracker {
    /// Writes all that the installation keeps, as of one moment, into a file that only its owner may read.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] when the file cannot be written, and the database's.
    pub async fn back_up(&self, path: &Path) -> Result<Backup, TrackerError> {
        let backup = self.storage().back_up(path.to_owned()).await?;
        tracing::info!(size = backup.size, rows = backup.rows, "backup.made");
        Ok(backup)
    }

    /// Puts a backup in the place of all that the installation keeps. The backup is checked wholly before anything is
    /// touched, and all of it happens or nothing. What is replaced is backed up first, unless it is to be lost.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] with what is wrong with the file, [`TrackerError::Conflict`] when there are portfolios
    /// that nobody said may be replaced, and the database's.
    pub async fn restore_backup(
        &self,
        path: &Path,
        wish: RestoreWish,
    ) -> Result<BackupRestored, TrackerError> {
        let file = path.to_owned();
        let checked = tokio::task::spawn_blocking(move || archive::check(&file)).await;
        let archive = checked
            .map_err(|error| StorageError::Unavailable(error.into()))?
            .map_err(StorageError::Archive)?;
        let now = self.clock().now();
        let keep_old = match &wish.there {
            WhatIsThere::Stays | WhatIsThere::Lost => None,
            WhatIsThere::KeptBeside => Some(beside(path, now)),
            WhatIsThere::KeptIn(old) => Some(old.clone()),
        };
        if let Some(old) = keep_old.as_ref().filter(|old| old.exists()) {
            let words = format!("{} is there already. Say --old-to with another name.", old.display());
            return Err(TrackerError::refused(words));
        }
        let only_where_nothing_is = wish.there == WhatIsThere::Stays;
        let options = RestoreOptions { only_where_nothing_is, keep_old, with_keys: wish.with_keys };
        let owner = self.owner();
        let restored = self
            .storage()
            .restore(archive, options, move |connection| {
                // Answers that were made of the data before are not those of now, whatever their versions say.
                versions::all_replaced(connection, now)
            })
            .await
            .map_err(|error| match error {
                StorageError::Archive(ArchiveError::WouldReplace) => TrackerError::conflict(
                    "This would replace the portfolios, their history or the people that are there. Say --replace if that \
                     is meant; what is there is backed up beside the file first."
                        .to_owned(),
                ),
                error => error.into(),
            })?;
        let owner_now = self.storage().read(users::owner).await?;
        Ok(BackupRestored {
            made_at: restored.made_at,
            rows: restored.rows,
            old: restored.old,
            is_anothers: owner_now != Some(owner),
        })
    }

    /// Looks at the whole data, and tells what is not as it must be.
    ///
    /// # Errors
    /// When the database is away; damage is no error but a finding.
    pub async fn examine(&self) -> Result<Vec<Finding>, TrackerError> {
        let mut findings = self.storage().examine().await?;
        // What cannot be read cannot be calculated with.
        if findings.iter().any(|finding| finding.about != "prices") {
            return Ok(findings);
        }
        for (theirs, portfolio) in self.everybodys_portfolios().await? {
            let transactions = theirs.ledger(portfolio.id).await?;
            let until = theirs.today();
            let market = match theirs.stored_market(&portfolio, &transactions, &[], until).await {
                Ok(market) => market,
                Err(error) if error.is_transient() => return Err(error),
                // The prices were a finding already.
                Err(_) => continue,
            };
            let options = Options::of(&portfolio);
            let replayed =
                theirs.compute(move || replay(&transactions, &market.market, options, until).map(drop)).await;
            if let Err(fault) = replayed {
                let what = format!("The portfolio {:?}: {fault}.", portfolio.name);
                findings.push(Finding { about: "ledgers", what, advice: SELL });
            }
        }
        Ok(findings)
    }
}

/// Where what a backup replaces is kept.
fn beside(path: &Path, now: DateTime<Utc>) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".replaced-{}", now.format("%Y%m%dT%H%M%SZ")));
    path.with_file_name(name)
}
