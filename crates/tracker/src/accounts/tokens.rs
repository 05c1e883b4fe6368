//! Tokens for programs.

use bellwether_storage::api_tokens::{self, ApiToken};
use bellwether_texts::{Sentence, Value};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::secret::{self, Opens};
use super::{Credential, Scopes, SignedIn};
use crate::{Tracker, TrackerError};

/// Characters of what a token or link is called.
const LONGEST_NAME: usize = 80;
/// So many tokens or links somebody has at most.
pub(super) const MOST: usize = 100;

/// What a token or link is called, cleaned.
pub(super) fn checked_label(name: &str) -> Result<String, TrackerError> {
    let name = name.trim();
    let is_fine =
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if is_fine {
        Ok(name.to_owned())
    } else {
        Err(TrackerError::refused(Sentence::new("refused.label").with("longest", Value::exact(LONGEST_NAME))))
    }
}

pub(super) fn is_to_come(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), TrackerError> {
    if expires_at.is_none_or(|at| at > now) {
        Ok(())
    } else {
        Err(TrackerError::refused(Sentence::new("refused.over")))
    }
}

impl Tracker {
    /// Makes a token for programs of somebody. It is told now and never again.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] for a name that is none, an end that is over, or scopes beyond those of who asks;
    /// [`TrackerError::Conflict`] when there are too many.
    pub async fn add_token(
        &self,
        who: &SignedIn,
        name: &str,
        scopes: Scopes,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<(String, ApiToken), TrackerError> {
        let now = self.clock().now();
        is_to_come(expires_at, now)?;
        let has = who.scopes;
        if (scopes.read && !has.read) || (scopes.write && !has.write) || (scopes.admin && !has.admin) {
            return Err(TrackerError::refused(Sentence::new("refused.scopes")));
        }
        if self.tokens(who).await?.len() >= MOST {
            return Err(TrackerError::conflict(
                Sentence::new("refused.tokens_most").with("most", Value::exact(MOST)),
            ));
        }
        let (token, digest) = secret::new(Opens::Api);
        let record = ApiToken {
            id: Uuid::now_v7(),
            name: checked_label(name)?,
            scopes: scopes.words(),
            created_at: now,
            expires_at,
            last_used_at: None,
        };
        let (user, added) = (who.user, record.clone());
        self.storage().write(move |connection| api_tokens::add(connection, user, &added, digest)).await?;
        Ok((token, record))
    }

    /// Somebody's tokens, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens(&self, who: &SignedIn) -> Result<Vec<ApiToken>, TrackerError> {
        let user = who.user;
        Ok(self.storage().read(move |connection| api_tokens::list(connection, user)).await?)
    }

    /// Revokes one of somebody's tokens.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when they have none of that identifier.
    pub async fn revoke_token(&self, who: &SignedIn, id: Uuid) -> Result<(), TrackerError> {
        let (user, now) = (who.user, self.clock().now());
        let revoked =
            self.storage().write(move |connection| api_tokens::revoke(connection, user, id, now)).await;
        revoked.map_err(|error| {
            if error.is_not_found() { TrackerError::NotFound("such token".to_owned()) } else { error.into() }
        })?;
        match who.by {
            Credential::Token(this, digest) if this == id => self.accounts().memory.forget(digest),
            _ => self.accounts().memory.forget_user(user),
        }
        Ok(())
    }
}
