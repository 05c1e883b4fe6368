//! Signing in, and another password.

use bellwether_domain::{Role, UserId};
use bellwether_storage::sessions::{self, Session};
use bellwether_storage::users::{self, User};
use bellwether_storage::{
    AnyConnection, Digest, StorageError, api_tokens, oidc_identities, share_links, sign_in_failures,
};
use bellwether_texts::Sentence;
use chrono::{DateTime, Utc};

use super::credential::SESSION_FOR;
use super::secret::{self, Opens};
use super::users::{NewUser, by_name, checked_email, checked_name, small};
use super::{SignedIn, Visitor, password, throttle};
use crate::{Tracker, TrackerError};

/// So much of what a program calls itself is kept.
const AGENT_LENGTH: usize = 200;

/// Another password, and the one that it replaces.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// The one that is theirs.
    pub old: String,
    /// The one to be.
    pub new: String,
    /// Whether their tokens, links and the identity by which they sign in are to be of no use any more either.
    pub revoke: bool,
}

fn revoke_all(connection: &mut AnyConnection, user: UserId, now: DateTime<Utc>) -> Result<(), StorageError> {
    api_tokens::revoke_all(connection, user, now)?;
    oidc_identities::unlink_all(connection, user)?;
    share_links::remove_all(connection, user)
}

/// A session that began. Its token is told now and never again.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// What opens it.
    pub token: String,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
    /// Whose it is.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Tracker {
    /// Signs somebody in by name or address. The session is always a new one.
    ///
    /// # Errors
    /// [`TrackerError::WrongPassword`]; [`TrackerError::TooManyAttempts`] when this account or address failed too often.
    pub async fn sign_in(
        &self,
        name: &str,
        given: String,
        visitor: &Visitor,
    ) -> Result<NewSession, TrackerError> {
        let name = small(name);
        let sought = name.clone();
        let known = self.storage().read(move |connection| by_name(connection, &sought)).await?;
        let (user, hash) = known.map_or((None, None), |(user, hash)| (Some(user), hash));
        // By name and by address it is one account.
        let account = user.as_ref().map_or_else(|| throttle::account(&name), |user| throttle::user(user.id));
        let address = throttle::address(visitor);
        self.take_turn([Some(account), address].into_iter().flatten().collect()).await?;
        // Nobody has a password that long; it is not worth hashing, and says nothing of the name.
        let given = if given.chars().count() > password::LONGEST { String::new() } else { given };
        let is_right = self.accounts().hasher.is_of(given, hash.clone()).await?;
        let refused = || {
            tracing::info!(address = ?visitor.address, "account.sign_in_refused");
            Err(TrackerError::WrongPassword)
        };
        let Some((user, hash)) = user.zip(hash).filter(|_| is_right) else { return refused() };
        let (token, session) = self.new_session(visitor);
        let (begun, id) = (session.clone(), user.id);
        let has_begun = self
            .storage()
            .write(move |connection| {
                if !sessions::begin_by(connection, id, &hash, &begun)? {
                    return Ok(false);
                }
                sign_in_failures::forget(connection, &[account.0])?;
                if let Some((address, _)) = address {
                    sign_in_failures::forgive_one(connection, address)?;
                }
                Ok(true)
            })
            .await?;
        if !has_begun {
            return refused();
        }
        tracing::info!(user = %user.id, "account.signed_in");
        Ok(of(token, &session, user))
    }

    /// Gives somebody who was let in another password. All their sessions end; this is a new one. Their tokens and links
    /// are revoked too where that is asked for.
    ///
    /// # Errors
    /// [`TrackerError::WrongPassword`] when the old one is not theirs, [`TrackerError::Refused`] when the new one is none,
    /// [`TrackerError::TooManyAttempts`].
    pub async fn change_password(
        &self,
        who: &SignedIn,
        Passwords { old, new, revoke }: Passwords,
        visitor: &Visitor,
    ) -> Result<NewSession, TrackerError> {
        if let Some(complaint) = password::complaint(&new, &who.name) {
            return Err(TrackerError::refused(complaint));
        }
        let account = self.is_old_password(who, old).await?;
        let id = who.user;
        let hash = self.accounts().hasher.hash(new).await?;
        let now = self.clock().now();
        let (token, session) = self.new_session(visitor);
        let begun = session.clone();
        let user = self
            .storage()
            .write(move |connection| {
                sign_in_failures::forget(connection, &[account])?;
                users::set_password(connection, id, &hash, now)?;
                if revoke {
                    revoke_all(connection, id, now)?;
                }
                sessions::begin(connection, id, &begun)?;
                users::find(connection, id)
            })
            .await?;
        self.accounts().memory.forget_user(id);
        tracing::info!(user = %id, "account.password_changed");
        Ok(of(token, &session, user))
    }

    /// Has somebody who was let in give their password once more.
    ///
    /// # Errors
    /// [`TrackerError::WrongPassword`] when it is not theirs, [`TrackerError::TooManyAttempts`].
    pub async fn confirm_password(&self, who: &SignedIn, given: String) -> Result<(), TrackerError> {
        let account = self.is_old_password(who, given).await?;
        let forget = move |connection: &mut _| sign_in_failures::forget(connection, &[account]);
        Ok(self.storage().write(forget).await?)
    }

    /// Looks at somebody's password as an attempt; says by what name it was counted, for whoever forgets it again.
    async fn is_old_password(&self, who: &SignedIn, given: String) -> Result<Digest, TrackerError> {
        let account = throttle::old_password(who.user);
        self.take_turn(vec![account]).await?;
        let id = who.user;
        let hash = self.storage().read(move |connection| users::password_hash(connection, id)).await?;
        if self.accounts().hasher.is_of(given, hash).await? {
            Ok(account.0)
        } else {
            Err(TrackerError::WrongPassword)
        }
    }

    /// Gives another user a password, as the owner who was let in may do for members and readers.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] for their own and for the owner's, which only the old one or the operator can replace;
    /// others as [`reset_password`](Self::reset_password).
    pub async fn give_password(&self, who: &SignedIn, user: UserId, new: String) -> Result<(), TrackerError> {
        if user == who.user || user == self.owner() {
            return Err(TrackerError::conflict(Sentence::new("refused.owners_password")));
        }
        self.reset_password(user, new).await
    }

    /// Gives somebody a password without asking for the old one, ends all their sessions and revokes their tokens and
    /// links: for the operator, who may do so because somebody else came in.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`], [`TrackerError::Refused`] when the password is none.
    pub async fn reset_password(&self, user: UserId, new: String) -> Result<(), TrackerError> {
        let found = self.storage().read(move |connection| users::find(connection, user)).await;
        let found = found.map_err(super::users::no_such_user)?;
        if let Some(complaint) = password::complaint(&new, &found.name) {
            return Err(TrackerError::refused(complaint));
        }
        let hash = self.accounts().hasher.hash(new).await?;
        let now = self.clock().now();
        self.storage()
            .write(move |connection| {
                sign_in_failures::forget(connection, &[throttle::user(user).0])?;
                revoke_all(connection, user, now)?;
                users::set_password(connection, user, &hash, now)
            })
            .await?;
        self.accounts().memory.forget_user(user);
        Ok(())
    }

    pub(super) async fn take_turn(
        &self,
        subjects: Vec<(Digest, sign_in_failures::Delay)>,
    ) -> Result<(), TrackerError> {
        let now = self.clock().now();
        let since = now - throttle::REMEMBERED_FOR;
        let turn = self
            .storage()
            .write_repeatable(move |connection| {
                sign_in_failures::take_turn(connection, &subjects, since, now)
            })
            .await?;
        match turn {
            None => Ok(()),
            Some(until) => Err(TrackerError::TooManyAttempts { after: until - now }),
        }
    }

    pub(super) fn new_session(&self, visitor: &Visitor) -> (String, Session) {
        let (token, digest) = secret::new(Opens::Session);
        let now = self.clock().now();
        let agent = visitor.agent.chars().filter(|sign| !sign.is_control()).take(AGENT_LENGTH).collect();
        let session = Session {
            token: digest,
            created_at: now,
            last_seen_at: now,
            expires_at: now + SESSION_FOR,
            address: visitor.address.map(|address| address.to_string()).unwrap_or_default(),
            user_agent: agent,
        };
        (token, session)
    }

    /// How many passwords were hashed or looked at since the start: the work that attempts cost.
    pub fn passwords_hashed(&self) -> u64 {
        self.accounts().hasher.count()
    }

    /// Adds somebody with a password.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] for a name, address or password that is none, [`TrackerError::Conflict`] when somebody
    /// has that name or address.
    pub async fn add_user(&self, new: NewUser) -> Result<User, TrackerError> {
        let (name, email) = (checked_name(&new.name)?, checked_email(new.email.as_deref())?);
        if new.role == Role::Owner {
            return Err(TrackerError::refused(Sentence::new("refused.owner")));
        }
        if let Some(complaint) = password::complaint(&new.password, &name) {
            return Err(TrackerError::refused(complaint));
        }
        let hash = self.accounts().hasher.hash(new.password).await?;
        let now = self.clock().now();
        let (role, password_hash) = (new.role, Some(hash));
        let row = bellwether_storage::users::NewUser { name, email, role, password_hash };
        let added = self.storage().write(move |connection| {
            let id = users::add(connection, &row, now)?;
            users::find(connection, id)
        });
        match added.await {
            Ok(user) => Ok(user),
            Err(StorageError::Duplicate) => Err(TrackerError::conflict(Sentence::new("refused.taken"))),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn of(token: String, session: &Session, user: User) -> NewSession {
    NewSession { token, expires_at: session.expires_at, user: user.id, name: user.name, role: user.role }
}
