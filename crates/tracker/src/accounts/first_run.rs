//! The first run: who comes first becomes the owner, and where others could be first, whoever knows a code.

use std::sync::atomic::Ordering::Relaxed;

use bellwether_storage::{StorageError, sessions, settings, users};
use bellwether_texts::Sentence;

use super::secret::{digest, hex, random_code};
use super::sign_in::{NewSession, of};
use super::users::{checked_email, checked_name};
use super::{Visitor, password};
use crate::{Tracker, TrackerError};

/// Digests of the codes that processes printed.
const CODES: &str = "first-run-codes";
/// So many of them count, the latest.
const MOST: usize = 16;

fn known_by(code: &str) -> String {
    hex(&digest(&format!("first run:{code}")).0)
}

impl Tracker {
    /// A code by which the installation can be claimed at any of its processes; `None` when it has an owner.
    ///
    /// # Errors
    /// The database's.
    pub async fn draw_claim_code(&self) -> Result<Option<String>, TrackerError> {
        if !self.is_unclaimed().await? {
            return Ok(None);
        }
        let (code, now) = (random_code(), self.clock().now());
        let added = known_by(&code);
        let add = move |codes: &mut Vec<String>| {
            codes.push(added);
            codes.drain(..codes.len().saturating_sub(MOST));
        };
        self.storage().write(move |connection| settings::change(connection, CODES, now, add)).await?;
        Ok(Some(code))
    }

    /// Whether that is such a code, of this process or another, or from before the last start.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_claim_code(&self, code: &str) -> Result<bool, TrackerError> {
        let codes: Option<Vec<String>> = self.storage().setting(CODES).await?;
        Ok(codes.unwrap_or_default().contains(&known_by(code)))
    }

    /// Whether nobody has claimed the installation yet: its owner has no password.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_unclaimed(&self) -> Result<bool, TrackerError> {
        let is_claimed = &self.accounts().is_claimed;
        if is_claimed.load(Relaxed) {
            return Ok(false);
        }
        let owner = self.owner();
        let hash = self.storage().read(move |connection| users::password_hash(connection, owner)).await?;
        if hash.is_some() {
            is_claimed.store(true, Relaxed);
        }
        Ok(hash.is_none())
    }

    /// Makes whoever asks first the owner, and signs them in.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when somebody was first, [`TrackerError::Refused`] for a name or password that is none.
    pub async fn claim(
        &self,
        name: &str,
        email: Option<&str>,
        new_password: String,
        visitor: &Visitor,
    ) -> Result<NewSession, TrackerError> {
        let was_first = || TrackerError::conflict(Sentence::new("refused.has_owner"));
        if !self.is_unclaimed().await? {
            return Err(was_first());
        }
        let (name, email) = (checked_name(name)?, checked_email(email)?);
        if let Some(complaint) = password::complaint(&new_password, &name) {
            return Err(TrackerError::refused(complaint));
        }
        let hash = self.accounts().hasher.hash(new_password).await?;
        let now = self.clock().now();
        let (token, session) = self.new_session(visitor);
        let begun = session.clone();
        let claimed = self.storage().write(move |connection| {
            let id = users::claim(connection, &name, email.as_deref(), &hash, now)?;
            settings::set(connection, CODES, &Vec::<String>::new(), now)?;
            sessions::begin(connection, id, &begun)?;
            users::find(connection, id)
        });
        match claimed.await {
            Ok(user) => {
                self.accounts().is_claimed.store(true, Relaxed);
                tracing::info!("account.installation_claimed");
                Ok(of(token, &session, user))
            }
            Err(StorageError::Refused(_)) => Err(was_first()),
            // The operator lets people in before there is an owner too.
            Err(StorageError::Duplicate) => Err(TrackerError::refused(Sentence::new("refused.taken_first"))),
            Err(error) => Err(error.into()),
        }
    }
}
