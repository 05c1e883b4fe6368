//! Whom a session or a token lets in, and the list of somebody's sessions.

use bellwether_storage::sessions::{self, Session as StoredSession};
use bellwether_storage::{Digest, api_tokens};
use chrono::{DateTime, TimeDelta, Utc};

use super::secret::{Opens, hex};
use super::{Credential, Scopes, SignedIn};
use crate::{Tracker, TrackerError};

/// A session ends after so long, however much it is used.
pub(super) const SESSION_FOR: TimeDelta = TimeDelta::days(30);
/// And when it was not used for so long.
pub(crate) const IDLE_FOR: TimeDelta = TimeDelta::days(7);
/// That something was used is noted to that.
const NOTED_TO: TimeDelta = TimeDelta::minutes(5);

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it is called here: a part of its digest.
    pub id: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to some minutes.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
    /// Where it was begun from.
    pub address: String,
    /// The program that began it, as it calls itself.
    pub agent: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

fn id_of(digest: Digest) -> String {
    let mut id = hex(&digest.0);
    id.truncate(32);
    id
}

/// By what a token is known, and whether it is a session's.
fn digest_of(token: &str) -> Option<(Digest, bool)> {
    let session = Opens::Session.digest(token).map(|digest| (digest, true));
    session.or_else(|| Opens::Api.digest(token).map(|digest| (digest, false)))
}

impl Tracker {
    /// Whom a session's or program's token lets in. Remembered for some seconds.
    ///
    /// # Errors
    /// The database's, where nothing is remembered.
    pub async fn let_in(&self, token: &str) -> Result<Option<SignedIn>, TrackerError> {
        match digest_of(token) {
            Some((digest, is_session)) => self.known_by(digest, is_session).await,
            None => Ok(None),
        }
    }

    /// Whether that token let somebody in lately, so that it is no guess. Asks no database.
    pub fn let_in_lately(&self, token: &str) -> bool {
        digest_of(token).is_some_and(|(digest, _)| self.accounts().memory.holds(digest))
    }

    /// Whether whoever was let in still would be.
    ///
    /// # Errors
    /// As [`let_in`](Self::let_in).
    pub async fn is_still_let_in(&self, who: &SignedIn) -> Result<bool, TrackerError> {
        Ok(match who.by {
            Credential::Nothing => true,
            Credential::Session(digest) => self.known_by(digest, true).await?.is_some(),
            Credential::Token(_, digest) => self.known_by(digest, false).await?.is_some(),
        })
    }

    async fn known_by(&self, digest: Digest, is_session: bool) -> Result<Option<SignedIn>, TrackerError> {
        let (memory, now) = (&self.accounts().memory, self.clock().now());
        if let Some(who) = memory.recall(digest, now) {
            return Ok(Some(who));
        }
        if self.storage().is_away()
            && let Some(who) = memory.recall_without_database(digest, now)
        {
            return Ok(Some(who));
        }
        let reading = memory.read();
        let looked =
            if is_session { self.look_up_session(digest).await } else { self.look_up_token(digest).await };
        let found = match looked {
            Err(error) if error.is_transient() => {
                return memory.recall_without_database(digest, now).map(Some).ok_or(error);
            }
            looked => looked?,
        };
        let Some((who, ends)) = found.filter(|(_, ends)| now < *ends) else {
            memory.drop(digest);
            return Ok(None);
        };
        memory.remember(reading, digest, &who, now, ends);
        Ok(Some(who))
    }

    async fn look_up_session(
        &self,
        digest: Digest,
    ) -> Result<Option<(SignedIn, DateTime<Utc>)>, TrackerError> {
        let found = self.storage().read(move |connection| sessions::find(connection, digest)).await?;
        let Some((session, user)) = found else { return Ok(None) };
        let now = self.clock().now();
        let ends = session.expires_at.min(session.last_seen_at + IDLE_FOR);
        if now < ends && now - session.last_seen_at > NOTED_TO {
            let seen = move |connection: &mut _| sessions::seen(connection, digest, now);
            self.note(self.storage().write_repeatable(seen).await);
        }
        Ok(Some((SignedIn::of(user, Scopes::ALL, Credential::Session(digest)), ends)))
    }

    async fn look_up_token(&self, digest: Digest) -> Result<Option<(SignedIn, DateTime<Utc>)>, TrackerError> {
        let found = self.storage().read(move |connection| api_tokens::find(connection, digest)).await?;
        let Some((token, user)) = found else { return Ok(None) };
        // Of a newer version of this program.
        let Some(scopes) = Scopes::from_words(&token.scopes) else { return Ok(None) };
        let now = self.clock().now();
        let ends = token.expires_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
        if now < ends && token.last_used_at.is_none_or(|at| now - at > NOTED_TO) {
            let used = move |connection: &mut _| api_tokens::used(connection, token.id, now);
            self.note(self.storage().write_repeatable(used).await);
        }
        Ok(Some((SignedIn::of(user, scopes, Credential::Token(token.id, digest)), ends)))
    }

    /// That it was used is worth no failure.
    #[expect(clippy::unused_self, reason = "reads as a sentence")]
    fn note(&self, noted: Result<(), bellwether_storage::StorageError>) {
        if let Err(error) = noted {
            tracing::debug!(%error, "account.use_not_noted");
        }
    }

    /// Somebody's sessions, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions(&self, who: &SignedIn) -> Result<Vec<Session>, TrackerError> {
        let (user, now) = (who.user, self.clock().now());
        let listed = self
            .storage()
            .read(move |connection| sessions::list(connection, user, now, now - IDLE_FOR))
            .await?;
        let this = who.by.digest();
        let shown = |session: StoredSession| Session {
            id: id_of(session.token),
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            address: session.address,
            agent: session.user_agent,
            is_this: Some(session.token) == this,
        };
        Ok(listed.into_iter().map(shown).collect())
    }

    /// Ends one of somebody's sessions.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when they have none of that name.
    pub async fn end_session(&self, who: &SignedIn, id: &str) -> Result<(), TrackerError> {
        let (user, now) = (who.user, self.clock().now());
        let listed = self
            .storage()
            .read(move |connection| sessions::list(connection, user, now, now - IDLE_FOR))
            .await?;
        let named = listed.iter().find(|session| id_of(session.token) == id);
        let Some(digest) = named.map(|session| session.token) else {
            return Err(TrackerError::NotFound("such session".to_owned()));
        };
        self.storage().write(move |connection| sessions::end(connection, user, digest)).await?;
        self.accounts().memory.forget(digest);
        Ok(())
    }

    /// Ends somebody's sessions but the one that asks; says how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_other_sessions(&self, who: &SignedIn) -> Result<usize, TrackerError> {
        let (user, kept) = (who.user, who.by.digest());
        let ended =
            self.storage().write(move |connection| sessions::end_others(connection, user, kept)).await?;
        self.accounts().memory.forget_user(user);
        Ok(ended)
    }

    /// Ends the session that a token is of, whoever has it. A program's token is revoked otherwise.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_out(&self, token: &str) -> Result<(), TrackerError> {
        let Some(digest) = Opens::Session.digest(token) else { return Ok(()) };
        self.storage()
            .write(move |connection| {
                let Some((_, user)) = sessions::find(connection, digest)? else { return Ok(false) };
                sessions::end(connection, user.id, digest)
            })
            .await?;
        self.accounts().memory.forget(digest);
        Ok(())
    }
}
