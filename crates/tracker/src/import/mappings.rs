//! What the columns of files in no known form hold, remembered for the next file with the same columns.

use bellwether_statements::{ColumnMapping, SuggestedMapping};
use bellwether_storage::import_mappings::{self, RememberedMapping};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::{Tracker, TrackerError};

/// Of more mappings those go that were not used for longest.
const MOST_MAPPINGS: usize = 200;

/// A mapping that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// By which it is known: a digest of the columns' names.
    pub key: String,
    /// The names of the columns.
    pub header: Vec<String>,
    /// What they hold.
    pub mapping: ColumnMapping,
    /// When it was chosen first.
    pub created_at: DateTime<Utc>,
    /// When it was used last.
    pub used_at: DateTime<Utc>,
}

impl Mapping {
    /// `None` where an older version of the program wrote what this one does not understand.
    fn of(stored: &RememberedMapping) -> Option<Self> {
        Some(Self {
            key: stored.key.clone(),
            header: serde_json::from_str(&stored.header).ok()?,
            mapping: serde_json::from_str(&stored.mapping).ok()?,
            created_at: stored.created_at,
            used_at: stored.used_at,
        })
    }
}

/// Bytes of a digest that name a mapping.
const KEY: usize = 16;

fn is_key(text: &str) -> bool {
    text.len() == 2 * KEY && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn digest(header_key: &str) -> String {
    Sha256::digest(header_key).iter().take(KEY).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl Tracker {
    /// The mappings that the user's files are read with, the one that was used last first.
    ///
    /// # Errors
    /// The database's.
    pub async fn import_mappings(&self) -> Result<Vec<Mapping>, TrackerError> {
        let user = self.user();
        let stored = self.storage().read(move |connection| import_mappings::list(connection, user)).await?;
        Ok(stored.iter().filter_map(Mapping::of).collect())
    }

    /// Forgets a mapping: files with those columns are asked about again.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none of that key.
    pub async fn forget_import_mapping(&self, key: &str) -> Result<(), TrackerError> {
        let no_such = || TrackerError::NotFound("such mapping".to_owned());
        if !is_key(key) {
            return Err(no_such());
        }
        let (user, key) = (self.user(), key.to_owned());
        let forgotten =
            self.storage().write(move |connection| import_mappings::forget(connection, user, &key)).await;
        forgotten.map_err(|error| if error.is_not_found() { no_such() } else { error.into() })
    }

    /// What is remembered of files with the columns of this one.
    pub(super) async fn remembered_mapping(
        &self,
        file: &SuggestedMapping,
    ) -> Result<Option<ColumnMapping>, TrackerError> {
        let (user, key, now) = (self.user(), digest(&file.header_key), self.clock().now());
        let stored = self
            .storage()
            .write(move |connection| import_mappings::used(connection, user, &key, now))
            .await?;
        Ok(stored.as_ref().and_then(Mapping::of).map(|known| known.mapping))
    }

    pub(super) async fn remember_mapping(
        &self,
        file: &SuggestedMapping,
        mapping: &ColumnMapping,
    ) -> Result<(), TrackerError> {
        let (user, now) = (self.user(), self.clock().now());
        let text = |error: serde_json::Error| TrackerError::refused(format!("That is no mapping: {error}."));
        let remembered = RememberedMapping {
            key: digest(&file.header_key),
            header: serde_json::to_string(&file.header).map_err(text)?,
            mapping: serde_json::to_string(mapping).map_err(text)?,
            created_at: now,
            used_at: now,
        };
        let remember =
            move |connection: &mut _| import_mappings::remember(connection, user, &remembered, MOST_MAPPINGS);
        Ok(self.storage().write(remember).await?)
    }
}
