//! Signing in by an OpenID Connect provider: whom what a provider says lets in. What it says is checked before.

use bellwether_domain::{Role, UserId};
use bellwether_storage::oidc_identities::{self, Holder, Identity, Linked};
use bellwether_storage::oidc_sign_ins::{self, SignInOnItsWay};
use bellwether_storage::users::{self, User};
use bellwether_storage::{AnyConnection, Digest, StorageError, sessions, sign_in_failures};
use bellwether_texts::Sentence;
use chrono::{DateTime, TimeDelta, Utc};

use super::secret::{self, Opens, digest, hex};
use super::sign_in::{NewSession, of};
use super::users::{checked_email, checked_name};
use super::{SignedIn, Visitor, throttle};
use crate::{Tracker, TrackerError};

/// A sign-in that does not come back within that is over.
pub const OIDC_SIGN_IN_FOR: TimeDelta = TimeDelta::minutes(10);
/// Characters of what a provider knows somebody by, as the standard has it.
const LONGEST_SUBJECT: usize = 255;
/// Characters of what is kept of a name that a provider tells, and of one that is made of it here.
const LONGEST_NAME: usize = 120;
const LONGEST_NEW_NAME: usize = 60;
/// A page to go on to that is longer is not gone on to.
const LONGEST_NEXT: usize = 500;
/// So many accounts of one name there are at most, and so often is tried again what another process forestalled.
const MOST_OF_A_NAME: u32 = 99;
const TRIES: u32 = 5;

/// A sign-in on its way, as its browser keeps it. What goes to the provider is derived from that one secret, whose
/// digest alone is stored: whoever reads the database can neither come back in the browser's place nor redeem a code.
///
/// Why not in the cookie alone, sealed: what is single-use has to be written down somewhere that all processes read, and
/// a seal would need a key that they share.
#[derive(Clone)]
pub struct OidcSignIn {
    browser: String,
    known_by: Digest,
}

impl Default for OidcSignIn {
    fn default() -> Self {
        Self::new()
    }
}

impl OidcSignIn {
    /// A new one.
    pub fn new() -> Self {
        let (browser, known_by) = secret::new(Opens::OidcSignIn);
        Self { browser, known_by }
    }

    /// What a browser sent back; `None` for what it was not given here.
    pub fn of_browser(kept: &str) -> Option<Self> {
        let known_by = Opens::OidcSignIn.digest(kept)?;
        Some(Self { browser: kept.to_owned(), known_by })
    }

    /// For the browser to keep.
    pub fn browser(&self) -> &str {
        &self.browser
    }

    fn derived(&self, what: &str) -> String {
        hex(&digest(&format!("{what}:{}", self.browser)).0)
    }

    /// By which the answer is known to belong to this browser.
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// By which what the provider says is known to be said for this sign-in.
    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// By which the code that the provider gives is known to be redeemed by whoever began (PKCE).
    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }
}

/// What a sign-in that came back was begun for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcReturn {
    /// Who has themselves linked; nobody who just signs in.
    pub links: Option<UserId>,
    /// The page to go on to.
    pub next: String,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
}

/// Whom a provider says that it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OidcPerson {
    /// The provider.
    pub issuer: String,
    /// What it knows them by.
    pub subject: String,
    /// What it calls them.
    pub name: Option<String>,
    /// Their address, where it has made sure that it is theirs.
    pub verified_email: Option<String>,
}

/// What becomes of somebody whom the provider knows and this installation does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OidcStrangers {
    /// They stay out.
    #[default]
    StayOut,
    /// They get an account of that kind.
    Become(OidcRole),
}

/// What somebody may be made by what a provider says: there is one owner, who was first here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OidcRole {
    /// With portfolios of their own.
    Member,
    /// Who sees what the owner does.
    Reader,
}

/// What a provider's word is good for.
#[derive(Debug, Clone)]
pub enum OidcAdmission {
    /// They are let in.
    In(NewSession),
    /// Nobody here is known by it.
    Stranger,
    /// The account was removed, or is linked no more.
    Unlinked,
    /// The address is of an account whose user has to link it themselves.
    LinkFirst,
}

/// What is kept of a text of a provider.
fn plain(text: &str, longest: usize) -> String {
    let plain: String = text.trim().chars().filter(|sign| !sign.is_control()).take(longest).collect();
    plain.trim().to_owned()
}

impl OidcPerson {
    fn identity(&self) -> Result<Identity, TrackerError> {
        let length = self.subject.chars().count();
        if length == 0 || length > LONGEST_SUBJECT || self.subject.chars().any(char::is_control) {
            return Err(TrackerError::refused("The provider named nobody."));
        }
        let told = self.verified_email.as_deref().or(self.name.as_deref()).unwrap_or(&self.subject);
        let name = plain(told, LONGEST_NAME);
        Ok(Identity { issuer: self.issuer.clone(), subject: self.subject.clone(), name })
    }

    /// Their address as accounts have it; one that no account could have is none.
    fn email(&self) -> Option<String> {
        checked_email(self.verified_email.as_deref()).ok().flatten()
    }

    /// What to call them here: of an address what stands before the @.
    fn new_name(&self) -> String {
        let told = self.name.as_deref().or(self.verified_email.as_deref()).unwrap_or_default();
        let before = plain(told.split('@').next().unwrap_or_default(), LONGEST_NEW_NAME);
        checked_name(&before).unwrap_or_else(|_| "guest".to_owned())
    }
}

/// Whom a provider's word lets in, before their session begins.
enum Known {
    User(User),
    Stranger,
    Unlinked,
    LinkFirst,
}

fn known(
    connection: &mut AnyConnection,
    person: &OidcPerson,
    identity: &Identity,
    strangers: OidcStrangers,
    now: DateTime<Utc>,
) -> Result<Known, StorageError> {
    match oidc_identities::used(connection, identity, now)? {
        Some(Holder::User(user)) => return users::find(connection, user).map(Known::User),
        Some(Holder::Nobody) => return Ok(Known::Unlinked),
        None => {}
    }
    let email = person.email();
    let same = match &email {
        Some(email) => users::by_email(connection, email)?,
        None => None,
    };
    if let Some(user) = same {
        // Who may do everything says so themselves, and one who is known by another identity is not this one too.
        let is_linked = oidc_identities::of_user(connection, user.id, &identity.issuer)?.is_some();
        if user.role == Role::Owner || is_linked {
            return Ok(Known::LinkFirst);
        }
        oidc_identities::link(connection, identity, user.id, now)?;
        return Ok(Known::User(user));
    }
    let role = match strangers {
        OidcStrangers::StayOut => return Ok(Known::Stranger),
        OidcStrangers::Become(OidcRole::Member) => Role::Member,
        OidcStrangers::Become(OidcRole::Reader) => Role::Reader,
    };
    let Some(name) = free_name(connection, &person.new_name())? else { return Ok(Known::Stranger) };
    let user = users::add(connection, &users::NewUser { name, email, role, password_hash: None }, now)?;
    oidc_identities::link(connection, identity, user, now)?;
    users::find(connection, user).map(Known::User)
}

/// The name, or the first that nobody has with a number after it.
fn free_name(connection: &mut AnyConnection, name: &str) -> Result<Option<String>, StorageError> {
    for number in 1..=MOST_OF_A_NAME {
        let tried = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        if users::by_name(connection, &tried)?.is_none() {
            return Ok(Some(tried));
        }
    }
    Ok(None)
}

impl Tracker {
    /// Notes that a sign-in goes out to a provider, or, for somebody who was let in, the linking of their account.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_oidc(
        &self,
        sign_in: &OidcSignIn,
        next: &str,
        links: Option<UserId>,
    ) -> Result<(), TrackerError> {
        let (known_by, now) = (sign_in.known_by, self.clock().now());
        let next = if next.len() > LONGEST_NEXT { "/" } else { next };
        let begun = SignInOnItsWay { links, next: next.to_owned(), expires_at: now + OIDC_SIGN_IN_FOR };
        let noted = self.storage().write(move |connection| {
            // Those that nobody came back from go with the next one.
            oidc_sign_ins::remove_expired(connection, now)?;
            oidc_sign_ins::begin(connection, known_by, &begun)
        });
        Ok(noted.await?)
    }

    /// Takes a sign-in that came back, once; `None` when it was taken before, or is over. It counts as a failed attempt
    /// from where it comes until somebody was let in.
    ///
    /// # Errors
    /// [`TrackerError::TooManyAttempts`] when that address failed too often.
    pub async fn take_oidc(
        &self,
        sign_in: &OidcSignIn,
        visitor: &Visitor,
    ) -> Result<Option<OidcReturn>, TrackerError> {
        self.take_turn(throttle::address(visitor).into_iter().collect()).await?;
        let known_by = sign_in.known_by;
        let taken = self.storage().write(move |connection| oidc_sign_ins::take(connection, known_by)).await?;
        let now = self.clock().now();
        Ok(taken.filter(|begun| now < begun.expires_at).map(|begun| OidcReturn {
            links: begun.links,
            next: begun.next,
            begun_at: begun.expires_at - OIDC_SIGN_IN_FOR,
        }))
    }

    /// Has an attempt not count: it failed for no fault of whoever made it.
    ///
    /// # Errors
    /// The database's.
    pub async fn forgive_attempt(&self, visitor: &Visitor) -> Result<(), TrackerError> {
        let Some((address, _)) = throttle::address(visitor) else { return Ok(()) };
        let forgive = move |connection: &mut _| sign_in_failures::forgive_one(connection, address);
        Ok(self.storage().write(forgive).await?)
    }

    /// Signs in whom a provider knows: as the user who is linked with that identity, else as the one with that verified
    /// address, else as a new one where strangers get an account. Never makes an owner.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] when the provider named nobody.
    pub async fn sign_in_by_oidc(
        &self,
        person: OidcPerson,
        strangers: OidcStrangers,
        visitor: &Visitor,
    ) -> Result<OidcAdmission, TrackerError> {
        let identity = person.identity()?;
        if self.is_unclaimed().await? {
            return Ok(OidcAdmission::Stranger);
        }
        let mut tries = 1;
        loop {
            let (token, session) = self.new_session(visitor);
            let (begun, address) = (session.clone(), throttle::address(visitor));
            let (person, identity, now) = (person.clone(), identity.clone(), self.clock().now());
            let found = self.storage().write(move |connection| {
                let known = known(connection, &person, &identity, strangers, now)?;
                if let Known::User(user) = &known {
                    sessions::begin(connection, user.id, &begun)?;
                    if let Some((address, _)) = address {
                        sign_in_failures::forgive_one(connection, address)?;
                    }
                }
                Ok(known)
            });
            return Ok(match found.await {
                Ok(Known::User(user)) => {
                    tracing::info!(user = %user.id, "account.signed_in_by_provider");
                    OidcAdmission::In(of(token, &session, user))
                }
                Ok(Known::Stranger) => OidcAdmission::Stranger,
                Ok(Known::Unlinked) => OidcAdmission::Unlinked,
                Ok(Known::LinkFirst) => OidcAdmission::LinkFirst,
                // Somebody had that name, or the same person came twice: now it is known which.
                Err(StorageError::Duplicate) if tries < TRIES => {
                    tries += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            });
        }
    }

    /// Has somebody sign in by an identity from now on.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when it is somebody else's, or they have another one of that provider.
    pub async fn link_oidc(&self, user: UserId, person: &OidcPerson) -> Result<(), TrackerError> {
        let (identity, now) = (person.identity()?, self.clock().now());
        let linked = self.storage().write(move |connection| {
            match oidc_identities::used(connection, &identity, now)? {
                Some(Holder::User(holder)) if holder == user => Ok(()),
                _ => oidc_identities::link(connection, &identity, user, now),
            }
        });
        match linked.await {
            Ok(()) => {
                tracing::info!(%user, "account.linked_with_provider");
                Ok(())
            }
            Err(StorageError::Duplicate) => Err(TrackerError::conflict(Sentence::new("refused.linked"))),
            Err(error) => Err(error.into()),
        }
    }

    /// By what identity of a provider somebody signs in.
    ///
    /// # Errors
    /// The database's.
    pub async fn oidc_link(&self, who: &SignedIn, issuer: &str) -> Result<Option<Linked>, TrackerError> {
        let (user, issuer) = (who.user, issuer.to_owned());
        Ok(self.storage().read(move |connection| oidc_identities::of_user(connection, user, &issuer)).await?)
    }

    /// Has somebody sign in by no identity any more.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when they have no password, by which they could come in then.
    pub async fn unlink_oidc(&self, who: &SignedIn) -> Result<(), TrackerError> {
        let user = who.user;
        let unlinked = self.storage().write(move |connection| {
            if !users::find(connection, user)?.has_password {
                return Err(StorageError::Refused("no password".to_owned()));
            }
            oidc_identities::unlink_all(connection, user)
        });
        match unlinked.await {
            Ok(_) => {
                tracing::info!(%user, "account.unlinked_from_provider");
                Ok(())
            }
            Err(StorageError::Refused(_)) => {
                Err(TrackerError::conflict(Sentence::new("refused.only_way_in")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether somebody has a password, which [`confirm_password`](Self::confirm_password) asks for.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_password(&self, who: &SignedIn) -> Result<bool, TrackerError> {
        let user = who.user;
        Ok(self.storage().read(move |connection| users::find(connection, user)).await?.has_password)
    }
}
