//! Who uses the installation.

use bellwether_domain::{Role, UserId};
use bellwether_storage::users::{self, User};
use bellwether_storage::{AnyConnection, StorageError};
use bellwether_texts::{Sentence, Value};

use crate::{Tracker, TrackerError};

/// Characters of a name.
const LONGEST_NAME: usize = 80;
/// And of an address.
const LONGEST_EMAIL: usize = 254;

/// Somebody to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What they sign in with.
    pub name: String,
    /// They may sign in with that too.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Their first password.
    pub password: String,
}

/// Names and addresses are the same however they are written.
pub(super) fn small(text: &str) -> String {
    text.trim().to_lowercase()
}

pub(super) fn checked_name(name: &str) -> Result<String, TrackerError> {
    let name = small(name);
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(TrackerError::refused(
            Sentence::new("refused.user_name").with("longest", Value::exact(LONGEST_NAME)),
        ));
    }
    // With an @ it could be somebody else's address.
    if name.chars().any(|sign| sign.is_control() || sign == '@') {
        return Err(TrackerError::refused(Sentence::new("refused.user_name_signs")));
    }
    Ok(name)
}

pub(super) fn checked_email(email: Option<&str>) -> Result<Option<String>, TrackerError> {
    let Some(email) = email.map(small).filter(|email| !email.is_empty()) else { return Ok(None) };
    let has_two_parts =
        email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let is_plain = !email.chars().any(|sign| sign.is_control() || sign.is_whitespace());
    if has_two_parts && is_plain && email.len() <= LONGEST_EMAIL {
        Ok(Some(email))
    } else {
        Err(TrackerError::refused(Sentence::new("refused.email")))
    }
}

/// Whoever signs in by that, with the hash of their password. What is no name of anybody is not looked for: PostgreSQL
/// takes no text with a NUL.
pub(super) fn by_name(
    connection: &mut AnyConnection,
    name: &str,
) -> Result<Option<(User, Option<String>)>, StorageError> {
    if name.chars().any(char::is_control) { Ok(None) } else { users::by_name(connection, name) }
}

pub(super) fn no_such_user(error: StorageError) -> TrackerError {
    if error.is_not_found() { TrackerError::NotFound("such user".to_owned()) } else { error.into() }
}

impl Tracker {
    /// Everybody who uses the installation, in the order in which they came.
    ///
    /// # Errors
    /// The database's.
    pub async fn users(&self) -> Result<Vec<User>, TrackerError> {
        Ok(self.storage().read(users::list).await?)
    }

    /// Whoever signs in by that name or address.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`].
    pub async fn user_named(&self, name: &str) -> Result<User, TrackerError> {
        let name = small(name);
        let found = self.storage().read(move |connection| by_name(connection, &name)).await?;
        found.map(|(user, _)| user).ok_or_else(|| TrackerError::NotFound("such user".to_owned()))
    }

    /// Removes somebody with all their portfolios.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`], [`TrackerError::Conflict`] for the owner.
    pub async fn remove_user(&self, user: UserId) -> Result<(), TrackerError> {
        let removed = self.storage().write(move |connection| users::remove(connection, user)).await;
        match removed {
            Ok(()) => {
                self.accounts().memory.forget_user(user);
                Ok(())
            }
            Err(StorageError::Refused(_)) => {
                Err(TrackerError::conflict(Sentence::new("refused.owner_stays")))
            }
            Err(error) => Err(no_such_user(error)),
        }
    }
}
