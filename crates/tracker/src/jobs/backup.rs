//! Backups by night, of which a few of each age are kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use async_trait::async_trait;
use bellwether_scheduler::{Job, JobContext, JobError, JobHandler, JobId, NewJob, Priority};
use bellwether_storage::settings;
use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Tracker, TrackerError, installation};

pub(super) const KIND: &str = "backup";
/// How the last ones went.
const RECORD: &str = "backups";
/// Of so many that is told.
const REMEMBERED: usize = 20;
/// Whether a worker has a folder for them.
const FOLDER: &str = "backup-folder";
const PREFIX: &str = "bellwether-";
const SUFFIX: &str = ".backup";
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// Where backups go by night, and how many stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupPlan {
    /// The folder, made where it is not there.
    pub folder: PathBuf,
    /// How many stay.
    pub keep: BackupsKept,
}

/// How many backups stay: the newest of each of the last days, weeks and months that have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupsKept {
    /// Days.
    pub daily: usize,
    /// Weeks, which begin on Monday.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
}

impl Default for BackupsKept {
    /// Seven days, four weeks, twelve months.
    fn default() -> Self {
        Self { daily: 7, weekly: 4, monthly: 12 }
    }
}

impl FromStr for BackupsKept {
    type Err = TrackerError;

    /// Reads `7,4,12`: days, weeks, months; one of them at least.
    fn from_str(text: &str) -> Result<Self, TrackerError> {
        let refused = || {
            TrackerError::refused(format!(
                "{text:?} does not say how many backups to keep: give days, weeks and months such as 7,4,12."
            ))
        };
        let numbers: Vec<usize> = text
            .split(',')
            .map(|part| part.trim().parse().ok().filter(|number| *number <= 1_000))
            .collect::<Option<_>>()
            .ok_or_else(refused)?;
        match numbers[..] {
            [daily, weekly, monthly] if daily + weekly + monthly > 0 => Ok(Self { daily, weekly, monthly }),
            _ => Err(refused()),
        }
    }
}

/// The day, week or month of an instant.
type SpanOf = fn(&DateTime<Utc>) -> (i32, u32);

impl BackupsKept {
    /// Which of these backups go at that time. What a wrong clock dated later takes nobody's place, and stays.
    fn outdated(self, all: &[(DateTime<Utc>, PathBuf)], now: DateTime<Utc>) -> Vec<PathBuf> {
        let until_now = || all.iter().filter(|(at, _)| *at <= now);
        let mut newest_first: Vec<_> = until_now().collect();
        newest_first.sort_by(|one, other| other.cmp(one));
        let mut kept = BTreeSet::new();
        let spans: [(usize, SpanOf); 3] = [
            (self.daily, |at| (at.year(), at.ordinal())),
            (self.weekly, |at| (at.iso_week().year(), at.iso_week().week())),
            (self.monthly, |at| (at.year(), at.month())),
        ];
        for (count, span_of) in spans {
            let mut spans = BTreeSet::new();
            for (at, path) in &newest_first {
                if spans.len() < count && spans.insert(span_of(at)) {
                    kept.insert(path);
                }
            }
        }
        until_now().map(|(_, path)| path).filter(|path| !kept.contains(path)).cloned().collect()
    }
}

/// How a backup went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecord {
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// The file's name; without it there is none.
    pub file: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// The hash of all that owners had entered.
    pub ledger: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
}

pub(super) struct Handler {
    pub(super) tracker: Tracker,
    pub(super) plan: BackupPlan,
}

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, _: &Job, _: &JobContext) -> Result<(), JobError> {
        let at = self.tracker.clock().now();
        let made = self.make(at).await;
        let record = match &made {
            Ok(record) => record.clone(),
            Err(error) => BackupRecord {
                at,
                file: None,
                size: None,
                ledger: None,
                error: Some(match error {
                    TrackerError::Refused(words) => words.to_string(),
                    _ => "The database did not answer.".to_owned(),
                }),
            },
        };
        let kept = self.tracker.storage().write(move |connection| {
            settings::change(connection, RECORD, at, |all: &mut Vec<BackupRecord>| {
                all.insert(0, record);
                all.truncate(REMEMBERED);
            })
        });
        kept.await.map_err(|error| super::failed(error.into()))?;
        if let Err(error) = made {
            tracing::warn!(%error, "backup.failed");
            let words = match &error {
                TrackerError::Refused(words) => words.to_string(),
                _ => "The database did not answer.".to_owned(),
            };
            if let Err(error) = self.tracker.backup_failed(words, at).await {
                tracing::warn!(%error, "backup.failure_not_told");
            }
            return Err(super::failed(error));
        }
        Ok(())
    }
}

impl Handler {
    async fn make(&self, at: DateTime<Utc>) -> Result<BackupRecord, TrackerError> {
        let BackupPlan { folder, keep } = &self.plan;
        let unusable = |error: std::io::Error| {
            TrackerError::refused(format!("The folder {} cannot be used: {error}.", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let prefix = prefix_of(installation::id(self.tracker.storage()).await?);
        let name = format!("{prefix}{}{SUFFIX}", at.format(STAMP));
        let path = folder.join(&name);
        let backup = self.tracker.back_up(&path).await?;
        for outdated in keep.outdated(&backups_in(folder, &prefix).map_err(unusable)?, at) {
            if let Err(error) = std::fs::remove_file(&outdated) {
                tracing::warn!(%error, "backup.not_removed");
            }
        }
        Ok(BackupRecord {
            at,
            file: Some(name),
            size: Some(backup.size),
            ledger: Some(backup.ledger.to_string()),
            error: None,
        })
    }
}

/// How the names of an installation's backups begin: several may share a folder.
fn prefix_of(installation: Uuid) -> String {
    // What differs in identifiers that were made at the same time.
    let own = installation.as_u128() & 0xffff_ffff_ffff;
    format!("{PREFIX}{own:012x}-")
}

/// The files of a folder that are named as backups by night are; others are nobody's to remove.
fn backups_in(folder: &Path, prefix: &str) -> std::io::Result<Vec<(DateTime<Utc>, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stamp = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(SUFFIX));
        if let Some(Ok(at)) = stamp.map(|stamp| NaiveDateTime::parse_from_str(stamp, STAMP)) {
            found.push((at.and_utc(), path));
        }
    }
    Ok(found)
}

impl Tracker {
    /// Notes that backups are made, for processes that only serve.
    pub(super) async fn note_backups(&self) -> Result<(), TrackerError> {
        if self.storage().setting::<bool>(FOLDER).await? != Some(true) {
            self.storage().set_setting(FOLDER, true).await?;
        }
        Ok(())
    }

    /// How the last backups went that were made by night or asked for, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn backups(&self) -> Result<Vec<BackupRecord>, TrackerError> {
        Ok(self.storage().setting(RECORD).await?.unwrap_or_default())
    }

    /// Has a worker make a backup now.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when no worker ever had a folder for it, and the queue's.
    pub async fn request_backup(&self) -> Result<JobId, TrackerError> {
        if self.storage().setting::<bool>(FOLDER).await? != Some(true) {
            return Err(TrackerError::conflict(
                "There is no folder for backups. Start the server with --backup-folder.".to_owned(),
            ));
        }
        let job = NewJob::new(KIND, KIND).priority(Priority::NORMAL);
        Ok(self.queue().enqueue(&job).await?.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stamps: &[&str]) -> Vec<(DateTime<Utc>, PathBuf)> {
        let of = |stamp: &&str| {
            let at = format!("{stamp}T02:30:00Z").parse().expect("an instant");
            (at, PathBuf::from(stamp))
        };
        stamps.iter().map(of).collect()
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn the_newest_of_each_day_week_and_month_stay() {
        let keep = BackupsKept { daily: 2, weekly: 2, monthly: 3 };
        // 2024-05-13 is a Monday.
        let files = all(&[
            "2024-01-31",
            "2024-02-10",
            "2024-03-31",
            "2024-04-29",
            "2024-05-05",
            "2024-05-12",
            "2024-05-13",
            "2024-05-14",
        ]);
        let now = instant("2024-05-14T02:30:00.25Z");
        let gone: Vec<String> =
            keep.outdated(&files, now).iter().map(|path| path.display().to_string()).collect();
        // Days: 14th, 13th; weeks: 14th, 12th; months: May 14th, April 29th, March 31st.
        assert_eq!(gone, ["2024-01-31", "2024-02-10", "2024-05-05"]);
        assert!(keep.outdated(&all(&["2024-05-14"]), now).is_empty());
    }

    #[test]
    fn what_a_wrong_clock_dated_later_takes_no_place_of_the_newest() {
        let keep = BackupsKept { daily: 1, weekly: 0, monthly: 0 };
        let files = all(&["2024-05-13", "2024-05-14", "2031-01-01"]);
        let gone = keep.outdated(&files, instant("2024-05-14T02:30:00Z"));
        assert_eq!(gone, [PathBuf::from("2024-05-13")]);
    }

    #[test]
    fn how_many_stay_is_days_weeks_and_months() {
        let read = |text: &str| text.parse::<BackupsKept>().ok();
        assert_eq!(read("7,4,12"), Some(BackupsKept::default()));
        assert_eq!(read("1, 0, 0"), Some(BackupsKept { daily: 1, weekly: 0, monthly: 0 }));
        assert!(
            ["", "7", "0,0,0", "7,4,-1", "a,b,c", "7,4,12,1", "9999,1,1"]
                .iter()
                .all(|text| read(text).is_none())
        );
    }

    #[test]
    fn other_files_are_no_backups() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |low: u128| prefix_of(Uuid::from_u128((7 << 64) | low));
        let (own, others) = (of(0xab), of(0xac));
        assert_eq!(own, "bellwether-0000000000ab-");
        for name in [format!("{own}20240514T023000Z.backup"), format!("{others}20240514T023000Z.backup")] {
            std::fs::write(folder.path().join(name), "x").expect("written");
        }
        for name in ["bellwether-20240514T023000Z.backup", "bellwether-mine.backup", "notes.txt"] {
            std::fs::write(folder.path().join(name), "x").expect("written");
        }
        let found = backups_in(folder.path(), &own).expect("read");
        assert_eq!(found.len(), 1);
        assert!(found[0].1.ends_with("bellwether-0000000000ab-20240514T023000Z.backup"));
    }
}
