//! Files that somebody looks at before they come into the ledger. Nothing of them is in the ledger.

use bellwether_domain::{ImportId, PortfolioId};
use bellwether_statements::{SuggestedMapping, detect, read_transactions, suggest_mapping};
use bellwether_storage::import_drafts::{self, ImportDraft};
use bellwether_storage::{AnyConnection, StorageError};
use bellwether_texts::{Sentence, Value};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{Choices, DraftChange, ImportFile};
use crate::{Tracker, TrackerError};

/// A file that nobody looks at for so long goes.
const KEPT: TimeDelta = TimeDelta::days(7);
/// A user's drafts at a time.
const MOST_DRAFTS: i64 = 20;
/// All files of a user's drafts, in bytes.
const MOST_BYTES: i64 = 128 << 20;
/// Longer names of files are cut off.
const NAME: usize = 200;
/// All choices of a draft as they are kept, in bytes.
const MOST_CHOSEN: usize = 4 << 20;

/// A file on its way into a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its identifier, which its import will have.
    pub id: ImportId,
    /// Where it is to go.
    pub portfolio: PortfolioId,
    /// The file's name.
    pub file_name: String,
    /// What was found out about it, and what was chosen.
    pub choices: Choices,
    /// Rises with every change of the choices.
    pub version: i64,
    /// When the file came.
    pub created_at: DateTime<Utc>,
    /// When it goes by itself.
    pub expires_at: DateTime<Utc>,
    pub(super) sha256: [u8; 32],
}

impl Draft {
    fn of(stored: ImportDraft) -> Result<Self, TrackerError> {
        let choices = serde_json::from_str(&stored.choices).map_err(|error| {
            TrackerError::conflict(
                Sentence::new("refused.draft_of_another").with("reason", error.to_string()),
            )
        })?;
        Ok(Self {
            id: stored.id,
            portfolio: stored.portfolio,
            file_name: stored.file_name,
            choices,
            version: stored.version,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            sha256: stored.sha256,
        })
    }

    pub(super) fn stored(&self) -> Result<ImportDraft, TrackerError> {
        Ok(ImportDraft {
            id: self.id,
            portfolio: self.portfolio,
            file_name: self.file_name.clone(),
            sha256: self.sha256,
            choices: text_of(&self.choices)?,
            version: self.version,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

fn text_of(choices: &Choices) -> Result<String, TrackerError> {
    let text = serde_json::to_string(choices)
        .map_err(|error| TrackerError::refused(format!("The choices cannot be kept: {error}.")))?;
    if text.len() > MOST_CHOSEN {
        return Err(TrackerError::refused(
            Sentence::new("refused.corrections_large").with("limit", Value::exact(MOST_CHOSEN >> 20)),
        ));
    }
    Ok(text)
}

/// A file's name as it is kept.
pub(crate) fn kept_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME).collect()
}

/// What is not there, in words that say what.
pub(super) fn no_such_import(error: StorageError) -> TrackerError {
    if error.is_not_found() { TrackerError::NotFound("such import".to_owned()) } else { error.into() }
}

/// It was changed by somebody else since it was looked at.
pub(super) fn changed_meanwhile() -> TrackerError {
    TrackerError::conflict(Sentence::new("refused.import_changed"))
}

impl Tracker {
    /// Keeps a file as a draft. It is read with the mapping that was remembered for its columns, else in its surest form;
    /// where there is neither, it waits for a mapping.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::File`] when the file gives no rows
    /// however it is read, [`TrackerError::Conflict`] when there are too many drafts.
    pub async fn begin_import(
        &self,
        portfolio: PortfolioId,
        file: ImportFile,
    ) -> Result<Draft, TrackerError> {
        let base = self.portfolio(portfolio).await?.base_currency;
        let (now, today) = (self.clock().now(), self.today());
        let bytes = file.bytes;
        let (bytes, sha256, detected, columns) = self
            .compute(move || {
                let sha256: [u8; 32] = Sha256::digest(&bytes).into();
                let (detected, columns) = (detect(&bytes)?, suggest_mapping(&bytes)?);
                if detected.is_empty() && columns.is_none() {
                    let options = bellwether_statements::ReadOptions::new(base, today);
                    // Tells what is wrong with it.
                    read_transactions(&bytes, &options)?;
                }
                Ok::<_, TrackerError>((bytes, sha256, detected, columns))
            })
            .await?;
        let mapping = match &columns {
            Some(columns) => self.remembered_mapping(columns).await?,
            None => None,
        };
        let choices = Choices {
            detected,
            currency: file.currency,
            remembered: mapping.is_some(),
            mapping,
            ..Choices::default()
        };
        let draft = Draft {
            id: ImportId::new(),
            portfolio,
            file_name: kept_name(&file.name),
            choices,
            version: 1,
            created_at: now,
            expires_at: now + KEPT,
            sha256,
        };
        let (user, stored) = (self.user(), draft.stored()?);
        let fits = self
            .storage()
            .write(move |connection| {
                import_drafts::remove_expired(connection, now)?;
                let kept = import_drafts::kept(connection, user, now)?;
                let more = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                if kept.count >= MOST_DRAFTS || kept.bytes.saturating_add(more) > MOST_BYTES {
                    return Ok(false);
                }
                import_drafts::add(connection, user, &stored, &bytes)?;
                Ok(true)
            })
            .await?;
        if fits {
            Ok(draft)
        } else {
            Err(TrackerError::conflict(
                Sentence::new("refused.drafts_most")
                    .with("most", Value::exact(MOST_DRAFTS))
                    .with("limit", Value::exact(MOST_BYTES >> 20)),
            ))
        }
    }

    /// The drafts for a portfolio, newest first.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio.
    pub async fn drafts(&self, portfolio: PortfolioId) -> Result<Vec<Draft>, TrackerError> {
        self.portfolio(portfolio).await?;
        let (user, now) = (self.user(), self.clock().now());
        let stored = self
            .storage()
            .snapshot(move |connection| import_drafts::list(connection, user, portfolio, now))
            .await?;
        stored.into_iter().map(Draft::of).collect()
    }

    /// One draft.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none, or no longer.
    pub async fn draft(&self, portfolio: PortfolioId, id: ImportId) -> Result<Draft, TrackerError> {
        let (user, now) = (self.user(), self.clock().now());
        let found = self
            .storage()
            .snapshot(move |connection| import_drafts::find(connection, user, portfolio, id, now))
            .await;
        Draft::of(found.map_err(no_such_import)?)
    }

    /// A draft with its file.
    pub(super) async fn draft_with_file(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<(Draft, Vec<u8>), TrackerError> {
        let (user, now) = (self.user(), self.clock().now());
        let read = move |connection: &mut AnyConnection| {
            let draft = import_drafts::find(connection, user, portfolio, id, now)?;
            Ok((draft, import_drafts::content(connection, id)?))
        };
        let (draft, content) = self.storage().snapshot(read).await.map_err(no_such_import)?;
        Ok((Draft::of(draft)?, content))
    }

    /// A guess at what the columns of a draft's file hold; `None` when no line of it names columns.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such draft.
    pub async fn suggested_mapping(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<Option<SuggestedMapping>, TrackerError> {
        let (_, content) = self.draft_with_file(portfolio, id).await?;
        Ok(self.compute(move || suggest_mapping(&content)).await?)
    }

    /// Chooses otherwise for a draft, of the version `expected` where given.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such draft, [`TrackerError::File`] when the file gives no rows as
    /// chosen, [`TrackerError::Conflict`] when it has another version.
    pub async fn change_draft(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
        expected: Option<i64>,
        change: DraftChange,
    ) -> Result<Draft, TrackerError> {
        let (draft, content) = self.draft_with_file(portfolio, id).await?;
        if expected.is_some_and(|expected| expected != draft.version) {
            return Err(changed_meanwhile());
        }
        let base = self.portfolio(portfolio).await?.base_currency;
        let (is_read_otherwise, remember) =
            (change.mapping.is_some() || change.format.is_some(), change.remember);
        let choices = change.applied_to(&draft.choices)?;
        if is_read_otherwise && !choices.need_mapping() {
            let options = choices.options(base, self.today());
            let columns = self
                .compute(move || {
                    read_transactions(&content, &options)?;
                    Ok::<_, TrackerError>(if remember { suggest_mapping(&content)? } else { None })
                })
                .await?;
            if let (Some(columns), Some(mapping)) = (&columns, &choices.mapping) {
                self.remember_mapping(columns, mapping).await?;
            }
        }
        let (user, now, stored, text) =
            (self.user(), self.clock().now(), draft.stored()?, text_of(&choices)?);
        let chosen = self
            .storage()
            .write(move |connection| import_drafts::choose(connection, user, &stored, &text, now, now + KEPT))
            .await
            .map_err(no_such_import)?;
        Draft::of(chosen.ok_or_else(changed_meanwhile)?)
    }

    /// Takes a draft away with its file, of the version `expected` where given.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such draft, [`TrackerError::Conflict`] when it has another version.
    pub async fn discard_draft(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
        expected: Option<i64>,
    ) -> Result<(), TrackerError> {
        self.draft(portfolio, id).await?;
        let user = self.user();
        let removed = self
            .storage()
            .write(move |connection| import_drafts::remove(connection, user, portfolio, id, expected))
            .await?;
        self.previews().forget(id);
        if removed { Ok(()) } else { Err(changed_meanwhile()) }
    }
}
