//! Sign-ins that went out to an OpenID Connect provider and are to come back: each once, to whichever process.

use bellwether_domain::UserId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Digest, Key, instant, micros};
use crate::connection::AnyConnection;
use crate::schema::oidc_sign_ins as table;

/// A sign-in on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInOnItsWay {
    /// Who has themselves linked by it; nobody who just signs in.
    pub links: Option<UserId>,
    /// The page to go on to.
    pub next: String,
    /// It counts until then.
    pub expires_at: DateTime<Utc>,
}

/// Notes that a sign-in goes out, known by the digest of what its browser keeps.
///
/// # Errors
/// Those of the database.
pub fn begin(
    connection: &mut AnyConnection,
    browser: Digest,
    begun: &SignInOnItsWay,
) -> Result<(), StorageError> {
    diesel::insert_into(table::table)
        .values((
            table::browser.eq(browser),
            table::user_id.eq(begun.links.map(|user| Key(user.uuid()))),
            table::next_page.eq(&begun.next),
            table::expires_at.eq(micros(begun.expires_at)),
        ))
        .execute(connection)?;
    Ok(())
}

/// Takes it, so that it counts no second time: of all who try at once one has it. However old it is.
///
/// # Errors
/// Those of the database.
pub fn take(connection: &mut AnyConnection, browser: Digest) -> Result<Option<SignInOnItsWay>, StorageError> {
    let row: Option<(Option<Key>, String, i64)> = diesel::delete(table::table.find(browser))
        .returning((table::user_id, table::next_page, table::expires_at))
        .get_result(connection)
        .optional()?;
    Ok(row.map(|(user, next, expires_at)| SignInOnItsWay {
        links: user.map(|Key(id)| UserId::from_uuid(id)),
        next,
        expires_at: instant(expires_at),
    }))
}

/// Removes those that are over; says how many.
///
/// # Errors
/// Those of the database.
pub fn remove_expired(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<usize, StorageError> {
    Ok(diesel::delete(table::table.filter(table::expires_at.le(micros(now)))).execute(connection)?)
}
