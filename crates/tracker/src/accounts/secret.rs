//! Random secrets: 256 bits, told once, known by their digest.

use std::fmt::Write as _;

use bellwether_storage::Digest;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};

/// What a secret opens; it begins with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opens {
    Session,
    Api,
    Portfolio,
    OidcSignIn,
}

impl Opens {
    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "bws_",
            Self::Api => "bwt_",
            Self::Portfolio => "bwp_",
            Self::OidcSignIn => "bwo_",
        }
    }

    /// The digest of a secret that may open this; `None` for what cannot.
    pub(super) fn digest(self, secret: &str) -> Option<Digest> {
        let is_one = secret.strip_prefix(self.prefix()).is_some_and(|hex| hex.len() == 64);
        is_one.then(|| digest(secret))
    }
}

/// A new secret and what it is known by.
pub(super) fn new(opens: Opens) -> (String, Digest) {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).expect("a system without random numbers lets nobody in");
    let secret = format!("{}{}", opens.prefix(), hex(&bytes));
    let digest = digest(&secret);
    (secret, digest)
}

/// Each byte as two digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A random text of 128 bits, for somebody to type or copy.
pub fn random_code() -> String {
    let (secret, _) = new(Opens::Session);
    secret[4..36].to_owned()
}

/// By what a text is known without being stored. Enough for what is random; passwords are hashed otherwise.
pub(super) fn digest(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}
