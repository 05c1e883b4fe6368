//! Who may come in: the owner, other users, programs with tokens, and whoever has a link.
//!
//! Passwords are hashed by argon2id, everything else that lets somebody in is random and stored as its digest. What a
//! credential lets somebody do is looked up in the database, and remembered for some seconds, so that a page costs no
//! query for it; what is revoked in this process is forgotten at once.

mod credential;
mod first_run;
mod memory;
mod oidc;
mod password;
mod secret;
mod sharing;
mod sign_in;
mod throttle;
mod tokens;
mod users;

use std::sync::atomic::AtomicBool;

use bellwether_domain::{Role, UserId};
use bellwether_storage::Digest;
use bellwether_storage::users::User;
use uuid::Uuid;

pub(crate) use self::credential::IDLE_FOR;
pub use self::credential::Session;
use self::memory::Memory;
pub use self::oidc::{
    OIDC_SIGN_IN_FOR, OidcAdmission, OidcPerson, OidcReturn, OidcRole, OidcSignIn, OidcStrangers,
};
use self::password::Hasher;
pub use self::secret::random_code;
pub use self::sharing::Shared;
pub use self::sign_in::{NewSession, Passwords};
pub(crate) use self::throttle::REMEMBERED_FOR;
pub use self::users::NewUser;

/// What accounts have in memory.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    hasher: Hasher,
    memory: Memory,
    /// The owner has a password, which never changes back.
    is_claimed: AtomicBool,
}

/// Who asks from where.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Their network address; of IPv6 addresses those of one network count as one.
    pub address: Option<std::net::IpAddr>,
    /// Their program, as it calls itself.
    pub agent: String,
}

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A session.
    Session(Digest),
    /// A token of that identifier.
    Token(Uuid, Digest),
    /// Nothing: whoever reaches an installation without sign-in is its owner.
    Nothing,
}

impl Credential {
    /// What the session or token is known by.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::Session(digest) | Self::Token(_, digest) => Some(*digest),
            Self::Nothing => None,
        }
    }
}

/// What a credential is good for, within what its user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes {
    /// To see the user's data.
    pub read: bool,
    /// To change them.
    pub write: bool,
    /// To change who may come in: passwords, tokens, users, links.
    pub admin: bool,
}

impl Scopes {
    /// All of it: what somebody has who gave their password.
    pub const ALL: Self = Self { read: true, write: true, admin: true };

    /// From words with blanks or commas between; `None` when one is unknown or there is none.
    pub fn from_words(words: &str) -> Option<Self> {
        let mut scopes = Self { read: false, write: false, admin: false };
        for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
            match word {
                "read" => scopes.read = true,
                "write" => scopes.write = true,
                "admin" => scopes.admin = true,
                _ => return None,
            }
        }
        (scopes.read || scopes.write || scopes.admin).then_some(scopes)
    }

    /// The words.
    pub fn words(self) -> String {
        let all = [(self.read, "read"), (self.write, "write"), (self.admin, "admin")];
        let words: Vec<&str> = all.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect();
        words.join(" ")
    }
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What of that this credential is good for.
    pub scopes: Scopes,
    /// By what they are known.
    pub by: Credential,
}

impl SignedIn {
    /// The owner, known by nothing: in an installation without sign-in.
    pub fn without_sign_in(owner: UserId) -> Self {
        Self {
            user: owner,
            name: "owner".to_owned(),
            role: Role::Owner,
            scopes: Scopes::ALL,
            by: Credential::Nothing,
        }
    }

    fn of(user: User, scopes: Scopes, by: Credential) -> Self {
        Self { user: user.id, name: user.name, role: user.role, scopes, by }
    }

    /// Whether they may see data at all.
    pub fn may_read(&self) -> bool {
        self.scopes.read
    }

    /// Whether they may change portfolios.
    pub fn may_change(&self) -> bool {
        self.scopes.write && self.role != Role::Reader
    }

    /// Whether they may change their password, sessions and tokens.
    pub fn may_administer_themselves(&self) -> bool {
        self.scopes.admin
    }

    /// Whether they may show portfolios to whoever has a link.
    pub fn may_share(&self) -> bool {
        self.scopes.read && self.scopes.admin && self.may_change()
    }

    /// Whether they may see who may come in, and send users away.
    pub fn may_administer(&self) -> bool {
        self.scopes.admin && self.role == Role::Owner
    }

    /// Whether they may choose passwords of others: who does could sign in as they, beyond the scopes of a token.
    pub fn may_entrust(&self) -> bool {
        self.scopes == Scopes::ALL && self.role == Role::Owner
    }
}

impl crate::Tracker {
    /// The tracker as somebody sees it who was let in: a reader sees what the owner does.
    #[must_use]
    pub fn seen_by(&self, somebody: &SignedIn) -> Self {
        self.acting_for(if somebody.role == Role::Reader { self.owner() } else { somebody.user })
    }
}

#[cfg(test)]
mod tests;
